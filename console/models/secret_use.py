"""How a secret has been used and tried, as use_count.py counts it (N1, N2).

Whoever presents a secret is its client, so these are the numbers of all tenants: a secret of a published client can be
in use in other tenants alone. Nothing of it names a tenant or a person.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from ..policy import secret_life
from .use_count import UseCount

MOST_READ = 5_000  # rows for one secret, the latest first: each is a grant of a day or hour in one tenant
MOST_CALLERS = 50
DEAD = frozenset(reason.value for reason in secret_life.REASONS.values())


class Caller(NamedTuple):
    """Who used a secret: an address and what the program says of itself, each "" if unknown, and when last."""

    address: str
    agent: str
    last_at: datetime

    @property
    def who(self) -> tuple[str, str]:
        return self.address, self.agent


@dataclass(slots=True)
class Uses:
    """Numbers of one secret. The callers are those that were the last of an hour or a day, the latest first."""

    daily: Counter[date] = field(default_factory=Counter)
    total: int = 0
    callers: list[Caller] = field(default_factory=list)
    complete: bool = (
        True  # False: there were more rows than are read, and the numbers are lower than the truth
    )

    def _add(self, day: date, number: int, caller: Caller) -> None:
        self.daily[day] += number
        self.total += number
        if len(self.callers) < MOST_CALLERS and caller.who not in {known.who for known in self.callers}:
            self.callers.append(caller)


class SecretUses(NamedTuple):
    """What is known of a secret: while it worked, and when it was presented although it did not."""

    used: Uses
    tried: Uses


def of(secret_id: UUID, days: int, now: datetime) -> SecretUses:
    """The uses of the last `days` days (UTC), today included."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return _read(secret_id, UseCount.Span.DAY, midnight - timedelta(days=days - 1))


def of_last_day(secret_id: UUID, now: datetime) -> SecretUses:
    """The uses of the last 24 hours, by whole hours: of the one in which those begin, nothing."""
    return _read(secret_id, UseCount.Span.HOUR, now - secret_life.LATELY)


def _read(secret_id: UUID, span: str, since: datetime) -> SecretUses:
    rows: Any = UseCount._base_manager.filter(secret_id=secret_id, span=span, begins_at__gte=since)
    columns = ("begins_at", "outcome", "number", "last_at", "last_address", "last_agent")
    found = SecretUses(Uses(), Uses())
    read = list(rows.order_by("-begins_at").values_list(*columns)[:MOST_READ])
    for begins_at, outcome, number, last_at, address, agent in sorted(
        read, key=lambda row: row[3], reverse=True
    ):
        into = found.tried if outcome in DEAD else found.used
        into._add(begins_at.astimezone(UTC).date(), number, Caller(address, agent, last_at))
    for uses in found:
        uses.complete = len(read) < MOST_READ
    return found
