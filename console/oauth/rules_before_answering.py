"""The rules of an authorization request until it is known where an answer may go (RFC 6749 §4.1.2.1).

Each rule is a small function with its source above it. The order matters: see the list at the end. While one of these
is broken, the redirect URL cannot be trusted: a person gets a page, and nothing is sent to the application.
"""

from collections.abc import Callable

from django.urls import reverse

from ..http.requests import TenantRequest
from ..models import Client, Connection, Tenant, User
from ..policy import metadata_documents
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from ..policy.roles import Permission
from . import metadata_documents as reading
from .authorization_request import AuthorizationRequest, Unanswerable
from .parameters import Parameters

MAX_CLIENT_ID = 512


def read(request: TenantRequest, tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    """The authorization request with its client and redirect URL. Raises Unanswerable; the answer to that is a page."""
    asked = AuthorizationRequest(tenant, request.user if isinstance(request.user, User) else None, parameters)
    for rule in BEFORE_ANYTHING_IS_ANSWERED:
        rule(asked)
    return asked


# RFC 6749 §3.1: parameters must not be repeated. Two values of one of these leave open who is to get the error.
def client_and_redirect_url_are_not_repeated(asked: AuthorizationRequest) -> None:
    for name in ("client_id", "redirect_uri"):
        if name in asked.parameters.repeated:
            raise Unanswerable(Reason.REPEATED_PARAMETER)


# RFC 6749 §4.1.1, §4.1.2.1. A URL is the client ID of a document, which is read first if it must be.
def client_is_known_here(asked: AuthorizationRequest) -> None:
    client_id = asked.parameters.get("client_id", "")
    if not client_id:
        raise Unanswerable(Reason.NO_CLIENT)
    is_url = metadata_documents.is_one(client_id)
    if "\0" in client_id or (len(client_id) > MAX_CLIENT_ID and not is_url):
        raise Unanswerable(Reason.UNKNOWN_CLIENT)
    if is_url:
        reading.see_to(asked, client_id)
    client = Connection.to_client(asked.tenant, client_id)
    if client is None:
        client = _published_elsewhere(asked, client_id)
    asked.client = client


# S7, S9: a published client of another tenant can be connected to. One that is not published is unknown here.
def _published_elsewhere(asked: AuthorizationRequest, client_id: str) -> EffectiveClient:
    client = Client.published(asked.tenant, client_id)
    if client is None:
        withdrawn = Connection.withdrawn(asked.tenant, client_id)
        raise Unanswerable(Reason.CLIENT_WITHDRAWN if withdrawn else Reason.UNKNOWN_CLIENT, client=withdrawn)
    if Connection.objects.filter(client=client, status=Connection.Status.BLOCKED).exists():
        raise Unanswerable(Reason.CONNECTION_BLOCKED, client=client)
    asked.first_connection = True
    return client.offered_in(asked.tenant)


# RFC 9700 §4.1.3: exact comparison. RFC 8252 §7.3: the port of a loopback address is free.
def redirect_uri_is_registered(asked: AuthorizationRequest) -> None:
    requested = asked.parameters.get("redirect_uri")
    if requested is None:
        if asked.client.default_redirect_uri is None:
            raise Unanswerable(Reason.NO_REDIRECT_URI, client=asked.client)
        asked.redirect_uri = asked.client.default_redirect_uri
    elif asked.client.allows_redirect_uri(requested) or _is_own_try_it_page(asked, requested):
        asked.redirect_uri = requested
    elif asked.client.registration.allows_redirect_uri(requested):
        # registered after this tenant's approval, which has not been widened yet (N5)
        raise Unanswerable(Reason.REDIRECT_URI_NOT_ACCEPTED, client=asked.client, redirect_uri=requested)
    else:
        raise Unanswerable(Reason.REDIRECT_URI_MISMATCH, client=asked.client, redirect_uri=requested)


def _is_own_try_it_page(asked: AuthorizationRequest, requested: str) -> bool:
    """Whether this is the *Try it* page of this client, and an administrator of its owner is signed in (P7)."""
    if asked.client.is_foreign:
        return False
    own = asked.tenant.issuer + reverse("try_it", args=[asked.client.client_id])
    return requested == own and asked.user is not None and asked.user.may(Permission.MANAGE_CLIENTS)


# A disabled client is explained on a page, to a person who can ask the administrator, and not to the application.
def client_is_enabled(asked: AuthorizationRequest) -> None:
    if not asked.client.enabled:
        raise Unanswerable(Reason.CLIENT_DISABLED, client=asked.client)


BEFORE_ANYTHING_IS_ANSWERED: list[Callable[[AuthorizationRequest], None]] = [
    client_and_redirect_url_are_not_repeated,
    client_is_known_here,
    redirect_uri_is_registered,
    client_is_enabled,
]
