"""What people have granted to a client, seen by the console, and taken back for them (P5, N7, N9)."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import (
    Action,
    Actor,
    Client,
    Connection,
    Consent,
    Event,
    Tenant,
    TokenFamily,
    User,
    approval,
)
from tests import cast

pytestmark = pytest.mark.django_db

DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def link(page: str, rel: str) -> str:
    """The query of a page's link to the next page or the one before."""
    return unescape(re.findall(rf'rel="{rel}" href="([^"]+)"', page)[0])


def allow(person: User, client: Client, *names: str) -> Consent:
    with scope(tenant=person.tenant):
        return Consent.give(
            person, client, names or ("openid", "profile"), redirect_host="x", shown={}, by=Actor(user=person)
        )


def family(person: User, client: Client, **fields: Any) -> TokenFamily:
    now = timezone.now()
    usual = {"access_expires_at": now + timedelta(minutes=30), "expires_at": now + timedelta(days=9)}
    with scope(tenant=person.tenant):
        return TokenFamily.objects.create(
            tenant=person.tenant,
            user=person,
            client=client,
            grant_type="authorization_code",
            scope="openid",
            **usual | fields,
        )


@pytest.fixture
def client(web_client: tuple[Client, str]) -> Client:
    return web_client[0]


@pytest.fixture
def portal(globex: Tenant, mallory: User, alice: User) -> Connection:
    """A connection of acme to a client that globex has published."""
    client, _secret = cast.register(globex, name="Report portal")
    with scope(tenant=globex):
        client.publish(by=Actor(user=mallory))
    with scope(tenant=alice.tenant):
        return approval.approve(
            alice.tenant, client, by=Actor(user=alice), consent_method="required"
        ).connection


def people_of(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/grants"


def withdraw_at(person: User, client: Client) -> str:
    return f"/console/people/{person.pk}/grants/{client.client_id}/withdraw"


def test_it_lists_everybody_who_granted_something(
    browser: Browse, alice: User, bob: User, carol: User, client: Client
):
    allow(bob, client, "openid", "apps:read")
    family(bob, client)
    family(carol, client)  # the client was trusted: a session, no consent
    family(alice, client, ended_at=timezone.now())

    page = text(browser(alice).get(people_of(client)))

    listed, cards = page[page.index("<tbody>") :], page.count("/withdraw?from=client")
    assert bob.email in listed
    assert carol.email in listed
    assert alice.email not in listed
    assert cards == 2 * 2  # href and hx-get
    assert "2 scopes" in listed
    assert "See your apps" in listed
    assert "Not asked: was trusted" in listed
    assert "2 people" in page


def test_people_are_searched_and_paged(browser: Browse, alice: User, client: Client):
    for number in range(27):
        allow(cast.join(alice.tenant, f"person{number:02}"), client)
    admin = browser(alice)

    first = text(admin.get(people_of(client)))
    assert "27 people" in first
    assert "Person24" in first
    assert "Person25" not in first
    second = text(admin.get(people_of(client) + link(first, "next")))
    assert "Person26" in second
    assert "Person24" not in second
    assert "Person00" in text(admin.get(people_of(client) + link(second, "prev")))
    found = text(admin.get(people_of(client), {"q": "PERSON13"}))
    assert "Person13" in found
    assert "Person12" not in found
    for q in ("nobody", "%", "\0'\"", "x" * 5000):
        assert admin.get(people_of(client), {"q": q}).status_code == 200
    assert "Nobody matches" in text(admin.get(people_of(client), {"q": "nobody"}))


def test_of_many_only_a_page_is_looked_for(
    browser: Browse, alice: User, bob: User, carol: User, gustav: User, client: Client, monkeypatch: Any
):
    monkeypatch.setattr("console.pages.granted.FEW", 3)
    for number in range(28):
        person = cast.join(alice.tenant, f"person{number:02}")
        if number % 2:
            allow(person, client)
        else:
            family(person, client)
    family(bob, client, ended_at=timezone.now())
    family(carol, client, expires_at=timezone.now() - timedelta(minutes=1))
    admin = browser(alice)

    first = text(admin.get(people_of(client)))
    second = text(admin.get(people_of(client) + link(first, "next")))

    assert "More than 3 people" in first
    listed = re.findall(r"<bdi>(Person\d+)</bdi>", first + second)
    assert listed == [f"Person{number:02}" for number in range(28)]
    assert gustav.email not in first + second
    assert 'rel="next"' not in second
    for q, named in (
        ("person07", ["Person07"]),
        ("person1", [f"Person{number}" for number in range(10, 20)]),
    ):
        assert re.findall(r"<bdi>(Person\d+)</bdi>", text(admin.get(people_of(client), {"q": q}))) == named
    assert "Nobody matches" in text(admin.get(people_of(client), {"q": "bob"}))


def test_it_takes_the_same_queries_for_one_person_and_for_many(
    browser: Browse, alice: User, client: Client, django_assert_max_num_queries: Any
):
    for number in range(12):
        person = cast.join(alice.tenant, f"person{number}")
        allow(person, client)
        family(person, client)
    admin = browser(alice)

    with django_assert_max_num_queries(16):
        admin.get(people_of(client))


def test_the_owner_never_sees_people_of_a_connected_tenant_and_the_reverse(
    browser: Browse, alice: User, bob: User, mallory: User, gustav: User, portal: Connection
):
    for person in (bob, gustav):
        allow(person, portal.client)
        family(person, portal.client)

    owner = text(browser(mallory).get(people_of(portal.client)))
    ours = text(browser(alice).get(f"/console/oauth/connections/{portal.pk}/grants"))

    assert gustav.email in owner
    assert bob.email not in owner
    assert bob.email in ours
    assert gustav.email not in ours
    assert "1 person" in ours
    for person, other, address in (
        (alice, gustav, withdraw_at(gustav, portal.client)),
        (mallory, bob, withdraw_at(bob, portal.client)),
    ):
        unknown = browser(person).get(address.replace(str(other.pk), str(uuid4())))
        assert unknown.status_code == 404
        assert browser(person).get(address).content == unknown.content
        assert browser(person).post(address).status_code == 404
    with scope(tenant=[alice.tenant, mallory.tenant]):
        assert Consent.objects.count() == 2


def test_withdrawing_for_somebody_asks_and_gives_a_receipt_and_a_line_in_the_log(
    browser: Browse, alice: User, bob: User, carol: User, portal: Connection
):
    admin = browser(alice)
    allow(bob, portal.client)
    mine, other = family(bob, portal.client), family(carol, portal.client)
    address = withdraw_at(bob, portal.client)

    asked = text(admin.get(address))
    assert "Report portal</bdi> can no longer act for <bdi>Bob" in asked
    assert "1 person" in asked
    with scope(tenant=alice.tenant):
        assert Consent.objects.exists()
    receipt = admin.post(address)

    assert receipt.status_code == 200
    assert "Report portal no longer acts for Bob" in text(receipt)
    assert "1 session has ended" in text(receipt)
    assert "may accept tokens already issued until then" in text(receipt)
    assert f'href="/console/people/{bob.pk}"' in text(receipt)
    for one in (mine, other):
        one.refresh_from_db()
    assert (mine.ended_at is not None, other.ended_at) == (True, None)
    with scope(tenant=alice.tenant):
        assert not Consent.objects.exists()
        event = Event.objects.get(action=Action.CONSENT_WITHDRAWN)
    assert (event.actor_name, event.details["user"]) == (alice.email, bob.email)
    log = text(admin.get("/console/events"))
    assert f"<b>{alice.email}</b> revoked the consent of <b>{bob.email}</b> to <b>Report portal</b>." in log


def test_the_second_to_withdraw_is_told_that_it_was_done(
    browser: Browse, alice: User, bob: User, client: Client
):
    allow(bob, client)
    admin, address = browser(alice), withdraw_at(bob, client)
    admin.post(address)

    again = admin.post(address, headers=DIALOG)

    assert again.status_code == 200
    assert "This was already done" in text(again)
    assert admin.get(address).status_code == 404
    with scope(tenant=alice.tenant):
        assert Event.objects.filter(action=Action.CONSENT_WITHDRAWN).count() == 1


def test_sessions_of_a_trusted_client_can_be_ended_without_a_consent(
    browser: Browse, alice: User, bob: User, register: Callable[..., tuple[Client, str]]
):
    client, _ = register(alice.tenant, name="Trusted one", consent_method="trusted")
    held = family(bob, client)
    admin, address = browser(alice), withdraw_at(bob, client)

    assert "new ones can begin" in text(admin.get(address))
    receipt = admin.post(f"{address}?from=client")

    assert "1 session has ended" in text(receipt)
    assert f'href="{people_of(client)}"' in text(receipt)
    held.refresh_from_db()
    assert held.ended_reason == "ended by an administrator"
    log = text(admin.get("/console/events"))
    assert f"<b>{alice.email}</b> ended the sessions of <b>Trusted one</b> for <b>{bob.email}</b>." in log


def test_the_receipt_leads_back_to_where_it_began(
    browser: Browse, alice: User, bob: User, portal: Connection
):
    allow(bob, portal.client)

    page = text(browser(alice).get(f"{withdraw_at(bob, portal.client)}?from=client"))

    assert f'href="/console/oauth/connections/{portal.pk}/grants"' in page
    evil = text(browser(alice).get(f"{withdraw_at(bob, portal.client)}?from=https://evil.example"))
    assert 'href="https://evil.example' not in evil
    assert f'href="/console/people/{bob.pk}"' in evil


def test_auditors_read_and_users_see_nothing(
    browser: Browse, stranger: Any, bob: User, carol: User, client: Client, portal: Connection
):
    allow(bob, client)
    theirs = f"/console/oauth/connections/{portal.pk}/grants"

    for address in (people_of(client), theirs):
        page = browser(carol).get(address)
        assert page.status_code == 200
        assert "withdraw" not in text(page).lower()
        assert browser(bob).get(address).status_code == 403
        assert stranger(bob.tenant).get(address).status_code == 302
    for person in (bob, carol):
        assert browser(person).get(withdraw_at(bob, client)).status_code == 403
        assert browser(person).post(withdraw_at(bob, client)).status_code == 403
    with scope(tenant=bob.tenant):
        assert Consent.objects.exists()


def test_strange_and_deleted_clients_are_not_found(browser: Browse, alice: User, bob: User, client: Client):
    allow(bob, client)
    admin = browser(alice)
    assert admin.get(withdraw_at(bob, client).replace(client.client_id, "%00")).status_code == 404
    with scope(tenant=alice.tenant):
        client.remove(by=Actor.operator())
    assert admin.get(people_of(client)).status_code == 404
    assert admin.get(withdraw_at(bob, client)).status_code == 404


def test_tn10_names_are_text(
    browser: Browse, alice: User, bob: User, register: Callable[..., tuple[Client, str]]
):
    name = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}{{ x }}%(person)s"
    client = cast.registered_earlier(register(alice.tenant)[0], name=name)
    with scope(tenant=bob.tenant):
        User.objects.filter(pk=bob.pk).update(name=name)
    allow(bob, client)

    for address in (
        people_of(client),
        withdraw_at(bob, client),
        f"/console/people/{bob.pk}",
        "/console/people",
    ):
        assert "<script>alert" not in text(browser(alice).get(address))
    assert "<script>alert" not in text(browser(alice).post(withdraw_at(bob, client)))
