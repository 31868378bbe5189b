"""private_key_jwt: a client authenticates with a JWT that it has signed (RFC 7523 §2.2, §3; Q3).

The assertion must be signed with a key that is registered for the client, name this server as its only audience, live
for at most `settings.ASSERTION_SECONDS`, and be used once.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from django.conf import settings

from ..http.addresses import TOKEN_PATH, region_issuer
from ..models import ClientAssertion, Tenant
from ..policy.client_types import AuthMethod
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .authentication_outcome import Authenticated, failed
from .errors import OAuthError
from .named_clients import unusable, usable

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Private reason -> public sentence with the rule that is broken. {} is the longest life in seconds. All rules but the
# first are checked after the signature, so only the holder of the key learns anything.
BROKEN_RULES: dict[Reason, str] = {
    Reason.ASSERTION_KEY_UNKNOWN: (
        "The client has no registered key with this kid and alg. Without kid, exactly one key must fit the alg."
    ),
    Reason.ASSERTION_FOR_ANOTHER_AUDIENCE: (
        "The aud of the assertion must be the issuer or the token endpoint, or a list of nothing else."
    ),
    Reason.ASSERTION_WITHOUT_DATES: "The exp and iat of the assertion must be numbers.",
    Reason.ASSERTION_TOO_LONG_LIVED: (
        "The exp of the assertion is too far ahead, or its iat too old: at most {} seconds."
    ),
    Reason.ASSERTION_WITHOUT_JTI: "The jti of the assertion must have 1 to 255 printable characters.",
    Reason.ASSERTION_USED_BEFORE: (
        "The jti of the assertion has been used before: make a new one for every request."
    ),
    Reason.ASSERTION_EXPIRED: "The assertion has expired.",
    Reason.ASSERTION_NOT_YET_VALID: "The assertion is not valid yet: its nbf or iat is in the future.",
    Reason.ASSERTION_OF_ANOTHER_ISSUER: "The iss of the assertion must be the client ID, like its sub.",
    Reason.ASSERTION_CLAIM_MISSING: "The assertion needs iss, sub, aud, exp and jti.",
}
# What PyJWT finds -> private reason. Anything else is ASSERTION_REFUSED, with the name of PyJWT's error in the details.
FOUND_BY_PYJWT: dict[type[Exception], Reason] = {
    jwt.InvalidSignatureError: Reason.ASSERTION_SIGNATURE_WRONG,
    jwt.ExpiredSignatureError: Reason.ASSERTION_EXPIRED,
    jwt.ImmatureSignatureError: Reason.ASSERTION_NOT_YET_VALID,
    jwt.InvalidIssuerError: Reason.ASSERTION_OF_ANOTHER_ISSUER,
    jwt.MissingRequiredClaimError: Reason.ASSERTION_CLAIM_MISSING,
}
MAX_AUDIENCES = 8
MAX_JTI = 255  # characters, as many as the column holds
LEEWAY = 30  # seconds that the clock of the client may be wrong


def by_assertion(tenant: Tenant, assertion: str, parameters: Mapping[str, str]) -> Authenticated:
    """The client that has signed `assertion`. `parameters` is the body that it came in.

    Raises OAuthError("invalid_client").
    """
    if parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise failed(Reason.ASSERTION_TYPE_UNKNOWN, "Unsupported client_assertion_type.")
    header, subject = _unverified(assertion)
    client = usable(tenant, subject)
    if client is None:
        raise unusable(tenant, subject, Reason.ASSERTION_NOT_REGISTERED)
    if not client.allows_auth_method(AuthMethod.PRIVATE_KEY_JWT):
        raise failed(Reason.ASSERTION_NOT_REGISTERED, client=client)
    claims = _verified(client, header, assertion)
    try:
        _check_claims(tenant, client, claims)
    except OAuthError as error:
        error.client, error.proven = client, True
        raise
    return Authenticated(client)


def _broken(reason: Reason, **known: Any) -> OAuthError:
    """The error for a broken rule. Its public sentence names the rule, if it is in BROKEN_RULES."""
    rule = BROKEN_RULES.get(reason, "Client authentication failed.")
    return failed(reason, rule.format(settings.ASSERTION_SECONDS), **known)


def _unverified(assertion: str) -> tuple[dict[str, Any], Any]:
    """Header and `sub` of an assertion whose signature is not checked: only for finding the client and its key."""
    try:
        header = jwt.get_unverified_header(assertion)
        return header, jwt.decode(assertion, options={"verify_signature": False}).get("sub")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise failed(Reason.ASSERTION_UNREADABLE) from None


def _verified(client: EffectiveClient, header: Mapping[str, Any], assertion: str) -> dict[str, Any]:
    """The claims of an assertion that is signed with one of the client's keys."""
    key = _key(client, header)
    if key is None:
        raise _broken(Reason.ASSERTION_KEY_UNKNOWN, client=client)
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
        reason = FOUND_BY_PYJWT.get(type(error))
        if reason is None:
            named = {"exception": type(error).__name__}
            raise failed(Reason.ASSERTION_REFUSED, client=client, details=named) from None
        raise _broken(reason, client=client) from None
    return claims


def _key(client: EffectiveClient, header: Mapping[str, Any]) -> dict[str, Any] | None:
    """The registered key (a JWK) with the header's `kid` and `alg`. Without `kid`, the only key with that `alg`."""
    fitting = [key for key in client.registration.public_keys if key["alg"] == header.get("alg")]
    if "kid" in header:
        fitting = [key for key in fitting if key["kid"] == header["kid"]]
    return fitting[0] if len(fitting) == 1 else None


def _check_claims(tenant: Tenant, client: EffectiveClient, claims: Mapping[str, Any]) -> None:
    """Raises OAuthError unless a signed assertion is for this server, short-lived, and used for the first time."""
    if not _is_for_us(tenant, claims["aud"]):
        raise _broken(Reason.ASSERTION_FOR_ANOTHER_AUDIENCE)
    now = time.time()
    expires, made = claims["exp"], claims.get("iat", now)
    if type(expires) not in {int, float} or type(made) not in {int, float}:
        raise _broken(Reason.ASSERTION_WITHOUT_DATES)
    longest = settings.ASSERTION_SECONDS + LEEWAY
    if expires > now + longest or made < now - longest:
        raise _broken(Reason.ASSERTION_TOO_LONG_LIVED)
    jti = claims["jti"]
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAX_JTI or not jti.isprintable():
        raise _broken(Reason.ASSERTION_WITHOUT_JTI)
    if not ClientAssertion.use(client, jti, datetime.fromtimestamp(expires + LEEWAY + 1, tz=UTC)):
        raise _broken(Reason.ASSERTION_USED_BEFORE)


def _is_for_us(tenant: Tenant, audience: Any) -> bool:
    """Whether `aud` names this server alone: any other audience could present the assertion here (RFC 7523 §3)."""
    named = audience if isinstance(audience, list) else [audience]
    return 1 <= len(named) <= MAX_AUDIENCES and all(_is_ours(tenant, each) for each in named)


def _is_ours(tenant: Tenant, address: Any) -> bool:
    """Whether this is an issuer or a token endpoint, of the region or of any host of the tenant.

    The region's counts because the application of a published client may know no other (S8).
    """
    issuer = address.removesuffix(TOKEN_PATH) if isinstance(address, str) else None
    return issuer is not None and (issuer == region_issuer() or tenant.issued_as(issuer))
