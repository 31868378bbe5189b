"""The load generator: one thread, one epoll, blocking on nothing. Each run says how busy it was itself."""

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
    """The result of one run of an operation. `busy` is the share of its time that the generator itself worked."""

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
    """A client that works through one script after the other, on one connection as long as the server keeps it."""

    def __init__(self, target: Target, operation: Operation, poll: select.epoll) -> None:
        self.target, self.operation, self.poll = target, operation, poll
        self.script: Script
        self.socket: socket.socket | None = None
        self.received = b""
        self.began = 0.0
        self.open()

    @property
    def number(self) -> int:
        """The descriptor by which the epoll knows the connection; 0 while there is none."""
        return self.socket.fileno() if self.socket else 0

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.target.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.poll.register(self.socket, select.EPOLLIN)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()  # which also takes it out of the epoll
            self.socket = None

    def start(self) -> None:
        self.script = self.operation(self.target)
        self.began = time.perf_counter()
        self.send(next(self.script))

    def send(self, ask: Ask) -> None:
        if self.socket is None:
            self.open()
        assert self.socket is not None
        self.received = b""
        self.socket.sendall(ask.raw)

    def ready(self) -> bool:
        """Takes in what has come; True when an operation has come to its end with it."""
        assert self.socket is not None
        came = self.socket.recv(262_144)
        if not came:
            raise Wrong("The server closed the connection.")
        self.received += came
        answer = complete(self.received)
        if answer is None:
            return False
        if b"\r\nConnection: close" in answer.head:
            self.close()
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
    parts: list[bytes] = []
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
    clients = [Connection(target, operation, poll) for _ in range(connections)]
    latencies: list[float] = []
    try:
        began, worked = time.perf_counter(), time.process_time()
        for client in clients:
            client.start()
        _work(poll, clients, began + seconds, latencies)
        spent = time.perf_counter() - began
        return Load(len(latencies), spent, (time.process_time() - worked) / spent, latencies)
    finally:
        poll.close()
        for client in clients:
            client.close()


def _work(poll: select.epoll, clients: list[Connection], deadline: float, latencies: list[float]) -> None:
    """Until every client has finished what it began before the deadline."""
    by_number = {client.number: client for client in clients}
    waiting = len(clients)
    while waiting:
        events = poll.poll(PATIENCE)
        if not events:
            raise Wrong(f"{clients[0].target.name} did not answer for {PATIENCE} seconds.")
        for number, _ in events:
            client = by_number[number]
            if client.ready():
                now = time.perf_counter()
                latencies.append(now - client.began)
                if now < deadline:
                    client.start()
                else:
                    client.close()
                    waiting -= 1
            if client.number != number and client.number:
                by_number[client.number] = client


def once(target: Target, script: Script) -> None:
    """Runs one script on a connection of its own."""
    run(target, lambda _: script, connections=1, seconds=0)
