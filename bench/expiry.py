"""What removing expired rows costs among five million token families with five million refresh tokens, on PostgreSQL.

Three runs: one with hardly anything to do, one that removes a twentieth of everything, and one directly after that,
which reads past what is not vacuumed yet. What counts is the longest statement, COMMIT included: whoever waits for a
row waits that long, and a statement of 15 seconds is cancelled.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .databases import database
from .region import region

ROWS = 5_000_000  # families, and as many refresh tokens
FEW, MANY, NONE = 13, ROWS // 20, 0  # that have expired, of each
SLICE = 250_000  # rows that one statement makes


@dataclass
class Expiry:
    """One run: rows removed, seconds, milliseconds of each statement, and the longest ones with their beginning."""

    due: int
    removed: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    statements: list[float] = field(default_factory=list)
    longest: list[tuple[float, str]] = field(default_factory=list)


def measure(kind: str) -> list[Expiry]:
    """All runs. `kind` must be postgresql: on SQLite one writer has the database to itself in any case."""
    if kind != "postgresql":
        raise SystemExit("--expiry measures PostgreSQL: add --database=postgresql.")
    with database(kind) as used, region(used.url) as made:
        os.environ.update(made.environment)
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "qlikauth.settings"
        django.setup()
        _fill(made.application.client_id)
        return [_run(due) for due in (FEW, MANY, NONE)]


def _run(due: int) -> Expiry:
    from console.management import expiry

    if due:
        _let_expire(due)
    outcome = Expiry(due)
    with _timed(outcome):
        summary = expiry.run(tell=print)
    if summary.failed or not summary.finished:
        raise RuntimeError(summary)
    outcome.removed = {name: number for name, number in summary.removed.items() if number}
    outcome.seconds = summary.seconds
    return outcome


@contextmanager
def _timed(outcome: Expiry) -> Iterator[None]:
    from django.db import connection

    def note(statement: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        try:
            return work()
        finally:
            outcome.statements.append((time.perf_counter() - began) * 1000)
            outcome.longest.append((outcome.statements[-1], statement[:160]))
            outcome.longest = sorted(outcome.longest, reverse=True)[:5]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return note(sql, lambda: execute(sql, params, many, context))

    commit = connection._commit  # type: ignore[attr-defined]  # Django tells nobody else of a COMMIT
    connection._commit = lambda: note("COMMIT", commit)  # type: ignore[attr-defined]
    try:
        with connection.execute_wrapper(wrapper):
            yield
    finally:
        connection._commit = commit  # type: ignore[attr-defined]


def _fill(client_id: str) -> None:
    """Families that live, each with a refresh token; of two clients, so that an index by client singles nobody out."""
    from console.models import Client, User

    client = Client.with_deleted_anywhere.get(client_id=client_id)
    person = User._base_manager.filter(tenant=client.tenant_id)[0]
    fixed = [client.tenant_id, client.pk, person.pk]
    for setting in (
        "statement_timeout = 0",
        "synchronous_commit = off",
        "session_replication_role = replica",
    ):
        _execute(
            f"SET {setting}"
        )  # what is written here is right: no need to look up what each row refers to
    later = _without_indexes("console_tokenfamily", "console_refreshtoken")
    for begun in range(0, ROWS, SLICE):
        _execute(FAMILIES, [*fixed, begun + 1, begun + SLICE])
        _execute(REFRESH_TOKENS, [*fixed, begun + 1, begun + SLICE])
    for definition in later:
        _execute(definition)
    _execute("VACUUM ANALYZE")  # as a database does by itself
    for setting in ("statement_timeout", "synchronous_commit", "session_replication_role"):
        _execute(f"RESET {setting}")


def _without_indexes(*tables: str) -> list[str]:
    """Drops the indexes that no constraint needs; what makes them again."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [list(tables)])
        found = cursor.fetchall()
    for name, _definition in found:
        _execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _let_expire(number: int) -> None:
    """Lets `number` families and their refresh tokens expire, spread over the whole table, at different moments."""
    every = ROWS // number
    _execute("SET statement_timeout = 0")
    _execute(EXPIRED_FAMILIES, [every])
    _execute(EXPIRED_REFRESH_TOKENS)
    _execute("VACUUM ANALYZE")
    _execute("RESET statement_timeout")


def _execute(sql: str, parameters: list[Any] | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes LEFT JOIN pg_constraint ON conname = indexname
    WHERE tablename = ANY(%s) AND conname IS NULL
"""
FAMILIES = """
    INSERT INTO console_tokenfamily (id, tenant_id, client_id, user_id, grant_type, scope, began_at, last_used_at,
        access_expires_at, expires_at, kept_until, ended_reason, device_type, description)
    SELECT md5(number::text)::uuid, %s, %s, %s, 'authorization_code', 'openid offline_access', now(), now(),
        now() + interval '1 hour', now() + interval '180 days',
        now() + interval '20 days' + (number %% 1000000) * interval '1 second', '', '', ''
    FROM generate_series(%s, %s) AS number
"""
REFRESH_TOKENS = """
    INSERT INTO console_refreshtoken (tenant_id, application_id, user_id, family_id, token_checksum, made_at,
        expires_at)
    SELECT %s, %s, %s, md5(number::text)::uuid, md5(number::text) || md5('x' || number::text), now(),
        now() + interval '30 days' + number * interval '1 millisecond'
    FROM generate_series(%s, %s) AS number
"""
EXPIRED_FAMILIES = """
    UPDATE console_tokenfamily SET access_expires_at = now() - interval '2 days',
        kept_until = now() - (('x' || right(id::text, 6))::bit(24)::int %% 2000000) * interval '1 second'
    WHERE ('x' || left(id::text, 7))::bit(28)::int %% %s = 0
"""
EXPIRED_REFRESH_TOKENS = """
    UPDATE console_refreshtoken SET expires_at = now() - interval '1 day'
        - console_refreshtoken.id * interval '1 millisecond'
    FROM console_tokenfamily AS family WHERE family.id = family_id AND family.kept_until <= now()
"""
