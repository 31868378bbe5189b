"""A slow WSGI application with a long answer, for measuring how a server copes."""

import time
from collections.abc import Callable, Iterable
from typing import Any

SECONDS = 3
LONG = 16 * 1024 * 1024  # bytes: more than two kernels hold between two programs


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answers /slow after a while, /long at length, and everything else at once."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] == "/long":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"x" * 8192 for _ in range(LONG // 8192))
    if environ["PATH_INFO"] == "/slow":
        time.sleep(SECONDS)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"done\n"]
