"""What stands between uvicorn and Django: a whole request goes to a thread, a whole answer, or a piece, comes back."""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from uvicorn.importer import import_from_string

from . import access_log
from .access_log import CLIENT_LEFT
from .bodies import Bodies, Body, Gone, TooBusy, TooSlow
from .connections import SCOPE_KEY, Connection
from .environ import environ_of
from .programs import CLOSE, NOTHING, TOO_BUSY, NoPrograms, ProgramRequest, Programs, asked, kept
from .threads import Threads

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Send = Callable[[Any], Awaitable[None]]

PIECE = 64 * 1024  # bytes of a long answer that are made at a time
WITHOUT_LENGTH = {204, 304}


@dataclass
class Answer:
    """What the application answered: `piece` is all of it, or its beginning while there is a `rest`."""

    status: int
    headers: list[tuple[bytes, bytes]]
    piece: bytes
    rest: Iterator[bytes] | None
    body: Iterable[bytes]


class Front:
    """An ASGI application around a WSGI one.

    `threads` of them run requests. Others, one each, make the further pieces of long answers and answer the two
    probes, so that neither waits for requests.
    """

    def __init__(
        self, application: Application, threads: int, at_the_end: Callable[[], object] = lambda: None
    ) -> None:
        """`at_the_end` is done once, after the last request, when the process is told to stop."""
        self.application = application
        self.at_the_end = at_the_end
        self.programs: Programs = getattr(application, "programs", NoPrograms())
        self.paths = frozenset(self.programs.paths)  # that go the short way
        self.requests = Threads(threads, "request")
        self.pieces = Threads(1, "piece")
        self.probes = {path: Threads(1, "probe") for path in ("/healthz", "/readyz")}
        self.bodies = Bodies()
        self.queued = 0  # that threads have not answered

    def ask(self, request: ProgramRequest, at_once: bool) -> None:
        """Has a whole request answered. `at_once`: also in the event loop, which then does nothing else."""
        if at_once and (answer := kept(self.programs, request.scope)):
            request.answer(answer)
        elif self.queued >= settings.MAX_CONNECTIONS:
            request.answer(TOO_BUSY)  # what clients that have left asked for is still in the queue
        else:
            self.queued += 1
            self.requests.run(request)

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send
    ) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        began = time.perf_counter()
        status, headers = CLIENT_LEFT, []
        try:
            body = await self.bodies.read(scope["headers"], receive)
            answer = await self._ask(scope, body)
            status, headers = answer.status, answer.headers
            if not body.ended:
                headers.append(CLOSE)
            await self._send(scope, answer, send)
        except Gone:
            status = CLIENT_LEFT
        except TooSlow:
            status = await _refuse(send, 408)
        except TooBusy:
            status = await _refuse(send, 503)
        finally:
            seconds = time.perf_counter() - began
            access_log.write(scope["client"][0], scope["method"], scope["path"], status, seconds, headers)

    async def _live(self, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Begins, and ends when the server says so (ASGI, Lifespan Protocol)."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pieces.call(self.at_the_end)
        await send({"type": "lifespan.shutdown.complete"})

    async def _ask(self, scope: dict[str, Any], body: Body) -> Answer:
        """Runs the application in a thread. Gone if the client left while all of them were busy."""
        if probe := self.probes.get(scope["path"]):
            return await probe.call(self._run, scope, body)
        if self.queued >= settings.MAX_CONNECTIONS:
            raise TooBusy  # what clients that have left asked for is still in the queue
        self.queued += 1
        try:
            return await self.requests.call(self._run, scope, body)
        finally:
            self.queued -= 1

    def _run(self, scope: dict[str, Any], body: Body) -> Answer:
        connection: Connection = scope[SCOPE_KEY]
        if connection.is_gone:
            raise Gone
        if scope["raw_path"] in self.paths:
            status, headers, piece = asked(self.programs, scope, body.content, body.length)
            return Answer(status, headers, piece, None, ())
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            begun[:] = (
                int(status[:3]),
                [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            )

        made = self.application(environ_of(scope, body), start_response)
        parts = iter(made)
        try:
            piece, ended = _next_piece(parts)
        except BaseException:
            _close(made)
            raise
        if ended:
            _close(made)
        status, headers = begun
        if (
            ended
            and status not in WITHOUT_LENGTH
            and not any(name == b"content-length" for name, _ in headers)
        ):
            headers.append((b"content-length", b"%d" % len(piece)))
        return Answer(status, headers, piece, None if ended else parts, made)

    async def _send(self, scope: dict[str, Any], answer: Answer, send: Send) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.rest is None:
            await send({"type": "http.response.body", "body": answer.piece})
            return
        connection: Connection = scope[SCOPE_KEY]
        piece, ended = answer.piece, False
        try:
            while not ended:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                if connection.is_gone:
                    raise Gone
                if scope["method"] == "HEAD":
                    break
                piece, ended = await self.pieces.call(_next_piece, answer.rest)
        finally:
            self.pieces.call(_close, answer.body)
        await send({"type": "http.response.body", "body": piece if ended else b""})


def load(application: str, threads: int) -> Front:
    """The front of the WSGI application `module:name`, made in the process that serves it.

    The work beside requests begins in this process too.
    """
    imported = import_from_string(application)
    from console.management.expiry import ServerRuns  # only now are the settings read
    from console.models import Mail, UnfinishedAct, background, noted

    background.start(Mail.send_due, UnfinishedAct.finish_all, ServerRuns(), noted.write_all)
    return Front(imported, threads, at_the_end=partial(background.once, noted.write_all))


def _next_piece(parts: Iterator[bytes]) -> tuple[bytes, bool]:
    """The next bytes, at least PIECE of them unless it `ended` there."""
    piece: list[bytes] = []
    length = 0
    for part in parts:
        piece.append(part)
        length += len(part)
        if length >= PIECE:
            return b"".join(piece), False
    return b"".join(piece), True


def _close(body: Iterable[bytes]) -> None:
    """Tells the application that its answer was sent, or is not wanted any more (PEP 3333)."""
    if close := getattr(body, "close", None):
        close()


async def _refuse(send: Send, status: int) -> int:
    headers = [NOTHING, CLOSE]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
    return status
