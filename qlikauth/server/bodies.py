"""The body of a request is read to its end, within a deadline and within bounds, before a thread sees the request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

Receive = Callable[[], Awaitable[Any]]
SMALL = 64 * 1024  # bytes that every connection may hold: more than any OAuth request has
LARGE_TOGETHER = 32 * 1024 * 1024  # bytes beyond that, of all connections of a process
THROWN_AWAY = (
    8 * 1024 * 1024
)  # bytes of a body that is too long: its sender reads an answer only when it has sent all


class Gone(Exception):
    """The client has left before it had sent everything."""


class TooSlow(Exception):
    """The client did not send everything in time."""


class TooBusy(Exception):
    """Too many large bodies are on their way at the same time."""


@dataclass(frozen=True)
class Body:
    """What a client sent: `length` bytes, which are in `content` unless they were too many.

    `ended` says whether the client has sent all of them.
    """

    content: bytes
    length: int
    ended: bool = True


class Bodies:
    """Reads the bodies of a process and knows how much memory they take."""

    def __init__(self) -> None:
        self.large = 0  # bytes beyond SMALL that are held now

    async def read(self, headers: list[tuple[bytes, bytes]], receive: Receive) -> Body:
        """The body of a request with these headers. Raises TooSlow, TooBusy or Gone."""
        stated = dict(headers)
        length = int(stated.get(b"content-length", 0))  # uvicorn has read it already
        # Whoever waits for "100 Continue" need not send what is too long.
        if length > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE if b"expect" in stated else THROWN_AWAY):
            return Body(b"", length, ended=False)
        try:
            async with asyncio.timeout(settings.RECEIVE_SECONDS):
                return await self._read(receive)
        except TimeoutError:
            raise TooSlow from None

    async def _read(self, receive: Receive) -> Body:
        message = await receive()
        if not message.get("more_body") and "body" in message:  # nearly always: all of it came at once
            return Body(message["body"], len(message["body"]))
        content, length, held = bytearray(), 0, 0
        try:
            while "body" in message:
                length += len(message["body"])
                if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                    content.clear()
                else:
                    content += message["body"]
                held = self._hold(held, len(content))
                if not message["more_body"] or length > THROWN_AWAY:
                    return Body(bytes(content), length, ended=not message["more_body"])
                message = await receive()
            raise Gone
        finally:
            self.large -= held

    def _hold(self, held: int, length: int) -> int:
        """How many of `length` bytes count as large, when it was `held` before."""
        large = max(length - SMALL, 0)
        self.large += large - held
        if self.large > LARGE_TOGETHER:
            self.large -= large
            self.large += held
            raise TooBusy
        return large
