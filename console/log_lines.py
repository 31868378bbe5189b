"""How a line of the log is written: on one line, whatever a stranger sends."""

import logging

from . import trace
from .policy import text


class OneLine(logging.Formatter):
    """Escapes what could end a line or steer a terminal: addresses are logged as they came (ASVS 16.4.1).

    A traceback still has its lines: those are ours.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, with `trace_id`: the ID of the request, "-" outside of one.

        What Django refuses as suspicious is a line and no traceback: a stranger cannot fill a disk with it.
        """
        record.trace_id = trace.current() or "-"
        if record.name.startswith("django.security."):
            record = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        line = super().formatMessage(record)
        line = text.spelt_out(line)
        return line if line.isprintable() else "".join(map(_visible, line))


def _visible(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]
