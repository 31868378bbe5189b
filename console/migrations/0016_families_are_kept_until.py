"""A token family says until when it is kept, and runs of `expire` are noted. Takes no time: no row is written.

The value of rows that nobody has filled in, also of those that older processes write during the update, is the
beginning of time: `expire` looks at those families, and corrects what it finds.

PostgreSQL is asked to vacuum the two tables after a fiftieth of them has gone, and not a fifth: until then, each run
reads past everything that earlier ones have removed.
"""

import datetime

from django.db import migrations, models

UNKNOWN = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


TABLES = ("console_tokenfamily", "console_refreshtoken")


def vacuum_sooner(apps, schema_editor):
    for table in _tables(schema_editor):
        schema_editor.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02)")


def vacuum_as_usual(apps, schema_editor):
    for table in _tables(schema_editor):
        schema_editor.execute(f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor)")


def _tables(schema_editor):
    return TABLES if schema_editor.connection.vendor == "postgresql" else ()


class Migration(migrations.Migration):
    dependencies = [("console", "0014_event_actor_and_time")]

    operations = [
        migrations.CreateModel(
            name="ExpiryRun",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField(default=None, null=True)),
                ("clock", models.DateTimeField(default=None, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="tokenfamily",
            name="kept_until",
            field=models.DateTimeField(db_default=UNKNOWN, default=UNKNOWN),
        ),
        migrations.RunPython(vacuum_sooner, vacuum_as_usual),
    ]
