"""`/oauth/revoke` (RFC 7009): a client takes back a token of its own. Unknown tokens are 200 too."""

from django.db import transaction
from django.http import HttpResponse

from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Action, Actor, Event, LiveToken, RefreshToken, Tenant
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import bearer_tokens, parameters, refusals, uses
from .client_authentication import authenticate
from .endpoint import endpoint, no_store
from .errors import OAuthError

# RFC 7009 §2.2 lets clients ignore the body; oidc-client-ts and simple-oauth2 read it as JSON all the same.
NOTHING: dict[str, str] = {}


@endpoint("POST", who="a client, authenticated by client_authentication or by the very token it revokes")
def revoke(request: TenantRequest) -> HttpResponse:
    """Revokes `token` if it belongs to the caller. A refresh token takes its whole family with it."""
    with refusals.recorded(request, endpoint="revocation") as attempt:
        sent = attempt.sent = parameters.body(request)
        token = sent.get("token")
        if token is None:
            raise OAuthError("invalid_request", "token is missing.", reason=Reason.TOKEN_MISSING)
        live = bearer_tokens.live(request.tenant, token, of_apis=True)
        client = _caller(request, sent, live)
    by = Actor(client=client, address=client_address(request))
    if live is not None:
        if live.client.pk == client.pk:
            live.revoke(request.tenant, by=by)
    else:
        _revoke_family(request.tenant, token, client, by)
    return no_store(NOTHING)


def _caller(request: TenantRequest, sent: parameters.Parameters, live: LiveToken | None) -> EffectiveClient:
    """Qlik's libraries authenticate with the token itself as Bearer: holding it is enough to destroy it (Q6)."""
    bearer = bearer_tokens.presented(request)
    if bearer is not None and live is not None and bearer == sent["token"]:
        return live.client
    found = authenticate(request.tenant, request.headers.get("Authorization", ""), sent)
    uses.note_secret(request, found, uses.REVOCATION)
    return found.client


def _revoke_family(tenant: Tenant, token: str, client: EffectiveClient, by: Actor) -> None:
    refresh_token = RefreshToken.presented(tenant, token)
    if refresh_token is None or refresh_token.family.client_id != client.pk:
        return
    with transaction.atomic():
        if refresh_token.family.end(reason="revoked by the client"):
            Event.record(
                tenant, Action.TOKENS_REVOKED, by=by, target=client, details={"token": "refresh_token"}
            )
