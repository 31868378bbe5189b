"""A client of one tenant in another, from end to end, with an application outside (S6–S9, P2, P3, N5–N7).

Globex publishes a client. Bob of Acme meets it, asks for it, and Alice connects it with less than it offers. Globex
then offers more, which waits for Alice; in the end she blocks it, Bob takes his consent back, and it is removed.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cast import PASSWORD
from tests.served import free_port

from .test_journey_client import add

NAME = "Report portal"
REASON = "The board meets on Friday"
NEW_HOST = "archive.globex.example"
SCOPES = ["openid", "profile", "email", "offline_access", "apps:read"]


def open_menu(page: Page) -> Locator:
    page.get_by_role("button", name=f"Actions for {NAME}").click()
    return page.locator(":popover-open")


def choose(page: Page, action: str) -> Locator:
    """Opens the dialog that an action of the row's menu leads to."""
    open_menu(page).get_by_role("link", name=action, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def row_of_client(page: Page) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(NAME)))


def end(page: Page, link: str, button: str) -> Locator:
    """Ends something in a dialog: link → button → receipt. Returns the dialog with the receipt."""
    page.get_by_role("main").get_by_role("link", name=link).first.click()
    return confirmed(page.get_by_role("dialog"), button)


def confirmed(dialog: Locator, button: str) -> Locator:
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog.get_by_role("link", name="Done")).to_be_visible()
    return dialog


def start_sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Sign in with your organisation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which organisation?")


@pytest.mark.spec("requirements", "S6 S7 S8 S9 P2 P3 N5 N6 N7")
def test_from_publishing_a_client_to_its_removal(
    new_page, run_example, signed_in, acme, globex, alice, bob, mallory, register, console_url, port
):
    app_port = free_port()
    address = f"http://localhost:{app_port}"
    client, secret = register(
        globex, by=mallory, name=NAME, redirect_uris=[f"{address}/callback"], allowed_scopes=SCOPES
    )
    mallorys, alices, bobs = signed_in(new_page(), mallory), signed_in(new_page(), alice), new_page()

    mallorys.goto(console_url(globex))
    dialog = choose(mallorys, "Publish")
    expect(dialog.get_by_role("region", name="What other tenants will see")).to_contain_text("Globex")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(row_of_client(mallorys)).to_contain_text("Published")

    run_example(
        "multi_tenant",
        REGION=f"http://localhost:{port}",
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=secret,
        PORT=str(app_port),
    )
    # Bob may not connect it: he asks.
    start_sign_in(bobs, address)
    hostname = bobs.get_by_role("textbox", name="Hostname of your organisation")
    hostname.fill("nowhere.example.com")
    bobs.get_by_role("button", name="Continue").click()
    expect(hostname).to_have_accessible_description(re.compile("There is no organisation at this address"))
    expect(hostname).to_have_value("nowhere.example.com")
    hostname.fill(f"acme.localhost:{port}")
    bobs.get_by_role("button", name="Continue").click()
    bobs.get_by_label("Email").fill(bob.email)
    bobs.get_by_label("Password").fill(PASSWORD)
    bobs.get_by_role("button", name="Sign in").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text(f"{NAME} needs approval")
    bobs.get_by_role("textbox", name="Reason").fill(REASON)
    bobs.get_by_role("button", name="Ask an administrator").click()
    expect(bobs.get_by_role("main")).to_contain_text("Waiting for an administrator")

    # Alice connects it, with less than it asks for.
    alices.goto(console_url(acme))
    alices.get_by_role("navigation").get_by_role("link", name=re.compile("^Requests ?1 open$")).click()
    expect(alices.get_by_role("main")).to_contain_text(REASON)
    alices.get_by_role("link", name=f"Review and approve {NAME}").click()
    expect(alices.get_by_role("main")).to_contain_text(REASON)
    alices.locator("input[name=scopes][value='apps:read']").uncheck()
    alices.get_by_role("button", name="Approve").click()
    expect(alices.get_by_role("navigation").get_by_role("link", name="Requests", exact=True)).to_be_visible()

    # Bob signs in. His browser remembers where he belongs.
    start_sign_in(bobs, address)
    bobs.get_by_role("button", name=f"acme.localhost:{port}").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text(f"Allow {NAME} to use your Acme AB account?")
    bobs.get_by_role("button", name="Allow").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Signed in as Bob")
    data = bobs.get_by_role("main")
    expect(data).to_contain_text(acme.issuer)
    expect(data).to_contain_text("Bob, tenant")  # what the API says
    expect(data.get_by_text("profile", exact=True)).to_be_visible()
    expect(data.get_by_text("apps:read", exact=True)).to_have_count(0)

    # It stands in Acme's console, with nothing in it that is its owner's.
    alices.goto(console_url(acme))
    expect(row_of_client(alices).get_by_role("rowheader")).to_contain_text(
        "Outside client, published by Globex"
    )
    menu = open_menu(alices)
    expect(menu.get_by_role("link", name="Reduce scopes")).to_be_visible()
    for of_the_owner in ("Manage secrets", "Edit", "Publish", "Delete"):
        expect(menu.get_by_role("link", name=of_the_owner, exact=True)).to_have_count(0)
    assert secret not in alices.content()

    # Globex wants more: it waits until Alice has read it.
    dialog = choose(mallorys, "Edit")
    add(mallorys, "Redirect URLs", f"https://{NEW_HOST}/callback")
    dialog.get_by_role("button", name="Administer").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    alices.goto(console_url(acme))
    expect(row_of_client(alices)).to_contain_text("New version")
    row_of_client(alices).get_by_role("link", name=NAME).click()
    alices.get_by_role("link", name="Review the new version").click()
    expect(alices.get_by_role("region", name="New", exact=True)).to_contain_text(NEW_HOST)
    alices.get_by_role("button", name=re.compile("^Accept version")).click()
    expect(alices.get_by_role("main")).not_to_contain_text("awaits your approval")
    expect(alices.get_by_role("region", name="The application")).to_contain_text(NEW_HOST)

    # Blocked: what Bob holds ends, and his next attempt is refused before he is asked anything.
    receipt = end(alices, "Block", "Block")
    expect(receipt).to_contain_text("1 session has ended")
    receipt.get_by_role("link", name="Done").click()
    expect(alices.get_by_role("main")).to_contain_text("Blocked in this tenant")
    bobs.get_by_role("button", name="Sign out here").click()
    start_sign_in(bobs, address)
    bobs.get_by_role("button", name=f"acme.localhost:{port}").click()
    expect(bobs.get_by_role("main")).to_contain_text("blocked")
    assert bobs.url.startswith(acme.issuer)

    # He takes his consent back, and Alice removes the client: it is as unknown as in the beginning.
    bobs.goto(console_url(acme, "/account/applications"))
    receipt = end(bobs, f"Revoke {NAME}", "Revoke access")
    receipt.get_by_role("link", name="Done").click()
    expect(bobs.get_by_role("heading", name="No applications yet")).to_be_visible()
    alices.goto(console_url(acme))
    confirmed(choose(alices, "Remove"), "Remove").get_by_role("link", name="Done").click()
    expect(alices.get_by_role("heading", name="No OAuth clients yet")).to_be_visible()
    start_sign_in(bobs, address)
    bobs.get_by_role("button", name=f"acme.localhost:{port}").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text(f"{NAME} needs approval")
