"""Statements of the hot paths, built once by the ORM and then run with other values.

Building the SQL of one statement costs the ORM several times what the database needs to answer it. A token request
makes few statements, always the same: here each is put together at its first use and kept. Columns, joins and
conversions still come from the models, so nothing can drift (measured in bench/).
"""

import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import DatabaseError, NotSupportedError, OperationalError, connection, models
from django.db.models.query import get_related_populators

from .remembered import Remembered
from .statements import Read, Statement

Row = TypeVar("Row", bound=models.Model)
Kept = TypeVar("Kept")
VALUES_KEPT = 1000  # of each query, in each process: some 10 kB each

Value = uuid.UUID | str | int | datetime

# Placeholder values, used while a query is built and replaced by the parameters: no other value equals them.
_SAMPLE_OF: dict[type, Callable[[], Value]] = {
    uuid.UUID: uuid.uuid4,
    str: lambda: uuid.uuid4().hex,
    int: lambda: secrets.randbelow(2**31),
    datetime: lambda: datetime.fromtimestamp(secrets.randbelow(2**31), tz=UTC),
}


class PreparedQuery(Generic[Row]):
    """`build(*values)` makes the queryset; `rows(*values)` runs it. Values are what `build` compares columns with."""

    def __init__(self, build: Callable[..., "models.QuerySet[Row, Any]"], *kinds: type) -> None:
        self._build = build
        self._kinds = kinds
        self._lock = Lock()
        self._plans: dict[str, _Plan] = {}

    def exists(self, *values: Value) -> bool:
        """Whether there is a row for these values."""
        return self._plan().read(values) is not None

    def first(self, *values: Value) -> Row | None:
        """The first row for these values, or None. Relations of select_related are filled in."""
        plan = self._plan()
        row = plan.read(values)
        return None if row is None else plan.made_of(row)

    def _plan(self) -> "_Plan":
        plan = self._plans.get(connection.vendor)
        if plan is None:
            with self._lock:
                plan = self._plans.setdefault(connection.vendor, _Plan(self._build, self._kinds))
        return plan


class PreparedValue(PreparedQuery[Row], Generic[Row, Kept]):
    """A query whose row is made into a frozen value, which the process keeps for as long as the row reads the same.

    Making a client of its row costs more than reading the row. Every call reads it; the value is found by all that was
    read. So the database's word decides each time, and nothing has to be told to the processes when a row changes.
    """

    def __init__(
        self,
        build: Callable[..., "models.QuerySet[Row, Any]"],
        *kinds: type,
        value: Callable[[Row], Kept],
        most: int = VALUES_KEPT,
    ) -> None:
        """`value` may use nothing but the row and its relations: not the clock, and not other rows."""
        super().__init__(build, *kinds)
        self._value = value
        self._kept: Remembered[tuple[Any, ...], Kept] = Remembered(most)

    def get(self, *values: Value) -> Kept | None:
        """The value of the first row for these values, or None. It is shared: nobody may change it."""
        plan = self._plan()
        row = plan.read(values)
        if row is None:
            return None
        kept = self._kept.get(row.raw)
        if kept is None:
            kept = self._value(plan.made_of(row))
            self._kept.keep(row.raw, kept)
        return kept


def _is_worn_out(error: DatabaseError) -> bool:
    """Whether the connection has become unusable, and not the statement.

    The server has gone away since the last use; or a migration has changed a column, and PostgreSQL keeps the stale
    plan until the connection is closed ("cached plan must not change result type").
    """
    if connection.vendor != "postgresql":
        return False
    return (
        isinstance(error, NotSupportedError) or connection.connection is None or connection.connection.closed
    )


def _connect_anew() -> None:
    """The next statement has a new connection. OperationalError if a transaction is lost with the old one."""
    lost = connection.in_atomic_block
    connection.close()
    if lost:
        raise OperationalError("The connection was lost during the transaction.")


class Filled:
    """A statement, and where each value goes in it."""

    def __init__(self, sql: str, parameters: Sequence[Any], samples: Sequence[Value]) -> None:
        self.sql = Statement(sql)
        self._as_they_are = connection.vendor == "postgresql"
        positions = {_adapted(sample): number for number, sample in enumerate(samples)}
        self._places = [(positions.get(value), value) for value in parameters]
        if not {number for number, _ in self._places}.issuperset(range(len(samples))):
            raise ValueError("A value of the prepared statement does not appear in its SQL.")

    def parameters(self, values: Sequence[Value]) -> list[Any]:
        adapted = values if self._as_they_are else [_adapted(value) for value in values]
        return [fixed if number is None else adapted[number] for number, fixed in self._places]


class _Plan:
    """A compiled query for one kind of database: its statement, and how a row becomes an object."""

    def __init__(self, build: Callable[..., "models.QuerySet[Any, Any]"], kinds: Sequence[type]) -> None:
        samples = samples_of(kinds)
        queryset = build(*samples)[:1]
        self.compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = self.compiler.as_sql()
        self.statement = Filled(sql, parameters, samples)
        self.converters = self.compiler.get_converters(
            [column for column, _, _ in self.compiler.select]
        ).items()
        fields: list[int] = self.compiler.klass_info["select_fields"]
        self.start, self.end = fields[0], fields[-1] + 1
        self.names = [column[0].target.attname for column in self.compiler.select[self.start : self.end]]
        self.populators = get_related_populators(
            self.compiler.klass_info,
            self.compiler.select,
            connection.alias,  # type: ignore[call-arg]  # the stubs describe Django 6
        )

    def read(self, values: Sequence[Value]) -> Read | None:
        """The first row as the driver reads it. None if there is none."""
        parameters = self.statement.parameters(values)
        try:
            row = self.statement.sql.first(parameters)
        except (NotSupportedError, OperationalError) as error:
            if not _is_worn_out(error):
                raise
            _connect_anew()
            row = self.statement.sql.first(parameters)
        return row

    def made_of(self, read: Read) -> Any:
        """What ModelIterable does with one row (django/db/models/query.py)."""
        row = list(read.values())
        for position, (converters, expression) in self.converters:
            for convert in converters:
                row[position] = convert(row[position], expression, connection)
        compiler = self.compiler
        found = compiler.klass_info["model"].from_db(connection.alias, self.names, row[self.start : self.end])
        for populator in self.populators:
            populator.populate(row, found)
        for name, position in compiler.annotation_col_map.items():
            setattr(found, name, row[position])
        return found


def samples_of(kinds: Sequence[type]) -> list[Value]:
    return [_SAMPLE_OF[kind]() for kind in kinds]


def _adapted(value: Value) -> Any:
    """A value as the database driver gets it: SQLite has no types for UUIDs and moments."""
    if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
