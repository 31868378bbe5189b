"""Programs that are started beside the tests: client software as it comes, with an environment of its own."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from console.models import Tenant
from tests import software

NAMES = software.FOLDER / "names"
START_SECONDS = 90  # pgAdmin makes its database first
EXCHANGE_SECONDS = 60
# http, because it is localhost: what these libraries' documentation says to set for that.
INSECURE = {"AUTHLIB_INSECURE_TRANSPORT": "1", "OAUTHLIB_INSECURE_TRANSPORT": "1"}
Command = Sequence[str | Path]


def environment(**configuration: str) -> dict[str, str]:
    """What a program is started with. It knows *.localhost, and nothing of the settings of the tests."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "QLIKAUTH_"))
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # its packages are compiled once, when they are first imported
    return kept | INSECURE | {"PYTHONPATH": str(NAMES)} | configuration


@contextmanager
def running(command: Command, folder: Path, port: int, **configuration: str) -> Iterator[None]:
    """Runs a server in `folder` while the block lasts, which begins when it listens on `port`.

    What it wrote is printed at the end, so that a test that fails shows it. AssertionError if it does not start.
    """
    log = folder / "program.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(PORT=str(port), **configuration),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(process, port)
            yield
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            print(log.read_text(errors="replace")[-8000:])  # noqa: T201 - pytest shows it beside the failure


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("localhost", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("The program did not start: see what it wrote.")


def conversation(command: Command, person: Callable[[str], str], **configuration: str) -> dict[str, Any]:
    """A program that prints where to send the person, reads where they came back, and prints what it got, as JSON."""
    with subprocess.Popen(
        command,
        env=environment(**configuration),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout
            printed, _ = program.communicate(
                person(program.stdout.readline().strip()) + "\n", timeout=EXCHANGE_SECONDS
            )
        finally:
            program.kill()
    assert program.returncode == 0, "The program failed: see what it wrote."
    result: dict[str, Any] = json.loads(printed)
    return result


def is_over(tenant: Tenant, access_token: str) -> bool:
    """Whether what the token came from has ended."""
    answer = requests.get(
        f"{tenant.issuer}/oauth/userinfo", headers={"Authorization": f"Bearer {access_token}"}, timeout=30
    )
    return answer.status_code == 401
