"""Finding a page, a client or a person by name, from everywhere in the console (P7)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Client, Connection, User
from ..models.outside_connections import OUTSIDE
from ..models.user import CALLED
from ..policy.roles import Permission
from . import fragments
from .posture_words import page_of
from .word_search import MemberSearch, WordSearch

MOST = 6  # clients, and people
# Name of the address -> what the page is called, and its icon.
PAGES: dict[str, tuple[str | Promise, str]] = {
    "console": (gettext_lazy("Overview"), "overview"),
    "clients": (gettext_lazy("OAuth"), "key"),
    "apis": (gettext_lazy("APIs"), "code"),
    "connection_requests": (gettext_lazy("Requests"), "mail"),
    "registration_policy": (gettext_lazy("Registration"), "plus"),
    "outside_clients": (gettext_lazy("Outside clients"), "globe"),
    "clients_deleted": (gettext_lazy("Deleted clients"), "trash"),
    "configuration": (gettext_lazy("OAuth configuration"), "code"),
    "members": (gettext_lazy("People"), "users"),
    "invitations": (gettext_lazy("Invitations"), "mail"),
    "groups": (gettext_lazy("Groups"), "users"),
    "posture": (gettext_lazy("Posture"), "shield"),
    "tenant_settings": (gettext_lazy("Settings"), "settings"),
    "events": (gettext_lazy("Audit log"), "log"),
    "account_applications": (gettext_lazy("Connected applications"), "apps"),
    "account": (gettext_lazy("Your account"), "user"),
    "time_zone": (gettext_lazy("Time zone"), "clock"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What was found: where it is, what it is called, and a second line, "" if there is none."""

    address: str
    name: str
    icon: str
    detail: str = ""


class ClientNames(WordSearch):
    """Own clients by parts of their name or client ID."""

    columns = ("name", "client_id")


class OutsideNames(WordSearch):
    """Those of others, by their connections."""

    columns = ("client__name", "client__client_id")


@needs(Permission.READ_CONSOLE)
@require_safe
def find(request: PageRequest) -> HttpResponse:
    """A field to type in, and what fits: pages at once, clients and people when something was typed."""
    search = MemberSearch(request.GET)
    context: dict[str, Any] = {
        "title": _("Go to"),
        "search": search,
        "groups": [group for group in _groups(request, search) if group[1]],
    }
    return fragments.dialog(request, "find/find.html", context)


def _groups(request: PageRequest, search: MemberSearch) -> list[tuple[str, list[Place]]]:
    if not search.text:
        return [(_("Pages"), _pages(""))]
    return [
        (_("Clients"), _clients(request)),
        (_("Pages"), _pages(search.text)),
        (_("People"), _people(search)),
    ]


def _pages(text: str) -> list[Place]:
    wanted = text.casefold()
    return [
        Place(reverse(name), str(title), icon)
        for name, (title, icon) in PAGES.items()
        if wanted in str(title).casefold()
    ]


def _clients(request: PageRequest) -> list[Place]:
    """Own clients in the order of their list, then those of others. Read apart: each has an index that ends early."""
    own = ClientNames(request.GET).find(Client.objects.all()).order_by("sort_key", "pk")[:MOST]
    places = [
        Place(reverse("client", args=[one.client_id]), one.name, one.type, one.client_id) for one in own
    ]
    outside: Any = Connection.objects.filter(OUTSIDE, client__deleted_at=None).select_related("client")
    found = OutsideNames(request.GET).find(outside).order_by("pk")[: MOST - len(places)]
    return places + [
        Place(page_of(one), one.client.name, one.client.type, one.client.client_id) for one in found
    ]


def _people(search: MemberSearch) -> list[Place]:
    found = search.find(User.objects.all()).order_by(CALLED, "pk")[:MOST]
    return [Place(reverse("member", args=[one.pk]), one.display_name, "user", one.email) for one in found]
