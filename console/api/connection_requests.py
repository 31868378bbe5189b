"""`/api/v1/oauth-connection-requests`: who asks for which published client, and the answer (P2, N6).

Whoever reads the console sees all of the tenant's, and whoever manages clients answers them. Other people see what they
asked for themselves, and nothing about the others who did.
"""

from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, JsonResponse

from .. import approvals
from ..approvals import IMPERSONATION
from ..models import Client, ConnectionRequest, ConnectionRequester, NotPublished
from ..models.connection_request import ANSWER_LENGTH
from ..notifications import tell_requesters
from ..policy.consent_rules import ConsentMethod
from ..requests import TenantRequest
from .authentication import MANAGING, OWN, READING, Caller, needs, resource
from .body import members
from .errors import Refused, not_found
from .impersonation import check_said
from .pagination import number, page, parameter
from .representations import CONSENT_METHOD, EXPIRES_AT, connection_request, listed
from .scope_choice import chosen
from .subjects import request_in_address
from .values import lines, moment_to_come, one_of, whole_number


@needs(READING, *OWN)
def show_all(request: TenantRequest, caller: Caller) -> HttpResponse:
    """A page of the requests that the caller may see, newest first."""
    status, wishes = parameter(request, "status"), _visible_to(caller)
    kept = {}
    if status is not None:
        kept["status"] = one_of("status", status, ConnectionRequest.Status.values)
        wishes = wishes.filter(status=status)
    found = page(request, wishes, kept)
    return JsonResponse(listed([_seen_by(request, caller, wish) for wish in found.rows], found.links))


@needs(READING, *OWN)
def show(request: TenantRequest, caller: Caller, request_id: str) -> HttpResponse:
    """One request."""
    return JsonResponse(_seen_by(request, caller, _wish(caller, request_id)))


@needs(MANAGING, about=request_in_address)
def approve(request: TenantRequest, caller: Caller, request_id: str) -> HttpResponse:
    """Connects the client that was asked for, perhaps with fewer scopes or until a date, and tells those who asked.

    One that can act as the tenant's people needs a yes to that of its own.
    """
    wish = _wish(caller, request_id)
    sent = members(
        request, required=(CONSENT_METHOD,), optional=("scopes", EXPIRES_AT, "version", IMPERSONATION)
    )
    _check_open(wish)
    answer = _answer(sent, wish.client)
    try:
        approvals.approve(request.tenant, wish.client, answer, by=caller.actor, wish=wish)
    except approvals.AlreadyDecided:
        raise _decided() from None
    except (NotPublished, Client.DoesNotExist):  # changed or gone between reading and saving
        raise _changed() from None
    return JsonResponse(_seen_by(request, caller, _wish(caller, request_id)))


@needs(MANAGING, about=request_in_address)
def deny(request: TenantRequest, caller: Caller, request_id: str) -> HttpResponse:
    """Refuses a request, with a text for those who asked."""
    wish = _wish(caller, request_id)
    answer = lines("answer", members(request, required=("answer",))["answer"], ANSWER_LENGTH)
    with transaction.atomic():
        if not wish.deny(answer, by=caller.actor):
            raise _decided()
        tell_requesters(wish)
    return JsonResponse(_seen_by(request, caller, wish))


def _visible_to(caller: Caller) -> "QuerySet[ConnectionRequest]":
    """All of the tenant, or those that the person has joined, with `named`: who asked, as far as the caller sees it."""
    if caller.right not in OWN:
        return approvals.with_requesters(ConnectionRequest.objects.all())
    own = ConnectionRequester.objects.filter(user=caller.live.user)
    wishes: QuerySet[ConnectionRequest] = ConnectionRequest.objects.filter(requesters__user=caller.live.user)
    return wishes.select_related("client__tenant").prefetch_related(
        Prefetch("requesters", queryset=own, to_attr="named")
    )


def _wish(caller: Caller, request_id: str) -> ConnectionRequest:
    """The request with this number, if the caller may see it; else Refused with 404."""
    key = number(request_id)
    wishes = _visible_to(caller).select_related("tenant", "client__tenant", "decided_by")
    wish = wishes.filter(pk=key).first() if key is not None else None
    if wish is None:
        raise not_found()
    return wish


def _seen_by(request: TenantRequest, caller: Caller, wish: ConnectionRequest) -> dict[str, Any]:
    return connection_request(
        wish, request.tenant, available=approvals.available(wish.client), own=caller.right in OWN
    )


def _answer(sent: dict[str, Any], client: Client) -> approvals.Answer:
    """What is approved: everything that is offered, if nothing else is said. `version` is the one that was read."""
    if "version" in sent and whole_number("version", sent["version"]) != client.version:
        raise _changed()
    check_said(client.terms.grants, sent.get(IMPERSONATION, False))
    offered = list(client.terms.scopes)
    return approvals.Answer(
        one_of(CONSENT_METHOD, sent[CONSENT_METHOD], ConsentMethod),
        chosen("scopes", sent.get("scopes", offered), offered),
        moment_to_come(EXPIRES_AT, sent.get(EXPIRES_AT)),
    )


def _check_open(wish: ConnectionRequest) -> None:
    if wish.status != ConnectionRequest.Status.OPEN:
        raise _decided()
    if not approvals.available(wish.client):
        raise Refused(409, "The client is not available any more.")


def _decided() -> Refused:
    return Refused(409, "The request has been answered already.")


def _changed() -> Refused:
    return Refused(409, "What the client offers has changed: read the request again.")


requests = resource(GET=show_all)
one = resource(GET=show)
approval = resource(POST=approve)
denial = resource(POST=deny)
