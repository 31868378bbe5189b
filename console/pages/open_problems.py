"""The problems of a client in this tenant, apart by what has become of them (N4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from ..models import Client, ClientProblem, Connection
from ..policy.effective_client import EffectiveClient


@dataclass(frozen=True, slots=True)
class Problems:
    """What is open, and what was ignored, the last seen first; and the client as it is in this tenant."""

    open: list[ClientProblem]
    ignored: list[ClientProblem]
    here: EffectiveClient | None  # None if there are none


def of_own(client: Client) -> Problems:
    """The problems of one of the tenant's own clients."""
    found = ClientProblem.of(client.pk)
    if not found:
        return Problems([], [], None)
    connection: Connection = Connection.objects.get(client=client.pk)
    connection.client = client
    return _sorted(found, connection.client_here, _alive(client, found))


def of_connection(connection: Connection) -> Problems:
    """The problems that a client of another tenant has in this one. Its secrets are not told of here."""
    return _sorted(ClientProblem.of(connection.client_id), connection.client_here, set())


def _sorted(found: list[ClientProblem], here: EffectiveClient, alive: set[UUID]) -> Problems:
    ignored = [problem for problem in found if problem.ignored_at is not None]
    return Problems(ClientProblem.open_ones(here, found, alive), ignored, here)


def _alive(client: Client, found: Iterable[ClientProblem]) -> set[UUID]:
    """The secrets that work, if a problem is about one."""
    if all(problem.secret_id is None for problem in found):
        return set()
    return {secret.pk for secret in client.live_secrets if secret.works}
