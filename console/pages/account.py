"""What a person has connected to their account, and how they take it back (P5, ASVS 7.5.2, 10.7.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import sessions
from ..access import needs
from ..models import Client, Connection, Consent, RefreshToken, TokenFamily
from ..policy import scopes
from ..policy.roles import Permission
from ..policy.scope_catalogue import AREAS, Scope
from ..requests import PageRequest
from . import fragments


@dataclass(frozen=True, slots=True)
class Area:
    """A group of permissions under a heading."""

    title: str
    permissions: list[str]


@dataclass(frozen=True, slots=True)
class Application:
    """One application that acts, or may act, for a person."""

    client: Client
    consent: Consent | None
    areas: list[Area]
    last_used: datetime | None
    sessions: int
    trusted: bool


@needs(Permission.OWN_ACCOUNT)
@require_safe
def applications(request: PageRequest) -> HttpResponse:
    """Every application with the person's consent, and those that hold a session because the tenant trusts them."""
    consents = (
        Consent.objects.filter(user=request.user, client__deleted_at=None)
        .select_related("client__tenant")
        .order_by("client__name", "pk")
    )
    use = _use(request)
    trusted = set(
        Connection.objects.filter(consent_method=Connection.Method.TRUSTED, client__in=list(use)).values_list(
            "client_id", flat=True
        )
    )
    allowed = [_application(consent.client, consent, use, trusted) for consent in consents]
    consented = {application.client.pk for application in allowed}
    working = [pk for pk, (_last, live) in use.items() if live and pk not in consented]
    others = Client.with_deleted_anywhere.filter(pk__in=working, deleted_at=None).select_related("tenant")
    context = {
        "title": _("Connected applications"),
        "applications": allowed,
        "others": [_application(client, None, use, trusted) for client in others.order_by("name")],
    }
    return render(request, "account/applications.html", context)


@needs(Permission.OWN_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PageRequest, consent_id: int) -> HttpResponse:
    """Asks first, then takes the consent back: every token that the application holds for this person ends."""
    consent = get_object_or_404(
        Consent.objects.select_related("client__tenant", "user", "tenant"), pk=consent_id, user=request.user
    )
    if request.method == "POST":
        consent.withdraw(by=sessions.actor(request))
        messages.success(
            request, _("%(application)s no longer has access.") % {"application": consent.client.name}
        )
        return fragments.done(request, reverse("account_applications"))
    use = _use(request).get(consent.client_id, (None, 0))
    context: dict[str, Any] = {
        "title": _("Withdraw access?"),
        "section": "account_applications",
        "consent": consent,
        "areas": areas(consent.scopes),
        "sessions": use[1],
    }
    return fragments.dialog(request, "account/withdraw.html", context)


def _application(
    client: Client, consent: Consent | None, use: dict[int, tuple[datetime, int]], trusted: set[int]
) -> Application:
    last_used, live = use.get(client.pk, (None, 0))
    granted = areas(consent.scopes) if consent else []
    return Application(client, consent, granted, last_used, live, client.pk in trusted)


def _use(request: PageRequest) -> dict[int, tuple[datetime, int]]:
    """client -> when it last used a token of this person, and how many of its sessions can still do so."""
    now = timezone.now()
    refreshable = RefreshToken.objects.filter(family=OuterRef("pk"), revoked=None, expires_at__gt=now)
    alive = Q(ended_at=None, expires_at__gt=now) & (Q(access_expires_at__gt=now) | Q(Exists(refreshable)))
    rows = (
        TokenFamily.objects.filter(user=request.user)
        .values("client_id")
        .annotate(last=Max("last_used_at"), live=Count("pk", filter=alive))
    )
    return {row["client_id"]: (row["last"], row["live"]) for row in rows}


def areas(names: Iterable[str]) -> list[Area]:
    """Scopes as sentences under the headings of the catalogue, without those that another one already contains."""
    known = [scopes.SCOPES.get(name) or Scope(name, "", name, "") for name in scopes.roots(names)]
    order = list(AREAS)
    known.sort(key=lambda scope: order.index(scope.area) if scope.area in AREAS else len(order))
    return [
        Area(_(AREAS[area]) if area in AREAS else _("Other"), [_(scope.title) for scope in group])
        for area, group in groupby(known, key=lambda scope: scope.area)
    ]
