"""When the document of a client was read, and how long that holds. A new table: takes no time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('console', '0022_device_authorization')]

    operations = [
        migrations.CreateModel(
            name='MetadataDocument',
            fields=[
                ('client', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='document', serialize=False, to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('fetched_at', models.DateTimeField()),
                ('fresh_until', models.DateTimeField()),
                ('failed_at', models.DateTimeField(default=None, null=True)),
                ('failure', models.CharField(blank=True, default='', max_length=20)),
                ('links', models.JSONField(default=dict)),
                ('kept_until', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['kept_until'], name='metadata_document_kept')],
            },
        ),
    ]
