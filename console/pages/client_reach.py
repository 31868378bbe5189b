"""What ends with a client, counted before an administrator confirms it (N9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from ..http.tenancy import current_tenant
from ..models import Client, ClientSecret, Connection, Reach, reach


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends when this tenant deletes or disables its client: also in `tenants` others, and `secrets` of it."""

    client: Client
    reach: Reach
    tenants: int
    secrets: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """What ends in this tenant when it removes its connection to a client of another one."""

    client: Client
    reach: Reach


def endings(clients: Sequence[Client]) -> list[Ending]:
    """What ends with each of these clients of this tenant, in the same order."""
    reaches = reach.of_each(clients)
    tenants = reach.served_by_each(clients, current_tenant())
    secrets = ClientSecret.objects.filter(client__in=clients, removed_at=None).order_by().values("client")
    numbers = {row["client"]: row["number"] for row in secrets.annotate(number=Count("pk"))}
    return [
        Ending(
            client,
            reach.last_used(reaches.get(client.pk, reach.NOTHING), client.last_used_at),
            tenants=tenants.get(client.pk, 0),
            secrets=numbers.get(client.pk, 0),
        )
        for client in clients
    ]


def leavings(connections: Sequence[Connection]) -> list[Leaving]:
    """What ends with each of these connections, in the same order."""
    reaches = reach.of_each([connection.client for connection in connections], current_tenant())
    return [
        Leaving(
            connection.client,
            reach.last_used(reaches.get(connection.client_id, reach.NOTHING), connection.last_used_at),
        )
        for connection in connections
    ]
