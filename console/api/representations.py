"""How our nouns look in Qlik's JSON. The only file that knows camelCase."""

from datetime import datetime
from typing import Any

from ..models import Client, User


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as Qlik writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(user: User) -> dict[str, Any]:
    """A user of the tenant."""
    return {
        "id": str(user.pk),
        "tenantId": str(user.tenant_id),
        "status": "active",
        "subject": user.email,
        "name": user.display_name,
        "email": user.email,
        "assignedRoles": [{"name": "TenantAdmin", "type": "default", "level": "admin"}]
        if user.role == "administrator"
        else [],
        "assignedGroups": [],
        "createdAt": timestamp(user.created_at),
        "links": {"self": {"href": f"{user.tenant.issuer}/api/v1/users/{user.pk}"}},
    }


def bot(client: Client) -> dict[str, Any]:
    """What a machine-to-machine client acts as: named like the client, never equal to a person."""
    tenant = client.connection.tenant
    return {
        "id": client.client_id,
        "tenantId": str(tenant.pk),
        "status": "active",
        "subject": f"qlikbot\\{client.client_id}",
        "name": client.name,
        "clientId": client.client_id,
        "assignedRoles": [],
        "assignedGroups": [],
        "createdAt": timestamp(client.created_at),
        "links": {"self": {"href": f"{tenant.issuer}/api/v1/users/{client.client_id}"}},
    }
