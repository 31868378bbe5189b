"""ID tokens (OpenID Connect Core §2): made at the token endpoint, recognised again when they come back as a hint."""

import secrets
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import jwt
from django.conf import settings

from ..models import Client, KeyRing, Tenant, User
from ..policy import assurance

MAX_LENGTH = 8192


def claims_about(user: User, scopes: Collection[str]) -> dict[str, Any]:
    """What the granted scopes let a client know about a person (OpenID Connect Core §5.4)."""
    claims: dict[str, Any] = {"sub": str(user.pk)}
    if "profile" in scopes:
        claims |= {"name": user.name} if user.name else {}
        claims["updated_at"] = int(user.created_at.timestamp())
    if "email" in scopes:
        claims |= {"email": user.email, "email_verified": False}
    if {"profile", "email"} <= set(scopes):
        claims["preferred_username"] = user.email  # people sign in with the address, so it takes both scopes
    return claims


def make(
    tenant: Tenant,
    client: Client,
    user: User,
    scopes: Collection[str],
    *,
    auth_time: datetime | None,
    begun: Mapping[str, Any],
) -> str:
    """Signs an ID token of `tenant` for `client` about `user`, with the algorithm the client was registered for."""
    key = KeyRing.of(tenant).signing(client.algorithm)
    now = int(time.time())
    claims = {
        "iss": tenant.issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + int(settings.ID_TOKEN_LIFETIME.total_seconds()),
        "jti": secrets.token_urlsafe(16),
        **claims_about(user, scopes),
        **begun,
    }
    if auth_time is not None:
        claims["auth_time"] = int(auth_time.timestamp())
        claims |= {"amr": assurance.METHODS, "acr": assurance.context_class(tenant.issuer)}
    return jwt.encode(claims, key.private_key, algorithm=key.algorithm, headers={"kid": key.kid})  # type: ignore[arg-type]


def recognise(tenant: Tenant, token: str) -> dict[str, Any] | None:
    """The claims of an ID token that this tenant signed, expired or not: good as a hint, never as a proof."""
    if len(token) > MAX_LENGTH:
        return None
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ("ES256", "RS256") or str(header.get("typ", "JWT")).upper() != "JWT":
            return None  # an access token is not a hint
        key = KeyRing.of(tenant).find(str(header.get("kid", "")), algorithm)
        if key is None:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public_key,
            algorithms=[algorithm],
            options={"verify_aud": False, "verify_exp": False, "require": ["iss", "sub", "aud"]},
        )
        if not tenant.issued_as(claims["iss"]):
            return None
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return claims if isinstance(claims["aud"], str) else None
