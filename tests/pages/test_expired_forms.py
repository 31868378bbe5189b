"""A form that comes too late loses nothing that was entered, and ends where the person wanted to go."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from console.models import Client, Tenant, User
from tests.cast import PASSWORD, form, host_of
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Browser]
NEXT = "/account/applications"
NEW = "/console/oauth/new"
FIELDS = {
    "type": "web",
    "name": 'Typed with "care"',
    "description": "Two\nlines",
    "redirect_uris": ["https://a.example.com/cb", "https://b.example.com/cb"],
    "auth_methods": ["client_secret"],
    "consent_method": "required",
}


def strict(tenant: Tenant) -> Browser:
    return Browser(enforce_csrf_checks=True, headers={"host": host_of(tenant)})


def token_in(page: Any) -> str:
    return re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[0]


def from_here(tenant: Tenant) -> dict[str, str]:
    return {"origin": tenant.issuer}


def hidden(page: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    main = page.content.decode().split("<footer")[0]
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main):
        found.setdefault(name, []).append(html.unescape(value))
    return found


# --- Signing in -------------------------------------------------------------------------------------------------------


def sign_in(browser: Browser, page: Any, email: str, onward: str = NEXT) -> Any:
    fields = {"email": email, "password": PASSWORD, "next": onward, "csrfmiddlewaretoken": token_in(page)}
    return browser.post("/login", fields)


def test_signing_in_in_a_second_tab_leads_on(acme: Tenant, bob: User):
    browser = strict(acme)
    first, second = browser.get("/login"), browser.get("/login")

    assert sign_in(browser, first, bob.email)["Location"] == NEXT
    late = sign_in(browser, second, "Bob@acme.example", "/account/requests")

    assert (late.status_code, late["Location"]) == (303, "/account/requests")


def test_a_second_tab_for_another_person_asks_again(acme: Tenant, alice: User, bob: User):
    browser = strict(acme)
    first, second = browser.get("/login?switch=1"), browser.get("/login?switch=1")
    sign_in(browser, first, bob.email)

    late = sign_in(browser, second, alice.email)

    assert late.status_code == 403
    assert "Enter your password once more" in late.content.decode()
    assert f'value="{alice.email}"' in late.content.decode()
    assert bob.email in browser.get(NEXT).content.decode()
    assert sign_in(browser, late, alice.email).status_code == 303
    assert alice.email in browser.get(NEXT).content.decode()


def test_a_page_left_open_overnight_keeps_the_address_and_never_the_password(acme: Tenant, bob: User):
    browser = strict(acme)
    page = browser.get("/login")
    browser.cookies.clear()

    late = sign_in(browser, page, bob.email)

    assert late.status_code == 403
    assert f'value="{bob.email}"' in late.content.decode()
    assert PASSWORD not in late.content.decode()
    assert f'name="next" value="{NEXT}"' in late.content.decode()
    assert sign_in(browser, late, bob.email)["Location"] == NEXT


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_nowhere_else(acme: Tenant, bob: User, onward: str):
    browser = strict(acme)
    first, second = browser.get("/login"), browser.get("/login")
    sign_in(browser, first, bob.email)

    assert sign_in(browser, second, bob.email, onward)["Location"] == "/"


# --- Other forms ------------------------------------------------------------------------------------------------------


def test_what_was_entered_is_sent_again_from_the_page_that_says_so(
    acme: Tenant, alice: User, browser: Browse
):
    chromium = browser(alice)
    chromium.handler.enforce_csrf_checks = True

    late = chromium.post(NEW, {**FIELDS, "csrfmiddlewaretoken": "x" * 64}, headers=from_here(acme))

    assert late.status_code == 403
    assert "what you entered is kept" in late.content.decode()
    kept = hidden(late)
    assert kept["redirect_uris"] == FIELDS["redirect_uris"]
    assert kept["description"] == ["Two\nlines"]
    assert chromium.post(NEW, kept, headers=from_here(acme)).status_code == 200
    assert Client._base_manager.get(tenant=acme).name == FIELDS["name"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://globex.localhost:8000"}],
    ids=str,
)
def test_what_another_site_sent_is_not_offered_to_be_sent(
    acme: Tenant, alice: User, browser: Browse, headers: dict[str, str]
):
    chromium = browser(alice)
    chromium.handler.enforce_csrf_checks = True

    late = chromium.post(NEW, FIELDS, headers=headers)

    assert late.status_code == 403
    assert hidden(late) == {}
    assert "Send again" not in late.content.decode()


def test_no_password_and_no_secret_comes_back(acme: Tenant, alice: User, browser: Browse):
    chromium = browser(alice)
    chromium.handler.enforce_csrf_checks = True
    sent = {
        "password": "pw-canary",
        "password_again": "pw-canary",
        "client_secret": "canary-s",
        "name": "kept",
    }

    late = chromium.post(NEW, sent, headers=from_here(acme))

    assert "canary" not in late.content.decode()
    assert hidden(late)["name"] == ["kept"]


@pytest.mark.parametrize("in_dialog", [False, True])
def test_a_session_that_ended_loses_nothing_that_was_entered(
    acme: Tenant, alice: User, browser: Browse, in_dialog: bool
):
    chromium = browser(alice)
    chromium.cookies["session"] = "a" * 32
    headers = from_here(acme)
    if in_dialog:
        headers |= {"hx-request": "true", "hx-target": "dialog-content"}

    late = chromium.post(NEW, FIELDS, headers=headers)

    assert late.status_code == 403
    assert "Sign in again in another tab, then send it again." in late.content.decode()
    again = browser(alice).post(NEW, hidden(late), headers=headers)
    assert again.status_code == 200
    assert Client._base_manager.get(tenant=acme).name == FIELDS["name"]


def test_a_question_of_an_application_is_shown_anew(
    acme: Tenant, bob: User, browser: Browse, web_client: tuple[Client, str]
):
    chromium = browser(bob)
    asked = Application(*web_client).authorize(chromium).wsgi_request.get_full_path()
    chromium.handler.enforce_csrf_checks = True

    late = chromium.post(asked, **form(decision="allow"), headers=from_here(acme))

    assert late.status_code == 403
    assert f'href="{html.escape(asked)}"' in late.content.decode()
    assert "Send again" not in late.content.decode()
