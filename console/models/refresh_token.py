"""Refresh tokens: each works once, and is replaced by the next of its family (RFC 9700 §4.14.2).

Whoever has just used one may send it again for a moment (settings.REFRESH_TOKEN_LEEWAY): the answer may have been lost.

A used token is kept for a day after that. Later its reuse is noticed by what it says about itself, under our seal: its
family, and until when it could have been used (policy/refresh_tokens.py). A row is removed when its token was used, or
after that limit; so whoever presents one before it that has no row presents a used one. Tokens that were given before
they named their family are kept until they expire.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractRefreshToken

from ..policy import refresh_tokens
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .action import Action
from .actor import Actor
from .event import Event
from .prepared import PreparedQuery
from .prepared_writes import PreparedUpdate, change_and_insert
from .sealing import REFRESH_TOKENS, digest, digests, keys
from .tenant import Tenant
from .tenant_owned import OwnRow
from .token_family import TokenFamily
from .toolkit import AccessToken, Checkable, end_family
from .unfinished_act import UnfinishedAct

MAX_REPEATS = 20  # further pairs that one token gives during the leeway
USED_KEPT = timedelta(days=1)  # after the leeway


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
    expires_at = models.DateTimeField()  # idle limit; of a used one, until when the row is kept
    repeats = models.SmallIntegerField(default=0, db_default=0)  # pairs that it gave after the first

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_checksum"], name="refresh_token_checksum")]
        indexes = [models.Index(fields=["expires_at"], name="refresh_token_expiry")]

    @classmethod
    def presented(cls, tenant: Tenant, token: str) -> "RefreshToken | None":
        """The refresh token of `tenant` with this plain text, used or not, with its family and person.

        One that was used so long ago that its row has been removed is found too. It is not stored.
        """
        if not refresh_tokens.is_well_formed(token):
            return None
        found = (_REFRESH_TOKEN.first(tenant.pk, candidate) for candidate in digests(token))
        row = next((row for row in found if row is not None), None)
        if row is None:
            return cls._used_earlier(tenant.pk, token)
        row.names_family = refresh_tokens.names_family(token)
        return row

    @classmethod
    def _used_earlier(cls, tenant_id: uuid.UUID, token: str) -> "RefreshToken | None":
        """A stand-in for a used token that has no row any more; None for what its family cannot have given."""
        named = refresh_tokens.named(token, keys(REFRESH_TOKENS))
        now = timezone.now()
        if named is None or named.limit <= now:
            return None
        family = _FAMILY.first(named.family, tenant_id)
        if family is None or family.expires_at <= now:
            return None
        used = cls(
            tenant_id=tenant_id, family=family, user_id=family.user_id, application_id=family.client_id
        )
        used.revoked, used.expires_at = datetime.min.replace(tzinfo=UTC), named.limit
        used.is_being_ended = family.is_being_ended
        return used

    @classmethod
    def tenant_of(cls, token: str) -> Tenant | None:
        """The tenant in which a refresh token was given."""
        if not refresh_tokens.is_well_formed(token):
            return None
        found = cls._base_manager.filter(token_checksum__in=digests(token)).select_related("tenant").first()
        if found is not None:
            return found.tenant
        named = refresh_tokens.named(token, keys(REFRESH_TOKENS))
        families = TokenFamily._base_manager.select_related("tenant")
        family = families.filter(pk=named.family).first() if named else None
        return family.tenant if family else None

    @classmethod
    def make(cls, family_id: uuid.UUID) -> str:
        """The plain text of a new refresh token of this family. It exists once `add_to` or `rotate` has stored it."""
        limit = timezone.now() + settings.REFRESH_TOKEN_IDLE
        return refresh_tokens.make(family_id, limit, keys(REFRESH_TOKENS)[0])

    @classmethod
    def first_of(cls, family: TokenFamily, token: str) -> "RefreshToken":
        """A refresh token of `family`, not stored yet; it dies idle, and with the family at the latest."""
        return cls(
            tenant_id=family.tenant_id,
            family_id=family.pk,
            user_id=family.user_id,
            application_id=family.client_id,
            token_checksum=digest(token),
            expires_at=min(timezone.now() + settings.REFRESH_TOKEN_IDLE, family.expires_at),
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
    # Set by `presented`: its plain text says which family it is of.
    names_family: bool = False

    def family_lives(self, client: EffectiveClient) -> bool:
        """Whether nothing has ended its family. `client` is that of the family."""
        family = self.family
        return (
            family.ended_at is None
            and family.is_current(client)
            and client.allows_grant(family.grant_type)
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
        now, next_one = timezone.now(), self.first_of(self.family, successor)
        family = self.family.noted_use(now, access_expires_at)
        # Conditions on this table alone: a transaction of PostgreSQL that has waited for the row looks at it again, but
        # not at a join or a subquery, and would use the token a second time.
        use, repeat = (
            (_USE_REFRESH_TOKEN, (self.pk, now, self._kept_until(now))),
            (_REPEAT_REFRESH_TOKEN, (self.pk, _leeway_begins(now))),
        )
        if change_and_insert([family, use], [next_one]) or change_and_insert([family, repeat], [next_one]):
            return True
        if not TokenFamily.objects.filter(pk=self.family_id, ended_at=None).exists():
            return False
        if not RefreshToken._base_manager.filter(pk=self.pk, revoked__gt=_leeway_begins(now)).exists():
            self.reused(by=by)
        return False

    def _kept_until(self, now: datetime) -> datetime:
        """Until when its row is kept if it is used now."""
        enough = now + settings.REFRESH_TOKEN_LEEWAY + USED_KEPT
        return min(self.expires_at, enough) if self.names_family else self.expires_at

    def reused(self, *, by: Actor) -> None:
        """The token was presented again, by the client or by a thief, so the whole family ends."""
        with transaction.atomic():
            self.family.end(reason="refresh token reused")
            Event.refuse(
                self.tenant,
                Action.TOKENS_REUSED,
                by=by,
                target=self.family.client,
                reason=Reason.REFRESH_TOKEN_REUSED,
                details={"user": self.family.user.email},
            )


def _leeway_begins(now: datetime) -> datetime:
    """Tokens used after this moment are within the leeway."""
    leeway: timedelta = settings.REFRESH_TOKEN_LEEWAY
    return now - leeway if leeway else datetime.max.replace(tzinfo=UTC)


_REFRESH_TOKEN = PreparedQuery(
    lambda tenant_id, digest: (
        RefreshToken._base_manager.filter(tenant=tenant_id, token_checksum=digest)
        .select_related("family", "family__user")
        .annotate(
            is_being_ended=models.Exists(
                UnfinishedAct.ending_of_user("family__user", "family__client", "family__began_at")
            )
        )
    ),
    uuid.UUID,
    str,
)
_FAMILY = PreparedQuery(
    lambda pk, tenant_id: (
        TokenFamily._base_manager.filter(pk=pk, tenant=tenant_id)
        .select_related("user")
        .annotate(is_being_ended=models.Exists(UnfinishedAct.ending_of_user("user", "client", "began_at")))
    ),
    uuid.UUID,
    uuid.UUID,
)
_USE_REFRESH_TOKEN = PreparedUpdate(
    lambda pk, now, kept_until: (
        RefreshToken._base_manager.filter(pk=pk, revoked=None),
        {"revoked": now, "expires_at": kept_until},
    ),
    int,
    datetime,
    datetime,
)
_REPEAT_REFRESH_TOKEN = PreparedUpdate(
    lambda pk, since: (
        RefreshToken._base_manager.filter(pk=pk, revoked__gt=since, repeats__lt=MAX_REPEATS),
        {"repeats": models.F("repeats") + 1},
    ),
    int,
    datetime,
)
