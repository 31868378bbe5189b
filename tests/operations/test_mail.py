"""Mails leave beside requests: none is lost, none is sent twice, and none says more for longer than it must."""

import io
import json
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Event, Mail, Tenant, User, background
from tests.cast import ask, publish, signed_in_as
from tests.served import ROOT, environment_of, free_port, http, new_database, served, status_of

BODY = "https://acme.localhost/welcome/1?token=a-secret"


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still until it is moved."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


class Backend(BaseEmailBackend):
    """A mail server that does as a test says: raises `problem`, if there is one."""

    problem: Exception | None = None
    asked = 0

    def send_messages(self, messages: Any) -> int:
        Backend.asked += 1
        if Backend.problem is not None:
            raise Backend.problem
        mail.outbox.extend(messages)
        return len(messages)


@pytest.fixture
def mail_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Backend]:
    settings.EMAIL_BACKEND = f"{Backend.__module__}.Backend"
    monkeypatch.setattr("console.models.mail.get_connection", lambda **_options: Backend())
    Backend.problem, Backend.asked = None, 0
    return Backend


def put(tenant: Tenant, *people: str) -> None:
    Mail.put(tenant, [(to, "A link", BODY) for to in people or ("bob@acme.example",)])


def send_mail() -> dict[str, int]:
    out = io.StringIO()
    call_command("send_mail", "--json", stdout=out)
    numbers: dict[str, int] = json.loads(out.getvalue())
    return numbers


def database() -> str:
    """All that the database keeps about mails."""
    return str(list(Mail._base_manager.values())) + str(list(Event._base_manager.values()))


@pytest.mark.django_db
def test_a_page_does_not_speak_with_the_mail_server(
    acme: Tenant, globex: Tenant, alice: User, bob: User, mail_server: type[Backend]
):
    wish = ask(bob, publish(globex))

    answer = signed_in_as(alice).post(f"/console/requests/{wish.pk}/deny", {"answer": "No"})

    assert answer.status_code == 303
    assert mail_server.asked == 0
    assert send_mail()["sent"] == 1
    assert mail.outbox[0].to == [bob.email]


@pytest.mark.django_db
def test_an_act_that_fails_sends_no_mail(
    acme: Tenant, globex: Tenant, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
):
    wish = ask(bob, publish(globex))

    def fails(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Mail, "put", fails)
    browser: Browser = signed_in_as(alice)
    browser.raise_request_exception = False

    assert browser.post(f"/console/requests/{wish.pk}/deny", {"answer": "No"}).status_code == 500
    with scope(tenant=acme):
        wish.refresh_from_db()
    assert wish.status == "open"
    assert send_mail() == {"sent": 0, "failed": 0, "waiting": 0, "given_up": 0}


@pytest.mark.django_db
def test_what_was_sent_is_kept_nowhere_and_a_waiting_one_cannot_be_read(acme: Tenant):
    put(acme)

    assert "a-secret" not in database()
    assert send_mail()["sent"] == 1
    assert mail.outbox[0].body == BODY
    assert not Mail._base_manager.exists()


@pytest.mark.django_db
def test_a_mail_is_tried_again_later_and_later(
    clock: TimeMachineFixture, acme: Tenant, mail_server: type[Backend], caplog: Any
):
    mail_server.problem = TimeoutError("a-secret")
    put(acme)

    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        assert send_mail()["failed"] == 1
        clock.shift(timedelta(minutes=pause, seconds=-1))
        assert send_mail()["failed"] == 0
        clock.shift(timedelta(seconds=1))
    mail_server.problem = None

    assert send_mail() == {"sent": 1, "failed": 0, "waiting": 0, "given_up": 0}
    assert "attempt 8: TimeoutError" in caplog.text
    assert "a-secret" not in caplog.text
    assert "bob@" not in caplog.text


@pytest.mark.django_db
def test_a_server_that_is_away_is_asked_once_in_a_round(acme: Tenant, mail_server: type[Backend]):
    mail_server.problem = ConnectionRefusedError()
    put(acme, *(f"{number}@acme.example" for number in range(20)))

    assert send_mail() == {"sent": 0, "failed": 1, "waiting": 20, "given_up": 0}
    assert mail_server.asked == 1


@pytest.mark.django_db
def test_a_mail_is_given_up_openly_once_there_is_no_sense_in_it(
    clock: TimeMachineFixture, acme: Tenant, alice: User, mail_server: type[Backend], caplog: Any
):
    mail_server.problem = TimeoutError()
    put(acme)
    send_mail()
    clock.shift(timedelta(days=3, minutes=1))

    assert send_mail() == {"sent": 0, "failed": 0, "waiting": 0, "given_up": 1}
    assert Mail._base_manager.get().sealed == ""
    assert "given up: TimeoutError" in caplog.text
    page = signed_in_as(alice).get("/console/events?action=mail.failed").content.decode()
    assert "An email to <b>bob@acme.example</b> could not be sent." in page
    clock.shift(timedelta(days=3, minutes=1))
    call_command("expire", "--json", stdout=io.StringIO())
    assert not Mail._base_manager.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("problem", "given_up"),
    [
        (smtplib.SMTPRecipientsRefused({"bob@acme.example": (550, b"no such user")}), 1),
        (smtplib.SMTPDataError(554, b"not wanted"), 1),
        (smtplib.SMTPRecipientsRefused({"bob@acme.example": (450, b"greylisted")}), 0),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), 0),
        (smtplib.SMTPServerDisconnected("gone"), 0),
        (OSError(), 0),
    ],
    ids=repr,
)
def test_only_what_the_server_will_never_take_is_given_up_at_once(
    problem: Exception, given_up: int, acme: Tenant, mail_server: type[Backend]
):
    mail_server.problem = problem
    put(acme)

    numbers = send_mail()

    assert (numbers["given_up"], numbers["failed"]) == (given_up, 1 - given_up)


@pytest.mark.django_db
def test_one_that_is_refused_holds_up_no_other(acme: Tenant, mail_server: type[Backend], monkeypatch: Any):
    put(acme, "nobody@acme.example", "bob@acme.example")

    def send(self: Backend, messages: Any) -> int:
        if messages[0].to == ["nobody@acme.example"]:
            raise smtplib.SMTPRecipientsRefused({"nobody@acme.example": (550, b"no such user")})
        mail.outbox.extend(messages)
        return 1

    monkeypatch.setattr(Backend, "send_messages", send)

    assert send_mail() == {"sent": 1, "failed": 0, "waiting": 0, "given_up": 1}


@pytest.mark.django_db(transaction=True)
def test_two_senders_never_send_the_same_mail(acme: Tenant, mail_server: type[Backend], monkeypatch: Any):
    """The second looks while the first is in the middle of sending."""
    put(acme, "bob@acme.example")
    seconds: list[Any] = []

    def second() -> None:
        try:
            seconds.append(Mail.send_due())
        finally:
            connection.close()

    def send(self: Backend, messages: Any) -> int:
        mail.outbox.extend(messages)
        if len(mail.outbox) == 1:
            other = threading.Thread(target=second)
            other.start()
            other.join()
        return 1

    monkeypatch.setattr(Backend, "send_messages", send)

    assert Mail.send_due().sent == 1
    assert [became.sent for became in seconds] == [0]
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_of_two_senders_that_saw_the_same_mail_one_has_it(acme: Tenant):
    put(acme)
    [seen_by_both] = Mail._due()

    assert Mail._take(seen_by_both) is not None
    assert Mail._take(seen_by_both) is None


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_server_is_spoken_with(
    acme: Tenant, mail_server: type[Backend], monkeypatch: Any
):
    put(acme)
    open_ones: list[bool] = []

    def send(self: Backend, messages: Any) -> int:
        open_ones.append(connection.in_atomic_block)
        return 1

    monkeypatch.setattr(Backend, "send_messages", send)

    Mail.send_due()

    assert open_ones == [False]


@pytest.mark.django_db
def test_a_mail_that_a_sender_died_with_is_sent_after_a_while(clock: TimeMachineFixture, acme: Tenant):
    put(acme)
    Mail._take(Mail._base_manager.get().pk)

    assert send_mail()["sent"] == 0
    clock.shift(timedelta(minutes=11))
    assert send_mail()["sent"] == 1


@pytest.mark.django_db
def test_a_round_of_work_that_fails_ends_no_thread(caplog: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("console.models.background.connections.close_all", lambda: None)

    def breaks() -> None:
        raise RuntimeError("broken")

    assert background.once(breaks) is False
    assert background.once(lambda: None) is True
    assert "RuntimeError: broken" in caplog.text


# --- A server that accepts and then says nothing ----------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[tuple[int, threading.Event]]:
    """Its port, and what is set once somebody has connected."""
    listening, came = socket.socket(), threading.Event()
    listening.bind(("127.0.0.1", 0))
    listening.listen(5)
    held: list[Any] = []

    def accept() -> None:
        try:
            while True:
                held.append(listening.accept())
                came.set()
        except OSError:
            return

    thread = threading.Thread(target=accept)
    thread.start()
    yield listening.getsockname()[1], came
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()
    for connected, _address in held:
        connected.close()


WAITS = """
import django; django.setup()
from console.models import Actor, Mail, Tenant
acme = Tenant.create("acme", "Acme", ["acme.localhost"], by=Actor.operator())
Mail.put(acme, [("bob@acme.example", "Hello", "Text")])
"""


@pytest.mark.loopback
def test_the_server_sends_in_a_thread_of_its_own_and_goes_on_serving(
    tmp_path: Path, silent: tuple[int, threading.Event], monkeypatch: pytest.MonkeyPatch
):
    port, came = silent
    with new_database(tmp_path) as made:
        place = free_port()
        environment = environment_of(place, made) | {
            "DJANGO_SETTINGS_MODULE": "qlikauth.settings",
            "QLIKAUTH_EMAIL_HOST": "127.0.0.1",
            "QLIKAUTH_EMAIL_PORT": str(port),
            "QLIKAUTH_EMAIL_TLS": "off",
        }
        for command in (["manage.py", "migrate"], ["-c", WAITS]):
            subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=environment, check=True, capture_output=True
            )
        monkeypatch.setattr("tests.served.environment_of", lambda *_a, **_k: environment)
        with served(place, made) as running:
            assert came.wait(20)
            assert status_of(running.ask(http("GET", "/login", "acme.localhost"))) == 200
