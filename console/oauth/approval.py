"""The first connection of a tenant to a published client: an administrator approves, anybody else can ask (S9, N6).

It happens inside an authorization request, after sign-in and before consent. When it is settled the request starts
again from its address, and finds a client that is connected.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from .. import sessions
from ..browser_rules import allow_form_targets
from ..models import Action, Connection, ConnectionRequest, Event, NotPublished, User
from ..notifications import tell_administrators, tell_requesters
from ..policy import redirect_uris, scopes
from ..policy.client_types import MACHINE_GRANTS
from ..policy.consent_rules import ConsentMethod
from ..policy.roles import Permission
from ..requests import TenantRequest
from .authorization_request import AuthorizationRequest
from .consent_page import grouped
from .errors import OAuthError

MAX_REASON = 1000


def settle(request: TenantRequest, user: User, asked: AuthorizationRequest, seal: str) -> HttpResponse:
    """Asks the person who is signed in for what they may give: an approval, or a request to those who may approve.

    `seal` covers what the page shows; an answer to another page is answered with the page as it is now.
    """
    answered = request.method == "POST" and request.POST.get("shown", "") == seal
    if not user.may(Permission.MANAGE_CLIENTS):
        return _ask_administrators(request, user, asked, seal, answered)
    if not answered:
        return _page(request, asked, seal, changed=request.method == "POST")
    if request.POST.get("decision") != "approve":
        return _denied(request, asked)
    return _approved(request, asked, seal)


def _approved(request: TenantRequest, asked: AuthorizationRequest, seal: str) -> HttpResponse:
    method = request.POST.get("consent_method", "")
    until, problem = _until(request.POST.get("until", ""))
    if method not in set(ConsentMethod):
        problem = _("Choose how your people consent.")
    if problem:
        return _page(request, asked, seal, problem=problem, status=422)
    try:
        Connection.approve(
            asked.tenant,
            asked.client,
            by=sessions.actor(request),
            consent_method=method,
            allowed=request.POST.getlist("scopes"),
            expires_at=until,
            terms=asked.client.terms,
        )
    except NotPublished:
        return _page(request, asked, seal, changed=True)
    tell_requesters(request.tenant, asked.client)
    return _again(request)


def _denied(request: TenantRequest, asked: AuthorizationRequest) -> HttpResponse:
    Event.record(
        asked.tenant,
        Action.CONNECTION_DENIED,
        by=sessions.actor(request),
        target=asked.client,
        details={"publisher": asked.client.tenant.name},
    )
    raise OAuthError("access_denied", "The administrator did not approve the application.")


def _page(
    request: TenantRequest,
    asked: AuthorizationRequest,
    seal: str,
    *,
    changed: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    client = asked.client
    context: dict[str, Any] = {
        "client": client,
        "account": request.user,
        "scopes": _choices(
            client.allowed_scopes, request.POST.getlist("scopes") if problem else client.allowed_scopes
        ),
        "redirect_hosts": client.terms.redirect_hosts,
        "machine": bool(MACHINE_GRANTS & set(client.grant_types)),
        "homepage": client.homepage_url,
        "proven": _is_proven(client.homepage_url, client.terms.redirect_hosts),
        "open_request": ConnectionRequest.objects.filter(client=client, status="open").first(),
        "consent_method": request.POST.get("consent_method", ConsentMethod.REQUIRED),
        "until": request.POST.get("until", ""),
        "tomorrow": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "shown": seal,
        "changed": changed,
        "problem": problem,
        "full_path": request.get_full_path(),
    }
    response = render(request, "approvals/approve.html", context, status=status)
    allow_form_targets(response, asked.redirect_uri)
    return response


def _choices(offered: list[str], chosen: list[str]) -> list[dict[str, Any]]:
    """The offered scopes in words, by area, with what is ticked."""
    ticked = set(chosen)
    return [
        {**group, "scopes": [{**scope, "checked": scope["name"] in ticked} for scope in group["scopes"]]}
        for group in grouped(offered)
    ]


def _is_proven(homepage: str, hosts: Mapping[str, Any] | tuple[str, ...]) -> bool:
    """Whether the homepage is where answers go anyway: then it is the application's own, whatever its name says."""
    return bool(homepage) and redirect_uris.origin_of(homepage) in hosts


def _until(text: str) -> tuple[datetime | None, str]:
    """The end of the day until which an approval holds; a sentence if the text is not a day to come."""
    if not text:
        return None, ""
    try:
        day: date | None = parse_date(text)
    except ValueError:
        day = None
    if day is None or day <= timezone.localdate():
        return None, _("Choose a day after today, or leave the date empty.")
    return timezone.make_aware(datetime.combine(day, time.max)), ""


def _ask_administrators(
    request: TenantRequest, user: User, asked: AuthorizationRequest, seal: str, answered: bool
) -> HttpResponse:
    """A page that explains, and takes a wish with a reason. People who ask for the same client share one request."""
    if answered and request.POST.get("decision") == "ask":
        reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())[:MAX_REASON]
        wish, opened = ConnectionRequest.ask(user, asked.client, reason=reason, by=sessions.actor(request))
        if opened:
            tell_administrators(wish)
        return redirect("connection_requests_own")
    context = {
        "client": asked.client,
        "account": user,
        "scopes": grouped(scopes.roots(asked.scopes)),
        "redirect_host": redirect_uris.origin_of(asked.redirect_uri),
        "wish": ConnectionRequest.objects.filter(client=asked.client, requesters__user=user).first(),
        "shown": seal,
        "full_path": request.get_full_path(),
    }
    return render(request, "approvals/ask.html", context)


def _again(request: TenantRequest) -> HttpResponse:
    """303 to the same address: the client is connected now, and the request goes on to consent."""
    response = redirect(request.get_full_path())
    response.status_code = 303
    return response
