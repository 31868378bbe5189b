"""What requests, pages and commands cost in an empty region and in a grown one, in one run, on PostgreSQL."""

import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import in_process
from .exchange import Answer, Ask
from .growth_pages import API, Places, commands, pages
from .growth_region import kept, note_grown
from .growth_rows import Big, Size, load
from .operations import OPERATIONS, Target
from .region import EMAIL, Region

ROUNDS = 5  # after one that warms up


@dataclass(frozen=True)
class Cost:
    """Of one step: statements, their milliseconds as a request waits for them, CPU milliseconds of the process and of
    its database server, and bytes written ahead. `status` is what was answered."""

    statements: int
    sql: float
    own_cpu: float
    database_cpu: float
    written: int
    status: int = 200


Costs = dict[str, Cost]


@dataclass(frozen=True)
class Growth:
    """The costs of each step by its name, before and after the rows were made; None if they had been before."""

    size: Size
    empty: Costs | None
    full: Costs
    seconds: float  # that the rows took to be made


def measure(scale: float, keep: Path | None) -> Growth:
    """Measures, makes the rows, and measures again. `keep`: where the region stays, to be measured again."""
    size = Size(scale)
    with kept(keep) as (made, grown):
        os.environ.update(made.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "qlikauth.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        big = _big()
        empty = None if grown else _costs(made)
        began = time.perf_counter()
        if not grown:
            load(made.environment["DATABASE_URL"], size, big)
            note_grown(made)
        return Growth(size, empty, seconds=time.perf_counter() - began, full=_costs(made))


def _big() -> Big:
    """The bench's own tenant becomes the big one, and its application the popular client."""
    from django_scopes import scope

    from console.models import Actor, Client, Connection, Tenant, User

    tenant = Tenant.objects.get(alias="acme")
    with scope(tenant=tenant):
        client = Client.objects.select_related("tenant").get(name="Sales dashboard")
        client.publish(by=Actor.operator())
        if not Client.objects.filter(name=API).exists():
            Client.register(
                tenant,
                by=Actor.operator(),
                type="web",
                name=API,
                grant_types=["client_credentials"],
                auth_methods=["client_secret"],
                consent_method="trusted",
                allowed_scopes=["admin_classic"],
            )
        user = User.objects.get(email=EMAIL)
        return Big(
            tenant.pk, user.pk, client.pk, Connection.objects.get(client=client).pk, client.terms.as_json()
        )


def _costs(made: Region) -> Costs:
    from console.models import Consent
    from qlikauth.wsgi import application

    def call(ask: Ask) -> Answer:
        return in_process.call(application, ask)

    target = made.target()
    consented = Consent._base_manager.filter(user__email=EMAIL).exists()
    for script in made.scripts(target, consented=consented):
        in_process.run(script, call)
    rounds: dict[str, list[Cost]] = {}
    for turn in range(ROUNDS + 1):
        for name, cost in _round(target, call):
            if turn:
                rounds.setdefault(name, []).append(cost)
    found = {name: _least(costs) for name, costs in rounds.items()}
    return found | dict(_once())


def _least(costs: list[Cost]) -> Cost:
    """Of each number the least: what other programs on the machine take is not theirs."""

    def of(name: str) -> Any:
        return min(getattr(cost, name) for cost in costs)

    return Cost(*(of(name) for name in Cost.__dataclass_fields__))


def _round(target: Target, call: Callable[[Ask], Answer]) -> Iterator[tuple[str, Cost]]:
    measured: list[tuple[str, Cost]] = []

    def perform(ask: Ask) -> Answer:
        with _measured() as end:
            answer = call(ask)
        measured.append((in_process.name_of(ask), end(answer.status)))
        return answer

    for name in ("token", "introspect", "whole flow", "users me"):
        in_process.run(OPERATIONS[name](target), perform)
    yield from ((f"endpoint: {name}", cost) for name, cost in measured)
    places = Places.of(target, call)
    for name, path in pages(places):
        if path:
            with _measured() as end:
                answer = call(Ask.get(target.host, path, [target.cookie, *places.rights(path)]))
            yield name, end(answer.status)
    for name, words in commands(places):
        yield f"manage.py {name}", _command(words)


def _once() -> Iterator[tuple[str, Cost]]:
    """What removes rows: a second time it would find nothing."""
    yield "manage.py expire", _command(["expire"])


def _command(words: list[str]) -> Cost:
    from django.core.management import call_command
    from django.core.management.base import CommandError
    from django.db import DatabaseError

    failed = 0
    with _measured() as end, redirect_stdout(io.StringIO()):
        try:
            call_command(*words)
        except (DatabaseError, CommandError) as error:  # a statement took longer than any may
            print(error, file=sys.stderr)
            failed = 503
    return end(failed)


@contextmanager
def _measured() -> Iterator[Callable[[int], Cost]]:
    """Yields what makes the cost of everything in the block, given the status of the answer."""
    from django.db import connection

    statements, seconds = 0, 0.0

    def watch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        nonlocal statements, seconds
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            statements, seconds = statements + 1, seconds + time.perf_counter() - began

    before = _server_now(), time.process_time()
    after: list[Any] = []

    def end(status: int) -> Cost:
        (server, written), own = before
        (server_after, written_after), own_after = after
        return Cost(
            statements,
            seconds * 1000,
            (own_after - own) * 1000,
            (server_after - server) * 1000,
            written_after - written,
            status,
        )

    with connection.execute_wrapper(watch):
        yield end
    own = time.process_time()
    after += [_server_now(), own]


def _server_now() -> tuple[float, int]:
    """CPU seconds that the process at the other end of the connection has used, and bytes written ahead by all."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        process, written = cursor.fetchone()
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9, int(written)
