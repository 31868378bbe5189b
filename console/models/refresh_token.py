"""Refresh tokens: each works once, and is replaced by the next of its family (RFC 9700 §4.14.2).

Whoever has just used one may send it again for a moment (settings.REFRESH_TOKEN_LEEWAY): the answer may have been lost.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractRefreshToken

from ..policy import credentials
from ..policy.effective_client import EffectiveClient
from .action import Action
from .actor import Actor
from .event import Event
from .prepared import PreparedQuery, PreparedUpdate, insert
from .sealing import digest, digests
from .tenant import Tenant
from .tenant_owned import OwnRow
from .token_family import TokenFamily
from .toolkit import AccessToken, Checkable, end_family
from .unfinished_act import UnfinishedAct

MAX_REPEATS = 20  # further pairs that one token gives during the leeway


class RefreshToken(OwnRow, Checkable, AbstractRefreshToken):
    """One refresh token of a family: used once, then kept used so that its reuse is noticed (RFC 9700 §4.14.2)."""

    token = None
    resource = None
    token_family = None
    created = None
    updated = None

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    token_checksum = models.CharField(max_length=64, editable=False)  # keyed digest
    family = models.ForeignKey(TokenFamily, on_delete=models.CASCADE, related_name="refresh_tokens")
    # The last access token of the family, by the name under which django-oauth-toolkit looks for it. No column.
    access_token: "models.ForeignObject[Any, Any]" = models.ForeignObject(
        AccessToken,
        on_delete=models.DO_NOTHING,
        from_fields=["family"],
        to_fields=["id"],
        related_name="refresh_token",
        editable=False,
    )
    revoked = models.DateTimeField(null=True, blank=True)  # when it was used
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()  # idle limit
    repeats = models.SmallIntegerField(default=0, db_default=0)  # pairs that it gave after the first

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_checksum"], name="refresh_token_checksum")]
        indexes = [models.Index(fields=["expires_at"], name="refresh_token_expiry")]

    @classmethod
    def presented(cls, tenant: Tenant, token: str) -> "RefreshToken | None":
        """The refresh token of `tenant` with this plain text, used or not, with its family and person."""
        if not credentials.is_well_formed(token, credentials.Prefix.REFRESH_TOKEN):
            return None
        found = (_REFRESH_TOKEN.first(tenant.pk, candidate) for candidate in digests(token))
        return next((row for row in found if row is not None), None)

    @classmethod
    def tenant_of(cls, token: str) -> Tenant | None:
        """The tenant in which a refresh token was given."""
        if not credentials.is_well_formed(token, credentials.Prefix.REFRESH_TOKEN):
            return None
        found = cls._base_manager.filter(token_checksum__in=digests(token)).select_related("tenant").first()
        return found.tenant if found else None

    @classmethod
    def add_to(cls, family: TokenFamily, token: str) -> None:
        """Stores a new refresh token of `family`; it dies idle, and with the family at the latest."""
        insert(
            cls(
                tenant=family.tenant,
                family=family,
                user_id=family.user_id,
                application_id=family.client_id,
                token_checksum=digest(token),
                expires_at=min(timezone.now() + settings.REFRESH_TOKEN_IDLE, family.expires_at),
            )
        )

    def revoke(self) -> None:
        """Ends its family; django-oauth-toolkit asks by this name."""
        end_family(self.family_id)

    @classmethod
    def revoke_family(cls, token_family: uuid.UUID | None) -> None:
        """Ends the family with this ID; django-oauth-toolkit asks by this name."""
        end_family(token_family)

    # Set by `presented`: an act is ending what its client holds for its person, and has not come to this family yet.
    is_being_ended: bool

    def family_lives(self, client: EffectiveClient) -> bool:
        """Whether nothing has ended its family. `client` is that of the family."""
        family = self.family
        return (
            family.ended_at is None
            and family.is_current(client)
            and family.user.is_active
            and not self.is_being_ended
        )

    def is_alive(self, client: EffectiveClient) -> bool:
        """Whether it can still be used: once, in time, while its family lives."""
        return self.revoked is None and self._is_in_time and self.family_lives(client)

    def is_acceptable(self, client: EffectiveClient) -> bool:
        """Whether its client gets tokens for it: it is alive, or would be if it had not just been used."""
        unused = self.revoked is None or self.was_just_used
        return unused and self._is_in_time and self.family_lives(client)

    @property
    def was_just_used(self) -> bool:
        """Whether it has been used, so recently that whoever used it may not have got the answer."""
        return self.revoked is not None and self.revoked > _leeway_begins(timezone.now())

    @property
    def _is_in_time(self) -> bool:
        return timezone.now() < min(self.expires_at, self.family.expires_at)

    def rotate(self, successor: str, *, access_expires_at: datetime, by: Actor) -> bool:
        """Uses this token and stores its successor: compare and swap. During the leeway it can have several.

        False when its family has ended; when it has given as many as it may; or when it had been used before that:
        then the family ends.
        """
        now = timezone.now()
        with transaction.atomic():
            if not self.family.use(now, access_expires_at):
                return False
            # A condition on this table alone: a transaction of PostgreSQL that has waited for the row looks at it
            # again, but not at a join or a subquery, and would use the token a second time.
            if _USE_REFRESH_TOKEN.update(self.pk, now) or self._repeat(now):
                self.add_to(self.family, successor)
                return True
        if not RefreshToken._base_manager.filter(pk=self.pk, revoked__gt=_leeway_begins(now)).exists():
            self.reused(by=by)
        return False

    def _repeat(self, now: datetime) -> bool:
        """Counts a further pair, if there may be one: again a condition on this table alone."""
        return bool(_REPEAT_REFRESH_TOKEN.update(self.pk, _leeway_begins(now)))

    def reused(self, *, by: Actor) -> None:
        """The token was presented again, by the client or by a thief, so the whole family ends."""
        with transaction.atomic():
            self.family.end(reason="refresh token reused")
            Event.refuse(
                self.tenant,
                Action.TOKENS_REUSED,
                by=by,
                target=self.family.client,
                reason="refresh token reused",
                details={"user": self.family.user.email},
            )


def _leeway_begins(now: datetime) -> datetime:
    """Tokens used after this moment are within the leeway."""
    leeway: timedelta = settings.REFRESH_TOKEN_LEEWAY
    return now - leeway if leeway else datetime.max.replace(tzinfo=UTC)


_REFRESH_TOKEN = PreparedQuery(
    lambda tenant_id, digest: (
        RefreshToken._base_manager.filter(tenant=tenant_id, token_checksum=digest)
        .select_related("family", "family__user", "family__client")
        .annotate(
            is_being_ended=models.Exists(
                UnfinishedAct.ending_of_user("family__user", "family__client", "family__began_at")
            )
        )
    ),
    uuid.UUID,
    str,
)
_USE_REFRESH_TOKEN = PreparedUpdate(
    lambda pk, now: (RefreshToken._base_manager.filter(pk=pk, revoked=None), {"revoked": now}), int, datetime
)
_REPEAT_REFRESH_TOKEN = PreparedUpdate(
    lambda pk, since: (
        RefreshToken._base_manager.filter(pk=pk, revoked__gt=since, repeats__lt=MAX_REPEATS),
        {"repeats": models.F("repeats") + 1},
    ),
    int,
    datetime,
)
