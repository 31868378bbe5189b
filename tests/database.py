"""Which database a test run uses: `pytest --database=sqlite` (the default) or `--database=postgresql`.

Loaded with `-p`, before Django's settings, because they are read from the environment once. Workers of pytest-xdist
inherit what the first process decides here, so that a run has one PostgreSQL server and one temporary directory.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from . import migrated, postgres

POSTGRESQL = ("postgresql:", "postgres:")
# A password hash or a signature of a test needs no real key; equal in every process, unlike a generated one.
SECRET_KEY = "for tests only: 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        help="Without it DATABASE_URL decides, and SQLite when that is unset. With postgresql a server is started "
        "for the run, unless DATABASE_URL names one.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Prepares the environment that the settings are read from."""
    keep_compiled()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    forget_deployment()
    directory = tempfile.mkdtemp(prefix="qlikauth-tests-")
    early_config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    os.environ["QLIKAUTH_VAR"] = directory
    os.environ["QLIKAUTH_SECRET_KEY"] = SECRET_KEY
    database = early_config.known_args_namespace.database
    os.environ.pop(migrated.TEMPLATE, None)
    if database == "sqlite" or (database is None and not os.environ.get("DATABASE_URL")):
        os.environ.pop("DATABASE_URL", None)
        migrated.prepare_sqlite(Path(directory))
    elif database == "postgresql" and not os.environ.get("DATABASE_URL", "").startswith(POSTGRESQL):
        server = postgres.start()
        early_config.add_cleanup(server.stop)
        migrated.prepare_postgresql(server)
        os.environ["DATABASE_URL"] = server.url


def keep_compiled() -> None:
    """Compiled modules are kept in __pycache__, even where PYTHONDONTWRITEBYTECODE says otherwise.

    Pytest rewrites the assertions of every module, which takes seconds in each process, and tests start many programs.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def forget_deployment() -> None:
    """Tests run with the defaults, whatever deployment the shell is set up for."""
    for name in [name for name in os.environ if name.startswith("QLIKAUTH_") and name != "QLIKAUTH_CHROMIUM"]:
        del os.environ[name]


def pytest_report_header() -> str:
    return (
        f"database: {'PostgreSQL' if os.environ.get('DATABASE_URL', '').startswith(POSTGRESQL) else 'SQLite'}"
    )
