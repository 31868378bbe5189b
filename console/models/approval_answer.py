"""An administrator's answer about another tenant's client: what it must say, and what it does (S9, N6).

It comes from three places: a page inside an authorization, the console's requests, and the API.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, QuerySet
from django.utils.translation import gettext as _

from ..policy import scopes
from ..policy.client_types import impersonates
from ..policy.consent_rules import ConsentMethod
from ..policy.effective_client import EffectiveClient
from . import approval
from .actor import Actor
from .client import Client
from .connection import Connection
from .connection_request import AlreadyDecided as AlreadyDecided
from .connection_request import ConnectionRequest, ConnectionRequester
from .tenant import Tenant

# The field, and the member of the API, with which an administrator lets a client act as any of the tenant's people.
IMPERSONATION = "impersonation"
MOST_NAMED = 10  # people of one request that a page names; the others are counted


class Incomplete(ValueError):
    """The answer must be given otherwise. The message is for the person, in their language.

    `field` is what it is about, if it should stand beside that; "" for a message about the whole form.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Answer:
    """What an administrator approves."""

    consent_method: str
    allowed: list[str]
    until: datetime | None


def check_impersonation(grants: Collection[str], *, allowed: bool) -> None:
    """Raises Incomplete if a client with these grants would act as people and nobody has said that it may.

    A yes to the application is not enough for that: it would act as administrators too.
    """
    if impersonates(grants) and not allowed:
        raise Incomplete(
            _("Select this box to let it act as any user in this tenant. Until you do, nothing is changed."),
            field=IMPERSONATION,
        )


def chosen_scopes(offered: Collection[str], ticked: Collection[str]) -> list[str]:
    """The scopes that remain of those offered. Who signs in is always known, so `openid` is not there to be unticked.

    Raises Incomplete when nothing remains.
    """
    identity = {scopes.OPENID} & set(offered)
    remaining = scopes.common(offered, (set(ticked) & set(offered)) | identity)
    if offered and not remaining:
        raise Incomplete(_("Select at least one thing that it may do."))
    return remaining


def begins_when_trusted(connection: Connection) -> bool:
    """Whether another tenant's client can begin to act as people here when its consent method becomes Trusted."""
    waits = connection.consent_method != ConsentMethod.TRUSTED
    return connection.is_foreign and waits and impersonates(connection.machine_grants)


def approve(
    tenant: Tenant,
    client: Client | EffectiveClient,
    answer: Answer,
    *,
    by: Actor,
    request: ConnectionRequest | None = None,
) -> Connection:
    """Connects the client as it was answered. `request` is what the administrator answers, if anything.

    Raises what `approval.approve` raises: AlreadyDecided, NotPublished.
    """
    return approval.approve(
        tenant,
        client,
        by=by,
        consent_method=answer.consent_method,
        allowed=answer.allowed,
        expires_at=answer.until,
        terms=client.terms,
        request=request,
    ).connection


def available(client: Client) -> bool:
    """Whether the client can be connected to now."""
    return client.is_enabled and client.published_at is not None


def with_requesters(requests: "QuerySet[ConnectionRequest]") -> "QuerySet[ConnectionRequest]":
    """Requests with their client, `people` (how many asked) and `named` (the first of them), in two queries."""
    first = ConnectionRequester.objects.select_related("user").order_by("asked_at", "pk")[:MOST_NAMED]
    return (
        requests.select_related("client__tenant", "decided_by")
        .annotate(people=Count("requesters"))
        .prefetch_related(Prefetch("requesters", queryset=first, to_attr="named"))
    )


def open_request(client: Client | EffectiveClient) -> ConnectionRequest | None:
    """The request that waits for an answer about this client, if people of this tenant have asked for it."""
    waiting = ConnectionRequest.objects.filter(client=client.pk, status=ConnectionRequest.Status.OPEN)
    return with_requesters(waiting).first()
