"""The tab of a client's page: what happened to the client and by it, refusals first (P12)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..policy.roles import Permission
from . import client_events
from .client_lookup import own_client
from .client_page import Tab, context_of
from .client_tabs import OutsideTab
from .connection_lookup import foreign_connection
from .connection_page import tab_context


@needs(Permission.READ_CONSOLE)
@require_safe
def activity(request: PageRequest, client_id: str) -> HttpResponse:
    """The events of this tenant about one of its clients."""
    client = own_client(client_id)
    context = context_of(request, client, Tab.ACTIVITY) | {"around": "clients/page.html"}
    return render(request, "clients/activity.html", context | client_events.page(request, client))


@needs(Permission.READ_CONSOLE)
@require_safe
def of_connection(request: PageRequest, connection_id: int) -> HttpResponse:
    """The same for a client of another tenant: what happened with it here."""
    connection = foreign_connection(connection_id)
    context = tab_context(request, connection, OutsideTab.ACTIVITY) | {"around": "connections/page.html"}
    return render(request, "clients/activity.html", context | client_events.page(request, connection.client))
