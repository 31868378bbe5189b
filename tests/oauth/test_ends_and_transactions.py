"""What two transactions at once make of an end of access, and of a lock: one of them is held open, so luck has no part.

Only PostgreSQL lets the two be at work at the same time; SQLite has one writer.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, Connection, Consent, Event, SigningKey, TokenFamily
from tests import cast
from tests.oauth.driver import Application, asks_for_approval
from tests.oauth.outcomes import is_alive, rows_follow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
SCOPES = ["openid", "offline_access", "apps:read"]
SCOPE = " ".join(SCOPES)
PATIENCE = 30  # seconds after which a test that hangs gives up


@contextmanager
def held(act: Callable[[], Any]) -> Iterator[None]:
    """`act` is at its last statement, not committed, while the block runs; it is committed when the block ends."""
    arrived, go_on = threading.Event(), threading.Event()
    problems: list[BaseException] = []

    def run() -> None:
        try:
            with transaction.atomic():
                act()
                arrived.set()
                go_on.wait(PATIENCE)
        except BaseException as problem:
            problems.append(problem)
        finally:
            arrived.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert arrived.wait(PATIENCE)
    try:
        yield
    finally:
        go_on.set()
        thread.join()
    assert not problems, problems


def wait_until_somebody_waits_for_a_lock() -> None:
    """The other thread has come as far as it gets."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Of this test's database alone: others run beside it on the same server.
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


@pytest.fixture
def portal(globex):
    client, secret = cast.register(globex, name="Report portal", allowed_scopes=SCOPES)
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return client, secret


@pytest.fixture
def app(portal, acme, alice):
    cast.connect(portal[0], acme, by=alice)
    return Application(*portal, tenant=acme)


@pytest.fixture
def bobs(bob, app):
    browser = cast.signed_in_as(bob)
    app.tokens(browser, scope=SCOPE)  # has consented
    return browser


def of_owner(portal, act, **arguments):
    def run():
        with scope(tenant=portal[0].tenant):
            client = Client.with_deleted.select_related("tenant").get(pk=portal[0].pk)
            return getattr(client, act)(by=Actor.operator(), **arguments)

    return run


def of_acme(portal, acme, act, **arguments):
    def run():
        with scope(tenant=acme):
            connection = Connection.objects.select_related("client__tenant", "tenant").get(client=portal[0])
            return getattr(connection, act)(by=Actor.operator(), **arguments)

    return run


ACTS = {
    "disable": lambda portal, acme: (of_owner(portal, "disable"), of_owner(portal, "enable")),
    "delete": lambda portal, acme: (of_owner(portal, "remove"), of_owner(portal, "restore")),
    "unpublish": lambda portal, acme: (
        of_owner(portal, "unpublish", connected_stay=False),
        of_owner(portal, "publish"),
    ),
    "block": lambda portal, acme: (of_acme(portal, acme, "block"), of_acme(portal, acme, "unblock")),
    "remove": lambda portal, acme: (
        of_acme(portal, acme, "remove"),
        lambda: cast.connect(portal[0], acme),
    ),
}


@pytest.mark.spec("RFC 9700", "4.14.2")
@pytest.mark.parametrize("name", ACTS)
def test_a_session_that_begins_while_it_is_ended_does_not_come_back(name, app, bobs, portal, acme):
    end, begin_again = ACTS[name](portal, acme)
    before = app.code(bobs, scope=SCOPE)

    with held(end):
        code = app.code(bobs, scope=SCOPE)
        given = [response.json() for response in (app.exchange(code), app.exchange(before))]
    begin_again()

    for tokens in given:
        assert not is_alive(app, tokens["access_token"])
        assert app.refresh(tokens["refresh_token"]).status_code == 400
    rows_follow()
    with scope(tenant=acme):
        assert not TokenFamily.objects.filter(ended_at=None).exists()


@pytest.mark.spec("ASVS", "7.4.3")
def test_a_session_that_begins_while_the_password_changes_ends_with_the_earlier_ones(app, bobs, bob):
    def change():
        bob.choose_password("a quite long one 7", by=Actor.operator())

    with held(change):
        code = app.code(bobs, scope=SCOPE)
        tokens = app.exchange(code).json()

    assert not is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 400


def test_the_switch_does_not_wait_for_a_session_that_somebody_holds(app, bobs, portal, acme):
    tokens = app.tokens(bobs, scope=SCOPE)

    def hold_every_session():
        with scope(tenant=acme):
            list(TokenFamily.objects.select_for_update())

    with held(hold_every_session), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
        of_owner(portal, "disable")()
        assert not is_alive(app, tokens["access_token"])
    rows_follow()
    with scope(tenant=acme):
        assert not TokenFamily.objects.filter(ended_at=None).exists()


def a_connection_is_approved(portal, acme, port):
    third = cast.found("third", "Third", port)
    return lambda: cast.connect(portal[0], third)


LOCKS = {
    "a secret is made": lambda portal, acme, bob, port: (
        lambda: ClientSecret.add_to(portal[0], by=Actor.operator())
    ),
    "the tenant is locked": lambda portal, acme, bob, port: acme.lock,
    "a client is edited": lambda portal, acme, bob, port: of_owner(portal, "edit", name="Another name"),
    "keys are rotated": lambda portal, acme, bob, port: lambda: SigningKey.rotate(acme, by=Actor.operator()),
    "a tenant connects": lambda portal, acme, bob, port: a_connection_is_approved(portal, acme, port),
    "somebody consents": lambda portal, acme, bob, port: (
        lambda: Consent.give(
            bob, portal[0], ["openid"], redirect_host="https://app.example", shown={}, by=Actor.operator()
        )
    ),
    "a client is disabled": lambda portal, acme, bob, port: of_owner(portal, "disable"),
    "a connection is blocked": lambda portal, acme, bob, port: of_acme(portal, acme, "block"),
    "a consent method is changed": lambda portal, acme, bob, port: of_acme(
        portal, acme, "change_consent_method", method="trusted"
    ),
    "a client is published": lambda portal, acme, bob, port: of_owner(
        portal, "unpublish", connected_stay=True
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_no_token_waits_for_somebody_who_changes_something(name, app, bobs, portal, acme, bob, port):
    act = LOCKS[name](portal, acme, bob, port)
    code = app.code(bobs, scope=SCOPE)

    def in_its_tenant():
        with scope(tenant=portal[0].tenant if name == "a secret is made" else acme):
            act()

    for model in (Client, Connection, ClientSecret):  # its use is noted once a minute
        model._base_manager.update(last_used_at=None)
    with held(in_its_tenant), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
        exchanged = app.exchange(code)
        assert exchanged.status_code == 200, exchanged.content
        assert app.refresh(exchanged.json()["refresh_token"]).status_code == 200


def test_a_consent_that_is_given_while_the_connection_is_removed_is_not_left_behind(app, portal, acme, alice):
    browser = cast.signed_in_as(alice)
    page = app.authorize(browser, scope=SCOPE)
    answers: list[Any] = []

    with held(of_acme(portal, acme, "remove")):

        def consent():
            try:
                answers.append(app.decide(browser, page, "allow"))
            finally:
                connection.close()

        thread = threading.Thread(target=consent)
        thread.start()
        wait_until_somebody_waits_for_a_lock()
    thread.join()

    rows_follow()
    assert not Consent._base_manager.filter(user=alice).exists()
    assert asks_for_approval(browser.get(answers[0]["Location"]))
    assert (
        Event._base_manager.filter(tenant=acme, action="consent.given", target_id=portal[0].pk).count() == 0
    )
