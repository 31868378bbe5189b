"""Administrators are told by mail that secrets expire: 30 days, 7 days and 1 day before, once each (P1)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import translation
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.mail import expiring_secrets
from console.management import expiry
from console.models import Client, ClientSecret, Mail, Tenant, User
from tests import cast

pytestmark = pytest.mark.django_db
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(START, tick=False)
    return time_machine


def expiring(client: Client, at: datetime, name: str = "") -> ClientSecret:
    with scope(tenant=client.tenant):
        return ClientSecret.add_to(client, by=cast.OPERATOR, name=name, expires_at=at)[0]


def sent() -> list[Any]:
    """What left since the last time: the mails of one run of a server."""
    mail.outbox.clear()
    expiry.run(trust_clock=True)
    Mail.send_due()
    return list(mail.outbox)


def test_each_notice_is_sent_once_and_says_how_much_is_left(
    clock: TimeMachineFixture,
    web_client: tuple[Client, str],
    alice: User,
    bob: User,
    carol: User,
    acme: Tenant,
):
    secret = expiring(web_client[0], START + 40 * DAY, name="Web servers")
    assert sent() == []

    subjects = []
    for left in (30, 7, 1):
        clock.move_to(START + (40 - left) * DAY - SECOND, tick=False)
        assert sent() == []
        clock.move_to(START + (40 - left) * DAY + SECOND, tick=False)
        [letter] = sent()
        assert letter.to == [alice.email]
        assert f"…{secret.hint} (Web servers)" in letter.body
        assert f"{acme.issuer}/console/oauth/{web_client[0].client_id}/secrets" in letter.body
        assert "qas_" not in letter.body
        subjects.append(letter.subject)
        assert sent() == []
    assert subjects == [
        "A secret of Web app expires in 30 days",
        "A secret of Web app expires in 7 days",
        "A secret of Web app expires in 1 day",
    ]
    clock.shift(2 * DAY)
    assert sent() == []


def test_after_a_pause_one_mail_says_it_all(
    clock: TimeMachineFixture, web_client: tuple[Client, str], alice: User
):
    expiring(web_client[0], START + 40 * DAY)
    clock.shift(35 * DAY)

    assert [letter.subject for letter in sent()] == ["A secret of Web app expires in 5 days"]


def test_it_is_in_the_language_of_whoever_reads_it(
    clock: TimeMachineFixture, web_client: tuple[Client, str], alice: User, acme: Tenant
):
    anna = cast.join(acme, "anna", role="administrator")
    with scope(tenant=acme):
        anna.reads("sv")
    expiring(web_client[0], START + 31 * DAY)
    clock.shift(DAY + SECOND)

    written = {letter.to[0]: letter for letter in sent()}

    assert written.keys() == {alice.email, anna.email}
    assert "expires in 30 days" in written[alice.email].subject
    assert written[anna.email].subject == "En hemlighet för Web app upphör om 30 dagar"
    assert "Upphör" in written[anna.email].body
    assert translation.get_language() == "en"


def disabled(secret: ClientSecret) -> None:
    secret.disable(by=cast.OPERATOR)


def removed(secret: ClientSecret) -> None:
    secret.remove(by=cast.OPERATOR)


def of_a_deleted_client(secret: ClientSecret) -> None:
    secret.client.remove(by=cast.OPERATOR)


def without_an_end(secret: ClientSecret) -> None:
    secret.change(name="", expires_at=None, by=cast.OPERATOR)


@pytest.mark.parametrize("became", [disabled, removed, of_a_deleted_client, without_an_end])
def test_nobody_is_told_of_what_does_not_matter(
    clock: TimeMachineFixture,
    web_client: tuple[Client, str],
    alice: User,
    acme: Tenant,
    became: Callable[[ClientSecret], None],
):
    secret = expiring(web_client[0], START + 31 * DAY)
    with scope(tenant=acme):
        became(secret)
    clock.shift(2 * DAY)

    assert sent() == []


def test_a_tenant_gets_one_mail_for_what_is_due_at_once_and_no_other_tenants(
    clock: TimeMachineFixture, acme: Tenant, globex: Tenant, alice: User, mallory: User,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr(expiring_secrets, "LISTED", 2)
    for name in ("One", "Two", "Three"):
        expiring(cast.register(acme, name=name)[0], START + 31 * DAY)
    expiring(cast.register(globex, name="Theirs")[0], START + 31 * DAY)
    clock.shift(DAY + SECOND)

    written = {letter.to[0]: letter for letter in sent()}

    assert written.keys() == {alice.email, mallory.email}
    assert written[alice.email].subject == "3 client secrets expire, the first in 30 days"
    assert "and 1 more" in written[alice.email].body
    assert "Theirs" not in written[alice.email].body
    assert written[mallory.email].subject == "A secret of Theirs expires in 30 days"


def test_a_run_says_how_many(clock: TimeMachineFixture, acme: Tenant, alice: User):
    for number in range(3):
        expiring(cast.register(acme, name=f"Client {number}")[0], START + 31 * DAY)
    clock.shift(DAY + SECOND)

    assert expiry.run(batch=2, trust_clock=True).secrets_announced == 3


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_send_it_once(clock: TimeMachineFixture, acme: Tenant, alice: User):
    for number in range(4):
        expiring(cast.register(acme, name=f"Client {number}")[0], START + 31 * DAY)
    clock.shift(DAY + SECOND)
    begin, failed = threading.Barrier(3), []

    def schedule() -> None:
        try:
            begin.wait(10)
            failed.append(expiry.run(batch=1, trust_clock=True).failed)
        finally:
            connection.close()

    threads = [threading.Thread(target=schedule) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    expiry.run(trust_clock=True)
    Mail.send_due()
    assert failed == [{}, {}, {}]
    subjects = sorted(letter.subject for letter in mail.outbox)
    assert subjects == [f"A secret of Client {number} expires in 30 days" for number in range(4)]
