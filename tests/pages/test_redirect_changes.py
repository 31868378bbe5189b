"""A change of redirect URLs or origins that people would miss is shown with its use before it is saved (N3)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Client, Tenant, User, noted
from tests import cast
from tests.oauth.driver import Application

Browse = Callable[[User], Browser]
USED, UNUSED, NEW = cast.REDIRECT_URL, "https://app.example.com/unused", "https://app.example.com/new"
ORIGIN = "https://app.example.com"


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


@pytest.fixture
def client(acme: Tenant, browser: Browse, bob: User, carol: User) -> Client:
    """A client of acme that two people have signed in to, three times, at one of its two redirect URLs."""
    found, secret = cast.register(acme, redirect_uris=[USED, UNUSED])
    app = Application(found, secret)
    for person in (bob, bob, carol):
        app.code(browser(person), scope="user_default")
    noted.write_all()
    return found


def save(window: Browser, client: Client, **fields: Any) -> Any:
    """Sends the form for editing as it stands, with these fields instead."""
    address = f"/console/oauth/{client.client_id}/edit"
    version = re.search(r'name="version" value="([^"]*)"', text(window.get(address)))
    with scope(tenant=client.tenant):
        now = Client.objects.get(pk=client.pk)
    sent = {
        "name": now.name,
        "redirect_uris": now.redirect_uris,
        "allowed_origins": now.allowed_origins,
        "allowed_scopes": now.allowed_scopes,
        "auth_methods": now.auth_methods,
        "algorithm": now.algorithm,
        "version": version[1] if version else "",
    }
    return window.post(address, sent | fields)


def urls(client: Client) -> list[str]:
    with scope(tenant=client.tenant):
        found: list[str] = Client.objects.get(pk=client.pk).redirect_uris
    return found


def test_removing_a_used_url_is_asked_about_once(browser: Browse, alice: User, client: Client):
    window = browser(alice)
    asked = save(window, client, redirect_uris=[UNUSED])

    assert asked.status_code == 422
    page = text(asked)
    assert "3 sign-ins by 2 people in 1 tenant in the last 30 days" in page
    assert "just now" in page
    assert f'name="removes" value="{USED}"' in page
    assert urls(client) == [USED, UNUSED]

    assert save(window, client, redirect_uris=[UNUSED], removes="https://other.example/").status_code == 422
    assert save(window, client, redirect_uris=[UNUSED], removes=USED).status_code == 303
    assert urls(client) == [UNUSED]


def test_changing_a_used_url_is_the_same(browser: Browse, alice: User, client: Client):
    assert save(browser(alice), client, redirect_uris=[NEW, UNUSED]).status_code == 422
    assert urls(client) == [USED, UNUSED]


def test_an_unused_one_needs_no_answer_and_is_said(browser: Browse, alice: User, client: Client):
    window = browser(alice)
    assert save(window, client, redirect_uris=[USED]).status_code == 303
    assert f"Not used in 30 days: {UNUSED}." in text(window.get("/console/oauth"))
    assert urls(client) == [USED]


def test_adding_and_leaving_alone_asks_nothing(browser: Browse, alice: User, client: Client):
    window = browser(alice)
    assert save(window, client, redirect_uris=[UNUSED, USED, NEW]).status_code == 303
    assert save(window, client, name="Renamed").status_code == 303


def test_an_origin_counts_the_sign_ins_of_its_pages(browser: Browse, alice: User, acme: Tenant, bob: User):
    found, _ = cast.register(acme, type="spa", redirect_uris=[USED], allowed_origins=[ORIGIN])
    Application(found).code(browser(bob), scope="user_default")
    noted.write_all()
    window = browser(alice)
    asked = save(window, found, allowed_origins=["https://other.example.com"])
    assert asked.status_code == 422
    assert f'name="removes" value="{ORIGIN}"' in text(asked)
    assert "1 sign-in by 1 person in 1 tenant" in text(asked)
    assert (
        save(window, found, allowed_origins=["https://other.example.com"], removes=ORIGIN).status_code == 303
    )


def test_people_of_other_tenants_are_numbers(
    browser: Browse, mallory: User, globex: Tenant, acme: Tenant, bob: User, gustav: User
):
    portal = cast.publish(globex, name="Report portal")
    cast.connect(portal, acme)
    for tenant, person in ((acme, bob), (globex, gustav)):
        Application(portal, tenant=tenant).code(browser(person), scope="apps:read")
    noted.write_all()
    asked = save(browser(mallory), portal, redirect_uris=["https://studio.globex.example/new"])
    page = text(asked)
    assert "2 sign-ins by 2 people in 2 tenants" in page
    assert "bob@acme.example" not in page
