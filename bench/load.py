"""The load generator: one thread, one epoll, blocking on nothing. It costs some 30 µs a request (see --generator)."""

import select
import socket
import statistics
import time
from dataclasses import dataclass, field

from .exchange import Answer, Ask, Wrong
from .operations import Operation, Script, Target

PATIENCE = 30  # seconds without any answer


@dataclass
class Load:
    """What one run of an operation was like. `busy` is the share of its time that the generator itself worked."""

    count: int
    seconds: float
    busy: float
    latencies: list[float] = field(repr=False, default_factory=list)

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds within which this share of the operations was done."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000

    @property
    def median(self) -> float:
        return statistics.median(self.latencies) * 1000


class Connection:
    """A keep-alive connection that works through one script after the other."""

    def __init__(self, target: Target, operation: Operation) -> None:
        self.target, self.operation = target, operation
        self.socket = socket.create_connection(("127.0.0.1", target.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.script: Script
        self.received = b""
        self.began = 0.0

    def start(self) -> None:
        self.script = self.operation(self.target)
        self.began = time.perf_counter()
        self.send(next(self.script))

    def send(self, ask: Ask) -> None:
        self.received = b""
        self.socket.sendall(ask.raw)

    def ready(self) -> bool:
        """Takes in what has come; True when an operation has come to its end with it."""
        came = self.socket.recv(262_144)
        if not came:
            raise Wrong("The server closed the connection.")
        self.received += came
        answer = complete(self.received)
        if answer is None:
            return False
        try:
            self.send(self.script.send(answer))
        except StopIteration:
            return True
        return False


def complete(received: bytes) -> Answer | None:
    """The answer, when all of it has come."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end]
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(lowered[at + 17 :].split(b"\r\n", 1)[0])
        body = received[end + 4 :]
        return Answer(head, body) if len(body) >= length else None
    if b"\r\ntransfer-encoding: chunked" in lowered:
        return Answer(head, _joined(received, end + 4)) if received.endswith(b"0\r\n\r\n") else None
    return Answer(head, b"")


def _joined(received: bytes, position: int) -> bytes:
    parts = []
    while True:
        line = received.index(b"\r\n", position)
        size = int(received[position:line].split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(received[line + 2 : line + 2 + size])
        position = line + 2 + size + 2


def run(target: Target, operation: Operation, *, connections: int, seconds: float) -> Load:
    """Keeps `connections` busy for `seconds`, then lets what was begun come to its end. Raises Wrong."""
    poll = select.epoll()
    by_number: dict[int, Connection] = {}
    latencies: list[float] = []
    try:
        for _ in range(connections):
            connection = Connection(target, operation)
            by_number[connection.socket.fileno()] = connection
            poll.register(connection.socket, select.EPOLLIN)
        began, worked = time.perf_counter(), time.process_time()
        deadline = began + seconds
        for connection in by_number.values():
            connection.start()
        waiting = connections
        while waiting:
            events = poll.poll(PATIENCE)
            if not events:
                raise Wrong(f"{target.name} did not answer for {PATIENCE} seconds.")
            for number, _ in events:
                connection = by_number[number]
                if connection.ready():
                    now = time.perf_counter()
                    latencies.append(now - connection.began)
                    if now < deadline:
                        connection.start()
                    else:
                        waiting -= 1
        spent = time.perf_counter() - began
        return Load(len(latencies), spent, (time.process_time() - worked) / spent, latencies)
    finally:
        poll.close()
        for connection in by_number.values():
            connection.socket.close()


def once(target: Target, script: Script) -> None:
    """Runs one script on a connection of its own."""
    run(target, lambda _: script, connections=1, seconds=0)
