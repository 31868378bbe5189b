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
