"""Tokens of machines: what every machine grant demands of a client, and the grant client_credentials (RFC 6749 §4.4).

oauthlib has no part in client_credentials: there is nothing in that grant but the client, its scopes and the rules
here, and its request object and its handler cost as much as signing the token.
"""

from collections.abc import Mapping
from typing import Any

from ..models import Tenant
from ..policy import scopes
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import access_tokens
from .client_authentication import authenticate, note_use
from .errors import OAuthError
from .issuance import Issuance

NOT_REGISTERED = "The client is not registered for this grant."
NOT_TRUSTED = "The consent method of this client must be Trusted before a machine can use it."
SCOPE_NOT_ALLOWED = "A requested scope is unknown or not allowed for this client."


def check_grant(client: EffectiveClient, grant: str) -> None:
    """Whether a machine may use `grant` as this client: it is registered for it, confidential, and trusted (Q2).

    Raises OAuthError("unauthorized_client").
    """
    if not client.allows_grant(grant):
        raise OAuthError("unauthorized_client", NOT_REGISTERED, reason=Reason.GRANT_NOT_REGISTERED)
    if not client.trusted:
        raise OAuthError("unauthorized_client", NOT_TRUSTED, reason=Reason.MACHINE_NOT_TRUSTED)
    if not client.confidential:
        raise OAuthError("unauthorized_client", NOT_REGISTERED, reason=Reason.GRANT_NOT_REGISTERED)


def client_credentials(
    tenant: Tenant, authorization: str, sent: Mapping[str, str], state: Issuance
) -> dict[str, Any]:
    """The answer to a request for a token in the client's own name. `sent` are its parameters, scopes well-formed.

    Without scopes it gets all that it has here. Raises OAuthError.
    """
    found = authenticate(tenant, authorization, sent)
    state.authenticate(found)
    client = found.client
    check_grant(client, GrantType.CLIENT_CREDENTIALS)
    asked = sent.get("scope", "").split()
    granted = asked or scopes.default(client.scopes)
    if not client.allows_scopes(granted):
        raise OAuthError("invalid_scope", SCOPE_NOT_ALLOWED, reason=Reason.SCOPE_NOT_ALLOWED)
    answer = access_tokens.answer(tenant, client, granted, state)
    note_use(found)
    return answer
