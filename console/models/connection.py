"""A tenant's relation to a client: whether its people may use it, how they consent, who approved it (S9, S10)."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy.consent_rules import ConsentMethod
from .event import Action, Actor, Event
from .prepared import PreparedQuery
from .tenant import Tenant, TenantOwned

if TYPE_CHECKING:
    from .client import Client


class Connection(TenantOwned):
    """One row per tenant and client. The owner tenant has one too, made with the client."""

    class Status(models.TextChoices):
        APPROVED = "approved", _("Approved")
        BLOCKED = "blocked", _("Blocked")

    class Method(models.TextChoices):
        REQUIRED = ConsentMethod.REQUIRED.value, _("Required")
        TRUSTED = ConsentMethod.TRUSTED.value, _("Trusted")

    client = models.ForeignKey("console.Client", on_delete=models.CASCADE, related_name="connections")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.APPROVED)
    consent_method = models.CharField(
        _("consent method"), max_length=10, choices=Method.choices, default=Method.REQUIRED
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [models.UniqueConstraint(fields=["tenant", "client"], name="connection_of_tenant")]

    def __str__(self) -> str:
        return f"{self.tenant_id} – {self.client_id}"

    @classmethod
    def usable(cls, tenant_id: UUID) -> "models.QuerySet[Connection]":
        """The approved connections of a tenant, with their clients: its own, and published ones of other tenants."""
        own_or_published = Q(client__tenant=tenant_id) | Q(client__published_at__isnull=False)
        return cls._base_manager.filter(
            own_or_published, tenant=tenant_id, status=cls.Status.APPROVED, client__deleted_at=None
        ).select_related("client")

    @classmethod
    def to_client(cls, tenant: Tenant, client_id: str) -> "Client | None":
        """The client that `client_id` names in `tenant`, knowing its connection; None if the tenant has none to it."""
        found = _CONNECTION_TO_CLIENT.first(tenant.pk, client_id)
        return found.client_here(tenant) if found else None

    def client_here(self, tenant: Tenant) -> "Client":
        """The client, knowing the connection it was reached through."""
        self.tenant = tenant
        if self.client.tenant_id == tenant.pk:
            self.client.tenant = tenant
        self.client.connection = self
        return self.client

    def change_consent_method(self, method: str, *, by: Actor) -> None:
        """Asks people for consent, or trusts the client so that nobody is asked (S10). Consents given are kept."""
        with transaction.atomic():
            current = Connection.objects.select_for_update().get(pk=self.pk)
            if current.consent_method == method:
                return
            self.consent_method = method
            self.save(update_fields=["consent_method"])
            Event.record(
                self.tenant,
                Action.CONNECTION_UPDATED,
                by=by,
                target=self.client,
                changes={"consent_method": [current.consent_method, method]},
            )


_CONNECTION_TO_CLIENT = PreparedQuery(
    lambda tenant_id, client_id: Connection.usable(tenant_id).filter(client__client_id=client_id), UUID, str
)
