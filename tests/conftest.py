"""Fixtures for every floor: the cast (see `tests/cast.py`), browsers, clients, and nothing remembered between tests."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone, translation
from django_scopes import scope
from pytest_django import Settings

from console import trace
from console.models import Client, Mail, Tenant, User, expiry_run, noted

from . import cast, folders, migrated
from .kept import PORT, KeptRows, RsaKeys, forget, kept

LOOPBACK = ["127.0.0.1", "::1"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are closed, but to tests that serve a region to a program outside, and then open to loopback only."""
    for item in items:
        folders.refuse(item)
        if any(item.get_closest_marker(name) for name in ("browser", "interop", "loopback")):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for vendor in ("postgresql", "sqlite"):
        if item.get_closest_marker(vendor) and connection.vendor != vendor:
            pytest.skip(f"only means something on {vendor}")


def pytest_collection_finish() -> None:
    """What is there before the first test is there until the last: the collector need not walk through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


# --- The database -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Before Django looks for the test database it is there, migrated. PostgreSQL copies it by itself, see settings."""
    if connection.vendor == "sqlite" and migrated.TEMPLATE in os.environ:
        shutil.copy(os.environ[migrated.TEMPLATE], connection.settings_dict["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Whether Django takes the database that it finds instead of an empty one. The directory of the run goes anyway."""
    return connection.vendor == "sqlite" and migrated.TEMPLATE in os.environ


KEPT_ROWS = pytest.StashKey[KeptRows]()


@pytest.fixture(scope="session")
def kept_rows(request, rsa_keys, django_db_setup, django_db_blocker) -> Iterator[KeptRows]:
    rows = request.session.stash[KEPT_ROWS] = KeptRows(rsa_keys, django_db_blocker)
    yield rows
    rows.leave()


@pytest.fixture
def kept_values(db: None, kept_rows: KeptRows) -> dict[str, Any]:
    """What the fixtures marked `@kept` give in this test."""
    return kept_rows.values()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    """Before pytest-django begins the transaction of a test, the rows that it asks for are there."""
    if fixturedef.argname == "_django_db_helper":
        request.getfixturevalue("kept_rows").prepare(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After the last test of a module nothing is kept."""
    yield
    if nextitem is not None and nextitem.path != item.path and KEPT_ROWS in item.session.stash:
        item.session.stash[KEPT_ROWS].leave()


# --- Between tests --------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What a process remembers of hosts and keys, what it has not written yet, and the language of its thread, is of
    one test only."""
    noted.forget()
    forget()
    yield
    forget()
    translation.activate("en")


@pytest.fixture(autouse=True)
def one_trace_id(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Every request has the same trace ID, so that two answers can be compared to the last byte.

    A test that is about trace IDs takes the real ones back with `one_trace_id.undo()`.
    """
    with monkeypatch.context() as patch:
        patch.setattr(trace, "make", lambda: "f" * trace.LENGTH)
        yield patch
    trace.clear()


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The database's clock is moved together with this process's.

    A test that is about the difference takes the real one back with `one_clock.undo()`.
    """
    with monkeypatch.context() as patch:
        patch.setattr(expiry_run, "database_now", timezone.now)
        yield patch


@pytest.fixture(scope="session")
def rsa_keys() -> RsaKeys:
    return RsaKeys()


@pytest.fixture(autouse=True)
def _quick_rsa_keys(rsa_keys: RsaKeys, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Making an RSA key takes a tenth of a second, and every tenant has one."""
    monkeypatch.setattr(rsa, "generate_private_key", rsa_keys.deal)
    yield
    rsa_keys.dealt.clear()


# --- The cast -------------------------------------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    """The port in the tenants' hostnames; where a region is served, the port that it is served on."""
    return PORT


@pytest.fixture
def _no_leeway(settings: Settings) -> None:
    """A refresh token that has been used gives nothing more, not even in the same instant."""
    settings.REFRESH_TOKEN_LEEWAY = timedelta(0)


@kept
def acme(db: None, port: int) -> Tenant:
    return cast.found("acme", "Acme AB", port)


@kept
def globex(db: None, port: int) -> Tenant:
    return cast.found("globex", "Globex", port)


@kept
def alice(acme: Tenant) -> User:
    return cast.join(acme, "alice", "administrator")


@kept
def bob(acme: Tenant) -> User:
    return cast.join(acme, "bob")


@kept
def carol(acme: Tenant) -> User:
    return cast.join(acme, "carol", "auditor")


@kept
def mallory(globex: Tenant) -> User:
    return cast.join(globex, "mallory", "administrator")


@kept
def gustav(globex: Tenant) -> User:
    return cast.join(globex, "gustav")


@pytest.fixture
def in_acme(acme: Tenant) -> Iterator[Tenant]:
    """Makes acme the active tenant for the test's own queries. Requests find their tenant by themselves."""
    with scope(tenant=acme):
        yield acme


@pytest.fixture
def in_globex(globex: Tenant) -> Iterator[Tenant]:
    """Makes globex the active tenant for the test's own queries."""
    with scope(tenant=globex):
        yield globex


class Outbox(Sequence[Any]):
    """What has been sent: before it is read, whatever waits is sent, as a thread of the server does."""

    def __getitem__(self, at: Any) -> Any:
        return self._sent()[at]

    def __len__(self) -> int:
        return len(self._sent())

    def __eq__(self, other: object) -> bool:
        return self._sent() == other

    def clear(self) -> None:
        self._sent().clear()

    @staticmethod
    def _sent() -> list[Any]:
        Mail.send_due()
        return mail.outbox


@pytest.fixture
def mailoutbox() -> Outbox:
    """Every mail that was sent in this test, in order."""
    return Outbox()


# --- Browsers -------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(db: None) -> Callable[[User], Browser]:
    """`browser(alice)`: signed in, on the host of the person's tenant."""
    return cast.signed_in_as


@pytest.fixture
def stranger(db: None) -> Callable[[Tenant], Browser]:
    """`stranger(acme)`: not signed in, on the tenant's host."""
    return cast.stranger_on


# --- Clients of acme ------------------------------------------------------------------------------------------


@pytest.fixture
def register(db: None) -> Callable[..., tuple[Client, str]]:
    """`register(globex, name="Reports", consent_method="trusted")` gives (client, secret)."""
    return cast.register


@kept
def web_client(acme: Tenant) -> tuple[Client, str]:
    """A confidential client for people, with its secret."""
    return cast.register(acme)


@kept
def spa_client(acme: Tenant) -> tuple[Client, str]:
    """A public client that runs in a page; no secret."""
    return cast.register(
        acme,
        type="spa",
        name="Single-page app",
        redirect_uris=["https://spa.example.com/callback"],
        allowed_origins=["https://spa.example.com"],
    )


@kept
def native_client(acme: Tenant) -> tuple[Client, str]:
    """A public client on a person's device; no secret."""
    return cast.register(
        acme,
        type="native",
        name="Native app",
        redirect_uris=["http://127.0.0.1/callback", "com.example.app:/callback"],
    )


@kept
def machine_client(acme: Tenant) -> tuple[Client, str]:
    """A trusted client without people: client credentials, with its secret."""
    return cast.register(
        acme,
        name="Nightly reload",
        redirect_uris=[],
        grant_types=["client_credentials"],
        allowed_scopes=["user_default", "admin_classic"],
        consent_method="trusted",
    )
