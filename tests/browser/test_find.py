"""Going somewhere with the keyboard: Ctrl+K from everywhere, "/" to the search field of the page (P7)."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page_with_clients(page, signed_in, alice, acme, register, console_url):
    register(acme, name="Quarterly report")
    register(acme, name="Billing export")
    signed_in(page, alice).goto(console_url(acme))
    return page


def test_a_client_is_two_keys_and_its_name_away(page_with_clients):
    page = page_with_clients
    page.keyboard.press("Control+k")
    field = page.get_by_role("dialog").get_by_role("searchbox")
    expect(field).to_be_focused()

    page.keyboard.type("quarter")
    expect(
        page.get_by_role("dialog").get_by_role("link", name=re.compile("Quarterly report"))
    ).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Quarterly report", level=1)).to_be_visible()


def test_arrows_walk_through_what_was_found(page_with_clients):
    page = page_with_clients
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    links = dialog.locator("#found a")
    expect(dialog.get_by_role("searchbox")).to_be_focused()

    page.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_slash_goes_to_the_search_field_and_is_a_slash_in_a_field(page_with_clients):
    page = page_with_clients
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Search clients")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.press("/")
    expect(field).to_have_value("/")
