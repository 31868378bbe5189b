"""`manage.py demonstrate`, as `make run` runs it: all of it listens when its page is printed, and Ctrl-C ends it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.served import free_port

ROOT = Path(__file__).parents[2]
SETTINGS = ("PORT", "DEMONSTRATION_PORT", "PORTAL_PORT", "MCP_PORT")
LAST_LINE = "then allow it to act for you"
pytestmark = [pytest.mark.loopback, pytest.mark.sqlite]


@dataclass
class Demonstration:
    process: subprocess.Popen[str]
    ports: dict[str, int]
    page: str


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    """The demonstration, once it has said that it runs."""
    ports = {name: free_port() for name in SETTINGS}
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    environment = kept | {"QLIKAUTH_VAR": str(tmp_path)} | {name: str(port) for name, port in ports.items()}
    with subprocess.Popen(
        [sys.executable, "manage.py", "demonstrate"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            page = ""
            for line in process.stdout:
                page += line
                if LAST_LINE in line:
                    break
            yield Demonstration(process, ports, page)
        finally:
            process.terminate()


def test_everything_listens_and_stops_with_ctrl_c(demonstration: Demonstration):
    ports = demonstration.ports
    mcp = f"http://localhost:{ports['MCP_PORT']}/mcp"
    assert f"claude mcp add --transport http notes {mcp}" in demonstration.page
    assert f"MCP server application: {mcp}" in demonstration.page

    for name in ("PORT", "DEMONSTRATION_PORT", "PORTAL_PORT"):
        assert requests.get(f"http://localhost:{ports[name]}/", timeout=20).status_code == 200
    refused = requests.post(mcp, json={}, timeout=20)
    assert refused.status_code == 401
    where = mcp.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    assert where in refused.headers["WWW-Authenticate"]
    issuer = f"http://acme.localhost:{ports['PORT']}"
    assert requests.get(where, timeout=20).json()["authorization_servers"] == [issuer]

    demonstration.process.send_signal(signal.SIGINT)
    assert demonstration.process.stdout
    assert "Stopped." in demonstration.process.stdout.read()  # to the end: every part has closed it
    assert demonstration.process.wait(20) == 0
