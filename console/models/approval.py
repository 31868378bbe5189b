"""What a tenant approves of another one's client: the client, and later what its publisher widens (S9, N5, N6).

An approval stands on three rows. They are locked in one order, so that no two answers wait for one another: the client,
the requests that are open for it, the connection.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ..policy import scopes
from ..policy.effective_client import EffectiveClient
from ..policy.publication import Terms
from .action import Action
from .actor import Actor
from .client import Client
from .connection import Connection, NotPublished
from .connection_request import AlreadyDecided, ConnectionRequest
from .event import Event
from .tenant import Tenant


class Approved(NamedTuple):
    """What an approval made: the connection, and the requests that it answered."""

    connection: Connection
    answered: list[ConnectionRequest]


def approve(
    tenant: Tenant,
    client: Client | EffectiveClient,
    *,
    by: Actor,
    consent_method: str,
    allowed: Iterable[str] | None = None,
    expires_at: datetime | None = None,
    terms: Terms | None = None,
    request: ConnectionRequest | None = None,
    without_asking: bool = False,
    told: Mapping[str, Any] | None = None,
) -> Approved:
    """Connects `tenant` to a published client of another tenant, on the terms that the administrator saw (S9, N6).

    `allowed` may be fewer scopes than the client offers; None for all. `request` is the one that is answered, if the
    administrator came from one; whatever else is open for the client ends approved too. Raises AlreadyDecided if
    `request` is not open any more, and NotPublished if the client cannot be connected to (any more), or no longer has
    these terms. Of two administrators at once the first decides, and both get that connection. `told` is what the event
    says besides. `without_asking`: a rule decides, and `by` only came; NotPublished also after an earlier decision.
    """
    with transaction.atomic():
        current = _locked(client)
        waiting = ConnectionRequest.lock_open(tenant, current)
        if request is not None and request not in waiting:
            raise AlreadyDecided
        if not _is_offered(current, tenant) or terms not in {None, current.terms}:
            raise NotPublished
        earlier = _locked_connections().filter(tenant=tenant, client=current).first()
        if earlier is not None and earlier.status == Connection.Status.APPROVED and not earlier.has_expired:
            return Approved(earlier, [])
        if without_asking and earlier is not None:
            raise NotPublished
        connection = earlier or Connection()
        connection.tenant, connection.client = tenant, current
        ceiling = current.terms.scopes if allowed is None else scopes.common(current.terms.scopes, allowed)
        said = {**(told or {}), **({"without_asking": True} if without_asking else {})}
        _write(connection, consent_method, [*ceiling], expires_at, by=by, told=said)
        answered = [waited for waited in waiting if waited.approve(by=by)]
    return Approved(connection, answered)


def _is_offered(client: Client, tenant: Tenant) -> bool:
    """Whether `tenant` can connect to it."""
    offered = client.is_enabled and client.published_at is not None and client.tenant_id != tenant.pk
    return offered and client.only_in_id in {None, tenant.pk}


def _write(
    connection: Connection,
    consent_method: str,
    allowed: list[str],
    expires_at: datetime | None,
    *,
    by: Actor,
    told: Mapping[str, Any],
) -> None:
    """The connection as approved: a new one, or one that was blocked or has expired.

    An approval that had expired is over: nothing that was given under it comes back to life.
    """
    offered, outlived = connection.client.terms, connection.has_expired
    facts: dict[str, Any] = {
        "status": Connection.Status.APPROVED,
        "consent_method": consent_method,
        "approved_by": None if "without_asking" in told else by.user,
        "approved_at": timezone.now(),
        "terms": offered.as_json(),
        "version": connection.client.version,
        "scopes": allowed,
        "expires_at": expires_at,
        "generation": connection.generation + outlived,
    }
    for name, value in facts.items():
        setattr(connection, name, value)
    connection.save(update_fields=facts if connection.pk else None)
    if outlived:
        connection.end_sessions(by=by, reason="approval expired")
    details = {**_details(connection), **told}
    Event.record(
        connection.tenant, Action.CONNECTION_APPROVED, by=by, target=connection.client, details=details
    )
    connection.tell_owner(Action.CLIENT_CONNECTED, {"scopes": allowed, "version": connection.version})


def _details(connection: Connection) -> dict[str, Any]:
    """What the event of an approval says."""
    approved, expires_at = connection.approved, connection.expires_at
    return {
        "publisher": approved.publisher,
        "scopes": connection.scopes,
        "grants": list(approved.grants),
        "consent_method": connection.consent_method,
        "expires_at": expires_at and expires_at.isoformat(timespec="seconds"),
    }


def accept_version(connection: Connection, *, by: Actor, terms: Terms) -> None:
    """Takes on what the publisher offers now, as the administrator read it (N5).

    Raises NotPublished if it changed, or if the connection has been removed meanwhile.
    """
    with transaction.atomic():
        _locked(connection.client)
        current = _locked_connections().select_related("client__tenant").filter(pk=connection.pk).first()
        if current is None or current.client.terms != terms:
            raise NotPublished
        before, change = current.terms, current.pending()
        connection.terms, connection.version = terms.as_json(), current.client.version
        connection.scopes = scopes.common(terms.scopes, [*current.scopes, *change.new_scopes])
        connection.save(update_fields=["terms", "version", "scopes"])
        Event.record(
            connection.tenant,
            Action.CONNECTION_ACCEPTED,
            by=by,
            target=connection.client,
            changes={
                name: [before.get(name), after]
                for name, after in connection.terms.items()
                if before.get(name) != after
            },
            details={"version": connection.version},
        )
        connection.tell_owner(
            Action.CLIENT_CONNECTED, {"version": connection.version, "scopes": connection.scopes}
        )


def _locked(client: Client | EffectiveClient) -> Client:
    """The client as it is, also one that has been deleted. First, always: see the top."""
    return Client.with_deleted_anywhere.select_for_update(no_key=True).get(pk=client.pk)


def _locked_connections() -> "QuerySet[Connection]":
    rows: QuerySet[Connection] = Connection.objects.select_for_update(of=("self",), no_key=True)
    return rows
