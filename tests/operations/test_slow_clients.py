"""Nobody holds a thread of the served region at their own pace, whether they write slowly or read slowly."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from console.models import Action
from tests.served import (
    PATIENCE,
    ROOT,
    Served,
    environment_of,
    free_port,
    http,
    new_database,
    rest_of,
    served,
    status_of,
)

pytestmark = pytest.mark.loopback
SOON = (
    4  # seconds within which a request is answered on a busy machine; a held thread would be held for longer
)
LIMIT = 1  # seconds: both deadlines of the served region
WRITERS, READERS = 200, 50
EVENTS = 6_000
MIB = 1024 * 1024


@dataclass
class World:
    """What the served region has: acme, and what is sent to its host."""

    host: str
    token: bytes  # a token request
    export: bytes  # a request for an audit log of more bytes than two kernels hold between two programs


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An empty database of the kind that is tested on, as a region's environment names it."""
    with new_database(tmp_path_factory.mktemp("served")) as environment:
        yield environment


@pytest.fixture(scope="module")
def world(port: int, database: dict[str, str]) -> World:
    command = [sys.executable, "-m", "tests.served_world", str(port), str(EVENTS)]
    made = subprocess.run(
        command, cwd=ROOT, env=environment_of(port, database), stdout=subprocess.PIPE, check=True
    )
    found = json.loads(made.stdout)
    host = found["host"]
    return World(
        host,
        http("POST", "/oauth/token", host, found["authorization"], body=b"grant_type=client_credentials"),
        http("GET", "/console/events/export?format=jsonl", host, found["cookie"]),
    )


Serve = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def serve(world: World, database: dict[str, str]) -> Serve:
    """`with serve(receive_seconds=60) as region`: another server of the same region, with settings of its own."""
    return lambda **limits: served(free_port(), database, **limits)


@pytest.fixture(scope="module")
def serving(world: World, port: int, database: dict[str, str]) -> Iterator[Served]:
    with served(port, database, receive_seconds=LIMIT, send_seconds=LIMIT) as running:
        yield running


@pytest.fixture
def region(serving: Served) -> Iterator[Served]:
    """The served region. Connections are closed after each test."""
    yield serving
    serving.close()


def answered(region: Served, *requests: bytes) -> bool:
    """Whether each of them, and both probes, get their answer soon."""
    for request in (*requests, http("GET", "/healthz", "x"), http("GET", "/readyz", "x")):
        began = time.monotonic()
        if status_of(region.ask(request)) != 200 or time.monotonic() - began > SOON:
            return False
    return True


def beginning(kind: str, host: str) -> bytes:
    """A request that is not at its end."""
    head = http("POST", "/oauth/token", host, keep=True)[:-2]
    return {
        "nothing": b"",
        "part of a line": b"POST /oau",
        "part of a head": head,
        "part of a body": head + b"Content-Length: 1000\r\n\r\nx",
        "part of a chunk": head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "a chunk": head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        "no body before 100 Continue": head + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
        "part of a second request": http("GET", "/healthz", host, keep=True) + head,
    }[kind]


KINDS = [
    "part of a line",
    "part of a head",
    "part of a body",
    "part of a chunk",
    "a chunk",
    "no body before 100 Continue",
    "part of a second request",
]


def test_slow_writers_and_slow_readers_hold_nobody_up(region: Served, world: World):
    slow = [*KINDS, "nothing"]
    for number in range(WRITERS):
        region.connect(beginning(slow[number % len(slow)], world.host))
    readers = [region.connect(world.export, window=4096) for _ in range(READERS)]
    began = [reader.recv(12) for reader in readers]

    assert answered(region, world.token)
    assert began == [b"HTTP/1.1 200"] * READERS


@pytest.mark.spec("RFC 9110", "15.5.9")
def test_a_request_that_does_not_come_in_time_gets_408(region: Served, world: World):
    slow = {kind: region.connect(beginning(kind, world.host)) for kind in KINDS}
    ends = {kind: rest_of(connection) for kind, connection in slow.items()}

    for kind, end in ends.items():
        assert b"HTTP/1.1 408 " in end, kind
        assert b"connection: close" in end, kind


def test_a_deadline_is_not_moved_by_each_byte(region: Served, world: World):
    """One byte now and then is as slow as none."""
    slow = region.connect(beginning("part of a body", world.host))
    slow.settimeout(0.2)
    deadline = time.monotonic() + PATIENCE
    came = b""
    while not came and time.monotonic() < deadline:
        slow.sendall(b"x")
        try:
            came = slow.recv(12)
        except TimeoutError:
            continue

    assert came == b"HTTP/1.1 408"


def test_a_connection_without_a_request_is_closed(region: Served):
    assert rest_of(region.connect()) == b""


def test_a_connection_that_is_kept_may_be_quiet_for_longer(region: Served):
    kept = region.connect(http("GET", "/healthz", "x", keep=True))
    assert kept.recv(12) == b"HTTP/1.1 200"
    quiet = region.connect()
    assert rest_of(quiet) == b""  # the deadline for a request has passed

    kept.sendall(http("GET", "/healthz", "x"))

    assert rest_of(kept).count(b"HTTP/1.1 200") == 1


def test_a_reader_that_is_too_slow_is_dropped_and_has_no_whole_file(region: Served, world: World):
    """What arrived ends without the last chunk, so that nobody takes it for the whole log."""
    whole = region.ask(world.export)
    slow = region.connect(world.export, window=4096)
    slow.recv(1)
    for _ in range(2):  # the deadline has passed twice, and no connection is looked after less often
        assert rest_of(region.connect()) == b""

    part = rest_of(slow)

    assert whole.endswith(b"0\r\n\r\n")
    assert len(part) < len(whole)
    assert not part.endswith(b"0\r\n\r\n")


def test_a_reader_with_a_pace_gets_the_whole_log(region: Served, world: World):
    """Slower than the deadline in all, and never slower than it for one piece."""
    reader = region.connect(world.export)
    came, began = b"", time.monotonic()
    while part := reader.recv(256 * 1024):
        came += part
        if time.monotonic() - began < 1.5 * LIMIT:
            time.sleep(0.1)  # a slow line, not a wait for something to happen

    lines = [line for line in came.split(b"\r\n\r\n", 1)[1].splitlines() if line.startswith(b"{")]
    assert came.endswith(b"0\r\n\r\n")
    assert len(lines) > EVENTS - 1000  # one that a chunk ends in is in two parts
    assert json.loads(lines[1])["action"] == Action.TOKENS_REFUSED


def test_answers_that_nobody_reads_are_dropped(region: Served, world: World):
    """Many requests at once on one connection, and no look at any answer."""
    file = http("GET", "/static/django_htmx/htmx-2.min.js", world.host, keep=True)
    unread = region.connect(file * 100, window=4096)
    for _ in range(2):
        assert rest_of(region.connect()) == b""
    assert answered(region)

    assert 0 < len(rest_of(unread)) < 100 * 50_000


@pytest.mark.spec("RFC 9110", "15.5.14")
@pytest.mark.parametrize("length", [MIB + 1, 3 * MIB, 500 * MIB])
@pytest.mark.parametrize("expects", [True, False])
def test_a_body_that_is_too_long_is_refused_and_not_kept(
    region: Served, world: World, length: int, expects: bool
):
    headers = [f"Content-Length: {length}", *(["Expect: 100-continue"] if expects else [])]
    connection = region.connect(http("POST", "/oauth/token", world.host, *headers))
    if not expects and length < 4 * MIB:
        connection.sendall(b"x" * length)

    answer = rest_of(connection)

    assert status_of(answer) == 413  # and not 100
    assert b'"error": "invalid_request"' in answer


def test_chunks_without_end_are_refused(region: Served, world: World):
    connection = region.connect(
        http("POST", "/oauth/token", world.host, "Transfer-Encoding: chunked", keep=True)
    )
    connection.settimeout(SOON)
    came = b""
    with suppress(ConnectionError):  # it may be closed before everything is sent
        for _ in range(64):
            connection.sendall(b"80000\r\n" + b"x" * 0x80000 + b"\r\n")
        came = connection.recv(12)

    assert came in {b"", b"HTTP/1.1 413"}
    assert answered(region)


@pytest.mark.spec("RFC 6585", "5")
@pytest.mark.parametrize(
    "headers",
    [
        b"X-Long: " + b"x" * 100_000 + b": " + b"x" * 100_000,
        b"x" * 200_000 + b": y",
        b"\r\n".join(b"X-%d: y" % number for number in range(200)),
    ],
    ids=["one value", "a long name", "many"],
)
def test_a_head_that_is_too_long_is_refused(region: Served, headers: bytes):
    answer = region.ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n")

    assert status_of(answer) == 431


@pytest.mark.parametrize("kind", ["part of a head", "part of a body", "nothing"])
def test_of_too_many_connections_the_one_that_waits_longest_is_closed(serve: Serve, world: World, kind: str):
    with serve(receive_seconds=60, max_connections=20) as region:
        waiting = [region.connect(beginning(kind, world.host))]
        assert answered(region)
        waiting += [region.connect(beginning(kind, world.host)) for _ in range(18)]
        waiting.append(region.connect(beginning("part of a head", world.host)))

        assert answered(region)
        assert rest_of(waiting[0]) == b""
        waiting[-1].sendall(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        assert status_of(rest_of(waiting[-1])) == 400  # it has no parameters


def test_many_large_bodies_leave_room_for_small_ones(serve: Serve, world: World):
    head = http("POST", "/oauth/token", world.host, f"Content-Length: {MIB}")
    with serve(receive_seconds=10) as region:
        large = [region.connect(head + b"x" * (MIB - 1)) for _ in range(60)]

        assert answered(region, world.token)
        assert b"HTTP/1.1 503 " in {large_one.recv(13) for large_one in refused(large)}
        assert answered(region, world.token)


def refused(connections: list[socket.socket]) -> list[socket.socket]:
    """Those on which an answer has come by the time that a request behind them all is answered."""
    found = []
    for connection in connections:
        connection.settimeout(0.01)
        try:
            if connection.recv(1, socket.MSG_PEEK):
                found.append(connection)
        except TimeoutError:
            continue
        except OSError:
            continue
    return found


def test_a_client_that_leaves_leaves_nothing_behind(region: Served, world: World):
    for _ in range(30):
        region.connect(world.token[:-1]).close()
        region.connect(world.token).close()
        leaves = region.connect(world.export, window=4096)
        leaves.recv(1)
        leaves.close()

    assert answered(region, world.token)


def test_the_end_waits_for_what_has_begun_and_not_for_the_slow(serve: Serve, world: World):
    with serve(receive_seconds=4, send_seconds=LIMIT) as region:
        for kind in [*KINDS, "nothing"]:
            region.connect(beginning(kind, world.host))
        reader = region.connect(world.export, window=4096)
        reader.recv(1)
        assert answered(region)
        begun = region.connect(world.token[:-1])

        region.stop()
        while accepts(region):
            time.sleep(0.05)  # until nothing is accepted any more, which comes first
        begun.sendall(world.token[-1:])

        assert status_of(rest_of(begun)) == 200
        assert region.process.wait(PATIENCE) == 0


def accepts(region: Served) -> bool:
    try:
        region.connect(b"").close()
    except OSError:
        return False
    return True


@pytest.mark.spec("RFC 9110", "7.8")
def test_a_client_that_offers_another_protocol_is_answered_in_this_one(region: Served, world: World):
    """Java's HttpClient does, with its first request over plain http, whatever it is."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nHost:"
    request = world.token.replace(b"Connection: close\r\n", b"").replace(b"Host:", offer, 1)
    connection = region.connect(request)
    first = b""
    while not first.endswith(b"}"):
        first += connection.recv(65536)
    connection.sendall(world.token)

    assert status_of(first) == 200
    assert status_of(rest_of(connection)) == 200


def test_requests_may_follow_each_other_without_waiting(region: Served, world: World):
    kept = world.token.replace(b"Connection: close\r\n", b"")

    assert region.ask(kept * 3 + world.token).count(b"access_token") == 4


@pytest.mark.spec("RFC 9112", "6.3")
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 29\r\nTransfer-Encoding: chunked",
        b"Content-Length: 29\r\nContent-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: +29",
        b"Transfer-Encoding: chunked, x",
    ],
)
def test_a_body_whose_end_can_be_read_in_two_ways_is_refused(region: Served, world: World, framing: bytes):
    answer = region.ask(world.token.replace(b"Content-Length: 29", framing))

    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.spec("RFC 9110", "6.5.1")
def test_what_stands_behind_the_body_is_no_header(region: Served, world: World):
    """A proxy judges the headers; some hand on what comes behind the body as it is."""
    head, body = world.token.split(b"\r\n\r\n", 1)
    authorization = next(line for line in head.split(b"\r\n") if line.startswith(b"Authorization:"))
    head = head.replace(authorization, b"Transfer-Encoding: chunked")
    head = head.replace(b"Content-Length: %d\r\n" % len(body), b"").replace(
        b"\r\nContent-Length: %d" % len(body), b""
    )
    sent = head + b"\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(body), body)

    assert status_of(region.ask(sent + b"\r\n")) in {400, 401}
    assert status_of(region.ask(sent + authorization + b"\r\n\r\n")) in {400, 401}


def test_a_header_with_an_underscore_stands_for_no_other(region: Served, world: World):
    """A proxy that sets or removes a header does not touch the one with the underscore."""
    page = region.ask(http("GET", "/login", world.host, "Accept-Language: en", "Accept_Language: sv"))
    token = region.ask(world.token.replace(b"\r\n\r\n", b"\r\nContent_Length: x\r\n\r\n", 1))

    assert b'<html lang="en"' in page
    assert status_of(token) == 200


@pytest.mark.spec("RFC 9112", "3.2.2")
def test_a_host_in_the_target_counts_and_the_header_does_not(region: Served, world: World):
    there = region.ask(http("GET", f"http://{world.host}/login", "nowhere.example"))
    elsewhere = region.ask(http("GET", "http://nowhere.example/login", world.host))

    assert (status_of(there), status_of(elsewhere)) == (200, 404)


def test_an_old_client_that_offers_another_protocol_has_its_connection_closed(region: Served, world: World):
    """HTTP/1.0 ends an answer by closing the connection (RFC 9112 §9.3)."""
    request = world.token.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    offered = request.replace(b"Connection: close", b"Connection: Upgrade\r\nUpgrade: h2c", 1)

    assert b"connection: close" in region.ask(offered).lower()


def test_head_has_the_length_and_not_the_content(region: Served, world: World):
    page = region.ask(http("HEAD", "/.well-known/oauth-authorization-server", world.host))
    log = region.ask(world.export.replace(b"GET", b"HEAD", 1))

    assert int(header(page, "content-length")) > 1000
    assert page.endswith(b"\r\n\r\n")
    assert (status_of(log), log.split(b"\r\n\r\n", 1)[1]) == (200, b"")


def header(answer: bytes, name: str) -> str:
    head = answer.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
    found: dict[str, Any] = dict(line.split(": ", 1) for line in head[1:])
    return str(found[name])
