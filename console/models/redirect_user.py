"""Who has been sent back to which redirect URL, and when last: how many people would miss it can then be said (N3).

A row for each person, written at most once a day, beside requests (models/noted.py). Whoever owns the client is only
told how many there are; nobody is told who.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models, transaction

from .prepared_writes import insert
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .client import Client
    from .user import User

MOST_NOTED = 20_000  # people that wait in a process until they are written; further ones are not counted
MOST_REMEMBERED = 10_000  # of whom a process knows that they are written for today
BATCH = 100  # rows written in one transaction


class RedirectUser(TenantOwned):
    """One person who was sent back from a sign-in to one redirect URL of one client."""

    # Nothing refers to it in the database: expiry removes the rows of a client that is gone.
    client: "models.ForeignKey[Client]" = models.ForeignKey(
        "console.Client", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    address = models.CharField(max_length=32)  # a digest of the redirect URL, as it is registered
    user: "models.ForeignKey[User]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    last_at = models.DateTimeField()  # at most a day too early

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "address", "user"], name="redirect_user_once")
        ]
        indexes = [models.Index(fields=["last_at"], name="redirect_user_expiry")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.address}"

    @classmethod
    def number(cls, client_id: int, redirect_uris: Iterable[str], since: datetime, most: int) -> int:
        """How many people of all tenants were sent to any of them since; `most` + 1 if they are more than `most`.

        Crosses tenants on purpose: what comes out is a number."""
        addresses = [digest(each) for each in redirect_uris]
        found = cls._base_manager.filter(
            client=client_id, address__in=addresses, last_at__gte=since - timedelta(days=1)
        )
        return found.order_by().values("user").distinct()[: most + 1].count()


class _Person(NamedTuple):
    client_id: int
    address: str
    user_id: UUID
    tenant_id: UUID


_noted: dict[_Person, datetime] = {}
_written: dict[_Person, datetime] = {}
_lock = Lock()


def digest(redirect_uri: str) -> str:
    """How a redirect URL is named here: addresses are longer than an index likes."""
    return hashlib.sha256(redirect_uri.encode()).hexdigest()[:32]


def note(tenant_id: UUID, client_id: int, redirect_uri: str, user_id: UUID) -> None:
    """Notes that a person was sent to this registered redirect URL, now. Asks the database nothing."""
    now = datetime.now(UTC)
    person = _Person(client_id, digest(redirect_uri), user_id, tenant_id)
    with _lock:
        if not _is_written(person, now) and (person in _noted or len(_noted) < MOST_NOTED):
            _noted[person] = now


def _is_written(person: _Person, now: datetime) -> bool:
    at = _written.get(person)
    return at is not None and at.date() == now.date()


def forget() -> None:
    """Drops what waits in this process, and whom it knows to be written."""
    with _lock:
        _noted.clear()
        _written.clear()


def write_noted() -> None:
    """Writes who was noted since the last time. What cannot be written is kept for the next time."""
    with _lock:
        waiting = sorted(_noted.items())
        _noted.clear()
        if len(_written) > MOST_REMEMBERED:
            _written.clear()
    try:
        while waiting:
            with transaction.atomic():
                for person, at in waiting[:BATCH]:
                    row = RedirectUser(
                        client_id=person.client_id,
                        address=person.address,
                        user_id=person.user_id,
                        tenant_id=person.tenant_id,
                        last_at=at,
                    )
                    insert(row, SEEN_AGAIN)
            with _lock:
                _written.update(waiting[:BATCH])
            del waiting[:BATCH]
    finally:
        with _lock:
            for person, at in waiting:
                _noted.setdefault(person, at)


SEEN_AGAIN = (
    "ON CONFLICT (client_id, address, user_id) DO UPDATE SET last_at = EXCLUDED.last_at "
    "WHERE console_redirectuser.last_at < EXCLUDED.last_at"
)
