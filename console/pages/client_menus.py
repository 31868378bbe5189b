"""What can be done with one client of the OAuth page: fetched when its row's menu is opened; a page without scripts."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import reach
from ..policy.roles import Permission
from .client_lookup import own_client
from .client_tabs import from_page
from .connection_lookup import foreign_connection
from .connection_standing import standing


@needs(Permission.READ_CONSOLE)
@require_safe
def of_client(request: PageRequest, client_id: str) -> HttpResponse:
    """The menu of an own client."""
    client = own_client(client_id)
    return _menu(
        request,
        "clients/client_menu.html",
        {"client": client, "tenants": reach.served(client).count()},
    )


@needs(Permission.READ_CONSOLE)
@require_safe
def of_connection(request: PageRequest, connection_id: int) -> HttpResponse:
    """The menu of another tenant's client."""
    connection = foreign_connection(connection_id)
    return _menu(
        request,
        "clients/connection_menu.html",
        {"client": connection.client, "connection": connection, "standing": standing(connection)},
    )


def _menu(request: PageRequest, menu: str, context: dict[str, Any]) -> HttpResponse:
    context |= {"may_manage": request.user.may(Permission.MANAGE_CLIENTS), "from": from_page(request)}
    if request.htmx:
        return render(request, menu, context)
    title = _("Actions for %(name)s") % {"name": context["client"].name}
    return render(
        request, "clients/menu.html", context | {"menu": menu, "title": title, "section": "clients"}
    )
