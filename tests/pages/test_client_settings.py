"""The settings of a client by section, and its scopes, each edited in its place: `…/settings`, `…/scopes` (P12)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Action, Client, ClientSecret, Connection, Event, Tenant, User
from tests import cast

from .test_client_forms import error, jwk, text, version_in

IMPERSONATION = "urn:qlik:oauth:user-impersonation"
SECTIONS = ("application", "addresses", "authentication", "grants")
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def tab_of(client: Client, tab: str = "settings") -> str:
    return f"/console/oauth/{client.client_id}/{tab}"


def section_of(client: Client, section: str) -> str:
    return tab_of(client, "scopes/edit" if section == "scopes" else f"settings/{section}")


def htmx(section: str) -> dict[str, str]:
    """What htmx says when it asks for one section."""
    return {"HX-Request": "true", "HX-Target": f"section-{section}"}


def headings(page: Any) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]*)</h2>", text(page).partition("<main")[2])


def has_form(page: Any) -> list[str]:
    """The sections that are forms."""
    return re.findall(r'<form method="post" action="[^"]*/(?:settings|scopes)/(\w+)"', text(page))


def stored(client: Client) -> dict[str, Any]:
    with scope(tenant=client.tenant):
        return Client.objects.get(pk=client.pk).registered_facts


def messages(page: Any) -> list[str]:
    return re.findall(r'<div class="notice__body">([^<]+)</div>', text(page))


FULL = {
    "description": "Monthly",
    "homepage_url": "https://reports.example.com",
    "redirect_uris": ["https://app.example.com/callback"],
    "post_logout_redirect_uris": ["https://app.example.com/"],
    "allowed_origins": ["https://app.example.com"],
    "allowed_scopes": ["openid", "apps"],
    "grant_types": [IMPERSONATION],
    "auth_methods": ["client_secret"],
    "algorithm": "RS256",
    "accepts_no_pkce": True,
}


@pytest.fixture
def full(acme: Tenant, register: Register) -> Client:
    """A web client with a value in every field."""
    client = register(acme, name="Reports", **FULL)[0]
    with scope(tenant=acme):
        Connection.objects.filter(client=client).update(consent_method="trusted")
    return client


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_the_settings_are_shown_by_section(browser: Browse, alice: User, full: Client):
    page = browser(alice).get(tab_of(full))

    assert headings(page) == [
        "Application",
        "Redirect URLs",
        "Authentication",
        "Tokens and grants",
        "Consent method",
        "Danger zone",
    ]
    for value in ("Monthly", "https://reports.example.com", "https://app.example.com/callback", "RS256"):
        assert value in text(page)
    for section in SECTIONS:
        assert f'href="{section_of(full, section)}"' in text(page)
    for act in ("publish", "disable", "consent-method"):
        assert f'href="/console/oauth/{full.client_id}/{act}"' in text(page)
    assert f'href="/console/oauth/delete?client={full.client_id}"' in text(page)


def test_what_is_published_or_disabled_can_be_turned_round(browser: Browse, alice: User, full: Client):
    with scope(tenant=full.tenant):
        full.publish(by=cast.OPERATOR)
        full.disable(by=cast.OPERATOR)

    page = text(browser(alice).get(tab_of(full)))

    for act, shown in {"unpublish": True, "publish": False, "enable": True, "disable": False}.items():
        assert (f'href="/console/oauth/{full.client_id}/{act}"' in page) is shown


def test_an_auditor_reads_without_edit(browser: Browse, carol: User, full: Client):
    for tab in ("settings", "scopes"):
        page = text(browser(carol).get(tab_of(full, tab)))
        assert "/settings/" not in page
        assert "/scopes/edit" not in page
        assert "Danger zone" not in page
    assert browser(carol).get(section_of(full, "application")).status_code == 403


def test_a_public_client_has_nothing_to_authenticate_with(browser: Browse, alice: User, acme: Tenant):
    client = cast.register(acme, type="spa", auth_methods=[])[0]

    assert "Authentication" not in headings(browser(alice).get(tab_of(client)))
    assert browser(alice).get(section_of(client, "authentication")).status_code == 404


@pytest.mark.parametrize("section", ["scopes", "nonsense", "consent"])
def test_there_is_no_other_section(browser: Browse, alice: User, full: Client, section: str):
    assert browser(alice).get(tab_of(full, f"settings/{section}")).status_code == 404
    assert browser(alice).post(tab_of(full, f"settings/{section}")).status_code == 404


def test_scopes_are_said_in_words_by_area(browser: Browse, alice: User, full: Client):
    page = text(browser(alice).get(tab_of(full, "scopes")))

    assert page.index("Sign-in") < page.index("Confirm your identity") < page.index("Apps</dt>")
    assert "See, change and delete your apps" in page
    assert "Broad access" in page


def test_no_scopes_are_said_too(browser: Browse, alice: User, register: Register, acme: Tenant):
    client = register(acme, allowed_scopes=[])[0]

    assert "A client with no scopes can’t access anything" in text(
        browser(alice).get(tab_of(client, "scopes"))
    )


# --- Editing in place ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", [*SECTIONS, "scopes"])
def test_one_section_is_a_form_and_the_others_stay(browser: Browse, alice: User, full: Client, section: str):
    page = browser(alice).get(section_of(full, section))

    assert has_form(page) == ["edit" if section == "scopes" else section]
    assert len(headings(page)) == (1 if section == "scopes" else 6)


@pytest.mark.parametrize("section", [*SECTIONS, "scopes"])
def test_htmx_swaps_that_section_alone(browser: Browse, alice: User, full: Client, section: str):
    form = browser(alice).get(section_of(full, section), headers=htmx(section))
    assert text(form).startswith("<section")
    assert text(form).count("<section") == 1
    assert has_form(form)

    tab = tab_of(full, "scopes" if section == "scopes" else "settings")
    left = browser(alice).get(tab, headers=htmx(section))
    assert text(left).startswith("<section")
    assert text(left).count("<section") == 1
    assert not has_form(left)


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "application": (
        {"name": "New", "description": "", "homepage_url": ""},
        {"name": "New", "description": "", "homepage_url": ""},
    ),
    "addresses": (
        {"redirect_uris": ["https://b.example.com/cb"], "allowed_origins": ["https://b.example.com"]},
        {
            "redirect_uris": ["https://b.example.com/cb"],
            "allowed_origins": ["https://b.example.com"],
            "post_logout_redirect_uris": [],
        },
    ),
    "grants": (
        {"grant_types": [IMPERSONATION, "client_credentials"], "algorithm": "ES256"},
        {
            "grant_types": [IMPERSONATION, "client_credentials"],
            "algorithm": "ES256",
            "accepts_no_pkce": False,
        },
    ),
    "scopes": ({"allowed_scopes": ["", "email"]}, {"allowed_scopes": ["email"]}),
}


@pytest.mark.parametrize("section", CHANGES)
def test_saving_a_section_leaves_every_other_field(browser: Browse, alice: User, full: Client, section: str):
    before = stored(full)
    sent, expected = CHANGES[section]
    answer = browser(alice).post(section_of(full, section), sent)

    tab = tab_of(full, "scopes" if section == "scopes" else "settings")
    assert (answer.status_code, answer["Location"]) == (303, f"{tab}#section-{section}")
    after = stored(full)
    assert {name: value for name, value in after.items() if value != before[name]} == expected
    with scope(tenant=full.tenant):
        event = Event.objects.filter(action=Action.CLIENT_UPDATED).get()
    assert event.changes.keys() == expected.keys()


def test_saved_is_said_on_the_tab(browser: Browse, alice: User, full: Client):
    here = browser(alice)
    page = here.post(section_of(full, "application"), {"name": "Renamed"}, follow=True)

    assert messages(page) == ["“Renamed” has been saved."]


def test_htmx_gets_the_whole_tab_in_the_place_of_the_page(browser: Browse, alice: User, full: Client):
    """The heading, the marks and the tabs may have changed with what was saved."""
    answer = browser(alice).post(
        section_of(full, "application"), {"name": "Renamed"}, headers=htmx("application")
    )

    assert answer.status_code == 200
    assert (answer["HX-Retarget"], answer["HX-Reselect"]) == ("#main", "#main")
    assert answer["HX-Reswap"].startswith("outerHTML")
    assert "<bdi>Renamed</bdi>" in text(answer)
    assert messages(answer) == ["“Renamed” has been saved."]
    [focused] = re.findall(r"<(\w+)[^>]* autofocus", text(answer))
    assert focused == "a"


@pytest.mark.parametrize("headers", [{}, htmx("application")])
def test_what_is_wrong_comes_back_with_everything_that_was_typed(
    browser: Browse, alice: User, full: Client, headers: dict[str, str]
):
    before = stored(full)
    typed = {"name": "", "description": "Typed text", "homepage_url": "nonsense"}
    answer = browser(alice).post(section_of(full, "application"), typed, headers=headers)

    assert answer.status_code == 422
    assert error(answer, "name") == "Give the client a name."
    assert error(answer, "homepage_url")
    assert "Typed text" in text(answer)
    assert 'value="nonsense"' in text(answer)
    assert stored(full) == before


def test_a_row_of_addresses_says_what_is_wrong_with_it(browser: Browse, alice: User, full: Client):
    typed = {"redirect_uris": ["https://a.example.com/", "http://b.example.com/"]}
    answer = browser(alice).post(section_of(full, "addresses"), typed)

    assert answer.status_code == 422
    assert error(answer, "redirect_uris_2")
    assert 'value="https://a.example.com/"' in text(answer)


# --- The rules of the whole form hold --------------------------------------------------------------------------------


def test_a_published_client_keeps_a_redirect_url(browser: Browse, alice: User, full: Client):
    with scope(tenant=full.tenant):
        full.publish(by=cast.OPERATOR)

    answer = browser(alice).post(section_of(full, "addresses"), {"redirect_uris": []})

    assert answer.status_code == 422
    assert "Unpublish it first" in error(answer, "redirect_uris")


def test_machine_to_machine_needs_trust_chosen_with_it(browser: Browse, alice: User, acme: Tenant):
    client = cast.register(acme, name="Nightly")[0]
    here, at = browser(alice), section_of(client, "grants")
    sent = {"grant_types": ["client_credentials"], "algorithm": "RS256", "consent_method": "required"}

    refused = here.post(at, sent)
    assert refused.status_code == 422
    assert "must be “Trusted”" in error(refused, "consent_method")

    assert here.post(at, sent | {"consent_method": "trusted"}).status_code == 303
    with scope(tenant=acme):
        assert Connection.objects.get(client=client).consent_method == "trusted"
    assert stored(client)["grant_types"] == ["client_credentials"]


def test_the_last_grant_without_people_needs_a_redirect_url(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = register(acme, redirect_uris=[], grant_types=["client_credentials"])[0]

    answer = browser(alice).post(section_of(client, "grants"), {"grant_types": [], "algorithm": "ES256"})

    assert answer.status_code == 422
    assert "Add at least one redirect URL" in text(answer)
    assert stored(client)["grant_types"] == ["client_credentials"]


def test_without_impersonation_there_are_no_origins(browser: Browse, alice: User, full: Client):
    assert browser(alice).post(section_of(full, "grants"), {"algorithm": "RS256"}).status_code == 303

    assert stored(full)["allowed_origins"] == []
    assert 'name="allowed_origins"' not in text(browser(alice).get(section_of(full, "addresses")))


def test_a_scheme_without_a_dot_is_asked_about(browser: Browse, alice: User, acme: Tenant):
    client = cast.register(acme, type="native", auth_methods=[], redirect_uris=["com.example.app:/cb"])[0]
    here, at = browser(alice), section_of(client, "addresses")
    sent = {"redirect_uris": ["cursor://callback"], "schemes_asked": "1"}

    asked = here.post(at, sent)
    assert asked.status_code == 422
    assert 'name="confirmed_schemes" value="cursor"' in text(asked)
    assert here.post(at, sent | {"confirmed_schemes": "cursor"}).status_code == 303
    assert stored(client)["redirect_uris"] == ["cursor://callback"]


@pytest.mark.parametrize("headers", [{}, htmx("authentication")])
def test_a_secret_that_it_begins_to_need_is_shown_once(
    browser: Browse, alice: User, acme: Tenant, register: Register, headers: dict[str, str]
):
    client = register(acme, auth_methods=["private_key_jwt"], public_keys=[json.loads(jwk())])[0]
    with scope(tenant=acme):
        ClientSecret.objects.filter(client=client).delete()

    answer = browser(alice).post(
        section_of(client, "authentication"),
        {"auth_methods": ["", "client_secret"], "public_keys": [""]},
        headers=headers,
    )

    assert answer.status_code == 200
    assert len(set(re.findall(r"qas_\w{49}", text(answer)))) == 1
    assert "no-store" in answer["Cache-Control"]
    if headers:  # above the page, in the dialog
        assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#dialog-content", "innerHTML")
        assert text(answer).startswith("<article")
    assert stored(client)["public_keys"] == []


def test_other_tenants_are_told_what_waits_for_them(
    browser: Browse, alice: User, full: Client, globex: Tenant
):
    with scope(tenant=full.tenant):
        full.publish(by=cast.OPERATOR)
    cast.connect(full, globex)
    here = browser(alice)

    assert "1 other tenant is connected" in text(here.get(section_of(full, "scopes")))
    sent = {"allowed_scopes": ["openid", "apps", "spaces.data"]}
    page = here.post(section_of(full, "scopes"), sent, follow=True)

    [said] = messages(page)
    assert "1 tenant keeps what it approved until it accepts the new version: Globex" in said


# --- Two people ------------------------------------------------------------------------------------------------------


def test_who_changed_the_same_section_is_named(browser: Browse, alice: User, full: Client):
    here, at = browser(alice), section_of(full, "application")
    opened_on = version_in(here.get(at))
    with scope(tenant=full.tenant):
        Client.objects.get(pk=full.pk).edit(by=cast.OPERATOR, name="Theirs")

    refused = here.post(at, {"name": "Mine", "version": opened_on})
    assert refused.status_code == 422
    assert "has saved this client since you opened it" in text(refused)
    assert "<ins>Theirs</ins>" in text(refused)
    assert 'value="Mine"' in text(refused)

    saved = here.post(at, {"name": "Mine", "version": version_in(refused)})
    assert saved.status_code == 303
    assert stored(full)["name"] == "Mine"


def test_what_became_of_another_section_is_no_conflict(browser: Browse, alice: User, full: Client):
    here, at = browser(alice), section_of(full, "application")
    opened_on = version_in(here.get(at))
    with scope(tenant=full.tenant):
        Client.objects.get(pk=full.pk).edit(by=cast.OPERATOR, algorithm="ES256")

    assert here.post(at, {"name": "Mine", "version": opened_on}).status_code == 303
    assert (stored(full)["name"], stored(full)["algorithm"]) == ("Mine", "ES256")
