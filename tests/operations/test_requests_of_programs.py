"""A request that the application answers as a program's goes a shorter way, on which the server promises the same."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.served import PATIENCE, THREADS, Served, free_port, http, rest_of, served, status_of
from tests.served_programs import LARGE, TRACE_ID

pytestmark = [pytest.mark.loopback, pytest.mark.sqlite]  # there is no database in it
LIMIT = 1  # seconds: both deadlines of the server
CONNECTIONS = THREADS + 2  # of which one more is too many, as of requests
MIB = 1024 * 1024


@dataclass
class World:
    """A running server, its log, and a place for pipes."""

    server: Served
    log: Path
    place: Path

    def ask(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
        return self.server.ask(http(method, path, "x", *headers, body=body))

    def pipe(self, name: str) -> Path:
        """A new pipe, for /held."""
        made = self.place / name
        os.mkfifo(made)
        return made

    def times_asked(self, query: str) -> int:
        """How many times a thread has been asked with this query."""
        return int(body_of(self.ask(f"/count?{query}")))

    def lines(self, path: str) -> list[str]:
        """What the access log says of a path by now."""
        return [line for line in self.log.read_text().splitlines() if f' {path}" ' in line]


Serve = Callable[..., AbstractContextManager[World]]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """`with serve(receive_seconds=60) as world`: another server, with settings of its own."""

    @contextmanager
    def serving(**limits: int) -> Iterator[World]:
        place = tmp_path_factory.mktemp("programs")
        log = place / "log"
        nothing = {"QLIKAUTH_VAR": str(place), "DATABASE_URL": ""}
        application = "tests.served_programs:application"
        with served(free_port(), nothing, application, log, **limits) as server:
            yield World(server, log, place)

    return serving


@pytest.fixture(scope="module")
def running(serve: Serve) -> Iterator[World]:
    with serve(receive_seconds=LIMIT, send_seconds=LIMIT, max_connections=100) as world:
        yield world


@pytest.fixture
def world(running: World, tmp_path: Path) -> Iterator[World]:
    """The running server. Connections are closed after each test."""
    yield World(running.server, running.log, tmp_path)
    running.server.close()


def body_of(answer: bytes) -> bytes:
    return answer.split(b"\r\n\r\n", 1)[1]


def statuses(answers: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+) ", answers)]


def next_answer(connection: socket.socket) -> bytes:
    """One answer with a length, from a connection that is kept."""
    with connection.makefile("rb", buffering=0) as file:
        head = b"".join(iter(lambda: file.readline(), b"\r\n"))
        length = int(re.findall(rb"content-length: (\d+)", head)[0])
        return head + b"\r\n" + file.read(length) if length else head + b"\r\n"


class Held:
    """A request that a thread has taken, until `release`."""

    def __init__(self, world: World, name: str, **more: Any) -> None:
        self.path = world.pipe(name)
        self.connection = world.server.connect(http("GET", f"/held?{self.path}", "x", **more))
        self.pipe = self.path.open("wb")  # waits until the thread reads

    def release(self) -> None:
        self.pipe.close()


# --- Answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/kept", b"kept"),
        ("POST", "/kept", b"POST kept 3 of 3"),
        ("GET", "/asked?a=1", b"GET asked 0 of 0"),
        ("POST", "/asked", b"POST asked 3 of 3"),
        ("GET", "/page", b"page"),
    ],
)
def test_each_way_gives_a_whole_answer_with_its_date(world: World, method: str, path: str, said: bytes):
    answer = world.ask(path, method=method, body=b"a=1" if method == "POST" else b"")

    assert (status_of(answer), body_of(answer)) == (200, said)
    assert re.search(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", answer)


@pytest.mark.spec("RFC 9110", "9.3.2")
@pytest.mark.parametrize("path", ["/kept", "/asked"])
def test_head_has_the_length_and_no_content_and_others_may_follow(world: World, path: str):
    connection = world.server.connect(http("HEAD", path, "x", keep=True) + http("GET", "/asked", "x"))

    first, second = rest_of(connection).split(b"\r\n\r\n", 1)

    assert int(re.findall(rb"content-length: (\d+)", first)[0]) > 0
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")
    assert second.endswith(b"\r\n\r\nGET asked 0 of 0")


@pytest.mark.parametrize("path", ["/fails", "/splits", "/lies", "/kept?fails"])
def test_an_answer_that_cannot_be_one_is_500_and_the_last(world: World, path: str):
    answer = world.server.ask(http("GET", path, "x", keep=True))

    assert statuses(answer) == [500]
    assert b"connection: close" in answer
    assert b"x-other" not in answer


# --- Connections ----------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 9112", "9.3")
@pytest.mark.parametrize("path", ["/kept", "/asked"])
def test_a_connection_is_kept_until_somebody_closes_it(world: World, path: str):
    connection = world.server.connect()
    for _ in range(3):
        connection.sendall(http("GET", path, "x", keep=True))
        assert b"connection: close" not in next_answer(connection)
    connection.sendall(http("GET", path, "x"))

    assert b"connection: close" in rest_of(connection)


@pytest.mark.spec("RFC 9112", "9.3")
@pytest.mark.parametrize("path", ["/kept", "/asked"])
@pytest.mark.parametrize("headers", [[], ["Connection: keep-alive"]])
def test_an_old_client_has_its_connection_closed(world: World, path: str, headers: list[str]):
    request = http("GET", path, "x", *headers, keep=True)
    answer = world.server.ask(request.replace(b"HTTP/1.1", b"HTTP/1.0", 1))

    assert statuses(answer) == [200]
    assert b"connection: close" in answer


@pytest.mark.spec("RFC 9112", "9.3.2")
def test_answers_come_in_the_order_of_the_requests(world: World):
    """Each of them in another way, and the first as late as can be."""
    paths = ["/kept", "/asked", "/page", "/kept", "/page", "/asked"]
    held = Held(world, "held", keep=True)
    held.connection.sendall(b"".join(http("GET", path, "x", keep=True) for path in paths))
    chunks = http("POST", "/asked", "x", "Transfer-Encoding: chunked", keep=True) + b"1\r\nx\r\n0\r\n\r\n"
    held.connection.sendall(chunks + http("POST", "/asked", "x", body=b"last"))
    held.release()

    answers = rest_of(held.connection)

    said = [b"GET held", *(path[1:].encode() for path in paths), b"POST asked 1 of 1", b"POST asked 4 of 4"]
    places = [0]
    for part in said:
        places.append(answers.index(part, places[-1] + 1))
    assert statuses(answers) == [200] * len(said)


def test_many_requests_at_once_are_all_answered(world: World):
    kept = http("GET", "/kept", "x", keep=True) * 50 + http("GET", "/asked", "x", keep=True) * 40

    assert statuses(world.server.ask(kept + http("GET", "/kept", "x"))) == [200] * 91


def test_a_connection_is_read_again_when_what_came_together_is_answered(world: World):
    connection = world.server.connect(http("GET", "/asked", "x", keep=True) * 3)
    for _ in range(3):
        next_answer(connection)

    connection.sendall(http("GET", "/asked", "x"))

    assert status_of(rest_of(connection)) == 200


def test_too_many_requests_behind_one_are_not_kept(world: World):
    held = Held(world, "held", keep=True)
    held.connection.sendall(http("GET", "/asked", "x", keep=True) * 10_000)
    held.release()

    answers = statuses(rest_of(held.connection))

    assert answers == [200] * len(answers)
    assert len(answers) < 1000


@pytest.mark.parametrize("path", ["/kept", "/asked"])
def test_a_whole_request_is_answered_whatever_comes_behind_it(world: World, path: str):
    answer = world.server.ask(http("GET", path, "x", keep=True) + b"\x00\x01 no request\r\n\r\n")

    assert statuses(answer) == [200]
    assert b"connection: close" in answer


@pytest.mark.spec("RFC 9110", "7.8")
@pytest.mark.parametrize("path", ["/kept", "/asked"])
def test_a_client_that_offers_another_protocol_is_answered_in_this_one(world: World, path: str):
    offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]
    connection = world.server.connect(http("POST", path, "x", *offer, body=b"abc", keep=True))
    assert next_answer(connection).endswith(b"3 of 3")

    connection.sendall(http("GET", path, "x"))

    assert status_of(rest_of(connection)) == 200


# --- Bodies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [3, 60_000, 64 * 1024, 64 * 1024 + 1, 200_000])
def test_a_body_may_come_in_pieces(world: World, length: int):
    request = http("POST", "/asked", "x", body=b"x" * length)
    connection = world.server.connect(request[:-length])
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for begin in range(len(request) - length, len(request), 50_000):
        connection.sendall(request[begin : begin + 50_000])
        world.ask("/kept")  # it has read that by now

    assert body_of(rest_of(connection)) == b"POST asked %d of %d" % (length, length)


@pytest.mark.spec("RFC 9112", "7.1")
def test_a_body_may_come_in_chunks(world: World):
    answer = world.server.ask(
        http("POST", "/asked", "x", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )

    assert body_of(answer) == b"POST asked 5 of 5"


@pytest.mark.spec("RFC 9110", "10.1.1")
def test_whoever_waits_for_100_continue_gets_it(world: World):
    connection = world.server.connect(
        http("POST", "/asked", "x", "Expect: 100-continue", "Content-Length: 3")
    )
    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"

    connection.sendall(b"abc")

    assert body_of(rest_of(connection)) == b"POST asked 3 of 3"


@pytest.mark.parametrize("expects", [True, False])
def test_a_body_that_is_too_long_is_not_kept(world: World, expects: bool):
    headers = [f"Content-Length: {2 * MIB}", *(["Expect: 100-continue"] if expects else [])]
    connection = world.server.connect(http("POST", "/asked", "x", *headers))
    if not expects:
        connection.sendall(b"x" * 2 * MIB)

    assert body_of(rest_of(connection)) == b"POST asked 0 of %d" % (2 * MIB)


def test_chunks_that_are_too_many_are_not_kept(world: World):
    connection = world.server.connect(http("POST", "/asked", "x", "Transfer-Encoding: chunked"))
    chunk = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
    connection.sendall(chunk * 4 + b"0\r\n\r\n")

    assert body_of(rest_of(connection)) == b"POST asked 0 of %d" % (2 * MIB)


@pytest.mark.spec("RFC 9110", "15.5.9")
@pytest.mark.parametrize("sent", [b"Content-Length: 9\r\n\r\n", b"Content-Length: 9\r\n\r\nx"])
def test_a_body_that_does_not_come_in_time_gets_408(world: World, sent: bytes):
    path = f"/asked?late{len(sent)}"
    connection = world.server.connect(http("POST", path, "x", keep=True)[:-2] + sent)

    answer = rest_of(connection)

    assert statuses(answer) == [408]
    assert b"connection: close" in answer
    assert world.times_asked(f"late{len(sent)}") == 0


def test_a_client_that_leaves_within_its_body_is_logged_and_not_asked_for(world: World):
    head = http("POST", "/asked?leaves", "x", keep=True)[:-2]
    with world.server.connect(head + b"Content-Length: 9\r\n\r\nx"):
        world.ask("/kept")
    world.ask("/kept")
    world.ask("/kept")

    assert world.times_asked("leaves") == 0
    assert any('"POST /asked" 499 ' in line for line in world.lines("/asked"))


# --- Too many -------------------------------------------------------------------------------------------------


def test_when_too_many_wait_for_threads_others_are_told_to_come_later(serve: Serve):
    with serve(receive_seconds=60, max_connections=CONNECTIONS) as world:
        held = [Held(world, f"held{number}") for number in range(THREADS)]
        for _ in range(2):
            with world.server.connect(http("GET", "/asked?left", "x")):
                world.ask("/kept")  # the server has read that before

        answer, kept = world.ask("/asked"), world.ask("/kept")
        for each in held:
            each.release()

        assert status_of(answer) == 503
        assert b"retry-after: 5\r\n" in answer
        assert b"connection: close\r\n" in answer
        assert status_of(kept) == 200
        assert [status_of(rest_of(each.connection)) for each in held] == [200] * THREADS
        assert status_of(world.ask("/asked")) == 200


def test_whoever_left_while_threads_were_busy_is_not_worked_for(world: World):
    held = [Held(world, f"held{number}") for number in range(THREADS)]
    world.server.connect(http("GET", "/asked?left", "x")).close()
    world.ask("/kept")  # the server has seen it come, and go
    world.ask("/kept")
    world.ask("/kept")
    for each in held:
        each.release()
        rest_of(each.connection)

    assert status_of(world.ask("/asked")) == 200  # behind it in the queue
    assert world.times_asked("left") == 0
    assert any('"GET /asked" 499 ' in line for line in world.lines("/asked"))


def test_threads_that_are_busy_do_not_hold_up_what_is_kept_nor_probes(world: World):
    held = [Held(world, f"held{number}") for number in range(THREADS)]

    answers = [world.ask(path) for path in ("/kept", "/healthz", "/readyz")]
    for each in held:
        each.release()

    assert [status_of(answer) for answer in answers] == [200] * 3


# --- Slow readers ---------------------------------------------------------------------------------------------


def test_a_reader_that_is_too_slow_is_dropped(world: World):
    slow = world.server.connect(http("GET", "/large", "x", keep=True), window=4096)
    slow.recv(1)
    for _ in range(2):  # the deadline has passed twice
        assert rest_of(world.server.connect()) == b""

    assert len(rest_of(slow)) < LARGE


def test_what_stands_behind_an_answer_that_nobody_reads_is_not_asked_for(serve: Serve):
    with serve(send_seconds=60) as world:
        reader = world.server.connect(http("GET", "/large", "x", keep=True), window=4096)
        reader.recv(1)
        reader.sendall(http("GET", "/asked?behind", "x", keep=True) + http("GET", "/kept", "x"))
        world.ask("/asked")  # it would have been answered before this
        world.ask("/asked")
        before = world.times_asked("behind")

        answers = rest_of(reader)

        assert before == 0
        assert len(answers) > LARGE
        assert answers.index(b"GET asked 0 of 0") < answers.rindex(b"kept")


# --- The end --------------------------------------------------------------------------------------------------


def stopped(world: World) -> None:
    """Tells the server to end, and waits until it accepts nothing any more, which comes first."""
    world.server.stop()
    with suppress(OSError):
        while True:
            world.server.connect().close()
            time.sleep(0.05)  # too many connections would push out those of the test


def test_the_end_waits_for_what_has_begun(serve: Serve):
    with serve(receive_seconds=10) as world:
        held = Held(world, "held", keep=True)
        waiting = [world.server.connect(http("GET", "/asked", "x", keep=True)) for _ in range(20)]
        half = world.server.connect(http("POST", "/asked", "x", body=b"abc")[:-1])
        world.ask("/kept")

        stopped(world)
        half.sendall(b"c")
        answers = [rest_of(connection) for connection in (*waiting, half)]
        held.release()

        assert [statuses(answer) for answer in answers] == [[200]] * 21
        answer = rest_of(held.connection)
        assert statuses(answer) == [200]
        assert b"connection: close" in answer
        assert world.server.process.wait(PATIENCE) == 0


def test_the_end_waits_for_what_a_thread_does_for_a_client_that_has_left(serve: Serve):
    """A revocation, say: it has begun, and is not undone because nobody reads the answer."""
    with serve() as world:
        held = Held(world, "held")
        held.connection.close()
        world.ask("/kept")

        stopped(world)
        with pytest.raises(subprocess.TimeoutExpired):
            world.server.process.wait(2)  # ten times what it takes if nothing is under way
        held.release()

        assert world.server.process.wait(PATIENCE) == 0
        assert held.path.with_suffix(".done").exists()


# --- The log --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/kept", "/asked", "/page"])
def test_each_request_is_one_line_with_the_id_of_its_answer(serve: Serve, path: str):
    with serve() as world:
        world.ask(f"{path}?secret=1")
        world.ask("/kept?after")

        (line, *others) = world.lines(path)

        assert re.fullmatch(
            rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d,\d{{3}} {TRACE_ID} "
            rf'127\.0\.0\.1 "GET {path}" 200 \d+\.\d ms',
            line,
        )
        assert len(others) == (path == "/kept")
        assert "secret" not in world.log.read_text()
