"""Authorization codes (RFC 6749 §4.1.2): stored as digests, redeemed once, remembered so that a replay is noticed."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractGrant

from ..policy import credentials
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .action import Action
from .actor import Actor
from .connection import Connection
from .event import Event
from .prepared import PreparedQuery
from .prepared_writes import PreparedUpdate, change_and_insert, insert
from .refresh_token import RefreshToken
from .sealing import digest, digests
from .tenant import Tenant
from .tenant_owned import OwnRow
from .token_family import TokenFamily
from .toolkit import Checkable


class AuthorizationCode(OwnRow, Checkable, AbstractGrant):
    """An authorization code: known by its digest, used once, kept used until it expires so that a replay is noticed."""

    claims = None
    resource = None
    created = None
    updated = None

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=64, editable=False)  # digest
    auth_time = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True, default=None)
    # What it stands on, and what the family that it begins stands on. A withdrawn consent deletes its codes (a foreign
    # key); a client that was switched off, and a person whose password has changed, have another generation.
    consent = models.ForeignKey(
        "console.Consent", on_delete=models.CASCADE, null=True, blank=True, default=None, related_name="+"
    )
    generation = models.CharField(max_length=64)
    user_generation = models.PositiveIntegerField(default=0, db_default=0)
    family_id = models.UUIDField(default=uuid.uuid4, editable=False)

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="grant_code")]
        indexes = [models.Index(fields=["expires"], name="grant_expiry")]

    @classmethod
    def presented(cls, tenant: Tenant, code: str, client: EffectiveClient) -> "AuthorizationCode | None":
        """The code that `tenant` gave this client, with this plain text, used or not, expired or not.

        A published client has the same ID in every tenant: a code of one must be nothing in another.
        """
        if not credentials.is_well_formed(code, credentials.Prefix.CODE):
            return None
        found = (_GRANT.first(tenant.pk, client.pk, candidate) for candidate in digests(code))
        return next((row for row in found if row is not None), None)

    @classmethod
    def tenant_of(cls, code: str) -> Tenant | None:
        """The tenant in which a code was given: the region's token endpoint has nothing else to go by (S8)."""
        if not credentials.is_well_formed(code, credentials.Prefix.CODE):
            return None
        found = cls._base_manager.filter(code__in=digests(code)).select_related("tenant").first()
        return found.tenant if found else None

    @classmethod
    def keep(cls, code: str, **fields: Any) -> None:
        """Stores a code that is about to be sent to a client. IntegrityError if its consent was withdrawn just now."""
        insert(cls(code=digest(code), **fields))

    def redeem(
        self,
        client: EffectiveClient,
        *,
        access_expires_at: datetime,
        refresh_token: str | None,
        labels: Mapping[str, str],
        by: Actor,
    ) -> TokenFamily | None:
        """Uses the code: compare and swap, so that of any number of simultaneous requests exactly one succeeds.

        Returns the family it begins. None when the code was used before; then the tokens it gave have ended
        (RFC 6749 §4.1.2). Call it only when everything else about the request is right, so that a stranger with a
        stolen code but no verifier cannot end anything.
        """
        now, given = timezone.now(), client.generation
        family = self._family(client, now, access_expires_at, labels)
        rows: list[models.Model] = [family]
        if refresh_token is not None:
            family.kept_until = family.keeps_until(now, access_expires_at)
            rows.append(RefreshToken.first_of(family, refresh_token))
        details = {"user": self.user.email, "scope": self.scope}
        rows.append(Event.of(self.tenant, Action.TOKENS_ISSUED, by=by, target=client, details=details))
        # Also compares with what the client's generation is by now, so that hardly ever a family is begun that is dead
        # already; those few are found by the act that ended it (models/unfinished_act.py).
        numbers = given.client, given.shared, given.connection_id, given.connection
        if change_and_insert([(_USE_GRANT, (self.pk, *numbers, now))], rows):
            return family
        self._replayed(client, by)
        return None

    def _family(
        self, client: EffectiveClient, now: datetime, access_expires_at: datetime, labels: Mapping[str, str]
    ) -> TokenFamily:
        return TokenFamily(
            id=self.family_id,
            tenant=self.tenant,
            client_id=client.pk,
            user=self.user,
            grant_type="authorization_code",
            scope=self.scope,
            generation=self.generation,
            user_generation=self.user_generation,
            auth_time=self.auth_time,
            access_expires_at=access_expires_at,
            kept_until=access_expires_at,
            expires_at=now + settings.REFRESH_TOKEN_ABSOLUTE,
            device_type=labels.get("deviceType", "")[:100],
            description=labels.get("description", "")[:200],
        )

    def _replayed(self, client: EffectiveClient, by: Actor) -> None:
        """Only of a code that was used: one that was taken back in this very moment was not used twice."""
        if not AuthorizationCode.objects.filter(pk=self.pk).exclude(used_at=None).exists():
            return
        with transaction.atomic():
            for family in TokenFamily.objects.filter(pk=self.family_id):
                family.end(reason="code replayed")
            Event.refuse(self.tenant, Action.TOKENS_REUSED, by=by, target=client, reason=Reason.CODE_REPLAYED)


_GRANT = PreparedQuery(
    lambda tenant_id, client_pk, digest: AuthorizationCode._base_manager.filter(
        tenant=tenant_id, code=digest, application=client_pk
    ).select_related("user"),
    uuid.UUID,
    int,
    str,
)
_USE_GRANT = PreparedUpdate(
    lambda pk, generation, shared, connection_pk, generation_here, now: (
        AuthorizationCode._base_manager.filter(
            models.Exists(
                Connection._base_manager.filter(
                    pk=connection_pk,
                    generation=generation_here,
                    client__generation=generation,
                    client__shared_generation=shared,
                )
            ),
            pk=pk,
            used_at=None,
        ),
        {"used_at": now},
    ),
    int,
    int,
    int,
    int,
    int,
    datetime,
)
