"""Starts a server for a measurement, pinned to its CPU, and stops it again."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from console.management import server

from . import machine

ROOT = Path(__file__).resolve().parent.parent
THREADS = 4  # the default of manage.py serve
START_SECONDS = 30


@dataclass
class Serving:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def as_served(port: int) -> list[str]:
    """The command line of manage.py serve on a machine with one CPU."""
    return server.command(host="127.0.0.1", port=port, workers=1, threads=THREADS)


@contextmanager
def serving(
    command: list[str], environment: dict[str, str], port: int, log: Path, ready: str = "/healthz"
) -> Iterator[Serving]:
    """Runs `command` until the block ends. RuntimeError, with what it wrote, if it does not answer."""
    with machine.on_cpu(machine.SERVER_CPU), log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    running = Serving(process, port, log)
    try:
        _await(running, ready)
        yield running
    finally:
        running.stop()


def _await(running: Serving, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        if answers(running.port, path):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{running.log.read_text(errors='replace')[-4000:]}")


def answers(port: int, path: str, patience: float = 2) -> bool:
    """Whether a new connection gets an answer that is no failure of the server."""
    connection = HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
