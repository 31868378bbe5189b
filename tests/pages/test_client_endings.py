"""Disabling, enabling and deleting clients, after a confirmation that says what ends (S12, N9)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, Event, Tenant, TokenFamily, User
from tests.held import Waiting

DELETE = "/console/oauth/delete"
LIST = "/console/oauth"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\xa0", " "))


def sign_in_with(client: Client, *users: User) -> None:
    """Live token families of these users."""
    now = timezone.now()
    for user in users:
        with scope(tenant=user.tenant):
            TokenFamily.objects.create(
                tenant=user.tenant,
                client=client,
                user=user,
                grant_type="authorization_code",
                scope="openid",
                access_expires_at=now + timedelta(hours=1),
                expires_at=now + timedelta(days=1),
            )


def address(client: Client, act: str) -> str:
    return f"{LIST}/{client.client_id}/{act}"


def left(tenant: Tenant) -> set[str]:
    with scope(tenant=tenant):
        return set(Client.objects.values_list("name", flat=True))


def alive(tenant: Tenant) -> int:
    with scope(tenant=tenant):
        return TokenFamily.objects.filter(ended_at=None).count()


@pytest.fixture
def clients(acme: Tenant, register: Register) -> list[Client]:
    return [register(acme, name=name)[0] for name in ("one", "two", "three")]


# --- Deleting ---------------------------------------------------------------------------------------------------


def test_the_confirmation_says_what_ends_and_changes_nothing(
    browser: Browse, alice: User, bob: User, gustav: User, acme: Tenant, clients: list[Client]
):
    sign_in_with(clients[0], alice, bob, bob, gustav)
    with scope(tenant=acme):
        Client.objects.filter(pk=clients[0].pk).update(last_used_at=timezone.now() - timedelta(minutes=3))
    TokenFamily._base_manager.update(last_used_at=timezone.now() - timedelta(minutes=9))

    page = text(browser(alice).get(DELETE, {"client": [clients[0].client_id, clients[1].client_id]}))

    assert "Delete 2 clients?" in page
    assert "2 tenants · 3 people, 4 active sessions · last used <time" in page
    assert "3 minutes ago" in page
    assert "No active sessions · never used · 1 secret" in page
    assert "<bdi>three</bdi>" not in page
    assert left(acme) == {"one", "two", "three"}


def test_what_has_ended_already_is_not_counted(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    sign_in_with(clients[0], alice)
    with scope(tenant=acme):
        TokenFamily.objects.get().end(reason="signed out")

    assert "No active sessions" in text(browser(alice).get(DELETE, {"client": clients[0].client_id}))


def test_several_are_deleted_in_one_step(
    browser: Browse, alice: User, bob: User, acme: Tenant, clients: list[Client]
):
    sign_in_with(clients[0], bob)
    admin = browser(alice)

    answer = admin.post(DELETE, {"client": [clients[0].client_id, clients[1].client_id]})

    assert answer.status_code == 200
    assert "2 clients deleted" in text(answer)
    assert "1 session has ended" in text(answer)
    assert f'href="{LIST}">Done</a>' in text(answer)
    assert left(acme) == {"three"}
    assert alive(acme) == 0
    with scope(tenant=acme):
        assert Event.objects.filter(action=Action.CLIENT_DELETED, actor_name=alice.email).count() == 2


def test_one_is_deleted_by_name_and_from_the_dialog(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    admin = browser(alice)
    page = text(admin.get(DELETE, {"client": clients[0].client_id}, headers=DIALOG))
    assert "<html" not in page
    assert "Delete this client?" in page

    answer = admin.post(DELETE, {"client": clients[0].client_id}, headers=DIALOG)

    assert (answer.status_code, answer["HX-Trigger"]) == (200, "clients-changed")
    assert "<html" not in text(answer)
    assert "“one” has been deleted" in text(answer)
    assert "You can restore it" in text(answer)


def test_those_that_vanished_meanwhile_are_told_of(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    with scope(tenant=acme):
        clients[1].remove(by=Actor.operator())
    several = {"client": [client.client_id for client in clients]}
    admin = browser(alice)
    assert "1 of the selected clients has already been deleted." in text(admin.get(DELETE, several))

    answer = text(admin.post(DELETE, several))

    assert "2 clients deleted" in answer
    assert "1 had already been deleted." in answer
    assert left(acme) == set()


def test_deleting_what_another_administrator_has_just_deleted_ends_nothing_more(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    with scope(tenant=acme):
        clients[0].remove(by=Actor.operator())
    admin, one = browser(alice), {"client": clients[0].client_id}

    assert "1 had already been deleted." in text(admin.get(DELETE, one, follow=True))
    answer = admin.post(DELETE, one)

    assert answer.status_code == 200
    assert "This was already done." in text(answer)
    with scope(tenant=acme):
        assert Event.objects.filter(action=Action.CLIENT_DELETED).count() == 1


def test_the_receipt_says_until_when_tokens_may_be_accepted_elsewhere(
    browser: Browse, alice: User, bob: User, clients: list[Client], time_machine: Any
):
    time_machine.move_to(datetime(2031, 5, 6, 7, 0, tzinfo=UTC), tick=False)
    sign_in_with(clients[0], bob)
    admin = browser(alice)

    first = text(admin.post(DELETE, {"client": [clients[0].client_id]}))
    second = text(admin.post(DELETE, {"client": [clients[1].client_id]}))

    assert 'Until <time datetime="2031-05-06T08:00:00+00:00"' in first
    assert "APIs that only check the signature" in first
    assert "No sessions were active" in second
    assert "No access token already issued is still valid anywhere." in second


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_or_foreign_client_is_not_found(
    browser: Browse, alice: User, globex: Tenant, register: Register, method: str
):
    foreign = register(globex, name="foreign")[0]

    for client_id in (foreign.client_id, "0" * 32, "\0", "x" * 300):
        assert getattr(browser(alice), method)(DELETE, {"client": client_id}).status_code == 404
    assert left(globex) == {"foreign"}


def test_a_foreign_client_among_own_ones_stays(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, register: Register, clients: list[Client]
):
    foreign = register(globex, name="foreign")[0]

    browser(alice).post(DELETE, {"client": [clients[0].client_id, foreign.client_id]})

    assert left(acme) == {"two", "three"}
    assert left(globex) == {"foreign"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_choosing_nothing_leads_back(browser: Browse, alice: User, clients: list[Client], method: str):
    answer = getattr(browser(alice), method)(DELETE, follow=True)

    assert "Choose the clients to delete first." in text(answer)


def test_the_confirmation_costs_the_same_for_many(
    browser: Browse, alice: User, acme: Tenant, register: Register, django_assert_max_num_queries
):
    ids = [register(acme, name=f"Client {n}")[0].client_id for n in range(12)]
    admin = browser(alice)
    admin.get(LIST)

    with django_assert_max_num_queries(8):
        admin.get(DELETE, {"client": ids})


# --- Disabling and enabling -------------------------------------------------------------------------------------


def test_disabling_says_what_ends_and_ends_it(
    browser: Browse, alice: User, bob: User, acme: Tenant, clients: list[Client]
):
    sign_in_with(clients[0], bob)
    admin = browser(alice)
    assert "1 person, 1 active session" in text(admin.get(address(clients[0], "disable")))
    assert alive(acme) == 1

    answer = admin.post(address(clients[0], "disable"))

    assert answer.status_code == 200
    assert "“one” is disabled" in text(answer)
    assert "1 session has ended" in text(answer)
    assert alive(acme) == 0
    with scope(tenant=acme):
        assert not Client.objects.get(pk=clients[0].pk).is_enabled


def test_enabling_asks_on_a_page_and_acts_on_sending(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    with scope(tenant=acme):
        clients[0].disable(by=Actor.operator())
    admin = browser(alice)
    assert "Enable one?" in text(admin.get(address(clients[0], "enable")))
    with scope(tenant=acme):
        assert not Client.objects.get(pk=clients[0].pk).is_enabled

    admin.post(address(clients[0], "enable"), headers=DIALOG)

    assert "“one” is enabled again." in text(admin.get(LIST))
    with scope(tenant=acme):
        assert Client.objects.get(pk=clients[0].pk).is_enabled


def test_doing_it_twice_is_no_error_and_one_event(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    admin = browser(alice)
    answers = [text(admin.post(address(clients[0], "disable"))) for _ in range(2)]

    assert "This was already done." not in answers[0]
    assert "This was already done." in answers[1]
    with scope(tenant=acme):
        assert Event.objects.filter(action=Action.CLIENT_DISABLED).count() == 1


# --- Who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["bob", "carol"])
@pytest.mark.parametrize("act", ["disable", "enable", "delete"])
def test_only_administrators_do_it(
    request, browser: Browse, acme: Tenant, clients: list[Client], person: str, act: str
):
    somebody = browser(request.getfixturevalue(person))
    where = DELETE if act == "delete" else address(clients[0], act)

    assert somebody.get(where, {"client": clients[0].client_id}).status_code == 403
    assert somebody.post(where, {"client": clients[0].client_id}).status_code == 403
    assert left(acme) == {"one", "two", "three"}


@pytest.mark.parametrize("act", ["disable", "enable"])
def test_foreign_clients_are_not_found(browser: Browse, mallory: User, clients: list[Client], act: str):
    admin = browser(mallory)

    assert admin.get(address(clients[0], act)).status_code == 404
    assert admin.post(address(clients[0], act)).status_code == 404


@pytest.mark.parametrize("act", ["disable", "enable", "delete"])
def test_a_form_of_another_site_changes_nothing(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client], act: str
):
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True
    where = DELETE if act == "delete" else address(clients[0], act)

    assert admin.post(where, {"client": clients[0].client_id}).status_code == 403
    assert left(acme) == {"one", "two", "three"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("act", "sent"), [("secrets/new", {"name": ""}), ("enable", {}), ("disable", {})], ids=str
)
def test_a_client_that_is_being_deleted_is_not_said_to_be_changed(
    browser: Browse, alice: User, web_client: tuple[Client, str], act: str, sent: dict[str, str]
):
    client, admin = web_client[0], browser(alice)
    with scope(tenant=alice.tenant):
        if act == "enable":
            client.disable(by=Actor.operator())
        with transaction.atomic():
            client.remove(by=Actor.operator())
            late = Waiting(lambda: admin.post(f"/console/oauth/{client.client_id}/{act}", sent))
            late.until_it_waits()

    assert late.result().status_code == 404
