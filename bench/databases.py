"""The database of a run: SQLite, or the PostgreSQL server that the tests use, with every safety that a real one has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests import postgres

from . import machine

# What the tests switch off because their data is thrown away: here it is part of what a request costs.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}


@dataclass
class Database:
    """Addresses of empty databases, "" for SQLite, and the server's process."""

    name: str
    url: str = ""
    stock_url: str = ""
    peer_url: str = ""
    process: int | None = None


@contextmanager
def database(kind: str) -> Iterator[Database]:
    """`kind` is sqlite or postgresql."""
    if kind == "sqlite":
        yield Database("SQLite (WAL, synchronous=FULL)")
        return
    postgres.SETTINGS.update(DURABLE)
    with machine.on_cpu(machine.SERVER_CPU):
        server = postgres.start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for name in ("stock", "peer"):
                connection.execute(f"CREATE DATABASE {name}")
            version = connection.info.server_version // 10000
        yield Database(
            f"PostgreSQL {version} (synchronous_commit=on)",
            server.url,
            server.address_of("stock"),
            server.address_of("peer"),
            server.process.pid,
        )
    finally:
        server.stop()
