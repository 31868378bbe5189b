"""*View OAuth configuration* (S11): the tenant's metadata to copy, and a starting point for a client (S14)."""

import json
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.addresses import AUTHORIZATION_SERVER_PATH, OPENID_PATH, region_issuer
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Client, Tenant
from ..oauth.metadata import authorization_server_metadata, openid_configuration
from ..policy.roles import Permission
from . import fragments, starting_point
from .client_lookup import own_client
from .starting_point import Setting

MOST = 200  # clients among which one is chosen here; any other is reached from its own menu


@needs(Permission.READ_CONSOLE)
@require_safe
def configuration(request: PageRequest) -> HttpResponse:
    """The configuration as a snippet and as an address; with `client`, code in `language` with that client's values."""
    wanted = request.GET.get("client", "")
    chosen = own_client(wanted) if wanted else None
    clients = list(Client.objects.order_by("name", "client_id")[: MOST + 1])
    tenant = Tenant.objects.get(pk=current_tenant().pk)  # what is set up now has the canonical issuer
    context: dict[str, Any] = {
        "title": _("OAuth configuration"),
        "section": "clients",
        "metadata": json.dumps(authorization_server_metadata(tenant), indent=2, ensure_ascii=False),
        "settings": settings_of(tenant),
        "clients": clients[:MOST],
        "most": MOST if len(clients) > MOST else 0,
        "unlisted": chosen if chosen not in clients[:MOST] else None,
        "chosen": chosen,
        "region_address": region_issuer() + AUTHORIZATION_SERVER_PATH if for_region(chosen) else "",
    }
    if chosen:
        context |= starting_point.of(tenant, chosen, request.GET)
    return fragments.dialog(request, "configuration/configuration.html", context)


def settings_of(tenant: Tenant) -> list[Setting]:
    """What every client of the tenant needs, in the order in which other software asks for it."""
    published = openid_configuration(tenant)
    values = [
        ("issuer", _("Issuer"), published["issuer"]),
        ("openid-address", _("OpenID configuration"), tenant.issuer + OPENID_PATH),
        ("metadata-address", _("Authorization server metadata"), tenant.issuer + AUTHORIZATION_SERVER_PATH),
        ("authorization-endpoint", _("Authorization endpoint"), published["authorization_endpoint"]),
        ("token-endpoint", _("Token endpoint"), published["token_endpoint"]),
        ("userinfo-endpoint", _("User info endpoint"), published["userinfo_endpoint"]),
        ("jwks-address", _("Signing keys (JWKS)"), published["jwks_uri"]),
        ("sign-out-endpoint", _("Sign-out endpoint"), published["end_session_endpoint"]),
        ("revocation-endpoint", _("Revocation endpoint"), published["revocation_endpoint"]),
        ("introspection-endpoint", _("Introspection endpoint"), published["introspection_endpoint"]),
    ]
    return [Setting(*value) for value in values]


def for_region(chosen: Client | None) -> bool:
    """Whether the region's document matters: to a published client, for people of every tenant (S6, S8)."""
    if chosen:
        return chosen.published_at is not None
    return bool(Client.objects.filter(published_at__isnull=False).exists())
