"""Results as Markdown tables, as they stand in the README."""

from collections.abc import Iterable, Sequence
from functools import partial
from statistics import quantiles

from . import machine
from .ends import OF_CLIENT, SESSIONS, TENANTS, Ends
from .events import EVENTS, View
from .events import TENANTS as OF_TENANTS
from .expiry import ROWS, Expiry
from .growth import Cost, Growth
from .measure import CONNECTIONS, HASHED, OURS, PEER, PLAIN, TUNED, Results
from .operations import OPERATIONS
from .servers import LOADS, SERVERS, Measured
from .statements import kind


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is right-aligned."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def number(value: float | None) -> str:
    """Rounds to three significant digits."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def circumstances(results: Results) -> str:
    """Where and how it was measured."""
    loads, slow = results.loads, results.slowness
    busy = max(run.busy for runs in results.runs.values() for run in runs)
    return "\n".join(
        f"- {line}"
        for line in [
            *machine.facts(),
            *results.servers,
            f"database: {results.database}",
            f"load average before each round: {min(loads):.2f} to {max(loads):.2f}",
            f"a fixed piece of work took {min(slow):.1f} to {max(slow):.1f} ms of CPU between the runs",
            f"the load generator was busy for at most {busy:.0%} of a run",
        ]
    )


def cost(results: Results) -> str:
    """CPU per operation, next to the peer's with the ratio, and to stock's: of what was measured."""
    measured = {server for server, _, _ in results.runs}
    columns = {server: partial(results.cpu, server) for server in (OURS, PEER) if server in measured}
    if PEER in measured:
        columns[f"{OURS} / {PEER}"] = partial(results.ratio, OURS, PEER)
    columns |= {
        server: partial(results.cpu, server) for server in (TUNED, PLAIN, HASHED) if server in measured
    }
    rows = [[operation, *(number(of(operation)) for of in columns.values())] for operation in OPERATIONS]
    return table(["CPU seconds for 1000", *columns], rows)


def speed(results: Results) -> str:
    """Throughput and latency of qlikauth, and of the peer if it was measured."""
    measured = {server for server, _, _ in results.runs}
    return "\n\n".join(_speed(results, server) for server in (OURS, PEER) if server in measured)


def _speed(results: Results, server: str) -> str:
    def cell(operation: str, connections: int) -> str:
        def median(run: str) -> float:
            return results.median(server, operation, connections, lambda one: getattr(one, run))

        return f"{median('rate'):,.0f} ({median('median'):.1f} / {median('late'):.1f})"

    operations = [
        operation for operation in OPERATIONS if (server, operation, CONNECTIONS[0]) in results.runs
    ]
    rows = [[operation, *(cell(operation, each) for each in CONNECTIONS)] for operation in operations]
    head = [f"{each} connection{'s' if each > 1 else ''}" for each in CONNECTIONS]
    return table([f"{server}, per second (ms: median / 99th percentile)", *head], rows)


def statements(counted: dict[str, list[str]]) -> str:
    """SQL statements per step."""
    rows = [
        [step, str(len(made)), ", ".join(kind(statement) for statement in made) or "–"]
        for step, made in counted.items()
    ]
    return table(["SQL statements", "number", "in order"], rows)


def servers(found: dict[tuple[str, str], Measured]) -> str:
    """What each application server costs."""

    def cell(name: str, what: str) -> str:
        cpu, rate, late = found[name, what].medians()
        return f"{number(cpu)} ({rate:,.0f}, {late:.0f})"

    rows = [[name, *(cell(name, what) for what in LOADS)] for name in SERVERS]
    return table(["CPU s for 1000 (per second, 99th percentile ms)", *LOADS], rows)


def behaviour(found: dict[str, dict[str, str]]) -> str:
    """How each application server behaves."""
    names = list(found)
    return table(["", *names], [[what, *(found[name][what] for name in names)] for what in found[names[0]]])


def ends(found: Ends) -> str:
    """Ends of access, and how long their rows take afterwards."""
    about = f"{SESSIONS:,} live sessions, {OF_CLIENT:,} of the client, {TENANTS:,} connected tenants"
    head = ("act", "numbers of the page before it, ms", "decided and committed, ms")
    rows = [(end.act, number(end.asked), number(end.decided)) for end in found.acts]
    after = (
        f"All rows said so {number(found.rows)} s later; the longest batch took {number(found.longest)} ms."
    )
    return "\n\n".join([f"{found.database}: {about}", table(head, rows), after])


def expiry(runs: Sequence[Expiry]) -> str:
    """What runs of `expire` cost, and their longest statements."""
    head = (
        "expired, of each kind",
        "removed",
        "s",
        "statements",
        "median, ms",
        "99 of 100, ms",
        "longest, ms",
    )
    rows = [
        (
            f"{run.due:,}",
            f"{sum(run.removed.values()):,}",
            number(run.seconds),
            f"{len(run.statements):,}",
            *(number(quantiles(run.statements, n=100)[place]) for place in (49, 98)),
            number(run.longest[0][0]),
        )
        for run in runs
    ]
    longest = [f"- {milliseconds:.1f} ms: `{sql}`" for run in runs for milliseconds, sql in run.longest]
    return "\n\n".join([f"{ROWS:,} families, {ROWS:,} refresh tokens", table(head, rows), "\n".join(longest)])


def events(kind: str, name: str, views: Iterable[View]) -> str:
    """Pages of a long audit log."""
    about = f"{name}: {EVENTS[kind]:,} events of {OF_TENANTS} tenants, half of them of one"
    head = ("address", "statements", "ms in SQL: median", "slowest", "ms of the request")
    rows = [
        (view.what, str(view.statements), number(view.median), number(view.slowest), number(view.request))
        for view in views
    ]
    return "\n\n".join([about, table(head, rows)])


def growth(found: Growth) -> str:
    """What each step costs in an empty region and in a grown one."""

    def cells(cost: Cost | None) -> list[str]:
        if cost is None:
            return ["–"] * 4
        wrong = f" ({cost.status})" if cost.status not in (0, 200, 302) else ""
        return [
            str(cost.statements),
            number(cost.sql) + wrong,
            number(cost.own_cpu),
            number(cost.database_cpu),
        ]

    names = list(found.full)
    heads = ["statements", "SQL, ms", "CPU, ms", "CPU of the database, ms"]
    head = ["", *(f"empty: {name}" for name in heads), *(f"full: {name}" for name in heads)]
    empty = found.empty or {}
    rows = [[name, *cells(empty.get(name)), *cells(found.full[name])] for name in names]
    written = [
        [name, *(f"{costs[name].written:,}" if name in costs else "–" for costs in (empty, found.full))]
        for name in names
        if name.startswith("endpoint")
    ]
    about = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in found.size.numbers.items())
    size = f"Scale {found.size.scale}, made in {number(found.seconds)} s: {about}."
    return "\n\n".join([size, table(head, rows), table(["bytes written ahead", "empty", "full"], written)])
