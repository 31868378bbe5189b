"""One line for each request, with what it says by name too (console/http/log_lines.py). Never with a query string."""

import logging
from collections.abc import Iterable

CLIENT_LEFT = 499  # in the log only, as nginx writes it
TRACE = b"x-trace-id"
# Nothing that a line shows, and each looked up for every line (logging's documentation, "Optimization").
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
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
    if not logger.isEnabledFor(logging.INFO):
        return
    milliseconds = seconds * 1000
    said = (client_address, method, path, status, milliseconds)
    # What `logger.info` does, without looking for who has called it.
    record = logging.LogRecord(logger.name, logging.INFO, "", 0, '%s "%s %s" %d %.1f ms', said, None)
    record.client_address, record.method, record.path, record.status = said[:4]
    record.milliseconds = round(milliseconds, 1)
    record.trace_id = next((value.decode("latin-1") for name, value in headers if name == TRACE), "")
    logger.handle(record)
