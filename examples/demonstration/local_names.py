"""Reach a server whose name ends in `.localhost` from Python.

Browsers and curl know that every such name means this machine (RFC 6761 section 6.3). Python asks the
system's resolver, which on a plain Linux machine does not know. So a request to `http://acme.localhost:8000`
is connected to 127.0.0.1:8000 here, while its Host header still says `acme.localhost:8000`, because the
server finds the tenant by it. Requests to any other name pass through untouched.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth2Session
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter


def is_local_name(url: str | None) -> bool:
    return (urlsplit(url or "").hostname or "").endswith(".localhost")


class LocalNames(HTTPAdapter):
    """A transport for plain http that connects `*.localhost` to the loopback address, or to `connect_to`."""

    def __init__(self, connect_to: str = "") -> None:
        self.connect_to = connect_to
        super().__init__()

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if is_local_name(request.url):
            request.headers["Host"] = urlsplit(request.url or "").netloc
            kwargs["proxies"] = {}  # no proxy knows this machine's names
        return super().send(request, *args, **kwargs)

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        if not is_local_name(request.url):
            return super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        target = urlsplit(f"//{self.connect_to}") if self.connect_to else None
        asked = urlsplit(request.url or "")
        host = (target and target.hostname) or "127.0.0.1"
        port = (target and target.port) or asked.port or 80
        return self.poolmanager.connection_from_host(host, port=port, scheme="http")


class BackChannel(OAuth2Session):  # type: ignore[misc]  # Authlib has no types
    """Authlib's session for requests from this application to the authorization server.

    It never follows a redirect: no endpoint of the protocol answers with one, and none should carry a
    secret or a token to another address.
    """

    connect_to = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mount("http://", LocalNames(self.connect_to))

    def request(self, method: str, url: str, **kwargs: Any) -> Response:
        kwargs.setdefault("timeout", 10)
        kwargs.setdefault("allow_redirects", False)
        answer: Response = super().request(method, url, **kwargs)
        return answer
