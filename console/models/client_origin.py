"""Which origins a client lists, one row each, so that one index answers whether a page may call (Q5 allowed origins).

The list itself is `Client.allowed_origins`; the rows follow it in the verbs that change it.
"""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..policy.publication import Terms
from ..policy.redirect_uris import MAX_LENGTH
from .connection import Connection
from .tenant import Tenant

if TYPE_CHECKING:
    from .client import Client


class ClientOrigin(models.Model):
    """One origin of one client. Read across tenants: a published client is called from pages in every tenant."""

    client = models.ForeignKey("console.Client", on_delete=models.CASCADE, related_name="origins")
    origin = models.CharField(max_length=MAX_LENGTH)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "client"], name="client_origin")]

    def __str__(self) -> str:
        return self.origin

    @classmethod
    def keep(cls, client: "Client") -> None:
        """Makes the rows what the client lists now. Called inside the verb that changes the list."""
        kept = cls.objects.filter(client=client)
        kept.exclude(origin__in=client.allowed_origins).delete()
        listed = set(kept.values_list("origin", flat=True))
        ClientOrigin.objects.bulk_create(
            ClientOrigin(client=client, origin=origin)
            for origin in dict.fromkeys(client.allowed_origins)
            if origin not in listed
        )

    @classmethod
    def counts_in(cls, tenant: Tenant, origin: str) -> bool:
        """Whether an enabled client that `tenant` is connected to lists `origin`.

        Of another tenant's client only what `tenant` approved counts: an origin is a place that tokens can be fetched
        from, and its publisher may have added it since.
        """
        here = (
            Connection.usable(tenant.pk)
            .filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), client__disabled_at=None)
            .filter(client__origins__origin=origin)
        )
        if here.filter(client__tenant=tenant).exists():
            return True
        foreign = here.exclude(client__tenant=tenant).values_list("terms", flat=True)
        return any(Terms.stored(terms).include_origin(origin) for terms in foreign)

    @classmethod
    def counts_in_region(cls, origin: str) -> bool:
        """Whether an enabled client that tenants other than its owner may use lists `origin`. One that registered
        itself in a tenant says nothing about the region."""
        shared = Q(client__published_at__isnull=False) | Q(client__stays_connected=True)
        listed = cls.objects.filter(shared, origin=origin)
        listed = listed.filter(client__deleted_at=None, client__disabled_at=None)
        return listed.filter(client__only_in=None).exists()
