"""How long an end of access takes in a region with a million sessions and ten thousand connected tenants.

Each act is timed until its transaction is committed: from then on nothing that was given earlier is accepted. How long
the rows need afterwards is timed too, with the longest single transaction among them.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from .databases import database
from .region import region

SESSIONS, OF_CLIENT, TENANTS = 1_000_000, 667_000, 9_999


@dataclass(frozen=True)
class End:
    """One act: milliseconds to ask (the numbers of the page before it) and to decide, seconds for the rows."""

    act: str
    asked: float
    decided: float
    rows: float
    longest: float


def measure(kind: str) -> tuple[str, list[End]]:
    """The name of the database, and the acts in order."""
    with database(kind) as used, region(used.url) as made:
        os.environ.update(made.environment)
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "qlikauth.settings"
        django.setup()
        return used.name, list(_acts(made.application.client_id))


def _acts(client_id: str) -> Iterator[End]:
    from django_scopes import scope

    from console import reach
    from console.models import Actor, Client, Connection, Tenant

    client = Client.with_deleted_anywhere.select_related("tenant").get(client_id=client_id)
    owner, by = client.tenant, Actor.operator()
    with scope(tenant=owner):
        client.publish(by=by)
        _fill(client)
        consumer = Tenant.objects.get(alias="tenant-1")
    with scope(tenant=consumer):
        connection = Connection.objects.select_related("client__tenant", "tenant").get()
        yield _timed("block", lambda: reach.here(client, consumer), lambda: connection.block(by=by))
    with scope(tenant=owner):
        for act, undo, choices in (
            ("unpublish", "publish", {"connected_stay": False}),
            ("disable", "enable", {}),
            ("remove", "restore", {}),
        ):
            _fill(client)
            current = Client.with_deleted.select_related("tenant").get(pk=client.pk)
            ask, decide = partial(reach.of_each, [current]), partial(getattr(current, act), by=by, **choices)
            yield _timed(act, ask, decide)
            getattr(current, undo)(by=by)
            _rows()


def _timed(act: str, ask: Callable[[], Any], decide: Callable[[], Any]) -> End:
    began = time.perf_counter()
    ask()
    asked = time.perf_counter() - began
    began = time.perf_counter()
    decide()
    decided = time.perf_counter() - began
    rows, longest = _rows()
    return End(act, asked * 1000, decided * 1000, rows, longest * 1000)


def _rows() -> tuple[float, float]:
    """Seconds until every row says what was decided, and seconds of the longest transaction among those."""
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
    return time.perf_counter() - began, longest


def _fill(client: Any) -> None:
    """Live sessions: OF_CLIENT of this client, four in five of them in its own tenant, the others in one other."""
    from django.db import connection

    from console.models import Connection, TokenFamily

    owner = client.tenant
    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        if postgresql:
            cursor.execute("SET statement_timeout = 0")
        numbers = (
            "SELECT n FROM generate_series(1, {}) n"
            if postgresql
            else "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {}) SELECT n FROM s"
        )
        now = "now()" if postgresql else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        later = (
            "now() + interval '9 days'" if postgresql else "strftime('%Y-%m-%d %H:%M:%f', 'now', '+9 days')"
        )
        uuid = "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))"
        empty = "'{}'" if not postgresql else "'{}'::jsonb"
        none = "'[]'" if not postgresql else "'[]'::jsonb"
        if not Connection._base_manager.exclude(tenant=owner).exists():
            cursor.execute(
                f"INSERT INTO console_tenant (id, alias, name, issuer, created_at) SELECT {uuid}, 'tenant-' || n, "
                f"'Tenant ' || n, 'https://tenant-' || n || '.example', {now} FROM ({numbers.format(TENANTS)}) numbers"
            )
            cursor.execute(
                "INSERT INTO console_connection (tenant_id, client_id, status, consent_method, approved_at, terms, "
                f"version, scopes, generation) SELECT id, %s, 'approved', 'trusted', {now}, {empty}, 1, {none}, 0 "
                "FROM console_tenant WHERE id <> %s",
                [client.pk, owner.pk if postgresql else owner.pk.hex],
            )
        other = Connection._base_manager.exclude(tenant=owner).order_by("pk")[0]
        own = Connection._base_manager.get(tenant=owner, client=client)
        client.refresh_from_db()
        live = TokenFamily._base_manager.filter(client=client, ended_at=None)
        stranger = _stranger(owner)
        for tenant, of, generation, number in (
            (
                owner,
                client,
                own.generation_for(client),
                OF_CLIENT * 4 // 5 - live.filter(tenant=owner).count(),
            ),
            (
                other.tenant,
                client,
                other.generation_for(client),
                OF_CLIENT // 5 - live.exclude(tenant=owner).count(),
            ),
            (
                owner,
                stranger,
                "0.1.0",
                SESSIONS - OF_CLIENT - TokenFamily._base_manager.filter(client=stranger).count(),
            ),
        ):
            if number > 0:
                user = _person(tenant)
                key = (lambda value: value) if postgresql else (lambda value: value.hex)
                cursor.execute(
                    "INSERT INTO console_tokenfamily (id, tenant_id, client_id, user_id, grant_type, scope, auth_time, "
                    "began_at, last_used_at, access_expires_at, expires_at, ended_reason, device_type, description, "
                    f"generation, user_generation) SELECT {uuid}, %s, %s, %s, 'authorization_code', 'openid', {now}, "
                    f"{now}, {now}, {later}, {later}, '', '', '', %s, 0 FROM ({numbers.format(number)}) numbers",
                    [key(tenant.pk), of.pk, key(user.pk), generation],
                )
        cursor.execute("ANALYZE")
        if postgresql:
            cursor.execute("RESET statement_timeout")


def _person(tenant: Any) -> Any:
    from console.models import User

    return User._base_manager.filter(tenant=tenant).first() or User._base_manager.create(
        tenant=tenant, email="somebody@example.com"
    )


def _stranger(owner: Any) -> Any:
    """Another client, whose sessions are nobody's business here."""
    from console.models import Client

    return Client.with_deleted_anywhere.get_or_create(tenant=owner, type="web", name="Another application")[0]
