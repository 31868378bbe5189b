"""What is counted in a grown region: the big tenant's totals of a year, and the uses of its clients in thirty days."""

TABLES = ("usecount", "usetotal")

# Every client is used every day, and one in ten was refused something an hour ago.
STATEMENTS = [
    """
    INSERT INTO console_usetotal (tenant_id, begins_at, what, number)
    SELECT {tenant}, date_trunc('day', now(), 'UTC') - n * interval '1 day', what, 1000 + n
    FROM generate_series(0, 399) n, unnest(ARRAY['sign_in', 'token', 'refusal']) what
    """,
    """
    INSERT INTO console_usecount (tenant_id, client_id, span, begins_at, kind, "grant", outcome, redirect_uri, number,
        last_at, last_address, last_agent)
    SELECT {tenant}, {last_client} + c, 'day', date_trunc('day', now(), 'UTC') - n * interval '1 day', md5('given'),
        'refresh_token', '', '', 5,
        least(now(), date_trunc('day', now(), 'UTC') - n * interval '1 day' + interval '23 hours'), '192.0.2.1', 'app'
    FROM generate_series(1, {own_clients}) c, generate_series(0, 29) n
    """,
    """
    INSERT INTO console_usecount (tenant_id, client_id, span, begins_at, kind, "grant", outcome, redirect_uri, number,
        last_at, last_address, last_agent)
    SELECT {tenant}, {last_client} + c, 'day', date_trunc('day', now() - interval '1 hour', 'UTC'), md5('refused'),
        'refresh_token', 'refresh_token_ended', '', 5, now() - interval '1 hour', '192.0.2.1', 'app'
    FROM generate_series(1, {own_clients}) c WHERE c % 10 = 0
    """,
]
