"""Clients that processes of an earlier release have registered: they get what the list is sorted by."""

from collections.abc import Iterator

from console.models import Client
from console.models.registered_client import WITHOUT_PLACE
from console.policy.natural_order import natural_key


def give(batch: int) -> Iterator[int]:
    """Gives the number of each batch. A client that is renamed meanwhile has got its place with its new name."""
    clients = Client.with_deleted_anywhere.filter(WITHOUT_PLACE)
    last, more = 0, True
    while more:
        found = list(clients.filter(pk__gt=last).order_by("pk").values_list("pk", "name")[:batch])
        if found:
            yield sum(clients.filter(pk=pk).update(sort_key=natural_key(name)) for pk, name in found)
            last = found[-1][0]
        more = len(found) == batch
