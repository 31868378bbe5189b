"""One ID for each request, by which its answer, its lines in the log and its events are found together.

The ID is always made here. One that a caller sends (W3C Trace Context's `traceparent`, say) is not taken over: whoever
chose it could give two requests the same one, or lead a search to somebody else's.
"""

import secrets
from contextvars import ContextVar

HEADER = "X-Trace-Id"
LENGTH = 32  # hexadecimal characters, as in Trace Context

_current: ContextVar[str] = ContextVar("trace_id", default="")


def make() -> str:
    """A new ID: 128 random bits."""
    return secrets.token_hex(LENGTH // 2)


def begin() -> str:
    """Makes the ID of the request that begins now. It stays until the next one begins: what the application server
    logs after the answer belongs to it too."""
    trace_id = make()
    _current.set(trace_id)
    return trace_id


def clear() -> None:
    """Forgets the ID of the request before: threads are used again."""
    _current.set("")


def current() -> str:
    """The ID of this request; "" outside of requests, as in commands."""
    return _current.get()
