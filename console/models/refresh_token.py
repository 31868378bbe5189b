"""Refresh tokens: each works once, and is replaced by the next of its family (RFC 9700 §4.14.2)."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractRefreshToken

from ..policy import credentials
from .client import Client
from .event import Action, Actor, Event
from .prepared import PreparedQuery, PreparedUpdate, insert
from .sealing import digest, digests
from .tenant import Tenant
from .token_family import TokenFamily
from .unfinished_act import UnfinishedAct


class RefreshToken(AbstractRefreshToken):
    """One refresh token of a family: used once, then kept used so that its reuse is noticed (RFC 9700 §4.14.2)."""

    token = None
    access_token = None
    resource = None
    token_family = None
    created = None
    updated = None

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    token_checksum = models.CharField(max_length=64, editable=False)  # keyed digest
    family = models.ForeignKey(TokenFamily, on_delete=models.CASCADE, related_name="refresh_tokens")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()  # idle limit

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

    # Set by `presented`: an act is ending what its client holds for its person, and has not come to this family yet.
    is_being_ended: bool

    def family_lives(self, client: Client) -> bool:
        """Whether nothing has ended its family. `client` is that of the family, and knows its connection."""
        family = self.family
        return (
            family.ended_at is None
            and family.is_current(client)
            and family.user.is_active
            and not self.is_being_ended
        )

    def is_alive(self, client: Client) -> bool:
        """Whether it can still be used: once, in time, while its family lives."""
        in_time = timezone.now() < min(self.expires_at, self.family.expires_at)
        return self.revoked is None and in_time and self.family_lives(client)

    def rotate(self, successor: str, *, access_expires_at: datetime, by: Actor) -> bool:
        """Uses this token and stores its successor: compare and swap.

        False when its family has ended, or it had been used before: then the family ends.
        """
        now = timezone.now()
        with transaction.atomic():
            if not self.family.use(now, access_expires_at):
                return False
            # A condition on this table alone: a transaction of PostgreSQL that has waited for the row looks at it
            # again, but not at a join or a subquery, and would use the token a second time.
            if _USE_REFRESH_TOKEN.update(self.pk, now):
                self.add_to(self.family, successor)
                return True
        self.reused(by=by)
        return False

    def reused(self, *, by: Actor) -> None:
        """Somebody presented this token again: either the client or a thief has a copy, so the whole family ends."""
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
