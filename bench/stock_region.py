"""Stock django-oauth-toolkit, set up to be measured beside qlikauth."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from . import operations, serving
from .operations import Client, Target
from .serving import ROOT


@dataclass
class Stock:
    """A prepared database of the stock project."""

    environment: dict[str, str]
    made: dict[str, object]

    def target(self, name: str, port: int, secrets_are: str) -> Target:
        """`secrets_are` is "hashed" or "plain"."""
        return Target(
            name=name,
            port=port,
            host=f"127.0.0.1:{port}",
            issuer=f"http://127.0.0.1:{port}/o",
            machine=Client(*self.made[f"machine {secrets_are}"]),  # type: ignore[misc]
            application=Client(*self.made[f"application {secrets_are}"]),  # type: ignore[misc]
            machine_scope="apps:read",
            person_scope="openid profile email",
            wrong_secret="wrong",
            token_path="/o/token/",
            authorize_path="/o/authorize/",
            introspect_path="/o/introspect/",
            metadata_path="/o/.well-known/openid-configuration",
            jwks_path="/o/.well-known/jwks.json",
        )

    def scripts(self, target: Target) -> Iterator[operations.Script]:
        names = {"username": "alice", "password": str(self.made["password"])}
        yield operations.sign_in(target, "/admin/login/?next=/admin/", names, "csrftoken")
        yield operations.keep_constants(target)


def prepare(directory: Path, database_url: str) -> Stock:
    """`database_url` is an empty PostgreSQL database; without it, SQLite in `directory`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    environment = os.environ | {
        "DATABASE_URL": database_url or f"sqlite:///{directory / 'stock.sqlite3'}",
        "STOCK_SECRET_KEY": secrets.token_urlsafe(64),
        "STOCK_RSA_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "DJANGO_SETTINGS_MODULE": "bench.stock.settings",
    }
    rows = subprocess.run(
        [sys.executable, "-m", "bench.stock.rows"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if rows.returncode:
        raise RuntimeError(rows.stderr)
    return Stock(environment, json.loads(rows.stdout))


def as_served(port: int) -> list[str]:
    """The same server with the same options as qlikauth's."""
    others = {
        "qlikauth.server": "bench.stock.serve",
        "qlikauth.wsgi:application": "bench.stock.wsgi:application",
    }
    return [others.get(part, part) for part in serving.as_served(port)]
