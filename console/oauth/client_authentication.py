"""Who is calling? Client authentication for every endpoint that needs it (RFC 6749 §2.3, RFC 7523, Q3).

A client authenticates in exactly one way. What it was registered for decides; a wrong assertion never falls back to a
secret, and a confidential client never gets by without one.
"""

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import jwt
from django.conf import settings
from django.utils import timezone

from ..http.addresses import TOKEN_PATH, region_issuer
from ..models import (
    ClientAssertion,
    ClientSecret,
    Connection,
    PresentedSecret,
    RefreshToken,
    Tenant,
    recognition,
)
from ..policy.client_types import AuthMethod
from ..policy.effective_client import EffectiveClient
from .errors import OAuthError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
UNKNOWN_SECRET = "unknown secret"
# What a file, a shell or a configuration adds around a secret or a client ID, and neither can have.
QUOTES = "\"'`“”‘’"
EDGES = QUOTES + " \t\r\n\v\f\u00a0\u200b\ufeff"
ID_WITH_EDGES = "client ID came with blank space or quotation marks around it"
NOT_OURS = "assertion is for another audience"
# What somebody reads whose assertion is refused: which rule it breaks. All but the first need the right signature.
BROKEN_RULES = {
    "no registered key with this kid and alg": (
        "The client has no registered key with this kid and alg. Without kid, exactly one key must fit the alg."
    ),
    NOT_OURS: "The aud of the assertion must be the issuer or the token endpoint, or a list of nothing else.",
    "assertion has no usable dates": "The exp and iat of the assertion must be numbers.",
    "assertion lives too long": "The exp of the assertion is too far ahead, or its iat too old: at most {} seconds.",
    "assertion has no usable jti": "The jti of the assertion must have 1 to 255 printable characters.",
    "assertion used before": "The jti of the assertion has been used before: make a new one for every request.",
    "assertion refused: ExpiredSignatureError": "The assertion has expired.",
    "assertion refused: ImmatureSignatureError": "The assertion is not valid yet: its nbf or iat is in the future.",
    "assertion refused: InvalidIssuerError": "The iss of the assertion must be the client ID, like its sub.",
    "assertion refused: MissingRequiredClaimError": "The assertion needs iss, sub, aud, exp and jti.",
}
NO_KEY_CLIENT = "client is not registered for private_key_jwt"
MAX_AUDIENCES = 8
LEEWAY = 30  # seconds of clock difference to the client's machine


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The client that calls, and the secret it used, if it used one."""

    client: EffectiveClient
    secret: PresentedSecret | None = None


def failed(reason: str, description: str = "Client authentication failed.", **known: Any) -> OAuthError:
    """One public sentence for every way to fail, so that nothing can be learnt by trying; the reason is private.

    `known` is what the audit log gets besides (OAuthError).
    """
    return OAuthError("invalid_client", description, reason=reason, **known)


def _broken(reason: str, **known: Any) -> OAuthError:
    """An assertion is refused: the client's author reads which rule it breaks, if it is one of ours."""
    rule = BROKEN_RULES.get(reason, "Client authentication failed.")
    return failed(reason, rule.format(settings.ASSERTION_SECONDS), **known)


def authenticate(tenant: Tenant, authorization: str, parameters: Mapping[str, str]) -> Authenticated:
    """Authenticates the client of a request: `authorization` is the header, `parameters` the body.

    Raises OAuthError("invalid_client"), or "invalid_request" when the request tries several ways at once.
    """
    basic = _basic(authorization)
    secret, assertion = parameters.get("client_secret"), parameters.get("client_assertion")
    if sum(credential is not None for credential in (basic, secret, assertion)) > 1:
        raise OAuthError(
            "invalid_request", "Authenticate the client in one way, not in several (RFC 6749, section 2.3)."
        )
    if assertion is not None:
        found = _by_assertion(tenant, assertion, parameters)
    elif basic is not None and not basic[1]:  # without a secret, the header only names the client (§2.3.1)
        found = _public(tenant, {"client_id": basic[0]})
    elif basic is not None:
        found = _by_secret(tenant, basic[1], basic[0])
    elif secret is not None:
        found = _by_secret(tenant, secret, parameters.get("client_id"))
    else:
        found = _public(tenant, parameters)
    if parameters.get("client_id", found.client.client_id) != found.client.client_id:
        raise failed(
            "client_id names another client than the credentials",
            client=found.client,
            proven=_is_proof(found),
        )
    if not found.client.enabled:
        raise failed("client disabled", client=found.client, proven=_is_proof(found))
    return found


def _is_proof(found: Authenticated) -> bool:
    """Whether more than a name was presented."""
    return found.client.confidential


def _basic(authorization: str) -> tuple[str, str] | None:
    """Client ID and secret of a Basic header, form-decoded (RFC 6749 §2.3.1). None for another scheme or no header."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, separator, secret = (
            base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        )
    except (binascii.Error, ValueError):
        raise failed("unreadable Basic header") from None
    if not separator:
        raise failed("unreadable Basic header")
    return unquote_plus(client_id), unquote_plus(secret)


def _by_secret(tenant: Tenant, presented: str, client_id: str | None) -> Authenticated:
    """client_secret_basic and client_secret_post. The secret finds the client; a client ID that is sent must agree."""
    secret = ClientSecret.presented(tenant, presented)
    if secret is None:
        raise _refused_secret(tenant, presented, client_id)
    if client_id is not None and secret.client.client_id != client_id:
        meant = client_id.strip(EDGES) == secret.client.client_id
        reason = ID_WITH_EDGES if meant else "secret of another client"
        raise failed(reason, client=secret.client, proven=True)
    if not secret.client.allows_auth_method(AuthMethod.CLIENT_SECRET):
        raise failed("client is not registered for secrets", client=secret.client, proven=True)
    return Authenticated(secret.client, secret)


def _refused_secret(tenant: Tenant, presented: str, client_id: str | None) -> OAuthError:
    """Why no client has authenticated with a secret: whose it was, or else which client was named with it (N2)."""
    meant = presented.strip(EDGES)
    known = recognition.secret_presented(tenant, meant)
    if known is not None:
        return failed(
            known.reason or _edges(presented, meant) or UNKNOWN_SECRET,
            client=known.client,
            proven=True,
            details=known.details,
            removed_secret=known.removed_secret,
        )
    named = _known(tenant, client_id)
    if named is None:
        return failed(UNKNOWN_SECRET)
    if not named.client.confidential and not named.reason:
        return failed(
            "public client sent a secret",
            "This client is public and has no secret: send client_id alone.",
            client=named.client,
        )
    return failed(named.reason or UNKNOWN_SECRET, client=named.client)


def _edges(presented: str, meant: str) -> str:
    """What a secret came with around it, for the audit log; "" for nothing."""
    before, _, behind = presented.partition(meant)
    if set(before + behind) & set(QUOTES):
        return "secret came with quotation marks around it"
    if not before and behind and not behind.strip("\r\n"):
        return "secret came with a line break behind it"
    return "secret came with blank space around it" if before or behind else ""


def _public(tenant: Tenant, parameters: Mapping[str, str]) -> Authenticated:
    """`none`: a public client only names itself. When it refreshes without a name, its token does (Q6)."""
    client_id = parameters.get("client_id")
    if client_id is None and parameters.get("grant_type") == "refresh_token":
        token = RefreshToken.presented(tenant, parameters.get("refresh_token", ""))
        client_id = token.family.client.client_id if token else None
    if client_id is None:
        raise failed("no client named", "Client authentication is missing.")
    client = _named(tenant, client_id)
    if client is None:
        raise _unknown(tenant, client_id, "unknown client")
    if client.confidential:
        raise failed(
            "confidential client without credentials", "Client authentication is missing.", client=client
        )
    return Authenticated(client)


def _unknown(tenant: Tenant, client_id: Any, reason: str) -> OAuthError:
    """Why the client with this ID cannot be used here; `reason` if there is none that this tenant knows."""
    known = _known(tenant, client_id)
    if known is not None:
        return failed(known.reason or reason, client=known.client)
    meant = _known(tenant, client_id.strip(EDGES)) if isinstance(client_id, str) else None
    return failed(meant.reason or ID_WITH_EDGES, client=meant.client) if meant else failed(reason)


def _by_assertion(tenant: Tenant, assertion: str, parameters: Mapping[str, str]) -> Authenticated:
    """private_key_jwt (RFC 7523 §2.2, §3): signed with a key registered for the client, for us, short-lived, once."""
    if parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise failed("client_assertion_type is not jwt-bearer", "Unsupported client_assertion_type.")
    header, subject = _unproven(assertion)
    client = _named(tenant, subject)
    if client is None:
        raise _unknown(tenant, subject, NO_KEY_CLIENT)
    if not client.allows_auth_method(AuthMethod.PRIVATE_KEY_JWT):
        raise failed(NO_KEY_CLIENT, client=client)
    claims = _verified(client, header, assertion)
    try:
        _check_claims(tenant, client, claims)
    except OAuthError as error:
        error.client, error.proven = client, True
        raise
    return Authenticated(client)


def _verified(client: EffectiveClient, header: Mapping[str, Any], assertion: str) -> dict[str, Any]:
    """The claims of an assertion that one of the client's keys has signed."""
    key = _key(client, header)
    if key is None:
        raise _broken("no registered key with this kid and alg", client=client)
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            jwt.PyJWK.from_dict(key),
            algorithms=[key["alg"]],
            issuer=client.client_id,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "jti"], "verify_aud": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise _broken(f"assertion refused: {type(error).__name__}", client=client) from None
    return claims


def _key(client: EffectiveClient, header: Mapping[str, Any]) -> dict[str, Any] | None:
    """The registered key that an assertion names; without `kid` the one that fits its `alg`, if it is one alone."""
    fitting = [key for key in client.registration.public_keys if key["alg"] == header.get("alg")]
    if "kid" in header:
        fitting = [key for key in fitting if key["kid"] == header["kid"]]
    return fitting[0] if len(fitting) == 1 else None


def _check_claims(tenant: Tenant, client: EffectiveClient, claims: Mapping[str, Any]) -> None:
    """Whether a genuine assertion is for us, short-lived, and used for the first time."""
    if not _is_for_us(tenant, claims["aud"]):
        raise _broken(NOT_OURS)
    now = time.time()
    expires, made = claims["exp"], claims.get("iat", now)
    if type(expires) not in {int, float} or type(made) not in {int, float}:
        raise _broken("assertion has no usable dates")
    longest = settings.ASSERTION_SECONDS + LEEWAY
    if expires > now + longest or made < now - longest:
        raise _broken("assertion lives too long")
    jti = claims["jti"]
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255 or not jti.isprintable():
        raise _broken("assertion has no usable jti")
    if not ClientAssertion.use(client, jti, datetime.fromtimestamp(expires + LEEWAY + 1, tz=UTC)):
        raise _broken("assertion used before")


def _is_for_us(tenant: Tenant, audience: Any) -> bool:
    """Whether `aud` names this server and nobody else: who reads it elsewhere could send it here (RFC 7523 §3)."""
    named = audience if isinstance(audience, list) else [audience]
    return 1 <= len(named) <= MAX_AUDIENCES and all(_is_ours(tenant, each) for each in named)


def _is_ours(tenant: Tenant, address: Any) -> bool:
    """The issuer or the token endpoint, at whichever host of the tenant, or the region's: an application of every
    tenant knows only that one (S8)."""
    issuer = address.removesuffix(TOKEN_PATH) if isinstance(address, str) else None
    return issuer is not None and (issuer == region_issuer() or tenant.issued_as(issuer))


def _unproven(assertion: str) -> tuple[dict[str, Any], Any]:
    """Header and subject of an assertion, good for finding the client and its key, and for nothing else."""
    try:
        header = jwt.get_unverified_header(assertion)
        return header, jwt.decode(assertion, options={"verify_signature": False}).get("sub")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise failed("unreadable assertion") from None


def _named(tenant: Tenant, client_id: Any) -> EffectiveClient | None:
    """The client with this ID, if it can be one: text of printable ASCII (RFC 6749 §A.1), not longer than we keep."""
    return Connection.to_client(tenant, client_id) if _can_be_one(client_id) else None


def _known(tenant: Tenant, client_id: Any) -> recognition.Recognised | None:
    """As `_named`, also one that may not be used here (any more)."""
    return recognition.client_named(tenant, client_id) if _can_be_one(client_id) else None


def _can_be_one(client_id: Any) -> bool:
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= 255:
        return False
    return client_id.isascii() and client_id.isprintable()


def note_use(found: Authenticated) -> None:
    """Remembers that the client and its secret were used."""
    now = timezone.now()
    Connection.note_use(found.client, now)
    if found.secret is not None:
        found.secret.note_use(now)
