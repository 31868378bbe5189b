"""Live families and consents learn under which generation and connection they were given, in batches.

A family without a connection had ended with it; it gets no generation, and so stays dead.
"""

from django.db import migrations
from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

BATCH = 5000


def fill(apps, schema_editor):
    text, dot = CharField(), Value(".")
    families = apps.get_model("console", "TokenFamily")._base_manager.filter(ended_at=None, generation="")
    consents = apps.get_model("console", "Consent")._base_manager.filter(connection=None)
    connections = apps.get_model("console", "Connection")._base_manager
    here = connections.filter(tenant=OuterRef("tenant"), client=OuterRef("client")).annotate(
        given_under=Concat(
            Cast("client__generation", text), dot, Cast("pk", text), dot, Cast("generation", text)
        )
    )
    _in_batches(families, generation=Coalesce(Subquery(here.values("given_under")), Value("")))
    _in_batches(consents, connection=Subquery(here.values("pk")))


def _in_batches(rows, **changes):
    last = None
    while True:
        further = rows.filter(pk__gt=last) if last is not None else rows
        keys = list(further.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        last = keys[-1]
        rows.filter(pk__in=keys).update(**changes)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("console", "0006_used_answer")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
