"""Tokens of machines: what every machine grant demands of a client, and the grant client_credentials (RFC 6749 §4.4).

oauthlib has no part in client_credentials: there is nothing in that grant but the client, its scopes and the rules
here, and its request object and its handler cost as much as signing the token.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..models import Api, Tenant
from ..policy import apis, audiences, scopes
from ..policy.apis import CATALOGUE, TokenRules
from ..policy.audiences import InvalidTarget
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import access_tokens
from .authentication_outcome import Authenticated
from .client_authentication import authenticate, note_use
from .errors import OAuthError
from .issuance import Issuance
from .resource_indicators import rules_for

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
    found = authenticate(tenant, authorization, sent, state.resource or "")
    state.authenticate(found)
    client = found.client
    check_grant(client, GrantType.CLIENT_CREDENTIALS)
    asked = state.asked_scopes
    of_the_catalogue = bool(asked) and scopes.SCOPES.keys() >= set(asked) and client.allows_scopes(asked)
    if state.resource or (apis.identifiers((*client.scopes, *asked)) and not of_the_catalogue):
        granted: Sequence[str] = _for_an_api(tenant, found, state)
    else:  # nothing is said of any API but the catalogue
        granted = asked or scopes.default(client.scopes)
        if not client.allows_scopes(granted):
            raise OAuthError("invalid_scope", SCOPE_NOT_ALLOWED, reason=Reason.SCOPE_NOT_ALLOWED)
        state.granted = list(granted)
    answer = access_tokens.answer(tenant, client, granted, state)
    note_use(found)
    return answer


def _for_an_api(tenant: Tenant, found: Authenticated, state: Issuance) -> Sequence[str]:
    """The scopes of the token as they are on the wire. Sets for which API it is, and `state.granted`."""
    resource, held = state.resource, found.client.scopes
    known: tuple[TokenRules, ...] = ()
    if resource is None:
        known = tuple(rules_for(tenant, held).values())
    elif resource:
        api = found.secret.api if found.secret else Api.rules_of(tenant.pk, resource)
        known = (api,) if api else ()
        if api is None and tenant.issued_as(resource):
            resource = CATALOGUE
    try:
        decided = audiences.of_machine(tuple(state.asked_scopes), resource, held, known)
    except InvalidTarget as error:
        raise OAuthError("invalid_target", str(error), reason=error.reason) from None
    if decided is None:
        raise OAuthError("invalid_scope", SCOPE_NOT_ALLOWED, reason=Reason.SCOPE_NOT_ALLOWED)
    state.api, state.granted = decided.api, list(decided.carried)
    return decided.on_the_wire
