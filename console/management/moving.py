"""Copies the embedded database (SQLite) into an empty PostgreSQL database, whole or not at all.

Both are read and written a batch at a time, however long the tables are. Everything stands in one transaction of the
new database: until it ends nothing is there, and whatever stops it leaves nothing there.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

BATCH = 2000
ROWS_BETWEEN_REPORTS = 500_000  # a multiple of BATCH
MADE_BY_MIGRATE = (Permission, ContentType)  # in the order in which they can be removed
# PostgreSQL keeps neither NUL nor half a pair of surrogates, in text or in JSON; SQLite does.
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Model = type[models.Model]


class CannotMove(Exception):
    """Why the database is not moved: a sentence for the operator. Nothing has been changed."""


@dataclass
class Moved:
    """What was copied: rows of each table, and rows in which a character was replaced that PostgreSQL cannot keep."""

    tables: dict[str, int] = field(default_factory=dict)
    replaced: int = 0

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def new_database(settings_dict: dict[str, Any]) -> Any:
    """A connection to the database with these settings, beside the one that the region is configured for."""
    return ConnectionHandler({"default": settings_dict})["default"]


# --- Before anything is copied ----------------------------------------------------------------------------------


def check_source() -> None:
    """Raises CannotMove unless the region's own database is SQLite, migrated, and open nowhere else."""
    if connection.vendor != "sqlite":
        raise CannotMove("The region is on PostgreSQL already: leave DATABASE_URL as it was for SQLite.")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotMove("The database is not up to date: run manage.py migrate first.")
    if unknown := set(executor.loader.applied_migrations) - executor.loader.disk_migrations.keys():
        names = ", ".join(sorted(f"{app}.{name}" for app, name in unknown))
        raise CannotMove(f"The database was made by another version, which has {names}: use that one.")
    connection.close()
    if is_open_elsewhere(str(connection.settings_dict["NAME"])):
        raise CannotMove("Another program has the database open: stop the server and its commands first.")


def is_open_elsewhere(path: str) -> bool:
    """Whether another connection holds the SQLite database, idle ones included: nobody else may while this one asks
    for it alone (https://www.sqlite.org/pragma.html#pragma_locking_mode)."""
    with closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as probe:
        try:
            probe.execute("PRAGMA locking_mode=EXCLUSIVE")
            probe.execute("BEGIN EXCLUSIVE")
            probe.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def check_target(target: BaseDatabaseWrapper) -> None:
    """Raises CannotMove unless the new database is PostgreSQL, keeps every letter, and holds nothing of anybody's.

    Tables of ours without rows are nothing: an earlier attempt leaves them.
    """
    if target.vendor != "postgresql":
        raise CannotMove("The new database must be PostgreSQL: its address begins with postgresql://.")
    with target.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        if (encoding := cursor.fetchone()[0]) != "UTF8":
            raise CannotMove(f"The new database has the encoding {encoding}: make one with UTF8.")
        found = set(target.introspection.table_names(cursor))
    ours = {model._meta.db_table for model in in_order()} | {MigrationRecorder.Migration._meta.db_table}
    if others := sorted(found - ours):
        shown = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
        raise CannotMove(f"The new database has tables of something else: {shown}. Make one for the region.")
    check_empty(target, found)


def check_empty(target: BaseDatabaseWrapper, tables: set[str]) -> None:
    """Raises CannotMove if one of these tables of ours has rows that `migrate` does not make."""
    with target.cursor() as cursor:
        for model in in_order():
            table = model._meta.db_table
            if model in MADE_BY_MIGRATE or table not in tables:
                continue
            cursor.execute(f"SELECT 1 FROM {_quoted(table)} LIMIT 1")
            if cursor.fetchone():
                raise CannotMove(
                    f"The new database holds data already ({table} has rows): nothing was copied. "
                    "Make an empty database, or empty this one."
                )


def check_same_migrations(target: BaseDatabaseWrapper) -> None:
    """Raises CannotMove unless both databases have the same migrations."""
    here, there = (set(MigrationRecorder(each).applied_migrations()) for each in (connection, target))
    if here != there:
        names = ", ".join(sorted(f"{app}.{name}" for app, name in here ^ there))
        raise CannotMove(f"The new database was made by another version: it differs in {names}.")


# --- The copy ---------------------------------------------------------------------------------------------------


def copy_to(target: Any, tell: Callable[[str], None]) -> Moved:
    """Copies every row with its key, sets the sequences and compares the numbers of rows, in one transaction.

    `tell` is given a line now and then. Raises CannotMove, or DatabaseError when a database does not answer. While it
    runs nobody writes to either database: SQLite's lock for writing is held, and the new tables are locked.
    """
    moved = Moved()
    target.ensure_connection()
    with connection.cursor() as reading:
        reading.execute("BEGIN IMMEDIATE")
        try:
            with target.connection.transaction():
                _prepare(target)
                for model in in_order():
                    _copy_table(target, model, moved, tell)
                _set_sequences(target)
                _compare(target, moved)
        finally:
            reading.execute("ROLLBACK")
    with target.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")
    return moved


def in_order() -> list[Model]:
    """Every table, each after those that its rows refer to."""
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return list(TopologicalSorter({model: _referred(model) - {model} for model in tables}).static_order())


def _referred(model: Model) -> set[Model]:
    """The tables that the database makes sure of when a row is written."""
    referring = (field for field in model._meta.concrete_fields if getattr(field, "db_constraint", False))
    return {field.related_model for field in referring}  # type: ignore[misc]  # a model, once all are loaded


def _prepare(target: Any) -> None:
    with target.cursor() as cursor:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET LOCAL {name} = 0")
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        tables = ", ".join(_quoted(model._meta.db_table) for model in in_order())
        cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        check_empty(target, {model._meta.db_table for model in in_order()})
        for model in MADE_BY_MIGRATE:  # the rows of SQLite come in their place, with their keys
            cursor.execute(f"DELETE FROM {_quoted(model._meta.db_table)}")
        # Checked with each batch, so that nothing about ten million rows is kept for the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _copy_table(target: Any, model: Model, moved: Moved, tell: Callable[[str], None]) -> None:
    fields, table = model._meta.concrete_fields, model._meta.db_table
    columns = ", ".join(_quoted(field.column) for field in fields)
    refers_to_itself = model in _referred(model)
    copied = 0
    with target.cursor() as cursor:
        if refers_to_itself:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for rows in _batches(model):
            try:
                with cursor.copy(f"COPY {_quoted(table)} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        values, replaced = _storable_row(row)
                        moved.replaced += replaced
                        copy.write_row([_adapted(*pair, target) for pair in zip(fields, values, strict=True)])
            except (psycopg.Error, ValueError, TypeError) as error:
                # Without the lines in which PostgreSQL repeats the row: it can hold what is secret.
                raise CannotMove(
                    f"PostgreSQL does not take a row of {table}, one of those after the first {copied:,}: "
                    f"{first_line(error)} Nothing was copied, and SQLite is as it was."
                ) from None
            copied += len(rows)
            if copied % ROWS_BETWEEN_REPORTS == 0:
                tell(f"{table}: {copied:,} rows so far")
        if refers_to_itself:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    moved.tables[table] = copied
    if copied:
        tell(f"{table}: {copied:,} rows")


def _batches(model: Model) -> Iterator[list[tuple[Any, ...]]]:
    """All rows in the order of their keys, some at a time: every tenant's, and deleted ones too."""
    names = [field.attname for field in model._meta.concrete_fields]
    key = names.index(model._meta.pk.attname)
    rows, last = model._base_manager.order_by("pk").values_list(*names), None
    while batch := list((rows.filter(pk__gt=last) if last is not None else rows)[:BATCH]):
        last = batch[-1][key]
        yield batch


def _adapted(field: Any, value: Any, target: Any) -> Any:
    """A value as the column of the new database takes it."""
    if isinstance(field, models.JSONField) and value is not None:
        return json.dumps(value, cls=field.encoder, allow_nan=False)
    return field.get_db_prep_save(value, connection=target)


def _storable_row(row: tuple[Any, ...]) -> tuple[list[Any], bool]:
    """The values with what PostgreSQL cannot keep replaced, and whether there was any."""
    values = [_storable(value) for value in row]
    return values, values != list(row)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return NOT_STORABLE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return value


def _set_sequences(target: Any) -> None:
    """The next key of each table is one that was never given, not even to a row that is gone: a session can name the
    key of the connection that it was given under, and must not come back to life under another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        given = dict(cursor.fetchall())
    with target.cursor() as cursor:
        for statement in target.ops.sequence_reset_sql(no_style(), in_order()):
            cursor.execute(statement)
        for model in in_order():
            table, key = model._meta.db_table, model._meta.pk
            if isinstance(key, models.AutoField) and given.get(table, 0) > 0:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [_quoted(table), key.column, given[table]],
                )


def _compare(target: Any, moved: Moved) -> None:
    """Raises CannotMove unless every table has as many rows there as here."""
    with connection.cursor() as here, target.cursor() as there:
        for table in moved.tables:
            for cursor in (here, there):
                cursor.execute(f"SELECT count(*) FROM {_quoted(table)}")
            numbers = here.fetchone()[0], there.fetchone()[0]
            if numbers[0] != numbers[1]:
                raise CannotMove(
                    f"{table} has {numbers[0]} rows, and {numbers[1]} were copied: nothing was kept."
                )


def first_line(error: Exception) -> str:
    """What is wrong, as a sentence."""
    said = str(error).strip() or type(error).__name__
    return f"{said.splitlines()[0].removesuffix('.')}."


def _quoted(name: str | None) -> str:
    return f'"{name}"'
