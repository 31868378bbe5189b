"""The clients and people that the filters of the audit log offer: a few that match, and the one that is meant."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from ...models import Connection, User

MOST = 20  # offered at a time
WITH_ID = re.compile(r".*\(([\x21-\x7e]+)\)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Choice:
    """A client or a person. `text` is what stands in the field when they are chosen, `also` says more about them."""

    pk: str
    text: str
    also: str = ""


def clients(text: str) -> list[Choice]:
    """Clients of the tenant with `text` in their name, by name; without a text those registered or connected last."""
    connections = _connections()
    if text:
        found = connections.filter(client__name__icontains=text).order_by("client__name", "pk")[:MOST]
    else:
        found = connections.order_by("-pk")[:MOST]
    return _told_apart(found)


def the_client(text: str) -> list[Choice]:
    """The client with this client ID, or those that are called exactly so. Several only if they share the name."""
    with_id = WITH_ID.fullmatch(text)
    client_id = with_id[1] if with_id else text
    either = {client_id, client_id.lower()}  # ours are in small letters, and may be written in others
    if found := _connections().filter(client__client_id__in=either)[:1]:
        name = found[0].client.name
        return _told_apart(found, shared=_connections().filter(client__name__iexact=name)[1:2].exists())
    return _told_apart(_connections().filter(client__name__iexact=text).order_by("pk")[:MOST])


def people(text: str) -> list[Choice]:
    """People of the tenant with `text` in their address or name, by address; then its clients, which act too."""
    users = User.objects.order_by("email")
    if text:
        users = users.filter(Q(email__icontains=text) | Q(name__icontains=text))
    found = _people(users[:MOST])
    return [*found, *clients(text)[: MOST - len(found)]] if text else found


def the_actors(text: str) -> list[Choice]:
    """Whoever is meant by exactly this: the person with the address, else the clients as in `the_client`."""
    return _people(User.objects.filter(email=text.lower())) or the_client(text)


def _people(users: Iterable[User]) -> list[Choice]:
    return [Choice(str(user.pk), user.email, user.name) for user in users]


def _connections() -> "QuerySet[Connection]":
    connections: QuerySet[Connection] = Connection.objects.select_related("client")
    return connections


def _told_apart(connections: "Iterable[Connection]", *, shared: bool = False) -> list[Choice]:
    """Clients by their names; those that share one with another also by their client ID."""
    found = [connection.client for connection in connections]
    names = [client.name.casefold() for client in found]
    return [
        Choice(str(client.pk), f"{client.name} ({client.client_id})")
        if shared or names.count(client.name.casefold()) > 1
        else Choice(str(client.pk), client.name, client.client_id)
        for client in found
    ]
