"""`/oauth/register`: programs register themselves as clients (RFC 7591), and manage what they registered (RFC 7592).

The tenant's policy decides who may. What is registered is a client like any other, with the rules of the console: this
module reads the metadata, says who asks, and puts the answer together.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from ..http import request_body
from ..http.addresses import REGISTER_PATH
from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import (
    Actor,
    ClientGone,
    ClientRegistration,
    ClientSecret,
    FailedAttempts,
    LimitReached,
    RegistrationPolicy,
    RegistrationToken,
    TokenUsedUp,
)
from ..models.client_registration import Registered
from ..policy import client_metadata, throttling
from ..policy.client_metadata import INVALID_METADATA, INVALID_REDIRECT_URI, MetadataRefused, Wanted
from ..policy.reasons import Reason
from ..policy.registration_problems import InvalidRegistration
from . import bearer_tokens, parameters, refusals
from .endpoint import endpoint, no_store
from .errors import OAuthError

# Of the answer alone: a client that sends them back has not read RFC 7592 §2.2.
NOT_TO_BE_SENT = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@endpoint("POST", who="anyone or the holder of an initial access token, as the tenant's policy says")
@sensitive_variables()
def register(request: TenantRequest) -> HttpResponse:
    """Registers a client (RFC 7591 §3.1)."""
    policy = RegistrationPolicy.of(request.tenant)
    if not policy.is_on:
        raise OAuthError(
            "invalid_request", "Clients cannot register themselves here.", reason=None, status=404
        )
    with refusals.recorded(request, refusals.REGISTRATION):
        token = _initial_access_token(request, policy)
        if token is None:
            _take_turn(request)
        wanted = _read(_document(request), policy.scopes if token is None else token.scopes)
        if token is not None:
            _check_hosts(wanted, token)
        registered = _registered(request, policy, wanted, token)
    answer = no_store(_answer(request, registered.row, registered.access_token, registered.secret))
    answer.status_code = 201
    return answer


@endpoint("GET", "PUT", "DELETE", who="a client that has registered itself, by its registration access token")
@sensitive_variables()
def manage(request: TenantRequest, client_id: str) -> HttpResponse:
    """Reads, replaces or deletes a registration (RFC 7592 §2). Wherever the token does not fit the answer is 401: whose
    client there is, or has been, nobody learns."""
    with refusals.recorded(request, refusals.REGISTRATION) as attempt:
        access_token = bearer_tokens.presented(request)
        if access_token is None:
            raise _unauthorized(Reason.REGISTRATION_TOKEN_MISSING, presented=False)
        row = ClientRegistration.presented(request.tenant, client_id, access_token)
        if row is None:
            raise _unauthorized(Reason.REGISTRATION_ACCESS_TOKEN_UNKNOWN)
        attempt.client = row.client.offered_in(request.tenant)
        if request.method == "PUT":
            replaced = _replaced(request, row)
            return no_store(_answer(request, replaced.row, replaced.access_token, replaced.secret))
        if request.method == "DELETE":
            row.remove(by=_itself(request, row))
            answer = HttpResponse(status=204)
            answer["Cache-Control"] = "no-store"
            return answer
    return no_store(_answer(request, row, access_token))


# --- Who asks -------------------------------------------------------------------------------------------------------


def _initial_access_token(request: TenantRequest, policy: RegistrationPolicy) -> RegistrationToken | None:
    """The initial access token that was presented, if it can be used; None where none is needed and none came."""
    presented = bearer_tokens.presented(request)
    if presented is None:
        if policy.mode == RegistrationPolicy.Mode.OPEN:
            return None
        raise _unauthorized(Reason.REGISTRATION_TOKEN_MISSING, presented=False)
    token = RegistrationToken.presented(request.tenant, presented)
    if token is None:
        raise _unauthorized(Reason.REGISTRATION_TOKEN_UNKNOWN)
    reasons = {
        Reason.REGISTRATION_TOKEN_USED_UP: token.is_used_up,
        Reason.REGISTRATION_TOKEN_EXPIRED: token.has_expired,
        Reason.REGISTRATION_TOKEN_WITHOUT_ADMINISTRATOR: not token.is_vouched_for,
    }
    if found := next((reason for reason, holds in reasons.items() if holds), None):
        raise _unauthorized(found, token=token)
    return token


def _unauthorized(
    reason: Reason, *, presented: bool = True, token: RegistrationToken | None = None
) -> OAuthError:
    """401 with the challenge of RFC 6750 §3. The audit log names an initial access token that was refused."""
    return OAuthError(
        "invalid_token",
        "The token is missing, unknown, expired or used up.",
        reason=reason,
        nothing_presented=not presented,
        details={"registration_token": token.name, "hint": token.hint} if token else None,
    )


def _take_turn(request: TenantRequest) -> None:
    """Where anybody may register, nobody may without end: counted in networks and in the tenant (RFC 7591 §5)."""
    now, tenant = timezone.now(), str(request.tenant.pk)
    narrow, *wider = throttling.networks(client_address(request))
    limits = [(narrow.name, throttling.REGISTRATIONS_PER_SOURCE)]
    limits += [(network.name, 4 * throttling.REGISTRATIONS_PER_SOURCE) for network in wider]
    limits += [("", throttling.REGISTRATIONS_PER_TENANT)]
    for name, most in limits:  # whoever has no turn left in a narrow network takes none from the others
        taken = FailedAttempts.add("registration", tenant, name, now=now)
        if wait := throttling.wait(taken, most + 1, now):
            raise OAuthError(
                "temporarily_unavailable",
                "Too many clients have registered. Try again later.",
                reason=Reason.REGISTRATIONS_TOO_FAST,
                status=429,
                retry_after=int(wait.total_seconds()) + 1,
            )


def _itself(request: TenantRequest, row: ClientRegistration) -> Actor:
    return Actor(client=row.client, address=client_address(request))


# --- What was sent --------------------------------------------------------------------------------------------------


def _document(request: TenantRequest) -> dict[str, Any]:
    """The body: one unambiguous JSON object. Raises OAuthError."""
    if request.content_type != parameters.JSON:
        raise OAuthError(
            INVALID_METADATA, f"Send {parameters.JSON}.", reason=Reason.UNSUPPORTED_MEDIA_TYPE, status=415
        )
    try:
        raw = request_body.raw(request)
    except request_body.TooLong:
        raise OAuthError(
            INVALID_METADATA, "The request is too long.", reason=Reason.REQUEST_TOO_LONG, status=413
        ) from None
    decoded = parameters.decode_json(raw, INVALID_METADATA)
    if not isinstance(decoded, dict):
        raise OAuthError(INVALID_METADATA, "The body must be a JSON object.", reason=Reason.NOT_A_JSON_OBJECT)
    return decoded


def _read(sent: Mapping[str, Any], ceiling: list[str]) -> Wanted:
    try:
        return client_metadata.read(sent, ceiling)
    except MetadataRefused as refused:
        raise OAuthError(refused.error, str(refused), reason=refused.reason) from None


def _check_hosts(wanted: Wanted, token: RegistrationToken) -> None:
    """Answers may go only to the hosts that the token names, if it names any."""
    others = wanted.redirect_hosts - set(token.redirect_hosts)
    if token.redirect_hosts and others:
        raise OAuthError(
            INVALID_REDIRECT_URI,
            f"This token does not allow {', '.join(sorted(others))[:200]}.",
            reason=Reason.REGISTRATION_REDIRECT_HOST_NOT_ALLOWED,
            details={"registration_token": token.name, "hint": token.hint},
        )


# --- What comes of it -----------------------------------------------------------------------------------------------


def _registered(
    request: TenantRequest, policy: RegistrationPolicy, wanted: Wanted, token: RegistrationToken | None
) -> Registered:
    fields = {"type": wanted.type, **wanted.columns}
    try:
        return ClientRegistration.register(
            policy, fields, wanted.more, token=token, by=Actor.anonymous(client_address(request))
        )
    except InvalidRegistration as refused:
        raise _invalid(refused) from None
    except TokenUsedUp:
        raise _unauthorized(Reason.REGISTRATION_TOKEN_USED_UP, token=token) from None
    except LimitReached:
        raise OAuthError(
            "access_denied",
            "As many clients have registered here as may. Unused ones are removed after a while.",
            reason=Reason.REGISTRATIONS_TOO_MANY,
            status=403,
        ) from None


def _replaced(request: TenantRequest, row: ClientRegistration) -> Registered:
    """RFC 7592 §2.2: the whole registration anew. The type of a client never changes."""
    policy = RegistrationPolicy.of(request.tenant)
    if not policy.is_on:
        raise OAuthError(
            "access_denied",
            "Clients cannot change their registrations here now.",
            reason=Reason.REGISTRATION_OFF,
            status=403,
        )
    sent = _document(request)
    if wrong := next((name for name in NOT_TO_BE_SENT if name in sent), None):
        raise _refused(f"Leave out {wrong}.")
    if sent.get("client_id") != row.client.client_id:
        raise _refused("client_id must be the one of this address.")
    if "client_secret" in sent and not _is_its_secret(row, sent["client_secret"]):
        raise _refused("client_secret is not the one that was issued.")
    # What an initial access token allowed once, an administrator allowed: it is not taken away here.
    ceiling = [*policy.scopes, *row.client.allowed_scopes]
    wanted = _read(sent, ceiling)
    if wanted.type != row.client.type:
        raise _refused("This would be a client of another type: register it anew.")
    usual = {"description": "", "grant_types": [], "accepts_no_pkce": False}
    try:
        return row.replace(usual | wanted.columns, wanted.more, by=_itself(request, row))
    except InvalidRegistration as refused:
        raise _invalid(refused) from None
    except ClientGone:
        raise _unauthorized(Reason.REGISTRATION_ACCESS_TOKEN_UNKNOWN) from None


def _is_its_secret(row: ClientRegistration, sent: object) -> bool:
    return isinstance(sent, str) and ClientSecret.belongs_to(row.client, sent)


def _refused(sentence: str) -> OAuthError:
    return OAuthError(INVALID_METADATA, sentence, reason=Reason.REGISTRATION_METADATA_INVALID)


def _invalid(refused: InvalidRegistration) -> OAuthError:
    """What the rules of a client refuse, by the names that RFC 7591 has for it."""
    about_addresses = "redirect_uris" in refused.problems
    return OAuthError(
        INVALID_REDIRECT_URI if about_addresses else INVALID_METADATA,
        str(refused),
        reason=Reason.REGISTRATION_REDIRECT_URI_INVALID
        if about_addresses
        else Reason.REGISTRATION_METADATA_INVALID,
    )


def _answer(
    request: TenantRequest, row: ClientRegistration, access_token: str, secret: str = ""
) -> dict[str, Any]:
    """The client information response (RFC 7591 §3.2.1, RFC 7592 §3). A secret is in it only when it is new."""
    client = row.client
    answer: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(row.registered_at.timestamp()),
        "registration_client_uri": f"{request.tenant.issuer}{REGISTER_PATH}/{client.client_id}",
        "registration_access_token": access_token,
        **client_metadata.shown({"type": client.type} | client.registered_facts, row.metadata),
    }
    if secret:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer
