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
from ..policy import text
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason

ALGORITHM = "ES256"
TYPE = "at+jwt"
LEEWAY = 5  # seconds between our own machines
MAX_LENGTH = 8192
VERIFIED_KEPT = 2000  # tokens, in each process: a resource server asks about one again and again
MAX_PATH = 200  # characters of an address that the audit log keeps
BEARER = re.compile(r"^Bearer +([A-Za-z0-9._~+/-]+=*)$", re.IGNORECASE)  # RFC 6750 §2.1


def make(tenant: Tenant, *, lifetime: int, **claims: Any) -> str:
    """Signs an access token of `tenant` that lives `lifetime` seconds. `claims` are those of RFC 9068 §2.2 and ours."""
    key = KeyRing.of(tenant).signing(ALGORITHM)
    now = int(time.time())
    payload = {
        "iss": tenant.issuer,
        "aud": tenant.issuer,
        "iat": now,
        "exp": now + lifetime,
        "jti": secrets.token_urlsafe(16),
        **claims,
    }
    return key.sign(payload, TYPE)


def verify(tenant: Tenant, token: str, *, expired_too: bool = False) -> dict[str, Any] | None:
    """The claims of an access token that this tenant signed and that has not expired; None for anything else.

    Algorithm and type are fixed and the key comes from the tenant's own set, never from the token (RFC 8725). That a
    signature was right is kept for a while under a digest of the token; whether its key is still published and the
    token has not expired is asked each time.
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
    kid, claims = kept
    if KeyRing.of(tenant).find(kid, ALGORITHM) is None or not tenant.issued_as(claims["iss"]):
        return None
    return dict(claims) if expired_too or time.time() < claims["exp"] + LEEWAY else None


_verified: Remembered[bytes, tuple[str, dict[str, Any]]] = Remembered(VERIFIED_KEPT)


def _verify(tenant: Tenant, token: str) -> tuple[str, dict[str, Any]] | None:
    """The key ID and the claims of an access token with a signature of this tenant's, expired or not."""
    try:
        header = jwt.get_unverified_header(token)
        if (
            str(header.get("typ", "")).lower() not in {TYPE, f"application/{TYPE}"}
            or header.get("alg") != ALGORITHM
        ):
            return None
        kid = str(header.get("kid", ""))
        key = KeyRing.of(tenant).find(kid, ALGORITHM)
        if key is None:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public_key,
            algorithms=[ALGORITHM],
            leeway=LEEWAY,
            options={
                "require": ["iss", "aud", "exp", "iat", "jti", "sub", "client_id"],
                "verify_aud": False,
                "verify_exp": False,
            },
        )
        if claims["aud"] != claims["iss"] or type(claims["exp"]) is not int:
            return None
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return kid, claims


def presented(request: HttpRequest) -> str | None:
    """The token in the Authorization header (RFC 6750 §2.1). Never one in the address."""
    match = BEARER.match(request.headers.get("Authorization", ""))
    return match[1] if match else None


def live(tenant: Tenant, token: str, *, client: EffectiveClient | None = None) -> LiveToken | None:
    """The token with its client and person, if it is genuine and nothing has ended it; of `client`, if one is given."""
    claims = verify(tenant, token)
    return LiveToken.find(tenant, claims, client) if claims else None


def note_refused(request: HttpRequest, tenant: Tenant, token: str) -> None:
    """Writes that a token was refused, for the audit log. One that has only expired is everyday traffic, and is not.

    The client of a genuine one that has been ended is known; a token that is not ours says nothing that counts.
    """
    claims = verify(tenant, token)
    if claims is None and verify(tenant, token, expired_too=True) is not None:
        return
    known = recognition.client_named(tenant, str(claims["client_id"])) if claims else None
    Event.refuse(
        tenant,
        Action.API_REFUSED,
        by=Actor.anonymous(client_address(request)),
        target=known.client if known else None,
        reason=Reason.ACCESS_TOKEN_ENDED if claims else Reason.ACCESS_TOKEN_NOT_OURS,
        details={"path": text.one_line(request.path_info, MAX_PATH)},
    )


def tenant_of(token: str) -> Tenant | None:
    """The tenant that an access token says it is from. Nothing is believed yet: that tenant verifies it."""
    if len(token) > MAX_LENGTH:
        return None
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError):
        return None
    return Tenant.of_issuer(issuer)
