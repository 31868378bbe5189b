"""The tenant's people and their grants: `/console/people` (P5)."""

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

from console.models import Actor, Client, Consent, Tenant, TokenFamily, User, approval
from tests import cast

pytestmark = pytest.mark.django_db

LIST = "/console/people"
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def rows(page: Any) -> dict[str, str]:
    """name -> the row of the table."""
    found = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", text(page), re.DOTALL)
    return {re.findall(r"<bdi>(.*?)</bdi>", row)[0]: row for row in found}


def link(page: Any, rel: str) -> str:
    """The query of a page's link to the next page or the one before; "" without one."""
    return unescape(next(iter(re.findall(rf'rel="{rel}" href="([^"]+)"', text(page))), ""))


def walk(admin: Browser, rel: str, address: str) -> list[tuple[str, list[str]]]:
    """Address and people of each page, from this one to the end."""
    pages = []
    while address:
        page = admin.get(address)
        pages.append((address, re.findall(r'href="/console/people/([0-9a-f-]{36})"', text(page))))
        further = link(page, rel)
        address = LIST + further if further else ""
    return pages


def number_of_grants(row: str) -> str:
    return re.findall(r'data-label="Grants"[^>]*>(\d+)', row)[0]


def allow(person: User, client: Client) -> None:
    with scope(tenant=person.tenant):
        Consent.give(
            person, client, ["openid", "apps:read"], redirect_host="x", shown={}, by=Actor(user=person)
        )


def session(person: User, client: Client, **fields: Any) -> None:
    now = timezone.now()
    usual = {"access_expires_at": now + timedelta(minutes=30), "expires_at": now + timedelta(days=9)}
    with scope(tenant=person.tenant):
        TokenFamily.objects.create(
            tenant=person.tenant,
            user=person,
            client=client,
            grant_type="authorization_code",
            scope="",
            **usual | fields,
        )


def test_it_lists_this_tenants_people_with_role_last_sign_in_and_grants(
    browser: Browse,
    alice: User,
    bob: User,
    carol: User,
    mallory: User,
    web_client: tuple[Client, str],
    spa_client: tuple[Client, str],
):
    allow(bob, web_client[0])
    session(bob, web_client[0])
    session(bob, spa_client[0])
    session(carol, spa_client[0], ended_at=timezone.now())
    with scope(tenant=alice.tenant):
        User.objects.filter(pk=carol.pk).update(is_active=False)

    found = rows(browser(alice).get(LIST))

    assert list(found) == ["Alice", "Bob", "Carol"]
    assert "Tenant administrator" in found["Alice"]
    assert "just now" in found["Alice"]
    assert "Never" in found["Bob"]
    assert "Disabled" in found["Carol"]
    assert [number_of_grants(row) for row in found.values()] == ["0", "2", "0"]


def test_people_are_searched_by_name_and_address(browser: Browse, alice: User, bob: User):
    admin = browser(alice)
    with scope(tenant=alice.tenant):
        User.objects.filter(pk=bob.pk).update(name="Åsa Öberg")

    for q in ("öberg", "ÅSA", "bob@", "berg bob"):
        assert list(rows(admin.get(LIST, {"q": q}))) == ["Åsa Öberg"]
    assert "Nobody matches" in text(admin.get(LIST, {"q": "mallory"}))
    for q in ("%", "_", "\0", "'; --", "x" * 9000):
        assert admin.get(LIST, {"q": q}).status_code == 200
    fragment = admin.get(LIST, {"q": "bob"}, headers={"HX-Request": "true", "HX-Target": "people"})
    assert "<html" not in text(fragment)
    assert 'id="people"' in text(fragment)


def test_a_long_list_has_pages(browser: Browse, alice: User, django_assert_max_num_queries: Any):
    for number in range(30):
        cast.join(alice.tenant, f"person{number:02}")
    admin = browser(alice)

    with django_assert_max_num_queries(10):
        first = admin.get(LIST)
    assert "31 people" in text(first)
    assert list(rows(first))[-1] == "Person23"
    assert 'rel="prev"' not in text(first)
    second = admin.get(LIST + link(first, "next"))
    assert list(rows(second)) == [f"Person{number:02}" for number in range(24, 30)]
    assert 'rel="next"' not in text(second)
    assert list(rows(admin.get(LIST + link(second, "prev")))) == list(rows(first))
    for strange in ("x", "9" * 20, str(uuid4()), "\0", ""):
        for name in ("after", "before", "page"):
            assert list(rows(admin.get(LIST, {name: strange}))) == list(rows(first))


def test_people_of_one_name_stand_on_one_page_each(browser: Browse, alice: User):
    for number in range(60):
        person = cast.join(alice.tenant, f"person{number:02}")
        with scope(tenant=alice.tenant):
            User.objects.filter(pk=person.pk).update(name="" if number % 2 else "Same Name")
    admin = browser(alice)

    forwards = walk(admin, "next", LIST)
    backwards = walk(admin, "prev", forwards[-1][0])

    seen = [person for _address, page in forwards for person in page]
    assert len(seen) == len(set(seen)) == 61
    assert [page for _address, page in backwards] == [page for _address, page in forwards][::-1]


def test_a_search_goes_on_from_page_to_page(browser: Browse, alice: User):
    for number in range(40):
        cast.join(alice.tenant, f"{'other' if number % 4 else 'wanted'}{number:02}")
    for number in range(40, 60):
        cast.join(alice.tenant, f"wanted{number}")
    admin = browser(alice)

    pages = walk(admin, "next", f"{LIST}?q=wanted")

    assert [len(page) for _address, page in pages] == [25, 5]
    assert all("q=wanted" in address for address, _page in pages)


def test_a_crowd_is_counted_no_further_than_anybody_reads(browser: Browse, alice: User, monkeypatch: Any):
    monkeypatch.setattr("console.pages.members.MOST", 20)
    for number in range(30):
        cast.join(alice.tenant, f"person{number:02}")

    assert "More than 20 people" in text(browser(alice).get(LIST))


def test_a_place_in_another_tenants_list_is_none(browser: Browse, alice: User, gustav: User):
    for number in range(30):
        cast.join(alice.tenant, f"person{number:02}")
    admin = browser(alice)
    first = list(rows(admin.get(LIST)))

    for name in ("after", "before"):
        assert list(rows(admin.get(LIST, {name: str(gustav.pk)}))) == first


def test_a_persons_page_shows_what_may_act_for_them(
    browser: Browse, alice: User, bob: User, globex: Tenant, web_client: tuple[Client, str]
):
    foreign, _ = cast.register(globex, name="Report portal")
    with scope(tenant=globex):
        foreign.publish(by=Actor.operator())
    with scope(tenant=alice.tenant):
        connection = approval.approve(
            alice.tenant, foreign, by=Actor(user=alice), consent_method="required"
        ).connection
        allow(bob, foreign)
        connection.block(by=Actor(user=alice))
    allow(bob, web_client[0])

    found = rows(browser(alice).get(f"{LIST}/{bob.pk}"))

    assert list(found) == ["Report portal", "Web app"]
    assert "Globex" in found["Report portal"]
    assert "Blocked" in found["Report portal"]
    assert "2 scopes" in found["Web app"]
    assert f'href="{LIST}/{bob.pk}/grants/{foreign.client_id}/withdraw"' in found["Report portal"]
    assert "No application may act for this person" in text(browser(alice).get(f"{LIST}/{alice.pk}"))


def test_tn01_people_of_another_tenant_are_not_there(
    browser: Browse, alice: User, mallory: User, gustav: User
):
    unknown = browser(alice).get(f"{LIST}/{uuid4()}")

    foreign = browser(alice).get(f"{LIST}/{gustav.pk}")

    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert list(rows(browser(mallory).get(LIST))) == ["Gustav", "Mallory"]


def test_auditors_read_and_users_see_nothing(browser: Browse, stranger: Any, bob: User, carol: User):
    for address in (LIST, f"{LIST}/{bob.pk}"):
        assert browser(carol).get(address).status_code == 200
        assert browser(carol).post(address).status_code == 405
        assert browser(bob).get(address).status_code == 403
        assert stranger(bob.tenant).get(address).status_code == 302
    assert "Revoke" not in text(browser(carol).get(f"{LIST}/{bob.pk}"))
