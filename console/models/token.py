"""Codes, tokens and the families they form. One answered authorization request begins a family (RFC 9700 §4.14.2).

Access tokens are signed and self-contained; no row is written for them. What a server must be able to take back is
the family: ending it kills its refresh token at once and makes introspection and our own APIs refuse its access
tokens. Client-credentials tokens have no family; they live as long as the client, its connection and the credential.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from ..policy import client_types, credentials
from ..policy.client_types import GrantType
from ..policy.consent_rules import ConsentMethod
from .client import Client
from .event import Action, Actor, Event
from .prepared import PreparedQuery, PreparedUpdate, insert
from .sealing import digest, digests
from .secret import ClientSecret
from .tenant import Tenant, TenantOwned

if TYPE_CHECKING:
    from .user import User


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act has ended: sessions, and until when a server that does not introspect may accept a token (N7)."""

    sessions: int
    accepted_until: datetime | None

    def and_machines(self, machine: bool, last_used_at: datetime | None) -> "Receipt":
        """Counts in the tokens that a machine got for itself, of which there are no rows."""
        if not machine or last_used_at is None:
            return self
        until = last_used_at + settings.ACCESS_TOKEN_LIFETIME
        if until <= timezone.now() or (self.accepted_until and self.accepted_until >= until):
            return self
        return Receipt(self.sessions, until)

    @property
    def details(self) -> dict[str, Any]:
        """For the audit log."""
        until = self.accepted_until and self.accepted_until.isoformat(timespec="seconds")
        return {"sessions_ended": self.sessions, "accepted_until": until}


class TokenFamily(TenantOwned):
    """Every token that one authorization gave, from its code to its last refresh token."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="token_families")
    user: "models.ForeignKey[User]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="token_families"
    )
    grant_type = models.CharField(max_length=64)
    scope = models.TextField()
    auth_time = models.DateTimeField(null=True)
    began_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    # Until when a server that does not introspect may accept an access token of this family.
    access_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # absolute: no refreshing beyond it
    ended_at = models.DateTimeField(null=True, default=None)
    ended_reason = models.CharField(max_length=40, blank=True)
    # Labels that a client may send with the code (Q6): shown in the list of tokens.
    device_type = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("token family")
        verbose_name_plural = _("token families")
        indexes = [
            models.Index(fields=["client", "ended_at"], name="family_of_client"),
            models.Index(fields=["user", "client", "ended_at"], name="family_of_user"),
            models.Index(fields=["expires_at"], name="family_expiry"),
        ]

    def end(self, *, reason: str) -> bool:
        """Ends this family. False if it had ended already."""
        return bool(_end(TokenFamily.objects.filter(pk=self.pk), reason).sessions)

    @classmethod
    def end_of_client(cls, client: Client, *, reason: str) -> Receipt:
        """Ends everything of a client in every tenant, its outstanding codes too."""
        Grant._base_manager.filter(application=client).delete()
        return _end(cls._base_manager.filter(client=client), reason).and_machines(
            client.machine, client.last_used_at
        )

    @classmethod
    def end_of_person(cls, user: "User", *, reason: str) -> Receipt:
        """Ends what every client holds for one person, outstanding codes too."""
        Grant.objects.filter(user=user).delete()
        return _end(cls.objects.filter(user=user), reason)

    @classmethod
    def end_elsewhere(cls, client: Client, *, reason: str) -> Receipt:
        """Ends everything of a client in the tenants that do not own it."""
        Grant._base_manager.filter(application=client).exclude(tenant=client.tenant_id).delete()
        return _end(cls._base_manager.filter(client=client).exclude(tenant=client.tenant_id), reason)

    @classmethod
    def end_in_tenant(cls, client: Client, tenant: Tenant, *, reason: str) -> Receipt:
        """Ends everything of a client in one tenant."""
        Grant._base_manager.filter(application=client, tenant=tenant).delete()
        used = client.connections.filter(tenant=tenant).values_list("last_used_at", flat=True).first()
        return _end(cls._base_manager.filter(client=client, tenant=tenant), reason).and_machines(
            client.machine, used
        )

    @classmethod
    def end_of_user(cls, user: "User", client: Client, *, reason: str) -> Receipt:
        """Ends what a client holds for one person, outstanding codes too."""
        Grant.objects.filter(user=user, application=client).delete()
        return _end(cls.objects.filter(user=user, client=client), reason)

    @classmethod
    def reach(cls, client: Client, tenant: Tenant | None = None) -> "Reach":
        """What an end would touch now: in one tenant, or with `tenant` None in the whole region (N9)."""
        families = cls._base_manager.filter(client=client, ended_at=None, expires_at__gt=timezone.now())
        if tenant is not None:
            families = families.filter(tenant=tenant)
        found = families.aggregate(
            sessions=models.Count("pk"),
            people=models.Count("user", distinct=True),
            tenants=models.Count("tenant", distinct=True),
            last_activity=models.Max("last_used_at"),
        )
        return Reach(**found)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many tenants, people and sessions hold something live, and when it was last used."""

    tenants: int
    people: int
    sessions: int
    last_activity: datetime | None


def _end(families: "models.QuerySet[TokenFamily]", reason: str) -> Receipt:
    now = timezone.now()
    live = families.filter(ended_at=None)
    until = live.filter(access_expires_at__gt=now).aggregate(until=models.Max("access_expires_at"))["until"]
    return Receipt(live.update(ended_at=now, ended_reason=reason), until)


class Grant(AbstractGrant):
    """An authorization code: known by its digest, used once, kept used until it expires so that a replay is noticed."""

    claims = None
    resource = None
    created = None
    updated = None

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=64, editable=False)  # digest
    auth_time = models.DateTimeField()
    used_at = models.DateTimeField(null=True, default=None)
    # What it stands on. Whatever ends one of the two ends the code, also one that is only just being given: a consent
    # that is gone takes its codes along, or lets none in; a client that was switched off has another generation.
    consent = models.ForeignKey(
        "console.Consent", on_delete=models.CASCADE, null=True, default=None, related_name="+"
    )
    generation = models.CharField(max_length=64)
    family_id = models.UUIDField(default=uuid.uuid4, editable=False)

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="grant_code")]
        indexes = [models.Index(fields=["expires"], name="grant_expiry")]

    @classmethod
    def presented(cls, tenant: Tenant, code: str, client: Client) -> "Grant | None":
        """The code that `tenant` gave this client, with this plain text, used or not, expired or not.

        A published client has the same ID in every tenant: a code of one must be nothing in another.
        """
        if not credentials.is_well_formed(code, credentials.Prefix.CODE):
            return None
        found = (_GRANT.first(tenant.pk, client.pk, candidate) for candidate in digests(code))
        return next((grant for grant in found if grant is not None), None)

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
        self, *, access_expires_at: datetime, refresh_token: str | None, labels: Mapping[str, str], by: Actor
    ) -> TokenFamily | None:
        """Uses the code: compare and swap, so that of any number of simultaneous requests exactly one succeeds.

        Returns the family it begins. None when the code was used before; then the tokens it gave have ended
        (RFC 6749 §4.1.2). Call it only when everything else about the request is right, so that a stranger with a
        stolen code but no verifier cannot end anything.
        """
        now = timezone.now()
        with transaction.atomic():
            if _USE_GRANT.update(self.pk, now):
                family = TokenFamily(
                    id=self.family_id,
                    tenant=self.tenant,
                    client=self.application,
                    user=self.user,
                    grant_type="authorization_code",
                    scope=self.scope,
                    auth_time=self.auth_time,
                    access_expires_at=access_expires_at,
                    expires_at=now + settings.REFRESH_TOKEN_ABSOLUTE,
                    device_type=labels.get("deviceType", "")[:100],
                    description=labels.get("description", "")[:200],
                )
                insert(family)
                if refresh_token is not None:
                    RefreshToken.add_to(family, refresh_token)
                Event.record(
                    self.tenant,
                    Action.TOKENS_ISSUED,
                    by=by,
                    target=self.application,
                    details={"user": self.user.email, "scope": self.scope},
                )
                return family
        self._replayed(by)
        return None

    def _replayed(self, by: Actor) -> None:
        """Only of a code that is still there: one that was taken back in this very moment was not used twice."""
        if not Grant.objects.filter(pk=self.pk).exists():
            return
        with transaction.atomic():
            for family in TokenFamily.objects.filter(pk=self.family_id):
                family.end(reason="code replayed")
            Event.refuse(
                self.tenant, Action.TOKENS_REUSED, by=by, target=self.application, reason="code replayed"
            )


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

    @property
    def is_alive(self) -> bool:
        now = timezone.now()
        family = self.family
        return (
            self.revoked is None
            and now < min(self.expires_at, family.expires_at)
            and family.ended_at is None
            and family.user.is_active
        )

    def rotate(self, successor: str, *, access_expires_at: datetime, by: Actor) -> bool:
        """Uses this token and stores its successor: compare and swap.

        False when its family has ended, or it had been used before: then the family ends.
        """
        now = timezone.now()
        with transaction.atomic():
            # Everything that happens to a family waits for its row, so it cannot end while it gets another token.
            if not _USE_FAMILY.update(self.family_id, now, access_expires_at):
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


class RevokedAccessToken(TenantOwned):
    """One access token taken back before its time (RFC 7009), remembered until it would have expired anyway."""

    jti = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="revoked_token_expiry")]


class ClientAssertion(TenantOwned):
    """An assertion that a client authenticated with: each may be used once (RFC 7523 §3, point 7)."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="client_assertion_expiry")]

    @classmethod
    def use(cls, client: Client, jti: str, expires_at: datetime) -> bool:
        """Remembers the assertion; False if it was used before."""
        try:
            with transaction.atomic():
                cls(
                    tenant=client.connection.tenant,
                    digest=digest(f"{client.client_id}\0{jti}"),
                    expires_at=expires_at,
                ).save(force_insert=True)
        except IntegrityError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class LiveToken:
    """An access token that may still be used, with what its claims stand for."""

    claims: Mapping[str, Any]
    client: Client
    user: "User | None"

    @property
    def scopes(self) -> list[str]:
        """The scopes that it carries."""
        return str(self.claims.get("scope", "")).split()

    @classmethod
    def find(
        cls, tenant: Tenant, claims: Mapping[str, Any], client: Client | None = None
    ) -> "LiveToken | None":
        """Whether what verified claims stand for is still there: client, connection, person, family, credential.

        `client` is the one that it must be of, if only that one's token would do.
        """
        client_id = str(claims.get("client_id", ""))
        client = client or Client.connected_to(tenant, client_id)
        if client is None or client.client_id != client_id or not client.is_enabled:
            return None
        if not client.allows_scopes(str(claims.get("scope", "")).split()):
            return None  # its owner, or this tenant, has taken one away since
        if claims.get("generation", client.generation_here) != client.generation_here:
            return None  # a machine's: the client was switched off, and perhaps on again, since
        if _REVOKED.first(claims["jti"]) is not None:
            return None
        if not cls._credential_lives(client, claims):
            return None
        if "family" not in claims:
            lives = cls._may_use(client, GrantType.CLIENT_CREDENTIALS)
            return cls(claims, client, None) if lives else None
        family = _LIVE_FAMILY.first(uuid.UUID(claims["family"]), tenant.pk, client.pk)
        if family is None or not cls._may_use(client, family.grant_type):
            return None
        return cls(claims, client, family.user)

    @staticmethod
    def _may_use(client: Client, grant_type: str) -> bool:
        """Whether the client could get such a token today: its registration and the tenant's trust may have changed."""
        machine = grant_type in client_types.MACHINE_GRANTS
        trusted = client.connection.consent_method == ConsentMethod.TRUSTED
        return client.allows_grant_type(grant_type) and (trusted or not machine)

    @staticmethod
    def _credential_lives(client: Client, claims: Mapping[str, Any]) -> bool:
        """Whether the secret that a machine got the token for is still there."""
        credential = claims.get("credential")
        if credential is None:  # a person's, or authenticated with a key of its own
            return True
        return _LIVE_SECRET.first(uuid.UUID(credential), client.pk) is not None

    def revoke(self, *, by: Actor) -> None:
        """Takes this one access token back (RFC 7009 §2.1)."""
        tenant = self.client.connection.tenant
        with transaction.atomic():
            RevokedAccessToken.objects.bulk_create(
                [
                    RevokedAccessToken(
                        tenant=tenant,
                        jti=self.claims["jti"],
                        expires_at=datetime.fromtimestamp(self.claims["exp"], tz=UTC),
                    )
                ],
                ignore_conflicts=True,
            )
            Event.record(
                tenant, Action.TOKENS_REVOKED, by=by, target=self.client, details={"token": "access_token"}
            )


_GRANT = PreparedQuery(
    lambda tenant_id, client_pk, digest: Grant._base_manager.filter(
        tenant=tenant_id, code=digest, application=client_pk
    ).select_related("user"),
    uuid.UUID,
    int,
    str,
)
_REFRESH_TOKEN = PreparedQuery(
    lambda tenant_id, digest: RefreshToken._base_manager.filter(
        tenant=tenant_id, token_checksum=digest
    ).select_related("family", "family__user", "family__client"),
    uuid.UUID,
    str,
)
_REVOKED = PreparedQuery(lambda jti: RevokedAccessToken._base_manager.filter(jti=jti), str)
_LIVE_FAMILY = PreparedQuery(
    lambda pk, tenant_id, client_pk: TokenFamily._base_manager.filter(
        pk=pk, tenant=tenant_id, client=client_pk, ended_at=None, user__is_active=True
    ).select_related("user"),
    uuid.UUID,
    uuid.UUID,
    int,
)
_LIVE_SECRET = PreparedQuery(
    lambda pk, client_pk: ClientSecret._base_manager.filter(pk=pk, client=client_pk, removed_at=None),
    uuid.UUID,
    int,
)
_USE_GRANT = PreparedUpdate(
    lambda pk, now: (Grant._base_manager.filter(pk=pk, used_at=None), {"used_at": now}), int, datetime
)
_USE_REFRESH_TOKEN = PreparedUpdate(
    lambda pk, now: (RefreshToken._base_manager.filter(pk=pk, revoked=None), {"revoked": now}), int, datetime
)
_USE_FAMILY = PreparedUpdate(
    lambda pk, now, access_expires_at: (
        TokenFamily._base_manager.filter(pk=pk, ended_at=None),
        {"last_used_at": now, "access_expires_at": access_expires_at},
    ),
    uuid.UUID,
    datetime,
    datetime,
)


# django-oauth-toolkit needs these three to exist. No row is ever written: access tokens and ID tokens are
# self-contained, and the device grant is not offered.


class AccessToken(AbstractAccessToken):
    class Meta(AbstractAccessToken.Meta):
        pass


class IDToken(AbstractIDToken):
    class Meta(AbstractIDToken.Meta):
        pass


class DeviceGrant(AbstractDeviceGrant):
    class Meta(AbstractDeviceGrant.Meta):
        pass
