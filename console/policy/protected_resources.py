"""What an API says about itself to those who call it without a token that will do (RFC 9728, RFC 6750 §3).

The API serves these texts, not this server: the console fills them in for the API's developer.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def metadata_address(identifier: str) -> str:
    """Where the metadata of an API is served (RFC 9728 §3.1). "" for an identifier that is no https or http URL."""
    parts = urlsplit(identifier)
    if parts.scheme not in {"https", "http"} or not parts.netloc:
        return ""
    path = "" if parts.path == "/" else parts.path
    return urlunsplit((parts.scheme, parts.netloc, WELL_KNOWN + path, parts.query, ""))


def metadata(identifier: str, *, issuer: str, name: str, scopes: Iterable[str]) -> dict[str, Any]:
    """The metadata document (RFC 9728 §2): whom the API takes tokens from, and which scopes it knows."""
    return {
        "resource": identifier,
        "resource_name": name,
        "authorization_servers": [issuer],
        "scopes_supported": list(scopes),
        "bearer_methods_supported": ["header"],
    }


def challenge(identifier: str, *, scope: str = "") -> str:
    """The value of WWW-Authenticate for a request without a token (RFC 9728 §5.1), with the scope that it needs."""
    address = metadata_address(identifier)
    parameters = {"resource_metadata": address, "scope": scope}
    written = ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)
    return f"Bearer {written}".strip()
