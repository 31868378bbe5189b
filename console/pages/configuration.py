"""*View OAuth configuration* (S11): the tenant's metadata to copy, and a starting point for a client (S14)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.addresses import AUTHORIZATION_SERVER_PATH, OPENID_PATH, region_issuer
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Api, Client, Tenant
from ..oauth.metadata import authorization_server_metadata, openid_configuration
from ..policy.roles import Permission
from . import api_words, fragments
from .client_lookup import own_client
from .quickstarts import languages, quickstart

SHOWN_OF_NAME = 40  # characters of an API's name beside its identifier
MOST = 200  # clients among which one is chosen here; any other is reached from its own menu


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the page: what other software calls it, and what to copy there. `id` is unique on the page."""

    id: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Target:
    """What the code asks for a token for; the `identifier` of the product's own API is ""."""

    identifier: str
    name: str
    chosen: bool


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
        "settings": _settings(tenant),
        "clients": clients[:MOST],
        "most": MOST if len(clients) > MOST else 0,
        "unlisted": chosen if chosen not in clients[:MOST] else None,
        "chosen": chosen,
        "region_address": region_issuer() + AUTHORIZATION_SERVER_PATH if _for_region(chosen) else "",
    }
    if chosen:
        suitable = languages(chosen)
        language = request.GET.get("language", "")
        language = language if language in suitable else next(iter(suitable))
        resources = api_words.resources(tenant, chosen.allowed_scopes)
        wanted = request.GET.get("api", "")
        api = next((one for one in resources if one.identifier == wanted), None)
        if api is None and "api" not in request.GET:
            api = next(iter(resources), None)
        context |= {
            "languages": suitable,
            "targets": _targets(resources, api),
            "target": (api.identifier if api else "") if resources else None,
            "quickstart": quickstart(tenant, chosen, language, api),
            "client_settings": _client_settings(chosen, resources),
        }
    return fragments.dialog(request, "configuration/configuration.html", context)


def _targets(resources: Sequence[Api], chosen: Api | None) -> list[Target]:
    """The APIs that the code can ask for a token for; none if there is nothing to choose."""
    if not resources:
        return []
    here = Target("", _("This server"), chosen is None)
    return [*(Target(api.identifier, api.name, api == chosen) for api in resources), here]


def _settings(tenant: Tenant) -> list[Setting]:
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


def _client_settings(client: Client, resources: Sequence[Api]) -> list[Setting]:
    """What the owner has registered, for the settings of the application."""
    addresses = [
        *(
            (f"redirect-url-{number}", _("Redirect URL"), url)
            for number, url in enumerate(client.redirect_uris)
        ),
        *(
            (f"sign-out-url-{number}", _("Sign-out URL"), url)
            for number, url in enumerate(client.post_logout_redirect_uris)
        ),
    ]
    values = [
        ("configuration-client-id", _("Client ID"), client.client_id),
        *addresses,
        ("client-scopes", _("Scopes"), " ".join(client.allowed_scopes)),
        *(
            (f"resource-{number}", _("resource, for %(api)s") % {"api": _shortened(api.name)}, api.identifier)
            for number, api in enumerate(resources)
        ),
        ("client-algorithm", _("ID token signature"), client.algorithm),
    ]
    return [Setting(*value) for value in values if value[2]]


def _shortened(name: str) -> str:
    return str(Truncator(name).chars(SHOWN_OF_NAME))


def _for_region(chosen: Client | None) -> bool:
    """Whether the region's document matters: to a published client, for people of every tenant (S6, S8)."""
    if chosen:
        return chosen.published_at is not None
    return bool(Client.objects.filter(published_at__isnull=False).exists())
