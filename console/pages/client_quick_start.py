"""The tab of a client's page: what an integrator copies into an application (P12)."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.addresses import AUTHORIZATION_SERVER_PATH, OPENID_PATH, region_issuer
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Tenant
from ..oauth.metadata import authorization_server_metadata
from ..policy.client_types import AuthMethod
from ..policy.roles import Permission
from . import configuration, starting_point
from .client_lookup import own_client
from .client_page import Tab, context_of
from .starting_point import Setting


@needs(Permission.READ_CONSOLE)
@require_safe
def quick_start(request: PageRequest, client_id: str) -> HttpResponse:
    """Code in `language` for a token of `api`, variables of the environment, and the addresses to begin with."""
    client = own_client(client_id)
    tenant = Tenant.objects.get(pk=current_tenant().pk)  # what is set up now has the canonical issuer
    context = context_of(request, client, Tab.QUICK_START) | starting_point.of(tenant, client, request.GET)
    context |= {
        "environment": starting_point.environment(tenant, client),
        "has_secret": client.allows_auth_method(AuthMethod.CLIENT_SECRET),
        "addresses": _addresses(tenant, for_region=configuration.for_region(client)),
        "endpoints": configuration.settings_of(tenant),
        "metadata": json.dumps(authorization_server_metadata(tenant), indent=2, ensure_ascii=False),
    }
    return render(request, "clients/quick_start.html", context)


def _addresses(tenant: Tenant, *, for_region: bool) -> list[Setting]:
    """Where libraries read everything else from (OpenID Connect Discovery §4, RFC 8414 §3)."""
    values = [
        ("discovery-openid", _("OpenID configuration"), tenant.issuer + OPENID_PATH),
        ("discovery-oauth", _("Authorization server metadata"), tenant.issuer + AUTHORIZATION_SERVER_PATH),
    ]
    if for_region:
        region = region_issuer() + AUTHORIZATION_SERVER_PATH
        values.append(("discovery-region", _("Metadata of the region"), region))
    return [Setting(*value) for value in values]
