"""The tab of a client's page: What happened to the client and by it (P12)."""

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
def activity(request: PageRequest, client_id: str) -> HttpResponse:
    """What happened to the client and by it."""
    client = own_client(client_id)
    return render(request, "clients/activity.html", context_of(request, client, Tab.ACTIVITY))
