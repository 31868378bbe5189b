"""How an API checks the tokens it is sent: code in the popular languages, filled in with the API's values (P10)."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..http.addresses import INTROSPECT_PATH, JWKS_PATH
from ..models import Api, Tenant
from ..policy import protected_resources

LANGUAGES: dict[str, Promise | str] = {
    "python": "Python",
    "javascript": _("JavaScript (server)"),
    "java": "Java",
    "csharp": "C#",
    "go": "Go",
    "nginx": "nginx",
    "apache": "Apache",
}
EXAMPLE_SCOPE = "read"


@dataclass(frozen=True, slots=True)
class Guide:
    """What the developer of an API copies."""

    language: str
    title: str
    code: str
    introspection: str  # a call with curl (RFC 7662)
    metadata: str  # the document that the API serves (RFC 9728), "" if its identifier is no URL
    metadata_address: str
    challenge: str  # the header that the API answers with


def language_of(wanted: str) -> str:
    """The language asked for, the first one if it is none of ours."""
    return wanted if wanted in LANGUAGES else next(iter(LANGUAGES))


def guide(tenant: Tenant, api: Api, language: str) -> Guide:
    """The guide in `language`, one of LANGUAGES. The secret is a placeholder, always."""
    names = [scope.name for scope in api.facts.scopes]
    scope = next(iter(names), EXAMPLE_SCOPE)
    address = protected_resources.metadata_address(api.identifier)
    document = protected_resources.metadata(api.identifier, issuer=tenant.issuer, name=api.name, scopes=names)
    values = {
        "issuer": tenant.issuer,
        "insecure": tenant.issuer.startswith("http://"),
        "audience": api.identifier,
        "jwks_uri": tenant.issuer + JWKS_PATH,
        "algorithm": api.algorithm,
        "scope": scope,
        "scope_pattern": re.escape(scope).replace("\\", "\\\\"),  # Apache takes one of two backslashes
        "metadata_url": address,
        "introspection_endpoint": tenant.issuer + INTROSPECT_PATH,
        "introspection_client_id": api.introspection_client_id,
    }
    return Guide(
        language,
        str(LANGUAGES[language]),
        _written(language, values),
        introspection=_written("curl", values),
        metadata=json.dumps(document, indent=2, ensure_ascii=False) if address else "",
        metadata_address=address,
        challenge=f"WWW-Authenticate: {protected_resources.challenge(api.identifier, scope=scope)}",
    )


def _written(language: str, values: dict[str, Any]) -> str:
    """The template is code and escapes nothing. strip() also makes it ordinary text, which the page does escape."""
    return render_to_string(f"guides/{language}.txt", values).strip()
