"""The page of one of the tenant's own clients: what stands above its tabs, and the first of them (P12).

Every tab is an address of its own below the client's. A client of another tenant has the page of its connection.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Action, Client, Connection, reach
from ..policy.client_types import AuthMethod
from ..policy.consent_rules import ConsentMethod, suits
from ..policy.roles import Permission
from . import client_events, client_use, open_problems, posture
from .client_lookup import own_client
from .client_tabs import NAMES
from .client_tabs import Tab as Tab
from .connection_lookup import connections_to_others
from .connection_page import address_of


def context_of(request: PageRequest, client: Client, tab: Tab) -> dict[str, Any]:
    """The template context of a tab: templates/clients/page.html draws everything around it."""
    connected = reach.served(client).count()
    consent_method = client.own_consent_method
    return {
        "title": client.name,
        "section": "clients",
        "client": client,
        "tab": tab.value,
        "tab_name": NAMES[tab],
        "connected": connected,
        "open_problems": len(open_problems.of_own(client).open),
        "has_tenants": client.published_at is not None or connected > 0,
        "trusted": consent_method == ConsentMethod.TRUSTED,
        "needs_trust": not suits(consent_method, client.grant_types),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }


@needs(Permission.READ_CONSOLE)
@require_safe
def overview(request: PageRequest, client_id: str) -> HttpResponse:
    """What the client is, and how it is doing. Of another tenant's client this tenant has the connection's page."""
    try:
        client = own_client(client_id)
    except Http404:
        connection = _of_another_tenant(client_id)
        if connection is None:
            raise
        return redirect(address_of(connection))
    context = context_of(request, client, Tab.OVERVIEW) | client_use.context_of(client)
    context |= {
        "lately": client_events.latest(client),
        "posture": posture.of_client(client),
        "reach": reach.here(client, current_tenant()),
        "created_by": client_events.doer_of(client, Action.CLIENT_CREATED, client.created_at),
        "secrets": _secrets(client) if client.allows_auth_method(AuthMethod.CLIENT_SECRET) else None,
    }
    if client.disabled_at:
        context["disabled_by"] = client_events.doer_of(client, Action.CLIENT_DISABLED, client.disabled_at)
    if client.published_at:
        context["published_by"] = client_events.doer_of(client, Action.CLIENT_PUBLISHED, client.published_at)
    return render(request, "clients/overview.html", context)


def _of_another_tenant(client_id: str) -> Connection | None:
    """This tenant's connection to a client that it does not own; None if it has none."""
    if not client_id.isprintable():
        return None
    return connections_to_others().filter(client__client_id=client_id).first()


def _secrets(client: Client) -> dict[str, Any]:
    """The client's secrets in a few words: how many of how many, since when the oldest, how many were never used."""
    live = list(client.secrets.filter(removed_at=None).values_list("created_at", "last_used_at"))
    return {
        "number": len(live),
        "limit": settings.LIMITS["client_secrets"],
        "oldest": min((created_at for created_at, _last_used_at in live), default=None),
        "unused": sum(last_used_at is None for _created_at, last_used_at in live),
    }
