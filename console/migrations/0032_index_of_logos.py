"""An index by which a logo is found that another tenant asks for.

On PostgreSQL it is made beside the traffic. It takes as long as reading the clients once: some seconds for a million.
"""

from django.db import migrations, models

from ._beside_traffic import AddIndexBesideTraffic


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('console', '0032_brand')]

    operations = [
        AddIndexBesideTraffic(
            model_name='client',
            index=models.Index(fields=['logo'], name='client_logo'),
        ),
    ]
