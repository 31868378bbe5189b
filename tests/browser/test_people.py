"""Inviting people and filling a group in a browser, with JavaScript and without (P11)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.models import Group, Tenant, User
from tests import cast


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_people_are_looked_for_ticked_and_added(
    script: bool,
    acme: Tenant,
    console_url: Callable[..., str],
    alice: User,
    bob: User,
    carol: User,
    new_page: Callable[..., Page],
    signed_in: Callable[[Page, User], Page],
):
    group = cast.group(acme, "Finance")
    page = signed_in(new_page(java_script_enabled=script), alice)
    page.goto(console_url(acme, f"/console/people/groups/{group.pk}"))
    page.get_by_role("link", name="Add people").first.click()

    def look_for(name: str) -> None:
        search = page.get_by_role("searchbox")
        if script:
            search.fill("")
            search.press_sequentially(name)
        else:
            search.fill(name)
            page.get_by_role("button", name="Search").click()

    look_for("bob")
    expect(page.get_by_role("checkbox", name=re.compile("Carol"))).to_have_count(0)
    page.get_by_role("checkbox", name=re.compile("Bob")).check()
    look_for("carol")
    page.get_by_role("checkbox", name=re.compile("Carol")).check()
    expect(page.get_by_role("checkbox", name=re.compile("Bob"))).to_be_checked()
    assert "csrf" not in page.url
    page.get_by_role("button", name="Add to group").click()

    expect(page.get_by_role("row", name=re.compile("Carol"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Bob"))).to_be_visible()
    assert Group.names_of(bob) == Group.names_of(carol) == ["Finance"]


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_somebody_is_invited_and_comes_in(
    script: bool,
    acme: Tenant,
    console_url: Callable[..., str],
    alice: User,
    new_page: Callable[..., Page],
    signed_in: Callable[[Page, User], Page],
    mailoutbox: Any,
):
    admin = signed_in(new_page(java_script_enabled=script), alice)
    admin.goto(console_url(acme, "/console/people"))
    admin.get_by_role("link", name="Invite people").first.click()
    admin.get_by_label("Email addresses").fill("Anna Ek <anna@acme.example>\nalice@acme.example")
    admin.get_by_role("button", name="Send invitations").click()
    expect(admin.get_by_text("alice@acme.example already has an account.")).to_be_visible()
    admin.get_by_label("Email addresses").fill("Anna Ek <anna@acme.example>")
    admin.get_by_role("button", name="Send invitations").click()
    expect(admin.get_by_role("row", name=re.compile("anna@acme.example"))).to_contain_text("Invited")

    guest = new_page(java_script_enabled=script)
    guest.goto(re.findall(r"http\S+/invitations/\S+", mailoutbox[0].body)[0])
    for label in ("Password", "Confirm password"):
        guest.get_by_label(label, exact=True).fill("another long password")
    guest.get_by_role("button", name="Save and sign in").click()

    expect(guest.get_by_role("heading", name="Connected applications")).to_be_visible()
    admin.goto(console_url(acme, "/console/people"))
    expect(admin.get_by_role("row", name=re.compile("Anna Ek"))).to_contain_text("just now")
