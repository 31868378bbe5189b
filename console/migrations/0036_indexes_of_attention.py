"""Indexes of what needs an administrator: secrets that nobody uses, and what was refused.

On PostgreSQL they are made beside the traffic. They take as long as reading the secrets and the counted uses once: some
seconds for a million.
"""

import django.db.models.functions.comparison
from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('console', '0035_scope_uses')]

    operations = [
        AddIndexBesideTraffic(
            model_name='clientsecret',
            index=models.Index(models.F('tenant'), django.db.models.functions.comparison.Coalesce('last_used_at', 'created_at'), condition=models.Q(('removed_at', None)), name='secret_unused'),
        ),
        AddIndexBesideTraffic(
            model_name='usecount',
            index=models.Index(condition=models.Q(models.Func(models.F('outcome'), output_field=models.BooleanField(), template="%(expressions)s <> ''")), fields=['tenant', 'span', 'begins_at'], name='use_count_refused'),
        ),
    ]
