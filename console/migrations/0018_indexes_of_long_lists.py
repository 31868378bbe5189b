"""Indexes by which the console pages long lists: people by what they are called, what a client has in each tenant.

On PostgreSQL they are made beside the traffic. The longest takes as long as reading the token families once: some
seconds for five million.
"""

import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('console', '0017_indexes_of_expiry')]

    operations = [
        AddIndexBesideTraffic(
            model_name='connection',
            index=models.Index(fields=['client', 'status', 'tenant'], name='connection_served'),
        ),
        AddIndexBesideTraffic(
            model_name='connectionrequest',
            index=models.Index(fields=['tenant', 'status', 'opened_at'], name='connection_request_waiting'),
        ),
        AddIndexBesideTraffic(
            model_name='consent',
            index=models.Index(fields=['client', 'tenant', 'user'], name='consent_to_client'),
        ),
        AddIndexBesideTraffic(
            model_name='tokenfamily',
            index=models.Index(fields=['client', 'tenant', 'began_at'], name='family_begun'),
        ),
        AddIndexBesideTraffic(
            model_name='user',
            index=models.Index(models.F('tenant'), django.db.models.functions.text.Lower(django.db.models.functions.comparison.Coalesce(models.Func('name', template="NULLIF(%(expressions)s, '')"), 'email', output_field=models.CharField())), models.F('id'), name='user_called'),
        ),
    ]
