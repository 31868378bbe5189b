"""The problems of a client, `/console/oauth/<client id>/problems`: what was refused, and what can be done (N4)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Client, ClientProblem, ClientSecret, Event, Tenant, User
from console.policy.client_problems import ABOUT
from tests import cast

Browse = Callable[[User], Browser]
WRONG = f"{cast.REDIRECT_URL}/"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def page_of(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/problems"


@pytest.fixture
def client(web_client: tuple[Client, str]) -> Client:
    return web_client[0]


def urls(client: Client) -> list[str]:
    with scope(tenant=client.tenant):
        found: list[str] = Client.objects.get(pk=client.pk).redirect_uris
    return found


# --- Reading --------------------------------------------------------------------------------------------------------


def test_a_wrong_redirect_url_is_explained(browser: Browse, alice: User, client: Client):
    for _ in range(3):
        problem = cast.problem(client)
    page = text(browser(alice).get(page_of(client)))

    assert "The application asks for a redirect URL that is not registered" in page
    assert f"<code>{cast.REDIRECT_URL}<ins>/</ins></code>" in page
    assert f"<code>{cast.REDIRECT_URL}</code>" in page
    assert "The path ends with a slash." in page
    assert "3 times" in page
    assert "203.0.113.9" in page
    assert f"problems/{problem.pk}/add" in page


def test_a_reason_of_another_release_is_shown_as_it_was_written(
    browser: Browse, alice: User, client: Client, globex: Tenant
):
    """During an update a newer process notes what an older one has no words for."""
    cast.problem(client, "x", "reason_of_tomorrow")
    cast.problem(client, "x", "reason_of_elsewhere", tenant=globex)
    page = browser(alice).get(page_of(client))
    assert page.status_code == 200
    assert "Reason_of_tomorrow" in text(page)
    assert "Reason_of_elsewhere" in text(page)


def test_the_badge_counts_what_is_open_on_every_tab(browser: Browse, alice: User, client: Client):
    cast.problem(client)
    cast.problem(client, "admin_classic", "scopes_left_out")
    badge = re.compile(r'Problems\s*<span class="badge badge--warning">2</span>')
    for tab in ("", "/settings", "/problems", "/activity"):
        assert badge.search(text(browser(alice).get(f"/console/oauth/{client.client_id}{tab}"))), tab


@pytest.mark.parametrize("reason", list(map(str, ABOUT)))
def test_every_kind_has_words_and_leads_somewhere_that_is_there(browser, alice, client, reason):
    cast.problem(client, "openid x" if "scope" in reason else "", reason)
    answer = browser(alice).get(page_of(client))
    assert answer.status_code == 200
    assert reason not in re.sub(r"<[^>]*>", "", text(answer))
    for link in re.findall(r'class="button button--small" href="([^"]*)"', text(answer)):
        assert browser(alice).get(link).status_code == 200


def test_what_was_sent_is_escaped(browser: Browse, alice: User, client: Client):
    cast.problem(client, 'https://app.example.com/"><script>x</script>', agent="<b>bold")
    page = text(browser(alice).get(page_of(client)))
    assert "<script>x" not in page
    assert "<b>bold" not in page


def test_the_auditor_reads_and_changes_nothing(browser: Browse, carol: User, client: Client):
    problem = cast.problem(client)
    page = text(browser(carol).get(page_of(client)))
    assert "The path ends with a slash." in page
    assert "/add" not in page
    assert "/ignore" not in page
    for act in ("add", "ignore"):
        assert browser(carol).post(f"{page_of(client)}/{problem.pk}/{act}").status_code == 403
    assert urls(client) == [cast.REDIRECT_URL]


def test_no_problem_is_an_empty_page(browser: Browse, alice: User, client: Client):
    page = text(browser(alice).get(page_of(client)))
    assert "No open problems" in page
    assert "badge--warning" not in page


def test_a_removed_secret_leads_to_the_secrets(browser: Browse, alice: User, client: Client):
    with scope(tenant=client.tenant):
        secret = ClientSecret.objects.get(client=client)
        secret.remove(by=cast.OPERATOR)
    cast.problem(client, secret.hint, "removed_secret", secret_id=secret.pk)
    page = text(browser(alice).get(page_of(client)))
    assert f"The application sends the removed secret …{secret.hint}" in page
    assert f'href="/console/oauth/{client.client_id}/secrets">' in page


def test_what_works_again_leaves(browser: Browse, alice: User, client: Client, time_machine: Any):
    cast.problem(client)
    with scope(tenant=client.tenant):
        client.edit(by=cast.OPERATOR, redirect_uris=[cast.REDIRECT_URL, WRONG])
    assert "No open problems" in text(browser(alice).get(page_of(client)))
    with scope(tenant=client.tenant):
        client.edit(by=cast.OPERATOR, redirect_uris=[cast.REDIRECT_URL])
    assert "No open problems" not in text(browser(alice).get(page_of(client)))
    time_machine.move_to(timezone.now() + timedelta(days=31))
    assert "No open problems" in text(browser(alice).get(page_of(client)))


def test_a_full_list_costs_as_many_queries_as_an_empty_one(
    browser: Browse, alice: User, client: Client, django_assert_max_num_queries: Any
):
    window = browser(alice)
    window.get(page_of(client))
    for number in range(12):
        cast.problem(client, f"https://app.example.com/{number}")
    with django_assert_max_num_queries(16):
        window.get(page_of(client))


# --- Other tenants --------------------------------------------------------------------------------------------------


@pytest.fixture
def portal(globex: Tenant, acme: Tenant, alice: User) -> Client:
    client = cast.publish(globex, name="Report portal")
    cast.connect(client, acme, by=alice)
    return client


def test_the_owner_sees_numbers_and_nothing_that_another_tenant_wrote(
    browser: Browse, mallory: User, portal: Client, acme: Tenant
):
    problem = cast.problem(
        portal, "https://secret.acme.example/cb", tenant=acme, address="198.51.100.7", agent="Acme browser"
    )
    window = browser(mallory)
    page = text(window.get(page_of(portal)))

    assert "In other tenants" in page
    assert "1 tenant" in page
    for secret in ("secret.acme.example", "198.51.100.7", "Acme browser", "Acme AB"):
        assert secret not in page
    for act in ("add", "ignore"):
        assert window.post(f"{page_of(portal)}/{problem.pk}/{act}").status_code == 404
    assert urls(portal) == ["https://studio.globex.example/callback"]


def test_a_consumer_sees_its_own(browser: Browse, alice: User, portal: Client, acme: Tenant, globex: Tenant):
    problem = cast.problem(portal, "https://studio.globex.example/callback/", tenant=acme)
    hidden = cast.problem(portal, "https://secret.globex.example/", tenant=globex, address="198.51.100.7")
    with scope(tenant=acme):
        connection = portal.connections.get(tenant=acme)
    address = f"/console/oauth/connections/{connection.pk}/problems"
    window = browser(alice)
    page = text(window.get(address))

    assert "The path ends with a slash." in page
    assert "/add" not in page
    assert "secret.globex.example" not in page
    assert "198.51.100.7" not in page
    assert f'href="{address}"' in text(window.get(address.removesuffix("/problems")))
    assert window.post(f"{address}/{hidden.pk}/ignore").status_code == 404
    assert window.post(f"{address}/{problem.pk}/ignore").status_code == 303
    assert "No open problems" in text(window.get(address))
    assert ClientProblem._base_manager.get(pk=hidden.pk).ignored_at is None


def test_a_problem_of_another_client_is_not_found(browser: Browse, alice: User, client: Client, acme: Tenant):
    other, _ = cast.register(acme, name="Other")
    problem = cast.problem(other)
    for act in ("add", "ignore"):
        assert browser(alice).post(f"{page_of(client)}/{problem.pk}/{act}").status_code == 404


# --- Adding ---------------------------------------------------------------------------------------------------------


def add(window: Browser, client: Client, problem: ClientProblem, **sent: Any) -> Any:
    return window.post(f"{page_of(client)}/{problem.pk}/add", sent, follow=True)


def test_adding_shows_who_asked_and_then_registers_it(browser: Browse, alice: User, client: Client):
    problem, window = cast.problem(client), browser(alice)
    shown = text(window.get(f"{page_of(client)}/{problem.pk}/add"))
    assert "203.0.113.9" in shown
    assert "The path ends with a slash." in shown
    assert "is new to this client" not in shown
    assert "Nobody who asked for it was signed in" not in shown
    assert urls(client) == [cast.REDIRECT_URL]

    assert "The redirect URL has been added." in text(add(window, client, problem))
    assert urls(client) == [cast.REDIRECT_URL, WRONG]
    assert "is registered already" in text(add(window, client, problem))
    with scope(tenant=client.tenant):
        [event] = Event.objects.filter(action=Action.CLIENT_UPDATED)
    assert event.actor_id == str(alice.pk)


@pytest.mark.parametrize(
    ("asked", "more", "warning"),
    [
        ("https://evil.example/cb", {}, "<bdi>evil.example</bdi> is new to this client"),
        ("http://localhost:3000/cb", {}, "Any program on a person’s device"),
        (WRONG, {"signed_in": False}, "Nobody who asked for it was signed in"),
    ],
)
def test_what_speaks_against_it_is_said(browser, alice, client, asked, more, warning):
    problem = cast.problem(client, asked, **more)
    for headers in ({}, DIALOG):
        shown = text(browser(alice).get(f"{page_of(client)}/{problem.pk}/add", headers=headers))
        assert warning in shown
        assert "button--danger" in shown


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("http://app.example.com/callback", "Only localhost may use http://."),
        ("https://app.example.com/callback#x", "Remove the part from #"),
        ("x", "must begin with https://"),
    ],
)
def test_the_rules_of_the_form_count(browser, alice, client, asked, why):
    problem = cast.problem(client, asked)
    answer = browser(alice).post(f"{page_of(client)}/{problem.pk}/add")
    assert answer.status_code == 422
    assert why in text(answer)
    assert urls(client) == [cast.REDIRECT_URL]


def test_five_are_enough(browser: Browse, alice: User, client: Client):
    full = [f"https://app.example.com/{number}" for number in range(5)]
    with scope(tenant=client.tenant):
        client.edit(by=cast.OPERATOR, redirect_uris=full)
    problem = cast.problem(client)
    answer = browser(alice).post(f"{page_of(client)}/{problem.pk}/add")
    assert answer.status_code == 422
    assert urls(client) == full


def test_other_tenants_must_approve_a_new_host(
    browser: Browse, mallory: User, portal: Client, globex: Tenant
):
    window = browser(mallory)
    problem = cast.problem(portal, "https://new.globex.example/cb")
    assert "Other tenants use this client" in text(window.get(f"{page_of(portal)}/{problem.pk}/add"))
    assert "until it accepts the new version: Acme AB" in text(add(window, portal, problem))
    with scope(tenant=globex):
        assert Client.objects.get(pk=portal.pk).version == 2


def test_only_a_redirect_url_can_be_added(browser: Browse, alice: User, client: Client):
    for problem in (cast.problem(client, "", "unknown_secret"), cast.problem(client, "x", "scopes_left_out")):
        assert browser(alice).post(f"{page_of(client)}/{problem.pk}/add").status_code == 404


# --- Ignoring -------------------------------------------------------------------------------------------------------


def test_ignoring_and_taking_it_back(browser: Browse, alice: User, client: Client):
    problem, window = cast.problem(client), browser(alice)
    address = f"{page_of(client)}/{problem.pk}/ignore"
    page = text(window.post(address, {"act": "ignore"}, follow=True))
    assert "No open problems" in page
    assert "Show ignored (1)" in page
    cast.problem(client)  # still ignored when it happens again
    assert "No open problems" in text(window.get(page_of(client)))
    ignored = text(window.get(f"{page_of(client)}?show=ignored"))
    assert "The path ends with a slash." in ignored
    assert "Stop ignoring" in ignored

    page = text(window.post(address, {"act": "reopen"}, follow=True))
    assert "The path ends with a slash." in page
    log = text(window.get("/console/events"))
    assert re.search(r"alice@acme.example</b> ignored a problem of <b[^>]*>Web app", log)
    assert re.search(r"alice@acme.example</b> stopped ignoring a problem of <b[^>]*>Web app", log)
    assert WRONG in log
    assert "The redirect URL is not one of the client’s" in log
