"""The picker of scopes: presets, chips and folded groups, which also work without a script (P12, Q4)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Client, Tenant, User
from console.policy.scopes import SCOPES
from tests import cast

from .test_client_forms import NEW, edit_of, no_clients, only_client, spa, text, version_in, web

SIGN_IN = ["openid", "profile", "email"]
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def ticked(page: Any) -> list[str]:
    return re.findall(r'type="checkbox" name="\w+" value="([^"]+)" checked', text(page))


def scopes_ticked(page: Any) -> list[str]:
    return [name for name in ticked(page) if name in SCOPES or "#" in name]


def chips(page: Any) -> list[str]:
    return re.findall(r'name="step" value="without:([^"]+)"', text(page))


def presets(page: Any) -> dict[str, bool]:
    """Key -> whether it is pressed."""
    found = re.findall(r'value="preset:([\w-]+)"[^>]* aria-pressed="(true|false)"', text(page))
    return {key: pressed == "true" for key, pressed in found}


def groups(page: Any) -> dict[str, str]:
    """Title -> how many of how many."""
    return dict(
        re.findall(r"<summary.*?<bdi>(.*?)</bdi>.*?data-part>\s*(.*?)\s*</span>.*?</summary>", text(page))
    )


# --- What is proposed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["web", "spa", "native"])
def test_a_new_client_of_people_is_proposed_to_sign_them_in(browser: Browse, alice: User, kind: str):
    page = browser(alice).get(NEW, {"type": kind})

    assert scopes_ticked(page) == chips(page) == SIGN_IN
    assert presets(page) == {"sign-in": True, "as-user": False, "administer": False}


def test_a_machine_is_proposed_nothing(browser: Browse, alice: User):
    page = browser(alice).get(NEW, {"type": "machine"})

    assert scopes_ticked(page) == chips(page) == []
    assert presets(page) == {"as-itself": False, "administer": False}


def test_a_form_without_scopes_still_makes_a_client_without(browser: Browse, alice: User, acme: Tenant):
    browser(alice).post(NEW, web())

    assert only_client(acme).allowed_scopes == []


def test_what_was_cleared_stays_cleared_on_the_way_back_and_on(browser: Browse, alice: User, acme: Tenant):
    here = browser(alice)
    hidden = re.findall(
        r'<input type="hidden" name="allowed_scopes" value="([^"]*)"', text(here.get(NEW, {"type": "web"}))
    )
    back = here.post(NEW, web(step="type", allowed_scopes=hidden))
    carried = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text(back))
    sent: dict[str, list[str]] = {}
    for name, value in carried:
        sent.setdefault(name, []).append(value)

    page = here.post(NEW, sent | {"type": "spa"})

    assert scopes_ticked(page) == []


# --- Buttons without a script ----------------------------------------------------------------------------------------


def test_a_preset_ticks_its_scopes_and_creates_nothing(browser: Browse, alice: User, acme: Tenant):
    page = browser(alice).post(
        NEW, web(name="Typed", step="preset:administer", allowed_scopes=["", "openid", "apps"])
    )

    assert page.status_code == 200
    assert scopes_ticked(page) == ["openid", "apps", "admin_classic"]
    assert presets(page) == {"sign-in": False, "as-user": False, "administer": True}
    assert 'value="Typed"' in text(page)
    assert 'value="https://app.example.com/callback"' in text(page)
    assert no_clients(acme)


def test_a_preset_that_is_complete_is_cleared(browser: Browse, alice: User):
    page = browser(alice).post(NEW, spa(step="preset:sign-in", allowed_scopes=["", *SIGN_IN, "apps"]))

    assert scopes_ticked(page) == ["apps"]


def test_a_chip_clears_its_scope(browser: Browse, alice: User):
    page = browser(alice).post(NEW, web(step="without:profile", allowed_scopes=["", *SIGN_IN]))

    assert scopes_ticked(page) == chips(page) == ["openid", "email"]


@pytest.mark.parametrize("step", ["preset:nonsense", "without", "nonsense"])
def test_an_unknown_button_is_none(browser: Browse, alice: User, acme: Tenant, step: str):
    browser(alice).post(NEW, web(step=step, allowed_scopes=["email"]))

    assert only_client(acme).allowed_scopes == ["email"]


def test_in_the_whole_form_nothing_else_that_was_changed_is_lost(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = register(acme, name="Reports", allowed_scopes=["apps"], accepts_no_pkce=True)[0]
    here = browser(alice)
    version = version_in(here.get(edit_of(client)))
    sent = web(name="Typed", step="preset:sign-in", allowed_scopes=["", "apps"], version=version)

    page = here.post(edit_of(client), sent)

    assert page.status_code == 200
    assert sorted(scopes_ticked(page)) == sorted([*SIGN_IN, "apps"])
    assert 'value="Typed"' in text(page)
    assert not re.search(r'name="accepts_no_pkce"[^>]* checked', text(page))  # it was cleared
    assert version_in(page) == version
    with scope(tenant=acme):
        assert Client.objects.get(pk=client.pk).allowed_scopes == ["apps"]


def test_on_the_tab_of_scopes_nothing_is_saved_by_it(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = register(acme, allowed_scopes=["apps"])[0]

    page = browser(alice).post(
        f"/console/oauth/{client.client_id}/scopes/edit", {"step": "without:apps", "allowed_scopes": "apps"}
    )

    assert (page.status_code, scopes_ticked(page)) == (200, [])
    with scope(tenant=acme):
        assert Client.objects.get(pk=client.pk).allowed_scopes == ["apps"]


# --- Groups ----------------------------------------------------------------------------------------------------------


def test_groups_are_folded_and_say_how_much_of_them_is_chosen(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    cast.register_api(acme, identifier="https://orders.example.com", name="Orders", scopes=["read", "write"])
    client = register(acme, allowed_scopes=["openid", "apps", "https://orders.example.com#read"])[0]

    page = browser(alice).get(edit_of(client))

    said = groups(page)
    assert said["Sign-in"] == "1 of 6"
    assert said["Apps"] == "4 of 9"  # with what it contains
    assert said["Spaces"] == "0 of 7"
    assert said["Orders"] == "1 of 2"
    assert not re.search(r"<details[^>]* data-group[^>]* open", text(page))
    assert chips(page) == ["openid", "apps", "https://orders.example.com#read"]


def test_a_group_with_something_wrong_is_open(browser: Browse, alice: User):
    page = browser(alice).post(NEW, web(allowed_scopes=["nonsense"]))

    assert page.status_code == 422
    assert re.search(r"<details[^>]* data-group[^>]* open", text(page))


def test_where_no_button_would_be_understood_there_is_none(browser: Browse, alice: User):
    for address in ("/console/registration/edit", "/console/outside-clients"):
        page = browser(alice).get(address)
        assert groups(page)
        assert not presets(page)
        assert not chips(page)
