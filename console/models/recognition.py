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

from ..policy import brought_credentials, credentials, secret_life
from ..policy.reasons import Reason
from ..policy.secret_life import State
from .authorization_code import AuthorizationCode
from .client import Client
from .connection import Connection
from .prepared import PreparedQuery
from .sealing import digests
from .secret import ClientSecret
from .tenant import Tenant
from .user import User


@dataclass(frozen=True, slots=True)
class Recognised:
    """The client that something belongs to, and why it is refused; None if nothing stands against the client here."""

    client: Client
    reason: Reason | None
    details: Mapping[str, Any] = field(default_factory=dict)
    dead_secret: ClientSecret | None = None  # removed, disabled or expired


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

    Of one that does not work (any more), `details` say which it is, since when, and who ended it: to the tenant that
    owns the client.
    """
    if not brought_credentials.can_be_presented(secret):
        return None
    found: Any = (_SECRET.first(tenant.pk, candidate) for candidate in digests(secret))
    row = next((each for each in found if each is not None), None)
    if row is None:
        return None
    state = row.state
    if state not in secret_life.REASONS:
        return Recognised(row.client, _standing(tenant, row.client, row.status_here, row.expires_here))
    own = row.client.tenant_id == tenant.pk
    return Recognised(row.client, secret_life.REASONS[state], end_of(row) if own else {}, row)


def end_of(secret: ClientSecret) -> dict[str, Any]:
    """Which secret this is that does not work, since when, and by whom: for the log of the tenant that owns it."""
    known: dict[str, Any] = {"hint": secret.hint, "name": secret.name}
    ended = secret.life.ended_at(timezone.now())
    moment = ended.isoformat(timespec="seconds") if ended else ""
    match secret.state:
        case State.REMOVED:
            known |= {"removed_at": moment, "removed_by": _email(secret.removed_by)}
        case State.DISABLED:
            known |= {"disabled_at": moment, "disabled_by": _email(secret.disabled_by)}
        case State.EXPIRED:
            known |= {"expired_at": moment}
    return known


def _email(person: User | None) -> str:
    return person.email if person else ""


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
        .select_related("client__tenant", "removed_by", "disabled_by")
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
