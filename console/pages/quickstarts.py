"""Starting points for building a client in the popular languages, filled in with a client's own values (S14, P7).

Of a client that has scopes of an API, the code asks for a token for it (P10): `resource` names the API, and so do its
scopes, for libraries that cannot send `resource`.
"""

import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..http.addresses import AUTHORIZE_PATH, DEVICE_AUTHORIZATION_PATH, JWKS_PATH, TOKEN_PATH
from ..models import Api, Client, Tenant
from ..policy import apis, scopes
from ..policy.client_types import AuthMethod, ClientType, GrantType

LANGUAGES: dict[str, Promise | str] = {
    "python": "Python",
    "javascript-server": _("JavaScript (server)"),
    "javascript-browser": _("JavaScript (browser)"),
    "csharp": "C#",
    "java": "Java",
    "go": "Go",
    "curl": "curl",
}
API_PATH = "/api/v1/users/me"


@dataclass(frozen=True, slots=True)
class Quickstart:
    """Code in one language for one client."""

    language: str
    title: str
    code: str


def languages(client: Client) -> dict[str, Promise | str]:
    """The languages that suit the type of client: a page in a browser has one, a server has no use for that one, and
    what a device does that has no browser is shown in one."""
    if client.works_on_devices and not client.redirect_uris:
        return {"curl": LANGUAGES["curl"]}
    if client.type == ClientType.SPA:
        return {key: LANGUAGES[key] for key in ("javascript-browser", "curl")}
    return {key: title for key, title in LANGUAGES.items() if key != "javascript-browser"}


def auth_method(client: Client) -> str:
    """How the client authenticates at the token endpoint, by its registered name (RFC 7591 §2)."""
    if not client.confidential:
        return "none"
    secret = client.allows_auth_method(AuthMethod.CLIENT_SECRET)
    return "client_secret_basic" if secret else "private_key_jwt"


def quickstart(tenant: Tenant, client: Client, language: str, api: Api | None = None) -> Quickstart:
    """The starting point in `language`, one of `languages(client)`, for tokens of `api`; None is the product's own API.

    The secret is a placeholder, always.
    """
    own = client.machine_only and client.allows_grant_type(GrantType.CLIENT_CREDENTIALS)
    redirect_uri = next(iter(client.redirect_uris), "https://app.example.com/callback")
    values = {
        "issuer": tenant.issuer,
        "authorization_endpoint": tenant.issuer + AUTHORIZE_PATH,
        "token_endpoint": tenant.issuer + TOKEN_PATH,
        "device_authorization_endpoint": tenant.issuer + DEVICE_AUTHORIZATION_PATH,
        "jwks_uri": tenant.issuer + JWKS_PATH,
        "client_id": client.client_id,
        "client_secret": gettext("<client secret>"),
        "client_type": client.type,
        "machine": own,
        "auth_method": auth_method(client),
        "redirect_uri": redirect_uri,
        "id_token_algorithm": client.algorithm,
        **_local_server(redirect_uri),
        **_target(tenant, client, api),
    }
    by_code = language == "curl" and client.works_on_devices
    flow = "machine" if own else "device" if by_code else "code_flow"
    code = render_to_string(f"quickstarts/{flow}/{language}.txt", values)
    # The template is code and escapes nothing. strip() also makes it ordinary text, which the page does escape.
    return Quickstart(language, str(LANGUAGES[language]), code.strip())


def _target(tenant: Tenant, client: Client, api: Api | None) -> dict[str, str]:
    """What the token is for: the API that is called, its scopes, and `resource` (RFC 8707), "" if it is not needed."""
    if api is None:
        here = apis.of_api(client.allowed_scopes, apis.CATALOGUE)
        return {"api_url": tenant.issuer + API_PATH, "scope": scopes.join(here), "resource": ""}
    address = api.identifier if apis.host(api.identifier) else "https://api.example.com/"
    return {
        "api_url": address,
        "api_url_in_shell": shlex.quote(address),
        "scope": scopes.join(apis.of_api(client.allowed_scopes, api.identifier)),
        "resource": api.identifier,
    }


def _local_server(redirect_uri: str) -> dict[str, Any]:
    """Where the code must listen for a redirect URL on this machine; nothing for one that a proxy leads to it."""
    parts = urlsplit(redirect_uri)
    if parts.scheme != "http" or parts.port is None:
        return {}
    return {"local_port": parts.port, "local_origin": f"http://{parts.netloc}"}
