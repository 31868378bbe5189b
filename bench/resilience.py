"""Behaviour of a server on SIGTERM, when a worker dies, and with slow or malformed clients."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from .exchange import Ask
from .load import complete
from .serving import Serving, answers

CLIENTS = 16
RUDE = 100
SLOW_WRITERS, SLOW_READERS = 200, 50
HEADER_SIZES = [2**exponent * 1024 for exponent in range(2, 11)]  # 4 KB to 1 MB


class Outcome(Enum):
    """What became of a request."""

    ANSWERED = auto()
    ANSWERED_LAST = auto()  # and the connection is closed
    NOT_TAKEN = auto()
    LOST = auto()


def stop_under_load(running: Serving, ask: Ask, *, keep_alive: bool) -> str:
    """SIGTERM while clients are busy: which requests got no answer?

    A connection that was kept can be closed at the very moment when its next request is on the way. The request was
    never taken, and its client may send it again (RFC 9112 §9.3.1). Anything else is lost.
    """
    outcomes: Counter[Outcome] = Counter()
    clients = [
        threading.Thread(target=_client, args=(running.port, ask, keep_alive, outcomes))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    time.sleep(1.5)
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    running.process.wait(60)
    took = time.monotonic() - began
    return f"{outcomes[Outcome.LOST]} lost, {outcomes[Outcome.NOT_TAKEN]} not taken ({took:.1f} s)"


def _client(port: int, ask: Ask, keep_alive: bool, outcomes: Counter[Outcome]) -> None:
    """Asks until the server takes no connection any more."""
    raw = ask.raw if keep_alive else ask.raw.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError:
            return  # refused: a proxy in front goes elsewhere, and no request is lost
        with connection:
            outcome = _one(connection, raw, fresh=True)
            outcomes[outcome] += 1
            while outcome is Outcome.ANSWERED:
                outcome = _one(connection, raw, fresh=False)
                outcomes[outcome] += 1
        if outcome is not Outcome.ANSWERED_LAST:
            return


def _one(connection: socket.socket, raw: bytes, *, fresh: bool) -> Outcome:
    received = b""
    try:
        connection.sendall(raw)
        while (answer := complete(received)) is None:
            came = connection.recv(65536)
            if not came:
                break
            received += came
    except OSError:
        answer = None
    if answer is None:
        return Outcome.LOST if fresh or received else Outcome.NOT_TAKEN
    if answer.status >= 500:
        return Outcome.LOST
    return Outcome.ANSWERED_LAST if answer.header("connection").lower() == "close" else Outcome.ANSWERED


def stop_with_slow_requests(running: Serving) -> str:
    """SIGTERM while four requests have seconds of work before them (slow.py)."""
    outcomes: Counter[Outcome] = Counter()
    ask = Ask.get("localhost", "/slow")

    def client() -> None:
        with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
            outcomes[_one(connection, ask.raw, fresh=True)] += 1

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    time.sleep(1)
    running.process.send_signal(signal.SIGTERM)
    for each in clients:
        each.join()
    running.process.wait(60)
    return f"{outcomes[Outcome.LOST]} of 4 lost"


def largest_header(running: Serving) -> str:
    """The longest header that is taken, and what a longer one gets."""
    taken, refused = 0, ""
    for size in HEADER_SIZES:
        line = _status_of(
            running.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * size + b"\r\n\r\n"
        )
        if line == 200:
            taken = size
        elif not refused:
            refused = str(line) if line else "closed"
    alive = answers(running.port, "/healthz")
    return f"{taken // 1024} KB, then {refused or 'nothing'}{'' if alive else ' AND DEAD'}"


def _status_of(port: int, raw: bytes) -> int:
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with suppress(OSError):  # it may answer and close before it has read everything
            connection.sendall(raw)
        with suppress(OSError):
            while b"\r\n" not in received and (came := connection.recv(4096)):
                received += came
    return int(received[9:12]) if received[9:12].isdigit() else 0


def rude_clients(running: Serving, beginning: bytes) -> str:
    """A hundred connections that begin a request and say no more: how long do others wait for an answer?"""
    held = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(RUDE)]
    try:
        for connection in held:
            connection.sendall(beginning)
        time.sleep(0.5)
        return _worst_wait(running)
    finally:
        for connection in held:
            connection.close()


def slow_clients(running: Serving) -> str:
    """200 that send a byte of their body and 50 that do not read a long answer: how long does somebody else wait?"""
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"
    beginnings = [post] * SLOW_WRITERS + [Ask.get("localhost", "/long").raw] * SLOW_READERS
    held = []
    try:
        for beginning in beginnings:
            connection = socket.socket()
            held.append(connection)
            connection.settimeout(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", running.port))
            connection.sendall(beginning)
        time.sleep(1)
        return _worst_wait(running)
    finally:
        for connection in held:
            connection.close()


def _worst_wait(running: Serving) -> str:
    worst = 0.0
    for _ in range(20):
        began = time.monotonic()
        if not answers(running.port, "/healthz", patience=10):
            return "not served"
        worst = max(worst, time.monotonic() - began)
    return f"served ({worst * 1000:.0f} ms at worst)"


HALF_A_HEADER = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "


def half_a_body(ask: Ask) -> bytes:
    """A token request without its last byte."""
    return ask.raw[:-1]


def kill_a_worker(running: Serving) -> str:
    """kill -9 for a worker: how long until there is an answer again?"""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    workers = [int(child) for child in children if b"resource_tracker" not in _command_of(child)]
    if not workers:
        return "there is only one process"
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    began = time.monotonic()
    while time.monotonic() - began < 30:
        if answers(running.port, "/healthz"):
            return f"{time.monotonic() - began:.1f} s"
        time.sleep(0.05)
    return "no answer in 30 s"


def _command_of(process: str) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()
