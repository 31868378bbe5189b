"""How a client is used in this tenant, as its page shows it: charts of each day, and the last use (P8, P12)."""

from datetime import UTC
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from ..models import Client, UseCount
from . import charts

DAYS = 30


def context_of(client: Client) -> dict[str, Any]:
    """What was given and refused each day (UTC), as charts, and the newest use of the last DAYS days, None if there
    was none: three statements, however much it was used."""
    now = timezone.now()
    counted: Any = UseCount.daily(client.pk, DAYS, now)
    numbers = (
        counted.order_by()
        .values("begins_at")
        .annotate(given=Sum("number", filter=Q(outcome="")), refused=Sum("number", filter=~Q(outcome="")))
    )
    given, refused = {}, {}
    for row in numbers:
        day = row["begins_at"].astimezone(UTC).date()
        given[day], refused[day] = row["given"] or 0, row["refused"] or 0
    today = now.astimezone(UTC).date()
    newest = counted.order_by("-last_at").only("last_at", "last_address", "last_agent")
    return {
        "given": charts.of_days(given, today, days=DAYS),
        "refused": charts.of_days(refused, today, days=DAYS, tone="danger"),
        "last_use": newest.filter(outcome="").first(),
        "last_refusal": newest.exclude(outcome="").first(),
    }
