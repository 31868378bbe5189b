"""An application for a served server: it answers requests of programs, and a test holds those that it wants to hold.

`/held?PATH` waits in its thread until whoever opened the pipe at PATH for writing has closed it.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import django

from qlikauth.server.programs import Answer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup(set_prefix=False)

LARGE = 16 * 1024 * 1024  # bytes: more than two kernels hold between two programs
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class Programs:
    """`/kept` is in memory, and how often a query has been asked in a thread, `/count`; a thread answers the others."""

    paths = frozenset({b"/kept", b"/count", b"/asked", b"/held", b"/large", b"/fails", b"/splits", b"/lies"})

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def kept(self, scope: dict[str, Any]) -> Answer | None:
        query = scope["query_string"]
        if scope["raw_path"] == b"/count":
            return said(scope, b"%d" % self.asked.count(query))
        if scope["raw_path"] == b"/kept":
            if query == b"fails":
                raise LookupError
            return said(scope, b"kept")
        return None

    def answer(self, scope: dict[str, Any], content: bytes, length: int) -> Answer:
        path, query = scope["raw_path"], scope["query_string"]
        self.asked.append(query)
        if path == b"/held":
            pipe = Path(query.decode())
            pipe.read_bytes()
            pipe.with_suffix(".done").touch()
        if path == b"/fails":
            raise LookupError
        if path == b"/splits":
            return 200, [(b"content-length", b"0"), (b"x-name", b"a\r\nx-other: b")], b""
        if path == b"/lies":
            return 200, [(b"content-length", b"1")], b"HTTP/1.1 200 OK\r\n\r\n"
        if path == b"/large":
            return said(scope, b"x" * LARGE)
        return said(scope, b"%s %s %d of %d" % (scope["method"].encode(), path[1:], len(content), length))


def said(scope: dict[str, Any], body: bytes) -> Answer:
    headers = [(b"content-length", b"%d" % len(body)), (b"x-trace-id", TRACE_ID.encode())]
    return 200, headers, b"" if scope["method"] == "HEAD" else body


class Application:
    """WSGI, for all other paths."""

    programs = Programs()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("X-Trace-Id", TRACE_ID)])
        return [b"page"]


application = Application()
