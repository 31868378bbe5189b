"""Assertions that clients have authenticated with (private_key_jwt, RFC 7523 §3)."""

from datetime import datetime

from django.db import IntegrityError, models, transaction

from ..policy.effective_client import EffectiveClient
from .sealing import digest
from .tenant_owned import TenantOwned


class ClientAssertion(TenantOwned):
    """An assertion that a client authenticated with: each may be used once (RFC 7523 §3, point 7)."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="client_assertion_expiry")]

    @classmethod
    def use(cls, client: EffectiveClient, jti: str, expires_at: datetime) -> bool:
        """Remembers the assertion; False if it was used before."""
        try:
            with transaction.atomic():
                cls(
                    tenant_id=client.tenant_id,
                    digest=digest(f"{client.client_id}\0{jti}"),
                    expires_at=expires_at,
                ).save(force_insert=True)
        except IntegrityError:
            return False
        return True
