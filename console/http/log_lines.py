"""How a line of the log is written: on one line, whatever a stranger sends, as text or as JSON."""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from .. import trace
from ..policy import text

# What a line of the access log has by name (qlikauth/server/access_log.py). Anything else that comes with a record is
# left out: Django adds the request, and how that is written has the query string in it.
NAMED = ("client_address", "method", "path", "status", "milliseconds")


class OneLine(logging.Formatter):
    """Escapes what could end a line or steer a terminal: addresses are logged as they came (ASVS 16.4.1).

    A traceback still has its lines: those are ours.
    """

    last_second: tuple[int, str] = (0, "")

    def format(self, record: logging.LogRecord) -> str:
        """The line, with `trace_id`: the ID of the request, "-" outside of one."""
        record.trace_id = _trace_id(record) or "-"
        return super().format(_without_traceback_of_strangers(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        return _shown(super().formatMessage(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """As logging writes it, but the second is written once for all lines in it."""
        second, shown = self.last_second
        if second != (now := int(record.created)):
            shown = time.strftime(self.default_time_format, self.converter(now))
            self.last_second = now, shown  # at once: threads share this
        return f"{shown},{int(record.msecs):03d}"


class JsonLine(logging.Formatter):
    """A JSON object, for programs that gather logs: `time` (RFC 3339, UTC), `level`, `logger`, `trace_id`, `message`;
    `exception` with its traceback; and of a line of the access log what it says, by name.

    The texts are escaped as in a line of text: who reads them later may not expect what a stranger wrote.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The object, in ASCII and without a line break."""
        record = _without_traceback_of_strangers(record)
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "trace_id": _trace_id(record) or None,
            "message": _shown(record.getMessage()),
        }
        line |= {name: _plain(record.__dict__[name]) for name in NAMED if name in record.__dict__}
        if record.exc_info:
            traceback = self.formatException(record.exc_info).splitlines()
            line["exception"] = "\n".join(_shown(each) for each in traceback)
        return json.dumps(line)


def _trace_id(record: logging.LogRecord) -> str:
    """The ID of the request that a line is about; the application server says it, outside of the request."""
    said: str | None = getattr(record, "trace_id", None)
    return trace.current() if said is None else said


def _without_traceback_of_strangers(record: logging.LogRecord) -> logging.LogRecord:
    """What Django refuses as suspicious is a line and no traceback: a stranger cannot fill a disk with it."""
    if not record.name.startswith("django.security."):
        return record
    return logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else _shown(str(value))


def _shown(line: str) -> str:
    if line.isascii() and line.isprintable():
        return line
    line = text.spelt_out(line)
    return line if line.isprintable() else "".join(map(_visible, line))


def _visible(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]
