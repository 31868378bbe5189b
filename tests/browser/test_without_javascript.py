"""Everything that matters works without a single script: plain links, plain forms, whole pages."""

import re

import pytest
from django_scopes import scope
from playwright.sync_api import Page, expect

from console.models import Client
from tests.cast import PASSWORD
from tests.oauth.driver import Application

NAME = "Reports"


@pytest.fixture
def plain_page(new_page):
    """`plain_page()`: a page of a new person whose browser runs no scripts."""
    return lambda: new_page(java_script_enabled=False)


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def create(page: Page, redirect_url: str) -> tuple[str, str]:
    """Registers a client; the first attempt has an address that is refused. Returns client ID and secret."""
    page.get_by_role("link", name="Create new").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Create OAuth client")
    page.get_by_role("radio", name=re.compile("^Single-page app")).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("radio", name=re.compile("^Single-page app"))).to_be_checked()
    page.get_by_role("radio", name=re.compile("^Web")).check()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Create web client")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value(NAME)
    first = page.get_by_role("textbox", name="Redirect URLs 1")
    first.fill("http://reports.example.com/")
    page.get_by_role("textbox", name="Redirect URLs 2").fill(redirect_url)
    page.get_by_text("Sign-in", exact=True).click()
    expect(page.get_by_role("checkbox", name=re.compile("^openid "))).to_be_checked()
    page.get_by_role("checkbox", name=re.compile("^offline_access ")).check()
    page.get_by_role("button", name="Call APIs as the user").click()
    page.get_by_role("button", name="Remove profile").click()
    chips = page.get_by_role("list", name="Selected scopes").get_by_role("button")
    expect(chips).to_have_text(["openid", "email", "offline_access", "user_default"])
    expect(first).to_have_value("http://reports.example.com/")
    page.get_by_role("button", name="Create").click()
    expect(first).to_have_accessible_description(re.compile("The address must begin with https://"))
    expect(first).to_have_value("http://reports.example.com/")
    expect(page.get_by_role("textbox", name="Redirect URLs 2")).to_have_value(redirect_url)
    expect(chips).to_have_text(["openid", "email", "offline_access", "user_default"])
    first.clear()
    page.get_by_role("button", name="Create").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("The client has been created")
    client_id = page.get_by_text(re.compile(r"^[0-9a-f]{32}$")).inner_text()
    secret = page.get_by_text(re.compile(r"^qas_\S{49}$")).inner_text()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("rowheader", name=NAME)).to_be_visible()
    assert secret not in page.content()
    return client_id, secret


def act(page: Page, action: str) -> None:
    """Without a script the row's menu is a page."""
    page.get_by_role("link", name=f"Actions for {NAME}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Actions for {NAME}")
    page.get_by_role("main").get_by_role("link", name=action, exact=True).click()


@pytest.mark.spec("requirements", "S2 S3 S4 S10 S13 P5")
def test_a_client_from_creation_to_the_last_secret(plain_page, acme, alice, bob, console_url, port):
    page = plain_page()
    page.goto(console_url(acme))
    sign_in(page, alice.email)
    client_id, secret = create(page, f"http://localhost:{port}/")

    act(page, "Edit")
    page.get_by_role("textbox", name="Description").fill("For the board")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("“Reports” has been saved.")).to_be_visible()
    expect(page.get_by_role("rowheader", name=NAME)).to_contain_text("For the board")

    # The person who uses the client.
    with scope(tenant=acme):
        application = Application(Client.objects.get(client_id=client_id), secret)
    bobs = plain_page()
    bobs.goto(console_url(acme, application.address(scope="openid offline_access user_default")))
    sign_in(bobs, bob.email)
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Allow Reports to use your Acme AB account?")
    bobs.get_by_role("button", name="Allow").click()
    expect(bobs).to_have_url(re.compile(rf"^http://localhost:{port}/\?code=qac_"))
    code = re.search(r"code=([^&]+)", bobs.url)
    assert code
    tokens = application.exchange(code[1]).json()
    refreshed = application.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200, refreshed.content

    bobs.goto(console_url(acme, "/account/applications"))
    bobs.get_by_role("link", name="Revoke Reports").click()
    expect(bobs.get_by_text("1 session ends now.")).to_be_visible()
    bobs.get_by_role("button", name="Revoke access").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Reports no longer has access")
    expect(bobs.get_by_text("1 session has ended")).to_be_visible()
    bobs.get_by_role("link", name="Done").click()
    expect(bobs.get_by_role("heading", name="No applications yet")).to_be_visible()
    assert application.refresh(refreshed.json()["refresh_token"]).json()["error"] == "invalid_grant"

    # A second secret, then neither of them.
    act(page, "Manage secrets")
    page.get_by_role("link", name="Generate new client secret").click()
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New client secret")
    second = page.get_by_text(re.compile(r"^qas_\S{49}$")).inner_text()
    page.get_by_role("link", name="Done").click()
    for removed in (secret, second):
        page.goto(console_url(acme, f"/console/oauth/{client_id}/secrets"))
        page.get_by_role("link", name=f"Remove the secret that ends with {removed[-5:]}").click()
        if removed == second:
            page.get_by_role("button", name="Remove secret").click()
            page.get_by_role("checkbox", name="I understand that nothing can get a token").check()
        else:
            page.get_by_role("textbox", name="Why is it removed now?").fill("Replaced")
        page.get_by_role("button", name="Remove secret").click()
        expect(page.get_by_text("has been removed. It no longer works.")).to_be_visible()
    expect(page.get_by_role("heading", name="No secrets")).to_be_visible()
    for removed in (secret, second):
        application.secret = removed
        assert (
            application.token(grant_type="authorization_code", code="none").json()["error"]
            == "invalid_client"
        )


@pytest.mark.spec("requirements", "S11 S12 P7 S16")
def test_the_list_the_log_and_the_switches_without_scripts(
    plain_page, acme, alice, signed_in, register, console_url
):
    for name in ("Payroll", "Warehouse", NAME):
        register(acme, by=alice, name=name)
    page = signed_in(plain_page(), alice)
    page.goto(console_url(acme))
    page.get_by_role("searchbox", name="Search").fill("payroll")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("rowheader")).to_have_text(["Payroll"])
    page.goto(console_url(acme))
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_text(["Warehouse", "Reports", "Payroll"])

    for name in ("Payroll", "Warehouse"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 2 clients?")
    page.get_by_role("button", name="Delete 2 clients").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 clients deleted")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("rowheader")).to_have_text(["Reports"])

    page.get_by_role("link", name="View OAuth configuration").first.click()
    page.get_by_role("combobox", name="OAuth client").select_option("Reports")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="curl").click()
    expect(page.get_by_role("region", name="curl")).to_contain_text(acme.issuer)

    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("combobox", name="Action").select_option("Client deleted")
    page.get_by_role("button", name="Apply").click()
    events = page.get_by_role("main").get_by_role("list").get_by_role("listitem")
    expect(events).to_have_text([re.compile("deleted Warehouse"), re.compile("deleted Payroll")])

    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    page.get_by_role("button", name="Alice").click()
    page.get_by_role("button", name="Logga ut").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("")
    assert page.url.endswith("/logout")


@pytest.mark.spec("requirements", "P10")
def test_an_api_from_creation_to_removal(plain_page, acme, alice, console_url):
    page = plain_page()
    page.goto(console_url(acme, "/console/apis"))
    sign_in(page, alice.email)
    page.get_by_role("link", name="Create the first API").click()
    page.get_by_role("textbox", name="Name", exact=True).first.fill("Orders")
    page.get_by_role("textbox", name="Identifier").fill("https://orders.example.com")
    page.get_by_role("button", name="Add more rows").click()
    expect(page.get_by_role("textbox", name="Identifier")).to_have_value("https://orders.example.com")
    for number in (1, 4):
        row = page.get_by_role("group", name=f"Scope {number}")
        row.get_by_role("textbox", name="Name").fill(f"scope{number}")
        row.get_by_role("textbox", name="What it allows").fill(f"Do {number}")
    page.get_by_role("textbox", name="Identifier").press("Enter")  # creates it, and asks for no more rows

    expect(page.get_by_role("heading", level=1)).to_have_text("The API has been created")
    secret = page.get_by_text(re.compile(r"^qai_\S{49}$")).inner_text()
    page.get_by_role("link", name="Open the API").click()
    expect(page.get_by_role("rowheader", name="scope4")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="nginx").click()
    expect(page.locator("#guide-code")).to_contain_text("js_import")

    page.get_by_role("link", name="Edit").click()
    row = page.get_by_role("group", name="Scope 1")
    for name in ("Name", "What it allows"):
        row.get_by_role("textbox", name=name).clear()
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("rowheader", name="scope4")).to_be_visible()
    expect(page.get_by_role("rowheader", name="scope1")).to_have_count(0)
    page.get_by_role("link", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove API").click()
    expect(page.get_by_role("heading", name="No APIs of your own yet")).to_be_visible()
