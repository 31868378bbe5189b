"""A region served on this machine to client software that knows nothing of it."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from console.models import Tenant
from tests import node as node_wheel
from tests.browser import chromium
from tests.example_programs import running
from tests.oauth.interop import agents
from tests.served import free_port

HERE = Path(__file__).parent
SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("interop")


@pytest.fixture
def port(live_server: LiveServer, settings: Settings) -> int:
    """The port that the region is served on, which is part of every hostname."""
    served: int = live_server.thread.port
    settings.REGION_HOST = f"localhost:{served}"
    return served


@pytest.fixture
def node(port: int) -> Callable[..., str]:
    """`node("code_flow.mjs", issuer, client_id, …)` runs a script of this folder and gives what it printed.

    The test fails with the script's error output if it exits with anything but 0.
    """
    node_wheel.packages()

    def run(script: str, *arguments: str, stdin: str = "") -> str:
        command = [str(node_wheel.executable()), "--import", "./local_names.mjs", script, *arguments]
        done = subprocess.run(
            command, cwd=HERE, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode:
            pytest.fail(f"{script} exited with {done.returncode}:\n{done.stdout}{done.stderr}", pytrace=False)
        return done.stdout

    return run


@pytest.fixture
def local_names(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python programs in this process reach *.localhost too (see local_names.mjs)."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        local = isinstance(host, str) and host.endswith(".localhost")
        return resolve("127.0.0.1" if local else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def notes(acme: Tenant, local_names: None) -> Iterator[str]:
    """The address of the MCP server, which is registered as an API of acme."""
    port = free_port()
    address = f"http://localhost:{port}/mcp"
    agents.register_notes(acme, address)
    with running("mcp_server", ISSUER=acme.issuer, PORT=str(port)):
        yield address


@pytest.fixture
def page(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page of a new person in Chromium, for software whose pages are made there."""
    # Playwright's event loop runs in the thread of the tests, where Django would refuse every query.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.arguments())
        page = browser.new_page(locale="en-GB")
        page.set_default_timeout(20_000)
        yield page
        browser.close()
        connections.close_all()  # while that loop runs, the test has connections of its own
