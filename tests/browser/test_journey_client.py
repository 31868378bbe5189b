"""The main job from end to end, with the demonstration application as the OAuth client (S2–S4, S8, S10, S13, S14, P6).

An administrator registers a client; an ordinary user signs in to the application with it; the administrator takes the
secret away, and the application is refused; the user signs out at the application.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.served import free_port

NAME = "Travel expenses"
SCOPES = ["openid", "profile", "email", "offline_access", "user_default"]


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def add(page: Page, group: str, value: str) -> None:
    """Adds one value to a list of the form."""
    field = page.get_by_role("dialog").get_by_role("group", name=group)
    field.get_by_role("textbox", name=f"New: {group}").fill(value)
    field.get_by_role("button", name="Add", exact=True).click()


def register(page: Page, address: str) -> tuple[str, str]:
    """Goes through the dialog *Create new* as a person does. Returns the client ID and the secret that it shows."""
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Create OAuth client")
    dialog.get_by_role("radio", name=re.compile("^Web")).check()
    dialog.get_by_role("button", name="Continue").click()

    expect(dialog).to_have_accessible_name("Create web client")
    dialog.get_by_role("textbox", name="Name", exact=True).fill(NAME)
    redirect_urls = dialog.get_by_role("group", name="Redirect URLs")
    new = redirect_urls.get_by_role("textbox", name="New: Redirect URLs")
    add(page, "Redirect URLs", "http://travel.example.com/callback")
    reason = "The address must begin with https://. Only localhost may use http://."
    expect(redirect_urls.get_by_role("alert")).to_have_text(reason)
    expect(new).to_have_accessible_description(reason)
    expect(new).to_have_attribute("aria-invalid", "true")
    expect(redirect_urls.get_by_role("textbox", name="Redirect URLs 1")).to_have_count(0)
    add(page, "Redirect URLs", f"{address}/callback")
    expect(redirect_urls.get_by_role("textbox", name="Redirect URLs 1")).to_have_value(f"{address}/callback")
    expect(redirect_urls.get_by_role("alert")).to_have_count(0)

    scopes = dialog.get_by_role("group", name="Scopes")
    for scope in SCOPES:
        scopes.get_by_role("searchbox", name="Search scopes").fill(scope)
        scopes.get_by_role("checkbox", name=re.compile(f"^{scope} ")).check()
    expect(scopes.get_by_role("checkbox", name=re.compile("^openid "))).to_be_hidden()
    expect(scopes.get_by_text(f"{len(SCOPES)} selected")).to_be_visible()

    dialog.get_by_text("Advanced").click()
    add(page, "Sign-out URLs", f"{address}/")
    expect(dialog.get_by_role("textbox", name="Sign-out URLs 1")).to_have_value(f"{address}/")

    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_have_accessible_name("The client has been created")
    client_id = copied(page, "client ID", dialog.get_by_text(re.compile(r"^[0-9a-f]{32}$")).inner_text())
    secret = copied(page, "client secret", dialog.get_by_text(re.compile(r"^qas_\S{49}$")).inner_text())
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#dialog-content")).to_be_empty()  # by the close event, a moment later
    return client_id, secret


def copied(page: Page, what: str, value: str) -> str:
    """Copies a value with the button beside it, which says so. Returns what the clipboard then holds."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=f"Copy {what}").click()
    expect(dialog.locator(f"code:text-is('{value}') + copy-button").get_by_role("button")).to_have_text(
        "Copied"
    )
    held: str = page.evaluate("navigator.clipboard.readText()")
    assert held == value
    return held


def remove_the_only_secret(page: Page, secret: str) -> None:
    """Through the row's menu. The page warns that the secret is in use, and the last one goes only knowingly."""
    page.get_by_role("button", name=f"Actions for {NAME}").click()
    page.get_by_role("link", name="Manage secrets").click()
    page.get_by_role("link", name=f"Remove the secret that ends with {secret[-5:]}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Anything still using it stops working at once.")).to_be_visible()
    dialog.get_by_role("textbox", name="Why is it removed now?").fill("It leaked")
    dialog.get_by_role("button", name="Remove secret").click()
    acknowledge = dialog.get_by_role("checkbox", name="I understand that nothing can get a token")
    expect(acknowledge).to_have_accessible_description(re.compile("This is the last secret"))
    acknowledge.check()
    dialog.get_by_role("button", name="Remove secret").click()
    expect(page.get_by_text("has been removed. It no longer works.")).to_be_visible()


@pytest.mark.spec("requirements", "S2 S3 S4 S8 S10 S13 S14")
def test_from_registering_a_client_to_signing_out_of_it(new_page, run_example, acme, alice, bob, console_url):
    alices = new_page()
    alices.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alices.goto(console_url(acme))
    sign_in(alices, alice.email)
    expect(alices.get_by_role("heading", name="No OAuth clients yet")).to_be_visible()

    port = free_port()
    address = f"http://localhost:{port}"
    client_id, secret = register(alices, address)
    expect(alices.get_by_role("rowheader", name=NAME)).to_be_visible()
    assert secret not in alices.content()

    bobs = new_page()
    run_example(
        "demonstration", ISSUER=acme.issuer, CLIENT_ID=client_id, CLIENT_SECRET=secret, PORT=str(port)
    )
    bobs.goto(address)
    bobs.get_by_role("link", name="Sign in with").click()
    expect(bobs.get_by_text(f"To continue to {NAME}")).to_be_visible()
    sign_in(bobs, bob.email)

    expect(bobs.get_by_role("heading", name=f"Allow {NAME} to use your Acme AB account?")).to_be_visible()
    for fact in ("Registered by Acme AB.", bob.email, "You will be sent to localhost"):
        expect(bobs.get_by_text(fact)).to_be_visible()
    for scope in (
        "See your name and language",
        "See your email address",
        "Stay connected when you’re not using it",
    ):
        expect(bobs.get_by_role("listitem").filter(has_text=scope)).to_be_visible()
    bobs.get_by_role("button", name="Allow").click()

    expect(bobs.get_by_role("heading", name="Signed in as Bob")).to_be_visible()
    expect(bobs).to_have_url(f"{address}/account")
    expect(bobs.get_by_text("Asked for, but not granted")).to_have_count(0)
    bobs.get_by_role("button", name="Call the API").click()
    expect(bobs.get_by_role("heading", name="Answer of the API")).to_contain_text("200")
    expect(bobs.get_by_role("region", name="Answer of the API")).to_contain_text(bob.email)
    bobs.get_by_role("button", name="Refresh the access token").click()
    expect(bobs.get_by_role("status")).to_have_text("The access token was refreshed.")

    remove_the_only_secret(alices, secret)

    bobs.get_by_role("button", name="Refresh the access token").click()
    expect(bobs.get_by_role("heading", name="The request was refused")).to_be_visible()
    expect(bobs.get_by_role("main")).to_contain_text("invalid_client")
    bobs.get_by_role("link", name="Back", exact=True).click()

    bobs.get_by_role("button", name="Sign out").click()
    expect(bobs.get_by_role("status")).to_have_text("You are signed out.")
    assert bobs.url.split("?")[0] == f"{address}/"

    bobs.goto(console_url(acme, "/account/applications"))
    expect(bobs.get_by_role("heading", name="Sign in")).to_be_visible()
    bobs.goto(console_url(acme, "/logout"))
    expect(bobs.get_by_role("heading", name="You are signed out")).to_be_visible()
