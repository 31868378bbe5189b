"""What an integrator copies for one client: code in a language, settings, and variables of the environment (S14, P12).

Shown in *View OAuth configuration* and on the *Quick start* tab of the client's page.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from ..models import Api, Client, Tenant
from ..policy import scopes
from ..policy.client_types import AuthMethod
from . import api_words
from .quickstarts import languages, quickstart

SHOWN_OF_NAME = 40  # characters of an API's name beside its identifier
PLAIN = re.compile(r"[\w.:/@%+,=?&~-]*", re.ASCII)  # what a shell and a .env file take without quotes


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


def of(tenant: Tenant, client: Client, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The template context of configuration/starting_point.html. `asked` is the query: `language`, and the `api` that
    the code asks for a token for; what does not suit the client is as if it was not asked for."""
    suitable = languages(client)
    language = asked.get("language", "")
    language = language if language in suitable else next(iter(suitable))
    resources = api_words.resources(tenant, client.allowed_scopes)
    wanted = asked.get("api", "")
    api = next((one for one in resources if one.identifier == wanted), None)
    if api is None and "api" not in asked:
        api = next(iter(resources), None)
    return {
        "languages": suitable,
        "targets": _targets(resources, api),
        "target": (api.identifier if api else "") if resources else None,
        "quickstart": quickstart(tenant, client, language, api),
        "client_settings": _client_settings(client, resources),
    }


def environment(tenant: Tenant, client: Client, secret: str = "") -> str:
    """The client as lines of a .env file: NAME=value, quoted where a shell or a reader of such files needs it.

    `secret` is the one that has just been made; without it a placeholder stands there, if the client has one at all.
    """
    values = {"ISSUER": tenant.issuer, "CLIENT_ID": client.client_id}
    if client.allows_auth_method(AuthMethod.CLIENT_SECRET):
        values["CLIENT_SECRET"] = secret or _("<client secret>")
    if client.redirect_uris:
        values["REDIRECT_URI"] = client.redirect_uris[0]
    if client.allowed_scopes:
        values["SCOPES"] = scopes.join(client.allowed_scopes)
    return "\n".join(f"{name}={_quoted(value)}" for name, value in values.items())


def _quoted(value: str) -> str:
    if PLAIN.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    return '"' + re.sub(r'(["\\$`])', r"\\\1", value) + '"'


def _targets(resources: Sequence[Api], chosen: Api | None) -> list[Target]:
    """The APIs that the code can ask for a token for; none if there is nothing to choose."""
    if not resources:
        return []
    here = Target("", _("This server"), chosen is None)
    return [*(Target(api.identifier, api.name, api == chosen) for api in resources), here]


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
