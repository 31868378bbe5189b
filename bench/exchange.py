"""One HTTP request and its answer, as small as a load generator wants them."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Headers = Iterable[tuple[str, str]]


class Wrong(Exception):
    """The server's answer is wrong. The measurement stops."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: its parts, and the bytes that go over the wire, put together once."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes

    @classmethod
    def get(cls, host: str, path: str, headers: Headers = ()) -> "Ask":
        return cls._of("GET", path, (("Host", host), *headers), b"")

    @classmethod
    def post(cls, host: str, path: str, form: dict[str, str], headers: Headers = ()) -> "Ask":
        """A form, as every OAuth client sends it."""
        body = urlencode(form).encode()
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return cls._of(
            "POST", path, (("Host", host), kind, ("Content-Length", str(len(body))), *headers), body
        )

    @classmethod
    def _of(cls, method: str, path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> "Ask":
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return cls(method, path, headers, body, f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `head` is the status line and the headers as they came."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    def header(self, name: str) -> str:
        """The first header of this name; "" without one."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        lines = (line.partition(b":") for line in self.head.split(b"\r\n")[1:])
        return [value.strip().decode("latin-1") for key, _, value in lines if key.lower() == wanted]

    def json(self, status: int = 200) -> Any:
        """The body, if the status is the expected one."""
        self.must(self.status == status)
        return json.loads(self.body)

    def must(self, condition: bool) -> None:
        """Raises Wrong, with what came, unless `condition` holds."""
        if not condition:
            raise Wrong(self.head.decode("latin-1") + "\n\n" + self.body[:500].decode("utf-8", "replace"))


def basic(client_id: str, secret: str) -> tuple[str, str]:
    """The header of client_secret_basic (RFC 6749 §2.3.1); neither value has anything to escape."""
    return "Authorization", "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
