"""How long the audit log takes in SQL when it is long: ten million events of 200 tenants, half of them of one."""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from .databases import database
from .region import EMAIL, region

EVENTS = {"postgresql": 10_000_000, "sqlite": 1_000_000}
TENANTS, CLIENTS, PEOPLE = 200, 10_000, 1_000
MADE = 1_000_000  # of more, PostgreSQL makes copies with other IDs and times
BATCH = 20_000  # rows that are made at a time
PERIOD = timedelta(days=365)
# Action -> how many of 10,000 events: everyday traffic, some refusals, and a little that administrators do.
SHARES = {
    "tokens.issued": 7_000,
    "session.started": 900,
    "tokens.refused": 800,
    "session.refused": 400,
    "consent.given": 300,
    "session.ended": 250,
    "tokens.revoked": 199,
    "authorization.refused": 100,
    "client.updated": 50,
    "secret.removed": 1,
}
OF_STRANGERS = {"tokens.refused", "session.refused", "authorization.refused"}


@dataclass(frozen=True)
class View:
    """One address of the audit log: its statements, milliseconds until the database answered them (the median and the
    slowest of five), and of the whole request: SQLite goes on searching while rows are fetched."""

    what: str
    statements: int
    median: float
    slowest: float
    request: float


def measure(kind: str) -> tuple[str, list[View]]:
    """The name of the database and every view, on a database of this kind."""
    with database(kind) as used, region(used.url) as made:
        os.environ.update(made.environment)
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "qlikauth.settings"
        django.setup()
        fill(EVENTS[kind])
        return used.name, list(views())


# --- Reading --------------------------------------------------------------------------------------------------------


def views() -> Iterator[View]:
    """Every filter, combinations of them, the first page and one far below it, and the beginning of an export."""
    from console.models import Event, Tenant

    tenant = Tenant.objects.get(alias="acme")
    of_tenant = Event._base_manager.filter(tenant=tenant).order_by("-happened_at", "-id")
    middle = of_tenant.filter(happened_at__lt=datetime.now(UTC) - PERIOD / 2)[0]
    deep = f"before={middle.pk}"
    client_id = str(_ids()[0])
    for what in [
        "",
        deep,
        "outcome=refused",
        f"outcome=refused&{deep}",
        "outcome=done",
        f"outcome=done&{deep}",
        "action=tokens",
        "action=client",
        "action=secret.removed",
        f"action=secret.removed&{deep}",
        "client=Application 17",
        f"client={client_id}",
        f"client={client_id}&{deep}",
        f"client={client_id}&action=secret.removed",
        f"client={client_id}&outcome=refused",
        f"actor={EMAIL}",
        "actor=person-17@acme.example",
        f"actor=person-17@acme.example&{deep}",
        "actor=person-17@acme.example&outcome=refused",
        "actor=person-17@acme.example&action=consent.given&client=Application 17",
        "actor=person-1",
        "actor=nobody",
        "actor=nobody&outcome=refused",
        "q=nothing at all",
        f"q=nothing at all&{deep}",
        "q=203.0.113",
        f"q={client_id}",
        f"q={client_id}&outcome=refused",
        "q=evil.example",
        f"q=nothing&client={client_id}",
        "q=nothing&outcome=refused&since=2020-01-01",
        f"since={middle.happened_at:%Y-%m-%d}&until={middle.happened_at:%Y-%m-%d}",
        f"until={middle.happened_at:%Y-%m-%d}&action=client&outcome=done",
    ]:
        yield _view(f"/console/events?{what}", tenant)
    for what in ("", "outcome=refused", "actor=person-17@acme.example"):
        yield _view(f"/console/events/export?{what}", tenant)
    for what in ("events/clients?client=plic", "events/people?actor=pers", "events/people?actor=nobody"):
        yield _view(f"/console/{what}", tenant)


def _ids() -> Any:
    from console.models import Client

    clients = Client.with_deleted_anywhere.filter(name="Application 17")
    return clients.values_list("client_id", flat=True)


def _view(address: str, tenant: Any, rounds: int = 5) -> View:
    """Asks for it with a session of the administrator; of an export the first 5,000 lines are read."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from console.models import User
    from tests import cast

    browser = cast.signed_in_as(User._base_manager.select_related("tenant").get(tenant=tenant, email=EMAIL))
    spent, whole, statements = [], [], 0
    for _ in range(rounds):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            answer: Any = browser.get(address)
            if answer.streaming:
                for _line in zip(range(5_000), answer.streaming_content, strict=False):
                    pass
        if answer.status_code != 200:
            return View(f"{answer.status_code} {address}", 0, 0.0, 0.0, 0.0)
        whole.append((time.perf_counter() - began) * 1000)
        times = [float(each["time"]) * 1000 for each in captured.captured_queries]
        spent.append(max(times) if answer.streaming else sum(times))
        statements = len(times)
    middle = rounds // 2
    return View(
        address[len("/console/") :], statements, sorted(spent)[middle], max(spent), sorted(whole)[middle]
    )


# --- Writing --------------------------------------------------------------------------------------------------------


def fill(number: int) -> float:
    """Makes tenants, people, clients and `number` events, as the application writes them; seconds per million."""
    from django.core.management.color import no_style
    from django.db import connection

    from console.models import Event

    owner, others = _everybody()
    began, made = time.perf_counter(), min(number, MADE)
    first = Event._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
    indexes = list(Event._meta.indexes)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET maintenance_work_mem = '1GB'")
        with connection.schema_editor() as editor:
            for index in indexes:
                editor.remove_index(Event, index)
        _make(owner, others, first + 1, made, PERIOD * made / number)
        for copy in range(1, number // made):
            for statement in COPIES:
                cursor.execute(
                    statement,
                    {"first": first, "made": made, "copy": copy, "later": PERIOD * made / number * copy},
                )
        with connection.schema_editor() as editor:
            for index in indexes:
                editor.add_index(Event, index)
        for statement in connection.ops.sequence_reset_sql(no_style(), [Event]):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return (time.perf_counter() - began) / number * 1_000_000


def _make(owner: UUID, others: list[UUID], first: int, number: int, period: timedelta) -> None:
    """So many events, from a year ago on."""
    chance, oldest = random.Random(17), datetime.now(UTC) - PERIOD  # noqa: S311  nothing secret
    for begun in range(0, number, BATCH):
        rows, words = [], []
        for each in range(begun, min(begun + BATCH, number)):
            tenant = owner if chance.random() < 0.5 else chance.choice(others)
            row, said = _event(chance, tenant, oldest + period * (each / number), own=tenant is owner)
            rows.append((first + each, *row))
            words += [(tenant, word, first + each) for word in said]
        _write("console_event", COLUMNS, rows)
        _write("console_eventkeyword", ("tenant_id", "word", "event_id"), words)


COLUMNS = (
    *("id", "tenant_id", "happened_at", "action", "actor_kind", "actor_id", "actor_name", "address"),
    *("target_kind", "target_id", "target_name", "changes", "details", "trace_id", "times"),
)


_OTHERS = ", ".join(COLUMNS[3:-2])
COPIES = (
    f"""INSERT INTO console_event (id, tenant_id, happened_at, {_OTHERS}, trace_id, times)
    SELECT id + %(made)s * %(copy)s, tenant_id, happened_at + %(later)s, {_OTHERS}, md5(trace_id || %(copy)s), times
    FROM console_event WHERE id > %(first)s AND id <= %(first)s + %(made)s ORDER BY id""",
    """INSERT INTO console_eventkeyword (tenant_id, word, event_id)
    SELECT tenant_id, word, event_id + %(made)s * %(copy)s
    FROM console_eventkeyword WHERE event_id > %(first)s AND event_id <= %(first)s + %(made)s""",
)


def _everybody() -> tuple[UUID, list[UUID]]:
    from console.models import Client, Connection, Tenant, User

    owner = Tenant.objects.get(alias="acme")
    names = [f"tenant-{number}" for number in range(1, TENANTS)]
    others = Tenant.objects.bulk_create(
        Tenant(alias=name, name=name, issuer=f"https://{name}.example") for name in names
    )
    User._base_manager.bulk_create(
        User(tenant=owner, email=f"person-{number}@acme.example", name=f"Person {number}")
        for number in range(PEOPLE)
    )
    clients = [Client(tenant=owner, type="web", name=f"Application {number}") for number in range(CLIENTS)]
    Client._base_manager.bulk_create(clients, batch_size=BATCH)
    made = Client._base_manager.filter(tenant=owner, name__startswith="Application ")
    Connection._base_manager.bulk_create(
        [Connection(tenant=owner, client=client, consent_method="trusted") for client in made],
        batch_size=BATCH,
    )
    PEOPLE_MADE[:] = [(str(pk), email) for pk, email in User._base_manager.values_list("pk", "email")]
    CLIENTS_MADE[:] = [
        (str(pk), name, each) for pk, name, each in made.values_list("pk", "name", "client_id")
    ]
    return owner.pk, [other.pk for other in others]


PEOPLE_MADE: list[tuple[str, str]] = []
CLIENTS_MADE: list[tuple[str, str, str]] = []


def _event(
    chance: random.Random, tenant: UUID, at: datetime, *, own: bool
) -> tuple[tuple[Any, ...], list[str]]:
    """The columns of one event, and its keywords."""
    from console.models.event_keyword import word

    action = chance.choices(list(SHARES), list(SHARES.values()))[0]
    person, email = chance.choice(PEOPLE_MADE) if own else ("", "somebody@example.com")
    # A few clients have most of the traffic.
    client, name, client_id = CLIENTS_MADE[int(len(CLIENTS_MADE) * chance.random() ** 4)]
    address, trace_id = f"198.51.100.{chance.randrange(250)}", f"{chance.getrandbits(128):032x}"
    said: list[str] = []
    acting, about, details = ("user", person, email), ("client", client, name), "{}"
    match action:
        case "tokens.issued":
            acting = ("client", client, name)
            details = (
                f'{{"user": "{email}", "scope": "openid profile email", "grant_type": "authorization_code"}}'
            )
        case "session.started" | "session.ended":
            about = ("user", person, email)
        case "session.refused":
            acting, about = ("anonymous", "", ""), ("user", person, email)
            details = '{"reason": "password"}'
        case "tokens.refused" | "authorization.refused":
            acting, url = ("anonymous", "", ""), f"https://{chance.randrange(5000)}.example/callback"
            details = f'{{"reason": "redirect_uri", "redirect_uri": "{url}", "client_id": "{client_id}"}}'
            said = [word(url), word(url[8:].split("/")[0]), word(client_id)]
        case "secret.removed":
            details = '{"hint": "abcde"}'
            said = [word("abcde")]
    return (tenant, at, action, *acting, address, *about, "{}", details, trace_id, 1), said


def _write(table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from django.db import connection, transaction

    names = ", ".join(f'"{name}"' for name in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        adapted = [tuple(_for_sqlite(value) for value in row) for row in rows]
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', adapted)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return str(value.replace(tzinfo=None)) if isinstance(value, datetime) else value
