"""The conformance suite of the Model Context Protocol, unmodified: its scenarios for authorization servers."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from console.models import Tenant, User
from tests import node
from tests.oauth.interop import programs
from tests.oauth.interop.agents import register_client, register_notes
from tests.oauth.interop.person import Person
from tests.served import free_port

HERE = Path(__file__).parent
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
SCENARIOS = {"authorization-server-metadata-endpoint", "authorization-code-grant"}
pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


def verdicts(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the suite has found, by scenario: its checks, each with an ID and a status."""
    found = {}
    for file in folder.rglob("checks.json"):
        scenario = re.sub(r"^authorization-server-(?=authorization-)|-\d{4}-.*$", "", file.parent.name)
        found[scenario] = json.loads(file.read_text())
    return found


def run_suite(issuer: str, port: int, person: Person, folder: Path, *more: str) -> str:
    """Runs the suite to its end, with a person who opens the address that it prints. What it printed."""
    node.packages()
    command = [
        *(
            str(node.executable()),
            "--import",
            (HERE / "local_names.mjs").as_uri(),
            str(SUITE),
            "authorization",
        ),
        *("--url", issuer, "--port", str(port), "--output-dir", str(folder), *more),
    ]
    printed = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=programs.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as suite:
        try:
            assert suite.stdout
            for line in suite.stdout:
                printed.append(line)
                if line.startswith(f"{issuer}/oauth/authorize?"):
                    person.visit(line.strip())
        finally:
            suite.kill()
    print("".join(printed))  # noqa: T201 - pytest shows it beside a failure
    assert suite.returncode == 0
    return "".join(printed)


@pytest.mark.parametrize("resource", ["", "https://notes.acme.example/mcp"])
def test_no_failure_and_no_warning(acme: Tenant, bob: User, tmp_path: Path, resource: str):
    """A native client: with a secret the suite would still authenticate as a public client, because our metadata
    offers `none` too, and would have to be refused.
    """
    port = free_port()
    if resource:
        register_notes(acme, resource)
    client_id = register_client(acme, f"http://127.0.0.1:{port}/callback", resource)

    printed = run_suite(
        acme.issuer,
        port,
        Person(bob.email),
        tmp_path,
        *("--client-id", client_id, *(["--resource", resource] if resource else [])),
    )

    found = verdicts(tmp_path)
    assert found.keys() == SCENARIOS, printed
    statuses = {check["id"]: check["status"] for checks in found.values() for check in checks}
    assert statuses == {
        "authorization-server-metadata": "SUCCESS",
        "authorization-server-metadata-cimd": "SUCCESS",
        "authorization-code-grant": "SUCCESS",
    }
