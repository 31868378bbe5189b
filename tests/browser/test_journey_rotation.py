"""A secret is replaced while a caller keeps using the old one: the console says so at each step (N1, N2)."""

import re
from collections.abc import Callable

import pytest
import requests
from django_scopes import scope
from playwright.sync_api import Locator, Page, expect

from console.models import Client, ClientSecret, Event, Tenant, User, use_count
from tests import cast

OLD_CALLER, NEW_CALLER = "night-job/1.0", "web-servers/2.0"


@pytest.fixture
def machine(acme: Tenant) -> tuple[Client, str]:
    return cast.register(acme, **cast.machines_too(name="Reports"))


def ask(tenant: Tenant, client: Client, secret: str, agent: str) -> requests.Response:
    """A caller of the token endpoint, as a program of its own. What it did is written at once."""
    port = tenant.issuer.rsplit(":", 1)[1]
    answer = requests.post(
        f"http://127.0.0.1:{port}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client.client_id, secret),
        headers={"Host": cast.host_of(tenant), "User-Agent": agent},
        timeout=10,
    )
    use_count.write_noted()
    return answer


def step(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


def expect_current(page: Page, name: str) -> None:
    expect(page.locator("[aria-current=step]").get_by_role("heading")).to_have_text(name)


def generate(page: Page) -> str:
    page.get_by_role("link", name="Generate new client secret").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Web servers")
    dialog.get_by_role("button", name="Generate").click()
    expect(dialog).to_have_accessible_name("New client secret")
    secret = dialog.locator("#made-secret").inner_text()
    dialog.get_by_role("button", name="Done").click()
    page.on("dialog", lambda asked: asked.accept())
    expect(dialog).to_be_hidden()
    return secret


def watch(page: Page, machine: tuple[Client, str], acme: Tenant, new: str) -> None:
    """The application has the new secret; a job has still the old one."""
    client, old = machine
    assert ask(acme, client, new, NEW_CALLER).status_code == 200
    step(page, "Deploy").get_by_role("link", name="Open the quick start").wait_for()
    step(page, "Watch").get_by_role("link", name="Check again").click()
    expect(step(page, "Deploy")).to_contain_text(f"…{new[-5:]} was first used just now.")
    expect(step(page, "Deploy")).to_contain_text(NEW_CALLER)
    expect_current(page, "Watch")

    assert ask(acme, client, old, OLD_CALLER).status_code == 200
    step(page, "Watch").get_by_role("link", name="Check again").click()
    watched = step(page, "Watch")
    expect(watched).to_contain_text(f"…{old[-5:]} was last used just now; 2 times in the last 24 hours.")
    expect(watched).to_contain_text(f"These use …{old[-5:]} and have not used …{new[-5:]}:")
    expect(watched.get_by_role("listitem")).to_contain_text(OLD_CALLER)
    expect_current(page, "Watch")


def disable_and_bring_back(page: Page, machine: tuple[Client, str], acme: Tenant) -> None:
    """It is disabled too early: the page says what still tries it, and it works again for a day."""
    client, old = machine
    step(page, "Disable").get_by_role("link", name=f"Disable …{old[-5:]}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Anything still using it stops working at once.")
    dialog.get_by_role("button", name="Disable secret").click()
    expect(page.get_by_text("is disabled. It can be enabled again.")).to_be_visible()
    expect_current(page, "Remove")
    expect(step(page, "Remove")).to_contain_text("has not been tried since it stopped working")

    refused = ask(acme, client, old, OLD_CALLER)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    step(page, "Watch").get_by_role("link", name="Check again").click()
    expect(
        page.get_by_role("heading", name=f"The disabled secret …{old[-5:]} is still being tried")
    ).to_be_visible()
    expect(page.get_by_text("Once in 7 days, just now.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=OLD_CALLER).first).to_be_visible()

    page.get_by_role("button", name="Enable again for 24 hours").click()
    expect(page.get_by_text("works again for 24 hours")).to_be_visible()
    expect(page.get_by_text("is still being tried")).to_have_count(0)
    assert ask(acme, client, old, OLD_CALLER).status_code == 200
    expect(page.get_by_text("Enabled for now")).to_be_visible()


def remove(page: Page, old: str) -> None:
    """It was used within a day: it goes only with a reason."""
    step(page, "Remove").get_by_role("link", name=f"Remove …{old[-5:]}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove secret").click()
    why = dialog.get_by_role("textbox", name="Why is it removed now?")
    expect(why).to_have_accessible_description(re.compile("Write in a few words why it is removed now."))
    why.fill("The night job is gone")
    dialog.get_by_role("button", name="Remove secret").click()
    expect(page.get_by_text("has been removed. It no longer works.")).to_be_visible()


@pytest.mark.spec("requirements", "P1 N1 N2")
def test_from_generate_to_remove(
    page: Page,
    acme: Tenant,
    alice: User,
    machine: tuple[Client, str],
    signed_in: Callable[[Page, User], Page],
    console_url: Callable[..., str],
    violations: Callable[[Page], list[str]],
):
    client, old = machine
    assert ask(acme, client, old, OLD_CALLER).status_code == 200
    signed_in(page, alice).goto(console_url(acme, f"/console/oauth/{client.client_id}/secrets"))
    expect(page.locator(".rotation")).to_have_count(0)

    new = generate(page)
    expect(step(page, "Deploy")).to_contain_text(f"…{new[-5:]} has not been used yet.")
    expect_current(page, "Deploy")
    assert violations(page) == []

    watch(page, machine, acme, new)
    disable_and_bring_back(page, machine, acme)
    remove(page, old)

    expect(page.locator(".rotation")).to_have_count(0)
    assert ask(acme, client, old, OLD_CALLER).status_code == 401
    page.reload()
    expect(
        page.get_by_role("heading", name=f"The removed secret …{old[-5:]} is still being tried")
    ).to_be_visible()
    assert "safe" not in page.content().lower()
    assert violations(page) == []
    with scope(tenant=acme):
        removed = Event.objects.get(action="secret.removed")
        assert [secret.hint for secret in ClientSecret.objects.filter(removed_at=None)] == [new[-5:]]
    assert removed.details["why"] == "The night job is gone"
