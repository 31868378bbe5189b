"""Ports that are taken are named before anything is installed, with the setting that moves each."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.loopback, pytest.mark.sqlite]


@pytest.fixture
def taken() -> Iterator[list[int]]:
    """Two ports at which another program listens."""
    with ExitStack() as open_ones:
        ports = []
        for _ in range(2):
            listening = open_ones.enter_context(socket.socket())
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            ports.append(int(listening.getsockname()[1]))
        yield ports


def make_run(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make run` where nothing is installed yet."""
    shutil.copy(ROOT / "Makefile", directory)
    (directory / "console" / "management").mkdir(parents=True)
    shutil.copy(ROOT / "console" / "management" / "ports.py", directory / "console" / "management")
    # an installation that began would be seen: it fails at once
    environment = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1"} | environment
    return subprocess.run(
        ["make", "run"],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_make_run_names_every_port_that_is_taken(tmp_path: Path, taken: list[int]):
    first, second = taken

    stopped = make_run(tmp_path, PORT=str(first), PORTAL_PORT=str(second))

    assert stopped.returncode != 0
    assert f"Port {first} is in use by another program. Set PORT=… to use another." in stopped.stderr
    assert f"Port {second} is in use by another program. Set PORTAL_PORT=… to use another." in stopped.stderr
    assert "Installing" not in stopped.stdout
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PORT": "abc"}, "PORT must be a whole number from 1 to 65535, not 'abc'."),
        ({"PORT": "0"}, "PORT must be"),
        ({"PORT": "65500"}, "DEMONSTRATION_PORT must be"),
        ({"PORT": "8000", "PORTAL_PORT": "8000"}, "is both PORT and PORTAL_PORT"),
    ],
)
def test_make_run_refuses_what_is_no_port(tmp_path: Path, environment: dict[str, str], told: str):
    stopped = make_run(tmp_path, **environment)

    assert stopped.returncode != 0
    assert told in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not (tmp_path / ".venv").exists()


def test_demonstrate_says_the_same(taken: list[int], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEMONSTRATION_PORT", str(taken[0]))

    with pytest.raises(CommandError) as refusal:
        call_command("demonstrate")

    told = f"Port {taken[0]} is in use by another program. Set DEMONSTRATION_PORT=… to use another."
    assert told in str(refusal.value)
