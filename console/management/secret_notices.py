"""Administrators are told that secrets expire: 30 days, 7 days and 1 day before (P1). A part of `manage.py expire`."""

from datetime import datetime

from console.mail import expiring_secrets
from console.models import Client, ClientSecret, Tenant
from console.policy import secret_life

from .expired_rows import Rows


def announce(rows: Rows, now: datetime, _batch: int) -> tuple[int, bool]:
    """Writes the mails for secrets whose notice is due, and when the next one is: in one transaction.

    `rows` are locked: of two schedulers one sends it. If none ran for a while, one mail says how much is left. Nobody
    is told of a secret that does not work (any more), or of a client that was deleted.
    """
    due = list(rows.order_by("expires_at", "pk"))
    for secret in due:
        secret.notice_due_at = secret_life.next_notice(secret.expires_at, now)
    ClientSecret._base_manager.bulk_update(due, ["notice_due_at"])
    alive = Client.with_deleted_anywhere.filter(deleted_at=None).in_bulk({secret.client_id for secret in due})
    told = 0
    for tenant_id in dict.fromkeys(secret.tenant_id for secret in due):
        worth = [
            secret
            for secret in due
            if secret.tenant_id == tenant_id and secret.client_id in alive and secret.life.works_at(now)
        ]
        for secret in worth:
            secret.client = alive[secret.client_id]
        if worth:
            expiring_secrets.put(Tenant.objects.get(pk=tenant_id), worth, now)
        told += len(worth)
    return told, True
