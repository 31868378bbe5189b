"""`/oauth/introspect` (RFC 7662): a confidential client asks about one of its own tokens, an API about one for itself.

Whoever accepts `application/token-introspection+jwt` gets the answer signed (RFC 9701).
"""

import time
from collections.abc import Collection
from typing import Any

from django.http import HttpResponse

from ..http.requests import TenantRequest
from ..models import Api, KeyRing, LiveToken, RefreshToken, Tenant
from ..policy import apis, audiences, scopes
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import bearer_tokens, parameters, refusals, uses
from .api_authentication import calling_api
from .authentication_outcome import Authenticated, failed
from .client_authentication import authenticate
from .endpoint import NOT_KEPT, endpoint, no_store
from .errors import OAuthError
from .resource_indicators import rules_for

INACTIVE = {"active": False}
SIGNED = (
    "token-introspection+jwt"  # the media type below application/, and the type in the header (RFC 9701 §5)
)


@endpoint("POST", who="a confidential client or an API, by client_authentication or api_authentication")
def introspect(request: TenantRequest) -> HttpResponse:
    """Says what a live token is. Anything else, tokens of others included, is only `active: false`."""
    tenant, authorization = request.tenant, request.headers.get("Authorization", "")
    with refusals.recorded(request, endpoint="introspection") as attempt:
        sent = attempt.sent = parameters.body(request)
        calling = calling_api(tenant, authorization, sent)
        if calling is None:
            found = _confidential(tenant, authorization, sent)
            attempt.client = client = found.client
        token = sent.get("token")
        if token is None:
            raise OAuthError("invalid_request", "token is missing.", reason=Reason.TOKEN_MISSING)
    if calling is not None:
        return _answer(request, _for_api(tenant, token, calling.api), calling.api)
    uses.note_secret(request, found, uses.INTROSPECTION)
    about = _about_access_token(tenant, token, client) or _about_refresh_token(tenant, token, client)
    return _answer(request, about, client)


def _confidential(tenant: Tenant, authorization: str, sent: parameters.Parameters) -> Authenticated:
    found = authenticate(tenant, authorization, sent)
    if not found.client.confidential:
        raise failed(Reason.PUBLIC_AT_INTROSPECTION, client=found.client)
    return found


def _answer(
    request: TenantRequest, about: dict[str, Any] | None, caller: Api | EffectiveClient
) -> HttpResponse:
    """In JSON, or signed for the caller if it accepts that (RFC 9701 §5)."""
    if SIGNED not in request.headers.get("Accept", "").lower():
        return no_store(about or INACTIVE)
    key = KeyRing.of(request.tenant).signing(caller.algorithm if isinstance(caller, Api) else apis.RS256)
    claims = {
        "iss": request.tenant.issuer,
        "aud": caller.identifier if isinstance(caller, Api) else caller.client_id,
        "iat": int(time.time()),
        "token_introspection": about or INACTIVE,
    }
    headers = NOT_KEPT | {"Content-Type": f"application/{SIGNED}"}
    return HttpResponse(key.sign(claims, SIGNED), headers=headers)


def _for_api(tenant: Tenant, token: str, api: Api) -> dict[str, Any] | None:
    """What an API learns of a token for it. The statement that found it says that this tenant has it."""
    live = bearer_tokens.live(tenant, token, of_apis=True)
    return _told(live) if live is not None and live.claims["aud"] == api.identifier else None


def _about_access_token(tenant: Tenant, token: str, client: EffectiveClient) -> dict[str, Any] | None:
    live = bearer_tokens.live(tenant, token, client=client, of_apis=True)
    return _told(live) if live is not None else None


def _told(live: LiveToken) -> dict[str, Any]:
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
    given = refresh_token.family.scope.split()
    granted = scopes.narrowed(given, client.scopes)
    granted = audiences.counting(granted, rules_for(tenant, granted))
    if given and not granted:
        return None  # it was for APIs that have gone
    answer = {
        "active": True,
        "iss": tenant.issuer,
        "sub": str(refresh_token.user_id),
        "client_id": client.client_id,
        "scope": scopes.join(name for name in granted if not apis.names_none(name)),
        "iat": int(refresh_token.made_at.timestamp()),
        "exp": int(min(refresh_token.expires_at, refresh_token.family.expires_at).timestamp()),
    }
    if _may_know_the_address(granted):
        answer["username"] = refresh_token.family.user.email
    return answer


def _may_know_the_address(granted: Collection[str]) -> bool:
    """People's names here are their e-mail addresses: not for a client that was not allowed to see those."""
    return not scopes.closure(granted).isdisjoint({"email", "identity.email:read"})
