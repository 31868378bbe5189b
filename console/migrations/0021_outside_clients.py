"""A client says who brought it here, and in which tenant alone it may be used. Takes no time: no row is written."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0020_apis")]

    operations = [
        migrations.AddField(
            model_name="client",
            name="origin",
            field=models.CharField(db_default="tenant", default="tenant", max_length=12),
        ),
        migrations.AddField(
            model_name="client",
            name="only_in",
            field=models.ForeignKey(
                db_index=False,
                default=None,
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="console.tenant",
            ),
        ),
    ]
