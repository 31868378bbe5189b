"""From nothing to a first token: how many clicks an administrator needs, by both ways, and where they land (P12)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from console.models import Tenant, User

MOST = 7  # clicks


class Hand:
    """A person at a page, whose clicks are counted. What is typed or pasted is no click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1


def create(hand: Hand, name: str) -> str:
    """A web client, as the dialog offers it. Returns its secret, which the person has copied."""
    page = hand.page
    dialog = page.get_by_role("dialog")
    hand.click(page.get_by_role("link", name="Create new"))
    hand.click(dialog.get_by_role("button", name="Continue"))
    dialog.get_by_role("textbox", name="Name", exact=True).fill(name)
    dialog.get_by_role("textbox", name="New: Redirect URLs").fill("https://app.example.com/callback")
    hand.click(dialog.get_by_role("button", name="Create"))
    expect(dialog).to_have_accessible_name("The client has been created")
    hand.click(dialog.get_by_role("button", name="Copy client secret"))
    held: str = page.evaluate("navigator.clipboard.readText()")
    assert held.startswith("qas_")
    return held


def get_token(hand: Hand, secret: str) -> None:
    """From the consent page to the token: the person allows it and pastes the secret."""
    page = hand.page
    hand.click(page.get_by_role("button", name="Allow"))
    page.get_by_label("Client secret").fill(secret)
    hand.click(page.get_by_role("button", name="Get tokens"))
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()


@pytest.fixture
def hand(
    new_page: Callable[..., Page],
    signed_in: Callable[..., Page],
    alice: User,
    console_url: Callable[..., str],
) -> Hand:
    page = signed_in(new_page(), alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(console_url(alice.tenant))
    return Hand(page)


def test_the_dialog_that_shows_the_secret_leads_to_a_token(hand: Hand):
    secret = create(hand, "First steps")

    hand.click(hand.page.get_by_role("dialog").get_by_role("button", name="Try it"))
    get_token(hand, secret)

    assert hand.clicks <= MOST


def test_the_quick_start_is_where_one_lands_and_leads_to_a_token(hand: Hand, acme: Tenant):
    secret = create(hand, "First steps")
    page = hand.page

    hand.click(page.get_by_role("link", name="Continue to Quick start"))
    expect(page).to_have_url(re.compile(r"/console/oauth/[0-9a-f]{32}/quick-start$"))
    expect(page.get_by_role("link", name="Quick start")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("region", name=".env")).to_contain_text(f"ISSUER={acme.issuer}")
    assert secret not in page.content()
    page.get_by_role("link", name="Go", exact=True).click()  # to look at it is no step
    expect(page.get_by_role("region", name="Go", exact=True)).to_contain_text("package main")
    hand.click(page.get_by_role("main").get_by_role("button", name="Try it"))
    get_token(hand, secret)

    assert hand.clicks <= MOST + 1  # the secret is copied besides, which the dialog leaves behind
