"""`/api/v1/oauth-clients/{clientId}/connection-configs/me`: the calling tenant's connection to a client (S9, S10, N6).

Of its own client a tenant only decides how people consent. Another tenant's it can also allow less, block and remove.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q

from ..http.requests import TenantRequest
from ..models import Actor, Connection, NeedsTrust, Tenant
from ..models.approval_answer import begins_when_trusted
from ..policy.consent_rules import ConsentMethod
from .answers import ConnectionConfig
from .authentication import MANAGING, READING, Caller
from .bodies import ConnectionPatch
from .errors import ApiError, not_found
from .exchange import exchanges
from .impersonation import check_said
from .representations import connection_config
from .resources import needs_right, resource
from .scope_choice import chosen
from .subjects import client_in_address

CONSENT_METHOD, IMPERSONATION = "/consentMethod", "/impersonation"


@needs_right(READING)
@exchanges(gives=ConnectionConfig)
def show(request: TenantRequest, caller: Caller, client_id: str) -> ConnectionConfig:
    """How the connection stands."""
    return connection_config(_connection(request.tenant, client_id))


@needs_right(MANAGING, about=client_in_address)
@exchanges(takes=ConnectionPatch)
def change(request: TenantRequest, caller: Caller, client_id: str, sent: ConnectionPatch) -> None:
    """Replaces what the tenant decides about the connection: everything that was sent, or nothing."""
    replaced: dict[str, Any] = {operation.path: operation.value for operation in sent.root}
    said = bool(replaced.pop(IMPERSONATION, False))
    if said and CONSENT_METHOD not in replaced:
        raise ApiError(400, f"{IMPERSONATION} must be sent together with {CONSENT_METHOD}.")
    with transaction.atomic():
        connection = _connection(request.tenant, client_id, lock=True)
        if replaced.get(CONSENT_METHOD) == ConsentMethod.TRUSTED and begins_when_trusted(connection):
            check_said(connection.machine_grants, said)
        for path, value in replaced.items():
            REPLACING[path](connection, value, caller.actor)


@needs_right(MANAGING, about=client_in_address)
@exchanges()
def remove(request: TenantRequest, caller: Caller, client_id: str) -> None:
    """Ends the relation to another tenant's client; the next attempt is a first connection again."""
    with transaction.atomic():
        connection = _connection(request.tenant, client_id, lock=True)
        _check_foreign(connection, "A tenant's own client has no connection to remove: delete the client.")
        connection.remove(by=caller.actor)


def _replace_consent_method(connection: Connection, value: ConsentMethod, by: Actor) -> None:
    try:
        connection.change_consent_method(value, by=by)
    except NeedsTrust:
        raise ApiError(
            400,
            "A client of the tenant's own that gets tokens with client_credentials must be trusted: no user is "
            "involved, so there is nobody to ask. To stop it, disable it.",
        ) from None


def _replace_scopes(connection: Connection, value: list[str], by: Actor) -> None:
    _check_foreign(connection, "The scopes of a tenant's own client cannot be reduced here: edit the client.")
    connection.reduce_scopes(chosen(value, connection.approved.scopes), by=by)


def _replace_status(connection: Connection, value: Connection.Status, by: Actor) -> None:
    _check_foreign(connection, "A tenant's own client cannot be blocked: disable the client.")
    if value == Connection.Status.BLOCKED:
        connection.block(by=by)
    else:
        connection.unblock(by=by)


REPLACING: dict[str, Callable[[Connection, Any, Actor], None]] = {
    CONSENT_METHOD: _replace_consent_method,
    "/scopes": _replace_scopes,
    "/status": _replace_status,
}


def _check_foreign(connection: Connection, otherwise: str) -> None:
    if not connection.is_foreign:
        raise ApiError(400, otherwise)


def _connection(tenant: Tenant, client_id: str, *, lock: bool = False) -> Connection:
    """The tenant's connection to a client that is there, or that its owner has deleted; else ApiError with 404."""
    if not client_id.isprintable():
        raise not_found()
    connections = Connection.objects.select_related("tenant", "client__tenant")
    if lock:
        connections = connections.select_for_update(of=("self",), no_key=True)
    there = Q(client__deleted_at=None) | ~Q(client__tenant=tenant)
    connection: Connection | None = connections.filter(there, client__client_id=client_id).first()
    if connection is None:
        raise not_found()
    return connection


me = resource(GET=show, PATCH=change, DELETE=remove)
