"""Records refused requests of programs in the audit log, with the client and whether it was authenticated."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from ..http.requests import TenantRequest
from ..http.sessions import client_address
from ..models import Action, Actor, Client, ClientSecret, Event, Tenant, recognition
from ..policy import metadata_documents
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from . import uses
from .errors import OAuthError
from .named_clients import recognised

# Of an unknown caller's name for itself only this form is kept: anything else may be a misplaced secret.
CLIENT_ID = re.compile(r"[0-9a-f]{32}")
REGISTRATION = Action.REGISTRATION_REFUSED


@dataclass(slots=True)
class Attempt:
    """What is known of a request so far."""

    sent: Mapping[str, str] = field(default_factory=dict)
    client: EffectiveClient | None = None  # once it is authenticated
    details: dict[str, Any] = field(default_factory=dict)
    action: Action = Action.TOKENS_REFUSED  # as what it is written


@contextmanager
def recorded(
    request: TenantRequest, action: Action = Action.TOKENS_REFUSED, **details: Any
) -> Iterator[Attempt]:
    """Writes an OAuthError that leaves the block as an event, and lets it go on."""
    attempt = Attempt(details=details, action=action)
    try:
        yield attempt
    except OAuthError as error:
        record(request, attempt, error)
        raise


def record(request: TenantRequest, attempt: Attempt, error: OAuthError) -> None:
    """Writes a refused request; the same again within a minute is counted on its row.

    A client that did not authenticate is the target of the event, but not its actor.
    """
    if error.reason is None:
        return
    tenant, address = request.tenant, client_address(request)
    client, details = (
        attempt.client or error.client,
        {**attempt.details, "error": error.error, **error.details},
    )
    if client is None:
        client, more = _named(tenant, attempt.sent.get("client_id", ""))
        details |= more
    elif attempt.client is None and not error.proven:
        details["claimed"] = True
    Event.refuse(
        tenant,
        attempt.action,
        by=Actor(client=attempt.client, address=address),
        target=client,
        reason=error.reason,
        details=_known(details),
    )
    if error.dead_secret is not None:
        _tell_its_owner(tenant, address, error.dead_secret, error.error, error.reason)
    if client is None:
        uses.count_refusal_of_unknown(request)
    else:
        uses.count(
            request,
            client,
            str(details.get("grant_type") or details.get("endpoint") or ""),
            outcome=error.reason.value,
            secret_id=error.dead_secret.pk if error.dead_secret else None,
            asked=str(error.details.get("hint", "")),
        )


def _known(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value not in ("", None)}


def claimed(client_id: Any) -> dict[str, Any]:
    """The client ID that a caller named and that names nothing here, for an event; empty if it cannot be one."""
    return {"client_id": client_id} if _can_be_one(client_id) else {}


def _can_be_one(client_id: Any) -> bool:
    """Whether it has the form of our client IDs, or is the URL of a document without a query."""
    if not isinstance(client_id, str) or "?" in client_id:
        return False
    try:
        metadata_documents.check_url(client_id)
    except metadata_documents.InvalidDocument:
        return bool(CLIENT_ID.fullmatch(client_id))
    return True


def _named(tenant: Tenant, client_id: str) -> tuple[Client | None, dict[str, Any]]:
    known = recognised(tenant, client_id)
    return (known.client, {"claimed": True}) if known else (None, claimed(client_id))


def _tell_its_owner(tenant: Tenant, address: str, secret: ClientSecret, error: str, reason: Reason) -> None:
    """Records the use of a secret that does not work in the log of its owner, also if it was used in another tenant."""
    secret.tried(address, timezone.now())
    if secret.client.tenant_id != tenant.pk:
        Event.refuse(
            secret.client.tenant,
            Action.TOKENS_REFUSED,
            by=Actor(tenant=tenant, address=address),
            target=secret.client,
            reason=reason,
            details={"error": error, **_known(recognition.end_of(secret))},
        )
