"""A client's connection: how long it may take, how long its headers may be, and which one goes when there are too many.

uvicorn reads and writes; it waits for ever for the rest of a request's head, for a head of any length, and for a client
that does not read. The body of a request has a deadline of its own (`bodies`).
"""

import asyncio
from typing import Any, ClassVar, cast

import httptools
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .bodies import SMALL
from .programs import TOO_SLOW, ProgramRequest

MAX_HEAD = 128 * 1024  # bytes of the request line and the headers: more than oauth/parameters.py takes
MAX_HEADERS = 100
SPARE_CONNECTIONS = (
    100  # for the probes while all others wait for us; `front` refuses what else comes on them
)
MAX_AHEAD = 100  # requests that may have come in behind the one that is being answered
KEEP_SECONDS = 75  # that a connection without a request is kept: longer than proxies keep theirs
END_SECONDS = 1  # that a request which is on its way has when the process is told to stop
LOOK_SECONDS = 0.5  # between two looks at all connections; a deadline can be late by that much
SCOPE_KEY = "qlikauth.connection"


class RequestRefused(Exception):
    """More than any client of ours sends, or a version of HTTP that none speaks."""


class Connection(HttpToolsProtocol):
    """One connection of a client to this process."""

    next_look: ClassVar[asyncio.TimerHandle | None] = None  # at all connections; None before the first
    ending: ClassVar[bool] = False  # this process is told to stop
    dated_from: ClassVar[Any] = None
    dated_lines: ClassVar[bytes] = b""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting_since = self.loop.time()  # for a request that has not come in
        self.blocked_since: float | None = None  # because the client does not read
        self.in_head = False  # of a request: it has begun and not ended
        self.received = 0  # bytes of that head, as they came
        self.head_length = 0  # of its parts that have come whole
        self.too_long = False
        self.unreadable = False
        self.is_gone = False  # nobody would read an answer
        self.whole: ProgramRequest | None = None  # which has just come in, and has its turn
        self.held: ProgramRequest | None = None  # which has its turn when the client has read what was before

    @property
    def last(self) -> RequestResponseCycle | None:
        """The request that came last, with its answer; None before the first."""
        return self.cycle

    @property
    def is_waiting(self) -> bool:
        """Whether no request has come in that is still to be answered."""
        last = self.last
        return last is None or last.response_complete

    @property
    def is_kept(self) -> bool:
        """Whether it has had an answer and nothing of another request has come."""
        return self.last is not None and self.is_waiting and not self.in_head

    @property
    def idle_since(self) -> float | None:
        """Since when it is the client's turn, to send or to read; None while it is ours."""
        if self.blocked_since is not None:
            return self.blocked_since
        return self.waiting_since if self.is_waiting or self.cycle.more_body else None

    # --- Reading --------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Whoever has left us waiting for longest leaves if there are too many."""
        others = cast("set[Connection]", self.connections)
        if self.next_look is None:
            self.look_at_all(self.loop, others)
        if len(others) >= settings.MAX_CONNECTIONS:
            self._make_room(others, cast("asyncio.Transport", transport))
        super().connection_made(cast("asyncio.Transport", transport))

    @staticmethod
    def _make_room(others: set["Connection"], transport: asyncio.Transport) -> None:
        idle = {other: since for other in others if (since := other.idle_since) is not None}
        if idle:
            min(idle, key=idle.__getitem__).transport.abort()
        elif len(others) >= settings.MAX_CONNECTIONS + SPARE_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        if request := self.awaited:
            request.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.unreadable:
            return
        if self.in_head:
            self.received += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay_with_http(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._unreadable()
        if self.in_head and self.received > MAX_HEAD and not self.unreadable:
            self.too_long = True
            self._unreadable()
        if request := self.whole:
            self.whole = None
            self.app.ask(request, at_once=True)  # type: ignore[union-attr]

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self.in_head = True
        self.received = self.head_length = 0
        if self.is_waiting:
            self.waiting_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        self.head_length += len(url)
        self._limit()
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.head_length += len(name) + len(value) + 4
        self._limit()
        if self.in_head:  # one after the body counts for nothing: a proxy has not judged it (RFC 9110 §6.5.1)
            name = name.lower()
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            self.headers.append((name, value))

    def _limit(self) -> None:
        if self.head_length > MAX_HEAD or len(self.headers) == MAX_HEADERS:
            self.too_long = True
            raise RequestRefused

    def on_headers_complete(self) -> None:
        self.in_head = False
        version = self.parser.get_http_version()
        if len(self.pipeline) == MAX_AHEAD or version not in {"1.0", "1.1"}:
            raise RequestRefused
        if self.parser.should_upgrade():
            return
        self._take_host_from_target()
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "headers": self.headers,
            SCOPE_KEY: self,
        }
        self.scope = cast("Any", scope)
        path, _, query = self.url.partition(b"?")
        if path in self.app.paths and self._body_is_short(): # type: ignore[union-attr]
            scope["method"] = self.parser.get_method().decode("ascii")
            scope["path"], scope["raw_path"], scope["query_string"] = path.decode("ascii"), path, query
            keep_alive = version != "1.0" and self.parser.should_keep_alive() and not self.ending
            self._queue(ProgramRequest(self, scope, keep_alive))
        else:
            super().on_headers_complete()
            self.cycle.keep_alive = self.cycle.keep_alive and not self.ending

    def _body_is_short(self) -> bool:
        """Whether this body needs none of what `bodies` does: there is none, or one of few bytes as was said before."""
        stated = dict(self.headers)
        if b"expect" in stated or b"transfer-encoding" in stated or b"#" in self.url:
            return False
        return int(stated.get(b"content-length", 0)) <= SMALL

    # --- Requests of programs -------------------------------------------------------------------------------------

    @property
    def awaited(self) -> ProgramRequest | None:
        """The request of a program that has its turn and has not come in whole."""
        last: Any = self.last
        return last if isinstance(last, ProgramRequest) and last.began is not None and last.more_body else None

    def _queue(self, request: ProgramRequest) -> None:
        """Begins with a request, or lets it wait for those before it."""
        has_turn = self.is_waiting
        self.cycle = cast("Any", request)
        if has_turn:
            self._begin(request)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """uvicorn's name of what begins with a request when those before it are answered."""
        if isinstance(cycle, ProgramRequest):
            self._begin(cycle)
        else:
            super()._start_asgi_task(cycle, app)

    def _begin(self, request: ProgramRequest) -> None:
        if self.flow.write_paused:
            self.held = request
            return
        request.began = self.loop.time()
        self.tasks.add(cast("Any", request))  # the process does not end before it
        if not request.more_body:
            self.app.ask(request, at_once=False)  # type: ignore[union-attr]

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if isinstance(cycle, ProgramRequest):
            cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        cycle: Any = self.cycle
        if isinstance(cycle, ProgramRequest):
            cycle.more_body = False
            if cycle.began is not None and not cycle.response_complete:
                self.whole = cycle
        else:
            super().on_message_complete()

    def dated(self) -> bytes:
        """The first lines of every answer. uvicorn makes the headers anew every second."""
        headers = self.server_state.default_headers
        if headers is not self.dated_from:
            cls = type(self)
            cls.dated_from = headers
            cls.dated_lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        return self.dated_lines

    def _take_host_from_target(self) -> None:
        """A target that names a host is believed, and not the header beside it (RFC 9112 §3.2.2)."""
        if b"://" in self.url[:8]:
            host = self.url.split(b"/", 3)[2]
            self.headers[:] = [header for header in self.headers if header[0] != b"host"] + [(b"host", host)]

    def _stay_with_http(self, rest: bytes) -> None:
        """Reads a request again as if it had not offered another protocol: the parser would not read its body.

        Java's HttpClient offers HTTP/2 with its first request over plain http, also with a POST (RFC 9110 §7.8).
        """
        if self.parser.get_method() == b"CONNECT":
            return self._unreadable()
        version = self.parser.get_http_version().encode()
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)
        headers = (b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        return self.data_received(line + b"".join(headers) + b"\r\n" + rest)

    def _unreadable(self) -> None:
        """What came cannot be read. A request before it that came in whole still gets its answer."""
        self.unreadable = True
        if self.is_waiting or (self.cycle.more_body and not self.pipeline):
            self._refuse(431 if self.too_long else 400)
        else:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Goes on with the next request. `look` ends a connection that is kept for too long, and not uvicorn's timer."""
        self.waiting_since = self.loop.time()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    # --- Writing --------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        self.blocked_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.blocked_since = None
        super().resume_writing()
        if request := self.held:
            self.held = None
            self._begin(request)

    def _refuse(self, status: int) -> None:
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    # --- Deadlines ------------------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Ends the connection if the client has had its time."""
        if not self.transport.get_write_buffer_size():
            self.blocked_since = None
        elif self.blocked_since is None:
            self.blocked_since = now
        if self.blocked_since is not None and now - self.blocked_since > settings.SEND_SECONDS:
            self.transport.abort()
        elif (request := self.awaited) and now - cast("float", request.began) > settings.RECEIVE_SECONDS:
            request.answer(TOO_SLOW)
        elif self.is_waiting and now - self.waiting_since > self._patience():
            self._leave_off()

    def _patience(self) -> float:
        """Seconds that we wait for the rest of a head, or for its beginning."""
        if self.ending:
            return END_SECONDS
        return KEEP_SECONDS if self.is_kept else settings.RECEIVE_SECONDS

    def _leave_off(self) -> None:
        if self.in_head and not self.transport.is_closing():
            self._refuse(408)
        else:
            self.transport.close()

    def shutdown(self) -> None:
        """The process ends. A client that has just connected has sent its request, or is about to."""
        type(self).ending = True
        if not self.is_waiting or self.is_kept:
            super().shutdown()

    @classmethod
    def look_at_all(cls, loop: asyncio.AbstractEventLoop, connections: set["Connection"]) -> None:
        """Looks at every connection of this process, and does so again and again."""
        cls.next_look = loop.call_later(LOOK_SECONDS, cls.look_at_all, loop, connections)
        for connection in list(connections):
            connection.look(loop.time())
