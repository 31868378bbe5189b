"""From a wrong redirect URL at an application to the client put right, without a log file (N4).

The administrator has registered a slash too many. A person meets the refusal; the console says what differs, and the
URL that the application asks for is added there.
"""

from playwright.sync_api import expect

from console.models import noted
from tests import cast
from tests.browser.test_journey_client import sign_in
from tests.served import free_port

NAME = "Travel expenses"


def test_from_a_refusal_to_the_redirect_url_that_was_missing(
    new_page, run_example, acme, alice, bob, console_url, violations
):
    port = free_port()
    address = f"http://localhost:{port}"
    client, secret = cast.register(acme, name=NAME, redirect_uris=[f"{address}/callback/"])
    run_example(
        "demonstration", ISSUER=acme.issuer, CLIENT_ID=client.client_id, CLIENT_SECRET=secret, PORT=str(port)
    )
    bobs = new_page()
    bobs.goto(console_url(acme, "/account"))
    sign_in(bobs, bob.email)
    bobs.goto(address)
    bobs.get_by_role("link", name="Sign in with").click()
    expect(bobs.get_by_text(f"{NAME} sent a redirect URL that is not registered for it.")).to_be_visible()
    noted.write_all()  # a server does so every few seconds

    alices = new_page()
    alices.goto(console_url(acme))
    sign_in(alices, alice.email)
    alices.get_by_role("link", name=NAME, exact=True).click()  # the first click
    tabs = alices.get_by_role("navigation", name="Parts of the client")
    tabs.get_by_role("link", name="Problems 1").click()  # the second one says why
    problem = alices.get_by_role("listitem").filter(has_text="asks for a redirect URL that is not registered")
    expect(problem.get_by_text("The slash at the end of the path is missing.")).to_be_visible()
    expect(problem.locator("del")).to_have_text("/")
    expect(problem.get_by_text("127.0.0.1")).to_be_visible()
    assert violations(alices) == []

    problem.get_by_role("link", name="Add this redirect URL").click()
    dialog = alices.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Add this redirect URL?")
    expect(dialog.get_by_text("Nobody who asked for it was signed in")).to_have_count(0)
    assert violations(alices) == []
    dialog.get_by_role("button", name="Add this redirect URL").click()
    expect(alices.get_by_text("The redirect URL has been added.")).to_be_visible()
    expect(alices.get_by_role("heading", name="No open problems")).to_be_visible()

    bobs.goto(address)
    bobs.get_by_role("link", name="Sign in with").click()
    bobs.get_by_role("button", name="Allow").click()
    expect(bobs.get_by_role("heading", name="Signed in as Bob")).to_be_visible()
