"""What people are called, who vouched for their address, and when that changed; clients that cannot send PKCE.

New columns only, which PostgreSQL adds without rewriting a table.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0008_refresh_token_repeats")]

    operations = [
        migrations.AddField("user", "email_verified_at", models.DateTimeField(null=True, default=None)),
        migrations.AddField(
            "user", "given_name", models.CharField(max_length=255, blank=True, default="", db_default="")
        ),
        migrations.AddField(
            "user", "family_name", models.CharField(max_length=255, blank=True, default="", db_default="")
        ),
        migrations.AddField("user", "updated_at", models.DateTimeField(null=True, default=None)),
        migrations.AddField(
            "client",
            "accepts_no_pkce",
            models.BooleanField(
                "authorization requests without PKCE accepted", default=False, db_default=False
            ),
        ),
    ]
