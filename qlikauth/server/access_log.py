"""One line for each request, with what it says by name too (console/http/log_lines.py). Never with a query string."""

import logging
from collections.abc import Iterable

CLIENT_LEFT = 499  # in the log only, as nginx writes it
TRACE = b"x-trace-id"
logger = logging.getLogger("qlikauth.access")


def write(
    client_address: str,
    method: str,
    path: str,
    status: int,
    seconds: float,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """The line of a request that took `seconds`. `headers` are the answer's: its trace ID is among them.

    An answer of this server alone has none, and is not given the one that the event loop saw last.
    """
    said = {"client_address": client_address, "method": method, "path": path, "status": status}
    milliseconds = seconds * 1000
    trace_id = next((value.decode("latin-1") for name, value in headers if name == TRACE), "")
    logger.info(
        '%s "%s %s" %d %.1f ms',
        *said.values(),
        milliseconds,
        extra=said | {"milliseconds": round(milliseconds, 1), "trace_id": trace_id},
    )
