"""When a client was used last, everywhere and in one tenant."""

from datetime import datetime

from ..policy.effective_client import EffectiveClient
from . import last_use
from .client import Client
from .connection import Connection


def note(client: EffectiveClient, now: datetime) -> None:
    """Notes that the client was used, at most once a minute: the hot path stays free of writes."""
    if last_use.is_due(client.last_used_at, now):
        last_use.note(Client, client.pk, last_used_at=now)
    if last_use.is_due(client.last_used_here_at, now):
        last_use.note(Connection, client.generation.connection_id, last_used_at=now)
