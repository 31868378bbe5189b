"""What a tenant allows clients that no organisation registered: whether a metadata document can bring one (Q9)."""

from collections.abc import Iterable

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from ..policy import registration_rules, scopes
from ..policy.consent_rules import ConsentMethod
from ..policy.effective_client import EffectiveClient
from ..policy.metadata_documents import USUAL_SCOPES, host_of
from . import approval
from .action import Action
from .actor import Actor
from .connection import NotPublished
from .event import Event
from .tenant import Tenant
from .tenant_owned import TenantOwned

MOST_HOSTS = 100


def _usual_scopes() -> list[str]:
    return list(USUAL_SCOPES)


class OutsidePolicy(TenantOwned):
    """A tenant's decision; one that has not decided asks its administrators about each client.

    It counts for first contacts. A client that is connected stays, until its connection is blocked or removed.
    """

    class Documents(models.TextChoices):
        OFF = "off", _("Not allowed")
        ASK = "ask", _("Allowed after approval")

    documents = models.CharField(max_length=10, choices=Documents.choices, default=Documents.ASK)
    # Hosts whose documents are connected without asking anybody, and what their clients may do at most.
    allowed_hosts = models.JSONField(default=list)
    ceiling = models.JSONField(default=_usual_scopes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="outside_policy_of_tenant")]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.documents}"

    @classmethod
    def of(cls, tenant: Tenant) -> "OutsidePolicy":
        """What `tenant` has decided, or what holds as long as it has not."""
        return cls._base_manager.filter(tenant=tenant).first() or cls(tenant=tenant)

    @property
    def takes_documents(self) -> bool:
        """Whether a client that nobody here knows can come with a metadata document."""
        return self.documents != self.Documents.OFF

    @classmethod
    def takes_documents_in(cls, tenant: Tenant) -> bool:
        """The same of a tenant, if the region has documents at all: what its metadata says (RFC 8414)."""
        return bool(settings.METADATA_DOCUMENTS) and cls.of(tenant).takes_documents

    @classmethod
    def decide(
        cls,
        tenant: Tenant,
        *,
        by: Actor,
        documents: str,
        allowed_hosts: Iterable[str],
        ceiling: Iterable[str],
    ) -> bool:
        """Writes what the tenant decides from now on. False if it is what it was."""
        facts = {
            "documents": documents,
            "allowed_hosts": list(dict.fromkeys(allowed_hosts)),
            "ceiling": scopes.in_order(ceiling),
        }
        with transaction.atomic():
            tenant.lock()
            row = cls.of(tenant)
            changes = {
                name: [getattr(row, name), value]
                for name, value in facts.items()
                if getattr(row, name) != value
            }
            if not changes:
                return False
            for name, value in facts.items():
                setattr(row, name, value)
            row.save()
            Event.record(tenant, Action.OUTSIDE_CLIENTS_DECIDED, by=by, target=tenant, changes=changes)
        return True

    def connect(self, client: EffectiveClient, *, by: Actor) -> bool:
        """Connects a client of an allowed host, which nobody has decided about, within the ceiling of scopes.

        `by` is the person who came with it. False if somebody must be asked.
        """
        if not self.takes_documents or host_of(client.client_id) not in self.allowed_hosts:
            return False
        if registration_rules.short_schemes(client.registration):
            return False  # nothing proves such a scheme: a person must confirm it (RFC 8252 §8.6)
        allowed = scopes.common(client.terms.scopes, self.ceiling)
        if client.terms.scopes and not allowed:
            return False
        try:
            approval.approve(
                self.tenant,
                client,
                by=by,
                consent_method=ConsentMethod.REQUIRED.value,
                allowed=allowed,
                terms=client.terms,
                without_asking=True,
            )
        except NotPublished:
            return False
        return True
