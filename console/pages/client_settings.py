"""The tab of a client's page: The client’s settings, section by section (P12)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..policy.roles import Permission
from .client_lookup import own_client
from .client_page import Tab, context_of


@needs(Permission.READ_CONSOLE)
@require_safe
def settings(request: PageRequest, client_id: str) -> HttpResponse:
    """The client’s settings, section by section."""
    client = own_client(client_id)
    return render(request, "clients/settings.html", context_of(request, client, Tab.SETTINGS))
