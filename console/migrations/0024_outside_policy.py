"""What a tenant allows clients that no organisation registered. A new table: takes no time."""

import console.models.outside_policy
import console.models.tenant_owned
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('console', '0023_metadata_documents')]

    operations = [
        migrations.CreateModel(
            name='OutsidePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('documents', models.CharField(choices=[('off', 'Not allowed'), ('ask', 'Allowed after approval')], default='ask', max_length=10)),
                ('allowed_hosts', models.JSONField(default=list)),
                ('ceiling', models.JSONField(default=console.models.outside_policy._usual_scopes)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant',), name='outside_policy_of_tenant')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
    ]
