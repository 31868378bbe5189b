"""A WSGI application that takes its time: what happens to requests under way when a server is told to stop?"""

import time
from collections.abc import Callable

SECONDS = 3


def application(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
    """Answers /slow after a while and everything else at once."""
    if environ["PATH_INFO"] == "/slow":
        time.sleep(SECONDS)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"done\n"]
