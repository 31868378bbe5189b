"""Indexes of the OAuth page: a tenant's own clients in the order of their names, and the few of other tenants.

On PostgreSQL they are made beside the traffic. They take as long as reading clients and connections once: some seconds
for a million.
"""

import django.db.models.functions.text
from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('console', '0024_outside_policy')]

    operations = [
        AddIndexBesideTraffic(
            model_name='client',
            index=models.Index(models.F('tenant'), django.db.models.functions.text.Lower('name'), models.F('id'), condition=models.Q(('deleted_at', None)), name='client_listed'),
        ),
        AddIndexBesideTraffic(
            model_name='connection',
            index=models.Index(condition=models.Q(models.Func(models.F('terms'), output_field=models.BooleanField(), template="%(expressions)s <> '{}'")), fields=['tenant', 'client'], name='connection_outside'),
        ),
    ]
