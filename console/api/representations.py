"""How our nouns look in Qlik's JSON. The only file that knows camelCase."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from ..models import Client, User
from ..policy import scopes

# A token that may read the users of the tenant may know its own person too. Parents and bundles contain these.
READS_USERS = frozenset({"users:read", "admin.users:read"})
SEES_EMAIL = READS_USERS | {"email", "identity.email:read"}
SEES_NAME = READS_USERS | {"profile", "identity.name:read"}


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as Qlik writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(user: User, granted: Collection[str]) -> dict[str, Any]:
    """A user of the tenant, as far as the scopes that were granted let the caller know them.

    Qlik's libraries count on subject, name, roles and groups: what the caller may not know is the ID there, or nothing.
    """
    given = scopes.closure(granted)
    unnamed = str(user.pk)
    email = "" if given.isdisjoint(SEES_EMAIL) else user.email
    name = "" if given.isdisjoint(SEES_NAME) else user.name or email
    subject = user.email if "identity.subject:read" in given else email
    administers = user.role == User.Role.ADMINISTRATOR and not given.isdisjoint(scopes.BUNDLES)
    known: dict[str, Any] = {
        "id": str(user.pk),
        "tenantId": str(user.tenant_id),
        "status": "active",
        "subject": subject or unnamed,
        "name": name or unnamed,
        "assignedRoles": [{"name": "TenantAdmin", "type": "default", "level": "admin"}]
        if administers
        else [],
        "assignedGroups": [],
        "createdAt": timestamp(user.created_at),
        "links": {"self": {"href": f"{user.tenant.issuer}/api/v1/users/{user.pk}"}},
    }
    return known | ({"email": email} if email else {})


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
