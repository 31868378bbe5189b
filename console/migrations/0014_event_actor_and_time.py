"""The indexes by which events are found by who did it, and those of all tenants that are kept no longer. On PostgreSQL
each takes about a minute for ten million events, beside the traffic; on SQLite some seconds for a million."""

from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("console", "0013_authorization_code")]

    operations = [
        AddIndexBesideTraffic(
            "event",
            models.Index(fields=["tenant", "actor_id", "-happened_at", "-id"], name="event_of_actor"),
        ),
        AddIndexBesideTraffic("event", models.Index(fields=["happened_at"], name="event_by_time")),
    ]
