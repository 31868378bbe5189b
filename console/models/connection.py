"""A tenant's relation to a client: whether its people may use it, how they consent, who approved it (S9, S10)."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy.consent_rules import ConsentMethod
from .event import Action, Actor, Event
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
    consent_method = models.CharField(_("consent method"), max_length=10, choices=Method.choices, default=Method.REQUIRED)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [models.UniqueConstraint(fields=["tenant", "client"], name="connection_of_tenant")]

    def __str__(self) -> str:
        return f"{self.tenant_id} – {self.client_id}"

    def client_here(self, tenant: Tenant) -> "Client":
        """The client, knowing the connection it was reached through."""
        self.tenant = tenant
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
