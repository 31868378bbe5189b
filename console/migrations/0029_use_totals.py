"""What people and clients of a tenant do is added up by day from now on. Takes no time: a table is made."""

import console.models.tenant_owned
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('console', '0028_groups_and_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='UseTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('begins_at', models.DateTimeField()),
                ('what', models.CharField(max_length=12)),
                ('number', models.PositiveBigIntegerField()),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='console.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['begins_at'], name='use_total_expiry')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'begins_at', 'what'), name='use_total_once')],
            },
            bases=(console.models.tenant_owned.OwnRow, models.Model),
        ),
    ]
