"""The first connection of a tenant to a published client: an administrator approves, anybody else can ask (S9, N6).

It happens inside an authorization request, after sign-in and before consent. When it is settled the request starts
again from its address, and finds a client that is connected.
"""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from ...http import expired_forms, sessions
from ...http.browser_rules import allow_form_targets
from ...http.requests import TenantRequest
from ...models import Action, AlreadyConnected, ConnectionRequest, Event, NotPublished
from ...models.approval_answer import Incomplete, approve, open_request
from ...oauth.answers import Standing
from ...oauth.authorization_request import Unanswerable
from ...oauth.outcome import Connect
from ...policy import redirect_uris, scopes
from ...policy.reasons import Reason
from ...policy.roles import Permission
from .. import approval_form
from ..scope_words import grouped
from . import refusal

ANSWERED_BEFORE = _("This answer was already sent and can’t be used again. Please decide again.")


def settle(request: TenantRequest, outcome: Connect) -> HttpResponse:
    """Asks the person who is signed in for what they may give: an approval, or a request to those who may approve.

    An answer to another page than the one that is right by now, or one that was given before, is answered with the
    page as it is now.
    """
    if not outcome.user.may(Permission.MANAGE_CLIENTS):
        return _ask_administrators(request, outcome)
    if outcome.standing is Standing.USED:
        return _approval_page(request, outcome, problem=Incomplete(str(ANSWERED_BEFORE)))
    if outcome.standing is not Standing.GOOD:
        return _approval_page(request, outcome)
    if request.POST.get("decision") != "approve":
        return _denied(request, outcome)
    return _approved(request, outcome)


def _approved(request: TenantRequest, outcome: Connect) -> HttpResponse:
    asked = outcome.asked
    try:
        answer = approval_form.read(request.POST, asked.client)
        approve(asked.tenant, asked.client, answer, by=sessions.actor(request))
    except Incomplete as problem:
        return _approval_page(request, outcome, problem=problem)
    except NotPublished:  # changed or removed by a concurrent act: start again
        return again(request)
    return again(request)


def _denied(request: TenantRequest, outcome: Connect) -> HttpResponse:
    """A page: an application that the tenant has not approved learns nothing from it (RFC 9700 §4.11.2)."""
    asked = outcome.asked
    Event.record(
        asked.tenant,
        Action.CONNECTION_DENIED,
        by=sessions.actor(request),
        target=asked.client,
        details={"publisher": asked.client.publisher},
    )
    return refusal.page(request, Unanswerable(Reason.CONNECTION_DENIED, client=asked.client))


def _approval_page(
    request: TenantRequest, outcome: Connect, *, problem: Incomplete | None = None
) -> HttpResponse:
    asked = outcome.asked
    shown_again = request.POST.get("decision") == expired_forms.SHOW and "consent_method" in request.POST
    context = approval_form.form(asked.client, request.POST if problem or shown_again else None) | {
        "account": request.user,
        "open_request": open_request(asked.client),
        "shown": outcome.shown.token(),
        "changed": outcome.standing is Standing.CHANGED and problem is None,
        "problem": problem,
        "full_path": request.get_full_path(),
    }
    response = render(request, "approvals/approve.html", context, status=422 if problem else 200)
    allow_form_targets(response, asked.redirect_uri)
    return response


def _ask_administrators(request: TenantRequest, outcome: Connect) -> HttpResponse:
    """A page that explains, and takes a request with a reason. People who ask for one client share one request."""
    asking = request.method == "POST" and request.POST.get("decision") == "ask"
    if not asking or not outcome.shown.is_answered_by(request.POST.get("shown", "")):
        return _request_page(request, outcome, changed=asking)
    try:
        reason = approval_form.reason(request.POST)
        ConnectionRequest.ask(outcome.user, outcome.asked.client, reason=reason, by=sessions.actor(request))
    except (AlreadyConnected, NotPublished):  # start again
        return again(request)
    except Incomplete as incomplete:
        return _request_page(request, outcome, problem=incomplete)
    response = redirect("connection_requests_own")
    response.status_code = 303
    return response


def _request_page(
    request: TenantRequest, outcome: Connect, *, changed: bool = False, problem: Incomplete | None = None
) -> HttpResponse:
    asked = outcome.asked
    context = {
        "client": asked.client,
        "publisher": asked.client.publisher,
        "account": outcome.user,
        "scopes": grouped(scopes.roots(asked.scopes)),
        "redirect_host": redirect_uris.origin_of(asked.redirect_uri),
        "connection_request": ConnectionRequest.objects.filter(
            client=asked.client.pk, requesters__user=outcome.user
        ).first(),
        "shown": outcome.shown.token(),
        "changed": changed,
        "reason": request.POST.get("reason", ""),
        "problem": problem,
        "full_path": request.get_full_path(),
    }
    return render(request, "approvals/ask.html", context, status=422 if changed or problem else 200)


def again(request: TenantRequest) -> HttpResponse:
    """303 to the same address: what has been decided since is seen, and the request goes on from there."""
    response = redirect(request.get_full_path())
    response.status_code = 303
    return response
