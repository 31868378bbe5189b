"""Identifies a refused credential, as far as the tenant that it was presented in may know (N2).

For the audit log only, after a refusal: nothing of it reaches the caller. A client of another
tenant is known here if this tenant has a connection to it, whatever has become of that; its secrets, and who removed
them, are its owner's business. Anything else of other tenants is as unknown as what does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils import timezone

from ..policy import brought_credentials, credentials
from ..policy.reasons import Reason
from .authorization_code import AuthorizationCode
from .client import Client
from .connection import Connection
from .prepared import PreparedQuery
from .sealing import digests
from .secret import ClientSecret
from .tenant import Tenant


@dataclass(frozen=True, slots=True)
class Recognised:
    """The client that something belongs to, and why it is refused; None if nothing stands against the client here."""

    client: Client
    reason: Reason | None
    details: Mapping[str, Any] = field(default_factory=dict)
    removed_secret: ClientSecret | None = None


def client_named(tenant: Tenant, client_id: str) -> Recognised | None:
    """The client that this ID names in `tenant`, also one that may not be used here (any more). One statement."""
    connection = _NAMED.first(tenant.pk, client_id)
    if connection is None:
        return None
    return Recognised(
        connection.client, _standing(tenant, connection.client, connection.status, connection.expires_at)
    )


def secret_presented(tenant: Tenant, secret: str) -> Recognised | None:
    """The client whose secret this is or was, if `tenant` knows the client. One statement, none if it cannot be ours.

    `details` say which removed secret it is, when and by whom it was removed: to the tenant that owns the client.
    """
    if not brought_credentials.can_be_presented(secret):
        return None
    found: Any = (_SECRET.first(tenant.pk, candidate) for candidate in digests(secret))
    row = next((each for each in found if each is not None), None)
    if row is None:
        return None
    if row.removed_at is None:
        return Recognised(row.client, _standing(tenant, row.client, row.status_here, row.expires_here))
    own = row.client.tenant_id == tenant.pk
    return Recognised(row.client, Reason.REMOVED_SECRET, removal(row) if own else {}, row)


def removal(secret: ClientSecret) -> dict[str, Any]:
    """Which removed secret this is, for the audit log of the tenant that owns it."""
    return {
        "hint": secret.hint,
        "removed_at": secret.removed_at and secret.removed_at.isoformat(timespec="seconds"),
        "removed_by": secret.removed_by.email if secret.removed_by else "",
    }


def code_presented(tenant: Tenant, code: str) -> AuthorizationCode | None:
    """The code that `tenant` gave, whichever client it was given to."""
    if not credentials.is_well_formed(code, credentials.Prefix.CODE):
        return None
    given: AuthorizationCode | None = (
        AuthorizationCode._base_manager.filter(tenant=tenant, code__in=digests(code))
        .select_related("application", "user")
        .first()
    )
    return given


def _standing(tenant: Tenant, client: Client, status: str, expires_at: datetime | None) -> Reason | None:
    """Why the client cannot be used here; None if it can."""
    withdrawn = client.published_at is None and not client.stays_connected
    if client.deleted_at is not None:
        return Reason.CLIENT_DELETED
    if client.tenant_id != tenant.pk and withdrawn:
        return Reason.CLIENT_WITHDRAWN
    if status == Connection.Status.BLOCKED:
        return Reason.CONNECTION_BLOCKED
    if expires_at is not None and expires_at <= timezone.now():
        return Reason.APPROVAL_EXPIRED
    return Reason.CLIENT_DISABLED if client.disabled_at is not None else None


def _secret_of(tenant_id: UUID, digest: str) -> "QuerySet[ClientSecret]":
    here = FilteredRelation("client__connections", condition=Q(client__connections__tenant=tenant_id))
    return (
        ClientSecret._base_manager.annotate(here=here)
        .annotate(status_here=F("here__status"), expires_here=F("here__expires_at"))
        .filter(digest=digest, here__isnull=False)
        .select_related("client__tenant", "removed_by")
        .order_by()
    )


_SECRET = PreparedQuery(_secret_of, UUID, str)
_NAMED = PreparedQuery(
    lambda tenant_id, client_id: Connection._base_manager.filter(
        tenant=tenant_id, client__client_id=client_id
    ).select_related("client"),
    UUID,
    str,
)
