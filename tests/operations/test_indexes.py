"""Every index is written with every row of its table: each must be one that something reads."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db


def indexes() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Table, name and columns of each plain index and of each key of our tables; not of those for some rows only."""
    partial = {
        index.name for model in apps.get_app_config("console").get_models() for index in model._meta.indexes
        if index.condition is not None
    } | {
        constraint.name for model in apps.get_app_config("console").get_models()
        for constraint in model._meta.constraints if getattr(constraint, "condition", None) is not None
    }  # fmt: skip
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith("console_"):
                continue
            for name, found in connection.introspection.get_constraints(cursor, table).items():
                columns = tuple(found["columns"] or ())
                readable = found["index"] or found["unique"] or found["primary_key"]
                if readable and columns and name not in partial and None not in columns:
                    yield table, name, columns


def test_no_index_is_the_beginning_of_another():
    found = list(indexes())

    begun = [
        (shorter, longer)
        for table, shorter, columns in found
        for other_table, longer, more in found
        if table == other_table and shorter != longer and columns == more[: len(columns)]
    ]
    # A unique one also keeps things apart, and is as long as it must be.
    assert [pair for pair in begun if not _keeps_apart(pair[0])] == []


def test_no_key_has_another_index_for_like():
    assert [name for _table, name, _columns in indexes() if name.endswith("_like")] == []


def _keeps_apart(name: str) -> bool:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("console_"):
                found = connection.introspection.get_constraints(cursor, table).get(name)
                if found is not None:
                    return bool(found["unique"] or found["primary_key"])
    return False
