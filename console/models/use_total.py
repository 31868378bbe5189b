"""How often people signed in, tokens were given and something was refused, in a tenant on a day (P8).

The overview of a tenant with ten thousand clients reads some ninety rows, not those of every client. They are written
in the transactions that write the uses of its clients (use_count.py), so the two agree.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from django.db import models

from ..policy.uses import Total
from .prepared_writes import insert
from .tenant_owned import TenantOwned


class UseTotal(TenantOwned):
    """The number of one kind of things in one tenant on one day (UTC)."""

    begins_at = models.DateTimeField()
    what = models.CharField(max_length=12)  # a Total; no choices here, so that a new one needs no migration
    number = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "begins_at", "what"], name="use_total_once"),
        ]
        indexes = [models.Index(fields=["begins_at"], name="use_total_expiry")]

    def __str__(self) -> str:
        return f"{self.begins_at:%Y-%m-%d} {self.what}: {self.number}"

    @classmethod
    def daily(cls, days: int, now: datetime) -> dict[Total, dict[date, int]]:
        """The numbers of the active tenant for each of the last `days` days, today included; no day without any."""
        found: dict[Total, dict[date, int]] = {what: {} for what in Total}
        rows = cls.objects.filter(begins_at__gte=day_of(now) - timedelta(days=days - 1))
        for begins_at, what, number in rows.values_list("begins_at", "what", "number"):
            if what in found:
                found[Total(what)][begins_at.astimezone(UTC).date()] = number
        return found


class OfDay(NamedTuple):
    """What is added up together, in the order in which rows are written."""

    tenant_id: UUID
    begins_at: datetime
    what: Total


def day_of(moment: datetime) -> datetime:
    """The beginning of its day (UTC)."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def note(tenant_id: UUID, what: Total, *, at: datetime | None = None) -> None:
    """Counts one thing that is of no client, at `at` (now if None). Asks the database nothing.

    What is kept in memory is a number for each tenant and day: strangers cannot make more of it.
    """
    key = OfDay(tenant_id, day_of(at or datetime.now(UTC)), what)
    with _lock:
        _noted[key] += 1


_noted: Counter[OfDay] = Counter()
_lock = Lock()


def take_noted() -> Counter[OfDay]:
    """What was noted since the last time. Whoever cannot write it gives it back to `keep`."""
    with _lock:
        taken = Counter(_noted)
        _noted.clear()
    return taken


def keep(unwritten: Mapping[OfDay, int]) -> None:
    """Keeps it for the next time."""
    with _lock:
        _noted.update(unwritten)


def add(numbers: Mapping[OfDay, int]) -> None:
    """Adds to the rows, in their order: two processes never wait for one another in a circle. Call it last in a
    transaction, since others that write for the same tenant wait for the end of it."""
    for of_day, number in sorted(numbers.items()):
        insert(
            UseTotal(
                tenant_id=of_day.tenant_id,
                begins_at=of_day.begins_at,
                what=of_day.what.value,
                number=number,
            ),
            ADDED,
        )


ADDED = "ON CONFLICT (tenant_id, begins_at, what) DO UPDATE SET number = console_usetotal.number + EXCLUDED.number"
