"""Which client a page is about, and where its reader came from."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from ..models import Client
from ..requests import PageRequest
from . import fragments


def own_client(client_id: str, *, lock: bool = False) -> Client:
    """The live client of this tenant with this client ID; 404 for any other, whether or not it exists elsewhere."""
    if not client_id.isprintable():
        raise Http404
    clients = Client.objects.select_for_update(no_key=True) if lock else Client.objects.all()
    client: Client = get_object_or_404(clients, client_id=client_id)
    return client


def back_to_list(request: PageRequest) -> str:
    """The list of clients, as it was searched and sorted when the dialog was opened above it."""
    address = reverse("clients")
    current = fragments.current_address(request) or ""
    return current if current.split("?")[0] == address else address
