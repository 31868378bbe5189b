"""The index by which an event is found by its trace ID. On PostgreSQL it is made beside the traffic: a long log is read
through for it, and nothing that is written to the log waits for that."""

from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("console", "0003_event_search")]

    operations = [
        AddIndexBesideTraffic("event", models.Index(fields=["tenant", "trace_id"], name="event_of_trace")),
    ]
