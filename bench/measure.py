"""The measurement itself: interleaved rounds, every answer checked, medians."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from . import load, machine, peer, stock_region
from .databases import Database, database
from .operations import OPERATIONS, Script, Target
from .region import Region, free_port, region
from .serving import THREADS, as_served, serving

CONNECTIONS = (1, 8, 32)
WARM_UP = 1.0  # seconds of each operation, that no figure counts: Node.js compiles what is called often
OURS = "qlikauth"
PEER = "oidc-provider"
HASHED = "stock, as it comes"
PLAIN = "stock, secret not hashed"
TUNED = "stock, not hashed, persistent connections"
SHARED = ("token", "whole flow", "introspect", "metadata", "jwks")  # what the others can be asked as well


@dataclass
class Run:
    """One operation on one server with so many connections."""

    cpu: float  # seconds of server and database for 1000 operations
    rate: float
    median: float
    late: float  # 99th percentile
    busy: float


@dataclass
class Results:
    """Everything measured in one go."""

    database: str
    servers: list[str]  # what ran, and in how many processes
    runs: dict[tuple[str, str, int], list[Run]] = field(default_factory=lambda: defaultdict(list))
    loads: list[float] = field(default_factory=list)
    slowness: list[float] = field(default_factory=list)

    def median(self, server: str, operation: str, connections: int, what: Callable[[Run], float]) -> float:
        return statistics.median(what(run) for run in self.runs[server, operation, connections])

    def cpu(self, server: str, operation: str) -> float | None:
        """The median over every concurrency and round; None for what was not measured."""
        found = [
            run.cpu
            for (name, what, _), runs in self.runs.items()
            if (name, what) == (server, operation)
            for run in runs
        ]
        return statistics.median(found) if found else None

    def ratio(self, server: str, other: str, operation: str) -> float | None:
        """CPU of `server` divided by that of `other`: the median over pairs of runs, one made right after the other."""
        found = [
            one.cpu / another.cpu
            for (name, what, connections), runs in self.runs.items()
            if (name, what) == (server, operation)
            for one, another in zip(runs, self.runs.get((other, operation, connections), []), strict=False)
        ]
        return statistics.median(found) if found else None


@dataclass
class Prepared:
    """A server that can be started: how, what it is asked once, and what it is asked when measured."""

    target: Target
    command: list[str]
    environment: dict[str, str]
    scripts: Iterable[Script]
    operations: tuple[str, ...] = SHARED


@dataclass
class Candidate:
    """A server that answers, and the processes that do the work for it."""

    target: Target
    processes: list[int]
    operations: tuple[str, ...]


def measure(
    kind: str, *, rounds: int, seconds: float, patience: float, with_stock: bool, with_peer: bool
) -> Results:
    """Sets everything up, measures, and takes everything down again. A peer needs PostgreSQL."""
    with ExitStack() as stack:
        stack.enter_context(machine.on_cpu(machine.LOAD_CPU))
        used = stack.enter_context(database(kind))
        made = stack.enter_context(region(used.url))
        candidates = [
            _start(stack, used, made.directory, prepared)
            for prepared in _prepared(made, used, with_stock, with_peer)
        ]
        results = Results(used.name, _about(with_stock, with_peer))
        for candidate in candidates:
            for operation in candidate.operations:
                _measure(candidate, operation, 8, WARM_UP)
        for _ in range(rounds):
            _round(results, candidates, seconds, patience)
        return results


def _prepared(made: Region, used: Database, with_stock: bool, with_peer: bool) -> Iterator[Prepared]:
    """The peer comes right after ours: what is compared is measured within seconds."""
    target = made.target(OURS)
    yield Prepared(target, as_served(made.port), made.environment, made.scripts(target), tuple(OPERATIONS))
    if with_peer:
        other = peer.prepare(free_port(), used.peer_url)
        target = other.target(PEER)
        yield Prepared(target, other.command, other.environment, other.scripts(target))
    if with_stock:
        yield from _stock(stock_region.prepare(made.directory, used.stock_url))


def _stock(stock: stock_region.Stock) -> Iterator[Prepared]:
    for name, secrets_are, persistent in (
        (HASHED, "hashed", False),
        (PLAIN, "plain", False),
        (TUNED, "plain", True),
    ):
        port = free_port()
        target = stock.target(name, port, secrets_are)
        environment = stock.environment | ({"STOCK_PERSISTENT": "1"} if persistent else {})
        # Without a secret to check nothing differs between hashed and not.
        operations = SHARED[:3] if name == HASHED else SHARED
        yield Prepared(target, stock_region.as_served(port), environment, stock.scripts(target), operations)


def _about(with_stock: bool, with_peer: bool) -> list[str]:
    ours = f"one worker with {THREADS} threads"
    return [
        f"{OURS}: {ours}",
        *([peer.about()] if with_peer else []),
        *([f"stock django-oauth-toolkit: {ours}, the same application server"] if with_stock else []),
    ]


def _start(stack: ExitStack, used: Database, directory: Path, prepared: Prepared) -> Candidate:
    """Starts it until the stack is closed, and works through its scripts."""
    target = prepared.target
    log = directory / f"{target.port}.log"
    running = stack.enter_context(
        serving(prepared.command, prepared.environment, target.port, log, ready=target.jwks_path)
    )
    for script in prepared.scripts:
        load.once(target, script)
    databases = [used.process] if used.process else []
    return Candidate(target, [running.process.pid, *databases], prepared.operations)


def _round(results: Results, candidates: list[Candidate], seconds: float, patience: float) -> None:
    for connections in CONNECTIONS:
        results.loads.append(machine.wait_until_quiet(patience))
        for operation in OPERATIONS:
            results.slowness.append(machine.slowness())
            for candidate in candidates:
                if operation in candidate.operations:
                    key = candidate.target.name, operation, connections
                    results.runs[key].append(_measure(candidate, operation, connections, seconds))


def _measure(candidate: Candidate, operation: str, connections: int, seconds: float) -> Run:
    before = machine.cpu_seconds(candidate.processes)
    made = load.run(candidate.target, OPERATIONS[operation], connections=connections, seconds=seconds)
    used = machine.cpu_seconds(candidate.processes) - before
    return Run(used / made.count * 1000, made.rate, made.median, made.percentile(99), made.busy)
