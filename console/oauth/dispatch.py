"""The way of a program's request to the endpoints of the protocol, past everything that only pages need.

Django's handler resolves addresses, sends signals and wraps each middleware: that costs a token more than the work on
it. These few addresses are found by name, and what happens to their requests before and after is one short list
(`settings.PROGRAM_MIDDLEWARE`). Whoever serves comes here: Django's handler by `DispatchMiddleware`, the application
server directly (`Programs`).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.exception import convert_exception_to_response
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from .. import trace
from ..http import programs
from ..http.wsgi_request import Request
from ..models.remembered import Remembered
from . import urls

GetResponse = Callable[[HttpRequest], HttpResponse]
Views = Mapping[str, Callable[[Any], HttpResponse]]
# Of ASGI's HTTP scope: method, raw_path, query_string, headers, scheme, client and server.
Scope = dict[str, Any]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
Check = Callable[[HttpRequest, Any, tuple[()], dict[str, Any]], HttpResponse | None]


def _views(patterns: list[Any]) -> Views:
    """Path -> endpoint, for the addresses in which nothing varies. Others are left to Django's handler."""
    return {f"/{each.pattern}": each.callback for each in patterns if not each.pattern.converters}


OF_TENANTS, OF_REGION = _views(urls.urlpatterns), _views(urls.region_urlpatterns)
PATHS = frozenset(OF_TENANTS) | frozenset(OF_REGION)

KEPT_SECONDS = 5  # that a public document is answered from memory: much less than its readers keep it
DOCUMENTS_KEPT = 1000
OF_CONTENT = frozenset({b"content-type", b"content-length"})
TRACE = trace.HEADER.lower().encode()
DECIDING = frozenset({b"host", b"x-forwarded-proto"})  # the only headers that a public document depends on


class Dispatch:
    """`dispatch(request)` answers a request to one of PATHS."""

    def __init__(self) -> None:
        self._checks: list[Check] = []
        self._view = convert_exception_to_response(self._answered)
        chain: Any = self._finished
        for name in reversed(settings.PROGRAM_MIDDLEWARE):
            try:
                middleware = import_string(name)(chain)
            except MiddlewareNotUsed:
                continue
            if hasattr(middleware, "process_view"):
                self._checks.insert(0, middleware.process_view)
            chain = middleware
        self._chain: Any = convert_exception_to_response(chain)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self._chain(request)
        return response

    def _finished(self, request: HttpRequest) -> HttpResponse:
        response: Any = self._view(request)
        return programs.finished(response)

    def _answered(self, request: HttpRequest) -> HttpResponse:
        """What the endpoint answers, of the tenant or of the region."""
        views = OF_TENANTS if request.tenant is not None else OF_REGION  # type: ignore[attr-defined]
        view = views.get(request.path_info)
        if view is None:
            raise Http404
        for check in self._checks:
            refused = check(request, view, (), {})
            if refused is not None:
                return refused
        return view(request)


class DispatchMiddleware:
    """Leads the requests that come through Django's handler to where the application server leads its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.dispatch = Dispatch()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in PATHS:
            return self.dispatch(request)
        return self.get_response(request)


class Programs:
    """What the application server asks for the addresses in `paths`, instead of the WSGI application.

    An answer is a status, headers with names in lower case, and a body.
    """

    paths = frozenset(path.encode() for path in PATHS)

    def __init__(self, environ_of: Callable[[Scope, bytes, int], dict[str, Any]]) -> None:
        """`environ_of` makes a WSGI environment of the server's scope, the body and its length."""
        self._environ_of = environ_of
        self._dispatch = Dispatch()
        self._kept: Remembered[tuple[bytes, ...], tuple[float, Answer]] = Remembered(DOCUMENTS_KEPT)

    def answer(self, scope: Scope, content: bytes, length: int) -> Answer:
        """Answers in a thread that may wait for the database. `length` is more than that of `content` if the body was
        too long to be kept."""
        trace.clear()
        close_old_connections()
        request = Request(self._environ_of(scope, content, length))
        response = self._dispatch(request)
        body = response.content
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()
        ]
        if response.status_code not in {204, 304}:
            headers.append((b"content-length", b"%d" % len(body)))
        answer = response.status_code, headers, body
        if request.method == "GET" and response.status_code == 200 and _is_public(response):
            self._kept.keep(_key(scope), (time.monotonic(), answer))
        return answer if request.method != "HEAD" else (response.status_code, headers, b"")

    def kept(self, scope: Scope) -> Answer | None:
        """The answer to a GET or HEAD that this process has just given to somebody else; None if it must be made."""
        kept = self._kept.get(_key(scope))
        if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS:
            return None
        status, headers, body = kept[1]
        trace_id = trace.make().encode()
        headers = [(name, trace_id if name == TRACE else value) for name, value in headers]
        asked_for = [value for name, value in scope["headers"] if name == b"if-none-match"]
        if not asked_for:
            return status, headers, body if scope["method"] == "GET" else b""
        if (b"etag", b"".join(asked_for)) in headers:
            return 304, [(name, value) for name, value in headers if name not in OF_CONTENT], b""
        return None


def _is_public(response: HttpResponse) -> bool:
    return response.get("Cache-Control", "").startswith("public")


def _key(scope: Scope) -> tuple[bytes, ...]:
    """All that a public document depends on."""
    said = [value for name, value in scope["headers"] if name in DECIDING]
    return scope["raw_path"], scope["scheme"].encode(), *said
