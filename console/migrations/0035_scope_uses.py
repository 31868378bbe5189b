"""Which scopes clients are given is noted from now on. Takes no time: a table is made."""

import console.models.tenant_owned
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0033_natural_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScopeUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=512)),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('client', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['last_on'], name='scope_use_expiry')],
                'constraints': [models.UniqueConstraint(fields=('client', 'tenant', 'scope'), name='scope_use_once')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
    ]
