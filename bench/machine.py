"""The machine under the measurement: which CPU does what, what a process has used, how busy everything else is."""

import hashlib
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[0], CPUS[-1]  # one and the same on a machine that has only one
TICK = os.sysconf("SC_CLK_TCK")
QUIET = 1.5  # load average above which a round waits


@contextmanager
def on_cpu(cpu: int) -> Iterator[None]:
    """What is started in here runs on one CPU and stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(roots: list[int]) -> float:
    """User and system time so far of these processes and everything they have started, ended children included."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended just now; its parent has its time
        number = int(path.parent.name)
        children.setdefault(int(fields[1]), []).append(number)
        used[number] = sum(int(field) for field in fields[11:15])
    total, waiting = 0, list(roots)
    while waiting:
        number = waiting.pop()
        total += used.get(number, 0)
        waiting += children.get(number, [])
    return total / TICK


def slowness() -> float:
    """Milliseconds of CPU for a fixed piece of work on the server's CPU: how slow the machine is at this moment."""
    with on_cpu(SERVER_CPU):
        began = time.process_time()
        value = b""
        for number in range(20_000):
            value = hashlib.sha256(value + b"%d" % number).digest()
        return (time.process_time() - began) * 1000


def wait_until_quiet(patience: float) -> float:
    """Waits, for `patience` seconds at most, until nothing much else runs. Returns the load average of the last minute.

    On a loaded machine results are not only slower but uneven: virtual CPUs share a core.
    """
    deadline = time.monotonic() + patience
    while (load := os.getloadavg()[0]) > QUIET and time.monotonic() < deadline:
        time.sleep(5)
    return load


def facts() -> list[str]:
    """What a reader needs to know to compare."""
    packages = ("django", "django-oauth-toolkit", "oauthlib", "uvicorn", "psycopg", "cryptography", "pyjwt")
    return [
        f"{_processor()}, {len(CPUS)} CPUs, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in packages),
        f"server and database on CPU {SERVER_CPU}, load generator on CPU {LOAD_CPU}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
