"""The tenant's people and their grants: `/console/people` (P5)."""

import re
from collections.abc import Callable
from datetime import timedelta
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
    assert "1–25 of 31" in text(first)
    assert len(rows(admin.get(LIST, {"page": "2"}))) == 6
    assert len(rows(admin.get(LIST, {"page": "99999999999999"}))) == 6
    assert len(rows(admin.get(LIST, {"page": "x"}))) == 25


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
