"""Operations on the indexes of long tables. On PostgreSQL nothing that is written to the table waits for them."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class AddIndexBesideTraffic(AddIndexConcurrently):
    """Django's own on PostgreSQL, without the limit that statements of requests have; a plain one elsewhere."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        # What an interrupted attempt has left is good for nothing.
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')
        schema_editor.execute("SET statement_timeout = 0")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute("RESET statement_timeout")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class WithoutOwnIndex(migrations.AlterField):
    """A foreign key that has no index of its own any more. Nothing else may differ: only the index is dropped, or made
    again on the way back. Django's operation locks the table on PostgreSQL and copies all of it on SQLite."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        beside = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
        for name in self._names(schema_editor, model):
            schema_editor.execute(f'DROP INDEX {beside}IF EXISTS "{name}"')

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """`to_state` is the one with the index."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self._names(schema_editor, model):
            field = model._meta.get_field(self.name)
            schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))

    def _names(self, schema_editor: Any, model: Any) -> list[str]:
        column = model._meta.get_field(self.name).column
        names: list[str] = schema_editor._constraint_names(
            model, [column], index=True, unique=False, primary_key=False
        )
        return names
