"""The registration page: who may register, initial access tokens; and how a client without a publisher reads."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import (
    Actor,
    Client,
    Connection,
    ConnectionRequest,
    Event,
    RegistrationPolicy,
    RegistrationToken,
    Tenant,
    User,
)
from console.models.mail import Mail
from tests import cast
from tests.oauth.driver import Application, asks_for_consent
from tests.oauth.test_registration import NATIVE, WEB, Program, decide, kept, registered, token_of

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Browser]
PAGE = "/console/registration"
NEW = f"{PAGE}/tokens/new"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
TOKEN = re.compile(r"qat_[0-9A-Za-z]{49}")


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\xa0", " "))


def form(**changes: Any) -> dict[str, Any]:
    until = (timezone.localdate() + timedelta(days=3)).isoformat()
    usual = {"name": "Build server", "most_clients": "2", "valid_until": until, "redirect_hosts": "",
             "scopes": ["openid", "apps:read"]}  # fmt: skip
    return usual | changes


def tokens(tenant: Tenant) -> list[RegistrationToken]:
    return list(RegistrationToken._base_manager.filter(tenant=tenant))


# --- Settings ---------------------------------------------------------------------------------------------------


def test_registration_is_off_until_an_administrator_decides(browser: Browse, alice: User, acme: Tenant):
    here = browser(alice)
    assert "No program can register itself" in text(here.get(PAGE))
    sent = {"mode": "open", "scopes": ["openid", "apps:read"], "unused_days": "7"}
    assert here.post(f"{PAGE}/edit", sent).status_code == 303
    policy = RegistrationPolicy.of(acme)
    assert (policy.mode, policy.scopes, policy.unused_days) == ("open", ["openid", "apps:read"], 7)
    page = text(here.get(PAGE))
    assert f"{acme.issuer}/oauth/register" in page
    assert "for 7 days" in page
    [event] = Event._base_manager.filter(tenant=acme, action="registration.changed")
    assert event.changes["mode"] == ["off", "open"]
    assert "changed who may register clients" in text(here.get("/console/events"))


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "everybody"},
        {"scopes": []},
        {"scopes": ["no.such"]},
        {"unused_days": "0"},
        {"unused_days": "366"},
        {"unused_days": "x"},
    ],
)
def test_settings_that_make_no_sense_are_shown_again(browser: Browse, alice: User, acme: Tenant, changes):
    sent = {"mode": "open", "scopes": ["openid"], "unused_days": "7"} | changes
    assert browser(alice).post(f"{PAGE}/edit", sent).status_code == 422
    assert not RegistrationPolicy.of(acme).is_on


def test_an_auditor_reads_and_changes_nothing(browser: Browse, carol: User, acme: Tenant):
    row = cast.registration_token(acme)
    here = browser(carol)
    page = text(here.get(PAGE))
    assert f"…{row.hint}" in page
    assert "New token" not in page
    for path in (f"{PAGE}/edit", NEW, f"{PAGE}/tokens/{row.pk}/remove"):
        assert here.get(path).status_code == here.post(path, form()).status_code == 403
    assert len(tokens(acme)) == 1


# --- Tokens -----------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_registers(browser: Browse, alice: User, acme: Tenant):
    decide(acme, "token")
    here = browser(alice)
    hosts = "Portal.example\r\ncom.example.app:\r\nlocalhost"
    shown = here.post(NEW, form(redirect_hosts=hosts))
    [token] = set(TOKEN.findall(text(shown)))
    assert shown["Cache-Control"] == "no-store"
    [row] = tokens(acme)
    assert (row.created_by, row.most_clients, row.scopes) == (alice, 2, ["openid", "apps:read"])
    assert row.redirect_hosts == ["portal.example", "com.example.app:", "localhost"]
    assert row.expires_at.date() >= timezone.now().date() + timedelta(days=2)

    page = text(here.get(PAGE))
    assert token not in page
    assert f"…{row.hint}" in page
    assert "0 of 2" in page
    found = registered(Program(acme).register(WEB, token))
    assert found["scope"].split() == ["openid", "apps:read"]
    assert "1 of 2" in text(here.get(PAGE))
    assert "1 with a token, 0 without" in text(here.get(PAGE))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a\u202eb"},
        {"name": "x" * 256},
        {"most_clients": "0"},
        {"most_clients": "1001"},
        {"valid_until": "2020-01-01"},
        {"valid_until": "9999-12-31"},
        {"valid_until": ""},
        {"redirect_hosts": "https://portal.example/"},
        {"redirect_hosts": "por tal_/"},
        {"redirect_hosts": "javascript:"},
        {"redirect_hosts": "\n".join(f"h{n}.example" for n in range(21))},
        {"scopes": []},
        {"scopes": ["no.such"]},
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(browser: Browse, alice: User, acme: Tenant, changes):
    answer = browser(alice).post(NEW, form(**changes))
    assert answer.status_code == 422
    assert not tokens(acme)


def test_a_form_sent_twice_makes_one_token(browser: Browse, alice: User, acme: Tenant):
    here = browser(alice)
    [mark] = re.findall(r'name="once" value="([^"]+)"', text(here.get(NEW)))
    first, again = (here.post(NEW, form(once=mark)) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 303)
    assert len(tokens(acme)) == 1


def test_a_tenant_has_some_tokens_at_most(browser: Browse, alice: User, acme: Tenant, monkeypatch):
    monkeypatch.setitem(settings.LIMITS, "registration_tokens", 1)
    here = browser(alice)
    assert here.post(NEW, form()).status_code == 200
    refused = here.post(NEW, form())
    assert refused.status_code == 422
    assert "can have 1 initial access token" in text(refused)


def test_a_token_is_removed_after_a_confirmation(browser: Browse, alice: User, acme: Tenant):
    decide(acme, "token")
    row, token = token_of(alice, most_clients=2)
    client = kept(registered(Program(acme).register(NATIVE, token)))
    here = browser(alice)
    path = f"{PAGE}/tokens/{row.pk}/remove"
    assert "The 1 client that was registered with it stays" in text(here.get(path, headers=DIALOG))
    assert here.post(path).status_code == 303
    assert not tokens(acme)
    assert Program(acme).register(NATIVE, token).status_code == 401
    assert Connection._base_manager.filter(client=client).exists()
    assert here.post(path).status_code == 404


def test_another_tenants_token_is_not_there(browser: Browse, alice: User, globex: Tenant):
    row = cast.registration_token(globex)
    here = browser(alice)
    assert here.get(f"{PAGE}/tokens/{row.pk}/remove").status_code == 404
    assert here.post(f"{PAGE}/tokens/{row.pk}/remove").status_code == 404
    assert len(tokens(globex)) == 1
    assert row.hint not in text(here.get(PAGE))


def test_the_page_says_when_a_token_is_no_good(browser: Browse, alice: User, acme: Tenant, dora: User):
    cast.registration_token(acme, alice, name="Late", expires_at=timezone.now() - timedelta(days=1))
    cast.registration_token(acme, dora, name="Left")
    User._base_manager.filter(pk=dora.pk).update(is_active=False)
    page = text(browser(alice).get(PAGE))
    assert "Expired" in page
    assert "Its maker is no longer an administrator" in page


@pytest.fixture
def dora(acme: Tenant) -> User:
    return cast.join(acme, "dora", "administrator")


# --- A client that nobody published -------------------------------------------------------------------------------

SAID = {
    "contacts": ["dev@agent.example"],
    "tos_uri": "https://agent.example/tos",
    "software_id": "agent-software",
}


@pytest.fixture
def agent(acme: Tenant) -> Client:
    decide(acme, "open")
    return kept(registered(Program(acme).register(NATIVE | SAID)))


def test_the_pages_of_an_approval_warn_and_name_nobody(
    browser: Browse, agent: Client, acme: Tenant, alice: User, bob: User
):
    app = Application(agent, "", tenant=acme)
    asked = text(app.authorize(browser(bob)))
    assert "Registered by itself: no organisation vouches for it." in asked
    cast.ask(bob, agent)
    with scope(tenant=acme):
        request = ConnectionRequest.objects.get(client=agent)
    for page in (
        text(app.authorize(browser(alice))),
        text(browser(alice).get(f"/console/requests/{request.pk}/approve")),
    ):
        assert "Registered by itself: no organisation vouches for it." in page
        assert "Nobody vouches for this name" in page
        for said in ("dev@agent.example", "https://agent.example/tos", "agent-software"):
            assert said in page
        assert 'href="https://agent.example/tos"' not in page
    for who, path in (
        (alice, "/console/requests"),
        (bob, "/account/requests"),
        (alice, f"/console/requests/{request.pk}/deny"),
    ):
        assert "Registered by itself" in text(browser(who).get(path))


def test_the_pages_of_a_connection_name_nobody(
    browser: Browse, agent: Client, acme: Tenant, alice: User, bob: User
):
    connection = cast.connect(agent, acme)
    app = Application(agent, "", tenant=acme)
    window = browser(bob)
    page = app.authorize(window, scope="openid")
    assert asks_for_consent(page)
    assert "Registered by itself: no organisation vouches for it." in text(page)
    app.allow(window, page)

    here, place = browser(alice), f"/console/oauth/connections/{connection.pk}"
    for path in ("/console/oauth", place, f"{place}/scopes", f"{place}/block", f"{place}/remove", f"{place}/grants",
                 f"/console/people/{bob.pk}"):  # fmt: skip
        assert "Registered by itself" in text(here.get(path)), path
    assert "dev@agent.example" in text(here.get(place))
    assert "Registered by itself" in text(window.get("/account/applications"))
    assert "outside:" not in "".join(
        text(here.get(path)) for path in ("/console/oauth", place, "/console/events")
    )


def test_what_it_does_to_itself_reads_well(browser: Browse, acme: Tenant, alice: User):
    decide(acme, "token")
    program = Program(acme)
    mine = registered(program.register(WEB, token_of(alice)[1]))
    sent = WEB | {"client_id": mine["client_id"], "redirect_uris": ["https://new.example/cb"]}
    changed = program.manage("PUT", mine, sent).json()
    program.manage("PUT", changed, sent | {"redirect_uris": []})
    connection = Connection._base_manager.get(client__client_id=mine["client_id"])
    here = browser(alice)
    place = f"/console/oauth/connections/{connection.pk}"
    assert "It has asked for something that this tenant has not approved" in text(here.get(place))
    assert "It has registered itself anew as version 2" in text(here.get(f"{place}/version"))
    program.manage("DELETE", changed)
    assert "This client has deleted its own registration" in text(here.get(place))

    log = re.sub(r"</?(b|bdi)>", "", text(here.get("/console/events")))
    for sentence in (
        "Portal registered itself with an initial access token.",
        "Portal was connected with an initial access token that alice@acme.example had made.",
        "Portal received the secret",
        "Portal changed its own registration.",
        "Portal now asks for more, in version 2.",
        "A change that Portal wanted to make to its own registration was rejected.",
        "Portal deleted its own registration.",
        "alice@acme.example made the initial access token Build server",
    ):
        assert sentence in log, sentence
    assert "outside:" not in log


def test_what_an_operator_does_to_it_is_told_here(browser: Browse, agent: Client, acme: Tenant, alice: User):
    cast.connect(agent, acme)
    call_command("disable_client", agent.client_id)
    assert Program(acme).web.get(f"/oauth/authorize?client_id={agent.client_id}").status_code == 400
    call_command("enable_client", agent.client_id)
    log = re.sub(r"</?(b|bdi)>", "", text(browser(alice).get("/console/events")))
    for sentence in ("An operator disabled Agent.", "Agent was disabled.", "Agent was enabled."):
        assert sentence in log, sentence
    assert "outside:" not in log


def test_the_letter_to_administrators_names_nobody(agent: Client, acme: Tenant, alice: User, bob: User):
    with scope(tenant=acme):
        ConnectionRequest.ask(bob, agent, reason="", by=Actor(user=bob))
    Mail.send_due()
    [letter] = [each for each in mail.outbox if alice.email in each.to]
    assert "The application registered itself: no organisation vouches for its name." in letter.body
    assert "published by" not in letter.body


def test_it_says_so_in_swedish(browser: Browse, agent: Client, acme: Tenant, alice: User):
    cast.connect(agent, acme)
    here = browser(alice)
    here.cookies[settings.LANGUAGE_COOKIE_NAME] = "sv"
    assert "Registrerad av programmet självt" in text(here.get("/console/oauth"))
