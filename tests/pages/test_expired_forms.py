"""A form that comes too late loses nothing that was entered, and ends where the person wanted to go."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from django.test import Client as Browser

from console.models import Client, Connection, ConnectionRequest, ConnectionRequester, Tenant, User
from tests.cast import PASSWORD, form, host_of, publish
from tests.oauth.driver import Application, later

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


# --- What was filled in on an application's question -----------------------------------------------------------------


def late_answer(chromium: Browser, tenant: Tenant, page: Any, **fields: Any) -> Any:
    """Sends the answer to a question without a token that counts, as a browser does from a page left open."""
    chromium.handler.enforce_csrf_checks = True
    return chromium.post(page.wsgi_request.get_full_path(), **form(**fields), headers=from_here(tenant))


def flat(fields: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in fields.items()}


def shown_again(chromium: Browser, tenant: Tenant, late: Any) -> Any:
    """Presses “Show it again” on the page `late`."""
    fields = urlencode({**hidden(late), "decision": "show"}, doseq=True)
    content_type = "application/x-www-form-urlencoded"
    address = late.wsgi_request.get_full_path()
    return chromium.post(address, fields, content_type=content_type, headers=from_here(tenant))


REASON = 'For the board,\n"monthly" & å'


@pytest.fixture
def outside(globex: Tenant, acme: Tenant) -> Application:
    return Application(publish(globex), tenant=acme)


def test_the_reason_of_a_wish_survives_an_expired_form(
    acme: Tenant, bob: User, browser: Browse, outside: Application
):
    chromium = browser(bob)
    page = outside.authorize(chromium, scope="openid")

    late = late_answer(chromium, acme, page, decision="ask", reason=REASON, shown="x")
    again = shown_again(chromium, acme, late)

    assert (late.status_code, again.status_code) == (403, 200)
    assert hidden(late).keys() == {"csrfmiddlewaretoken", "reason"}
    assert again.context["reason"] == REASON
    assert html.escape(REASON) in again.content.decode()
    assert "has changed" not in again.content.decode()
    assert not ConnectionRequest._base_manager.exists()
    answer = {**hidden(again), "decision": "ask", "reason": again.context["reason"]}
    sent = chromium.post(again.wsgi_request.get_full_path(), **form(**flat(answer)), headers=from_here(acme))
    assert sent.status_code == 303
    assert ConnectionRequester._base_manager.get().reason == REASON


def test_the_reason_of_a_wish_survives_the_end_of_the_session(
    acme: Tenant, bob: User, browser: Browse, outside: Application
):
    page = outside.authorize(browser(bob), scope="openid")
    stranger = Browser(headers={"host": host_of(acme)})
    address = page.wsgi_request.get_full_path()

    late = stranger.post(address, **form(decision="ask", reason=REASON), headers=from_here(acme))

    assert late.status_code == 403
    [sign_in_at] = re.findall(r'href="/login\?([^"]+)"', late.content.decode())
    assert parse_qs(html.unescape(sign_in_at))["next"] == [address]
    again = shown_again(browser(bob), acme, late)
    assert again.context["reason"] == REASON


def test_the_reason_survives_a_sign_in_that_became_too_old(
    acme: Tenant, bob: User, browser: Browse, outside: Application, time_machine: Any
):
    chromium = browser(bob)
    page = outside.authorize(chromium, scope="openid", max_age="60")
    later(time_machine, 120)

    address = page.wsgi_request.get_full_path()
    late = chromium.post(address, **form(decision="ask", reason=REASON), headers=from_here(acme))

    assert late.status_code == 403
    assert hidden(late)["reason"] == [REASON]


def test_what_an_administrator_chose_survives_an_expired_form(
    acme: Tenant, alice: User, browser: Browse, outside: Application
):
    chromium = browser(alice)
    page = outside.authorize(chromium, scope="openid")
    chosen = {"consent_method": "trusted", "until": "2099-12-31", "scopes": "apps:read"}

    late = late_answer(chromium, acme, page, decision="approve", shown="x", **chosen)
    again = shown_again(chromium, acme, late)

    assert (again.context["consent_method"], again.context["until"]) == ("trusted", "2099-12-31")
    ticked = re.findall(r'name="scopes" value="([^"]+)" checked', again.content.decode())
    assert ticked == ["apps:read"]
    assert not Connection._base_manager.filter(tenant=acme).exists()


def test_a_hostname_survives_an_expired_form(acme: Tenant):
    region = Browser(enforce_csrf_checks=True, headers={"host": "localhost:8000"})

    late = region.post(
        "/oauth/authorize?client_id=x",
        **form(hostname="acme"),
        headers={"origin": "http://localhost:8000"},
    )

    assert late.status_code == 403
    assert hidden(late)["hostname"] == ["acme"]
    assert shown_again(region, acme, late).status_code == 403  # another site's
    fields = form(hostname="acme", decision="show", csrfmiddlewaretoken=token_in(late))
    onward = region.post(
        "/oauth/authorize?client_id=x", **fields, headers={"origin": "http://localhost:8000"}
    )
    assert onward["Location"] == f"{acme.issuer}/oauth/authorize?client_id=x"


def test_another_sites_reason_is_not_offered(acme: Tenant, bob: User, browser: Browse, outside: Application):
    chromium = browser(bob)
    address = outside.authorize(chromium, scope="openid").wsgi_request.get_full_path()
    chromium.handler.enforce_csrf_checks = True

    late = chromium.post(
        address, **form(decision="ask", reason=REASON), headers={"origin": "https://evil.example"}
    )

    assert late.status_code == 403
    assert hidden(late) == {}
    assert html.escape(REASON) not in late.content.decode()
