"""ID tokens (OpenID Connect Core §2): made at the token endpoint, recognised again when they come back as a hint."""

import secrets
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import jwt
from django.conf import settings

from ..models import Group, KeyRing, Tenant, User
from ..policy import assurance
from ..policy.effective_client import EffectiveClient
from ..policy.scopes import GROUPS, ROLES

MAX_LENGTH = 32_768  # two hundred groups with names of 64 letters take 19,000


def claims_about(user: User, scopes: Collection[str]) -> dict[str, Any]:
    """What the granted scopes let a client know about a person (OpenID Connect Core §5.4)."""
    claims: dict[str, Any] = {"sub": str(user.pk)}
    if "profile" in scopes:
        # People sign in with the address. Without the scope email, the part before the @ stands for it.
        username = user.email if "email" in scopes else user.email.partition("@")[0]
        claims |= {"name": user.name or username, "preferred_username": username}
        parts = {"given_name": user.given_name, "family_name": user.family_name}
        claims |= {claim: value for claim, value in parts.items() if value}
        claims["updated_at"] = int((user.updated_at or user.created_at).timestamp())
    if "email" in scopes:
        claims["email"] = user.email
        # Left out where nobody has vouched for the address: many servers' accounts have no such mark, and
        # applications refuse a person for false, which would say more than is known.
        claims |= {"email_verified": True} if user.email_verified_at else {}
    if ROLES in scopes:
        claims["roles"] = [user.role]
    if GROUPS in scopes:
        claims["groups"] = Group.names_of(user)
    return claims


def make(
    tenant: Tenant,
    client: EffectiveClient,
    user: User,
    scopes: Collection[str],
    *,
    auth_time: datetime | None,
    begun: Mapping[str, Any],
) -> str:
    """Signs an ID token of `tenant` for `client` about `user`, with the algorithm the client was registered for."""
    key = KeyRing.of(tenant).signing(client.registration.algorithm)
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
    return key.sign(claims)


def recognise(tenant: Tenant, token: str) -> dict[str, Any] | None:
    """The claims of an ID token that this tenant signed, expired or not: good as a hint, never as a proof."""
    header = _header(token)
    key = KeyRing.of(tenant).find(str(header.get("kid", "")), header["alg"]) if header else None
    if header is None or key is None:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public_key,
            algorithms=[header["alg"]],
            options={"verify_aud": False, "verify_exp": False, "require": ["iss", "sub", "aud"]},
        )
        if not tenant.issued_as(claims["iss"]):
            return None
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return claims if isinstance(claims["aud"], str) else None


def outlived_its_key(tenant: Tenant, token: str) -> dict[str, Any] | None:
    """The claims of what says that it is an ID token of this tenant, signed with a key that is not here any more.

    Nothing about it is proven. Applications keep ID tokens for longer than keys are kept, and may send them as hints.
    """
    header = _header(token)
    if header is None or KeyRing.of(tenant).find(str(header.get("kid", "")), header["alg"]) is not None:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return claims if claims.get("iss") == tenant.issuer and isinstance(claims.get("aud"), str) else None


def _header(token: str) -> dict[str, Any] | None:
    """The header of what may be an ID token of ours; an access token is none."""
    if len(token) > MAX_LENGTH:
        return None
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    ours = header.get("alg") in ("ES256", "RS256") and str(header.get("typ", "JWT")).upper() == "JWT"
    return header if ours else None
