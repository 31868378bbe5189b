"""How often each client is used is counted from now on. Takes no time: a table is made."""

import console.models.tenant_owned
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0026_registrations'),
    ]

    operations = [
        migrations.CreateModel(
            name='UseCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('hour', 'Hour'), ('day', 'Day')], max_length=4)),
                ('begins_at', models.DateTimeField()),
                ('kind', models.CharField(max_length=32)),
                ('grant', models.CharField(max_length=60)),
                ('outcome', models.CharField(blank=True, max_length=60)),
                ('secret_id', models.UUIDField(null=True)),
                ('redirect_uri', models.CharField(blank=True, max_length=2048)),
                ('number', models.PositiveBigIntegerField()),
                ('last_at', models.DateTimeField()),
                ('last_address', models.CharField(blank=True, max_length=45)),
                ('last_agent', models.CharField(blank=True, max_length=200)),
                ('client', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['span', 'begins_at'], name='use_count_expiry')],
                'constraints': [models.UniqueConstraint(fields=('client', 'tenant', 'span', 'begins_at', 'kind'), name='use_count_once')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
    ]
