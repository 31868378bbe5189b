"""The page of one of the tenant's own clients: what stands above its tabs, and the first of them (P12).

Every tab is an address of its own below the client's. A client of another tenant has the page of its connection.
"""

from collections import Counter
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Client, UseCount, reach
from ..policy.consent_rules import suits
from ..policy.roles import Permission
from . import charts, open_problems
from .client_lookup import own_client

CHARTED_DAYS = 30


class Tab(StrEnum):
    """The tabs, each named as the address that it leads to."""

    OVERVIEW = "client"
    QUICK_START = "client_quick_start"
    SETTINGS = "client_settings"
    SECRETS = "secrets"
    SCOPES = "client_scopes"
    PEOPLE = "client_grants"
    TENANTS = "connected_tenants"
    PROBLEMS = "client_problems"
    ACTIVITY = "client_activity"


def context_of(request: PageRequest, client: Client, tab: Tab) -> dict[str, Any]:
    """The template context of a tab: templates/clients/page.html draws everything around it."""
    connected = reach.served(client).count()
    return {
        "title": client.name,
        "section": "clients",
        "client": client,
        "tab": tab.value,
        "connected": connected,
        "open_problems": len(open_problems.of_own(client).open),
        "has_tenants": client.published_at is not None or connected > 0,
        "needs_trust": not suits(client.own_consent_method, client.grant_types),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }


@needs(Permission.READ_CONSOLE)
@require_safe
def overview(request: PageRequest, client_id: str) -> HttpResponse:
    """What the client is, and how it is doing."""
    client = own_client(client_id)
    now = timezone.now()
    given, refused = _daily(client, now)
    today = now.astimezone(UTC).date()
    context = context_of(request, client, Tab.OVERVIEW) | {
        "given": charts.of_days(given, today, days=CHARTED_DAYS),
        "refused": charts.of_days(refused, today, days=CHARTED_DAYS, tone="danger"),
    }
    return render(request, "clients/overview.html", context)


def _daily(client: Client, now: datetime) -> tuple[Counter[date], Counter[date]]:
    """Day (UTC) -> how often the client was given what it asked for in this tenant, and how often it was refused."""
    given: Counter[date] = Counter()
    refused: Counter[date] = Counter()
    counted = UseCount.daily(client.pk, CHARTED_DAYS, now).values_list("begins_at", "outcome", "number")
    for begins_at, outcome, number in counted:
        (refused if outcome else given)[begins_at.astimezone(UTC).date()] += number
    return given, refused
