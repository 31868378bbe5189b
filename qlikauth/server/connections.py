"""A client's connection: how long it may take, how long its headers may be, and which one goes when there are too many.

uvicorn reads and writes; it waits for ever for the rest of a request's head, for a head of any length, and for a client
that does not read. The body of a request has a deadline of its own (`bodies`).
"""

import asyncio
from typing import Any, ClassVar, cast

import httptools
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from .bodies import SMALL
from .programs import TOO_SLOW
from .short_way import ShortWay

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


class Connection(ShortWay):
    """One connection of a client to this process."""

    next_look: ClassVar[asyncio.TimerHandle | None] = None  # at all connections; None before the first
    ending: ClassVar[bool] = False  # this process is told to stop

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting_since = self.loop.time()  # for a request that has not come in
        self.blocked_since: float | None = None  # because the client does not read
        self.in_head = False  # of a request: it has begun and not ended
        self.received = 0  # bytes of that head, as they came
        self.head_length = 0  # of its parts that have come whole
        self.too_long = False
        self.unreadable = False

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
        self.ask_for_what_is_whole()

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
        if path in self.front.paths and self._body_is_short():
            scope["method"] = self.parser.get_method().decode("ascii")
            scope["path"], scope["raw_path"], scope["query_string"] = path.decode("ascii"), path, query
            self.take(
                scope, keep_alive=version != "1.0" and self.parser.should_keep_alive() and not self.ending
            )
        else:
            super().on_headers_complete()
            self.cycle.keep_alive = self.cycle.keep_alive and not self.ending

    def _body_is_short(self) -> bool:
        """Whether this body needs none of what `bodies` does: there is none, or one of few bytes as was said before."""
        stated = dict(self.headers)
        if b"expect" in stated or b"transfer-encoding" in stated or b"#" in self.url:
            return False
        return int(stated.get(b"content-length", 0)) <= SMALL

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
        self.waiting_since = self.loop.time()
        super().on_response_complete()

    # --- Writing --------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        self.blocked_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.blocked_since = None
        super().resume_writing()

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
        elif (request := self.awaited) and now - request.began > settings.RECEIVE_SECONDS:
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
