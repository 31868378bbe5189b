"""The rules of an authorization request before the person is asked anything (RFC 6749 §4.1.1).

Each rule is a small function with its source above it. The order matters: see the list at the end. The client and the
redirect URL are known to belong together (rules_before_answering.py), so an error goes back to the application.
"""

import re
from collections.abc import Callable

from ..http.browser_rules import can_post_to
from ..policy import scopes
from ..policy.client_types import GrantType
from ..policy.reasons import Reason
from . import id_tokens
from .authorization_request import AuthorizationRequest
from .errors import OAuthError
from .metadata import RESPONSE_MODES, ResponseMode
from .requested_scopes import scopes_are_within_the_clients

MAX_NONCE = 255
MAX_HINT = 8192
TOO_LONG = {
    "id_token_hint": Reason.ID_TOKEN_HINT_TOO_LONG,
    "login_hint": Reason.LOGIN_HINT_TOO_LONG,
    "ui_locales": Reason.UI_LOCALES_TOO_LONG,
}
CODE_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})


def judge(asked: AuthorizationRequest) -> None:
    """Checks everything but client and redirect URL. Raises OAuthError; the answer to that is a redirect."""
    for rule in BEFORE_ANYONE_IS_ASKED:
        rule(asked)


# RFC 6749 §4.1.2: returned unchanged. First, because every error is sent with it.
def state_is_kept(asked: AuthorizationRequest) -> None:
    asked.state = asked.parameters.get("state", "")


# Multiple Response Type Encoding Practices §2.1. Before the others, because their errors are sent in this mode.
def response_mode_is_known(asked: AuthorizationRequest) -> None:
    mode = asked.parameters.get("response_mode", ResponseMode.QUERY.value)
    if mode not in RESPONSE_MODES:
        raise OAuthError(
            "invalid_request",
            "response_mode must be query, fragment or form_post.",
            reason=Reason.RESPONSE_MODE_UNKNOWN,
        )
    if mode == ResponseMode.FORM_POST.value:
        _can_be_posted(asked)
    asked.response_mode = ResponseMode(mode)


# Form Post Response Mode §2: the form needs an https or http address. An app with its own scheme cannot receive one.
def _can_be_posted(asked: AuthorizationRequest) -> None:
    if not can_post_to(asked.redirect_uri):
        raise OAuthError(
            "invalid_request",
            "response_mode=form_post needs a redirect URL with https or http.",
            reason=Reason.RESPONSE_MODE_CANNOT_POST,
        )
    if not asked.state.isprintable():  # browsers change line breaks in what a form sends
        raise OAuthError(
            "invalid_request",
            "response_mode=form_post cannot carry control characters in state.",
            reason=Reason.RESPONSE_MODE_CANNOT_CARRY_STATE,
        )


# RFC 6749 §3.1
def no_parameter_is_repeated(asked: AuthorizationRequest) -> None:
    if asked.parameters.repeated:
        name = min(asked.parameters.repeated)[:50]
        raise OAuthError(
            "invalid_request", f"Repeated parameter: {name}.", reason=Reason.PARAMETER_SENT_TWICE
        )


# RFC 6749 §3.1.1; RFC 9700 §2.1.2: only the code flow.
def response_type_is_code(asked: AuthorizationRequest) -> None:
    response_type = asked.parameters.get("response_type")
    if response_type is None:
        raise OAuthError("invalid_request", "response_type is missing.", reason=Reason.RESPONSE_TYPE_MISSING)
    if response_type != "code":
        raise OAuthError(
            "unsupported_response_type",
            "Only response_type=code is supported.",
            reason=Reason.RESPONSE_TYPE_UNSUPPORTED,
        )


# RFC 6749 §4.1.2.1: unauthorized_client.
def client_may_use_the_code_grant(asked: AuthorizationRequest) -> None:
    if not asked.client.allows_grant(GrantType.AUTHORIZATION_CODE):
        raise OAuthError(
            "unauthorized_client",
            "This client is not registered for signing people in.",
            reason=Reason.CODE_GRANT_NOT_REGISTERED,
        )


# OpenID Connect Core §6: an error, because ignoring the request object would ignore what it asks.
def no_request_object(asked: AuthorizationRequest) -> None:
    if "request" in asked.parameters:
        raise OAuthError(
            "request_not_supported", "Request objects are not supported.", reason=Reason.REQUEST_OBJECT
        )
    if "request_uri" in asked.parameters:
        raise OAuthError(
            "request_uri_not_supported", "Request objects are not supported.", reason=Reason.REQUEST_OBJECT
        )


# RFC 7636 §4.3, RFC 9700 §2.1.1: PKCE with S256. A client that is registered without PKCE may leave it out if the nonce
# of an ID token protects it instead (OAuth 2.1 §7.5.1).
def pkce_is_s256(asked: AuthorizationRequest) -> None:
    challenge = asked.parameters.get("code_challenge")
    if challenge is None and "code_challenge_method" not in asked.parameters and _may_leave_out_pkce(asked):
        return
    if challenge is None:
        raise OAuthError(
            "invalid_request",
            "code_challenge is missing: PKCE is required.",
            reason=Reason.CODE_CHALLENGE_MISSING,
        )
    if asked.parameters.get("code_challenge_method", "plain") != "S256":
        raise OAuthError(
            "invalid_request",
            "code_challenge_method must be S256.",
            reason=Reason.CODE_CHALLENGE_METHOD_UNSUPPORTED,
        )
    if not CODE_CHALLENGE.fullmatch(challenge):
        raise OAuthError(
            "invalid_request",
            "code_challenge must be 43 characters of base64url.",
            reason=Reason.CODE_CHALLENGE_MALFORMED,
        )


def _may_leave_out_pkce(asked: AuthorizationRequest) -> bool:
    if asked.client.needs_pkce:
        return False
    if scopes.OPENID not in asked.scopes or not asked.nonce:
        raise OAuthError(
            "invalid_request", "Without PKCE, openid and nonce are required.", reason=Reason.NONCE_MISSING
        )
    return True


# OpenID Connect Core §3.1.2.1: unknown values are ignored, because libraries send those of other servers.
def prompt_is_understood(asked: AuthorizationRequest) -> None:
    values = frozenset(asked.parameters.get("prompt", "").split())
    asked.prompt = values & PROMPTS
    if "none" in values and len(values) > 1:
        raise OAuthError(
            "invalid_request",
            "prompt=none cannot be combined with another value.",
            reason=Reason.PROMPT_CONTRADICTS_ITSELF,
        )


# OpenID Connect Core §3.1.2.1
def max_age_is_a_number(asked: AuthorizationRequest) -> None:
    max_age = asked.parameters.get("max_age")
    if max_age is None:
        return
    if not re.fullmatch(r"[0-9]{1,9}", max_age):
        raise OAuthError(
            "invalid_request", "max_age must be a number of seconds.", reason=Reason.MAX_AGE_NOT_A_NUMBER
        )
    asked.max_age = int(max_age)


# The nonce is stored with the code and must fit into its column. The others are repeated in addresses.
def values_can_be_kept(asked: AuthorizationRequest) -> None:
    if len(asked.nonce) > MAX_NONCE or "\0" in asked.nonce:
        raise OAuthError(
            "invalid_request",
            f"nonce must have at most {MAX_NONCE} characters, and no NUL.",
            reason=Reason.NONCE_CANNOT_BE_KEPT,
        )
    for name, reason in TOO_LONG.items():
        most = id_tokens.MAX_LENGTH if name == "id_token_hint" else MAX_HINT
        if len(asked.parameters.get(name, "")) > most:
            raise OAuthError("invalid_request", f"{name} is too long.", reason=reason)


# OpenID Connect Core §3.1.2.1
def id_token_hint_is_ours(asked: AuthorizationRequest) -> None:
    hint = asked.parameters.get("id_token_hint")
    if hint is None:
        return
    claims = id_tokens.recognise(asked.tenant, hint)
    asked.subject_unknown = claims is None and id_tokens.outlived_its_key(asked.tenant, hint) is not None
    if asked.subject_unknown:
        return
    if claims is None:
        raise OAuthError(
            "invalid_request",
            "id_token_hint is not an ID token of this issuer.",
            reason=Reason.ID_TOKEN_HINT_NOT_OURS,
        )
    asked.subject = claims["sub"]


BEFORE_ANYONE_IS_ASKED: list[Callable[[AuthorizationRequest], None]] = [
    state_is_kept,
    response_mode_is_known,
    no_parameter_is_repeated,
    response_type_is_code,
    client_may_use_the_code_grant,
    no_request_object,
    scopes_are_within_the_clients,
    pkce_is_s256,
    prompt_is_understood,
    max_age_is_a_number,
    values_can_be_kept,
    id_token_hint_is_ours,
]
