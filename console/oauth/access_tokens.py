"""Access tokens, and the two generators that django-oauth-toolkit is configured with."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from oauthlib.common import Request

from ..http.tenancy import current_tenant
from ..models import RefreshToken, Tenant, User
from ..policy import credentials, scopes
from ..policy.effective_client import EffectiveClient
from . import bearer_tokens
from .issuance import Issuance, issuance


def answer(
    tenant: Tenant,
    client: EffectiveClient,
    granted: Sequence[str],
    state: Issuance,
    user: User | None = None,
) -> dict[str, Any]:
    """The answer to a token request (RFC 6749 §5.1) for a person, or of a machine in its own name.

    `granted` are the token's scopes as they are on the wire.
    """
    seconds = lifetime(state)
    made: dict[str, Any] = {
        "access_token": make(tenant, client, user, granted, state),
        "expires_in": seconds,
        "token_type": "Bearer",
        "scope": " ".join(granted),
    }
    if state.asked_in_json:
        made["expires_at"] = moment(datetime.now(UTC) + timedelta(seconds=seconds))
    return made


def make(
    tenant: Tenant, client: EffectiveClient, user: User | None, granted: Iterable[str], state: Issuance
) -> str:
    """A signed access token (RFC 9068 §2.2) for `state.api`. `granted` are its scopes as they are on the wire.

    `sub` is the person, or the client itself when no person is involved; the two can never be equal, because a user's
    ID is a UUID with dashes and a client ID has none.
    """
    claims: dict[str, Any] = {"client_id": client.client_id, "scope": scopes.join(granted)}
    if user is not None and state.family_id is not None:
        claims |= {"sub": str(user.pk), "family": str(state.family_id)}
        if state.auth_time is not None:
            claims["auth_time"] = int(state.auth_time.timestamp())
    else:
        claims["sub"] = client.client_id
    if user is None or state.impersonating:  # a machine's: lives no longer than what it got it with
        claims["generation"] = str(client.generation)
        if state.authenticated is not None and state.authenticated.secret is not None:
            claims["credential"] = str(state.authenticated.secret.id)
    return bearer_tokens.make(tenant, api=state.api, lifetime=lifetime(state), **claims)


def lifetime(state: Issuance) -> int:
    """Seconds that the access token lives: as its API says, or as long as the region's."""
    return state.api.lifetime if state.api else int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())


def expires_in(request: Request) -> int:
    """The same for a request that oauthlib has found to be right."""
    return lifetime(issuance(request))


def moment(expires: datetime) -> str:
    """`expires_at` as Qlik's libraries, which send JSON, expect it. Others expect a number of seconds: with a date,
    Authlib before 1.6.6 and httpx-oauth fail after the code has been used up."""
    return expires.isoformat(timespec="seconds").replace("+00:00", "Z")


def generate(request: Request) -> str:
    """The access token for a request that oauthlib has found to be right."""
    state = issuance(request)
    user = request.user if state.family_id is not None else None
    return make(current_tenant(), request.client, user, request.scopes, state)


def generate_refresh_token(request: Request) -> str:
    """An opaque refresh token; it exists once the validator has stored it."""
    family = issuance(request).family_id
    return RefreshToken.make(family) if family else credentials.make(credentials.Prefix.REFRESH_TOKEN)
