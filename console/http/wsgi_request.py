"""Reads requests more strictly than Django in two places, the encoding and chunked bodies, and headers at less cost."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http.request import HttpHeaders
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

from .. import trace


class Headers(Mapping[str, str]):
    """The headers of a request by their names, in any case. Django sorts out all of them when the first is read."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        value: str = self._environ[key if key in HttpHeaders.UNPREFIXED_HEADERS else f"HTTP_{key}"]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(HttpHeaders(dict(self._environ)))

    def __len__(self) -> int:
        return len(HttpHeaders(dict(self._environ)))


class Request(WSGIRequest):
    """A request whose address and forms are UTF-8, and whose body may come in chunks."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        # Django reads nothing when no length is stated; .NET's HttpClient, for one, sends its JSON in chunks. A server
        # that finds the end by itself says so. One byte more than is allowed, so that too much is seen and refused.
        if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            self._stream: Any = LimitedStream(environ["wsgi.input"], settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    @cached_property
    def headers(self) -> Headers:  # type: ignore[override]  # a mapping as well
        return Headers(self.META)

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Everything is UTF-8 (HTML; RFC 6749 Appendix B), whatever charset the Content-Type names.

        Django would decode with any codec that has the name, before a view or a middleware could refuse; and Python
        has codecs that are not for text.
        """
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Handler(WSGIHandler):
    """Django's own, with requests of ours."""

    request_class = Request
    programs: Any = (
        None  # whoever answers requests of programs for a server that asks (console.oauth.dispatch)
    )

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        trace.clear()  # until the request has an ID of its own, what is logged is not of the one before
        return super().__call__(environ, start_response)
