"""How our nouns look in Qlik's JSON. The only file that knows camelCase."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from ..models import Client, User
from ..policy import scopes


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as Qlik writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(user: User, granted: Collection[str]) -> dict[str, Any]:
    """A user of the tenant, as far as the scopes that were granted let the caller know them."""
    given = scopes.closure(granted)
    known: dict[str, Any] = {
        "id": str(user.pk),
        "tenantId": str(user.tenant_id),
        "status": "active",
        "createdAt": timestamp(user.created_at),
        "links": {"self": {"href": f"{user.tenant.issuer}/api/v1/users/{user.pk}"}},
    }
    sees_email = not given.isdisjoint({"email", "identity.email:read"})
    if "identity.subject:read" in given or sees_email:
        known["subject"] = user.email
    if sees_email:
        known["email"] = user.email
    if not given.isdisjoint({"profile", "identity.name:read"}):
        known["name"] = user.display_name if sees_email else user.name
    if not given.isdisjoint(scopes.BUNDLES):
        roles = [{"name": "TenantAdmin", "type": "default", "level": "admin"}]
        known["assignedRoles"] = roles if user.role == "administrator" else []
        known["assignedGroups"] = []
    return known


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
