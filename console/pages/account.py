"""The applications connected to a person's account, and revoking their access (P5, ASVS 7.5.2, 10.7.3)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Client, Consent, TokenFamily, User
from ..policy.roles import Permission
from . import fragments, granted, receipts

PER_PAGE = 25
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.OWN_ACCOUNT)
@require_safe
def applications(request: PageRequest) -> HttpResponse:
    """The applications with the person's consent, then those that hold a session without: nobody asked about them."""
    page = Paginator(granted.clients_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    grants = granted.of_person(request.user, page)
    context = {
        "title": _("Connected applications"),
        "page": page,
        "applications": [grant for grant in grants if grant.consent],
        "others": [grant for grant in grants if not grant.consent],
    }
    return render(request, "account/applications.html", context)


@needs(Permission.OWN_ACCOUNT)
@pages
def withdraw(request: PageRequest, consent_id: int) -> HttpResponse:
    """After a confirmation, revokes the consent and every token that the application holds for this person."""
    consent: Consent = get_object_or_404(
        Consent.objects.select_related("client__tenant", "user", "tenant"), pk=consent_id, user=request.user
    )
    back = reverse("account_applications")
    if request.method == "POST":
        receipt = consent.withdraw(by=actor(request))
        title = _("%(application)s no longer has access") % {"application": consent.client.name}
        return receipts.shown(request, title, receipt, back=back, section="account_applications")
    [grant] = granted.of_people([request.user], consent.client)
    context: dict[str, Any] = {
        "title": _("Revoke access?"),
        "section": "account_applications",
        "grant": grant,
    }
    return fragments.dialog(request, "account/withdraw.html", context)


@needs(Permission.OWN_ACCOUNT)
@pages
def end_sessions(request: PageRequest, client_id: str) -> HttpResponse:
    """Asks first, then ends the sessions of an application that the person was not asked about (ASVS 10.4.9)."""
    client = _holder(request.user, client_id)
    grant = granted.one(request.user, client)
    back = reverse("account_applications")
    if grant is not None and grant.consent is not None:  # a consent was given meanwhile: revoke that too
        return fragments.done(request, reverse("consent_withdraw", args=[grant.consent.pk]))
    if request.method == "POST":
        receipt = None
        if grant is not None:
            receipt = granted.end_sessions(
                request.user, client, reason="ended by the person", by=actor(request)
            )
        title = _("Your sessions with %(application)s have ended") % {"application": client.name}
        return receipts.shown(request, title, receipt, back=back, section="account_applications")
    if grant is None:
        messages.info(
            request, _("You have no sessions with “%(application)s”.") % {"application": client.name}
        )
        return fragments.done(request, back)
    context: dict[str, Any] = {
        "title": _("End your sessions?"),
        "section": "account_applications",
        "grant": grant,
    }
    return fragments.dialog(request, "account/end_sessions.html", context)


def _holder(user: User, client_id: str) -> Client:
    """A client that holds or has held a session of this person; 404 for any other."""
    if not client_id.isprintable():
        raise Http404
    client: Client = get_object_or_404(
        Client.with_deleted_anywhere.select_related("tenant"), client_id=client_id, deleted_at=None
    )
    if not TokenFamily.objects.filter(user=user, client=client).exists():
        raise Http404
    return client
