"""The audit log: what happened in a tenant, who did it, from where, and what changed (Q8, P8).

An event is written in the transaction of the act that it tells of, so neither exists without the other. Its text is
made when it is shown, so it is in the reader's language. Secrets and tokens never come near it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from .prepared import insert

if TYPE_CHECKING:
    from .client import Client
    from .tenant import Tenant
    from .user import User


class Action(models.TextChoices):
    """What can happen: noun, dot, past participle. The label is the short name in the audit log."""

    TENANT_CREATED = "tenant.created", _("Tenant created")
    TENANT_MOVED = "tenant.moved", _("Canonical host changed")
    SIGNING_KEY_ROTATED = "signing_key.rotated", _("Signing key rotated")
    USER_CREATED = "user.created", _("User created")
    USER_LINK_CREATED = "user.link_created", _("One-time link created")
    USER_PASSWORD_SET = "user.password_set", _("Password set")
    SESSION_STARTED = "session.started", _("Signed in")
    SESSION_REFUSED = "session.refused", _("Sign-in refused")
    SESSION_ENDED = "session.ended", _("Signed out")
    CLIENT_CREATED = "client.created", _("Client created")
    CLIENT_UPDATED = "client.updated", _("Client edited")
    CLIENT_DISABLED = "client.disabled", _("Client disabled")
    CLIENT_ENABLED = "client.enabled", _("Client enabled")
    CLIENT_PUBLISHED = "client.published", _("Client published")
    CLIENT_UNPUBLISHED = "client.unpublished", _("Client unpublished")
    CLIENT_CONNECTED = "client.connected", _("Another tenant connected")
    CLIENT_DISCONNECTED = "client.disconnected", _("Another tenant disconnected")
    CLIENT_DELETED = "client.deleted", _("Client deleted")
    CLIENT_RESTORED = "client.restored", _("Client restored")
    SECRET_CREATED = "secret.created", _("Secret created")
    SECRET_REMOVED = "secret.removed", _("Secret removed")
    CONNECTION_REQUESTED = "connection.requested", _("Connection requested")
    CONNECTION_DENIED = "connection.denied", _("Connection refused")
    CONNECTION_APPROVED = "connection.approved", _("Connection approved")
    CONNECTION_UPDATED = "connection.updated", _("Connection changed")
    CONNECTION_ACCEPTED = "connection.accepted", _("New version accepted")
    CONNECTION_BLOCKED = "connection.blocked", _("Connection blocked")
    CONNECTION_UNBLOCKED = "connection.unblocked", _("Connection unblocked")
    CONNECTION_REMOVED = "connection.removed", _("Connection removed")
    CONNECTION_CHANGED_BY_OWNER = "connection.changed_by_owner", _("Changed by the publisher")
    CONSENT_GIVEN = "consent.given", _("Consent given")
    CONSENT_DENIED = "consent.denied", _("Consent denied")
    CONSENT_WITHDRAWN = "consent.withdrawn", _("Consent withdrawn")
    AUTHORIZATION_REFUSED = "authorization.refused", _("Authorization refused")
    AUTHORIZATION_NARROWED = "authorization.narrowed", _("Scopes left out")
    TOKENS_ISSUED = "tokens.issued", _("Tokens issued")
    TOKENS_REFUSED = "tokens.refused", _("Token request refused")
    TOKENS_REUSED = "tokens.reused", _("Reuse detected")
    TOKENS_REVOKED = "tokens.revoked", _("Tokens revoked")
    SESSIONS_ENDED = "tokens.ended", _("Sessions ended")


REFUSALS = frozenset(
    {
        Action.SESSION_REFUSED,
        Action.AUTHORIZATION_REFUSED,
        Action.TOKENS_REFUSED,
        Action.TOKENS_REUSED,
        Action.CONSENT_DENIED,
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from which address. An operator at the command line and a client have no user."""

    user: "User | None" = None
    client: "Client | None" = None
    tenant: "Tenant | None" = None  # another tenant, of whose people nothing is said here
    address: str = ""

    @property
    def kind(self) -> str:
        if self.user is not None:
            return Event.Kind.USER
        if self.client is not None:
            return Event.Kind.CLIENT
        if self.tenant is not None:
            return Event.Kind.TENANT
        return Event.Kind.ANONYMOUS if self.address else Event.Kind.OPERATOR

    @property
    def name(self) -> str:
        if self.user is not None:
            return self.user.email
        named = self.client or self.tenant
        return named.name if named is not None else ""


class Event(models.Model):
    """One line of a tenant's audit log. Never changed, except that repeated refusals are counted."""

    class Kind(models.TextChoices):
        USER = "user", _("User")
        CLIENT = "client", _("OAuth client")
        TENANT = "tenant", _("Another tenant")
        OPERATOR = "operator", _("Operator")
        ANONYMOUS = "anonymous", _("Not signed in")

    tenant = models.ForeignKey("console.Tenant", on_delete=models.CASCADE, related_name="+")
    happened_at = models.DateTimeField(default=timezone.now)
    action = models.CharField(
        max_length=40
    )  # an Action; no choices here, so that a new one needs no migration
    actor_kind = models.CharField(max_length=10, choices=Kind.choices)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=320, blank=True)
    address = models.CharField(max_length=45, blank=True)
    target_kind = models.CharField(max_length=20, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=512, blank=True)
    # field -> [before, after]
    changes = models.JSONField(default=dict, blank=True)
    details = models.JSONField(default=dict, blank=True)
    # Refusals of one kind from one place within a minute are one row: a flood must not fill the disk.
    times = models.PositiveIntegerField(default=1)
    repeats = models.CharField(max_length=64, null=True, default=None, editable=False)  # noqa: DJ001  unique or nothing

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["tenant", "-happened_at", "-id"], name="event_newest"),
            models.Index(fields=["tenant", "target_id", "-happened_at", "-id"], name="event_of_target"),
            models.Index(fields=["tenant", "action", "-happened_at", "-id"], name="event_of_action"),
        ]
        constraints = [models.UniqueConstraint(fields=["repeats"], name="event_repeats")]

    def __str__(self) -> str:
        return f"{self.happened_at:%Y-%m-%d %H:%M:%S} {self.action} {self.target_name}"

    @classmethod
    def newest_first(cls) -> "models.QuerySet[Event]":
        """The tenant's log. A period and the order are read from one index, so that neither scans the rest."""
        return cls.objects.order_by("-happened_at", "-id")

    def earlier(self, events: "models.QuerySet[Event]") -> "models.QuerySet[Event]":
        """Those of `events` that stand below this one, newest first."""
        same_moment = models.Q(happened_at=self.happened_at, id__gte=self.pk)
        return events.filter(happened_at__lte=self.happened_at).exclude(same_moment)

    @property
    def is_refusal(self) -> bool:
        return self.action in REFUSALS

    @classmethod
    def record(
        cls,
        tenant: "Tenant",
        action: Action,
        *,
        by: Actor,
        target: models.Model | None = None,
        changes: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes one event. Call it inside the transaction of what it tells of."""
        insert(
            cls(
                tenant=tenant,
                action=action,
                **_columns(by, target),
                changes=changes or {},
                details=details or {},
            )
        )

    @classmethod
    def record_in_each(
        cls,
        tenants: "Iterable[Tenant]",
        action: Action,
        *,
        by: Actor,
        target: models.Model,
        details: Mapping[str, Any],
        happened_at: datetime,
    ) -> None:
        """Writes the same event in the logs of several tenants, in one statement."""
        columns = _columns(by, target)
        cls._base_manager.bulk_create(
            cls(tenant=tenant, action=action, **columns, details=details, happened_at=happened_at)
            for tenant in tenants
        )

    @classmethod
    def refuse(
        cls,
        tenant: "Tenant",
        action: Action,
        *,
        by: Actor,
        reason: str,
        target: models.Model | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes a refused attempt, or counts it on the row of the same refusal in the same minute."""
        now = datetime.now(UTC)
        columns = _columns(by, target)
        same = "\0".join(
            [
                str(tenant.pk),
                action,
                by.address,
                columns["actor_id"],
                columns["target_id"],
                reason,
                f"{now:%Y%m%d%H%M}",
            ]
        )
        event = cls(
            tenant=tenant,
            action=action,
            happened_at=now,
            **columns,
            details={"reason": reason, **(details or {})},
            repeats=hashlib.sha256(same.encode()).hexdigest(),
        )
        # One statement, no race, on both databases.
        insert(event, f'ON CONFLICT ("repeats") DO UPDATE SET "times" = "{cls._meta.db_table}"."times" + 1')


def _columns(by: Actor, target: models.Model | None) -> dict[str, str]:
    acting = by.user or by.client or by.tenant
    return {
        "actor_kind": by.kind,
        "actor_id": str(acting.pk) if acting else "",
        "actor_name": by.name,
        "address": by.address,
        "target_kind": target._meta.model_name or "" if target else "",
        "target_id": str(target.pk) if target else "",
        "target_name": str(target)[:512] if target else "",
    }
