"""django-oauth-toolkit's access tokens, ID tokens and device grants lose their tables, which never had a row.

Their models stay, without tables of their own. Of the rest nothing happens in the database, but that it forgets which
of django-oauth-toolkit's migrations were applied: they made nothing, and are not applied any more.
"""

import pkgutil
import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.recorder import MigrationRecorder


def forget_migrations(apps, schema_editor):
    recorder = MigrationRecorder(schema_editor.connection)
    recorder.migration_qs.filter(app='oauth2_provider').delete()


def recall_migrations(apps, schema_editor):
    """For the release before this one, which would apply them to rows that they were not written for."""
    from oauth2_provider import migrations as theirs

    recorder = MigrationRecorder(schema_editor.connection)
    for module in pkgutil.iter_modules(theirs.__path__):
        recorder.record_applied('oauth2_provider', module.name)


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0011_outbox'),
    ]

    operations = [
        migrations.RunPython(forget_migrations, recall_migrations),
        migrations.DeleteModel('AccessToken'),
        migrations.DeleteModel('IDToken'),
        migrations.DeleteModel('DeviceGrant'),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('expires', models.DateTimeField(db_column='access_expires_at')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'db_table': 'console_tokenfamily',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='DeviceGrant',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('device_code', models.CharField(max_length=100, verbose_name='device code')),
                ('user_code', models.CharField(max_length=100, verbose_name='user code')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('interval', models.IntegerField(default=5, verbose_name='interval')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('status', models.CharField(blank=True, choices=[('authorized', 'Authorized'), ('authorization-pending', 'Authorization pending'), ('expired', 'Expired'), ('denied', 'Denied')], default='authorization-pending', max_length=64, verbose_name='status')),
                ('client_id', models.CharField(db_index=True, max_length=100, verbose_name='client ID')),
                ('last_checked', models.DateTimeField(auto_now=True, verbose_name='last checked')),
            ],
            options={
                'managed': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='IDToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('jti', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='JWT Token ID')),
                ('expires', models.DateTimeField(verbose_name='expires')),
                ('scope', models.TextField(blank=True, verbose_name='scope')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
            ],
            options={
                'managed': False,
                'base_manager_name': 'objects',
            },
        ),
        # It has no column. Django would copy the whole table for it on SQLite.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name='refreshtoken',
                    name='access_token',
                    field=models.ForeignObject(editable=False, from_fields=['family'], on_delete=django.db.models.deletion.DO_NOTHING, related_name='refresh_token', to=settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL, to_fields=['id']),
                ),
            ],
        ),
        migrations.AlterField(
            model_name='client',
            name='allowed_origins',
            field=models.JSONField(blank=True, default=list, verbose_name='allowed origins'),
        ),
        migrations.AlterField(
            model_name='client',
            name='allowed_scopes',
            field=models.JSONField(blank=True, default=list, verbose_name='scopes'),
        ),
        migrations.AlterField(
            model_name='client',
            name='auth_methods',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='client',
            name='deleted_at',
            field=models.DateTimeField(blank=True, default=None, null=True),
        ),
        migrations.AlterField(
            model_name='client',
            name='disabled_at',
            field=models.DateTimeField(blank=True, default=None, null=True),
        ),
        migrations.AlterField(
            model_name='client',
            name='grant_types',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='client',
            name='last_used_at',
            field=models.DateTimeField(blank=True, default=None, null=True),
        ),
        migrations.AlterField(
            model_name='client',
            name='post_logout_redirect_uris',
            field=models.JSONField(blank=True, default=list, verbose_name='sign-out URLs'),
        ),
        migrations.AlterField(
            model_name='client',
            name='public_keys',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='client',
            name='published_at',
            field=models.DateTimeField(blank=True, default=None, null=True),
        ),
        migrations.AlterField(
            model_name='client',
            name='redirect_uris',
            field=models.JSONField(blank=True, default=list, verbose_name='redirect URLs'),
        ),
        migrations.AlterField(
            model_name='grant',
            name='consent',
            field=models.ForeignKey(blank=True, default=None, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.consent'),
        ),
        migrations.AlterField(
            model_name='grant',
            name='used_at',
            field=models.DateTimeField(blank=True, default=None, null=True),
        ),
        migrations.AlterField(
            model_name='refreshtoken',
            name='revoked',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
