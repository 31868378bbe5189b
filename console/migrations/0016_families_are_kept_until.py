"""A token family says until when it is kept, and runs of `expire` are noted. Takes no time: no row is written.

The value of rows that nobody has filled in, also of those that older processes write during the update, is the
beginning of time: `expire` looks at those families, and corrects what it finds.
"""

import datetime

from django.db import migrations, models

UNKNOWN = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Migration(migrations.Migration):
    dependencies = [("console", "0013_authorization_code")]

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
    ]
