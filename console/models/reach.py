"""What an act on clients would touch now: tenants, people, sessions (N9). Counts only: no identity crosses a tenant.

The owner of a published client is told how many of other tenants' people it serves, so these look-ups cross tenants on
purpose.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from .client import Client
from .connection import Connection
from .tenant import Tenant
from .token_family import TokenFamily
from .user import User


@dataclass(frozen=True, slots=True)
class Reach:
    """How many tenants, people and sessions hold something live, and when it was last used.

    `more` says that there are more than these numbers: nobody waits until millions are counted.
    """

    tenants: int
    people: int
    sessions: int
    last_activity: datetime | None
    more: bool = False


NOTHING = Reach(0, 0, 0, None)
MOST = 1_000  # sessions that are counted: the page that asks before an end must not take long


def of_each(clients: Iterable[Client], tenant: Tenant | None = None) -> dict[int, Reach]:
    """client -> what it reaches: in one tenant, or in the whole region. One query, while there is little to count."""
    chosen = list(clients)
    families = _live().filter(client__in=chosen)
    if tenant is not None:
        families = families.filter(tenant=tenant)
    if len(chosen) == 1:
        return {chosen[0].pk: _counted(families)}
    some = TokenFamily._base_manager.filter(pk__in=families.order_by().values("pk")[: MOST + 1])
    rows: Any = some.order_by().values("client").annotate(**_NUMBERS)
    found = {row.pop("client"): Reach(**row) for row in rows}
    if sum(one.sessions for one in found.values()) > MOST:
        return {client.pk: _counted(families.filter(client=client)) for client in chosen}
    return found


def here(client: Client, tenant: Tenant) -> Reach:
    """What a client reaches in one tenant."""
    return _counted(_live().filter(client=client, tenant=tenant))


def of_person(person: User) -> Reach:
    """What a person has with applications."""
    return _counted(_live().filter(user=person, user_generation=person.generation))


def elsewhere(client: Client) -> Reach:
    """What a client reaches in the tenants that do not own it."""
    return _counted(_live().filter(client=client).exclude(tenant=client.tenant_id))


def _counted(families: "QuerySet[TokenFamily]") -> Reach:
    numbers: Any = families.order_by()[: MOST + 1].aggregate(**_NUMBERS)
    if numbers["sessions"] <= MOST:
        return Reach(**numbers)
    return Reach(**numbers | {"sessions": MOST}, more=True)


def last_used(found: Reach, moment: datetime | None) -> Reach:
    """The same, with an activity that no live session tells of: of machines, or of sessions that have ended."""
    known = [time for time in (found.last_activity, moment) if time is not None]
    return replace(found, last_activity=max(known, default=None))


def connected(client: Client) -> "QuerySet[Connection]":
    """The connections of other tenants to a client of this one, blocked ones too."""
    return Connection._base_manager.filter(client=client).exclude(tenant=client.tenant_id)


def served(client: Client) -> "QuerySet[Connection]":
    """The connections of other tenants that let the client in."""
    return connected(client).filter(status=Connection.Status.APPROVED)


def served_by_each(clients: Iterable[Client], owner: Tenant) -> dict[int, int]:
    """client -> how many tenants other than its owner let it in."""
    approved = Connection._base_manager.filter(client__in=list(clients), status=Connection.Status.APPROVED)
    numbers = approved.exclude(tenant=owner).order_by().values("client").annotate(number=Count("*"))
    return dict(numbers.values_list("client_id", "number"))


def _live() -> "QuerySet[TokenFamily]":
    return TokenFamily._base_manager.filter(ended_at=None, expires_at__gt=timezone.now())


_NUMBERS: dict[str, Any] = {
    "sessions": Count("pk"),
    "people": Count("user", distinct=True),
    "tenants": Count("tenant", distinct=True),
    "last_activity": Max("last_used_at"),
}
