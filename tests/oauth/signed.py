"""JSON Web Tokens as an attacker makes them: any header, any claims, any key."""

import base64
import json
from typing import Any

import jwt
from django_scopes import scope

from console.models import KeyRing, Tenant
from console.models.signing_key import LoadedKey


def segment(value: Any) -> str:
    """One part of a token: JSON, or bytes as they are, in base64url without padding."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified."""
    header, claims, _ = token.split(".")
    return _part(header), _part(claims)


def _part(text: str) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return part


def sign(header: Any, claims: Any, algorithm: str, key: Any) -> str:
    """Signs exactly this header and these claims. `algorithm` is the real one, whatever the header says."""
    signing_input = f"{segment(header)}.{segment(claims)}".encode()
    made_with = jwt.get_algorithm_by_name(algorithm)
    signature = b"" if algorithm == "none" else made_with.sign(signing_input, made_with.prepare_key(key))
    return f"{signing_input.decode()}.{segment(signature)}"


def key_of(tenant: Tenant, algorithm: str = "ES256") -> LoadedKey:
    """The key that the tenant's server signs with: what only the server has, used to test it against itself."""
    with scope(tenant=tenant):
        return KeyRing.of(tenant).signing(algorithm)


def resigned(tenant: Tenant, token: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token of the tenant with changes to header and claims (None removes), under a genuine signature."""
    own_header, own_claims = decoded(token)
    key = key_of(tenant, own_header["alg"])
    return sign(
        {name: value for name, value in {**own_header, **header}.items() if value is not None},
        {name: value for name, value in {**own_claims, **claims}.items() if value is not None},
        key.algorithm,
        key.private_key,
    )
