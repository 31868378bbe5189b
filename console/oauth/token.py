"""`/oauth/token`: every grant, form and JSON bodies, most of them through django-oauth-toolkit (RFC 6749 §3.2, Q7)."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.addresses import TOKEN_PATH
from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Actor, Tenant, scope_use
from ..policy import scopes
from ..policy.client_types import GrantType
from ..policy.reasons import Reason
from . import device_tokens, machine_tokens, oauthlib_reasons, parameters, refusals, uses
from .endpoint import endpoint, no_store
from .errors import OAuthError
from .issuance import LABELS, Issuance
from .resource_indicators import of_token_request
from .server import server

Grant = Callable[[Tenant, str, Mapping[str, str], Issuance], dict[str, Any]]
CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
# The parameters of a token request. oauthlib takes any other parameter for an attribute of its request that it does not
# find set, and some of these decide what is issued (`extra_credentials`, `response_type`): it never sees them. Scopes
# mean something together with `resource` only (`Issuance.asked_scopes`).
UNDERSTOOD = frozenset(
    {
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "user_lookup",
        "client_id", "client_secret", "client_assertion", "client_assertion_type", *LABELS,
    }
)  # fmt: skip
WITHOUT_OAUTHLIB: dict[str, Grant] = {
    GrantType.CLIENT_CREDENTIALS.value: machine_tokens.client_credentials,
    GrantType.DEVICE_CODE.value: device_tokens.device_code,
}
KNOWN_GRANTS = frozenset(GrantType)


@endpoint("POST", who="a client, authenticated by client_authentication")
@sensitive_variables()
def token(request: TenantRequest) -> HttpResponse:
    """Exchanges a code, a refresh token, a device code or a client's own credentials for tokens."""
    state = Issuance(
        actor=Actor.anonymous(client_address(request)),
        asked_in_json=request.content_type == parameters.JSON,
    )
    with refusals.recorded(request) as attempt:
        sent = attempt.sent = parameters.body(request)
        if attempt.sent.get("grant_type") in KNOWN_GRANTS:
            attempt.details["grant_type"] = attempt.sent["grant_type"]
        state.asked_scopes = _checked(sent)
        state.resource = of_token_request(request.tenant, sent)
        if sent["grant_type"] in WITHOUT_OAUTHLIB:
            answer = _given(request, sent, state, attempt)
        else:
            answer = _exchange(request, sent, state, attempt)
    _count(request, sent["grant_type"], state)
    return no_store(answer)


def _count(request: TenantRequest, grant: str, state: Issuance) -> None:
    """Counts the use of the client and of its secret (P8, N1), and of the redirect URL that the code was sent to."""
    found, code = state.authenticated, state.authorization_code
    if found is not None:
        scope_use.note(request.tenant.pk, found.client.pk, state.granted)
        uses.count(
            request,
            found.client,
            grant,
            secret_id=found.secret.id if found.secret else None,
            redirect_uri=code.redirect_uri if code else "",
        )


def _given(
    request: TenantRequest, sent: Mapping[str, str], state: Issuance, attempt: refusals.Attempt
) -> dict[str, Any]:
    """A grant without oauthlib."""
    authorization, grant = request.headers.get("Authorization", ""), WITHOUT_OAUTHLIB[sent["grant_type"]]
    try:
        return grant(request.tenant, authorization, sent, state)
    except OAuthError:
        attempt.client = state.authenticated.client if state.authenticated else None
        raise


def _exchange(
    request: TenantRequest, sent: Mapping[str, str], state: Issuance, attempt: refusals.Attempt
) -> dict[str, object]:
    """Lets oauthlib's handler of the grant do its work on a request that carries our state and nothing unread."""
    handler = server().grant_types.get(sent["grant_type"])
    if handler is None:
        raise OAuthError(
            "unsupported_grant_type",
            _sentence("unsupported_grant_type"),
            reason=Reason.GRANT_TYPE_UNSUPPORTED,
        )
    authorization = request.headers.get("Authorization")
    asked = Request(
        request.tenant.issuer + TOKEN_PATH,
        http_method="POST",
        body=urlencode([(name, value) for name, value in sent.items() if name in UNDERSTOOD]),
        headers={"Authorization": authorization} if authorization else {},
    )
    asked.issuance = state
    asked.scopes = None
    try:
        _, text, status = handler.create_token_response(asked, server().default_token_type)
    except oauthlib_errors.OAuth2Error as error:
        raise _refused(error.error, error.description, state, attempt) from None
    answer: dict[str, Any] = json.loads(text)
    if status != 200:
        raise _refused(answer["error"], answer.get("error_description"), state, attempt)
    return answer


def _refused(error: str, description: str | None, state: Issuance, attempt: refusals.Attempt) -> OAuthError:
    """What oauthlib refuses, with what we know of the reason: that of our own client authentication as it was."""
    if state.unauthenticated is not None:
        return state.unauthenticated
    attempt.client = state.authenticated.client if state.authenticated else None
    return OAuthError(
        error,
        description or _sentence(error),
        reason=state.refusal or oauthlib_reasons.of(error, description),
        details=state.refusal_details,
    )


# RFC 6749 §3.2, §4; RFC 7636 §4.1
def _checked(sent: Mapping[str, str]) -> list[str]:
    """The scopes that were asked for, [] if none were. Raises OAuthError for what is malformed."""
    if "grant_type" not in sent:
        raise OAuthError("invalid_request", "grant_type is missing.", reason=Reason.GRANT_TYPE_MISSING)
    if "code_verifier" in sent and not CODE_VERIFIER.fullmatch(sent["code_verifier"]):
        raise OAuthError(
            "invalid_grant",
            "code_verifier must be 43 to 128 unreserved characters.",
            reason=Reason.CODE_VERIFIER_MALFORMED,
        )
    try:
        return scopes.parse(sent["scope"]) if "scope" in sent else []
    except scopes.InvalidScope as error:
        raise OAuthError("invalid_scope", str(error), reason=error.reason) from None


def _sentence(error: str) -> str:
    return {
        "invalid_grant": "The code or token is unknown, used, expired or was given to another client.",
        "invalid_scope": "A requested scope is unknown or not allowed for this client.",
        "unauthorized_client": "The client is not registered for this grant.",
        "unsupported_grant_type": "This grant_type is not supported.",
    }.get(error, "The request cannot be carried out.")
