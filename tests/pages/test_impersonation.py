"""A client that can act as any of the tenant's people is let in by name, and by a tick of its own (Q2, S9, N5)."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Client, Connection, ConnectionRequest, Event, Tenant, User, approval
from console.pages.connection_lookup import foreign_connection
from tests import cast
from tests.oauth.driver import Application, hidden_fields

pytestmark = pytest.mark.django_db
GRANT = "urn:qlik:oauth:user-impersonation"
ACTS = "act as any user in this tenant, administrators included"
BOX = re.compile(r'<input type="checkbox" name="impersonation"[^>]*>')
PROBLEM = "Select this box to let it act as any user in this tenant"
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return " ".join(html.unescape(page.content.decode()).split())


def error(page: Any) -> str:
    """The sentence beside the box."""
    found = re.search(r'id="id_impersonation_error">(.*?)</p>', text(page), re.DOTALL)
    return found[1] if found else ""


def foreign(globex: Tenant, **fields: Any) -> tuple[Client, str]:
    client, secret = cast.register(
        globex, name="Their robot", allowed_scopes=["openid", "admin_classic"], **{"grant_types": [GRANT]} | fields
    )  # fmt: skip
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return client, secret


@pytest.fixture
def robot(globex: Tenant) -> Client:
    return foreign(globex)[0]


@pytest.fixture
def wish(bob: User, alice: User, robot: Client) -> ConnectionRequest:
    return cast.ask(bob, robot)


def connection(tenant: Tenant) -> Connection | None:
    with scope(tenant=tenant):
        found: Connection | None = Connection.objects.exclude(client__tenant=tenant).first()
        return found


def owner_edits(client: Client, **fields: Any) -> None:
    with scope(tenant=client.tenant):
        Client.objects.get(pk=client.pk).edit(by=Actor.operator(), **fields)


# --- Approving ----------------------------------------------------------------------------------------------------


def approve_request(admin: Browser, wish: ConnectionRequest, **fields: Any) -> Any:
    address = f"/console/requests/{wish.pk}/approve"
    usual = {"decision": "approve", "consent_method": "trusted", "scopes": ["admin_classic"]}
    return admin.post(address, {**hidden_fields(admin.get(address), of="shown"), **usual, **fields})


def test_the_page_of_a_request_says_so_in_its_own_words(
    browser: Browse, alice: User, wish: ConnectionRequest
):
    admin = browser(alice)
    page = text(admin.get(f"/console/requests/{wish.pk}/approve"))

    assert ACTS in page
    assert BOX.findall(page)
    assert "checked" not in BOX.findall(page)[0]
    assert "work without a user" not in page
    assert "Wants to act as your users" in text(admin.get("/console/requests"))


@pytest.mark.parametrize("method", ["trusted", "required"])
def test_a_request_is_not_approved_without_the_tick_and_nothing_entered_is_lost(
    method: str, browser: Browse, alice: User, acme: Tenant, wish: ConnectionRequest
):
    page = approve_request(browser(alice), wish, consent_method=method, until="2999-01-02", scopes=["openid"])

    assert page.status_code == 422
    assert PROBLEM in error(page)
    assert 'value="2999-01-02"' in text(page)
    assert re.search(rf'value="{method}" checked', text(page))
    assert not re.search(r'value="admin_classic" checked', text(page))
    assert connection(acme) is None


def test_with_the_tick_it_is_and_the_log_says_for_what(
    browser: Browse, alice: User, acme: Tenant, wish: ConnectionRequest
):
    assert approve_request(browser(alice), wish, impersonation="on").status_code == 303

    assert connection(acme) is not None
    with scope(tenant=acme):
        assert Event.objects.get(action="connection.approved").details["grants"] == [GRANT]
    assert "User impersonation" in text(browser(alice).get("/console/events"))


def test_the_tick_is_kept_when_something_else_is_wrong(browser: Browse, alice: User, wish: ConnectionRequest):
    page = approve_request(browser(alice), wish, impersonation="on", until="2020-01-01")

    assert page.status_code == 422
    assert "checked" in BOX.findall(text(page))[0]
    assert error(page) == ""
    assert "Choose a day after today" in text(page)


def test_inside_a_sign_in_it_is_the_same(browser: Browse, alice: User, acme: Tenant, globex: Tenant):
    admin, app = browser(alice), Application(*foreign(globex), tenant=acme)
    asked = app.authorize(admin, scope="openid")
    assert ACTS in text(asked)

    refused = app.approve(admin, asked, consent_method="trusted", until="2999-01-02")
    assert refused.status_code == 422
    assert PROBLEM in error(refused)
    assert 'value="2999-01-02"' in text(refused)
    assert connection(acme) is None

    assert app.approve(admin, refused, consent_method="trusted", impersonation="on").status_code == 303
    assert connection(acme) is not None


def test_a_machine_that_acts_as_nobody_keeps_its_own_words_and_needs_no_tick(
    browser: Browse, alice: User, bob: User, acme: Tenant, globex: Tenant
):
    machine, _ = foreign(globex, grant_types=["client_credentials"])
    wish, admin = cast.ask(bob, machine), browser(alice)
    page = text(admin.get(f"/console/requests/{wish.pk}/approve"))

    assert "It also wants to work without a user (machine-to-machine)" in page
    assert "act as any" not in page
    assert not BOX.findall(page)
    assert approve_request(admin, wish).status_code == 303
    assert connection(acme) is not None


def test_those_who_are_told_by_mail_read_it_there(
    browser: Browse, alice: User, bob: User, acme: Tenant, globex: Tenant, mailoutbox: list[Any]
):
    here, app = browser(bob), Application(*foreign(globex), tenant=acme)
    app.ask(here, app.authorize(here, scope="openid"))

    [mail] = mailoutbox
    assert "it can act as any user at Acme AB, administrators included, without asking them" in mail.body


# --- A new version ------------------------------------------------------------------------------------------------


def test_a_version_that_adds_it_needs_the_tick(browser: Browse, alice: User, acme: Tenant, globex: Tenant):
    client = cast.publish(globex, grant_types=["client_credentials"])
    held, admin = cast.connect(client, acme, by=alice, consent_method="trusted"), browser(alice)
    owner_edits(client, grant_types=["client_credentials", GRANT])
    address = f"/console/oauth/connections/{held.pk}/version"
    page = admin.get(address)
    assert "It also wants to act as any of your users" in text(page)
    assert ACTS in text(page)
    assert "It also wants to work without a user" not in text(page)  # it has been approved for that

    refused = admin.post(address, hidden_fields(page, of="shown"))
    assert refused.status_code == 422
    assert PROBLEM in error(refused)
    assert GRANT not in connection(acme).machine_grants  # type: ignore[union-attr]

    assert (
        admin.post(address, hidden_fields(refused, of="shown") | {"impersonation": "on"}).status_code == 303
    )
    assert GRANT in connection(acme).machine_grants  # type: ignore[union-attr]


def test_a_version_that_adds_something_else_needs_none(
    browser: Browse, alice: User, acme: Tenant, robot: Client
):
    held, admin = cast.connect(robot, acme, by=alice), browser(alice)
    with scope(tenant=robot.tenant):
        Connection.objects.update(consent_method="trusted")
    owner_edits(robot, allowed_scopes=["openid", "profile"], grant_types=[GRANT, "client_credentials"])
    address = f"/console/oauth/connections/{held.pk}/version"
    page = admin.get(address)
    assert "It also wants to work without a user" in text(page)
    assert not BOX.findall(text(page))

    assert admin.post(address, hidden_fields(page, of="shown")).status_code == 303


def test_what_is_gone_is_told_apart(browser: Browse, alice: User, acme: Tenant, globex: Tenant):
    client = cast.publish(globex, grant_types=["client_credentials", GRANT])
    held = cast.connect(client, acme, by=alice)
    owner_edits(client, grant_types=["client_credentials"])

    page = text(browser(alice).get(f"/console/oauth/connections/{held.pk}/version"))
    assert "It no longer acts as your users." in page
    assert "It no longer works without a user." not in page


# --- Trusting -----------------------------------------------------------------------------------------------------


def trust(admin: Browser, held: Connection, **fields: str) -> Any:
    return admin.post(
        f"/console/oauth/connections/{held.pk}/consent-method", {"consent_method": "trusted", **fields}
    )


def test_trusting_it_needs_the_tick(browser: Browse, alice: User, acme: Tenant, robot: Client):
    held, admin = cast.connect(robot, acme, by=alice), browser(alice)
    page = text(admin.get(f"/console/oauth/connections/{held.pk}/consent-method"))
    assert "With “Trusted” it can act as any of your users" in page
    assert "machine-to-machine" not in page

    refused = trust(admin, held)
    assert refused.status_code == 422
    assert PROBLEM in error(refused)
    assert re.search(r'value="trusted"[^>]* checked', text(refused))
    assert connection(acme).consent_method == "required"  # type: ignore[union-attr]

    assert trust(admin, held, impersonation="on").status_code == 303
    assert connection(acme).consent_method == "trusted"  # type: ignore[union-attr]
    assert trust(admin, held).status_code == 303  # it is trusted already: nothing begins


def test_what_its_publisher_has_taken_away_may_come_back_and_needs_the_tick_too(
    browser: Browse, alice: User, acme: Tenant, robot: Client
):
    held = cast.connect(robot, acme, by=alice)
    owner_edits(robot, grant_types=[])

    assert trust(browser(alice), held).status_code == 422


def test_what_another_administrator_accepts_meanwhile_counts(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
):
    """The page was read before the version was accepted; the answer is judged by what is stored when it is saved."""
    client = cast.publish(globex)
    held = cast.connect(client, acme, by=alice)
    with scope(tenant=acme):
        read = foreign_connection(held.pk)
    owner_edits(client, grant_types=[GRANT])
    with scope(tenant=acme):
        again = foreign_connection(held.pk)
        approval.accept_version(again, by=Actor.operator(), terms=again.client.terms)
    monkeypatch.setattr("console.pages.consent_methods.foreign_connection", lambda _id: read)

    assert trust(browser(alice), held).status_code == 422
    assert connection(acme).consent_method == "required"  # type: ignore[union-attr]


def test_what_was_not_accepted_yet_does_not_count(browser: Browse, alice: User, acme: Tenant, globex: Tenant):
    client = cast.publish(globex)
    held = cast.connect(client, acme, by=alice)
    owner_edits(client, grant_types=[GRANT])

    assert trust(browser(alice), held).status_code == 303
    assert GRANT not in connection(acme).machine_grants  # type: ignore[union-attr]


def test_required_needs_none(browser: Browse, alice: User, acme: Tenant, robot: Client):
    held = cast.connect(robot, acme, by=alice, consent_method="trusted")

    assert trust(browser(alice), held, consent_method="required").status_code == 303


def test_of_an_own_client_the_page_warns(browser: Browse, alice: User, acme: Tenant):
    client, _ = cast.register(acme, grant_types=[GRANT])
    admin, address = browser(alice), f"/console/oauth/{client.client_id}/consent-method"
    page = text(admin.get(address))

    assert ACTS in page
    assert not BOX.findall(page)
    assert admin.post(address, {"consent_method": "trusted"}).status_code == 303


# --- Everywhere else ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "badge"), [("trusted", True), ("required", False)])
def test_list_and_details_say_what_it_can_do_now(
    method: str, badge: bool, browser: Browse, alice: User, carol: User, acme: Tenant, robot: Client
):
    held, admin = cast.connect(robot, acme, by=alice, consent_method=method), browser(alice)
    details = text(admin.get(f"/console/oauth/connections/{held.pk}"))

    assert ("Acts as users" in text(admin.get("/console/oauth"))) == badge
    assert ("Can act as your users" in details) == badge
    assert "any user in this tenant, administrators included, without asking them" in details
    assert "Also works without a user" not in details


def test_an_own_one_is_shown_so_too(browser: Browse, alice: User, carol: User, acme: Tenant):
    client, _ = cast.register(acme, grant_types=[GRANT], consent_method="trusted")

    assert "Acts as users" in text(browser(alice).get("/console/oauth"))
    assert ACTS in text(browser(carol).get(f"/console/oauth/{client.client_id}/edit"))
    assert ACTS in text(browser(alice).get("/console/oauth/new?type=web"))
    published = text(browser(alice).get(f"/console/oauth/{client.client_id}/publish"))
    assert "any of their users, administrators included, without asking them" in published


def test_its_owner_reads_what_a_tenant_has_not_accepted(
    browser: Browse, alice: User, mallory: User, acme: Tenant, globex: Tenant
):
    client = cast.publish(globex)
    cast.connect(client, acme, by=alice)
    owner_edits(client, grant_types=[GRANT])

    page = text(browser(mallory).get(f"/console/oauth/{client.client_id}/tenants"))
    assert "acting as any of its users" in page
    assert "work without a user" not in page


def test_the_command_says_so(acme: Tenant, capsys: pytest.CaptureFixture[str]):
    call_command("create_client", "acme", "Robot", "--type", "web", "--grant", GRANT)

    assert "can act as any user of the tenant, administrators included" in capsys.readouterr().out
