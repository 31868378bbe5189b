"""What the pages and dialogs of one connection show alike, and what they answer when it has been removed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ..http.requests import PageRequest
from ..models import Connection, NotConnected, Reach, reach
from ..policy.roles import Permission
from . import fragments
from .client_tabs import NAMES, OutsideTab
from .connection_standing import standing

Given = ParamSpec("Given")


def context_of(request: PageRequest, connection: Connection, title: str) -> dict[str, Any]:
    """The template context of a page or dialog with this title about the connection."""
    return {
        "title": title,
        "section": "clients",
        "connection": connection,
        "client": connection.client,
        "publisher": connection.client.publisher,
        "standing": standing(connection),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }


def tab_context(request: PageRequest, connection: Connection, tab: OutsideTab) -> dict[str, Any]:
    """The template context of a tab: templates/connections/page.html draws everything around it."""
    return context_of(request, connection, connection.client.name) | {
        "tab": tab.value,
        "tab_name": NAMES[tab],
    }


def reach_of(connection: Connection) -> Reach:
    """Whom the client serves in this tenant, and when it was last active here (N9)."""
    return reach.last_used(reach.here(connection.client, connection.tenant), connection.last_used_at)


def address_of(connection: Connection) -> str:
    """The address of the connection's page."""
    return reverse("connection", args=[connection.pk])


def while_connected(
    view: Callable[Concatenate[PageRequest, Given], HttpResponse],
) -> Callable[Concatenate[PageRequest, Given], HttpResponse]:
    """A view that changes a connection. If that has been removed meanwhile, a message says that nothing was changed."""

    @wraps(view)
    def told(request: PageRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotConnected:
            messages.warning(request, _("Someone else has removed this connection. Nothing was changed."))
            return fragments.done(request, reverse("clients"))

    return told
