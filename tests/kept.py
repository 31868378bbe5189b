"""Fixtures whose rows are made once and stay for the tests of a module: making them costs more than most tests do.

The tests of a module run inside one transaction. In it stand the rows of the fixtures marked `@kept` that a test asks
for, each fixture's in a savepoint of its own, in the order in which the test names them; the test itself is a savepoint
above them, and is undone as ever. Before the next one, whatever that one does not ask for is undone, and what it misses
is made. So a test finds the rows of its own fixtures, unchanged, and no others; they are older by a minute at most. Of
the objects every test has its own copy. They are made before every other fixture of a test, whatever its place.

A test that needs transactions of its own, moves the clock by the fixture `time_machine`, or serves the region on
another port, makes everything by itself.
"""

import copyreg
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import Parameter, signature
from time import monotonic
from typing import Any
from unittest import mock

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client as Browser
from pytest_django import DjangoDbBlocker

from console.http.tenancy import Hosts
from console.models import KeyRing

PORT = 8000  # of the tenants' hostnames, unless the region is served
MOST_SECONDS = 60  # what stands longer is made anew: on a slow machine too it is about as old as the test
# A test that asks for one of these makes its rows by itself: in transactions of its own, or at a time of its own.
ITS_OWN = {
    "transactional_db",
    "live_server",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
    "time_machine",
}
Build = Callable[..., Any]


def kept(build: Build) -> Any:
    """Makes a fixture of a function that makes rows out of others' rows.

    It may ask for `db`, `port` and other kept fixtures, and gives something that can be pickled.
    """

    def give(kept_values: dict[str, Any], **given: Any) -> Any:
        return kept_values[build.__name__] if build.__name__ in kept_values else build(**given)

    asked = signature(build)
    own = Parameter("kept_values", Parameter.POSITIONAL_OR_KEYWORD)
    give.__signature__ = asked.replace(parameters=[*asked.parameters.values(), own])  # type: ignore[attr-defined]
    give.__name__, give.__doc__, give.__module__ = build.__name__, build.__doc__, build.__module__
    give.kept = build  # type: ignore[attr-defined]
    return pytest.fixture(give)


class RsaKeys:
    """Real RSA keys, made once in this process and dealt again to every test. No test is dealt one twice."""

    def __init__(self) -> None:
        self.generate = rsa.generate_private_key
        self.made: dict[tuple[int, int], list[rsa.RSAPrivateKey]] = {}
        self.dealt: dict[tuple[int, int], int] = {}

    def deal(self, public_exponent: int, key_size: int, backend: Any = None) -> rsa.RSAPrivateKey:
        kind = (public_exponent, key_size)
        keys = self.made.setdefault(kind, [])
        place = self.dealt.get(kind, 0)
        self.dealt[kind] = place + 1
        if place == len(keys):
            keys.append(self.generate(public_exponent, key_size))
        return keys[place]


def opened(defaults: dict[str, Any], cookies: Any) -> Browser:
    """A browser again, from what is kept of it."""
    browser = Browser(**defaults)
    browser.cookies = cookies
    return browser


# A test browser that has sent something holds the whole application, which is not copied.
copyreg.pickle(Browser, lambda browser: (opened, (browser.defaults, browser.cookies)))


@dataclass(frozen=True)
class Layer:
    """What one fixture added: all values so far, in one piece, so that alice's tenant is acme in a copy as well."""

    build: Build
    savepoint: str  # as it was before
    values: bytes
    dealt: dict[tuple[int, int], int]
    since: float  # seconds of the monotonic clock


@dataclass
class KeptRows:
    """The rows that stand in this process's database at the moment."""

    rsa_keys: RsaKeys
    blocker: DjangoDbBlocker
    outer: transaction.Atomic | None = None
    layers: list[Layer] = field(default_factory=list)

    def prepare(self, item: pytest.Item) -> None:
        """Called before the test's own transaction begins: its fixtures' rows are there afterwards, and no others."""
        wanted = asked_for(item)
        if wanted is None:
            self.leave()
            return
        try:
            with self.blocker.unblock():
                self._keep(wanted)
        except BaseException:
            self.leave()
            raise

    def _keep(self, wanted: list[Build]) -> None:
        if connection.closed_in_transaction or connection.needs_rollback or not connection.in_atomic_block:
            self.leave()  # the test before has closed the connection
        if self.outer is None:
            self.outer = transaction.atomic()
            self.outer.__enter__()
        same = 0
        while same < min(len(wanted), len(self.layers)) and self.layers[same].build is wanted[same]:
            same += 1
        if self.layers and monotonic() - self.layers[0].since > MOST_SECONDS:
            same = 0
        if self.layers[same:]:
            connection.savepoint_rollback(self.layers[same].savepoint)
            connection.savepoint_commit(self.layers[same].savepoint)
            del self.layers[same:]
        self.rsa_keys.dealt = dict(self.layers[-1].dealt) if self.layers else {}
        if wanted[same:]:
            values = self.values()
            with mock.patch.object(rsa, "generate_private_key", self.rsa_keys.deal):
                for build in wanted[same:]:
                    self._add(build, values)
            # What would be done when they are committed: they are not.
            connection.run_on_commit = []
            forget()

    def _add(self, build: Build, values: dict[str, Any]) -> None:
        savepoint = str(connection.savepoint())
        given = {name: values.get(name) for name in signature(build).parameters}
        if "port" in given:
            given["port"] = PORT
        values[build.__name__] = build(**given)
        dealt = dict(self.rsa_keys.dealt)
        self.layers.append(Layer(build, savepoint, pickle.dumps(values), dealt, monotonic()))

    def values(self) -> dict[str, Any]:
        """What the kept fixtures give, by their names; a copy for each call."""
        return pickle.loads(self.layers[-1].values) if self.layers else {}  # noqa: S301  # written above

    def leave(self) -> None:
        """The database is empty again, and no transaction is open. Safe to call twice."""
        if self.outer is not None and connection.in_atomic_block:
            with self.blocker.unblock():
                transaction.set_rollback(True)
                self.outer.__exit__(None, None, None)
        self.outer = None
        self.layers.clear()


def forget() -> None:
    """What a process remembers of hosts and keys."""
    Hosts.forget()
    KeyRing.forget()
    cache.clear()


def asked_for(item: pytest.Item) -> list[Build] | None:
    """The kept fixtures of a test in the order in which it would make them; None if it has to make them itself."""
    marker = item.get_closest_marker("django_db")
    transactional = marker is not None and bool(marker.args or marker.kwargs)
    known = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    names: list[str] = item.fixturenames  # type: ignore[attr-defined]
    if transactional or ITS_OWN.intersection(names) or len(known.get("port", ())) > 1:
        return None
    found: list[Build] = []

    def add(name: str) -> None:
        build = getattr(known[name][-1].func, "kept", None) if name in known else None
        if build is not None and build not in found:
            for each in signature(build).parameters:
                add(each)
            found.append(build)

    for name in names:
        add(name)
    return found
