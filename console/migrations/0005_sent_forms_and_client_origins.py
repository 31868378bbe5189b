"""Forms that were sent; the origins of clients, one row each; and the origins that other tenants have approved.

What counts in a tenant today goes on counting: the origins that a client lists now become part of the terms that other
tenants approved. Only clients with origins are read (browser applications), in batches.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


BATCH = 500
MAX_LENGTH = 256


def keep_origins(apps, schema_editor):
    """A row for each origin that a client lists."""
    Client, ClientOrigin = apps.get_model("console", "Client"), apps.get_model("console", "ClientOrigin")
    listing = Client._base_manager.exclude(allowed_origins=[]).order_by("pk")
    for pks in batches(listing):
        origins = Client._base_manager.filter(pk__in=pks).values_list("pk", "allowed_origins")
        ClientOrigin._base_manager.bulk_create(
            ClientOrigin(client_id=pk, origin=origin)
            for pk, listed in origins
            for origin in dict.fromkeys(listed)
            if len(origin) <= MAX_LENGTH
        )


def approve_origins(apps, schema_editor):
    """Every tenant that connected has approved what the client lists now."""
    Connection = apps.get_model("console", "Connection")
    elsewhere = Connection._base_manager.exclude(client__allowed_origins=[]).exclude(
        tenant=models.F("client__tenant")
    )
    for pks in batches(elsewhere):
        connections = list(Connection._base_manager.filter(pk__in=pks).select_related("client"))
        for connection in connections:
            connection.terms = connection.terms | {"origins": sorted(set(connection.client.allowed_origins))}
        Connection._base_manager.bulk_update(connections, ["terms"])


def batches(rows):
    """The keys of `rows`, some at a time."""
    last = 0
    while True:
        pks = list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        last = pks[-1]
        yield pks


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0004_event_trace_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClientOrigin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=256)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='origins', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('origin', 'client'), name='client_origin')],
            },
        ),
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('made', models.CharField(blank=True, max_length=255)),
                ('expires_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='sent_form_expiry')],
            },
        ),
        migrations.RunPython(keep_origins, migrations.RunPython.noop),
        migrations.RunPython(approve_origins, migrations.RunPython.noop),
    ]
