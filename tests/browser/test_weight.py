"""What a first visit fetches: few files, all of them there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from console.models import Client, Tenant, User

MOST_REQUESTS = 12
MOST_BYTES_OF_A_FONT = 60_000


@pytest.fixture
def answers(page: Page) -> list[Response]:
    """Every answer that the page gets, in order."""
    found: list[Response] = []
    page.on("response", lambda answer: found.append(answer))
    return found


@pytest.mark.parametrize("path", ["/console/oauth", "/login"])
def test_a_first_visit_is_a_few_requests_and_none_fails(
    page: Page,
    answers: list[Response],
    signed_in: Callable[[Page, User], Page],
    alice: User,
    acme: Tenant,
    console_url: Callable[..., str],
    register: Callable[..., object],
    path: str,
):
    for number in range(30):
        register(acme, name=f"Reports {number:02}")
    if path != "/login":
        signed_in(page, alice)

    page.goto(console_url(acme, path))
    page.wait_for_load_state("networkidle")

    assert [f"{answer.status} {answer.url}" for answer in answers if answer.status != 200] == []
    assert len(answers) <= MOST_REQUESTS


def test_scripts_and_styles_are_whole(
    page: Page,
    answers: list[Response],
    signed_in: Callable[[Page, User], Page],
    alice: User,
    acme: Tenant,
    console_url: Callable[..., str],
    register: Callable[..., object],
):
    """One file holds them all, and every part of it works: a menu, a copy button, a dialog."""
    register(acme, name="Reports")
    signed_in(page, alice).goto(console_url(acme))

    assert sum(answer.url.endswith(".css") for answer in answers) == 1
    expect(page.get_by_role("button", name="Copy client ID")).to_have_count(1)
    page.get_by_role("button", name="Actions for Reports").click()
    page.locator(":popover-open").get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("dialog", name="Edit Reports")).to_be_visible()


def test_a_row_says_its_address_once(
    page: Page,
    signed_in: Callable[[Page, User], Page],
    alice: User,
    acme: Tenant,
    console_url: Callable[..., str],
    register: Callable[..., tuple[Client, str]],
):
    """Its name leads to the client's page, and its button copies the whole client ID."""
    client, _secret = register(acme, name="Reports")
    signed_in(page, alice).goto(console_url(acme))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert page.content().count(f"/console/oauth/{client.client_id}/menu") <= 1

    page.get_by_role("link", name="Reports").click()
    expect(page).to_have_url(f"{console_url(acme)}/{client.client_id}")
    page.go_back()
    copy = page.get_by_role("button", name="Copy client ID")
    copy.click()
    expect(copy.locator("xpath=..").get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == client.client_id


def test_a_menu_that_cannot_be_fetched_says_so(
    page: Page,
    problems: list[str],
    signed_in: Callable[[Page, User], Page],
    alice: User,
    acme: Tenant,
    console_url: Callable[..., str],
    register: Callable[..., object],
):
    register(acme, name="Reports")
    signed_in(page, alice).goto(console_url(acme))
    page.route("**/menu", lambda route: route.abort())

    page.get_by_role("button", name="Actions for Reports").click()

    expect(page.get_by_text("The server did not answer")).to_be_visible()
    expect(page.locator(":popover-open")).to_have_count(0)
    problems.clear()


def test_every_machine_shows_the_same_letters_and_nothing_moves_when_they_come(
    page: Page, answers: list[Response], acme: Tenant, console_url: Callable[..., str]
):
    page.add_init_script(
        """window.moved = 0;
        new PerformanceObserver(list => { for (const shift of list.getEntries()) window.moved += shift.value })
            .observe({ type: "layout-shift", buffered: true });"""
    )

    page.goto(console_url(acme, "/login"))
    page.wait_for_load_state("networkidle")

    fetched = [answer for answer in answers if answer.url.endswith(".woff2")]
    assert len(fetched) == 1  # Latin is enough for this page
    assert len(fetched[0].body()) <= MOST_BYTES_OF_A_FONT
    assert page.evaluate("document.fonts.check('16px Inter')")
    assert page.evaluate("[...document.fonts].filter(font => font.status === 'error').length") == 0
    assert page.evaluate("window.moved") < 0.01
