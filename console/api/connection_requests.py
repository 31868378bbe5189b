"""`/api/v1/oauth-connection-requests`: who asks for which published client, and the answer (P2, N6).

Whoever reads the console sees all of the tenant's, and whoever manages clients answers them. Other people see what they
asked for themselves, and nothing about the others who did.
"""

from django.db.models import Prefetch, QuerySet

from ..http.requests import TenantRequest
from ..models import Client, ConnectionRequest, ConnectionRequester, NotPublished, approval_answer
from .answers import RequestShown, RequestsShown
from .authentication import MANAGING, OWN, READING, Caller
from .bodies import Approval, Denial, RequestsAsked
from .errors import ApiError, not_found
from .exchange import exchanges
from .impersonation import check_said
from .pagination import page
from .representations import page_links, request_shown
from .resources import needs_right, resource
from .schema import number
from .scope_choice import chosen
from .subjects import request_in_address


@needs_right(READING, *OWN)
@exchanges(asks=RequestsAsked, gives=RequestsShown)
def show_all(request: TenantRequest, caller: Caller, asked: RequestsAsked) -> RequestsShown:
    """A page of the requests that the caller may see, newest first."""
    requests_seen = _visible_to(caller)
    if asked.status is not None:
        requests_seen = requests_seen.filter(status=asked.status)
    found = page(request, requests_seen, asked)
    shown = [_seen_by(request, caller, requested) for requested in found.rows]
    return RequestsShown(data=shown, links=page_links(found.links))


@needs_right(READING, *OWN)
@exchanges(gives=RequestShown)
def show(request: TenantRequest, caller: Caller, request_id: str) -> RequestShown:
    """One request."""
    return _seen_by(request, caller, _requested(caller, request_id))


@needs_right(MANAGING, about=request_in_address)
@exchanges(takes=Approval, gives=RequestShown, conflicts=True)
def approve(request: TenantRequest, caller: Caller, request_id: str, sent: Approval) -> RequestShown:
    """Connects the client that was asked for, perhaps with fewer scopes or until a date, and tells those who asked.

    One that can act as the tenant's people needs a yes to that of its own.
    """
    requested = _requested(caller, request_id)
    _check_open(requested)
    answer = _answer(sent, requested.client)
    try:
        approval_answer.approve(
            request.tenant,
            requested.client,
            answer,
            by=caller.actor,
            request=requested,
        )
    except approval_answer.AlreadyDecided:
        raise _decided() from None
    except (NotPublished, Client.DoesNotExist):  # changed or gone between reading and saving
        raise _changed() from None
    return _seen_by(request, caller, _requested(caller, request_id))


@needs_right(MANAGING, about=request_in_address)
@exchanges(takes=Denial, gives=RequestShown, conflicts=True)
def deny(request: TenantRequest, caller: Caller, request_id: str, sent: Denial) -> RequestShown:
    """Refuses a request, with a text for those who asked."""
    requested = _requested(caller, request_id)
    if not requested.deny(sent.answer, by=caller.actor):
        raise _decided()
    return _seen_by(request, caller, requested)


def _visible_to(caller: Caller) -> "QuerySet[ConnectionRequest]":
    """All of the tenant, or those that the person has joined, with `named`: who asked, as far as the caller sees it."""
    if caller.right not in OWN:
        return approval_answer.with_requesters(ConnectionRequest.objects.all())
    own = ConnectionRequester.objects.filter(user=caller.live.user)
    requests_seen: QuerySet[ConnectionRequest] = ConnectionRequest.objects.filter(
        requesters__user=caller.live.user
    )
    return requests_seen.select_related("client__tenant").prefetch_related(
        Prefetch("requesters", queryset=own, to_attr="named")
    )


def _requested(caller: Caller, request_id: str) -> ConnectionRequest:
    """The request with this number, if the caller may see it; else ApiError with 404."""
    key = number(request_id)
    requests_seen = _visible_to(caller).select_related("tenant", "client__tenant", "decided_by")
    requested = requests_seen.filter(pk=key).first() if key is not None else None
    if requested is None:
        raise not_found()
    return requested


def _seen_by(request: TenantRequest, caller: Caller, requested: ConnectionRequest) -> RequestShown:
    return request_shown(
        requested,
        request.tenant,
        available=approval_answer.available(requested.client),
        own=caller.right in OWN,
    )


def _answer(sent: Approval, client: Client) -> approval_answer.Answer:
    """What is approved: everything that is offered, if nothing else is said. `version` is the one that was read."""
    if sent.version is not None and sent.version != client.version:
        raise _changed()
    check_said(client.terms.grants, sent.impersonation)
    offered = list(client.terms.scopes)
    wanted = offered if sent.scopes is None else sent.scopes
    return approval_answer.Answer(sent.consent_method, chosen(wanted, offered), sent.expires_at)


def _check_open(requested: ConnectionRequest) -> None:
    if requested.status != ConnectionRequest.Status.OPEN:
        raise _decided()
    if not approval_answer.available(requested.client):
        raise ApiError(409, "The client is no longer available.")


def _decided() -> ApiError:
    return ApiError(409, "The request has already been answered.")


def _changed() -> ApiError:
    return ApiError(409, "What the client offers has changed: read the request again.")


requests = resource(GET=show_all)
one = resource(GET=show)
approval = resource(POST=approve)
denial = resource(POST=deny)
