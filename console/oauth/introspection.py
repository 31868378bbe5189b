"""`/oauth/introspect` (RFC 7662): a confidential client asks whether one of its own tokens is still good."""

from collections.abc import Collection
from typing import Any

from django.http import HttpResponse

from ..http.requests import TenantRequest
from ..models import RefreshToken, Tenant
from ..policy import scopes
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import bearer_tokens, parameters, refusals
from .authentication_outcome import failed
from .client_authentication import authenticate
from .endpoint import endpoint, no_store
from .errors import OAuthError

INACTIVE = {"active": False}


@endpoint("POST", who="a confidential client, authenticated by client_authentication")
def introspect(request: TenantRequest) -> HttpResponse:
    """Says what a live token is. Anything else, other clients' tokens included, is only `active: false`."""
    with refusals.recorded(request, endpoint="introspection") as attempt:
        sent = attempt.sent = parameters.body(request)
        client = authenticate(request.tenant, request.headers.get("Authorization", ""), sent).client
        if not client.confidential:
            raise failed(Reason.PUBLIC_AT_INTROSPECTION, client=client)
        attempt.client, token = client, sent.get("token")
        if token is None:
            raise OAuthError("invalid_request", "token is missing.", reason=Reason.TOKEN_MISSING)
    return no_store(
        _about_access_token(request.tenant, token, client)
        or _about_refresh_token(request.tenant, token, client)
        or INACTIVE
    )


def _about_access_token(tenant: Tenant, token: str, client: EffectiveClient) -> dict[str, Any] | None:
    live = bearer_tokens.live(tenant, token, client=client)
    if live is None:
        return None
    claims = live.claims
    answer = {"active": True, "token_type": "Bearer"}
    answer |= {
        name: claims[name]
        for name in ("iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti")
        if name in claims
    }
    if live.user is not None and _may_know_the_address(live.scopes):
        answer["username"] = live.user.email
    return answer


def _about_refresh_token(tenant: Tenant, token: str, client: EffectiveClient) -> dict[str, Any] | None:
    refresh_token = RefreshToken.presented(tenant, token)
    if refresh_token is None or refresh_token.family.client_id != client.pk:
        return None
    if not refresh_token.is_alive(client) or not client.has_offline_access:
        return None
    granted = scopes.narrowed(refresh_token.family.scope.split(), client.scopes)
    answer = {
        "active": True,
        "iss": tenant.issuer,
        "sub": str(refresh_token.user_id),
        "client_id": client.client_id,
        "scope": scopes.join(granted),
        "iat": int(refresh_token.made_at.timestamp()),
        "exp": int(min(refresh_token.expires_at, refresh_token.family.expires_at).timestamp()),
    }
    if _may_know_the_address(granted):
        answer["username"] = refresh_token.family.user.email
    return answer


def _may_know_the_address(granted: Collection[str]) -> bool:
    """People's names here are their e-mail addresses: not for a client that was not allowed to see those."""
    return not scopes.closure(granted).isdisjoint({"email", "identity.email:read"})
