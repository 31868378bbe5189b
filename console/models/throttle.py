"""Counts failed sign-ins (see policy/throttling.py). In the database, so that every process counts together."""

import hashlib
from datetime import datetime

from django.db import connection, models

from ..policy import throttling


class FailedAttempts(models.Model):
    """How often one thing that is counted failed in one window. `manage.py expire` removes it half an hour later."""

    key = models.CharField(max_length=64, primary_key=True)
    window = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["window"], name="failed_attempts_window")]

    @classmethod
    def counts(cls, *named: tuple[str, ...], now: datetime) -> list[int]:
        """Failures so far in the current window of each of `named`, in their order. One query."""
        keys = [_key(what, now) for what in named]
        found = dict(cls.objects.filter(key__in=keys).values_list("key", "failures"))
        return [found.get(key, 0) for key in keys]

    @classmethod
    def add(cls, *what: str, now: datetime) -> int:
        """Increments the counter in one atomic statement, on both databases. Returns how many that makes."""
        table = cls._meta.db_table
        window = connection.ops.adapt_datetimefield_value(throttling.window_of(now))
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{table}" ("key", "window", "failures") VALUES (%s, %s, 1) '
                f'ON CONFLICT ("key") DO UPDATE SET "failures" = "{table}"."failures" + 1 '
                'RETURNING "failures"',
                [_key(what, now), window],
            )
            return int(cursor.fetchone()[0])

    @classmethod
    def take_back(cls, *what: str, now: datetime) -> None:
        """Decrements the counter: the attempt had been counted as failed in advance, and succeeded."""
        cls.objects.filter(key=_key(what, now), failures__gt=0).update(failures=models.F("failures") - 1)


def _key(what: tuple[str, ...], now: datetime) -> str:
    """Digest of what is counted and its window: no address or e-mail is kept here in the clear."""
    return hashlib.sha256("\0".join([*what, throttling.window_of(now).isoformat()]).encode()).hexdigest()
