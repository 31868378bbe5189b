"""The status of a tenant's connection to another tenant's client: what stops it, and which version awaits approval."""

from dataclasses import dataclass
from enum import StrEnum

from ..models import Connection


class Stop(StrEnum):
    """A reason why nobody of this tenant can use the client."""

    BLOCKED = "blocked"
    DELETED = "deleted"
    UNPUBLISHED = "unpublished"
    DISABLED = "disabled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that stops a connection (nothing: it works), and whether a wider version waits to be accepted."""

    stops: tuple[Stop, ...]
    waits: bool

    @property
    def works(self) -> bool:
        return not self.stops

    @property
    def gone(self) -> bool:
        """Whether its publisher has taken the client away."""
        return Stop.DELETED in self.stops or Stop.UNPUBLISHED in self.stops


def standing(connection: Connection) -> Standing:
    """The standing of a connection to another tenant's client, read with its client and the client's tenant."""
    stops = []
    if connection.status == Connection.Status.BLOCKED:
        stops.append(Stop.BLOCKED)
    if connection.deleted_by_owner:
        stops.append(Stop.DELETED)
    elif connection.withdrawn_by_owner:
        stops.append(Stop.UNPUBLISHED)
    elif connection.client.disabled_at is not None:
        stops.append(Stop.DISABLED)
    if connection.has_expired:
        stops.append(Stop.EXPIRED)
    return Standing(tuple(stops), waits=connection.pending_version is not None)
