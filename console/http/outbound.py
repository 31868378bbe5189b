"""Fetches a small JSON document from a URL that a stranger has named: the one place where this server asks another.

Whoever names a URL must not make the server reach what only it can reach (SSRF; draft-ietf-oauth-client-id-metadata-
document, "Server-Side Request Forgery"). So the host's addresses are looked up once, all of them must be public, and
the connection goes to one of exactly these: no later answer of the name server counts. Redirects are not followed,
proxies of the environment are not used, and nothing but the certificate's name decides who answers.

Every fetch has a thread of its own and an end that does not depend on the other side: after DEADLINE its socket is
shut, wherever it is. A few run at once in each process.
"""

import socket
import ssl
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Any

import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from ..policy import public_addresses
from ..policy.public_addresses import NotPublic, Place
from .outside_world import World

DEADLINE = 5.0  # seconds for all of it: name, connection, TLS, head and body
MAX_BYTES = 10_000
AT_ONCE = 4  # fetches in one process
MOST_ADDRESSES = 3  # of one host that are tried, one after the other
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # nothing is unpacked: ten kilobytes could become gigabytes
    "User-Agent": "qlikauth",
    "Connection": "close",
}


class Failure(StrEnum):
    """Why nothing was fetched. The value is stored; pages put it into words."""

    BUSY = "busy"  # too many others are being fetched
    NOT_PUBLIC = "not_public"  # the host has no address of the internet, or is no host name
    NO_CONNECTION = "no_connection"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow"
    BROKEN = "broken"  # what came is not HTTP, or ended too early
    REDIRECT = "redirect"
    STATUS = "status"  # any other than 200
    NOT_JSON = "not_json"  # another media type
    ENCODED = "encoded"  # packed, though it was asked for as it is
    TOO_LARGE = "too_large"


class NotFetched(Exception):
    """Nothing was fetched. `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the host answered: the bytes, at most MAX_BYTES, and its headers by their name in lower case."""

    body: bytes
    headers: dict[str, str]


WORLD = World()
_places = threading.BoundedSemaphore(AT_ONCE)


def fetch(url: str, *, world: World | None = None, deadline: float = DEADLINE) -> Fetched:
    """The JSON document at `url`, within `deadline` seconds. Raises NotFetched.

    Only https on port 443 of a public host is asked, and what METADATA_LOCAL_HOSTS allows for trials.
    """
    if not _places.acquire(blocking=False):
        raise NotFetched(Failure.BUSY)
    attempt = _Attempt(url, world or WORLD, monotonic() + deadline)
    thread = threading.Thread(target=attempt.run, name="outbound", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        _places.release()
        raise NotFetched(Failure.BUSY) from None
    thread.join(deadline)
    if thread.is_alive():
        attempt.give_up()
        raise NotFetched(Failure.TOO_SLOW)
    if attempt.fetched is None:
        raise NotFetched(attempt.failure)
    return attempt.fetched


@dataclass(slots=True)
class _Attempt:
    """One fetch, in its thread. Whoever waits for it may give it up; its place is free when it has ended."""

    url: str
    world: World
    ends_at: float  # on the monotonic clock
    fetched: Fetched | None = None
    failure: Failure = Failure.BROKEN
    _line: socket.socket | None = None  # a second handle of the open socket, which TLS does not take away
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _given_up: bool = False

    def run(self) -> None:
        try:
            self.fetched = self._fetch()
        except NotFetched as error:
            self.failure = error.failure
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self.failure = _what_went_wrong(error)
        finally:
            self._hang_up()
            _places.release()

    def give_up(self) -> None:
        """Shuts the socket, whatever the thread does with it at the moment."""
        with self._lock:
            self._given_up = True
            if self._line is not None:
                _shut(self._line)

    def open(self, address: str, port: int) -> socket.socket:
        """Connects, and keeps a handle of the connection."""
        made = self.world.open_socket(address, port, self._seconds_left())
        with self._lock:
            if self._given_up:
                made.close()
                raise NotFetched(Failure.TOO_SLOW)
            self._line = made.dup()
        return made

    def _fetch(self) -> Fetched:
        place, addresses = self._addresses()
        for nth, address in enumerate(addresses, start=1):
            try:
                return self._ask(place, address)
            except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
                self._hang_up()
                if nth == len(addresses):
                    raise
        raise NotFetched(Failure.NOT_PUBLIC)

    def _addresses(self) -> tuple[Place, list[str]]:
        """Where the URL leads, and the addresses that may be connected to: looked up once, and all of them public."""
        local = public_addresses.local_place(self.url, settings.METADATA_LOCAL_HOSTS)
        if local is not None:
            return local, ["127.0.0.1"]
        try:
            place = public_addresses.place_of(self.url)
        except NotPublic:
            raise NotFetched(Failure.NOT_PUBLIC) from None
        try:
            addresses = self.world.look_up(place.host)
        except (OSError, UnicodeError):
            raise NotFetched(Failure.NOT_PUBLIC) from None
        if not all(public_addresses.is_public(address) for address in addresses):
            raise NotFetched(Failure.NOT_PUBLIC)
        return place, addresses[:MOST_ADDRESSES]

    def _ask(self, place: Place, address: str) -> Fetched:
        with self._pool(place, address) as pool:
            response = pool.urlopen(
                "GET",
                place.target,
                headers=HEADERS | {"Host": place.authority},
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                return self._read(response)
            finally:
                response.close()

    def _pool(self, place: Place, address: str) -> urllib3.HTTPConnectionPool:
        """One connection to one address. The pool knows no name, so there is none that it could look up."""
        about: dict[str, Any] = {"timeout": self._seconds_left(), "maxsize": 1, "block": True}
        if place.scheme == "http":
            plain = urllib3.HTTPConnectionPool(address, place.port, **about)
            plain.ConnectionCls = _pinned(HTTPConnection, self)
            return plain
        # The context compares the name in the certificate with `server_hostname`.
        about |= {"ssl_context": self.world.trust(), "server_hostname": place.host}
        secure = urllib3.HTTPSConnectionPool(address, place.port, cert_reqs="CERT_REQUIRED", **about)
        secure.ConnectionCls = _pinned(HTTPSConnection, self)
        return secure

    def _read(self, response: BaseHTTPResponse) -> Fetched:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if 300 <= response.status < 400:
            raise NotFetched(Failure.REDIRECT)
        if response.status != 200:
            raise NotFetched(Failure.STATUS)
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise NotFetched(Failure.ENCODED)
        if not is_json(headers.get("content-type", "")):
            raise NotFetched(Failure.NOT_JSON)
        body = bytearray()
        while part := response.read(min(4096, MAX_BYTES + 1 - len(body)), decode_content=False):
            body += part
            if len(body) > MAX_BYTES:
                raise NotFetched(Failure.TOO_LARGE)
            self._seconds_left()
        return Fetched(bytes(body), headers)

    def _seconds_left(self) -> float:
        left = self.ends_at - monotonic()
        if left <= 0:
            raise NotFetched(Failure.TOO_SLOW)
        return left

    def _hang_up(self) -> None:
        with self._lock:
            line, self._line = self._line, None
            if line is not None:
                _shut(line)
                line.close()


def is_json(media_type: str) -> bool:
    """Whether a Content-Type says that this is JSON in UTF-8: application/json or application/…+json."""
    name, _, parameters = media_type.lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    kind = name.strip()
    is_one = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    return is_one and (not parameters.strip().startswith("charset=") or charset == "utf-8")


def _pinned(kind: type[HTTPConnection], attempt: _Attempt) -> type[Any]:
    """A class of connections whose socket `attempt` opens, to the address that is the pool's host."""

    class Pinned(kind):  # type: ignore[valid-type, misc]
        def _new_conn(self) -> socket.socket:
            try:
                return attempt.open(self.host, self.port)
            except TimeoutError as error:
                raise urllib3.exceptions.ConnectTimeoutError(self, "The connection timed out.") from error
            except OSError as error:
                raise urllib3.exceptions.NewConnectionError(self, "There is no connection.") from error

    return Pinned


def _what_went_wrong(error: Exception) -> Failure:
    """Which failure an error of urllib3 or of the socket is."""
    causes: list[BaseException | None] = [error, error.__cause__, error.__context__, *error.args]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Failure.CERTIFICATE
    if isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.SSLError):
        return Failure.NO_CONNECTION  # before the next: urllib3 counts the first of them among its timeouts
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
        return Failure.TOO_SLOW
    return Failure.BROKEN


def _shut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was first
        return
