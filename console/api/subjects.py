"""The client that a call would change, and the rule that a client cannot change itself.

An administrator decides about another tenant's client. That client must not decide in their place, whatever token it
holds: its own, one that an administrator let it have, or one with which it acts as an administrator. So a client's
token changes nothing about its own client, and that of another tenant's client nothing about any client of that
tenant: one publisher's clients are one party. Reading is not deciding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..models import Connection, ConnectionRequest, Tenant
from ..policy.effective_client import EffectiveClient
from .errors import ApiError
from .schema import number

RULE = (
    "A client cannot change itself, nor other clients of its publisher. A tenant administrator must do that."
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A client that this tenant has to do with, and the tenant that it belongs to."""

    client: int
    owner: UUID

    def check_not_decided_by(self, client: EffectiveClient, tenant: Tenant) -> None:
        """Raises ApiError with 403 if `client`, whose token is used in `tenant`, would decide about itself."""
        publisher = self.owner == client.publisher_id and self.owner != tenant.pk
        if publisher or self.client == client.pk:
            raise ApiError(403, RULE)


About = Callable[[Mapping[str, str]], Subject | None]  # of what stands in the address; None: it is not there


def client_in_address(address: Mapping[str, str]) -> Subject | None:
    """The client with this `client_id`: an own one, or one of another tenant that has a connection here."""
    client_id = address["client_id"]
    return _first(Connection, client__client_id=client_id) if client_id.isprintable() else None


def request_in_address(address: Mapping[str, str]) -> Subject | None:
    """The client that the request with this `request_id` asks for."""
    key = number(address["request_id"])
    return _first(ConnectionRequest, pk=key) if key is not None else None


def _first(model: type[Connection] | type[ConnectionRequest], **which: Any) -> Subject | None:
    """The first row of the tenant of the call, in one query that reads two columns."""
    found = model.objects.filter(**which).values_list("client", "client__tenant").first()
    return Subject(*found) if found else None
