"""An index of the clients that lack what the list is sorted by: those that older processes register during the update.

On PostgreSQL it is made beside the traffic. It takes as long as reading the clients once: some seconds for a million.
"""

from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('console', '0036_indexes_of_attention')]

    operations = [
        AddIndexBesideTraffic(
            model_name='client',
            index=models.Index(condition=models.Q(models.Func(models.F('sort_key'), output_field=models.BooleanField(), template="%(expressions)s = ''")), fields=['id'], name='client_without_place'),
        ),
    ]
