"""How often each client is used, with what, and by which callers (P8, N1, N3, N9).

Requests only add to numbers in the memory of their process; a thread writes those every few seconds
(models/background.py), and once more when the process is told to stop. So a hot path pays for a dictionary, and a
process that is killed loses what it has noted since: at most some seconds, or a minute while the database refuses.

What is kept says how often, when last, from which address and with which program. It never says which person.
"""

import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from django.db import models, transaction

from ..policy import text
from ..policy.uses import Use
from . import use_total
from .prepared_writes import insert
from .tenant_owned import TenantOwned
from .use_total import OfDay, day_of

if TYPE_CHECKING:
    from .client import Client

MOST_NOTED = (
    5_000  # different uses that a process keeps in memory; others are not counted until they are written
)
BATCH = 100  # uses written in one transaction
HOUR = 3600
# Written out, so that every database finds the index with this condition.
REFUSED = models.Q(
    models.Func(models.F("outcome"), template="%(expressions)s <> ''", output_field=models.BooleanField())
)
LONGEST_AGENT = 200
LONGEST_ADDRESS = 2048  # of a redirect URL

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Noted:
    number: int
    at: float
    address: str
    agent: str


class UseCount(TenantOwned):
    """The number of equal uses in one hour, or in one day (UTC)."""

    class Span(models.TextChoices):
        HOUR = "hour"
        DAY = "day"

    # Nothing refers to it in the database, and a client that is removed does not wait for its numbers.
    client: "models.ForeignKey[Client]" = models.ForeignKey(
        "console.Client", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    span = models.CharField(max_length=4, choices=Span.choices)
    begins_at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    grant = models.CharField(max_length=60)
    outcome = models.CharField(max_length=60, blank=True)
    secret_id = models.UUIDField(null=True)
    redirect_uri = models.CharField(max_length=LONGEST_ADDRESS, blank=True)
    number = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()
    last_address = models.CharField(max_length=45, blank=True)
    last_agent = models.CharField(max_length=LONGEST_AGENT, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "tenant", "span", "begins_at", "kind"], name="use_count_once"
            )
        ]
        indexes = [
            models.Index(fields=["span", "begins_at"], name="use_count_expiry"),
            models.Index(fields=["tenant", "span", "begins_at"], condition=REFUSED, name="use_count_refused"),
            models.Index(
                fields=["secret_id", "span", "begins_at"],
                name="use_count_of_secret",
                condition=models.Q(secret_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.begins_at:%Y-%m-%d %H} {self.grant} {self.outcome}: {self.number}"

    @classmethod
    def daily(cls, client_id: int, days: int, now: datetime) -> "models.QuerySet[UseCount]":
        """The numbers of the active tenant for each of the last `days` days, today included."""
        first = day_of(now) - timedelta(days=days - 1)
        found: models.QuerySet[UseCount] = cls.objects.filter(
            client=client_id, span=cls.Span.DAY, begins_at__gte=first
        )
        return found


def note(use: Use, *, address: str, agent: str, at: datetime | None = None, number: int = 1) -> None:
    """Counts one use, now, or `number` uses at `at`. `agent` is what the program says of itself (User-Agent).

    Asks the database nothing.
    """
    now = time.time() if at is None else at.timestamp()
    key = use, int(now // HOUR)
    with _lock:
        noted = _noted.get(key)
        if noted is not None:
            noted.number += number
            noted.at, noted.address, noted.agent = now, address, agent
        elif len(_noted) < MOST_NOTED:
            _noted[key] = _Noted(number, now, address, agent)
        else:
            _missed[0] += number


_noted: dict[tuple[Use, int], _Noted] = {}
_missed = [0]
_lock = Lock()


def forget() -> None:
    """Drops what waits in this process, totals too."""
    with _lock:
        _noted.clear()
    use_total.take_noted()


def write_noted() -> None:
    """Adds what was noted since the last time to the rows. What cannot be written is kept for the next time.

    Uses are written in the order of their rows, and after them what they add up to in their tenants, so that two
    processes never wait for one another in a circle.
    """
    with _lock:
        waiting = sorted(_noted.items(), key=lambda item: (item[0][0][:2], item[0][1], item[0][0].kind))
        _noted.clear()
        missed, _missed[0] = _missed[0], 0
    if missed:
        logger.warning("%d uses of clients were not counted: too many different ones at once.", missed)
    of_no_client = use_total.take_noted()
    try:
        while waiting or of_no_client:
            with transaction.atomic():
                for (use, hour), noted in waiting[:BATCH]:
                    _add(use, hour, noted)
                use_total.add(of_no_client + _totals(waiting[:BATCH]))
            of_no_client.clear()
            del waiting[:BATCH]
    finally:
        _keep(waiting)
        use_total.keep(of_no_client)


def _totals(uses: "list[tuple[tuple[Use, int], _Noted]]") -> Counter[OfDay]:
    added: Counter[OfDay] = Counter()
    for (use, hour), noted in uses:
        if use.total is not None:
            added[OfDay(use.tenant_id, day_of(_beginning(hour)), use.total)] += noted.number
    return added


def _keep(unwritten: list[tuple[tuple[Use, int], _Noted]]) -> None:
    with _lock:
        for key, noted in unwritten:
            later = _noted.setdefault(key, noted)
            if later is not noted:
                later.number += noted.number


def _beginning(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR, UTC)


def _add(use: Use, hour: int, noted: _Noted) -> None:
    begins = _beginning(hour)
    for span, moment in ((UseCount.Span.HOUR, begins), (UseCount.Span.DAY, day_of(begins))):
        row = UseCount(
            tenant_id=use.tenant_id,
            client_id=use.client_id,
            span=span.value,
            begins_at=moment,
            kind=use.kind,
            grant=use.grant,
            outcome=use.outcome,
            secret_id=use.secret_id,
            redirect_uri=use.redirect_uri[:LONGEST_ADDRESS],
            number=noted.number,
            last_at=datetime.fromtimestamp(noted.at, UTC),
            last_address=noted.address,
            last_agent=text.one_line(noted.agent[:LONGEST_AGENT], LONGEST_AGENT),
        )
        insert(row, ADDED)


# The row is there already: the numbers add up, and the later caller is kept.
ADDED = (
    "ON CONFLICT (client_id, tenant_id, span, begins_at, kind) DO UPDATE SET "
    "number = console_usecount.number + EXCLUDED.number, "
    + ", ".join(
        f"{column} = CASE WHEN EXCLUDED.last_at >= console_usecount.last_at "
        f"THEN EXCLUDED.{column} ELSE console_usecount.{column} END"
        for column in ("last_address", "last_agent", "last_at")
    )
)
