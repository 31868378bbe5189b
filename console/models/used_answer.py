"""Answers that can be used only once: of a consent or approval page, or of a sign-in that a request demanded."""

from datetime import datetime

from django.db import IntegrityError, models, transaction

from .sealing import digest
from .tenant import Tenant
from .tenant_owned import TenantOwned


class UsedAnswer(TenantOwned):
    """A used answer. The row is kept as long as the answer could otherwise be valid."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="used_answer_expiry")]

    @classmethod
    def use(cls, tenant: Tenant, answer: str, *, until: datetime) -> bool:
        """Uses up `answer`, which names it and no other. False if it was used before.

        Of several at once, one gets True.
        """
        try:
            with transaction.atomic():
                cls(tenant=tenant, digest=_digest(answer), expires_at=until).save(force_insert=True)
        except IntegrityError:
            return False
        return True

    @classmethod
    def was_used(cls, answer: str) -> bool:
        """Whether `answer` has been used up."""
        return bool(cls.objects.filter(digest=_digest(answer)).exists())


def _digest(answer: str) -> str:
    return digest(f"answer\0{answer}")
