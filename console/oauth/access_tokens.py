"""The two generators that django-oauth-toolkit is configured with."""

from typing import Any

from django.conf import settings
from oauthlib.common import Request

from ..http.tenancy import current_tenant
from ..models import RefreshToken
from ..policy import credentials, scopes
from . import bearer_tokens
from .issuance import issuance


def generate(request: Request) -> str:
    """A signed access token for the request that oauthlib has found to be right (RFC 9068 §2.2).

    `sub` is the person, or the client itself when no person is involved; the two can never be equal, because a user's
    ID is a UUID with dashes and a client ID has none.
    """
    state = issuance(request)
    claims: dict[str, Any] = {"client_id": request.client.client_id, "scope": scopes.join(request.scopes)}
    if state.family_id is not None:
        claims |= {"sub": str(request.user.pk), "family": str(state.family_id)}
        if state.auth_time is not None:
            claims["auth_time"] = int(state.auth_time.timestamp())
    else:
        claims["sub"] = request.client.client_id
    if (
        state.family_id is None or state.impersonating
    ):  # a machine's: lives no longer than what it got it with
        claims["generation"] = str(request.client.generation)
        if state.authenticated is not None and state.authenticated.secret is not None:
            claims["credential"] = str(state.authenticated.secret.id)
    return bearer_tokens.make(
        current_tenant(), lifetime=int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()), **claims
    )


def generate_refresh_token(request: Request) -> str:
    """An opaque refresh token; it exists once the validator has stored it."""
    family = issuance(request).family_id
    return RefreshToken.make(family) if family else credentials.make(credentials.Prefix.REFRESH_TOKEN)
