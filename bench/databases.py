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
    """Addresses of two empty databases, "" for SQLite, and the server's processes."""

    name: str
    url: str = ""
    stock_url: str = ""
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
            connection.execute("CREATE DATABASE stock")
            version = connection.info.server_version // 10000
        stock_url = server.url.removesuffix("/postgres") + "/stock"
        yield Database(
            f"PostgreSQL {version} (synchronous_commit=on)", server.url, stock_url, server.process.pid
        )
    finally:
        server.stop()
