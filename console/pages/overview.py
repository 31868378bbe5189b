"""The first page of the console: how much the tenant is used, what needs somebody, and what changed last (P8)."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import UseTotal, event_reading
from ..models.action import CHANGES
from ..policy.roles import Permission
from ..policy.uses import Total
from . import attention, charts, event_lines, first_steps

CHARTED_DAYS = 30
CHANGES_SHOWN = 5


@needs(Permission.OWN_ACCOUNT)
@require_safe
def overview(request: PageRequest) -> HttpResponse:
    """The overview; people who may not read the console go to their applications."""
    if not request.user.may(Permission.READ_CONSOLE):
        return redirect("account_applications")
    now = timezone.now()
    changes = event_reading.newest_of(current_tenant().pk, CHANGES, CHANGES_SHOWN)
    steps = first_steps.steps()
    context = {
        "title": _("Overview"),
        "charts": _charts(now),
        "lines": attention.lines(now),
        "steps": steps,
        "is_empty": bool(steps) and not steps[0].done,  # without a client, there is nothing to be counted
        "changes": [event_lines.line(event) for event in changes],
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    return render(request, "overview/overview.html", context)


def _charts(now: datetime) -> list[dict[str, Any]]:
    """Each chart with its name and what it counts."""
    counted, today = UseTotal.daily(CHARTED_DAYS, now), now.astimezone(UTC).date()
    said = [
        (Total.SIGN_IN, _("Sign-ins"), _("People sent on to an application"), ""),
        (Total.TOKEN, _("Tokens"), _("Answers of the token endpoint"), ""),
        (Total.REFUSAL, _("Refusals"), _("Rejected requests and failed sign-ins"), "danger"),
    ]
    return [
        {
            "what": what.value,
            "name": name,
            "text": text,
            "chart": charts.of_days(counted[what], today, days=CHARTED_DAYS, tone=tone),
        }
        for what, name, text, tone in said
    ]
