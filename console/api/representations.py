"""How our nouns look in Qlik's JSON. The only file that knows camelCase."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from ..models import Client, Connection, ConnectionRequest, ConnectionRequester, Receipt, Tenant, User
from ..policy import scopes
from ..policy.effective_client import EffectiveClient

# What callers send. Members that are one word are called so everywhere.
CONSENT_METHOD = "consentMethod"
EXPIRES_AT = "expiresAt"

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


def bot(client: EffectiveClient, tenant: Tenant) -> dict[str, Any]:
    """What a machine-to-machine client acts as in `tenant`: named like the client, never equal to a person."""
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


def publication(client: Client) -> dict[str, Any]:
    """Since when a client is published."""
    return {"publishedAt": timestamp(client.published_at) if client.published_at else None}


def receipt(given: Receipt | None, *, tenants: int) -> dict[str, Any]:
    """What an act has ended (N7); None if it has ended nothing."""
    until = given.accepted_until if given else None
    answer = {
        "tenants": tenants,
        "sessionsEnded": given.sessions if given else 0,
        "acceptedUntil": timestamp(until) if until else None,
    }
    return answer | ({"counting": True} if given and given.unfinished else {})


def connection_config(connection: Connection) -> dict[str, Any]:
    """A tenant's connection to a client: Qlik's members first, then what ours knows besides."""
    foreign = connection.is_foreign
    config: dict[str, Any] = {"status": connection.status, "consentMethod": connection.consent_method}
    if foreign and connection.deleted_by_owner:
        config["deletedByOwner"] = True
    config |= {
        "scopes": connection.scopes if foreign else connection.client.allowed_scopes,
        "version": connection.version if foreign else connection.client.version,
        "approvedAt": timestamp(connection.approved_at),
        "expiresAt": timestamp(connection.expires_at) if connection.expires_at else None,
    }
    if connection.pending_version is not None:
        config["pendingVersion"] = connection.pending_version
    return config


def connection_request(
    wish: ConnectionRequest, tenant: Tenant, *, available: bool, own: bool
) -> dict[str, Any]:
    """A request for a published client, with what the client offers while it is available.

    `wish` has `named`: who asked. A person's `own` request says nothing about anybody else.
    """
    named: list[ConnectionRequester] = wish.named  # type: ignore[attr-defined]
    shown: dict[str, Any] = {
        "id": str(wish.pk),
        "status": wish.status,
        "clientId": wish.client.client_id,
        "clientName": wish.client.name,
        "publisher": wish.client.tenant.name,
        "available": available,
        "createdAt": timestamp(wish.opened_at),
        "links": {"self": {"href": f"{tenant.issuer}/api/v1/oauth-connection-requests/{wish.pk}"}},
    }
    if available:
        shown |= _offer(wish.client)
    if wish.decided_at is not None:
        shown |= {"decidedAt": timestamp(wish.decided_at), "answer": wish.answer}
    if own:
        return shown | {"requesters": [_requester(requester) for requester in named]}
    if wish.decided_at is not None:
        shown["decidedBy"] = str(wish.decided_by_id) if wish.decided_by_id else None
    return shown | {
        "requesterCount": wish.people,  # type: ignore[attr-defined]
        "requesters": [_requester(requester) | _named(requester.user) for requester in named],
    }


def listed(data: list[dict[str, Any]], links: Mapping[str, str]) -> dict[str, Any]:
    """A page of a list."""
    return {"data": data, "links": {name: {"href": href} for name, href in links.items()}}


def _offer(client: Client) -> dict[str, Any]:
    terms = client.terms
    return {
        "version": client.version,
        "allowedScopes": list(terms.scopes),
        "allowedGrantTypes": list(terms.grants),
        "redirectHosts": list(terms.redirect_hosts),
        "allowedOrigins": list(terms.origins),
        "clientUri": client.homepage_url,
    }


def _requester(requester: ConnectionRequester) -> dict[str, Any]:
    return {
        "userId": str(requester.user_id),
        "reason": requester.reason,
        "createdAt": timestamp(requester.asked_at),
    }


def _named(user: User) -> dict[str, Any]:
    return {"name": user.display_name, "email": user.email}
