"""An event's tenant needs no index of its own: four others begin with it. It is dropped at once, beside the traffic."""

import django.db.models.deletion
from django.db import migrations, models

from ._beside_traffic import WithoutOwnIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("console", "0014_event_actor_and_time")]

    operations = [
        WithoutOwnIndex(
            "event",
            "tenant",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="console.tenant",
            ),
        ),
    ]
