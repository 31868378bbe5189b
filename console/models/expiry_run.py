"""When what has expired is removed: which of many servers does it next, and whether the clock can be right."""

import secrets
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models import Q

from .clock import database_now
from .event import Event

MOST_AHEAD = timedelta(days=45)  # of what was known last. Longer than anybody's holiday
JITTER = 0.1  # of the interval, more or less


class ImplausibleClock(Exception):
    """This machine's clock is so far ahead that it is more likely to be wrong. `known` is what was known last."""

    def __init__(self, known: datetime) -> None:
        self.known = known
        ahead = f"more than {MOST_AHEAD.days} days ahead of the last run or event"
        super().__init__(f"This machine's clock is {ahead}, {known:%Y-%m-%d}.")


class ExpiryRun(models.Model):
    """One row: when the next run of a server is due, and what the clock was at the last run of anybody."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    due_at = models.DateTimeField(null=True, default=None)
    clock = models.DateTimeField(null=True, default=None)

    def __str__(self) -> str:
        return f"due at {self.due_at}"

    @classmethod
    def take(cls, every: timedelta) -> bool:
        """Whether the caller is to run now: compare and swap, so that of any number of servers one is told so.

        The next run is due after `every`, a little more or less. A lock would have to be held for a whole run, and
        PostgreSQL's advisory locks are lost behind a pooler that pools transactions.
        """
        now = database_now()
        row, _made = cls.objects.get_or_create(pk=1)
        after = every * (1 + JITTER * (secrets.randbelow(2001) / 1000 - 1))
        # What is due so much later was written when the clock was ahead.
        due = Q(due_at=None) | Q(due_at__lte=now) | Q(due_at__gt=now + 2 * every)
        return bool(cls.objects.filter(due, pk=row.pk).update(due_at=now + after))

    @classmethod
    def begin(cls, *, trusting: bool = False) -> datetime:
        """The time by which a run goes, which is noted. `trusting` takes the clock of this machine as it is.

        Raises ImplausibleClock if it is too far ahead of the last run, or where there was none of the newest event. A
        database with a clock of its own is believed.
        """
        now = database_now()
        row, _made = cls.objects.get_or_create(pk=1)
        if connection.vendor == "sqlite" and not trusting:
            _check(now, row.clock or _newest_event())
        if row.clock is None or trusting or now > row.clock:
            cls.objects.filter(pk=row.pk).update(clock=now)
        return now


def _check(now: datetime, known: datetime | None) -> None:
    if known is not None and now - known > MOST_AHEAD:
        raise ImplausibleClock(known)


def _newest_event() -> datetime | None:
    return Event._base_manager.order_by("-pk").values_list("happened_at", flat=True).first()
