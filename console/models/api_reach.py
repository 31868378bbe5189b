"""Which clients have scopes of an API: what an act on it would touch (N9, P10).

The owner of a published API is told how many clients of how many other tenants have its scopes, so that look-up crosses
tenants on purpose. Numbers only: neither the clients nor the tenants are named.
"""

from dataclasses import dataclass

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from ..policy import scopes
from .api import Api
from .client import Client

MOST = 1_000  # clients of other tenants that are counted


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How many clients, of how many other tenants, have scopes of an API. `more`: there are more than these."""

    clients: int
    tenants: int
    more: bool = False


def clients_here(api: Api) -> "QuerySet[Client]":
    """The live clients of the API's own tenant that have scopes of it, by name."""
    here: QuerySet[Client] = Client.objects.order_by("name", "client_id")
    return _having_scopes_of(api, here)


def elsewhere(api: Api) -> Elsewhere:
    """The live clients of other tenants that have scopes of it; they can have them while it is published."""
    others = Client.with_deleted_anywhere.filter(deleted_at=None).exclude(tenant=api.tenant_id)
    found = list(_having_scopes_of(api, others).order_by().values_list("tenant", flat=True)[: MOST + 1])
    return Elsewhere(min(len(found), MOST), len(set(found[:MOST])), more=len(found) > MOST)


def _having_scopes_of(api: Api, clients: "QuerySet[Client]") -> "QuerySet[Client]":
    """The list of scopes is looked at as it is written: an identifier has no character that JSON would write otherwise,
    and both databases compare texts alike."""
    written = clients.annotate(written_scopes=Cast("allowed_scopes", TextField()))
    return written.filter(written_scopes__contains=f'"{api.identifier}{scopes.OF_API}')
