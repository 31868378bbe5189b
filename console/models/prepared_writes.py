"""Writes of the hot paths: updates and new rows whose SQL is built once, like the queries of prepared.py."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any

from django.db import connection, models, transaction
from django.db.models.sql import UpdateQuery

from .prepared import Filled, Value, samples_of
from .statements import Statement

SENT_AS_THEY_ARE = frozenset({str, int, uuid.UUID, datetime})
Update = tuple["PreparedUpdate", Sequence[Value]]


class PreparedUpdate:
    """`build(*values)` gives a queryset and what to set in its rows; `update(*values)` does it and counts the rows."""

    def __init__(
        self,
        build: Callable[..., "tuple[models.QuerySet[Any, Any], Mapping[str, Any]]"],
        *kinds: type,
    ) -> None:
        self._build = build
        self._kinds = kinds
        self._lock = Lock()
        self._statements: dict[str, Filled] = {}

    def update(self, *values: Value) -> int:
        """Changes the rows that `build` names for these values; how many there were."""
        statement = self.statement()
        return statement.sql.execute(statement.parameters(values))

    def statement(self) -> Filled:
        """The statement for the database in use."""
        statement = self._statements.get(connection.vendor)
        if statement is None:
            with self._lock:
                statement = self._statements.setdefault(connection.vendor, self._compiled())
        return statement

    def _compiled(self) -> "Filled":
        samples = samples_of(self._kinds)
        queryset, changes = self._build(*samples)
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(dict(changes))
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        return Filled(sql, parameters, samples)


def insert(row: models.Model, then: str = "") -> Any:
    """Writes a new row. Sends no signals, and the row does not learn a key that the database makes.

    `then` is what of ours follows the statement, such as ON CONFLICT. Returns the row of its RETURNING, if it has one.
    """
    statement = _insertion(type(row), then)
    returned = None
    if "RETURNING" in then:
        read = statement.first(_values(row))
        returned = None if read is None else read.values()
    else:
        statement.execute(_values(row))
    row._state.adding, row._state.db = False, connection.alias
    return returned


def change_and_insert(updates: Sequence[Update], rows: Sequence[models.Model]) -> bool:
    """Carries out the updates in order, each only if the one before has changed a row, and if all have, writes `rows`.

    All of it or, after an error, nothing. False if an update changed no row; those before it stay. On PostgreSQL it is
    one statement, with no transaction around it: five rounds to the server less than one by one.
    """
    if connection.vendor != "postgresql":
        return _one_by_one(updates, rows)
    prepared = [(update.statement(), values) for update, values in updates]
    statement = _at_once(tuple(filled for filled, _ in prepared), tuple(type(row) for row in rows))
    parameters = [each for filled, values in prepared for each in filled.parameters(values)]
    parameters += [value for row in rows for value in _values(row)]
    return statement.first(parameters) is not None


def _one_by_one(updates: Sequence[Update], rows: Sequence[models.Model]) -> bool:
    with transaction.atomic():
        if not all(update.update(*values) for update, values in updates):
            return False
        for row in rows:
            insert(row)
    return True


@cache
def _at_once(updates: tuple[Filled, ...], inserted: tuple[type[models.Model], ...]) -> Statement:
    """The updates, and behind them the new rows, as parts of one WITH.

    That the update before has changed a row is asked in a subquery which PostgreSQL answers before it looks at any row:
    one that has waited for another transaction judges the row anew, but never by a join.
    """
    parts, before = [], ""
    for number, update in enumerate(updates):
        parts.append(f"u{number} AS ({update.sql.sql}{before} RETURNING 1)")
        before = f" AND (SELECT count(*) FROM u{number}) > 0"
    last = f"u{len(updates) - 1}"
    for number, model in enumerate(inserted):
        # In a SELECT, PostgreSQL does not see the types of the columns. Without a length: a cast would cut, not refuse.
        marks = ", ".join(f"%s::{_type(field)}" for field in _fields(model))
        parts.append(f"i{number} AS (INSERT INTO {_columns(model)} SELECT {marks} FROM {last})")
    return Statement(f"WITH {', '.join(parts)} SELECT 1 FROM {last}")


@cache
def _insertion(model: type[models.Model], then: str) -> Statement:
    marks = ", ".join(["%s"] * len(_fields(model)))
    return Statement(f"INSERT INTO {_columns(model)} VALUES ({marks}) {then}".rstrip())


@cache
def _fields(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))


def _columns(model: type[models.Model]) -> str:
    names = ", ".join(f'"{field.column}"' for field in _fields(model))
    return f'"{model._meta.db_table}" ({names})'


def _type(field: Any) -> str:
    return str(field.db_type(connection)).partition("(")[0]


def _values(row: models.Model) -> list[Any]:
    """What is sent for each field. PostgreSQL gets the usual kinds of values as they are: see statements.py."""
    as_it_is = connection.vendor == "postgresql"
    values = []
    for field, name in _read_from(type(row)):
        value = row.__dict__.get(name)
        if not as_it_is or type(value) not in SENT_AS_THEY_ARE:
            value = field.get_db_prep_save(field.pre_save(row, add=True), connection)
        values.append(value)
    return values


@cache
def _read_from(model: type[models.Model]) -> tuple[tuple[Any, str], ...]:
    """Each field with the attribute in which its value stands, or with none if saving is what makes the value."""

    def is_made(field: Any) -> bool:
        made_when_saved = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        return made_when_saved or type(field).pre_save not in {
            models.Field.pre_save,
            models.DateTimeField.pre_save,
        }

    return tuple((field, "" if is_made(field) else field.attname) for field in _fields(model))
