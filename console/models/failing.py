"""Which clients fail now: those that were refused, and that nothing has succeeded for since (P8, N3).

A client fails if it was refused in the last 24 hours, and was given nothing since its last refusal, or in the 15
minutes before. So a busy client is not counted for one wrong request among many good ones, and the first success takes
it off the list. Clients that somebody has disabled, blocked or deleted do not count: they are refused on purpose.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Max

from .connection import Connection
from .use_count import REFUSED, UseCount
from .use_total import day_of

REFUSED_WITHIN = timedelta(hours=24)
BESIDE_SUCCESS = timedelta(minutes=15)
LOOKED_AT = 300  # refused uses of different kinds, the newest days first: beyond them no client is looked for


def failing(now: datetime, most: int) -> list[Connection]:
    """The active tenant's connections to clients that fail, with the clients: the one refused last is the first.

    At most `most`. Three statements, whatever the number of clients.
    """
    refused = _last_refused(now)
    failed = _without_success(refused, now)
    usable = Connection.objects.filter(
        client__in=failed,
        status=Connection.Status.APPROVED,
        client__disabled_at=None,
        client__deleted_at=None,
    )
    found = sorted(usable.select_related("client"), key=lambda one: refused[one.client_id], reverse=True)
    return found[:most]


def failing_among(clients: Collection[int], now: datetime) -> set[int]:
    """Those of these clients that fail, whether or not they are usable. Two statements, or one."""
    return set(_without_success(_last_refused(now, clients), now))


def _without_success(refused: Mapping[int, datetime], now: datetime) -> list[int]:
    if not refused:
        return []
    succeeded = _last_succeeded(refused, now)
    return [
        client_id
        for client_id, last in refused.items()
        if client_id not in succeeded or succeeded[client_id] < last - BESIDE_SUCCESS
    ]


def _last_refused(now: datetime, among: Collection[int] | None = None) -> dict[int, datetime]:
    """Client -> when it was refused last."""
    since = now - REFUSED_WITHIN
    rows = UseCount.objects.filter(
        REFUSED, span=UseCount.Span.DAY, begins_at__gte=day_of(since), last_at__gte=since
    )
    if among is not None:
        rows = rows.filter(client__in=among)
    found: dict[int, datetime] = {}
    for client_id, last_at in rows.order_by("-begins_at").values_list("client_id", "last_at")[:LOOKED_AT]:
        found[client_id] = max(last_at, found.get(client_id, last_at))
    return found


def _last_succeeded(clients: Iterable[int], now: datetime) -> dict[int, datetime]:
    """Client -> when it was given something last, of those that were since the beginning of yesterday."""
    rows = UseCount.objects.filter(
        client__in=list(clients),
        span=UseCount.Span.DAY,
        begins_at__gte=day_of(now - REFUSED_WITHIN),
        outcome="",
    )
    return dict(
        rows.order_by().values("client").annotate(last=Max("last_at")).values_list("client_id", "last")
    )
