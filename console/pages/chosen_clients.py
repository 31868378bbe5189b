"""The clients that a person has chosen in the list: own ones, and connections to those of other tenants."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Client, Connection
from . import fragments
from .client_lookup import back_to_list

MOST = 100  # clients at once: each is changed in a transaction of its own, while the person waits


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose: own clients, connections to others', and how many of both no longer exist."""

    clients: list[Client]
    connections: list[Connection]
    gone: int

    @classmethod
    def of(cls, asked: Iterable[str]) -> "Chosen":
        """Finds what has these client IDs. 404 if nothing has, and no deleted client of this tenant had."""
        ids = {value for value in asked if value.isprintable()}
        clients = list(Client.objects.filter(client_id__in=ids).order_by("sort_key", "pk"))
        foreign = Connection.objects.filter(client__client_id__in=ids).exclude(
            client__tenant=current_tenant()
        )
        connections = list(
            foreign.select_related("client__tenant", "tenant").order_by("client__sort_key", "pk")
        )
        found = len(clients) + len(connections)
        if not found and not Client.with_deleted.filter(client_id__in=ids).exists():
            raise Http404
        return cls(clients, connections, len(set(asked)) - found)

    def __len__(self) -> int:
        return len(self.clients) + len(self.connections)


def asked(request: PageRequest) -> list[str]:
    """The client IDs that were chosen."""
    return (request.POST if request.method == "POST" else request.GET).getlist("client")


def refused(request: PageRequest, ids: list[str], nothing: str) -> HttpResponse | None:
    """Leads back to the list, and says why, if no client was chosen (with the sentence `nothing`) or too many."""
    if not ids:
        return back(request, nothing)
    if len(set(ids)) > MOST:
        return back(request, _("Choose at most %(number)d clients at once.") % {"number": MOST})
    return None


def back(request: PageRequest, sentence: str) -> HttpResponse:
    """The list again, which says the sentence."""
    messages.info(request, sentence)
    return fragments.done(request, back_to_list(request))


def already_gone(number: int) -> str:
    """So many of those that were chosen had been deleted before."""
    return ngettext(
        "%(number)d had already been deleted.", "%(number)d had already been deleted.", number
    ) % {"number": number}
