"""Indexes go that nobody reads: on the first columns of another index, on a tenant alone, and for LIKE on keys that are
only ever compared as a whole. Each was written with every row.

Quick, whatever is in the tables. On PostgreSQL it waits for transactions that run, and holds up none. The release
before this one needs none of them, so that they stay away when the migration is taken back.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FIELDS = {
    'console_authorizationcode': ['tenant_id'],
    'console_browsersession': ['tenant_id', 'user_id', 'session_id'],
    'console_client': ['tenant_id'],
    'console_clientassertion': ['tenant_id', 'digest'],
    'console_clientsecret': ['tenant_id'],
    'console_connection': ['client_id', 'tenant_id'],
    'console_connectionrequest': ['tenant_id'],
    'console_connectionrequester': ['request_id', 'tenant_id'],
    'console_consent': ['client_id', 'tenant_id', 'user_id'],
    'console_event': ['tenant_id'],
    'console_failedattempts': ['key'],
    'console_hostname': ['host'],
    'console_mail': ['tenant_id'],
    'console_refreshtoken': ['tenant_id'],
    'console_refusalcount': ['key'],
    'console_revokedaccesstoken': ['tenant_id', 'jti'],
    'console_sentform': ['tenant_id', 'digest'],
    'console_signingkey': ['tenant_id', 'kid'],
    'console_tenant': ['alias', 'issuer'],
    'console_tokenfamily': ['client_id'],
    'console_unfinishedact': ['tenant_id'],
    'console_usedanswer': ['tenant_id', 'digest'],
    'console_user': ['tenant_id'],
}


def drop(apps, schema_editor):
    """Found by their column: the names say how a table was called when they were made."""
    connection = schema_editor.connection
    how = 'INDEX'
    if connection.vendor == 'postgresql':
        how = 'INDEX CONCURRENTLY'
        schema_editor.execute('SET statement_timeout = 0')  # it may have to wait for a long transaction
    for table, columns in FIELDS.items():
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, table)
        for name, constraint in constraints.items():
            plain = constraint['index'] and not constraint['unique'] and not constraint['foreign_key']
            if plain and len(constraint['columns']) == 1 and constraint['columns'][0] in columns:
                schema_editor.execute(f'DROP {how} IF EXISTS {schema_editor.quote_name(name)}')
    if connection.vendor == 'postgresql':
        schema_editor.execute('RESET statement_timeout')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('console', '0018_indexes_of_long_lists')]

    operations = [
        migrations.RunPython(drop, migrations.RunPython.noop),
        # Nothing else happens in the database. Django would copy whole tables for it on SQLite.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='authorizationcode',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='browsersession',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='browsersession',
                    name='user',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='client',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='clients', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='clientassertion',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='clientsecret',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='connection',
                    name='client',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='connections', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
                ),
                migrations.AlterField(
                    model_name='connection',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='connectionrequest',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='connectionrequester',
                    name='request',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='requesters', to='console.connectionrequest'),
                ),
                migrations.AlterField(
                    model_name='connectionrequester',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='consent',
                    name='client',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
                ),
                migrations.AlterField(
                    model_name='consent',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='consent',
                    name='user',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='mail',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='refreshtoken',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='revokedaccesstoken',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='sentform',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='signingkey',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='tokenfamily',
                    name='client',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='token_families', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
                ),
                migrations.AlterField(
                    model_name='unfinishedact',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='usedanswer',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
                migrations.AlterField(
                    model_name='user',
                    name='tenant',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant'),
                ),
            ],
        ),
    ]
