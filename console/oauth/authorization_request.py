"""An authorization request, read and judged: one small rule after the other, each with its source (RFC 6749 §4.1.1).

The order matters. Until the client and the redirect URL are known to belong together, an error is a page and never a
redirect; after that, an error goes back to the application.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.urls import reverse

from ..http.browser_rules import can_post_to
from ..http.requests import TenantRequest
from ..models import Client, Connection, Tenant, User
from ..policy import scopes
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.roles import Permission
from . import id_tokens
from .errors import OAuthError
from .metadata import RESPONSE_MODES, ResponseMode
from .parameters import Parameters

MAX_CLIENT_ID = 512
MAX_NONCE = 255
MAX_HINT = 8192
CODE_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})


class Unanswerable(Exception):
    """The request cannot be answered to the application: a person gets a page. `reason` says which page.

    `because` is a sentence for the developer of the application, where the page alone does not say what is wrong.
    """

    def __init__(
        self,
        reason: str,
        *,
        client: Client | EffectiveClient | None = None,
        redirect_uri: str = "",
        because: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.because = because
        self.client = client
        self.redirect_uri = redirect_uri


@dataclass(slots=True)
class AuthorizationRequest:
    """What the application asks. Filled in by the rules below; complete once `judge` has returned."""

    tenant: Tenant
    user: User | None
    parameters: Parameters
    client: EffectiveClient = field(init=False)
    # The client is published by another tenant, and this one has not connected to it yet.
    first_connection: bool = False
    redirect_uri: str = field(init=False)
    state: str = ""
    response_mode: ResponseMode = ResponseMode.QUERY
    scopes: list[str] = field(default_factory=list)  # what would be granted: the person is asked about these
    left_out: list[str] = field(default_factory=list)  # asked for, but unknown or not the client's
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    subject: str | None = None  # the person that id_token_hint means
    subject_unknown: bool = False  # a hint means somebody, and nobody can tell any more whom

    @property
    def nonce(self) -> str:
        return self.parameters.get("nonce", "")

    @property
    def code_challenge(self) -> str:
        return self.parameters.get("code_challenge", "")

    @property
    def wants_a_fresh_sign_in(self) -> bool:
        """Whether an earlier sign-in does not count, however recent (OpenID Connect Core §3.1.2.1)."""
        return bool({"login", "select_account"} & self.prompt) or (
            (self.max_age == 0 or self.subject_unknown) and "none" not in self.prompt
        )


def read(request: TenantRequest, tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    """Finds out who asks and where the answer may go. Raises Unanswerable; the answer to that is a page."""
    asked = AuthorizationRequest(tenant, request.user if isinstance(request.user, User) else None, parameters)
    for rule in BEFORE_ANYTHING_IS_ANSWERED:
        rule(asked)
    return asked


def judge(asked: AuthorizationRequest) -> None:
    """Checks everything else. Raises OAuthError; the answer to that is a redirect."""
    for rule in BEFORE_ANYONE_IS_ASKED:
        rule(asked)


# --- Until the client and the redirect URL belong together ------------------------------------------------------------


# RFC 6749 §3.1: a parameter must not stand twice. Of these two, neither reading may be believed.
def names_client_and_address_once(asked: AuthorizationRequest) -> None:
    for name in ("client_id", "redirect_uri"):
        if name in asked.parameters.repeated:
            raise Unanswerable("repeated_parameter")


# RFC 6749 §4.1.1, §4.1.2.1
def client_is_known_here(asked: AuthorizationRequest) -> None:
    client_id = asked.parameters.get("client_id", "")
    if not client_id:
        raise Unanswerable("no_client")
    if len(client_id) > MAX_CLIENT_ID or "\0" in client_id:
        raise Unanswerable("unknown_client")
    client = Connection.to_client(asked.tenant, client_id)
    if client is None:
        client = _published_elsewhere(asked, client_id)
    asked.client = client


# S7, S9: a published client of another tenant can be connected to; one that is not published does not exist here.
def _published_elsewhere(asked: AuthorizationRequest, client_id: str) -> EffectiveClient:
    client = Client.published(asked.tenant, client_id)
    if client is None:
        withdrawn = Connection.withdrawn(asked.tenant, client_id)
        raise Unanswerable("client_withdrawn" if withdrawn else "unknown_client", client=withdrawn)
    if Connection.objects.filter(client=client, status=Connection.Status.BLOCKED).exists():
        raise Unanswerable("connection_blocked", client=client)
    asked.first_connection = True
    return client.offered_in(asked.tenant)


# RFC 9700 §4.1.3: exact comparison. RFC 8252 §7.3: the port of a loopback address is free.
def redirect_uri_is_registered(asked: AuthorizationRequest) -> None:
    requested = asked.parameters.get("redirect_uri")
    if requested is None:
        if asked.client.default_redirect_uri is None:
            raise Unanswerable("no_redirect_uri", client=asked.client)
        asked.redirect_uri = asked.client.default_redirect_uri
    elif asked.client.allows_redirect_uri(requested) or _is_own_try_it_page(asked, requested):
        asked.redirect_uri = requested
    elif asked.client.registration.allows_redirect_uri(requested):
        # registered since this tenant approved: it runs on what it approved until its administrator accepts more (N5)
        raise Unanswerable("redirect_uri_not_accepted", client=asked.client, redirect_uri=requested)
    else:
        raise Unanswerable("redirect_uri_mismatch", client=asked.client, redirect_uri=requested)


def _is_own_try_it_page(asked: AuthorizationRequest, requested: str) -> bool:
    """The console's *Try it* page of this very client, for an administrator of its owner who is signed in (P7)."""
    own = asked.tenant.issuer + reverse("try_it", args=[asked.client.client_id])
    return (
        requested == own
        and not asked.client.is_foreign
        and asked.user is not None
        and asked.user.may(Permission.MANAGE_CLIENTS)
    )


# A switched-off client is a matter between the person and the administrator, not for the application.
def client_is_enabled(asked: AuthorizationRequest) -> None:
    if not asked.client.enabled:
        raise Unanswerable("client_disabled", client=asked.client)


BEFORE_ANYTHING_IS_ANSWERED: list[Callable[[AuthorizationRequest], None]] = [
    names_client_and_address_once,
    client_is_known_here,
    redirect_uri_is_registered,
    client_is_enabled,
]


# --- From here on, errors go back to the application ------------------------------------------------------------------


# RFC 6749 §4.1.2: returned exactly as it came.
def state_is_kept(asked: AuthorizationRequest) -> None:
    asked.state = asked.parameters.get("state", "")


# Multiple Response Type Encoding Practices §2.1. First of all, so that every other error travels as it was asked for.
def response_mode_is_known(asked: AuthorizationRequest) -> None:
    mode = asked.parameters.get("response_mode", ResponseMode.QUERY.value)
    if mode not in RESPONSE_MODES:
        raise OAuthError("invalid_request", "response_mode must be query, fragment or form_post.")
    if mode == ResponseMode.FORM_POST.value:
        _can_be_posted(asked)
    asked.response_mode = ResponseMode(mode)


# Form Post Response Mode §2: an app that is called by a scheme of its own receives an address and no form.
def _can_be_posted(asked: AuthorizationRequest) -> None:
    if not can_post_to(asked.redirect_uri):
        raise OAuthError(
            "invalid_request", "response_mode=form_post needs a redirect URL with https or http."
        )
    if not asked.state.isprintable():  # browsers change line breaks in what a form sends
        raise OAuthError(
            "invalid_request", "response_mode=form_post cannot carry control characters in state."
        )


# RFC 6749 §3.1
def nothing_stands_twice(asked: AuthorizationRequest) -> None:
    if asked.parameters.repeated:
        name = min(asked.parameters.repeated)[:50]
        raise OAuthError("invalid_request", f"Repeated parameter: {name}.", reason="repeated parameter")


# RFC 6749 §3.1.1; RFC 9700 §2.1.2: only the code flow.
def response_type_is_code(asked: AuthorizationRequest) -> None:
    response_type = asked.parameters.get("response_type")
    if response_type is None:
        raise OAuthError("invalid_request", "response_type is missing.")
    if response_type != "code":
        raise OAuthError("unsupported_response_type", "Only response_type=code is supported.")


# A machine has nobody to sign in.
def client_may_use_the_code_grant(asked: AuthorizationRequest) -> None:
    if not asked.client.allows_grant(GrantType.AUTHORIZATION_CODE):
        raise OAuthError("unauthorized_client", "This client is not registered for signing people in.")


# OpenID Connect Core §6: said clearly instead of silently ignored.
def no_request_object(asked: AuthorizationRequest) -> None:
    if "request" in asked.parameters:
        raise OAuthError("request_not_supported", "Request objects are not supported.")
    if "request_uri" in asked.parameters:
        raise OAuthError("request_uri_not_supported", "Request objects are not supported.")


# RFC 7636 §4.3, RFC 9700 §2.1.1: PKCE with S256. A client whose owner says that it cannot send PKCE may go without, if
# the nonce of an ID token protects it instead (OAuth 2.1 §7.5.1).
def pkce_is_s256(asked: AuthorizationRequest) -> None:
    challenge = asked.parameters.get("code_challenge")
    if challenge is None and "code_challenge_method" not in asked.parameters and _goes_without_pkce(asked):
        return
    if challenge is None:
        raise OAuthError("invalid_request", "code_challenge is missing: PKCE is required.")
    if asked.parameters.get("code_challenge_method", "plain") != "S256":
        raise OAuthError("invalid_request", "code_challenge_method must be S256.")
    if not CODE_CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge must be 43 characters of base64url.")


def _goes_without_pkce(asked: AuthorizationRequest) -> bool:
    if asked.client.needs_pkce:
        return False
    if scopes.OPENID not in asked.scopes or not asked.nonce:
        raise OAuthError("invalid_request", "Without PKCE, openid and nonce are required.")
    return True


# RFC 6749 §3.3, OpenID Connect Core §3.1.2.1, Q4: what cannot be given is left out, and the token answer says what was.
def scopes_are_within_the_clients(asked: AuthorizationRequest) -> None:
    if "scope" not in asked.parameters:
        asked.scopes = scopes.default(asked.client.scopes)
        return
    try:
        requested = scopes.parse(asked.parameters["scope"])
    except scopes.InvalidScope as error:
        raise OAuthError("invalid_scope", str(error)) from None
    offered = scopes.closure(asked.client.registration.allowed_scopes)
    asked.left_out = [name for name in requested if name not in offered]
    # what the owner offers and this tenant has not approved goes too (N5)
    asked.scopes = scopes.narrowed((name for name in requested if name in offered), asked.client.scopes)
    if not asked.scopes:  # not the defaults: those would be something that was not asked for
        sentence = "None of the requested scopes can be given to this client."
        names = " ".join(scopes.in_short(requested)).replace("…", "...")
        raise OAuthError("invalid_scope", f"{sentence[:-1]}: {names}", reason=sentence)


# OpenID Connect Core §3.1.2.1: values that are not understood are ignored, as libraries send those of other servers.
def prompt_is_understood(asked: AuthorizationRequest) -> None:
    values = frozenset(asked.parameters.get("prompt", "").split())
    asked.prompt = values & PROMPTS
    if "none" in values and len(values) > 1:
        raise OAuthError("invalid_request", "prompt=none cannot be combined with another value.")


# OpenID Connect Core §3.1.2.1
def max_age_is_a_number(asked: AuthorizationRequest) -> None:
    max_age = asked.parameters.get("max_age")
    if max_age is None:
        return
    if not re.fullmatch(r"[0-9]{1,9}", max_age):
        raise OAuthError("invalid_request", "max_age must be a number of seconds.")
    asked.max_age = int(max_age)


# What we keep or echo must fit where it is kept.
def values_can_be_kept(asked: AuthorizationRequest) -> None:
    if len(asked.nonce) > MAX_NONCE or "\0" in asked.nonce:
        raise OAuthError("invalid_request", f"nonce must have at most {MAX_NONCE} characters, and no NUL.")
    for name in ("id_token_hint", "login_hint", "ui_locales"):
        if len(asked.parameters.get(name, "")) > MAX_HINT:
            raise OAuthError("invalid_request", f"{name} is too long.")


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
        raise OAuthError("invalid_request", "id_token_hint is not an ID token of this issuer.")
    asked.subject = claims["sub"]


BEFORE_ANYONE_IS_ASKED: list[Callable[[AuthorizationRequest], None]] = [
    state_is_kept,
    response_mode_is_known,
    nothing_stands_twice,
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
