"""How long an end of access takes in a region with a million sessions and ten thousand connected tenants.

Each act is timed until its transaction is committed: from then on nothing that was given earlier is accepted. How long
the rows need afterwards is timed too, with the longest single transaction among them.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from .databases import database
from .region import region

SESSIONS, OF_CLIENT, TENANTS = 1_000_000, 667_000, 9_999
BATCH = 2_000  # rows that are made at a time


@dataclass(frozen=True)
class End:
    """One act: milliseconds for the numbers of the page before it, and until it is committed."""

    act: str
    asked: float
    decided: float


@dataclass(frozen=True)
class Ends:
    """Acts one after the other; then, for all of them, how long the rows take and their longest transaction."""

    database: str
    acts: list[End]
    rows: float  # seconds
    longest: float  # milliseconds


def measure(kind: str) -> Ends:
    """All acts, on a database of this kind."""
    with database(kind) as used, region(used.url) as made:
        os.environ.update(made.environment)
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "qlikauth.settings"
        django.setup()
        acts = list(_acts(made.application.client_id))
        return Ends(used.name, acts, *_rows())


def _acts(client_id: str) -> Iterator[End]:
    from django_scopes import scope

    from console.models import Actor, Client, Connection, reach

    client = Client.with_deleted_anywhere.select_related("tenant").get(client_id=client_id)
    by = Actor.operator()
    with scope(tenant=client.tenant):
        client.publish(by=by)
        _fill(client)
        for act, undo, choices in (
            ("unpublish", "publish", {"connected_stay": False}),
            ("disable", "enable", {}),
            ("remove", "restore", {}),
        ):
            current = Client.with_deleted.select_related("tenant").get(pk=client.pk)
            ask, decide = partial(reach.of_each, [current]), partial(getattr(current, act), by=by, **choices)
            yield End(act, _milliseconds(ask), _milliseconds(decide))
            getattr(current, undo)(by=by)
    other = Connection._base_manager.exclude(tenant=client.tenant).select_related("tenant").order_by("pk")[0]
    with scope(tenant=other.tenant):
        connection = Connection.objects.select_related("client__tenant", "tenant").get()
        ask = partial(reach.here, connection.client, connection.tenant)
        yield End("block", _milliseconds(ask), _milliseconds(partial(connection.block, by=by)))


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _rows() -> tuple[float, float]:
    """Seconds until every row says what was decided, and milliseconds of the longest transaction among those."""
    from console.models import UnfinishedAct

    longest, batch = 0.0, UnfinishedAct._next_batch

    def timed(pk: Any) -> Any:
        nonlocal longest
        began = time.perf_counter()
        try:
            return batch(pk)
        finally:
            longest = max(longest, time.perf_counter() - began)

    UnfinishedAct._next_batch = timed  # type: ignore[method-assign]
    began = time.perf_counter()
    try:
        UnfinishedAct.finish_all()
    finally:
        UnfinishedAct._next_batch = batch  # type: ignore[method-assign]
    return time.perf_counter() - began, longest * 1000


def _fill(client: Any) -> None:
    """Connected tenants, and live sessions: four in five of the client's in its own tenant, the others in one other."""
    from django.db import connection

    from console.models import Client, Connection, Tenant, User

    owner, names = client.tenant, [f"tenant-{number}" for number in range(TENANTS)]
    others = [Tenant(alias=name, name=name, issuer=f"https://{name}.example") for name in names]
    Tenant.objects.bulk_create(others, batch_size=BATCH)
    connected = [Connection(tenant=other, client=client, consent_method="trusted") for other in others]
    Connection._base_manager.bulk_create(connected, batch_size=BATCH)
    here = Connection._base_manager.get(tenant=owner, client=client)
    there = Connection._base_manager.exclude(tenant=owner).select_related("tenant").order_by("pk")[0]
    person = User._base_manager.filter(tenant=owner)[0]
    stranger = User._base_manager.create(tenant=there.tenant, email="somebody@example.com")
    another = Client.with_deleted_anywhere.create(tenant=owner, type="web", name="Another application")
    _begin(
        OF_CLIENT * 4 // 5, tenant=owner, client=client, user=person, generation=here.generation_for(client)
    )
    _begin(
        OF_CLIENT // 5,
        tenant=there.tenant,
        client=client,
        user=stranger,
        generation=there.generation_for(client),
    )
    _begin(SESSIONS - OF_CLIENT, tenant=owner, client=another, user=person)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a database does by itself


def _begin(number: int, **fields: Any) -> None:
    from django.utils import timezone

    from console.models import TokenFamily

    later = timezone.now() + timedelta(days=9)
    fields |= {"grant_type": "authorization_code", "scope": "openid"}
    fields |= {"access_expires_at": later, "expires_at": later}
    for begun in range(0, number, BATCH):
        families = (TokenFamily(**fields) for _ in range(min(BATCH, number - begun)))
        TokenFamily._base_manager.bulk_create(families)
