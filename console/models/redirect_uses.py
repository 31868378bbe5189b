"""How much redirect URLs are used in all tenants, for whoever would take one away (N3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Max, Sum

from ..policy.redirect_uris import page_origins
from .connection import Connection
from .redirect_user import RedirectUser
from .use_count import UseCount

if TYPE_CHECKING:
    from .client import Client

DAYS = 30
MOST_TENANTS = 200  # whose numbers are added up: those that used the client last
MOST_PEOPLE = 10_000  # that are counted
SIGN_IN = "authorization"  # the grant under which sign-ins are counted, see oauth/uses.py


@dataclass(frozen=True, slots=True)
class RedirectUse:
    """Sign-ins that were sent to one address in the last 30 days. `at_least` if there are more than can be counted."""

    address: str
    sign_ins: int = 0
    people: int = 0
    tenants: int = 0
    last_at: datetime | None = None
    at_least: bool = False


def of(
    client: "Client", redirect_uris: Iterable[str], origins: Iterable[str], now: datetime
) -> list[RedirectUse]:
    """The use of each redirect URL, and of each origin: of the redirect URLs on it, whose pages call from there.

    Crosses tenants on purpose: what comes out is numbers. What it reads is bounded, however often the client is used.
    """
    asked = list(redirect_uris)
    on: dict[str, list[str]] = {each: [each] for each in asked}
    for origin in origins:
        on[origin] = [each for each in client.redirect_uris if page_origins([each]) == [origin]]
    since = now - timedelta(days=DAYS)
    tenants, more = _tenants(client)
    return [_use(client, address, each, tenants, since, more=more) for address, each in on.items()]


def _tenants(client: "Client") -> tuple[list[Any], bool]:
    """The tenants that used the client last, and whether there are more than are added up."""
    here = Connection._base_manager.filter(client=client.pk)
    newest = here.order_by(F("last_used_at").desc(nulls_last=True), "pk")
    found = list(newest.values_list("tenant", flat=True)[: MOST_TENANTS + 1])
    return found[:MOST_TENANTS], len(found) > MOST_TENANTS


def _use(
    client: "Client", address: str, on: list[str], tenants: list[Any], since: datetime, *, more: bool
) -> RedirectUse:
    counted: Mapping[str, Any] = UseCount._base_manager.filter(
        client=client.pk,
        tenant__in=tenants,
        span=UseCount.Span.DAY,
        begins_at__gte=since,
        grant=SIGN_IN,
        outcome="",
        redirect_uri__in=on,
    ).aggregate(number=Sum("number"), tenants=Count("tenant", distinct=True), last=Max("last_at"))
    people = RedirectUser.number(client.pk, on, since, MOST_PEOPLE) if on else 0
    return RedirectUse(
        address,
        counted["number"] or 0,
        min(people, MOST_PEOPLE),
        counted["tenants"],
        counted["last"],
        at_least=more or people > MOST_PEOPLE,
    )
