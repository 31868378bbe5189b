"""The tabs of a client's page, and where one goes back to from a dialog that was opened on it (P12)."""

from enum import StrEnum

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..http.requests import PageRequest
from ..models import Client
from . import fragments
from .client_lookup import back_to_list

FROM = "from"  # of the address of an act, where no script says on which page it was chosen


class Tab(StrEnum):
    """The tabs of an own client, each named as the address that it leads to."""

    OVERVIEW = "client"
    QUICK_START = "client_quick_start"
    SETTINGS = "client_settings"
    SECRETS = "secrets"
    SCOPES = "client_scopes"
    PEOPLE = "client_grants"
    TENANTS = "connected_tenants"
    PROBLEMS = "client_problems"
    ACTIVITY = "client_activity"


class OutsideTab(StrEnum):
    """Those of another tenant's client, likewise."""

    OVERVIEW = "connection"
    SCOPES = "connection_allowed"
    PEOPLE = "connection_grants"
    PROBLEMS = "connection_problems"
    ACTIVITY = "connection_activity"


NAMES: dict[str, Promise] = {
    Tab.OVERVIEW: _("Overview"),
    Tab.QUICK_START: _("Quick start"),
    Tab.SETTINGS: _("Settings"),
    Tab.SECRETS: _("Secrets"),
    Tab.SCOPES: _("Scopes"),
    Tab.PEOPLE: _("People"),
    Tab.TENANTS: _("Tenants"),
    Tab.PROBLEMS: _("Problems"),
    Tab.ACTIVITY: _("Activity"),
    OutsideTab.OVERVIEW: _("Overview"),
    OutsideTab.SCOPES: _("Scopes"),
    OutsideTab.PEOPLE: _("People"),
    OutsideTab.PROBLEMS: _("Problems"),
    OutsideTab.ACTIVITY: _("Activity"),
}
# Pages about more than one client, on which an act on one can be chosen.
OTHER_PAGES = frozenset({"console"})


def back_to(request: PageRequest, client: Client) -> str:
    """Where an act on an own client was chosen: a tab of its page, the list as it was searched, or the overview.

    htmx says so. Without a script the address of the act does, with `from=client`; otherwise it is the list.
    """
    current = fragments.current_address(request)
    if current is not None and _is_about(current, client):
        return current
    if current is None and request.GET.get(FROM) == Tab.OVERVIEW:
        return reverse(Tab.OVERVIEW, args=[client.client_id])
    return back_to_list(request)


def _is_about(address: str, client: Client) -> bool:
    try:
        found = resolve(address.split("?")[0])
    except Resolver404:
        return False
    of_client = found.url_name in set(Tab) and found.kwargs.get("client_id") == client.client_id
    return of_client or found.url_name in OTHER_PAGES


def from_page(request: HttpRequest) -> str:
    """What the addresses of acts say, chosen where `request` asks for their menu: "?from=client", or ""."""
    return f"?{FROM}={Tab.OVERVIEW}" if request.GET.get(FROM) == Tab.OVERVIEW else ""
