"""Work goes to threads, and what came of it back to the event loop: less than half of what an executor costs."""

import asyncio
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol


class Job(Protocol):
    """Something that a thread does. Neither half raises."""

    def work(self) -> None:
        """Runs in a thread."""

    def done(self) -> None:
        """Runs in the event loop afterwards."""


class Threads:
    """A number of threads, in the order in which jobs come in. Made in the event loop.

    The event loop is woken once for all jobs that are done by the time it looks. The threads end with the process,
    also in the midst of a job: whoever needs its end waits for it (`connections`).
    """

    def __init__(self, number: int, name: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: SimpleQueue[Job] = SimpleQueue()
        self.finished: deque[Job] = deque()
        self.is_woken = False  # the event loop: it will look
        for index in range(number):
            Thread(target=self._work, name=f"{name}_{index}", daemon=True).start()

    def run(self, job: Job) -> None:
        self.waiting.put(job)

    def call(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """What a function gives, or raises, in a thread."""
        call = _Call(self.loop.create_future(), function, arguments)
        self.run(call)
        return call.future

    def _work(self) -> None:
        while True:
            job = self.waiting.get()
            job.work()
            self.finished.append(job)
            del job  # what a client sent is not kept until the next one
            if not self.is_woken:  # two threads may both wake it, which is once too often and no harm
                self.is_woken = True
                self.loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self.is_woken = False  # before the look: what is finished from now on may not be seen by it
        while self.finished:
            self.finished.popleft().done()


class _Call:
    """A function of which a coroutine awaits the end."""

    __slots__ = ("arguments", "failure", "function", "future", "result")

    def __init__(
        self, future: asyncio.Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> None:
        self.future = future
        self.function = function
        self.arguments = arguments
        self.result: Any = None
        self.failure: BaseException | None = None

    def work(self) -> None:
        try:
            self.result = self.function(*self.arguments)
        except BaseException as failure:  # whoever awaits it decides
            self.failure = failure

    def done(self) -> None:
        if self.future.cancelled():  # the process ends
            return
        if self.failure is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.failure)
