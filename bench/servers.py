"""Which application server? The same region behind each of them: what it costs, and how it behaves."""

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

from console.management import server

from . import load, machine, resilience
from .exchange import Ask
from .operations import Operation, Target, metadata, page, token
from .region import Region, region
from .serving import Serving, serving

APPLICATION = "qlikauth.wsgi:application"
SLOW = "bench.slow:application"
OTHERS = ["granian==2.8.7", "gunicorn==27.0.1", "waitress==3.0.2"]  # compared, not depended on
LOADS: dict[str, Operation] = {"token": token, "metadata": metadata, "sign-in page": page}
CONNECTIONS = (8, 32)
Command = Callable[[int], list[str]]


def ours(workers: int, threads: int) -> Command:
    return lambda port: server.command(host="127.0.0.1", port=port, workers=workers, threads=threads)


def granian(workers: int, threads: int) -> Command:
    return lambda port: [
        *(sys.executable, "-m", "granian", APPLICATION, "--interface", "wsgi", "--http", "1"),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--access-log"),
        *("--workers", str(workers), "--blocking-threads", str(threads), "--respawn-failed-workers"),
        *("--workers-kill-timeout", str(server.GRACE_SECONDS)),
    ]


def gunicorn(kind: str, workers: int, threads: int = 1) -> Command:
    return lambda port: [
        *(sys.executable, "-m", "gunicorn", APPLICATION, "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", kind, "--workers", str(workers), "--threads", str(threads)),
        *("--access-logfile", "-", "--graceful-timeout", str(server.GRACE_SECONDS)),
    ]


def waitress(threads: int) -> Command:
    return lambda port: [
        *(sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}"),
        *(f"--threads={threads}", "--connection-limit=1000", APPLICATION),
    ]


SERVERS: dict[str, Command] = {
    "ours, 1 worker, 1 thread": ours(1, 1),
    "ours, 1 worker, 2 threads": ours(1, 2),
    "ours, 1 worker, 4 threads": ours(1, 4),
    "ours, 1 worker, 8 threads": ours(1, 8),
    "ours, 2 workers, 4 threads": ours(2, 4),
    "granian, 1 worker, 4 threads": granian(1, 4),
    "granian, 2 workers, 4 threads": granian(2, 4),
    "gunicorn sync, 2 workers": gunicorn("sync", 2),
    "gunicorn gthread, 2 workers, 4 threads": gunicorn("gthread", 2, 4),
    "waitress, 4 threads": waitress(4),
}
EXAMINED = [
    "ours, 1 worker, 4 threads",
    "ours, 2 workers, 4 threads",
    "granian, 2 workers, 4 threads",
    "gunicorn gthread, 2 workers, 4 threads",
    "waitress, 4 threads",
]
WITH_SLOW_APPLICATION = {"SIGTERM with 3 s of work left", "200 slow writers, 50 slow readers"}


@dataclass
class Measured:
    """What one server needed for one load, round by round: CPU seconds for 1000, per second, 99th percentile in ms."""

    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def medians(self) -> tuple[float, float, float]:
        return statistics.median(self.cpu), statistics.median(self.rate), statistics.median(self.late)


@contextmanager
def _prepared() -> Iterator[tuple[Region, Target]]:
    """A region with the other servers within reach of its environment, and a target to ask."""
    with ExitStack() as stack:
        stack.enter_context(machine.on_cpu(machine.LOAD_CPU))
        made = stack.enter_context(region())
        packages = tempfile.mkdtemp(prefix="qlikauth-bench-servers-")
        stack.callback(shutil.rmtree, packages, ignore_errors=True)
        _install(packages)
        made.environment["PYTHONPATH"] = packages
        target = made.target()
        with _running(made, "ours, 1 worker, 4 threads"):
            for script in made.scripts(target):
                load.once(target, script)
        yield made, target


def _install(directory: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--target", directory, *OTHERS]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The servers to compare with cannot be installed:\n{done.stderr}")


def _running(made: Region, name: str, application: str = APPLICATION) -> AbstractContextManager[Serving]:
    command = [application if part == APPLICATION else part for part in SERVERS[name](made.port)]
    return serving(command, made.environment, made.port, made.directory / "server.log")


def costs(rounds: int, seconds: float, patience: float) -> dict[tuple[str, str], Measured]:
    """CPU, throughput and latency of each server for each load, measured in turns."""
    found: dict[tuple[str, str], Measured] = {}
    with _prepared() as (made, target):
        for _ in range(rounds):
            machine.wait_until_quiet(patience)
            for name in SERVERS:
                with _running(made, name) as running:
                    for what, operation in LOADS.items():
                        measured = found.setdefault((name, what), Measured())
                        _measure(running, target, operation, seconds, measured)
    return found


def _measure(
    running: Serving, target: Target, operation: Operation, seconds: float, measured: Measured
) -> None:
    load.run(target, operation, connections=8, seconds=0.5)
    for connections in CONNECTIONS:
        before = machine.cpu_seconds([running.process.pid])
        made = load.run(target, operation, connections=connections, seconds=seconds)
        measured.cpu.append((machine.cpu_seconds([running.process.pid]) - before) / made.count * 1000)
        measured.rate.append(made.rate)
        measured.late.append(made.percentile(99))


def behaviour() -> dict[str, dict[str, str]]:
    """The results of resilience.py for each server."""
    found: dict[str, dict[str, str]] = {}
    with _prepared() as (made, target):
        ask = target.asks["token"]
        for name in EXAMINED:
            found[name] = {}
            for what, examine in _examinations(ask).items():
                application = SLOW if what in WITH_SLOW_APPLICATION else APPLICATION
                with _running(made, name, application) as running:
                    found[name][what] = examine(running)
    return found


def _examinations(ask: Ask) -> dict[str, Callable[[Serving], str]]:
    return {
        "SIGTERM under load, keep-alive": lambda running: resilience.stop_under_load(
            running, ask, keep_alive=True
        ),
        "SIGTERM under load, new connections": lambda running: resilience.stop_under_load(
            running, ask, keep_alive=False
        ),
        "SIGTERM with 3 s of work left": resilience.stop_with_slow_requests,
        "longest header": resilience.largest_header,
        "100 halves of a header": lambda running: resilience.rude_clients(running, resilience.HALF_A_HEADER),
        "100 bodies that never end": lambda running: resilience.rude_clients(
            running, resilience.half_a_body(ask)
        ),
        "200 slow writers, 50 slow readers": resilience.slow_clients,
        "kill -9 of the workers": resilience.kill_a_worker,
    }
