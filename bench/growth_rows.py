"""The rows of a grown region: ten thousand tenants, one of them big, and what a year of use leaves behind.

PostgreSQL makes the rows itself,
        from numbers; Python would need longer to write them into a COPY than the server needs
to store them. Indexes and constraints are taken away first and come back afterwards: that the foreign keys hold, and
that nothing is there twice, is checked then.
"""

import json
from dataclasses import dataclass
from typing import Any

import psycopg

from . import growth_uses

APPROVED = {"scopes": ["openid", "profile", "email", "offline_access"]}
DELETED, ADMINISTRATED, SOME = 100, 200, 100
DISTINCT_PLACES = 1_000_003  # prime: rows of one client do not lie beside one another


@dataclass(frozen=True)
class Size:
    """How many rows there are at scale 1, times `scale`; of the big tenant, and altogether."""

    scale: float = 1.0

    def of(self, number: int) -> int:
        return max(int(number * self.scale), 1)

    @property
    def numbers(self) -> dict[str, int]:
        """What the statements below call the numbers."""
        return {
            "others": self.of(10_000) - 1,  # tenants beside the big one
            "clients": self.of(1_000_000),
            "own_clients": self.of(10_000),
            "people": self.of(250_000),
            "own_people": self.of(100_000),
            "families": self.of(5_000_000),
            "popular_here": self.of(400_000),
            "popular": self.of(500_000),
            "with_own": self.of(1_000_000),  # families of the big tenant end at this number
            "events": self.of(10_000_000),
            "open": self.of(2_000),
            "requests": self.of(20_000),
        }


@dataclass(frozen=True)
class Big:
    """The big tenant, its administrator and its popular client, whose connections run on `terms`."""

    tenant: Any
    user: Any
    client: int
    connection: int
    terms: dict[str, Any]


def load(url: str, size: Size, big: Big) -> None:
    """Fills an almost empty database. Takes some minutes and 10 GB at scale 1."""
    with psycopg.connect(url) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET synchronous_commit = off")
        away = _take_away(connection)
        fixed = {"tenant": f"'{big.tenant}'::uuid", "user": f"'{big.user}'::uuid"}
        fixed |= {"popular_client": big.client, "popular_connection": big.connection}
        fixed |= {"terms": _literal(big.terms), "scopes": _literal(big.terms["scopes"])}
        for table in ("client", "connection", "event", "connectionrequest"):
            fixed[f"last_{table}"] = _last(connection, table)
        for statement in [*STATEMENTS, *growth_uses.STATEMENTS]:
            connection.execute(statement.format_map(size.numbers | fixed))
        for statement in away:
            connection.execute(statement)
        for table in (*TABLES, *growth_uses.TABLES):
            _go_on_after(connection, table)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE)")


def _literal(value: Any) -> str:
    return "'" + json.dumps(value).replace("'", "''") + "'::jsonb"


def _last(connection: "psycopg.Connection[Any]", table: str) -> int:
    row = connection.execute(f"SELECT coalesce(max(id), 0) FROM console_{table}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def _go_on_after(connection: "psycopg.Connection[Any]", table: str) -> None:
    last = _last(connection, table) + 1
    connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [f"console_{table}", last])


def _take_away(connection: "psycopg.Connection[Any]") -> list[str]:
    """Drops indexes and constraints of our tables. Returns what makes them again."""
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid::regclass::text LIKE 'console_%' AND contype IN ('p', 'u', 'f')"
        " ORDER BY array_position(ARRAY['p', 'u', 'f'], contype::text)"
    ).fetchall()
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text LIKE 'console_%'"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
    ).fetchall()
    for table, name, _definition in reversed(constraints):
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        connection.execute(f"DROP INDEX {name}")
    made = [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}' for table, name, text in constraints]
    keys = [text for text in made if "FOREIGN KEY" not in text]
    return [*keys, *(text for _name, text in indexes), *(text for text in made if "FOREIGN KEY" in text)]


TABLES = (
    "client",
    "clientorigin",
    "connection",
    "connectionrequest",
    "connectionrequester",
    "consent",
    "event",
    "eventkeyword",
    "refreshtoken",
)

# Tenant 0 is the big one. The others have numbers from 1, and what belongs to them is dealt out in turn: thing number w
# of theirs is of tenant 1 + w % others.
_TENANT = "CASE WHEN {0} = 0 THEN {{tenant}} ELSE md5('tenant ' || {0})::uuid END"
_PERSON = "md5('person ' || {0})::uuid"
_SECRET = "encode(sha256(({0})::bytea), 'hex')"  # as long as a keyed digest, and of nothing that anybody has

STATEMENTS = [
    """
    INSERT INTO console_tenant (id, alias, name, issuer, created_at)
    SELECT md5('tenant ' || n)::uuid, 'tenant-' || n, substr(md5('name ' || n), 1, 5) || ' company ' || n,
        'https://tenant-' || n || '.example', now() - n % 1000 * interval '1 day'
    FROM generate_series(1, {others}) n
    """,
    """
    INSERT INTO console_hostname (host, tenant_id)
    SELECT 'tenant-' || n || '.example', md5('tenant ' || n)::uuid FROM generate_series(1, {others}) n
    """,
    # A key that another tenant has too: to make thousands takes an hour, and says nothing.
    """
    INSERT INTO console_signingkey (kid, algorithm, private_key, public_jwk, created_at, signs_from, tenant_id)
    SELECT substr(md5('key ' || n || algorithm), 1, 12) || kid, algorithm, private_key, public_jwk, created_at,
        signs_from, md5('tenant ' || n)::uuid
    FROM generate_series(1, {others}) n, console_signingkey WHERE tenant_id = {tenant}
    """,
    f"""
    INSERT INTO console_user (id, tenant_id, password, email, name, role, is_active, language, created_at, last_login)
    SELECT {_PERSON.format("n")}, {_TENANT.format("t")}, '!', 'person-' || n || '@example.com',
        CASE WHEN n % 10 = 0 THEN '' ELSE initcap(substr(md5('given ' || n), 1, 6)) || ' Name ' || n END,
        CASE WHEN n % 1000 = 0 THEN 'auditor' ELSE 'user' END, n % 50 > 0, 'en', now() - n % 900 * interval '1 day',
        now() - n % 90 * interval '1 day'
    FROM (SELECT n, CASE WHEN n <= {{own_people}} THEN 0 ELSE 1 + (n - {{own_people}} - 1) % {{others}} END t
        FROM generate_series(1, {{people}}) n) numbered
    """,
    f"""
    INSERT INTO console_client (id, tenant_id, client_id, type, name, description, homepage_url, redirect_uris,
        post_logout_redirect_uris, allowed_origins, allowed_scopes, grant_types, auth_methods, public_keys, algorithm,
        published_at, stays_connected, generation, version, deleted_at, created_at, updated_at, last_used_at)
    SELECT {{last_client}} + n, {_TENANT.format("t")}, md5('client ' || n), 'web',
        initcap(substr(md5('app ' || n), 1, 5)) || ' application ' || n, 'Made for measuring, number ' || n, '',
        '["https://application.example/callback"]', '[]', '[]', '["openid", "profile", "email", "offline_access"]',
        '["authorization_code", "refresh_token"]', '["client_secret"]', '[]', 'ES256',
        CASE WHEN n % 100 = 1 THEN now() - interval '90 days' END, false, 0, 1,
        CASE WHEN t = 0 AND n % {DELETED} = 50 THEN now() - n % 29 * interval '1 day' END,
        now() - n % 700 * interval '1 day', now(), now() - n % 5000 * interval '10 minutes'
    FROM (SELECT n, CASE WHEN n <= {{own_clients}} THEN 0 ELSE 1 + (n - {{own_clients}} - 1) % {{others}} END t
        FROM generate_series(1, {{clients}}) n) numbered
    """,
    f"""
    INSERT INTO console_clientsecret (id, tenant_id, client_id, digest, hint, created_at, last_used_at)
    SELECT md5('secret ' || id)::uuid, tenant_id, id, {_SECRET.format("client_id")}, substr(client_id, 1, 4),
        created_at,
        last_used_at
    FROM console_client WHERE id > {{last_client}}
    """,
    """
    INSERT INTO console_clientorigin (client_id, origin)
    SELECT id, 'https://spa-' || id || '.example' FROM console_client WHERE id > {last_client} AND id % 10 = 0
    """,
    # Each tenant's own; then the popular client in every tenant; then some of others in the big tenant.
    """
    INSERT INTO console_connection (id, tenant_id, client_id, status, consent_method, approved_at, terms,
        version, scopes,
        generation, last_used_at)
    SELECT {last_connection} + id - {last_client}, tenant_id, id, 'approved', 'required', created_at, '{{}}', 1,
        '[]', 0,
        last_used_at
    FROM console_client WHERE id > {last_client}
    """,
    """
    INSERT INTO console_connection (id, tenant_id, client_id, status, consent_method, approved_at, terms,
        version, scopes,
        generation, last_used_at)
    SELECT {last_connection} + {clients} + n, md5('tenant ' || n)::uuid, {popular_client},
        CASE WHEN n % 100 = 0 THEN 'blocked' ELSE 'approved' END, 'required', now() - n % 300 * interval '1 day',
        {terms}, 1, {scopes}, 0, now() - n % 90 * interval '1 day'
    FROM generate_series(1, {others}) n
    """,
    """
    INSERT INTO console_connection (id, tenant_id, client_id, status, consent_method, approved_at, terms,
        version, scopes,
        generation, last_used_at)
    SELECT {last_connection} + {clients} + {others} + row_number() OVER (ORDER BY id), {tenant}, id, 'approved',
        'required', now() - interval '50 days', {terms}, 1, {scopes}, 0, now()
    FROM (SELECT id FROM console_client WHERE tenant_id <> {tenant} AND published_at IS NOT NULL ORDER BY id
        LIMIT 100) p
    """,
    # Of the popular client here and elsewhere, of the big tenant's other clients, and of everybody else.
    f"""
    INSERT INTO console_tokenfamily (id, tenant_id, client_id, user_id, grant_type, scope, auth_time, began_at,
        last_used_at, access_expires_at, expires_at, ended_at, ended_reason, device_type, description, generation,
        user_generation)
    SELECT md5('family ' || n)::uuid, {_TENANT.format("t")}, client, {_PERSON.format("person")}, 'authorization_code',
        'openid profile email offline_access', began, began, used, used + interval '1 hour',
        CASE WHEN n % 100 = 7 THEN now() - interval '1 day' ELSE began + interval '180 days' END,
        CASE WHEN n % 10 < 3 THEN greatest(used, began) + interval '1 minute' END,
        CASE WHEN n % 10 < 3 THEN 'revoked' ELSE '' END, '', '', '0.' || connection || '.0', 0
    FROM (SELECT n, t,
        CASE WHEN n <= {{popular}} THEN {{popular_client}}
            WHEN t = 0 THEN {{last_client}} + 1 + n % {{own_clients}}
            ELSE {{last_client}} + {{own_clients}} + t + turn % (({{clients}} - {{own_clients}}) / {{others}})
                * {{others}} END client,
        CASE WHEN n <= {{popular_here}} THEN {{popular_connection}}
            WHEN n <= {{popular}} THEN {{last_connection}} + {{clients}} + t
            WHEN t = 0 THEN {{last_connection}} + 1 + n % {{own_clients}}
            ELSE {{last_connection}} + {{own_clients}} + t + turn % (({{clients}} - {{own_clients}}) / {{others}})
                * {{others}} END connection,
        CASE WHEN t = 0 THEN 1 + (n * 7) % {{own_people}}
            ELSE {{own_people}} + t + (turn * 7) % (({{people}} - {{own_people}}) / {{others}}) * {{others}} END
                person,
        now() - n % 100 * interval '1 day' - interval '1 hour' began,
        now() - n % 100 * n % 29 / 29.0 * interval '1 day' - interval '30 minutes' used
        FROM (SELECT n, CASE WHEN n <= {{popular_here}} OR n > {{popular}} AND n <= {{with_own}} THEN 0
                ELSE 1 + n % {{others}} END t, n / {{others}} turn
            FROM (SELECT 1 + (m * {DISTINCT_PLACES}) % {{families}} n
                FROM generate_series(1::bigint, {{families}}) m) scattered) dealt) families
    """,
    f"""
    INSERT INTO console_refreshtoken (tenant_id, application_id, user_id, family_id, token_checksum, made_at,
        expires_at)
    SELECT tenant_id, client_id, user_id, id, {_SECRET.format("id::text")}, last_used_at,
        last_used_at + interval '30 days'
    FROM console_tokenfamily
    """,
    """
    INSERT INTO console_consent (tenant_id, client_id, user_id, connection_id, scopes, redirect_hosts, shown, given_at,
        updated_at)
    SELECT u.tenant_id, {popular_client}, u.id, c.id, {scopes}, '["application.example"]', '{{}}',
        now() - interval '20 days', now()
    FROM console_user u JOIN console_connection c ON c.tenant_id = u.tenant_id AND c.client_id = {popular_client}
    WHERE NOT EXISTS (SELECT FROM console_consent k WHERE k.user_id = u.id AND k.client_id = {popular_client})
    """,
    f"""
    INSERT INTO console_consent (tenant_id, client_id, user_id, connection_id, scopes, redirect_hosts, shown, given_at,
        updated_at)
    SELECT {{tenant}}, client_id, {{user}}, id, {{scopes}}, '["application.example"]', '{{{{}}}}', now(), now()
    FROM console_connection WHERE tenant_id = {{tenant}} AND id > {{last_connection}} ORDER BY id LIMIT {ADMINISTRATED}
    """,
    f"""
    INSERT INTO console_event (id, tenant_id, happened_at, action, actor_kind, actor_id, actor_name, address,
        target_kind,
        target_id, target_name, changes, details, times, trace_id)
    SELECT {{last_event}} + n, {_TENANT.format("t")}, now() - ({{events}} - n) * (interval '365 days' / {{events}}),
        (ARRAY['session.started', 'tokens.issued', 'consent.given', 'session.ended', 'client.updated',
            'secret.created',
            'tokens.refused', 'connection.updated', 'session.started', 'session.refused'])[1 + n % 10],
        CASE WHEN n % 10 = 6 THEN 'client' ELSE 'user' END, {_PERSON.format("n % {own_people}")}::text,
            'person@example.com',
        '192.0.2.' || n % 250, 'client', ({{last_client}} + 1 + n % {{own_clients}})::text, 'Application ' || n % 1000,
        '{{{{}}}}', '{{{{"scope": "openid profile"}}}}', 1, md5('trace ' || n)
    FROM (SELECT n, CASE WHEN n % 10 < 3 THEN 0 ELSE 1 + n % {{others}} END t
        FROM generate_series(1::bigint, {{events}}) n) numbered
    """,
    """
    INSERT INTO console_eventkeyword (tenant_id, word, event_id)
    SELECT tenant_id, md5('keyword ' || id % 5000), id FROM console_event WHERE id > {last_event} AND id % 50 = 1
    """,
    """
    INSERT INTO console_connectionrequest (id, tenant_id, client_id, status, opened_at, decided_at, answer)
    SELECT {last_connectionrequest} + n, {tenant}, {last_client} + {own_clients} + n,
        CASE WHEN n <= {open} THEN 'open' ELSE 'denied' END, now() - n * interval '5 minutes',
        CASE WHEN n > {open} THEN now() - n * interval '4 minutes' END, ''
    FROM generate_series(1, {requests}) n
    """,
    f"""
    INSERT INTO console_connectionrequester (tenant_id, request_id, user_id, reason, asked_at)
    SELECT {{tenant}}, {{last_connectionrequest}} + n, {_PERSON.format("1 + n % {own_people}")},
        'For the report', now()
    FROM generate_series(1, {{requests}}) n
    """,
]
