"""Which client a page is about, and where its reader came from."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import Http404
from django.urls import reverse

from ..http.requests import PageRequest
from ..models import Client
from . import fragments


class Deleted(Http404):
    """This tenant had the client that the page is about: it has been deleted, perhaps a moment ago."""


def own_client(client_id: str, *, lock: bool = False) -> Client:
    """The live client of this tenant with this client ID; 404 for any other, whether or not it exists elsewhere.

    Raises Deleted, so that the 404 says so, if this tenant has deleted it.
    """
    if not client_id.isprintable():
        raise Http404
    clients = Client.objects.select_for_update(no_key=True) if lock else Client.objects.all()
    client: Client | None = clients.filter(client_id=client_id).first()
    if client is None:
        raise Deleted if Client.with_deleted.filter(client_id=client_id).exists() else Http404
    return client


@contextmanager
def client_to_change(request: PageRequest, client_id: str) -> Iterator[Client]:
    """The same client. Of a POST its row is locked to the end of the block: what was checked is what is changed."""
    if request.method != "POST":
        yield own_client(client_id)
        return
    with transaction.atomic():
        yield own_client(client_id, lock=True)


def back_to_list(request: PageRequest) -> str:
    """The list of clients, as it was searched and sorted when the dialog was opened above it."""
    address = reverse("clients")
    current = fragments.current_address(request) or ""
    return current if current.split("?")[0] == address else address
