"""How a connection takes requests of programs: without the task and the messages that uvicorn has for each."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .programs import ProgramRequest

if TYPE_CHECKING:
    from .front import Front


class ShortWay(HttpToolsProtocol):
    """A connection on which some requests are answered so, each in its turn among all others."""

    dates: ClassVar[tuple[Any, bytes]] = (
        None,
        b"",
    )  # uvicorn's headers of every answer, and the same as lines

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.front = cast("Front", self.app)
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
    def awaited(self) -> ProgramRequest | None:
        """The request of a program that has its turn and has not come in whole."""
        last: Any = self.last
        if (
            isinstance(last, ProgramRequest)
            and last.is_begun
            and last.more_body
            and not last.response_complete
        ):
            return last
        return None

    def take(self, scope: dict[str, Any], keep_alive: bool) -> None:
        """A request of a program: its turn is now, or after those before it."""
        has_turn = self.is_waiting
        request = ProgramRequest(self, scope, keep_alive)
        self.cycle = cast("RequestResponseCycle", request)
        if has_turn:
            self._begin(request)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _begin(self, request: ProgramRequest) -> None:
        if self.flow.write_paused:
            self.held = request
            return
        request.begin()
        self.tasks.add(cast("Any", request))  # the process does not end before it
        if not request.more_body:
            self.front.ask(request, at_once=False)

    def ask_for_what_is_whole(self) -> None:
        """One request of those that have come in together is answered at once, so that others have their turn too."""
        if request := self.whole:
            self.whole = None
            self.front.ask(request, at_once=True)

    # --- What uvicorn calls ---------------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if isinstance(cycle, ProgramRequest):
            self._begin(cycle)
        else:
            super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if isinstance(cycle, ProgramRequest):
            cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        cycle: Any = self.cycle
        if self.parser.should_upgrade():
            return
        if isinstance(cycle, ProgramRequest):
            cycle.more_body = False
            if cycle.is_begun and not cycle.response_complete:
                self.whole = cycle
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Goes on with the next request, without uvicorn's timer for the case that none comes (`Connection.look`)."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        if request := self.awaited:
            request.leave()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        if request := self.held:
            self.held = None
            self._begin(request)

    # --- Answers --------------------------------------------------------------------------------------------------

    def dated(self) -> bytes:
        """The lines that every answer has. uvicorn makes the headers anew every second."""
        headers = self.server_state.default_headers
        made_of, lines = self.dates
        if headers is not made_of:
            lines = b"".join([b"%b: %b\r\n" % header for header in headers])
            type(self).dates = headers, lines
        return lines
