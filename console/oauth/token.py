"""`/oauth/token`: the four grants, form and JSON bodies, through django-oauth-toolkit (RFC 6749 §3.2, Q7)."""

import json
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors
from oauthlib.oauth2.rfc6749.utils import scope_to_list

from ..metadata import TOKEN_PATH
from ..models import Action, Actor, Client, Event
from ..policy import scopes
from ..requests import TenantRequest
from ..sessions import client_address
from . import parameters
from .endpoint import endpoint, no_store
from .errors import OAuthError
from .issuance import LABELS, Issuance
from .server import server

CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
# What a token request may say. oauthlib takes any other parameter for an attribute of its request that it does not
# find set, and some of these decide what is issued (`extra_credentials`, `response_type`): it never sees them.
UNDERSTOOD = frozenset(
    {
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "user_lookup",
        "client_id", "client_secret", "client_assertion", "client_assertion_type", *LABELS,
    }
)  # fmt: skip


@endpoint("POST", who="a client, authenticated by client_authentication")
@sensitive_variables()
def token(request: TenantRequest) -> HttpResponse:
    """Exchanges a code, a refresh token or a client's own credentials for tokens."""
    state = Issuance(actor=Actor(address=client_address(request)))
    sent: Mapping[str, str] = {}
    try:
        sent = parameters.body(request)
        sent = _checked(sent)
        status, answer = _exchange(request, sent, state)
    except OAuthError as error:
        _record(request, state, sent, error)
        raise
    return no_store(answer, status)


def _exchange(
    request: TenantRequest, sent: Mapping[str, str], state: Issuance
) -> tuple[int, dict[str, object]]:
    """Lets oauthlib's handler of the grant do its work on a request that carries our state and nothing unread."""
    handler = server().grant_types.get(sent["grant_type"])
    if handler is None:
        raise OAuthError("unsupported_grant_type", _sentence("unsupported_grant_type"))
    authorization = request.headers.get("Authorization")
    asked = Request(
        request.tenant.issuer + TOKEN_PATH,
        http_method="POST",
        body=urlencode([(name, value) for name, value in sent.items() if name in UNDERSTOOD]),
        headers={"Authorization": authorization} if authorization else {},
    )
    asked.issuance = state
    asked.scopes = scope_to_list(asked.scope)
    try:
        _, text, status = handler.create_token_response(asked, server().default_token_type)
    except oauthlib_errors.OAuth2Error as error:
        raise OAuthError(
            error.error, error.description or _sentence(error.error), reason=state.refusal
        ) from None
    answer = json.loads(text)
    if status != 200:
        raise OAuthError(
            answer["error"],
            answer.get("error_description") or _sentence(answer["error"]),
            reason=state.refusal,
        )
    return status, answer


# RFC 6749 §3.2, §4; RFC 7636 §4.1
def _checked(sent: Mapping[str, str]) -> Mapping[str, str]:
    """What was sent, with the scopes written as oauthlib reads them: one space between two. Raises OAuthError."""
    if "grant_type" not in sent:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if "code_verifier" in sent and not CODE_VERIFIER.fullmatch(sent["code_verifier"]):
        raise OAuthError("invalid_grant", "code_verifier must be 43 to 128 unreserved characters.")
    if "scope" not in sent:
        return sent
    try:
        return {**sent, "scope": " ".join(scopes.parse(sent["scope"]))}
    except scopes.InvalidScope as error:
        raise OAuthError("invalid_scope", str(error)) from None


def _sentence(error: str) -> str:
    return {
        "invalid_grant": "The code or token is unknown, used, expired or was given to another client.",
        "invalid_scope": "A requested scope is unknown or not allowed for this client.",
        "unauthorized_client": "The client is not registered for this grant.",
        "unsupported_grant_type": "This grant_type is not supported.",
    }.get(error, "The request cannot be carried out.")


def _record(request: TenantRequest, state: Issuance, sent: Mapping[str, str], error: OAuthError) -> None:
    """Every refused token request is an event; repeated ones are counted on one row.

    Of what the caller sent only the name of a grant is kept, if it is one: anything else may be a misplaced secret.
    """
    client = state.authenticated.client if state.authenticated else None
    if client is None and len(sent.get("client_id", "")) <= 255:
        client = Client.connected_to(request.tenant, sent.get("client_id", ""))
    grant_type = sent.get("grant_type", "")
    Event.refuse(
        request.tenant,
        Action.TOKENS_REFUSED,
        by=Actor(client=client, address=state.actor.address),
        target=client,
        reason=error.reason,
        details={
            "error": error.error,
            "grant_type": grant_type if grant_type in server().grant_types else "",
        },
    )
