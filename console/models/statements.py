"""Runs a statement of a hot path: on PostgreSQL by libpq's own call, with a plan that the connection keeps.

psycopg's cursor and Django's around it cost several times what such a statement costs PostgreSQL, for what a statement
that is always the same does not need: reading its text, choosing how to send each value, waiting in Python. Whoever
watches Django's queries (`execute_wrapper`, `connection.queries`) sees these too: then Django's cursor runs them.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.types.json import Jsonb

Row = tuple[Any, ...]
_numbers = count(1)


class Read(NamedTuple):
    """The first row of a result: `raw` as the driver reads it, equal for equal rows, and `values()` as Python's."""

    raw: Row
    values: Callable[[], Row]


class Statement:
    """A statement with a `%s` for each parameter; no other percent sign stands in it."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        parts = sql.split("%s")
        if any("%" in part for part in parts):
            raise ValueError("A percent sign in the statement is no parameter.")
        numbered = "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1))
        self._sent = (numbered + parts[-1]).encode()
        self._name = b"hot_%d" % next(_numbers)

    def first(self, parameters: Sequence[Any]) -> Read | None:
        """Runs it. The first row, or None."""
        result = self._result(parameters)
        if result is None:
            with connection.cursor() as cursor:
                cursor.execute(self.sql, parameters)
                row = cursor.fetchone()
            return None if row is None else Read(row, lambda: row)
        if not result.ntuples:
            return None
        raw = tuple([result.get_value(0, number) for number in range(result.nfields)])
        return Read(raw, lambda: _loaded(result))

    def execute(self, parameters: Sequence[Any]) -> int:
        """Runs it. The number of rows that it has changed."""
        result = self._result(parameters)
        if result is not None:
            return int(result.command_tuples or 0)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            return int(cursor.rowcount)

    def _result(self, parameters: Sequence[Any]) -> Any:
        """PostgreSQL's result; None if Django's cursor has to run it."""
        own: Any = connections[DEFAULT_DB_ALIAS]
        if own.vendor != "postgresql" or own.execute_wrappers or own.queries_logged:
            return None
        own.ensure_connection()
        sent = [_text(value) for value in parameters]
        if own.connection.prepare_threshold is None or _UNKNOWN in sent:
            return None
        own.validate_no_broken_transaction()
        with own.wrap_database_errors:
            result = self._run(own.connection, sent)
        own.health_check_done = True  # nobody needs to ask again in this request
        return result

    def _run(self, wrapped: "psycopg.Connection[Any]", sent: list[Any]) -> Any:
        server = wrapped.pgconn
        if not wrapped.autocommit and server.transaction_status == TransactionStatus.IDLE:
            _checked(server, server.exec_(b"BEGIN"))
        prepared = _prepared.setdefault(wrapped, set())
        if self._name not in prepared:
            _checked(server, server.prepare(self._name, self._sent))
            prepared.add(self._name)
        return _checked(server, server.exec_prepared(self._name, sent))


# What each connection has been told to keep.
_prepared: "WeakKeyDictionary[psycopg.Connection[Any], set[bytes]]" = WeakKeyDictionary()


def _checked(server: Any, result: Any) -> Any:
    """The result; raises psycopg's error for one that says that something went wrong."""
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return result
    if server.status == ConnStatus.BAD:
        raise psycopg.OperationalError(server.get_error_message())
    raise psycopg.errors.error_from_result(result)


def _loaded(result: Any) -> Row:
    transformer = Transformer(connection.connection)
    transformer.set_pgresult(result)
    row: Row = transformer.load_row(0, tuple)
    return row


_UNKNOWN = object()  # in the place of a value that only psycopg knows how to send
# As psycopg writes them in its text format.
_TEXTS: dict[type, Callable[[Any], bytes | None]] = {
    type(None): lambda value: None,
    str: str.encode,
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    uuid.UUID: lambda value: str(value).encode(),
    datetime: lambda value: str(value).encode(),
    Jsonb: lambda value: str((value.dumps or json.dumps)(value.obj)).encode(),
}


def _text(value: Any) -> Any:
    """A value as libpq takes it; _UNKNOWN for what psycopg must send, or refuse."""
    write = _TEXTS.get(type(value))
    if write is not None:
        text = write(value)
    elif isinstance(value, str):  # such as a member of TextChoices
        text = str.encode(value)
    else:
        text = b"%d" % value if isinstance(value, int) else None  # Django marks the size of integers
        return _UNKNOWN if text is None else text
    # To libpq a text ends at its first NUL: what is meant to be unknown could be something that exists.
    return text if text is None or b"\0" not in text else _UNKNOWN
