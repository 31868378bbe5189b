"""Forms that make something, sent twice: after one another, and in the same moment (S3)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, SentForm, Tenant, User
from tests import cast
from tests.held import Waiting
from tests.oauth.test_races import at_once

NEW = "/console/oauth/new"
MARK = "mark-of-this-form"
WEB = {
    "type": "web",
    "name": "Reports",
    "redirect_uris": ["https://app.example.com/callback"],
    "auth_methods": ["client_secret"],
    "once": MARK,
}
ADD = {"action": "add", "once": MARK}
SECRET = re.compile(r"qas_\w{49}")
SENDERS = 8
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def clients_of(tenant: Tenant) -> list[Client]:
    with scope(tenant=tenant):
        return list(Client.objects.all())


def live_secrets(client: Client) -> int:
    with scope(tenant=client.tenant):
        return len(client.live_secrets)


def secret_new(client: Client) -> str:
    return f"{secrets_page(client)}/new"


def secrets_page(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/secrets"


# --- One after the other --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_second_answer_is_the_result_without_the_secret(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    first = admin.post(NEW, WEB)

    again = admin.post(NEW, WEB)

    [client] = clients_of(acme)
    assert len(set(SECRET.findall(text(first)))) == 1
    assert client.client_id in text(again)
    assert "has already been created. A secret is shown only once" in text(again)
    assert secrets_page(client) in text(again)
    assert not SECRET.findall(text(again))
    assert "Copy the secret now" not in text(again)


@pytest.mark.django_db
def test_a_client_that_never_had_a_secret_is_not_said_to_have_one(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    sent = {
        "type": "spa",
        "name": "Page",
        "redirect_uris": ["https://spa.example.com/cb"],
        "allowed_origins": ["https://spa.example.com"],
        "once": MARK,
    }
    admin.post(NEW, sent)

    again = text(admin.post(NEW, sent))

    assert "This client has already been created." in again
    assert "A secret is shown only once" not in again


@pytest.mark.django_db
def test_a_client_that_has_been_deleted_meanwhile_is_not_made_again(
    browser: Browse, alice: User, acme: Tenant
):
    admin = browser(alice)
    admin.post(NEW, WEB)
    with scope(tenant=acme):
        clients_of(acme)[0].remove(by=Actor.operator())

    again = admin.post(NEW, WEB, follow=True)

    assert "has already been created" in text(again)
    assert clients_of(acme) == []


@pytest.mark.django_db
def test_a_mark_is_of_one_person_and_one_form(browser: Browse, alice: User, acme: Tenant):
    other = cast.join(acme, "dora", "administrator")
    browser(alice).post(NEW, WEB)
    browser(other).post(NEW, WEB)
    first, second = clients_of(acme)

    for client in (first, second):
        assert SECRET.findall(text(browser(alice).post(secret_new(client), ADD)))


@pytest.mark.django_db
def test_the_session_makes_no_difference(browser: Browse, alice: User, acme: Tenant):
    """It was remembered in the session, twenty marks long."""
    browser(alice).post(NEW, WEB)
    browser(alice).post(NEW, WEB)

    assert len(clients_of(acme)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("mark", ["", "x" * 100_000, "a\0b", "' OR 1=1 --"])
def test_any_mark_is_taken(browser: Browse, alice: User, acme: Tenant, mark: str):
    admin = browser(alice)
    answers = [admin.post(NEW, WEB | {"once": mark}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(clients_of(acme)) == (1 if mark else 2)


@pytest.mark.django_db
def test_a_form_that_was_refused_may_be_sent_again(
    browser: Browse, alice: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    admin = browser(alice)
    monkeypatch.setitem(settings.LIMITS, "clients_per_tenant", 0)
    assert admin.post(NEW, WEB).status_code == 422
    monkeypatch.setitem(settings.LIMITS, "clients_per_tenant", 1)

    assert SECRET.findall(text(admin.post(NEW, WEB)))
    assert "has already been created" in text(admin.post(NEW, WEB))


@pytest.mark.django_db
def test_the_marks_go_when_nobody_can_send_the_form_any_more(browser: Browse, alice: User, acme: Tenant):
    browser(alice).post(NEW, WEB)
    call_command("expire")
    assert SentForm._base_manager.count() == 1

    SentForm._base_manager.update(expires_at=timezone.now() - timedelta(seconds=1))
    call_command("expire")

    assert not SentForm._base_manager.exists()


# --- In the same moment ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_sends_at_once_one_makes_a_client(browser: Browse, alice: User, acme: Tenant):
    browsers = [browser(alice) for _ in range(SENDERS)]

    answers = at_once(*[lambda admin=admin: admin.post(NEW, WEB) for admin in browsers])

    assert [answer.status_code for answer in answers] == [200] * SENDERS
    assert len(clients_of(acme)) == 1
    assert sum(len(set(SECRET.findall(text(answer)))) for answer in answers) == 1
    assert sum("has already been created" in text(answer) for answer in answers) == SENDERS - 1


@pytest.mark.django_db(transaction=True)
def test_of_many_sends_at_once_one_makes_a_secret(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    client = web_client[0]
    browsers = [browser(alice) for _ in range(SENDERS)]

    answers = at_once(*[lambda admin=admin: admin.post(secret_new(client), ADD) for admin in browsers])

    assert [answer.status_code for answer in answers] == [200] * SENDERS
    assert live_secrets(client) == 2
    assert sum(len(set(SECRET.findall(text(answer)))) for answer in answers) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("succeeds", [True, False])
def test_the_second_waits_until_the_first_is_decided(
    browser: Browse, alice: User, web_client: tuple[Client, str], succeeds: bool
):
    client, page = web_client[0], secret_new(web_client[0])
    admin = browser(alice)
    with scope(tenant=alice.tenant), transaction.atomic():
        SentForm.take(alice, page, MARK)
        second = Waiting(lambda: admin.post(page, ADD))
        second.until_it_waits()
        if succeeds:
            ClientSecret.add_to(client, by=Actor(user=alice))
        else:
            transaction.set_rollback(True)

    answer = second.result()

    assert live_secrets(client) == 2
    assert bool(SECRET.findall(text(answer))) is not succeeds
    assert ("has already been created" in text(answer)) is succeeds
