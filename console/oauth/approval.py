"""The first connection of a tenant to a published client: an administrator approves, anybody else can ask (S9, N6).

It happens inside an authorization request, after sign-in and before consent. When it is settled the request starts
again from its address, and finds a client that is connected.
"""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from .. import approvals
from ..http import expired_forms, sessions
from ..http.browser_rules import allow_form_targets
from ..http.requests import TenantRequest
from ..mail.connection_requests import tell_administrators
from ..models import Action, AlreadyConnected, ConnectionRequest, Event, NotPublished, User
from ..policy import redirect_uris, scopes
from ..policy.roles import Permission
from ..scope_words import grouped
from . import refusal_page
from .answers import Shown, Standing
from .authorization_request import AuthorizationRequest, Unanswerable

ANSWERED_BEFORE = _("This answer was sent before and does not count again. Please decide once more.")


def settle(
    request: TenantRequest, user: User, asked: AuthorizationRequest, shown: Shown, standing: Standing
) -> HttpResponse:
    """Asks the person who is signed in for what they may give: an approval, or a request to those who may approve.

    An answer to another page than `shown`, or one that was given before, is answered with the page as it is now.
    """
    if not user.may(Permission.MANAGE_CLIENTS):
        return _ask_administrators(request, user, asked, shown)
    if standing is Standing.USED:
        return _page(request, asked, shown, problem=approvals.Incomplete(str(ANSWERED_BEFORE)), status=422)
    if standing is not Standing.GOOD:
        return _page(request, asked, shown, changed=standing is Standing.CHANGED)
    if request.POST.get("decision") != "approve":
        return _denied(request, asked)
    return _approved(request, asked, shown)


def _approved(request: TenantRequest, asked: AuthorizationRequest, shown: Shown) -> HttpResponse:
    try:
        answer = approvals.read(request.POST, asked.client)
        approvals.approve(asked.tenant, asked.client, answer, by=sessions.actor(request))
    except approvals.Incomplete as problem:
        return _page(request, asked, shown, problem=problem, status=422)
    except NotPublished:  # changed or gone in this very moment: what it is now is judged anew
        return again(request)
    return again(request)


def _denied(request: TenantRequest, asked: AuthorizationRequest) -> HttpResponse:
    """A page: an application that the tenant has not approved learns nothing from it (RFC 9700 §4.11.2)."""
    Event.record(
        asked.tenant,
        Action.CONNECTION_DENIED,
        by=sessions.actor(request),
        target=asked.client,
        details={"publisher": asked.client.publisher},
    )
    denied = Unanswerable("connection_denied", client=asked.client)
    return render(request, "consent/refused.html", refusal_page.context(asked.tenant, denied))


def _page(
    request: TenantRequest,
    asked: AuthorizationRequest,
    shown: Shown,
    *,
    changed: bool = False,
    problem: approvals.Incomplete | None = None,
    status: int = 200,
) -> HttpResponse:
    shown_again = request.POST.get("decision") == expired_forms.SHOW and "consent_method" in request.POST
    context = approvals.form(asked.client, request.POST if problem or shown_again else None) | {
        "account": request.user,
        "open_request": approvals.open_request(asked.client),
        "shown": shown.sealed(),
        "changed": changed,
        "problem": problem,
        "full_path": request.get_full_path(),
    }
    response = render(request, "approvals/approve.html", context, status=status)
    allow_form_targets(response, asked.redirect_uri)
    return response


def _ask_administrators(
    request: TenantRequest, user: User, asked: AuthorizationRequest, shown: Shown
) -> HttpResponse:
    """A page that explains, and takes a wish with a reason. People who ask for the same client share one request."""
    asking = request.method == "POST" and request.POST.get("decision") == "ask"
    if asking and shown.is_answered_by(request.POST.get("shown", "")):
        try:
            reason = approvals.reason(request.POST)
            with transaction.atomic():
                wish, opened = ConnectionRequest.ask(
                    user, asked.client, reason=reason, by=sessions.actor(request)
                )
                if opened:
                    tell_administrators(wish)
        except (AlreadyConnected, NotPublished):  # what it is now is judged anew
            return again(request)
        except approvals.Incomplete as incomplete:
            return _wish_page(request, user, asked, shown, problem=incomplete)
        response = redirect("connection_requests_own")
        response.status_code = 303
        return response
    return _wish_page(request, user, asked, shown, changed=asking)


def _wish_page(
    request: TenantRequest,
    user: User,
    asked: AuthorizationRequest,
    shown: Shown,
    *,
    changed: bool = False,
    problem: approvals.Incomplete | None = None,
) -> HttpResponse:
    context = {
        "client": asked.client,
        "publisher": asked.client.publisher,
        "account": user,
        "scopes": grouped(scopes.roots(asked.scopes)),
        "redirect_host": redirect_uris.origin_of(asked.redirect_uri),
        "wish": ConnectionRequest.objects.filter(client=asked.client.pk, requesters__user=user).first(),
        "shown": shown.sealed(),
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
