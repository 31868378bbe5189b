"""A tenant's relation to a client: whether its people may use it, how they consent, who approved it (S9, S10, N5).

The owner tenant has a connection too, made with the client. Another tenant's is made when one of its administrators
approves a published client; from then on that tenant runs on what it approved, until it accepts something wider.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy import publication, scopes
from ..policy.consent_rules import ConsentMethod, suits
from ..policy.effective_client import EffectiveClient, Generation
from ..policy.publication import Difference, Terms
from .action import Action
from .actor import Actor
from .event import Event
from .outside_connections import OUTSIDE
from .prepared import PreparedValue
from .receipt import Receipt
from .tenant import Tenant
from .tenant_owned import TenantOwned
from .unfinished_act import UnfinishedAct

if TYPE_CHECKING:
    from .client import Client


class NotPublished(Exception):
    """The client can not, or can no longer, be connected to from this tenant."""


class NotConnected(Exception):
    """The tenant has no approved connection to the client (any more)."""


class NeedsTrust(Exception):
    """An own client that gets tokens in its own name would be Required: it could get none (Q2)."""


class Connection(TenantOwned):
    """One row per tenant and client."""

    class Status(models.TextChoices):
        APPROVED = "approved", _("Approved")
        BLOCKED = "blocked", _("Blocked")

    class Method(models.TextChoices):
        REQUIRED = ConsentMethod.REQUIRED.value, _("Required")
        TRUSTED = ConsentMethod.TRUSTED.value, _("Trusted")

    client = models.ForeignKey(
        "console.Client", on_delete=models.CASCADE, related_name="connections", db_index=False
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.APPROVED)
    consent_method = models.CharField(
        _("consent method"), max_length=10, choices=Method.choices, default=Method.REQUIRED
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(default=timezone.now)
    # What was approved, for a client of another tenant: its terms then, and how many of its scopes this tenant allows.
    terms = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(_("approved until"), null=True, default=None)
    last_used_at = models.DateTimeField(_("last used"), null=True, default=None)
    generation = models.PositiveIntegerField(default=0)  # see Client.generation

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [models.UniqueConstraint(fields=["tenant", "client"], name="connection_of_tenant")]
        indexes = [
            models.Index(fields=["client", "id"], name="connection_of_client"),
            models.Index(fields=["client", "status", "tenant"], name="connection_served"),
            models.Index(fields=["tenant", "client"], condition=OUTSIDE, name="connection_outside"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} – {self.client_id}"

    # --- Reading ---------------------------------------------------------------------------------------------------

    @classmethod
    def usable(cls, tenant_id: UUID) -> "models.QuerySet[Connection]":
        """The approved connections of a tenant, with their clients: its own, and those of other tenants that are
        published, or were when it connected and may stay."""
        available = Q(client__published_at__isnull=False) | Q(client__stays_connected=True)
        return cls._base_manager.filter(
            Q(client__tenant=tenant_id) | available,
            tenant=tenant_id,
            status=cls.Status.APPROVED,
            client__deleted_at=None,
        ).select_related("client", "client__tenant")

    @classmethod
    def to_client(cls, tenant: Tenant, client_id: str) -> EffectiveClient | None:
        """The client that `client_id` names in `tenant`: its own, or one of another tenant that it is connected to.

        None for any other: unknown, deleted, never connected, blocked, and a published client that was withdrawn.
        """
        found = _CLIENT_HERE.get(tenant.pk, client_id)
        return found if found is not None and found.is_approved_at(timezone.now()) else None

    @classmethod
    def withdrawn(cls, tenant: Tenant, client_id: str) -> "Client | None":
        """The client of another tenant that `tenant` was connected to, until its owner took it away."""
        connections = cls.objects.filter(tenant=tenant, client__client_id=client_id)
        found = connections.exclude(client__tenant=tenant).select_related("client").first()
        return found.client if found and (found.deleted_by_owner or found.withdrawn_by_owner) else None

    @property
    def client_here(self) -> EffectiveClient:
        """The client as it is in this tenant: of another tenant's client, what this one approved and allows."""
        client, foreign = self.client, self.is_foreign
        here: EffectiveClient = client._in_tenant(
            self.tenant_id,
            self.generation_for(client),
            self.consent_method,
            self.last_used_at,
            self.expires_at,
        )
        return here.narrowed(self.approved, self.scopes) if foreign else here

    def generation_for(self, client: "Client") -> Generation:
        """How often `client`, which this connection is to, was switched off by now."""
        foreign = client.tenant_id != self.tenant_id
        return Generation(client.generation, self.pk, self.generation, client.shared_generation, foreign)

    @property
    def is_foreign(self) -> bool:
        """Whether the client belongs to another tenant."""
        return bool(self.client.tenant_id != self.tenant_id)

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def approved(self) -> Terms:
        """What this tenant approved."""
        return Terms.stored(self.terms)

    @property
    def machine_grants(self) -> list[str]:
        """The machine grants that the client may use here once it is trusted. Of another tenant's client those that
        were approved: what its owner has taken away may come back without a word."""
        return list(self.approved.grants if self.is_foreign else self.client.grant_types)

    @property
    def deleted_by_owner(self) -> bool:
        return self.client.deleted_at is not None

    @property
    def withdrawn_by_owner(self) -> bool:
        """Unpublished, and not allowed to stay."""
        client = self.client
        return self.is_foreign and client.published_at is None and not client.stays_connected

    def pending(self) -> Difference:
        """What the publisher offers now and this tenant has not approved."""
        return publication.difference(self.approved, self.client.terms)

    @property
    def pending_version(self) -> int | None:
        """The version that waits for an administrator of this tenant; None if nothing does (N5)."""
        gone = self.deleted_by_owner or self.withdrawn_by_owner
        return None if gone or not self.is_foreign or not self.pending().is_wider else self.client.version

    # --- Verbs of the tenant that has connected; how it connects is told in approval.py -------------------------------

    def reduce_scopes(self, allowed: Iterable[str], *, by: Actor) -> None:
        """Allows the client less, or again all that was approved. Refreshed tokens and consents follow at once.

        Raises NotConnected if the connection has been removed meanwhile.
        """
        with transaction.atomic():
            current = self._locked()
            self.scopes = scopes.common(self.approved.scopes, allowed)
            if self.scopes == current.scopes:
                return
            self.save(update_fields=["scopes"])
            changes = {"scopes": [current.scopes, self.scopes]}
            self._record(Action.CONNECTION_UPDATED, by=by, changes=changes)
            told = {"scopes": self.scopes, "version": self.version, "narrowed": True}
            self.tell_owner(Action.CLIENT_CONNECTED, told)

    def block(self, *, by: Actor) -> Receipt:
        """Cuts the client off from this tenant, at once, until it is unblocked. Consents are kept.

        Raises NotConnected if the connection has been removed meanwhile.
        """
        with transaction.atomic():
            approved = Connection.objects.filter(pk=self.pk, status=self.Status.APPROVED)
            if not approved.update(status=self.Status.BLOCKED, generation=models.F("generation") + 1):
                self._locked()
                return Receipt(0, None)  # another administrator was first
            self.refresh_from_db(fields=["status", "generation"])
            receipt = self.end_sessions(by=by, reason="connection blocked")
            self._record(Action.CONNECTION_BLOCKED, by=by, details=receipt.details)
            self.tell_owner(Action.CLIENT_DISCONNECTED, {"blocked": True})
        return receipt

    def unblock(self, *, by: Actor) -> None:
        """Lets the client in again, on what was approved before. Tokens that ended stay dead.

        Raises NotConnected if the connection has been removed meanwhile.
        """
        with transaction.atomic():
            blocked = Connection.objects.filter(pk=self.pk, status=self.Status.BLOCKED)
            if not blocked.update(status=self.Status.APPROVED):
                self._locked()
                return  # another administrator was first
            self.status = self.Status.APPROVED
            self._record(Action.CONNECTION_UNBLOCKED, by=by)
            told = {"scopes": self.scopes, "version": self.version, "unblocked": True}
            self.tell_owner(Action.CLIENT_CONNECTED, told)

    def remove(self, *, by: Actor) -> Receipt:
        """Ends the relation: tokens and consents of this tenant are gone, and the next attempt is a first one again.

        Raises NotConnected if somebody else has removed it meanwhile.
        """
        with transaction.atomic():
            # A consent that is being given holds the row, and one that comes later finds none: none is left behind.
            if not Connection.objects.filter(pk=self.pk).delete()[0]:
                raise NotConnected
            receipt = self.end_sessions(by=by, reason="connection removed", removed=self.pk)
            self._record(Action.CONNECTION_REMOVED, by=by, details=receipt.details)
            self.tell_owner(Action.CLIENT_DISCONNECTED, {"blocked": False})
        return receipt

    def change_consent_method(self, method: str, *, by: Actor) -> None:
        """Asks people for consent, or trusts the client so that nobody is asked (S10). Consents given are kept.

        Raises NotConnected if the connection has been removed meanwhile, and NeedsTrust if an own client that gets
        tokens in its own name would be Required. Another tenant's may be: then people sign in, and machines wait.
        """
        with transaction.atomic():
            current = self._locked()
            # Read after the lock: Client.edit takes it too before it gives the client a machine grant.
            if not self.is_foreign and not suits(method, current.client.grant_types):
                raise NeedsTrust
            if current.consent_method == method:
                return
            self.consent_method = method
            self.save(update_fields=["consent_method"])
            changes = {"consent_method": [current.consent_method, method]}
            self._record(Action.CONNECTION_UPDATED, by=by, changes=changes)

    # --- What those verbs and an approval have in common -------------------------------------------------------------

    def end_sessions(self, *, by: Actor, reason: str, removed: int | None = None) -> Receipt:
        """Ends what the client holds in this tenant, after its generation here has changed (unfinished_act.py)."""
        receipt = UnfinishedAct.carry_out(
            UnfinishedAct(
                tenant=self.tenant,
                client=self.client,
                ends=UnfinishedAct.Ends.IN_TENANT,
                reason=reason,
                removed_connection=removed,
            ),
            by=by,
        )
        return receipt.and_machines(self.client.machine, self.last_used_at, self.client.longest_for_apis)

    def tell_owner(self, action: Action, details: dict[str, Any]) -> None:
        """Writes the owner's side of an act of this tenant: which tenant, never which person (TN isolation)."""
        if self.is_foreign and self.client.has_owner:
            Event.record(
                self.client.tenant, action, by=Actor(tenant=self.tenant), target=self.client, details=details
            )

    def _record(self, action: Action, *, by: Actor, **facts: Mapping[str, Any]) -> None:
        """Writes this tenant's side: `facts` are the changes and the details."""
        Event.record(self.tenant, action, by=by, target=self.client, **facts)

    def _locked(self) -> "Connection":
        """The row as it is, kept so until the transaction ends. Raises NotConnected if it has been removed."""
        current: Connection | None = (
            Connection.objects.select_for_update(no_key=True).filter(pk=self.pk).first()
        )
        if current is None:
            raise NotConnected
        return current


_CLIENT_HERE = PreparedValue(
    lambda tenant_id, client_id: Connection.usable(tenant_id).filter(client__client_id=client_id),
    *(UUID, str),
    value=lambda connection: connection.client_here,
)
