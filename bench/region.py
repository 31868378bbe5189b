"""A throw-away region: a database, one tenant, one person, two clients, made with the operator's commands."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import operations
from .operations import API_SCOPE, REDIRECT_URI, Client, Target

ROOT = Path(__file__).resolve().parent.parent
EMAIL = "alice@acme.example"
MACHINE_SCOPE = "apps:read"
API = "https://orders.example.com/v1"
PERSON_SCOPE = "openid profile email offline_access"


@dataclass
class Region:
    """A prepared deployment. `environment` is what its server is started with."""

    directory: Path
    port: int
    environment: dict[str, str]
    machine: Client
    application: Client
    machine_of_api: Client
    password: str = field(repr=False)

    def target(self, name: str = "qlikauth") -> Target:
        host = f"acme.localhost:{self.port}"
        return Target(
            name=name,
            port=self.port,
            host=host,
            issuer=f"http://{host}",
            machine=self.machine,
            application=self.application,
            machine_scope=MACHINE_SCOPE,
            person_scope=PERSON_SCOPE,
            wrong_secret=another_secret(self.machine.secret),
            api=API,
            machine_of_api=self.machine_of_api,
        )

    def scripts(self, target: Target, *, consented: bool = False) -> Iterator[operations.Script]:
        """What has to happen once on a running server before it can be measured. `consented`: a region that is kept
        knows the consent from the last time."""
        yield operations.sign_in(target, "/login", {"email": EMAIL, "password": self.password}, "csrf")
        if not consented:
            yield operations.consent(target)
        yield operations.keep_constants(target)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def another_secret(secret: str) -> str:
    """A well-formed secret that nobody has: it is looked up, unlike one with a wrong checksum."""
    code = "from console.policy.credentials import Prefix, make; print(make(Prefix.CLIENT_SECRET))"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert made.stdout.strip() != secret
    return made.stdout.strip()


@contextmanager
def region(database_url: str = "") -> Iterator[Region]:
    """Makes a region and removes it. `database_url` is an empty PostgreSQL database; without it, SQLite."""
    directory = Path(tempfile.mkdtemp(prefix="qlikauth-bench-"))
    try:
        yield found(directory, database_url)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def found(directory: Path, database_url: str) -> Region:
    """Makes a region that stays: its database, and what is not in it in `directory`."""
    port, password = free_port(), secrets.token_urlsafe(12)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QLIKAUTH_")}
    environment |= {
        "QLIKAUTH_VAR": str(directory),
        "QLIKAUTH_SECRET_KEY": secrets.token_urlsafe(64),
        "PORT": str(port),
        "DATABASE_URL": database_url,
    }

    def manage(*arguments: str, answer: str = "") -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            input=answer,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]}:\n{done.stderr}")
        result: dict[str, Any] = json.loads(done.stdout) if "--json" in arguments else {}
        return result

    manage("migrate")
    manage("collectstatic", "--no-input")
    manage("create_tenant", "acme", "--name", "Acme AB", "--json")
    manage("create_user", "acme", EMAIL, "--admin", "--password-stdin", "--json", answer=f"{password}\n")
    machine = manage(
        *("create_client", "acme", "Nightly export", "--type", "web", "--grant", "client_credentials"),
        *("--scope", MACHINE_SCOPE, "--trusted", "--json"),
    )
    scopes_of_api = [f"--scope={name}=What {name} is" for name in (API_SCOPE, "write", "delete")]
    manage("create_api", "acme", API, "--name", "Orders", *scopes_of_api, "--json")
    of_api = manage(
        *("create_client", "acme", "Nightly orders", "--type", "web", "--grant", "client_credentials"),
        *("--api", f"{API}={API_SCOPE}", "--trusted", "--json"),
    )
    scopes = [part for scope in PERSON_SCOPE.split() for part in ("--scope", scope)]
    application = manage(
        *("create_client", "acme", "Sales dashboard", "--type", "web", "--redirect-url", REDIRECT_URI),
        *scopes,
        "--json",
    )
    return Region(
        directory,
        port,
        environment,
        Client(machine["client_id"], machine["client_secret"]),
        Client(application["client_id"], application["client_secret"]),
        Client(of_api["client_id"], of_api["client_secret"]),
        password,
    )
