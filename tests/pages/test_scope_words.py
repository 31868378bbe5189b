"""People read which API a scope is of, in its owner's words and their language (P10)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries

from console.models import Client, Tenant, User
from console.pages import scope_words
from console.policy.apis import ApiScope
from tests import cast
from tests.cast import OPERATOR, ORDERS
from tests.oauth.driver import Application, asks_for_approval

pytestmark = pytest.mark.django_db
READ = ApiScope(name="read", text="Read what you ordered", text_sv="Läsa vad du har beställt")
PURGE = ApiScope(name="purge", text="Delete every order", admin=True)


def texts(page: Any) -> str:
    return str(page.content.decode())


@pytest.fixture
def app(acme: Tenant) -> Application:
    cast.register_api(acme, scopes=[READ, PURGE])
    held = ["openid", "apps:read", f"{ORDERS}#read", f"{ORDERS}#purge"]
    return Application(*cast.register(acme, allowed_scopes=held))


def test_the_consent_page_says_which_api(app: Application, browser: Callable[[User], Browser], bob: User):
    page = app.authorize(browser(bob), scope=f"apps:read {ORDERS}#read")
    assert "API “Orders”" in texts(page)
    assert "Read what you ordered" in texts(page)
    assert f">{ORDERS}#read" not in texts(page)
    swedish = texts(app.authorize(browser(bob), scope=f"{ORDERS}#read", ui_locales="sv"))
    assert "API:et ”Orders”" in swedish
    assert "Läsa vad du har beställt" in swedish


def test_a_page_of_a_person_says_which_api(app: Application, browser: Callable[[User], Browser], bob: User):
    bobs = browser(bob)
    app.tokens(bobs, scope="openid read", resource=ORDERS)
    page = texts(bobs.get("/account/applications"))
    assert "Read what you ordered" in page


def test_the_approval_page_says_whose_api_it_is(
    acme: Tenant, globex: Tenant, mallory: User, browser: Callable[[User], Browser]
):
    cast.register_api(acme, scopes=[READ], published=True)
    client, secret = cast.register(acme, allowed_scopes=["openid", f"{ORDERS}#read"])
    with scope(tenant=acme):
        client.publish(by=OPERATOR)
    page = Application(client, secret, tenant=globex).authorize(
        browser(mallory), scope="openid read", resource=ORDERS
    )
    assert asks_for_approval(page)
    assert "API “Orders” of Acme AB" in texts(page)
    assert "Read what you ordered" in texts(page)


def test_a_scope_that_its_api_has_lost_stands_under_its_name(acme: Tenant):
    api, _ = cast.register_api(acme, scopes=[READ, PURGE])
    with scope(tenant=acme):
        api.edit(by=OPERATOR, scopes=[READ])
        areas = scope_words.by_area(["openid", f"{ORDERS}#read", f"{ORDERS}#purge", "urn:x#y"])
    assert [(area.title, [each.title for each in area.scopes]) for area in areas] == [
        ("Sign-in", ["Confirm your identity"]),
        ("API “Orders”", ["Read what you ordered"]),
        ("Other", [f"{ORDERS}#purge", "urn:x#y"]),
    ]


def test_apis_are_looked_up_once(acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries):
    for number in range(3):
        cast.register_api(acme, f"urn:x:{number}", name=f"API {number}")
    with scope(tenant=acme):
        with django_assert_num_queries(1):
            areas = scope_words.by_area([f"urn:x:{number}#read" for number in range(3)])
        assert len(areas) == 3
        with django_assert_num_queries(0):
            scope_words.by_area(["openid", "apps:read"])


def test_a_client_with_an_api_that_is_not_published_is_not_published(
    app: Application, browser: Callable[[User], Browser], alice: User, acme: Tenant
):
    alices, address = browser(alice), f"/console/oauth/{app.client_id}/publish"
    for response, status in ((alices.get(address), 200), (alices.post(address), 422)):
        assert response.status_code == status
        assert ORDERS in texts(response)
        assert "not published" in texts(response)
    with scope(tenant=acme):
        assert not Client.objects.get(client_id=app.client_id).published_at


def test_scopes_of_an_api_stand_in_its_owners_order(acme: Tenant):
    cast.register_api(acme, scopes=["write", "read", "admin"])
    with scope(tenant=acme):
        names = [f"{ORDERS}#{name}" for name in ("admin", "read", "write")]
        areas = scope_words.by_area([*names, "apps:read", "openid"])
    assert [[each.title for each in area.scopes] for area in areas][2:] == [
        ["Can write", "Can read", "Can admin"]
    ]
