"""An API of one's own from end to end: registered, given to a client, tried, and asked about a token (P10)."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests import cast

IDENTIFIER = "https://orders.example.com"


def create_api(page: Page) -> tuple[str, str]:
    """Goes through the dialog as a person does, who makes mistakes. Returns the introspection client ID and secret."""
    page.get_by_role("link", name="Create the first API").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Create API")
    dialog.get_by_role("textbox", name="Name", exact=True).first.fill("Orders")
    identifier = dialog.get_by_role("textbox", name="Identifier")
    identifier.fill("orders")
    first = dialog.get_by_role("group", name="Scope 1")
    first.get_by_role("textbox", name="Name").fill("read")
    dialog.get_by_role("button", name="Create").click()
    expect(identifier).to_have_accessible_description(re.compile("Enter an absolute URI"))
    expect(identifier).to_be_focused()
    what = first.get_by_role("textbox", name="What it allows")
    expect(what).to_have_accessible_description(re.compile("Say what an application can do with it."))

    identifier.fill(IDENTIFIER)
    what.fill("Read orders")
    dialog.get_by_role("button", name="Add scope").click()
    second = dialog.get_by_role("group", name="Scope 2")
    expect(second.get_by_role("textbox", name="Name")).to_be_focused()
    second.get_by_role("textbox", name="Name").fill("mistake")
    dialog.get_by_role("button", name="Add scope").click()
    dialog.get_by_role("group", name="Scope 3").get_by_role("textbox", name="Name").fill("write")
    dialog.get_by_role("group", name="Scope 3").get_by_role("textbox", name="What it allows").fill(
        "Change orders"
    )
    second.get_by_role("button", name="Remove 2").click()
    expect(second.get_by_role("textbox", name="Name")).to_have_value("write")
    second.get_by_role("checkbox", name="Broad access").check()
    dialog.get_by_role("spinbutton", name="Lifetime of an access token").fill("5")
    dialog.get_by_role("combobox", name="Unit").select_option("minutes")
    dialog.get_by_role("button", name="Create").click()

    expect(dialog).to_have_accessible_name("The API has been created")
    client_id = dialog.locator("#made-client-id").inner_text()
    secret = dialog.locator("#made-secret").inner_text()
    dialog.get_by_role("link", name="Open the API").click()
    expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    expect(page.get_by_role("rowheader", name="write")).to_be_visible()
    expect(page.get_by_text("mistake")).to_have_count(0)
    assert secret not in page.content()
    return client_id, secret


def create_machine(page: Page) -> tuple[str, str]:
    """A machine-to-machine client with a scope of the API. Returns its client ID and secret."""
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Machine-to-machine")).check()
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("textbox", name="Name", exact=True).fill("Robot")
    scopes = dialog.get_by_role("group", name="Scopes")
    scopes.get_by_role("searchbox", name="Search scopes").fill("orders read")
    expect(scopes.get_by_role("checkbox")).to_have_count(1)
    scopes.get_by_role("checkbox", name=re.compile("^read ")).check()
    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_have_accessible_name("The client has been created")
    made = dialog.locator("#made-client-id").inner_text(), dialog.locator("#made-secret").inner_text()
    dialog.get_by_role("button", name="Done").click()
    return made


@pytest.mark.spec("RFC 8707", "2")
def test_from_registering_an_api_to_a_token_for_it(new_page, acme, alice, console_url, signed_in, violations):
    page = signed_in(new_page(), alice)
    page.goto(console_url(acme))
    page.get_by_role("link", name="APIs").click()
    introspection = create_api(page)
    assert violations(page) == []

    page.get_by_role("navigation", name="Language").get_by_role("link", name="Go", exact=True).click()
    expect(page.locator("#guide-code")).to_contain_text("package main")
    expect(page.locator("#guide-code")).to_contain_text(IDENTIFIER)

    page.get_by_role("link", name="OAuth", exact=True).first.click()
    client_id, secret = create_machine(page)
    page.goto(console_url(acme, f"/console/oauth/{client_id}/try"))
    page.get_by_label("Client secret").fill(secret)
    page.get_by_role("button", name="Get a token").click()
    result = page.get_by_role("region", name="Result")
    audience = result.locator("dl > div").filter(has=page.get_by_text("aud", exact=True))
    expect(audience).to_contain_text(IDENTIFIER)
    expect(audience).to_contain_text("The API that it is for. Any other must reject it.")
    expect(result.get_by_role("button", name="Call")).to_be_hidden()  # another API's address is not known
    assert violations(page) == []
    result.get_by_role("button", name="Show tokens in full").click()
    token = re.search(r'"access_token": "(.+?)"', result.locator("pre").first.inner_text())[1]  # type: ignore[index]

    asked = requests.post(
        f"http://127.0.0.1:{acme.issuer.rsplit(':')[-1]}/oauth/introspect",
        data={"token": token},
        auth=introspection,
        headers={"Host": cast.host_of(acme)},
        timeout=30,
    ).json()
    assert (asked["active"], asked["aud"], asked["scope"]) == (True, IDENTIFIER, "read")
    assert asked["exp"] - asked["iat"] == 300
