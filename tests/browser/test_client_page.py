"""The page of a client in a browser: acts lead back to the tab they were chosen on, and tabs stay in sight (P12)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.models import Client, Tenant, User

PHONE = {"width": 390, "height": 844}
Register = Callable[..., tuple[Client, str]]


@pytest.fixture
def address(acme: Tenant, alice: User, register: Register, port: int) -> str:
    client, _secret = register(acme, by=alice, name="Reports")
    return f"{acme.issuer}/console/oauth/{client.client_id}"


def test_disabling_from_the_page_stays_there_and_shows_it(
    new_page: Callable[..., Page], signed_in: Callable[..., Page], alice: User, address: str
):
    page = signed_in(new_page(), alice)
    page.goto(f"{address}/activity")
    page.get_by_role("button", name="Actions for Reports").click()
    page.get_by_role("link", name="Disable").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Disable").click()
    expect(dialog).to_have_accessible_name("“Reports” is disabled")

    dialog.get_by_role("link", name="Done").click()

    expect(dialog).to_be_hidden()
    assert page.url == f"{address}/activity"
    expect(page.get_by_role("heading", level=1)).to_contain_text("Disabled")
    expect(page.get_by_role("listitem").filter(has_text="disabled Reports")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for Reports")).to_be_focused()


def test_the_open_tab_is_in_sight_on_a_phone(
    new_page: Callable[..., Page], signed_in: Callable[..., Page], alice: User, address: str
):
    page = signed_in(new_page(viewport=PHONE), alice)
    page.goto(f"{address}/activity")

    expect(page.get_by_role("link", name="Activity", exact=True)).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("link", name="Overview", exact=True)).not_to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_without_scripts_acts_lead_back_to_the_page(
    new_page: Callable[..., Page], signed_in: Callable[..., Page], alice: User, address: str
):
    page = signed_in(new_page(java_script_enabled=False), alice)
    page.goto(address)
    page.get_by_role("link", name="Actions for Reports").click()
    page.get_by_role("main").get_by_role("link", name="Disable").click()
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("link", name="Done").click()
    assert page.url == address
    expect(page.get_by_role("main")).to_contain_text("Disabled just now by alice@acme.example")
    page.get_by_role("link", name="Enable").click()
    page.get_by_role("button", name="Enable").click()

    assert page.url == address
    expect(page.get_by_role("heading", level=1)).to_contain_text("Enabled")
    page.get_by_role("link", name="Quick start").click()
    page.get_by_role("link", name="curl").click()
    expect(page.get_by_role("region", name="curl")).to_contain_text("curl")
