"""The lines of the OAuth page: what is read for a page of them, and what each says (S1, S5, P7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import Truncator

from ..http.tenancy import current_tenant
from ..models import Client, ClientSecret, Connection
from ..models.failing import failing_among
from ..policy.client_types import impersonates
from ..policy.consent_rules import ConsentMethod, suits
from .connection_standing import Standing, standing

# Of a tenant's own client. What another tenant's client may do here is judged by more of it.
READ_OF_OWN = [
    *("tenant", "status", "consent_method"),
    *(f"client__{name}" for name in ("client_id", "tenant", "type", "name", "description", "created_at")),
    *(f"client__{name}" for name in ("grant_types", "auth_methods", "redirect_uris", "last_used_at")),
    *(f"client__{name}" for name in ("disabled_at", "deleted_at", "published_at", "stays_connected")),
]
METHODS: dict[str, Any] = dict(Connection.Method.choices)  # lazy texts


class Availability(NamedTuple):
    """Whether an own client works; whether other tenants may connect, or no longer may while some still are."""

    enabled: bool
    published: bool
    unpublished: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `standing` is of a connection to another tenant's client, None for an own one."""

    connection: Connection
    client: Client
    standing: Standing | None
    secrets: str  # how many are alive
    tenants: int  # that are connected to an own client
    failing: bool = False  # whether it gets nothing but refusals now

    @property
    def name(self) -> str:
        """The client's name, as long as a line can be."""
        return _cut(self.client.name, 120)

    @property
    def description(self) -> str:
        """Likewise."""
        return _cut(self.client.description, 160)

    @property
    def kind(self) -> str:
        """The client's type, or "machine"."""
        return "machine" if self.client.machine_only else self.client.type

    @property
    def came_by_itself(self) -> bool:
        """Whether it is a client of somebody else without a publisher: it registered itself."""
        return self.standing is not None and not self.client.publisher

    @property
    def consent(self) -> str:
        """The consent method in words."""
        return str(METHODS[self.connection.consent_method])

    @property
    def availability(self) -> Availability:
        """Of an own client."""
        published = self.client.published_at is not None
        left = not published and self.client.stays_connected and self.tenants > 0
        return Availability(self.client.is_enabled, published, left)

    @property
    def last_used_at(self) -> datetime | None:
        """Of another tenant's client, when this tenant used it: the owner's dates are the owner's."""
        return self.connection.last_used_at if self.standing else self.client.last_used_at

    @property
    def added_at(self) -> datetime:
        """When it was registered; another tenant's client, when this tenant connected."""
        return self.connection.approved_at if self.standing else self.client.created_at

    @property
    def impersonates(self) -> bool:
        """Whether it can act as any of the tenant's people now; only a trusted client does."""
        trusted = self.connection.consent_method == ConsentMethod.TRUSTED
        return trusted and impersonates(self.connection.machine_grants)

    @property
    def needs_trust(self) -> bool:
        """Whether an own client gets no token in its own name, because it is Required."""
        return self.standing is None and not suits(self.connection.consent_method, self.client.grant_types)


def rows(found: list[tuple[int, UUID]]) -> list[Row]:
    """The lines of a page, in the order in which clients and the tenants that own them were found. Only for them is
    everything read that a line shows: what the list could show is sorted by what the order needs, and no more."""
    tenant = current_tenant()
    live = ClientSecret.objects.filter(client=OuterRef("client"), removed_at=None).order_by()
    secrets = live.values("client").annotate(number=Count("pk")).values("number")
    served = Connection._base_manager.filter(
        client=OuterRef("client"), client__tenant=tenant, status=Connection.Status.APPROVED
    )
    tenants = served.exclude(tenant=tenant).order_by().values("client").annotate(number=Count("*"))
    read = Connection.objects.annotate(
        secret_count=Coalesce(Subquery(secrets), 0),
        tenant_count=Coalesce(Subquery(tenants.values("number")), 0),
    )
    own = [pk for pk, owner in found if owner == tenant.pk]
    outside = [pk for pk, owner in found if owner != tenant.pk]
    lines = {
        line.client_id: line
        for line in read.select_related("client").only(*READ_OF_OWN).filter(client__in=own)
    }
    lines |= {
        line.client_id: line for line in read.select_related("client__tenant").filter(client__in=outside)
    }
    failing = failing_among([*own, *outside], timezone.now())
    return [_row(lines[pk], pk in failing) for pk, _owner in found if pk in lines]


def _row(connection: Any, failing: bool) -> Row:
    return Row(
        connection,
        connection.client,
        standing(connection) if connection.is_foreign else None,
        str(connection.secret_count),
        connection.tenant_count,
        failing and connection.client.is_enabled and connection.status == Connection.Status.APPROVED,
    )


def _cut(text: str, most: int) -> str:
    return Truncator(text).chars(most) if len(text) > most else text
