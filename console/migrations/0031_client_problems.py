"""Refusals of clients as problems, and who was sent to which redirect URL. Takes no time: the tables are new."""

import console.models.tenant_owned
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0030_uses_of_a_secret'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClientProblem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32)),
                ('reason', models.CharField(max_length=60)),
                ('grant', models.CharField(blank=True, max_length=60)),
                ('asked', models.CharField(blank=True, max_length=512)),
                ('secret_id', models.UUIDField(null=True)),
                ('share', models.CharField(choices=[('strangers', 'Strangers'), ('signed_in', 'Signed In'), ('plain', 'Plain'), ('others', 'Others')], max_length=10)),
                ('source', models.CharField(blank=True, max_length=32)),
                ('number', models.PositiveBigIntegerField(default=0)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('callers', models.JSONField(default=list)),
                ('ignored_at', models.DateTimeField(default=None, null=True)),
                ('client', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['last_at'], name='client_problem_expiry'), models.Index(fields=['client', '-last_at'], name='client_problem_newest')],
                'constraints': [models.UniqueConstraint(fields=('client', 'tenant', 'key'), name='client_problem_once')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
        migrations.CreateModel(
            name='RedirectUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=32)),
                ('last_at', models.DateTimeField()),
                ('client', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['last_at'], name='redirect_user_expiry')],
                'constraints': [models.UniqueConstraint(fields=('client', 'address', 'user'), name='redirect_user_once')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
    ]
