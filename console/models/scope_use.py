"""Which scopes of a client were given to it lately, and since when that is known (N10): a scope that nobody needs
is a scope to take away.

Noted and written as uses are (use_count.py): a token pays for one entry in a dictionary.
"""

from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from .prepared_writes import insert
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .client import Client

MOST_NOTED = 5_000  # different sets of scopes kept in memory
BATCH = 100
Given = tuple[UUID, int, tuple[str, ...]]  # tenant, client, scopes as they are written inside


class ScopeUse(TenantOwned):
    """The first and the last day (UTC) on which a client was given a scope in a tenant."""

    # As of a use count: nothing refers to it, and a client that is removed does not wait for it.
    client: "models.ForeignKey[Client]" = models.ForeignKey(
        "console.Client", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    scope = models.CharField(max_length=512)
    first_on = models.DateField()
    last_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "tenant", "scope"], name="scope_use_once")]
        indexes = [models.Index(fields=["last_on"], name="scope_use_expiry")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.scope}: {self.last_on}"

    @classmethod
    def of_clients(cls, client_ids: "Collection[int]") -> "dict[int, dict[str, ScopeUse]]":
        """Client -> scope -> its use in the active tenant. Scopes that were never given are not there."""
        found: dict[int, dict[str, ScopeUse]] = {pk: {} for pk in client_ids}
        for row in cls.objects.filter(client__in=client_ids):
            found[row.client_id][row.scope] = row
        return found


def note(tenant_id: UUID, client_id: int, scopes: "Iterable[str]") -> None:
    """Notes that the client was given these scopes in this tenant, today. Asks the database nothing."""
    given = (tenant_id, client_id, tuple(scopes))
    if given in _noted:
        return
    with _lock:
        if len(_noted) < MOST_NOTED:
            _noted[given] = True


# Given -> whether it waits to be written. What was written stays until the day is over, so that it is not again.
_noted: dict[Given, bool] = {}
_day: list[date] = [date.min]
_lock = Lock()


def write_noted() -> None:
    """Writes what was noted since the last time. What cannot be written is kept for the next time."""
    today = timezone.now().astimezone(UTC).date()
    with _lock:
        waiting = [given for given, waits in _noted.items() if waits]
        if _day[0] != today or len(_noted) >= MOST_NOTED:
            _noted.clear()
            _day[0] = today
        else:
            _noted.update(dict.fromkeys(waiting, False))
    rows = sorted({(client, tenant, name) for tenant, client, names in waiting for name in names})
    try:
        while rows:
            with transaction.atomic():
                for client, tenant, name in rows[:BATCH]:
                    row = ScopeUse(
                        tenant_id=tenant, client_id=client, scope=name[:512], first_on=today, last_on=today
                    )
                    insert(row, LATER)
            del rows[:BATCH]
    except Exception:
        with _lock:
            _noted.update(dict.fromkeys(waiting, True))
        raise


def forget() -> None:
    """Drops what waits in this process."""
    with _lock:
        _noted.clear()


LATER = (
    "ON CONFLICT (client_id, tenant_id, scope) DO UPDATE SET "
    "last_on = CASE WHEN EXCLUDED.last_on >= console_scopeuse.last_on "
    "THEN EXCLUDED.last_on ELSE console_scopeuse.last_on END"
)


def counted_long_enough(uses: "Iterable[ScopeUse]", now: datetime, days: int) -> bool:
    """Whether the client is known to have been given something `days` days ago: only then "not seen" says anything."""
    since = now.astimezone(UTC).date() - timedelta(days=days)
    return any(use.first_on <= since for use in uses)
