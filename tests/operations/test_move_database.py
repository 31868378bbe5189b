"""From SQLite to PostgreSQL with `manage.py move_database`: everything goes on, or nothing has happened."""

import json
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.database import SECRET_KEY

pytestmark = pytest.mark.postgresql
ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def new(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database on the server of this run."""
    name = f"moved_{uuid.uuid4().hex}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as postgres:
        postgres.execute(f'CREATE DATABASE "{name}"')
        yield f"{server.rpartition('/')[0]}/{name}"
        postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program of ours in an environment of its own, with its embedded database in `tmp_path`."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        usual = {
            "QLIKAUTH_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "qlikauth.settings",
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=kept | usual | environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def manage(run: Run) -> Run:
    return lambda *arguments, **environment: run("manage.py", *arguments, **environment)


def told(process: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert process.returncode == 0, process.stderr[-3000:]
    found: dict[str, Any] = json.loads(process.stdout)
    return found


def refused(process: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a command that fails: no traceback, and nothing on its standard output."""
    assert process.returncode != 0, process.stdout
    assert process.stdout == ""
    assert "Traceback" not in process.stderr
    assert "geheim" not in process.stderr
    return process.stderr


def rows_of(path: Path) -> dict[str, int]:
    """How many rows each table of an embedded database has."""
    with closing(sqlite3.connect(path / "qlikauth.sqlite3")) as sqlite:
        tables = [name for (name,) in sqlite.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sqlite.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  our own names
            for name in tables
            if not name.startswith("sqlite_") and name != "django_migrations"
        }


def is_empty(address: str) -> bool:
    """Whether nobody's data is in the database: no tenant, whatever tables there are."""
    with psycopg.connect(address) as postgres:
        found = postgres.execute("SELECT to_regclass('console_tenant')").fetchone()
        if found is None or found[0] is None:
            return True
        row = postgres.execute("SELECT count(*) FROM console_tenant").fetchone()
        return row is not None and row[0] == 0


def test_everything_goes_on_in_postgresql(run: Run, manage: Run, new: str, tmp_path: Path):
    manage("migrate", "--verbosity", "0")
    facts = told(run("-m", "tests.moved_world", "make"))
    before = rows_of(tmp_path)

    moved = told(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))

    assert moved == {"tables": before, "rows": sum(before.values()), "replaced": 1}
    assert rows_of(tmp_path) == before, "SQLite stays as it was"
    key = (tmp_path / "secret_key").read_text()
    there = {"DATABASE_URL": new, "QLIKAUTH_SECRET_KEY": key}
    assert manage("migrate", "--check", **there).returncode == 0
    assert told(run("-m", "tests.moved_world", "use", json.dumps(facts), **there)) == {
        "vendor": "postgresql",
        "logo": "WEBP",
        "session": 200,
        "audit_log": 200,
        "alive": True,
        "refreshed": 200,
        "refreshed_is_alive": True,
        "signed_in": True,
        "odd_name": "odd � name",
        "odd_details": {"reason": ["a�b", "�", "å😀", "\\u0000"]},
        "odd_moment": "2026-03-29T02:30:00.123456+00:00",
        "problems": 2,
        "new_client": True,
        "new_connection": True,
    }
    again = refused(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))
    assert "holds data already" in again


def test_it_says_what_to_set_and_shows_neither_password_nor_key(manage: Run, new: str, tmp_path: Path):
    manage("migrate", "--verbosity", "0")
    manage("create_tenant", "acme", "--name", "Acme AB")
    address = new.replace("postgres@", "postgres:geheim@")  # the server of the run asks nobody for a password

    moved = manage("move_database", QLIKAUTH_NEW_DATABASE_URL=address)

    assert moved.returncode == 0, moved.stderr
    assert "DATABASE_URL" in moved.stdout
    assert f'"$(cat {tmp_path / "secret_key"})"' in moved.stdout
    assert "geheim" not in moved.stdout + moved.stderr
    assert (tmp_path / "secret_key").read_text() not in moved.stdout + moved.stderr


def test_a_table_is_copied_in_batches_and_one_row_that_is_refused_leaves_nothing(
    manage: Run, new: str, tmp_path: Path
):
    manage("migrate", "--verbosity", "0")
    manage("create_tenant", "acme", "--name", "Acme AB")
    with closing(sqlite3.connect(tmp_path / "qlikauth.sqlite3", isolation_level=None)) as sqlite:
        rows = [(f"ip {number}", "2030-01-01 00:00:00", number) for number in range(4001)]
        sqlite.executemany(
            'INSERT INTO console_failedattempts ("key", "window", failures) VALUES (?, ?, ?)', rows
        )
        sqlite.execute("UPDATE console_failedattempts SET failures = ? WHERE failures = 3999", [2**40])

    refusal = refused(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))

    assert "console_failedattempts" in refusal
    assert "Nothing was copied" in refusal
    assert is_empty(new)
    with closing(sqlite3.connect(tmp_path / "qlikauth.sqlite3", isolation_level=None)) as sqlite:
        sqlite.execute("UPDATE console_failedattempts SET failures = 1")
    # the tables that the first attempt made are no hindrance
    moved = told(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))
    assert moved["tables"]["console_failedattempts"] == 4001


def test_a_region_that_runs_is_not_moved(manage: Run, new: str, tmp_path: Path):
    manage("migrate", "--verbosity", "0")
    with closing(sqlite3.connect(tmp_path / "qlikauth.sqlite3")) as server:
        server.execute("SELECT count(*) FROM console_tenant").fetchone()  # and is idle now

        assert "stop the server" in refused(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))
    assert is_empty(new)


def test_a_database_of_something_else_is_left_alone(manage: Run, new: str):
    manage("migrate", "--verbosity", "0")
    with psycopg.connect(new) as postgres:
        postgres.execute("CREATE TABLE orders (number int)")

    assert "orders" in refused(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))
    with psycopg.connect(new) as postgres:
        assert postgres.execute("SELECT to_regclass('console_tenant')").fetchone() == (None,)


def test_what_is_not_migrated_is_not_moved(manage: Run, new: str):
    assert "manage.py migrate" in refused(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))
    manage("migrate", "console", "0005", "--verbosity", "0")
    assert "manage.py migrate" in refused(manage("move_database", "--json", QLIKAUTH_NEW_DATABASE_URL=new))


def test_it_wants_sqlite_here_and_postgresql_there(manage: Run, new: str, tmp_path: Path):
    move = ("move_database", "--json")
    assert "QLIKAUTH_NEW_DATABASE_URL" in refused(manage(*move))
    assert "QLIKAUTH_NEW_DATABASE_URL" in refused(manage(*move, "postgresql://u:geheim@h/n"))
    there = {"DATABASE_URL": new, "QLIKAUTH_SECRET_KEY": SECRET_KEY}
    assert "already" in refused(manage(*move, QLIKAUTH_NEW_DATABASE_URL=new, **there))
    manage("migrate", "--verbosity", "0")
    assert "must be PostgreSQL" in refused(
        manage(*move, QLIKAUTH_NEW_DATABASE_URL=f"sqlite:///{tmp_path}/other.sqlite3")
    )
    away = "postgresql://u:geheim@127.0.0.1:1/n"
    assert "does not answer" in refused(manage(*move, QLIKAUTH_NEW_DATABASE_URL=away))
    assert "QLIKAUTH_NEW_DATABASE_URL" in refused(
        manage(*move, QLIKAUTH_NEW_DATABASE_URL="mysql://u:geheim@h/n")
    )
