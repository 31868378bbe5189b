"""Converts rows to the responses of the API, in Qlik's shape (answers.py)."""

from collections.abc import Collection, Mapping
from typing import Any

from ..http.brand import logo_path
from ..models import Client, Connection, ConnectionRequest, ConnectionRequester, Tenant, User
from ..models import Receipt as GivenReceipt
from ..policy import scopes
from ..policy.consent_rules import ConsentMethod
from ..policy.effective_client import EffectiveClient
from .answers import (
    AssignedRole,
    Caller,
    ConnectionConfig,
    Link,
    Links,
    PageLinks,
    Publication,
    Receipt,
    Requester,
    RequestShown,
)

# A token that may read the users of the tenant may know its own person too. Parents and bundles contain these.
READS_USERS = frozenset({"users:read", "admin.users:read"})
SEES_EMAIL = READS_USERS | {"email", "identity.email:read"}
SEES_NAME = READS_USERS | {"profile", "identity.name:read"}
ADMINISTRATOR = AssignedRole(name="TenantAdmin", type="default", level="admin")


def person(user: User, granted: Collection[str]) -> Caller:
    """A user of the tenant, as far as the scopes that were granted let the caller know them.

    Qlik's libraries count on subject, name, roles and groups: what the caller may not know is the ID there, or nothing.
    """
    given = scopes.closure(granted)
    unnamed = str(user.pk)
    email = "" if given.isdisjoint(SEES_EMAIL) else user.email
    name = "" if given.isdisjoint(SEES_NAME) else user.name or email
    subject = user.email if "identity.subject:read" in given else email
    administers = user.role == User.Role.ADMINISTRATOR and not given.isdisjoint(scopes.BUNDLES)
    return Caller(
        id=unnamed,
        tenant_id=str(user.tenant_id),
        status="active",
        subject=subject or unnamed,
        name=name or unnamed,
        email=email or None,
        assigned_roles=[ADMINISTRATOR] if administers else [],
        assigned_groups=[],
        created_at=user.created_at,
        links=_self(user.tenant, f"users/{user.pk}"),
    )


def bot(client: EffectiveClient, tenant: Tenant) -> Caller:
    """What a machine-to-machine client acts as in `tenant`: named like the client, never equal to a person."""
    return Caller(
        id=client.client_id,
        tenant_id=str(tenant.pk),
        status="active",
        subject=f"qlikbot\\{client.client_id}",
        name=client.name,
        client_id=client.client_id,
        assigned_roles=[],
        assigned_groups=[],
        created_at=client.created_at,
        links=_self(tenant, f"users/{client.client_id}"),
    )


def publication(client: Client) -> Publication:
    """When a client was published."""
    return Publication(published_at=client.published_at)


def receipt(given: GivenReceipt | None, *, tenants: int) -> Receipt:
    """What an act has ended (N7); None if it has ended nothing."""
    return Receipt(
        tenants=tenants,
        sessions_ended=given.sessions if given else 0,
        accepted_until=given.accepted_until if given else None,
        counting=True if given and given.unfinished else None,
    )


def connection_config(connection: Connection) -> ConnectionConfig:
    """A tenant's connection to a client: Qlik's members, and what ours knows besides."""
    foreign = connection.is_foreign
    return ConnectionConfig(
        status=Connection.Status(connection.status),
        consent_method=ConsentMethod(connection.consent_method),
        deleted_by_owner=True if foreign and connection.deleted_by_owner else None,
        scopes=connection.scopes if foreign else connection.client.allowed_scopes,
        version=connection.version if foreign else connection.client.version,
        approved_at=connection.approved_at,
        expires_at=connection.expires_at,
        pending_version=connection.pending_version,
    )


def request_shown(
    connection_request: ConnectionRequest, tenant: Tenant, *, available: bool, own: bool
) -> RequestShown:
    """A request for a published client, with what the client offers while it is available.

    `connection_request` has `named`: who asked. A person's `own` request says nothing about anybody else.
    """
    named: list[ConnectionRequester] = connection_request.named  # type: ignore[attr-defined]
    decided = connection_request.decided_at is not None
    more: dict[str, Any] = _offer(connection_request.client, tenant) if available else {}
    if decided and not own:
        more["decided_by"] = (
            str(connection_request.decided_by_id) if connection_request.decided_by_id else None
        )
    return RequestShown(
        id=str(connection_request.pk),
        status=ConnectionRequest.Status(connection_request.status),
        client_id=connection_request.client.client_id,
        client_name=connection_request.client.name,
        publisher=connection_request.client.publisher,
        available=available,
        created_at=connection_request.opened_at,
        links=_self(tenant, f"oauth-connection-requests/{connection_request.pk}"),
        decided_at=connection_request.decided_at,
        answer=connection_request.answer if decided else None,
        requester_count=None if own else connection_request.people,  # type: ignore[attr-defined]
        requesters=[_requester(requester, named=not own) for requester in named],
        **more,
    )


def page_links(links: Mapping[str, str]) -> PageLinks:
    """The addresses of a page of a list and its neighbours."""
    following, previous = (Link(href=links[name]) if name in links else None for name in ("next", "prev"))
    return PageLinks(self_=Link(href=links["self"]), next=following, prev=previous)


def _self(tenant: Tenant, path: str) -> Links:
    return Links(self_=Link(href=f"{tenant.issuer}/api/v1/{path}"))


def _offer(client: Client, tenant: Tenant) -> dict[str, Any]:
    terms = client.terms
    return {
        "version": client.version,
        "allowed_scopes": list(terms.scopes),
        "allowed_grant_types": list(terms.grants),
        "redirect_hosts": list(terms.redirect_hosts),
        "allowed_origins": list(terms.origins),
        "client_uri": client.homepage_url,
        "logo_uri": f"{tenant.issuer}{logo_path(client.logo)}" if client.logo else "",
    }


def _requester(requester: ConnectionRequester, *, named: bool) -> Requester:
    return Requester(
        user_id=str(requester.user_id),
        reason=requester.reason,
        created_at=requester.asked_at,
        name=requester.user.display_name if named else None,
        email=requester.user.email if named else None,
    )
