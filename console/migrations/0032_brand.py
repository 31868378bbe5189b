"""Settings of tenants, logos, and what a client says about its terms.

Takes no time on PostgreSQL: the tables are new, and no row is written for the columns of clients, which have a default.
SQLite writes the clients anew: some seconds for a hundred thousand.
"""

import console.models.tenant_owned
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0031_client_problems'),
    ]

    operations = [
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=32)),
                ('content', models.BinaryField()),
                ('kept_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.CreateModel(
            name='TenantSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('logo', models.CharField(blank=True, default='', max_length=32, verbose_name='logo')),
                ('colour', models.CharField(blank=True, default='', max_length=7, verbose_name='colour')),
                ('support', models.CharField(blank=True, default='', max_length=2048, verbose_name='support contact')),
                ('terms_url', models.CharField(blank=True, default='', max_length=2048, verbose_name='terms of use')),
                ('privacy_url', models.CharField(blank=True, default='', max_length=2048, verbose_name='privacy policy')),
                ('session_idle', models.PositiveIntegerField(default=None, null=True)),
                ('session_absolute', models.PositiveIntegerField(default=None, null=True)),
            ],
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.AddField(
            model_name='client',
            name='contact_email',
            field=models.CharField(blank=True, db_default='', default='', max_length=254, verbose_name='contact'),
        ),
        migrations.AddField(
            model_name='client',
            name='logo',
            field=models.CharField(blank=True, db_default='', default='', max_length=32, verbose_name='logo'),
        ),
        migrations.AddField(
            model_name='client',
            name='privacy_url',
            field=models.CharField(blank=True, db_default='', default='', max_length=2048, verbose_name='privacy policy'),
        ),
        migrations.AddField(
            model_name='client',
            name='terms_url',
            field=models.CharField(blank=True, db_default='', default='', max_length=2048, verbose_name='terms of service'),
        ),
        migrations.AddField(
            model_name='picture',
            name='tenant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
        ),
        migrations.AddField(
            model_name='tenantsettings',
            name='tenant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
        ),
        migrations.AddConstraint(
            model_name='picture',
            constraint=models.UniqueConstraint(fields=('tenant', 'digest'), name='picture_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='picture',
            index=models.Index(fields=['digest'], name='picture_digest'),
        ),
        migrations.AddConstraint(
            model_name='tenantsettings',
            constraint=models.UniqueConstraint(fields=('tenant',), name='settings_of_tenant'),
        ),
    ]
