"""How many different refusals of one minute get a row of their own: strangers choose what they are refused for, and
must not be able to fill the disk with it."""

import hashlib
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection, models

from ..policy.throttling import networks

PER_SOURCE = 30  # different refusals of one kind, from one source, within a minute
PER_TENANT = 200  # and from everywhere


class Place(Enum):
    """Whether there is room for one more different refusal, and if not, what is full."""

    FREE = "free"
    SOURCE_FULL = "source"
    TENANT_FULL = "tenant"


class RefusalCount(models.Model):
    """How many different refusals of one kind a minute has seen: from one source, or in the whole tenant."""

    key = models.CharField(max_length=64, primary_key=True)
    minute = models.DateTimeField()
    number = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["minute"], name="refusal_count_minute")]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"

    @classmethod
    def take(cls, tenant_id: Any, action: str, address: str, minute: datetime) -> Place:
        """Reserves room for one more, if there is any. Call it in a transaction: until it ends, others from the same
        source, and then in the same tenant, wait, so that the first ones get their rows and exactly as many as may."""
        source, tenant = _keys(tenant_id, action, address, minute)
        if not cls._one_more(source, minute, PER_SOURCE, unless_full=tenant):
            return Place.TENANT_FULL if cls._number(tenant) >= PER_TENANT else Place.SOURCE_FULL
        return Place.FREE if cls._one_more(tenant, minute, PER_TENANT) else Place.TENANT_FULL

    @classmethod
    def give_back(cls, tenant_id: Any, action: str, address: str, minute: datetime) -> None:
        """Releases the reservation: the refusal already has a row."""
        for key in _keys(tenant_id, action, address, minute):
            cls._one_less(key)

    @classmethod
    def _one_more(cls, key: str, minute: datetime, ceiling: int, unless_full: str = "") -> bool:
        """One statement, no race. With `unless_full`, nothing is begun for a new source in a tenant that is full: how
        many rows a minute can leave here is bounded too."""
        table = cls._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{table}" ("key", "minute", "number") SELECT %s, %s, 1 '
                f'WHERE COALESCE((SELECT "number" FROM "{table}" WHERE "key" = %s), 0) < %s '
                f'ON CONFLICT ("key") DO UPDATE SET "number" = "{table}"."number" + 1 '
                f'WHERE "{table}"."number" < %s RETURNING "number"',
                [key, connection.ops.adapt_datetimefield_value(minute), unless_full, PER_TENANT, ceiling],
            )
            return cursor.fetchone() is not None

    @classmethod
    def _one_less(cls, key: str) -> None:
        cls.objects.filter(key=key, number__gt=0).update(number=models.F("number") - 1)

    @classmethod
    def _number(cls, key: str) -> int:
        return cls.objects.filter(key=key).values_list("number", flat=True).first() or 0


def _keys(tenant_id: Any, action: str, address: str, minute: datetime) -> tuple[str, str]:
    """What is counted, always locked in this order. Digests: no address is kept here in the clear."""
    same = (str(tenant_id), action, minute.isoformat())
    return _digest(*same, networks(address)[0].name), _digest(*same)


def _digest(*what: str) -> str:
    return hashlib.sha256("\0".join(what).encode()).hexdigest()
