"""The short way of requests of programs: no task and no coroutine, from the last byte read to one write.

The application says which ones it answers so (`Programs`). Everything that `connections` promises holds here too;
what is rare, a long body or one in chunks, goes the way of all other requests and is answered by `Programs` there.
"""

import asyncio
import logging
from collections.abc import Collection
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from . import access_log

if TYPE_CHECKING:
    from .short_way import ShortWay

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
CLOSE = (b"connection", b"close")
NOTHING = (b"content-length", b"0")
WITHOUT_CONTENT = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
FAILED: Answer = (500, [NOTHING, CLOSE], b"")
TOO_BUSY: Answer = (503, [NOTHING, CLOSE, (b"retry-after", b"5")], b"")
TOO_SLOW: Answer = (408, [NOTHING, CLOSE], b"")
logger = logging.getLogger("qlikauth.server")


class Programs(Protocol):
    """What a WSGI application has as `programs` if it answers some requests without WSGI.

    Of a `scope` (ASGI) there are `method`, `http_version`, `scheme`, `path`, `raw_path`, `query_string`, `headers`,
    `client` and `server`. An answer is a status, headers and a body: names are in lower case, and content-length is
    among them unless the status is 204 or 304. An answer to HEAD has no body, and the content-length of GET.
    """

    paths: Collection[bytes]  # as they are written in requests, before the query

    def answer(self, scope: dict[str, Any], content: bytes, length: int) -> Answer:
        """Runs in a thread, and never raises. `length` is more than `content` has if that was too long to be kept."""

    def kept(self, scope: dict[str, Any]) -> Answer | None:
        """The answer to a GET or HEAD if it is in memory. Runs in the event loop: it never waits for anything."""


class NoPrograms:
    """An application that answers everything by WSGI."""

    paths: Collection[bytes] = ()

    def answer(self, scope: dict[str, Any], content: bytes, length: int) -> Answer:
        raise LookupError

    def kept(self, scope: dict[str, Any]) -> Answer | None:
        return None


class ProgramRequest:
    """A request on the short way, until it is answered. On its connection it stands where uvicorn has its cycle."""

    __slots__ = (
        "answered",
        "began",
        "body",
        "connection",
        "disconnected",
        "is_begun",
        "keep_alive",
        "more_body",
        "response_complete",
        "scope",
    )
    message_event: ClassVar = asyncio.Event()  # which uvicorn sets for coroutines: none waits for it here

    def __init__(self, connection: "ShortWay", scope: dict[str, Any], keep_alive: bool) -> None:
        self.connection = connection
        self.scope = scope
        self.keep_alive = keep_alive
        self.body = b""
        self.more_body = True
        self.is_begun = False  # its turn has come
        self.began = 0.0  # when that was, on the event loop's clock
        self.answered: Answer | None = None  # by a thread; None if the client had left by then
        self.response_complete = False
        self.disconnected = False

    def begin(self) -> None:
        self.is_begun = True
        self.began = self.connection.loop.time()

    # --- What `Threads` calls -------------------------------------------------------------------------------------

    def work(self) -> None:
        if self.connection.is_gone:
            return
        self.answered = asked(self.connection.front.programs, self.scope, self.body, len(self.body))

    def done(self) -> None:
        self.connection.front.queued -= 1
        if self.answered is None:
            self.leave()
        else:
            self.answer(self.answered)

    def cancel(self, msg: str = "") -> None:
        """The process has waited for it for as long as it waits for anything."""
        self.connection.transport.abort()

    # --- Its end --------------------------------------------------------------------------------------------------

    def answer(self, answer: Answer) -> None:
        connection = self.connection
        status, headers, body = answer = answer if self._is_whole(answer) else FAILED
        if CLOSE in headers:
            self.keep_alive = False
        lines = [b"%b: %b\r\n" % header for header in headers]
        if not self.keep_alive and CLOSE not in headers:
            lines.append(b"connection: close\r\n")
        if not connection.transport.is_closing():
            head = b"".join((STATUS_LINE[status], connection.dated(), *lines, b"\r\n", body))
            connection.transport.write(head)
        self._end(status, headers)
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def leave(self) -> None:
        """Its client has left without an answer."""
        self._end(access_log.CLIENT_LEFT, [])

    def _end(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        connection, scope = self.connection, self.scope
        self.response_complete = True
        connection.tasks.discard(self)
        seconds = connection.loop.time() - self.began
        access_log.write(scope["client"][0], scope["method"], scope["path"], status, seconds, headers)

    def _is_whole(self, answer: Answer) -> bool:
        """Whether the client will see the same end of it as we do; else what follows could be anything."""
        status, headers, body = answer
        lines = b"".join([name + value for name, value in headers])
        if b"\n" in lines or b"\r" in lines:
            found = "a line break in a header"
        elif (
            self.scope["method"] != "HEAD"
            and (b"content-length", b"%d" % len(body)) not in headers
            and (status not in WITHOUT_CONTENT or body)
        ):
            found = "no content-length, or a wrong one"
        else:
            return True
        logger.error("An answer to %s %s has %s", self.scope["method"], self.scope["path"], found)
        return False


def asked(programs: Programs, scope: dict[str, Any], content: bytes, length: int) -> Answer:
    """The answer of the application, also if it breaks its promise."""
    try:
        return programs.answer(scope, content, length)
    except Exception:
        logger.exception("No answer to %s %s", scope["method"], scope["path"])
        return FAILED


def kept(programs: Programs, scope: dict[str, Any]) -> Answer | None:
    """The answer that the application has in memory, if it has one."""
    try:
        return programs.kept(scope) if scope["method"] in {"GET", "HEAD"} else None
    except Exception:
        logger.exception("No answer to %s %s", scope["method"], scope["path"])
        return FAILED
