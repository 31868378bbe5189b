"""Signed access tokens (RFC 9068): made by the authorization server, accepted by it and by our own API."""

import hashlib
import re
import secrets
import time
from typing import Any

import jwt
from django.http import HttpRequest

from ..http.sessions import client_address
from ..models import Action, Actor, Event, KeyRing, LiveToken, Tenant, recognition
from ..models.remembered import Remembered
from ..policy import apis, text
from ..policy.apis import TokenRules
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason

ALGORITHM = "ES256"  # of a token for this server itself
ALGORITHMS = frozenset({apis.ES256, apis.RS256})  # of one for an API
TYPE = "at+jwt"
LEEWAY = 5  # seconds between our own machines
MAX_LENGTH = 8192
VERIFIED_KEPT = 2000  # tokens, in each process: a resource server asks about one again and again
MAX_PATH = 200  # characters of an address that the audit log keeps
BEARER = re.compile(r"^Bearer +([A-Za-z0-9._~+/-]+=*)$", re.IGNORECASE)  # RFC 6750 §2.1


def make(tenant: Tenant, *, api: TokenRules | None = None, lifetime: int, **claims: Any) -> str:
    """Signs an access token of `tenant` that lives `lifetime` seconds. `claims` are those of RFC 9068 §2.2 and ours.

    It is for `api`, and signed as that one wants it; None is this server itself.
    """
    key = KeyRing.of(tenant).signing(api.algorithm if api else ALGORITHM)
    now = int(time.time())
    payload = {
        "iss": tenant.issuer,
        "aud": api.identifier if api else tenant.issuer,
        "iat": now,
        "exp": now + lifetime,
        "jti": secrets.token_urlsafe(16),
        **claims,
    }
    return key.sign(payload, TYPE)


def verify(
    tenant: Tenant, token: str, *, expired_too: bool = False, of_apis: bool = False
) -> dict[str, Any] | None:
    """The claims of an access token that this tenant signed and that has not expired; None for anything else.

    It must be for this server itself (RFC 9068 §4), or with `of_apis` for any API. Algorithm and type are fixed and the
    key comes from the tenant's own set, never from the token (RFC 8725). That a signature was right is kept for a while
    under a digest of the token; whether its key is still published and the token has not expired is asked each time.
    """
    if len(token) > MAX_LENGTH:
        return None
    known_by = hashlib.sha256(f"{tenant.pk} {token}".encode(errors="surrogatepass")).digest()
    kept = _verified.get(known_by)
    if kept is None:
        kept = _verify(tenant, token)
        if kept is None:
            return None
        _verified.keep(known_by, kept)
    kid, algorithm, claims = kept
    if not of_apis and claims["aud"] != claims["iss"]:
        return None
    if KeyRing.of(tenant).find(kid, algorithm) is None or not tenant.issued_as(claims["iss"]):
        return None
    return dict(claims) if expired_too or time.time() < claims["exp"] + LEEWAY else None


_verified: Remembered[bytes, tuple[str, str, dict[str, Any]]] = Remembered(VERIFIED_KEPT)


def _verify(tenant: Tenant, token: str) -> tuple[str, str, dict[str, Any]] | None:
    """Key ID, algorithm and claims of an access token with a signature of this tenant's, expired or not."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if (
            str(header.get("typ", "")).lower() not in {TYPE, f"application/{TYPE}"}
            or algorithm not in ALGORITHMS
        ):
            return None
        kid = str(header.get("kid", ""))
        key = KeyRing.of(tenant).find(kid, algorithm)
        if key is None:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public_key,
            algorithms=[algorithm],
            leeway=LEEWAY,
            options={
                "require": ["iss", "aud", "exp", "iat", "jti", "sub", "client_id"],
                "verify_aud": False,
                "verify_exp": False,
            },
        )
        own = claims["aud"] == claims["iss"]
        if (
            (own and algorithm != ALGORITHM)
            or not isinstance(claims["aud"], str)
            or type(claims["exp"]) is not int
        ):
            return None
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return kid, algorithm, claims


def presented(request: HttpRequest) -> str | None:
    """The token in the Authorization header (RFC 6750 §2.1). Never one in the address."""
    match = BEARER.match(request.headers.get("Authorization", ""))
    return match[1] if match else None


def live(
    tenant: Tenant, token: str, *, client: EffectiveClient | None = None, of_apis: bool = False
) -> LiveToken | None:
    """The token with its client and person, if it is genuine and nothing has ended it; of `client`, if one is given.

    For this server itself, or with `of_apis` for any API.
    """
    claims = verify(tenant, token, of_apis=of_apis)
    return LiveToken.find(tenant, claims, client) if claims else None


def note_refused(request: HttpRequest, tenant: Tenant, token: str) -> None:
    """Writes that a token was refused, for the audit log. One that has only expired is everyday traffic, and is not.

    The client of a genuine one that has been ended is known; a token that is not ours says nothing that counts.
    """
    claims = verify(tenant, token, of_apis=True)
    if claims is None and verify(tenant, token, expired_too=True, of_apis=True) is not None:
        return
    known = recognition.client_named(tenant, str(claims["client_id"])) if claims else None
    Event.refuse(
        tenant,
        Action.API_REFUSED,
        by=Actor.anonymous(client_address(request)),
        target=known.client if known else None,
        reason=_why(claims),
        details={"path": text.one_line(request.path_info, MAX_PATH)},
    )


def _why(claims: dict[str, Any] | None) -> Reason:
    if claims is None:
        return Reason.ACCESS_TOKEN_NOT_OURS
    return Reason.ACCESS_TOKEN_ENDED if claims["aud"] == claims["iss"] else Reason.ACCESS_TOKEN_FOR_AN_API


def tenant_of(token: str) -> Tenant | None:
    """The tenant that an access token says it is from. Nothing is believed yet: that tenant verifies it."""
    if len(token) > MAX_LENGTH:
        return None
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError):
        return None
    return Tenant.of_issuer(issuer)
