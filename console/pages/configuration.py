"""*View OAuth configuration* (S11): the tenant's metadata to copy, and a starting point for a client (S14)."""

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..access import needs
from ..metadata import AUTHORIZATION_SERVER_PATH, authorization_server_metadata, region_issuer
from ..models import Client, Tenant
from ..policy.roles import Permission
from ..requests import PageRequest
from ..tenancy import current_tenant
from . import fragments
from .quickstarts import languages, quickstart


@needs(Permission.READ_CONSOLE)
@require_safe
def configuration(request: PageRequest) -> HttpResponse:
    """The configuration as a snippet and as an address; with `client`, code in `language` with that client's values."""
    clients = list(Client.objects.order_by("name", "client_id"))
    chosen = _chosen(clients, request.GET.get("client", ""))
    tenant = Tenant.objects.get(pk=current_tenant().pk)  # what is set up now has the canonical issuer
    context: dict[str, Any] = {
        "title": _("OAuth configuration"),
        "section": "clients",
        "metadata": json.dumps(authorization_server_metadata(tenant), indent=2, ensure_ascii=False),
        "address": tenant.issuer + AUTHORIZATION_SERVER_PATH,
        "clients": clients,
        "chosen": chosen,
        "region_address": region_issuer() + AUTHORIZATION_SERVER_PATH if _for_region(clients, chosen) else "",
    }
    if chosen:
        suitable = languages(chosen)
        language = request.GET.get("language", "")
        language = language if language in suitable else next(iter(suitable))
        context |= {"languages": suitable, "quickstart": quickstart(tenant, chosen, language)}
    return fragments.dialog(request, "configuration/configuration.html", context)


def _for_region(clients: list[Client], chosen: Client | None) -> bool:
    """Whether the region's document matters: to a published client, for people of every tenant (S6, S8)."""
    return any(client.published_at for client in ([chosen] if chosen else clients))


def _chosen(clients: list[Client], client_id: str) -> Client | None:
    """The client with this ID, None if none was asked for; 404 for one that this tenant does not own."""
    if not client_id:
        return None
    for client in clients:
        if client.client_id == client_id:
            return client
    raise Http404
