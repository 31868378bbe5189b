"""Families learn until when they are kept, in batches; then what expires gets its indexes, beside the traffic.

One statement for each 5,000 families (some 0.2 s), and one pass through the table for its index. Can be interrupted and
run again. Indexes that others include are dropped: of families the one by absolute expiry, which nothing asks for any
more; of connections and consents the one by client, in whose place stands one by client and key.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from ._beside_traffic import AddIndexBesideTraffic

UNKNOWN = import_module("console.migrations.0016_families_are_kept_until").UNKNOWN
BATCH = 5000


class RemoveIndexBesideTraffic(RemoveIndexConcurrently):
    """Django's own on PostgreSQL; a plain one elsewhere."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if _is_postgresql(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:  # Django's would fail if an interrupted attempt has removed it
            schema_editor.execute(f'DROP INDEX IF EXISTS "{self.name}"')

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        kind = RemoveIndexConcurrently if _is_postgresql(schema_editor) else migrations.RemoveIndex
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)


def fill(apps, schema_editor):
    """A used refresh token keeps its family too, so that its reuse is noticed."""
    families = apps.get_model("console", "TokenFamily")._base_manager.filter(kept_until=UNKNOWN)
    own = apps.get_model("console", "RefreshToken")._base_manager.filter(family=OuterRef("pk"))
    latest = Subquery(own.order_by().values("family").annotate(latest=Max("expires_at")).values("latest"))
    last = None
    while True:
        further = families.filter(pk__gt=last) if last is not None else families
        keys = list(further.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        last = keys[-1]
        families.filter(pk__in=keys).update(
            kept_until=Greatest(F("access_expires_at"), Coalesce(latest, F("access_expires_at")))
        )


def drop_indexes_by_client(apps, schema_editor):
    """Not Django's way, which on SQLite copies the whole table for it."""
    connection = schema_editor.connection
    concurrently = "CONCURRENTLY" if _is_postgresql(schema_editor) else ""
    for name in ("Connection", "Consent"):
        table = apps.get_model("console", name)._meta.db_table
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        for index, about in found.items():
            if about["index"] and not about["unique"] and about["columns"] == ["client_id"]:
                schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {schema_editor.quote_name(index)}")


def make_indexes_by_client(apps, schema_editor):
    for name in ("Connection", "Consent"):
        model = apps.get_model("console", name)
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[model._meta.get_field("client")]))


def _is_postgresql(schema_editor):
    return schema_editor.connection.vendor == "postgresql"


def _client(related_name):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("console", "0016_families_are_kept_until")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexBesideTraffic("tokenfamily", models.Index(fields=["kept_until"], name="family_kept")),
        RemoveIndexBesideTraffic("tokenfamily", "family_expiry"),
        AddIndexBesideTraffic(
            "client",
            models.Index(
                fields=["deleted_at", "id"], condition=Q(deleted_at__isnull=False), name="client_deleted"
            ),
        ),
        AddIndexBesideTraffic("connection", models.Index(fields=["client", "id"], name="connection_of_client")),
        AddIndexBesideTraffic("consent", models.Index(fields=["client", "id"], name="consent_of_client")),
        AddIndexBesideTraffic("signingkey", models.Index(fields=["retires_at"], name="signing_key_retires")),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_indexes_by_client, make_indexes_by_client)],
            state_operations=[
                migrations.AlterField("connection", "client", _client("connections")),
                migrations.AlterField("consent", "client", _client("consents")),
            ],
        ),
    ]
