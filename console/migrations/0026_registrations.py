"""Programs that register themselves as clients: the policy of a tenant, initial access tokens, registrations. Takes no
time: three new tables."""

import console.models.tenant_owned
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0025_order_of_the_list'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegistrationToken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('hint', models.CharField(max_length=5, verbose_name='hint')),
                ('most_clients', models.PositiveIntegerField(default=1, verbose_name='clients')),
                ('used', models.PositiveIntegerField(default=0)),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('redirect_hosts', models.JSONField(default=list, verbose_name='redirect hosts')),
                ('expires_at', models.DateTimeField(verbose_name='valid until')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('last_used_at', models.DateTimeField(default=None, null=True, verbose_name='last used')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'verbose_name': 'initial access token',
                'verbose_name_plural': 'initial access tokens',
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.CreateModel(
            name='ClientRegistration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('invited', models.BooleanField(default=False)),
                ('metadata', models.JSONField(default=dict)),
                ('registered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField()),
                ('client', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='brought', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
                ('token', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='registrations', to='console.registrationtoken')),
            ],
            options={
                'verbose_name': 'registration',
                'verbose_name_plural': 'registrations',
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.CreateModel(
            name='RegistrationPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('off', 'Off'), ('token', 'With an initial access token'), ('open', 'Open')], default='off', max_length=10, verbose_name='who may register')),
                ('scopes', models.JSONField(default=console.models.registration_policy.usual_scopes, verbose_name='scopes')),
                ('unused_days', models.PositiveIntegerField(db_default=30, default=30, verbose_name='days that an unused client is kept')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'verbose_name': 'registration policy',
                'verbose_name_plural': 'registration policies',
                'constraints': [models.UniqueConstraint(fields=('tenant',), name='registration_policy_of_tenant')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.AddIndex(
            model_name='registrationtoken',
            index=models.Index(fields=['tenant', '-created_at'], name='registration_token_newest'),
        ),
        migrations.AddIndex(
            model_name='registrationtoken',
            index=models.Index(fields=['expires_at'], name='registration_token_expiry'),
        ),
        migrations.AddConstraint(
            model_name='registrationtoken',
            constraint=models.UniqueConstraint(fields=('digest',), name='registration_token_digest'),
        ),
        migrations.AddIndex(
            model_name='clientregistration',
            index=models.Index(fields=['tenant', 'invited'], name='client_registration_count'),
        ),
        migrations.AddIndex(
            model_name='clientregistration',
            index=models.Index(fields=['due_at'], name='client_registration_due'),
        ),
        migrations.AddConstraint(
            model_name='clientregistration',
            constraint=models.UniqueConstraint(fields=('digest',), name='client_registration_digest'),
        ),
    ]
