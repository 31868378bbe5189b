"""An authorization code is called one: what Grant was is AuthorizationCode."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("console", "0012_toolkit")]

    operations = [migrations.RenameModel("Grant", "AuthorizationCode")]
