"""What a device asks that has no browser, until it gets its tokens (RFC 8628).

The device holds one code and polls with it; the person carries a short one to a browser (device_answer.py). Both are
stored as digests.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from ..policy import credentials, device_codes, scopes
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .action import Action
from .actor import Actor
from .connection import Connection
from .device_answer import AnswerableDevice, of_tenant
from .event import Event
from .prepared import PreparedQuery
from .prepared_writes import PreparedUpdate, change_and_insert, insert
from .refresh_token import RefreshToken
from .sealing import digest, digests
from .tenant import Tenant
from .throttle import FailedAttempts
from .token_family import TokenFamily

ATTEMPTS = 5  # at a user code that nobody else has: of 25,000,000,000 the second is free


class TooManyBegun(Exception):
    """The client, or whoever uses its ID at one address, has begun as many in this minute as it may."""


class DeviceAuthorization(AnswerableDevice):
    """One request of one device. It is kept for a while after it expires, so that a replay is noticed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_code"], name="device_code"),
            models.UniqueConstraint(fields=["user_code"], name="device_user_code"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="device_expiry")]

    @classmethod
    def begin(
        cls, tenant: Tenant, client: EffectiveClient, asked: Sequence[str], *, address: str
    ) -> "tuple[DeviceAuthorization, str, str]":
        """Keeps what a device at `address` asks. Returns it with its device code and its user code: this is the only
        time they exist in plain text. Raises TooManyBegun."""
        now = timezone.now()
        _count(tenant, client, address, now)
        code = credentials.make(credentials.Prefix.DEVICE_CODE)
        for attempt in range(ATTEMPTS):
            user_code = device_codes.make()
            begun = cls(
                tenant=tenant,
                client_id=client.pk,
                device_code=digest(code),
                user_code=digest(of_tenant(tenant, user_code)),
                scopes=list(asked),
                address=address,
                asked_at=now,
                expires_at=now + settings.DEVICE_CODE_LIFETIME,
            )
            try:
                with transaction.atomic():
                    insert(begun)
            except IntegrityError:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                break
        return begun, code, user_code

    @classmethod
    def presented(cls, tenant: Tenant, code: str) -> "DeviceAuthorization | None":
        """What a device of `tenant` asked that has this device code, whatever has become of it. One statement."""
        if not credentials.is_well_formed(code, credentials.Prefix.DEVICE_CODE):
            return None
        found = (_PRESENTED.first(tenant.pk, candidate) for candidate in digests(code))
        row = next((row for row in found if row is not None), None)
        if row is not None:
            row.tenant = tenant
        return row

    def poll(self) -> bool:
        """Notes that the device asks whether it has been answered. False if it asks too often: then it must wait for
        longer each time (RFC 8628 §3.5)."""
        now = timezone.now()
        limit = now - timedelta(seconds=self.interval - device_codes.TOLERATED)
        in_time = self.polled_at is None or self.polled_at <= limit
        # Compare and swap: of any number of polls at once, one was in time.
        if in_time and _POLL.update(self.pk, now, limit):
            return True
        slower = min(self.interval + device_codes.SLOWER, device_codes.SLOWEST)
        if slower > self.interval:
            _SLOW_DOWN.update(self.pk, slower)
        return False

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    def stands(self, client: EffectiveClient) -> bool:
        """Whether what it was allowed on is still there: the client as it was then, and the person's sessions."""
        return (
            self.user is not None
            and self.user.is_active
            and self.user_generation == self.user.generation
            and self.generation == str(client.generation)
        )

    def redeem(
        self,
        client: EffectiveClient,
        granted: Sequence[str],
        *,
        access_expires_at: datetime,
        refresh_token: str | None,
        labels: Mapping[str, str],
        by: Actor,
    ) -> TokenFamily | None:
        """Uses what was allowed: compare and swap, so that of any number of simultaneous polls exactly one succeeds.

        Returns the family it begins. None when it was used before; then the tokens it gave have ended, as those of a
        replayed authorization code have (RFC 6749 §4.1.2). `granted` is what is left of its scopes.
        """
        given = client.generation
        family = self._family(client, granted, access_expires_at, labels)
        rows: list[models.Model] = [family]
        if refresh_token is not None:
            family.kept_until = family.keeps_until(family.began_at, access_expires_at)
            rows.append(RefreshToken.first_of(family, refresh_token))
        details = {"user": self.user.email if self.user else "", "scope": family.scope}
        rows.append(Event.of(self.tenant, Action.TOKENS_ISSUED, by=by, target=client, details=details))
        numbers = given.client, given.shared, given.connection_id, given.connection
        if change_and_insert([(_USE, (self.pk, *numbers))], rows):
            return family
        self.replayed(client, by=by)
        return None

    def _family(
        self,
        client: EffectiveClient,
        granted: Sequence[str],
        access_expires_at: datetime,
        labels: Mapping[str, str],
    ) -> TokenFamily:
        now = timezone.now()
        return TokenFamily(
            id=self.pk,
            tenant=self.tenant,
            client_id=client.pk,
            user=self.user,
            grant_type=GrantType.DEVICE_CODE.value,
            scope=scopes.join(granted),
            generation=self.generation,
            user_generation=self.user_generation,
            auth_time=self.auth_time,
            began_at=now,
            access_expires_at=access_expires_at,
            kept_until=access_expires_at,
            expires_at=now + settings.REFRESH_TOKEN_ABSOLUTE,
            device_type=labels.get("deviceType", "")[:100],
            description=labels.get("description", "")[:200],
        )

    def replayed(self, client: EffectiveClient, *, by: Actor) -> None:
        """The device code came again. If it gave tokens, they end; one that was taken back just now gave none."""
        if not type(self)._base_manager.filter(pk=self.pk, status=self.Status.USED).exists():
            return
        with transaction.atomic():
            for family in TokenFamily.objects.filter(pk=self.pk):
                family.end(reason="code replayed")
            Event.refuse(self.tenant, Action.TOKENS_REUSED, by=by, target=client, reason=Reason.CODE_REPLAYED)


def _count(tenant: Tenant, client: EffectiveClient, address: str, now: datetime) -> None:
    """Raises TooManyBegun. The address comes first: what is refused there takes nothing from others."""
    minute = now.replace(second=0, microsecond=0).isoformat()
    what = "device", str(tenant.pk), str(client.pk), minute
    if FailedAttempts.add(*what, address, now=now) > device_codes.BEGUN_PER_ADDRESS:
        raise TooManyBegun
    if FailedAttempts.add(*what, now=now) > device_codes.BEGUN_PER_CLIENT:
        raise TooManyBegun


_PRESENTED = PreparedQuery(
    lambda tenant_id, code: DeviceAuthorization._base_manager.filter(
        tenant=tenant_id, device_code=code
    ).select_related("user"),
    uuid.UUID,
    str,
)
_POLL = PreparedUpdate(
    lambda pk, now, limit: (
        DeviceAuthorization._base_manager.filter(
            Q(polled_at=None) | Q(polled_at__lte=limit), pk=pk, status=DeviceAuthorization.Status.PENDING
        ),
        {"polled_at": now},
    ),
    uuid.UUID,
    datetime,
    datetime,
)
_SLOW_DOWN = PreparedUpdate(
    lambda pk, interval: (
        DeviceAuthorization._base_manager.filter(pk=pk, interval__lt=interval),
        {"interval": interval},
    ),
    uuid.UUID,
    int,
)
_USE = PreparedUpdate(
    lambda pk, generation, shared, connection_pk, generation_here: (
        DeviceAuthorization._base_manager.filter(
            models.Exists(
                Connection._base_manager.filter(
                    pk=connection_pk,
                    generation=generation_here,
                    client__generation=generation,
                    client__shared_generation=shared,
                )
            ),
            pk=pk,
            status=DeviceAuthorization.Status.ALLOWED,
        ),
        {"status": DeviceAuthorization.Status.USED.value},
    ),
    uuid.UUID,
    int,
    int,
    int,
    int,
)
