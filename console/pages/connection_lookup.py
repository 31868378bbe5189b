"""Which connection a page is about: one of this tenant to a client of another tenant."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from ..http.tenancy import current_tenant
from ..models import Connection


def connections_to_others() -> "QuerySet[Connection]":
    """This tenant's connections to clients of other tenants, whatever has become of those."""
    found: QuerySet[Connection] = Connection.objects.exclude(client__tenant=current_tenant())
    return found.select_related("tenant", "client__tenant", "approved_by")


def foreign_connection(connection_id: int) -> Connection:
    """The connection with this number; 404 for any other: unknown, of another tenant, or to the tenant's own client."""
    connection: Connection = get_object_or_404(connections_to_others(), pk=connection_id)
    return connection
