"""Idempotency of forms that create something: each rendered form creates it once, however often it is sent (S3)."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .user import User

KEPT = timedelta(
    days=2
)  # longer than a browser keeps offering to send a form again, in the session it was made in


class AlreadySent(Exception):
    """This form has already been processed. `made` says what it made: the key that `SentForm.note` was given."""

    def __init__(self, made: str) -> None:
        self.made = made
        super().__init__("The form has been sent already.")


class SentForm(TenantOwned):
    """A processed form, identified by the key in its hidden field and the user who sent it."""

    digest = models.CharField(max_length=64, primary_key=True)
    made = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="sent_form_expiry")]

    def __str__(self) -> str:
        return self.made

    @classmethod
    def take(cls, user: "User", form: str, mark: str) -> "SentForm":
        """Takes the mark of one copy of `form`, in the transaction of the act: if the act fails, it is free again.

        A second request with the same mark waits until the first one has been decided. Raises AlreadySent if that did
        the work.
        """
        row = cls(tenant=user.tenant, digest=_digest(user, form, mark), expires_at=timezone.now() + KEPT)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            earlier = cls._base_manager.filter(pk=row.digest).first()
            raise AlreadySent(earlier.made if earlier else "") from None
        return row

    def note(self, made: str) -> None:
        """Remembers what the form has made, for whoever sends it again: a public key such as a client ID."""
        self.made = made
        self.save(update_fields=["made"])


def _digest(user: "User", form: str, mark: str) -> str:
    """Marks are chosen by browsers: one person's can never stand for another's."""
    return hashlib.sha256(f"{user.pk}\0{form}\0{mark}".encode()).hexdigest()
