"""Secrets of clients get a name, an expiry date and a switch: columns without values, and indexes of few rows.

Requests of programs wait while the table is read for the indexes: some 2 seconds for a million secrets on PostgreSQL.

Secrets that are in use stay as they are: without a name, without an end. When they were used first is not known.
Processes of the earlier release know neither expiry nor switch: there a secret that was disabled works until they end.
"""


import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0029_use_totals'),
    ]

    operations = [
        migrations.AddField(
            model_name='clientsecret',
            name='disabled_at',
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='disabled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='enabled_until',
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='expires_at',
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='first_used_at',
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='name',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='notice_due_at',
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddIndex(
            model_name='clientsecret',
            index=models.Index(condition=models.Q(('notice_due_at__isnull', False)), fields=['notice_due_at'], name='secret_notice_due'),
        ),
        migrations.AddIndex(
            model_name='clientsecret',
            index=models.Index(condition=models.Q(('expires_at__isnull', False), ('removed_at', None)), fields=['tenant', 'expires_at'], name='secret_expiring'),
        ),
        migrations.AddIndex(
            model_name='clientsecret',
            index=models.Index(condition=models.Q(('last_tried_at__isnull', False)), fields=['tenant', 'last_tried_at'], name='secret_tried'),
        ),
    ]
