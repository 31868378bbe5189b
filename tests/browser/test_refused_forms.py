"""A form in the dialog that the server refuses: where the mistake is, and that nothing entered is lost."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.oauth.driver import Application

ADDRESS = "https://reports.example.com/callback"
CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


@pytest.fixture
def new_client(page, signed_in, alice, console_url):
    """`new_client("Native")` opens the form of that type in the dialog."""
    signed_in(page, alice)

    def open_form(kind: str) -> Locator:
        page.goto(console_url(alice.tenant))
        page.get_by_role("link", name="Create new").click()
        dialog: Locator = page.get_by_role("dialog")
        dialog.get_by_role("radio", name=re.compile(f"^{kind}")).check()
        dialog.get_by_role("button", name="Continue").click()
        dialog.get_by_role("textbox", name="Name", exact=True).fill("Typed with care")
        return dialog

    return open_form


def described(field: Locator) -> str:
    """What a screen reader says of a field besides its name."""
    text: str = field.evaluate(
        "field => field.getAttribute('aria-describedby').split(' ')"
        ".map(id => document.getElementById(id)?.textContent.trim() ?? `no ${id}`).join(' ')"
    )
    return text


def send(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Create", exact=True).click()


def leave(page: Page, way: str) -> list[str]:
    """Tries to leave the dialog twice, and stays when it asks: the questions."""
    asked: list[str] = []

    def stay(question: Any) -> None:
        asked.append(question.message)
        question.dismiss()

    page.on("dialog", stay)
    for _ in range(2):
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            page.mouse.click(5, 5)
    page.remove_listener("dialog", stay)
    return asked


@pytest.mark.spec("WCAG 2.2", "3.3.1")
def test_the_focus_goes_to_the_list_that_is_empty(new_client):
    dialog = new_client("Web")
    send(dialog)

    new = dialog.get_by_role("textbox", name="New: Redirect URLs")
    expect(new).to_be_focused()
    expect(new).to_have_attribute("aria-invalid", "true")
    assert described(new).startswith("Add at least one redirect URL")
    new.fill(ADDRESS)
    new.press("Enter")
    expect(dialog.get_by_role("textbox", name="Redirect URLs 1")).to_have_value(ADDRESS)
    expect(new).not_to_have_attribute("aria-invalid", "true")
    assert described(new) == ""


@pytest.mark.spec("WCAG 2.2", "3.3.1")
@pytest.mark.parametrize("choice", ["authentication", "key", "sign-out URL"])
def test_the_focus_goes_to_the_first_field_that_is_wrong(new_client, choice):
    dialog = new_client("Web")
    new = dialog.get_by_role("textbox", name="New: Redirect URLs")
    new.fill(ADDRESS)
    new.press("Enter")
    if choice == "sign-out URL":
        dialog.get_by_text("Advanced").click()
        dialog.get_by_role("textbox", name="New: Sign-out URLs").fill("app.example.com")
        faulty = dialog.get_by_role("textbox", name="Sign-out URLs 1")
    else:
        secret = dialog.get_by_role("checkbox", name=re.compile("^Client secret"))
        secret.uncheck()
        faulty = secret
    if choice == "key":
        dialog.get_by_role("checkbox", name=re.compile("^Private key JWT")).check()
        faulty = dialog.get_by_role("textbox", name="Public key 1")
    send(dialog)

    expect(faulty).to_be_focused()
    expect(faulty).to_be_in_viewport()
    expect(faulty).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("way", ["Escape", "backdrop"])
def test_leaving_asks_after_a_save_that_was_refused(new_client, page, way):
    dialog = new_client("Web")
    send(dialog)
    expect(dialog.get_by_role("textbox", name="New: Redirect URLs")).to_be_focused()
    # The answer to whether something is lost does not depend on how mistakes are marked.
    dialog.evaluate(
        "dialog => dialog.querySelectorAll('[aria-invalid], .field__error, .form-errors')"
        ".forEach(place => place.removeAttribute('aria-invalid'))"
    )

    assert leave(page, way) == ["Discard what you have entered?"] * 2
    expect(dialog.get_by_role("textbox", name="Name", exact=True)).to_have_value("Typed with care")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.spec("RFC 8252", "8.6")
def test_a_scheme_without_a_dot_is_confirmed_beside_its_address(new_client, page, violations, color_scheme):
    page.emulate_media(color_scheme=color_scheme)
    dialog = new_client("Native")
    new = dialog.get_by_role("textbox", name="New: Redirect URLs")
    new.fill(CURSOR)
    new.press("Enter")
    expect(dialog.get_by_text("Any application on a device can claim cursor:.")).to_be_visible()
    send(dialog)

    row = dialog.get_by_role("textbox", name="Redirect URLs 1")
    expect(row).to_be_focused()
    assert "Any application on a device can claim this scheme." in described(row)
    box = dialog.get_by_role("checkbox", name=re.compile("^Use the scheme cursor: anyway"))
    expect(box).not_to_be_checked()
    assert violations(page) == []
    box.check()
    send(dialog)
    expect(dialog).to_have_accessible_name("The client has been created")


def test_a_page_gets_the_origins_that_it_is_offered(new_client):
    dialog = new_client("Single-page app")
    new = dialog.get_by_role("textbox", name="New: Redirect URLs")
    new.fill(ADDRESS)
    new.press("Enter")
    send(dialog)

    origins = dialog.get_by_role("textbox", name="New: Allowed origins")
    expect(origins).to_be_focused()
    assert described(origins).startswith("Add an allowed origin")
    expect(dialog.get_by_role("checkbox", name="https://reports.example.com")).to_be_checked()
    send(dialog)
    expect(dialog).to_have_accessible_name("The client has been created")


@pytest.mark.spec("RFC 8252", "7.1")
def test_consent_leads_to_a_scheme_without_a_dot(page, signed_in, bob, acme, register, console_url):
    """A form-action that does not name the scheme would be an error in the console, which fails the test."""
    application = Application(*register(acme, type="native", redirect_uris=["cursor://a.b/callback"]))
    signed_in(page, bob).goto(console_url(acme, application.address()))

    with page.expect_response(lambda response: response.status == 303) as answered:
        page.get_by_role("button", name="Allow").click()

    assert answered.value.headers["location"].startswith("cursor://a.b/callback?code=")
    page.evaluate("document.title")  # a round trip: what the browser says of the redirect has arrived
