"""What a person answers to a device that has no browser, in a browser on another one (RFC 8628 §3.3).

The person carries a short code to the page `/device`. Whoever enters it first is the only one who can answer.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from ..policy import device_codes, scopes
from ..policy.effective_client import EffectiveClient
from .action import Action
from .actor import Actor
from .consent import Consent
from .event import Event
from .sealing import digests
from .tenant import Tenant
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .user import User


class NotAnswerable(Exception):
    """It has been answered or has expired meanwhile, or somebody else has entered its code."""


class AnswerableDevice(TenantOwned):
    """What a device asks, to be answered once by the person who has entered its code. `DeviceAuthorization` adds what
    the device does with it."""

    class Status(models.TextChoices):
        """How far it has come. Never shown."""

        PENDING = "pending"
        ALLOWED = "allowed"
        DENIED = "denied"
        USED = "used"  # it gave tokens

    # Also the ID of the family that it begins.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("console.Client", on_delete=models.CASCADE, related_name="+")
    device_code = models.CharField(max_length=64, editable=False)  # digest
    user_code = models.CharField(max_length=64, editable=False)  # digest, of the tenant too
    scopes = models.JSONField(default=list)  # asked for; once it is allowed, those that were
    status = models.CharField(max_length=10, default=Status.PENDING)
    address = models.CharField(max_length=45, blank=True)  # of the device
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    interval = models.PositiveIntegerField(default=device_codes.INTERVAL)  # seconds
    polled_at = models.DateTimeField(null=True, default=None)
    # Who has entered the code, and answers it.
    user: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, default=None, related_name="+"
    )
    # What an allowed one stands on, as an authorization code does (authorization_code.py).
    auth_time = models.DateTimeField(null=True, default=None)
    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, null=True, default=None, related_name="+")
    generation = models.CharField(max_length=64, blank=True)
    user_generation = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    @classmethod
    def enter(cls, user: "User", typed: str) -> "Self | None":
        """What the user code `typed` names. From now on nobody but `user` can answer it; None if it names nothing that
        they can answer: it is unknown or has expired, it is answered, or somebody else has entered it."""
        code = device_codes.read(typed)
        if code is None:
            return None
        named = cls._open().filter(user_code__in=digests(of_tenant(user.tenant, code)))
        if not named.filter(Q(user=None) | Q(user=user)).update(user=user):
            return None
        return named.filter(user=user).select_related("client__tenant").first()

    @classmethod
    def entered_by(cls, user: "User", pk: uuid.UUID) -> "Self | None":
        """The one with this ID, answered or not, if it was `user` who entered its code."""
        rows = cls.objects.filter(pk=pk, user=user).select_related("client__tenant")
        return rows.first()

    def shown_code(self, typed: str) -> str:
        """Its user code as people read it, if that is `typed`; "" if not. It is kept nowhere in plain text."""
        code = device_codes.read(typed)
        is_its = code is not None and self.user_code in digests(of_tenant(self.tenant, code))
        return device_codes.shown(code) if code and is_its else ""

    def leave(self) -> None:
        """Lets somebody else enter the code: the person who did is not the one who uses the device."""
        self._mine().update(user=None)

    def allow(
        self,
        client: EffectiveClient,
        granted: Sequence[str],
        *,
        auth_time: datetime,
        shown: Mapping[str, Any],
        by: Actor,
    ) -> None:
        """The person who entered the code lets the device in, with these scopes and a consent to them.

        Raises NotAnswerable, and NotConnected when the tenant has removed or blocked the client in this very moment.
        """
        user = self.user
        if user is None:
            raise NotAnswerable
        with transaction.atomic():
            consent = Consent.give(user, client, granted, redirect_host="", shown=shown, by=by)
            allowed = self._mine().update(
                status=self.Status.ALLOWED,
                scopes=list(granted),
                auth_time=auth_time,
                consent=consent,
                generation=str(client.generation),
                user_generation=user.generation,
            )
            if not allowed:
                raise NotAnswerable
            self._record(Action.DEVICE_ALLOWED, client, granted, by)

    def deny(self, client: EffectiveClient, granted: Sequence[str], *, by: Actor) -> None:
        """The person who entered the code does not let the device in. Raises NotAnswerable."""
        with transaction.atomic():
            if not self._mine().update(status=self.Status.DENIED):
                raise NotAnswerable
            self._record(Action.DEVICE_DENIED, client, granted, by)

    def _record(self, action: Action, client: EffectiveClient, granted: Sequence[str], by: Actor) -> None:
        details = {"scope": scopes.join(granted), "device_address": self.address}
        Event.record(self.tenant, action, by=by, target=client, details=details)

    def _mine(self) -> "models.QuerySet[Self]":
        return self._open().filter(pk=self.pk, user=self.user_id)

    @classmethod
    def _open(cls) -> "models.QuerySet[Self]":
        return cls.objects.filter(status=cls.Status.PENDING, expires_at__gt=timezone.now())


def of_tenant(tenant: Tenant, user_code: str) -> str:
    """What is digested for a user code: it is short, so the same one can be open in two tenants."""
    return f"user code\0{tenant.pk}\0{user_code}"
