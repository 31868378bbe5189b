"""Token families, and what ending one ends. One answered authorization request begins a family (RFC 9700 §4.14.2).

Access tokens are signed and self-contained; no row is written for them. What a server must be able to take back is
the family: ending it kills its refresh token at once and makes introspection and our own APIs refuse its access
tokens. Client-credentials tokens have no family; they live as long as the client, its connection and the credential.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .client import Client
from .prepared import PreparedQuery, PreparedUpdate
from .tenant import Tenant, TenantOwned

if TYPE_CHECKING:
    from .grant import Grant
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

    @classmethod
    def find_live(cls, family_id: uuid.UUID, tenant: Tenant, client: Client) -> "TokenFamily | None":
        """The family with this ID, with its person, if nothing has ended it."""
        return _LIVE_FAMILY.first(family_id, tenant.pk, client.pk)

    def use(self, now: datetime, access_expires_at: datetime) -> bool:
        """Notes that the family gets another access token. False if it has ended.

        Everything that happens to a family waits for its row, so it cannot end while that token is made.
        """
        return bool(_USE_FAMILY.update(self.pk, now, access_expires_at))

    def end(self, *, reason: str) -> bool:
        """Ends this family. False if it had ended already."""
        return bool(_end(TokenFamily.objects.filter(pk=self.pk), reason).sessions)

    @classmethod
    def end_of_client(cls, client: Client, *, reason: str) -> Receipt:
        """Ends everything of a client in every tenant, its outstanding codes too."""
        _codes(application=client).delete()
        return _end(cls._base_manager.filter(client=client), reason).and_machines(
            client.machine, client.last_used_at
        )

    @classmethod
    def end_of_person(cls, user: "User", *, reason: str) -> Receipt:
        """Ends what every client holds for one person, outstanding codes too."""
        _codes(user=user).delete()
        return _end(cls.objects.filter(user=user), reason)

    @classmethod
    def end_elsewhere(cls, client: Client, *, reason: str) -> Receipt:
        """Ends everything of a client in the tenants that do not own it."""
        _codes(application=client).exclude(tenant=client.tenant_id).delete()
        return _end(cls._base_manager.filter(client=client).exclude(tenant=client.tenant_id), reason)

    @classmethod
    def end_in_tenant(cls, client: Client, tenant: Tenant, *, reason: str) -> Receipt:
        """Ends everything of a client in one tenant."""
        _codes(application=client, tenant=tenant).delete()
        used = client.connections.filter(tenant=tenant).values_list("last_used_at", flat=True).first()
        return _end(cls._base_manager.filter(client=client, tenant=tenant), reason).and_machines(
            client.machine, used
        )

    @classmethod
    def end_of_user(cls, user: "User", client: Client, *, reason: str) -> Receipt:
        """Ends what a client holds for one person, outstanding codes too."""
        _codes(user=user, application=client).delete()
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


def _codes(**of: Any) -> "models.QuerySet[Grant]":
    """The outstanding codes of a client or a person: they end with the families."""
    from .grant import Grant

    return Grant._base_manager.filter(**of)


_LIVE_FAMILY = PreparedQuery(
    lambda pk, tenant_id, client_pk: TokenFamily._base_manager.filter(
        pk=pk, tenant=tenant_id, client=client_pk, ended_at=None, user__is_active=True
    ).select_related("user"),
    uuid.UUID,
    uuid.UUID,
    int,
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
