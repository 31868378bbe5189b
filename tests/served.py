"""The region as `manage.py serve` runs it, in its own processes, asked over sockets."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection

from console.management import server

ROOT = Path(__file__).parents[1]
THREADS = 4
PATIENCE = 20  # seconds until a test gives up


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """A running server. Everything that it opened is closed with it."""

    process: subprocess.Popen[bytes]
    port: int
    opened: list[socket.socket] = field(default_factory=list)

    def connect(self, sent: bytes = b"", *, window: int | None = None) -> socket.socket:
        """A new connection on which `sent` was sent. With a `window`, its kernel takes few bytes that nobody reads."""
        made = socket.socket()
        self.opened.append(made)
        made.settimeout(PATIENCE)
        if window:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        made.connect(("127.0.0.1", self.port))
        made.sendall(sent)
        return made

    def ask(self, sent: bytes) -> bytes:
        """All that comes back for `sent` until the server closes the connection."""
        with self.connect(sent) as made:
            return rest_of(made)

    def close(self) -> None:
        """Closes every connection."""
        while self.opened:
            self.opened.pop().close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def rest_of(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection, in whatever way."""
    came = []
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            came.append(part)
    return b"".join(came)


def status_of(answer: bytes) -> int:
    """The status of an answer; 0 if there is none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


def http(method: str, path: str, host: str, *headers: str, body: bytes = b"", keep: bool = False) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, *([] if keep else ["Connection: close"])]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def new_database(directory: Path) -> Iterator[dict[str, str]]:
    """An empty database of the kind that is tested on: what a region's environment says of it."""
    if connection.vendor == "sqlite":
        yield {"QLIKAUTH_VAR": str(directory), "DATABASE_URL": ""}
        return
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"served_{os.getpid()}"
    with psycopg.connect(address.geturl(), autocommit=True) as administrator:
        administrator.execute(f'CREATE DATABASE "{name}"')
        yield {"QLIKAUTH_VAR": str(directory), "DATABASE_URL": address._replace(path=f"/{name}").geturl()}
        administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def environment_of(port: int, database: dict[str, str], **limits: int) -> dict[str, str]:
    """The environment of a region. `limits` are settings: `receive_seconds=1`."""
    changes = {f"QLIKAUTH_{name.upper()}": str(value) for name, value in limits.items()}
    place = {"QLIKAUTH_REGION_HOST": f"localhost:{port}", "PORT": str(port)}
    return os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"} | database | place | changes


@contextmanager
def served(
    port: int, database: dict[str, str], application: str = "", log: Path | None = None, **limits: int
) -> Iterator[Served]:
    """Runs the server: one worker process with four threads, as on a machine with one core.

    `application` is another one than the region, as the server takes it; `log`, where its log goes.
    """
    environment = environment_of(port, database, **limits)
    command = server.command(host="127.0.0.1", port=port, workers=1, threads=THREADS)
    if application:
        command[3] = application
    with ExitStack() as files:
        errors = files.enter_context(log.open("ab")) if log else None
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stderr=errors
        )
    running = Served(process, port)
    try:
        _await(running)
        yield running
    finally:
        running.close()
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(running: Served) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and running.process.poll() is None:
        with suppress(OSError):
            if status_of(running.ask(http("GET", "/readyz", "localhost"))) == 200:
                return
        time.sleep(0.05)
    raise AssertionError("The server did not start: see what it wrote.")
