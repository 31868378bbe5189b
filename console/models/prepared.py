"""Queries of the hot paths, built once by the ORM and then run with other values.

Building the SQL of one statement costs the ORM several times what the database needs to answer it. A token request
makes one statement, always the same: here it is put together at its first use and kept. Columns, joins and
conversions still come from the models, so nothing can drift (measured in bench/).
"""

import secrets
import uuid
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)


Value = uuid.UUID | str | int

# Values that stand for others while a query is built: nothing else in it can be equal to them.
_SAMPLES: dict[type, Callable[[], Value]] = {
    uuid.UUID: uuid.uuid4,
    str: lambda: uuid.uuid4().hex,
    int: lambda: secrets.randbelow(2**31),
}


class PreparedQuery(Generic[Row]):
    """`build(*values)` makes the queryset; `rows(*values)` runs it. Values are what `build` compares columns with."""

    def __init__(self, build: Callable[..., "models.QuerySet[Row, Any]"], *kinds: type) -> None:
        self._build = build
        self._kinds = kinds
        self._lock = Lock()
        self._plans: dict[str, _Plan] = {}

    def first(self, *values: Value) -> Row | None:
        """The first row for these values, or None. Relations of select_related are filled in."""
        plan = self._plans.get(connection.vendor)
        if plan is None:
            with self._lock:
                plan = self._plans.setdefault(connection.vendor, _Plan(self._build, self._kinds))
        return plan.first(values)


class _Plan:
    """The compiled query for one kind of database: text, where each value goes, and how a row becomes an object."""

    def __init__(self, build: Callable[..., "models.QuerySet[Any, Any]"], kinds: Sequence[type]) -> None:
        samples = [_SAMPLES[kind]() for kind in kinds]
        queryset = build(*samples)[:1]
        self.compiler = queryset.query.get_compiler(connection=connection)
        self.sql, parameters = self.compiler.as_sql()
        positions = {_adapted(sample): number for number, sample in enumerate(samples)}
        self.parameters = [(positions.get(value), value) for value in parameters]
        if {number for number, _ in self.parameters} < set(range(len(samples))):
            raise ValueError("A value of the prepared query does not appear in its SQL.")
        self.converters = self.compiler.get_converters(
            [column for column, _, _ in self.compiler.select]
        ).items()

    def first(self, values: Sequence[Value]) -> Any:
        adapted = [_adapted(value) for value in values]
        parameters = [fixed if number is None else adapted[number] for number, fixed in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            row = cursor.fetchone()
        return None if row is None else self._object(list(row))

    def _object(self, row: list[Any]) -> Any:
        """What ModelIterable does with one row (django/db/models/query.py)."""
        for position, (converters, expression) in self.converters:
            for convert in converters:
                row[position] = convert(row[position], expression, connection)
        compiler = self.compiler
        fields: list[int] = compiler.klass_info["select_fields"]
        start, end = fields[0], fields[-1] + 1
        names = [column[0].target.attname for column in compiler.select[start:end]]
        found = compiler.klass_info["model"].from_db(connection.alias, names, row[start:end])
        populators = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]  # the stubs describe Django 6
        for populator in populators:
            populator.populate(row, found)
        for name, position in compiler.annotation_col_map.items():
            setattr(found, name, row[position])
        return found


def _adapted(value: Value) -> Value:
    """A value as the database driver gets it: SQLite has no type for UUIDs."""
    if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
