"""Client authentication for every endpoint that needs it (RFC 6749 §2.3, Q3).

A client authenticates in exactly one way, and only in a way that it is registered for. A wrong assertion never falls
back to a secret, and a confidential client always needs a credential.
"""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_plus

from django.utils import timezone

from ..models import RefreshToken, Tenant, client_use
from ..policy.reasons import Reason
from .authentication_outcome import Authenticated, failed
from .client_assertions import by_assertion
from .client_secrets import by_secret
from .errors import OAuthError
from .named_clients import unusable, usable


def authenticate(
    tenant: Tenant, authorization: str, parameters: Mapping[str, str], api: str = ""
) -> Authenticated:
    """The client of a request. `authorization` is the value of the header ("" without one), `parameters` the body.

    `api` is the identifier of an API that is read together with a secret (`PresentedSecret.api`).
    Raises OAuthError("invalid_client"), or "invalid_request" when the request tries several ways at once.
    """
    basic = basic_credentials(authorization)
    secret, assertion = parameters.get("client_secret"), parameters.get("client_assertion")
    if sum(credential is not None for credential in (basic, secret, assertion)) > 1:
        raise OAuthError(
            "invalid_request",
            "Authenticate the client in one way, not in several (RFC 6749, section 2.3).",
            reason=Reason.SEVERAL_AUTHENTICATIONS,
        )
    if assertion is not None:
        found = by_assertion(tenant, assertion, parameters)
    elif basic is not None and not basic[1]:  # without a secret, the header only names the client (§2.3.1)
        found = _public(tenant, {"client_id": basic[0]})
    elif basic is not None:
        found = _by_basic(tenant, authorization, basic, api)
    elif secret is not None:
        found = by_secret(tenant, secret, parameters.get("client_id"), api)
    else:
        found = _public(tenant, parameters)
    proven = found.client.confidential  # a public client only names itself
    if parameters.get("client_id", found.client.client_id) != found.client.client_id:
        raise failed(Reason.CLIENT_ID_OF_ANOTHER, client=found.client, proven=proven)
    if not found.client.enabled:
        raise failed(Reason.CLIENT_DISABLED, client=found.client, proven=proven)
    return found


def note_use(found: Authenticated) -> None:
    """Stores that the client and its secret were used just now."""
    now = timezone.now()
    client_use.note(found.client, now)
    if found.secret is not None:
        found.secret.note_use(now)


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """Client ID and secret of a Basic header, form-decoded (RFC 6749 §2.3.1). None for another scheme or no header."""
    as_sent = _as_sent(authorization)
    return None if as_sent is None else (unquote_plus(as_sent[0]), unquote_plus(as_sent[1]))


def _by_basic(tenant: Tenant, authorization: str, basic: tuple[str, str], api: str) -> Authenticated:
    """By what a Basic header says; if that is nobody's, by what stands in it as it is.

    Much software leaves out the encoding of RFC 6749 §2.3.1. For a secret of ours it makes no difference; one that
    another server has made can have a “+” or a “%” in it.
    """
    try:
        return by_secret(tenant, basic[1], basic[0], api)
    except OAuthError as refused:
        as_sent = _as_sent(authorization)
        if as_sent is None or as_sent == basic:
            raise
        try:
            return by_secret(tenant, as_sent[1], as_sent[0], api)
        except OAuthError as also_refused:
            raise (also_refused if also_refused.proven else refused) from None


def _as_sent(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, separator, secret = (
            base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        )
    except (binascii.Error, ValueError):
        raise failed(Reason.UNREADABLE_BASIC_HEADER) from None
    if not separator:
        raise failed(Reason.UNREADABLE_BASIC_HEADER)
    return client_id, secret


def _public(tenant: Tenant, parameters: Mapping[str, str]) -> Authenticated:
    """The public client that `client_id` names (the method `none`). Without it, the one of the refresh token (Q6)."""
    client_id = parameters.get("client_id")
    if client_id is None and parameters.get("grant_type") == "refresh_token":
        token = RefreshToken.presented(tenant, parameters.get("refresh_token", ""))
        client_id = token.family.client.client_id if token else None
    if client_id is None:
        raise failed(Reason.NO_CLIENT, "Client authentication is missing.")
    client = usable(tenant, client_id)
    if client is None:
        raise unusable(tenant, client_id, Reason.UNKNOWN_CLIENT)
    if client.confidential:
        raise failed(Reason.NO_CREDENTIALS, "Client authentication is missing.", client=client)
    return Authenticated(client)
