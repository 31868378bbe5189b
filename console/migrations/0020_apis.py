"""APIs that tenants register, their identifiers and their secrets: new, empty tables. Quick, whatever is in the others."""

import console.models.tenant_owned
import console.policy.credentials
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0019_indexes_that_nobody_reads'),
    ]

    operations = [
        migrations.CreateModel(
            name='Api',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identifier', models.CharField(max_length=255, verbose_name='identifier')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=2000, verbose_name='description')),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('lifetime', models.PositiveIntegerField(verbose_name='lifetime of access tokens')),
                ('algorithm', models.CharField(choices=[('ES256', 'ES256'), ('RS256', 'RS256')], default='ES256', max_length=5, verbose_name='signature of access tokens')),
                ('rules', models.TextField(editable=False)),
                ('introspection_client_id', models.CharField(default=console.policy.credentials.make_client_id, editable=False, max_length=32)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('published_at', models.DateTimeField(blank=True, default=None, null=True)),
                ('deleted_at', models.DateTimeField(blank=True, default=None, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='apis', to='console.tenant')),
            ],
            options={
                'verbose_name': 'API',
                'verbose_name_plural': 'APIs',
                'abstract': False,
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.CreateModel(
            name='ApiIdentifier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identifier', models.CharField(max_length=255)),
                ('holder', models.ForeignKey(db_index=False, default=None, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='ApiSecret',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('hint', models.CharField(max_length=5, verbose_name='hint')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('last_used_at', models.DateTimeField(default=None, null=True, verbose_name='last used')),
                ('removed_at', models.DateTimeField(default=None, null=True)),
                ('api', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='console.api')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('removed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'verbose_name': 'secret of an API',
                'verbose_name_plural': 'secrets of APIs',
                'ordering': ['created_at'],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.AddIndex(
            model_name='api',
            index=models.Index(fields=['tenant', 'name'], name='api_by_name'),
        ),
        migrations.AddIndex(
            model_name='api',
            index=models.Index(fields=['identifier'], name='api_by_identifier'),
        ),
        migrations.AddIndex(
            model_name='api',
            index=models.Index(condition=models.Q(('published_at__isnull', False)), fields=['name'], name='api_published_by_name'),
        ),
        migrations.AddConstraint(
            model_name='api',
            constraint=models.UniqueConstraint(fields=('tenant', 'identifier'), name='api_identifier_in_tenant'),
        ),
        migrations.AddConstraint(
            model_name='api',
            constraint=models.UniqueConstraint(condition=models.Q(('published_at__isnull', False)), fields=('identifier',), name='api_published_identifier'),
        ),
        migrations.AddConstraint(
            model_name='api',
            constraint=models.UniqueConstraint(fields=('introspection_client_id',), name='api_introspection_client_id'),
        ),
        migrations.AddConstraint(
            model_name='apiidentifier',
            constraint=models.UniqueConstraint(fields=('identifier',), name='api_identifier'),
        ),
        migrations.AddConstraint(
            model_name='apisecret',
            constraint=models.UniqueConstraint(fields=('digest',), name='api_secret_digest'),
        ),
    ]
