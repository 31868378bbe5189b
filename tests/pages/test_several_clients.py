"""Disabling and enabling several clients in one step (S5, P7, N9), and how many may be chosen at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, Connection, Event, Tenant, TokenFamily, User
from tests import cast

LIST = "/console/oauth"
DISABLE, ENABLE, DELETE = (f"{LIST}/{act}" for act in ("disable", "enable", "delete"))
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\xa0", " "))


def ids(clients: list[Client]) -> dict[str, list[str]]:
    return {"client": [client.client_id for client in clients]}


def enabled(*tenants: Tenant) -> set[str]:
    return set(
        Client._base_manager.filter(tenant__in=tenants, disabled_at=None, deleted_at=None).values_list(
            "name", flat=True
        )
    )


def events(tenant: Tenant, action: Action) -> list[tuple[str, str]]:
    """Who did it, and to which client."""
    with scope(tenant=tenant):
        return sorted(Event.objects.filter(action=action).values_list("actor_name", "target_name"))


@pytest.fixture
def clients(acme: Tenant, register: Register) -> list[Client]:
    return [register(acme, name=name)[0] for name in ("one", "two", "three")]


def disable_by_hand(client: Client) -> None:
    with scope(tenant=client.tenant):
        client.disable(by=Actor.operator())


def sign_in_with(client: Client, user: User) -> None:
    now = timezone.now()
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


def test_the_confirmation_says_what_stops_and_changes_nothing(
    browser: Browse, alice: User, bob: User, acme: Tenant, clients: list[Client]
):
    sign_in_with(clients[0], bob)

    page = text(browser(alice).get(DISABLE, ids(clients[:2])))

    assert "Disable 2 clients?" in page
    assert "1 person, 1 active session" in page
    assert "they can’t get tokens" in page
    assert "<bdi>three</bdi>" not in page
    assert enabled(acme) == {"one", "two", "three"}


def test_several_are_disabled_in_one_step_with_an_event_for_each(
    browser: Browse, alice: User, bob: User, acme: Tenant, clients: list[Client]
):
    sign_in_with(clients[0], bob)

    answer = browser(alice).post(DISABLE, ids(clients[:2]))

    assert answer.status_code == 200
    assert "2 clients disabled" in text(answer)
    assert "1 session has ended" in text(answer)
    assert "until you enable them" in text(answer)
    assert enabled(acme) == {"three"}
    assert events(acme, Action.CLIENT_DISABLED) == [(alice.email, "one"), (alice.email, "two")]


def test_from_the_dialog_the_list_is_told(browser: Browse, alice: User, clients: list[Client]):
    admin = browser(alice)
    assert "<html" not in text(admin.get(DISABLE, ids(clients), headers=DIALOG))

    disabled = admin.post(DISABLE, ids(clients), headers=DIALOG)
    assert (disabled.status_code, disabled["HX-Trigger"]) == (200, "clients-changed")
    here = DIALOG | {"HX-Current-URL": f"{alice.tenant.issuer}{LIST}?page=2"}
    enabled_again = admin.post(ENABLE, ids(clients), headers=here)
    assert (enabled_again.status_code, enabled_again["HX-Redirect"]) == (204, f"{LIST}?page=2")


def test_several_are_enabled_in_one_step_with_an_event_for_each(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client]
):
    for client in clients[:2]:
        disable_by_hand(client)
    admin = browser(alice)

    asked = text(admin.get(ENABLE, ids(clients)))
    assert "Enable 2 clients?" in asked
    assert "1 is already enabled." in asked
    assert "They can get tokens again" in asked
    assert enabled(acme) == {"three"}

    answer = admin.post(ENABLE, ids(clients), follow=True)
    assert "2 clients are enabled again." in text(answer)
    assert enabled(acme) == {"one", "two", "three"}
    assert events(acme, Action.CLIENT_ENABLED) == [(alice.email, "one"), (alice.email, "two")]


def test_what_cannot_be_disabled_is_left_out_and_told_of(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, clients: list[Client]
):
    disable_by_hand(clients[0])
    with scope(tenant=acme):
        clients[1].remove(by=Actor.operator())
    shared = cast.publish(globex, name="Shared")
    cast.connect(shared, acme)
    admin, chosen = browser(alice), ids([*clients, shared])

    asked = text(admin.get(DISABLE, chosen))
    assert "Disable 1 client?" in asked
    assert "Everyone is signed out of it at once" in asked
    assert "1 is already disabled." in asked
    assert "1 outside client is left out. Block it instead." in asked
    assert "1 had already been deleted." in asked

    assert "1 client disabled" in text(admin.post(DISABLE, chosen))
    assert enabled(acme, globex) == {"Shared"}
    assert Connection._base_manager.get(client=shared, tenant=acme).status == "approved"


@pytest.mark.parametrize("act", [DISABLE, ENABLE])
def test_clients_of_another_tenant_are_not_touched_and_not_told_of(
    browser: Browse,
    alice: User,
    acme: Tenant,
    globex: Tenant,
    register: Register,
    clients: list[Client],
    act: str,
):
    foreign = [register(globex, name=name)[0] for name in ("theirs", "theirs too")]
    disable_by_hand(foreign[1])
    admin = browser(alice)

    for ask in (admin.get, admin.post):
        assert ask(act, ids(foreign)).status_code == 404
        assert ask(act, {"client": ["unknown"]}).status_code == 404
        assert "theirs" not in text(ask(act, ids([clients[0], *foreign]), follow=True))
    assert enabled(globex) == {"theirs"}
    assert events(globex, Action.CLIENT_DISABLED) == [("", "theirs too")]
    assert events(globex, Action.CLIENT_ENABLED) == []


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (DISABLE, "Choose the clients to disable first."),
        (ENABLE, "Choose the clients to enable first."),
        (DELETE, "Choose the clients to delete first."),
    ],
)
def test_without_a_choice_it_says_so(
    browser: Browse, alice: User, clients: list[Client], act: str, sentence: str
):
    admin = browser(alice)

    assert sentence in text(admin.get(act, follow=True))
    assert sentence in text(admin.post(act, follow=True))


@pytest.mark.parametrize("act", [DISABLE, ENABLE, DELETE])
def test_more_than_a_hundred_at_once_are_refused(
    browser: Browse, alice: User, acme: Tenant, clients: list[Client], act: str
):
    disable_by_hand(clients[2])
    many = {"client": [*ids(clients)["client"], *(f"{number:032x}" for number in range(98))]}
    admin = browser(alice)

    for ask in (admin.get, admin.post):
        assert "Choose at most 100 clients at once." in text(ask(act, many, follow=True))
    assert enabled(acme) == {"one", "two"}
    assert admin.get(act, {"client": many["client"][:100]}).status_code == 200


def test_nothing_to_do_leads_back_with_the_reason(browser: Browse, alice: User, clients: list[Client]):
    admin = browser(alice)

    assert "3 are already enabled." in text(admin.get(ENABLE, ids(clients), follow=True))
    admin.post(DISABLE, ids(clients))
    assert "3 are already disabled." in text(admin.get(DISABLE, ids(clients), follow=True))
    assert "There was nothing to disable" in text(admin.post(DISABLE, ids(clients)))


def test_auditors_and_users_may_not(
    browser: Browse, carol: User, bob: User, acme: Tenant, clients: list[Client]
):
    for person in (carol, bob):
        for act in (DISABLE, ENABLE):
            assert browser(person).get(act, ids(clients)).status_code == 403
            assert browser(person).post(act, ids(clients)).status_code == 403
    assert enabled(acme) == {"one", "two", "three"}


def test_the_confirmation_takes_as_many_statements_for_three_as_for_one(
    browser: Browse, alice: User, clients: list[Client]
):
    admin = browser(alice)
    admin.get(DISABLE, ids(clients))
    with CaptureQueriesContext(database) as one:
        admin.get(DISABLE, ids(clients[:1]))
    with CaptureQueriesContext(database) as three:
        admin.get(DISABLE, ids(clients))

    assert len(three) == len(one)


def test_the_list_offers_all_three_acts_to_whoever_may(
    browser: Browse, alice: User, carol: User, clients: list[Client]
):
    page = text(browser(alice).get(LIST))

    assert all(f'formaction="{act}"' in page for act in (DISABLE, ENABLE, DELETE))
    assert "formaction" not in text(browser(carol).get(LIST))
