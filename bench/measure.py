"""The measurement itself: interleaved rounds, every answer checked, medians."""

import statistics
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from . import load, machine, stock_region
from .databases import Database, database
from .operations import OPERATIONS, Target
from .region import free_port, region
from .serving import as_served, serving

CONNECTIONS = (1, 8, 32)
OURS = "qlikauth"
HASHED = "stock, as it comes"
PLAIN = "stock, secret not hashed"
TUNED = "stock, not hashed, persistent connections"
SHARED = ("token", "whole flow", "introspect", "metadata", "jwks")  # what stock can be asked as well


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


@dataclass
class Candidate:
    """A server that answers, and the processes that do the work for it."""

    target: Target
    processes: list[int]
    operations: tuple[str, ...]


def measure(kind: str, *, rounds: int, seconds: float, patience: float, with_stock: bool) -> Results:
    """Sets everything up, measures, and takes everything down again."""
    with ExitStack() as stack:
        stack.enter_context(machine.on_cpu(machine.LOAD_CPU))
        used = stack.enter_context(database(kind))
        candidates = _candidates(stack, used, with_stock)
        results = Results(used.name)
        for candidate in candidates:
            for operation in candidate.operations:
                _measure(candidate, operation, 1, 0.3)
        for _ in range(rounds):
            _round(results, candidates, seconds, patience)
        return results


def _candidates(stack: ExitStack, used: Database, with_stock: bool) -> list[Candidate]:
    made = stack.enter_context(region(used.url))
    databases = [used.process] if used.process else []
    start = partial(_start, stack, databases, made.directory)
    log = made.directory / "server.log"
    running = stack.enter_context(serving(as_served(made.port), made.environment, made.port, log))
    target = made.target(OURS)
    for script in made.scripts(target):
        load.once(target, script)
    found = [Candidate(target, [running.process.pid, *databases], tuple(OPERATIONS))]
    if with_stock:
        stock = stock_region.prepare(made.directory, used.stock_url)
        for name, secrets_are, persistent in (
            (HASHED, "hashed", False),
            (PLAIN, "plain", False),
            (TUNED, "plain", True),
        ):
            found.append(start(stock, name, secrets_are, persistent))
    return found


def _start(
    stack: ExitStack,
    databases: list[int],
    directory: Path,
    stock: stock_region.Stock,
    name: str,
    secrets_are: str,
    persistent: bool,
) -> Candidate:
    port = free_port()
    environment = stock.environment | ({"STOCK_PERSISTENT": "1"} if persistent else {})
    log = directory / f"{port}.log"
    command = stock_region.as_served(port)
    running = stack.enter_context(serving(command, environment, port, log, ready="/o/.well-known/jwks.json"))
    target = stock.target(name, port, secrets_are)
    for script in stock.scripts(target):
        load.once(target, script)
    # Without a secret to check nothing differs between hashed and not.
    operations = SHARED[:3] if name == HASHED else SHARED
    return Candidate(target, [running.process.pid, *databases], operations)


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
