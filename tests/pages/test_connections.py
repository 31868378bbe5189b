"""The consent method, and everything else about a connection to another tenant's client (S9, S10, Q2, N5, N9)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import (
    Action,
    Actor,
    Client,
    Connection,
    Consent,
    Event,
    Tenant,
    TokenFamily,
    User,
    approval,
)
from console.pages import connection_versions
from tests import cast
from tests.oauth.driver import hidden_fields

DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]


@pytest.fixture
def client(web_client: tuple[Client, str]) -> Client:
    return web_client[0]


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def address(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/consent-method"


def method_in(tenant: Tenant) -> str:
    with scope(tenant=tenant):
        return Connection.objects.get().consent_method


def test_it_shows_the_choice_in_force_and_what_each_means(browser: Browse, alice: User, client: Client):
    page = text(browser(alice).get(address(client)))

    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["required"]
    assert "asked again when the client wants a new scope" in page
    assert "Users are never asked" in page
    assert "machine-to-machine" not in page


def test_it_warns_that_machines_need_trust(browser: Browse, alice: User, machine_client: tuple[Client, str]):
    page = text(browser(alice).get(address(machine_client[0])))

    assert "machine-to-machine, which works with “Trusted” only" in page


def test_the_change_is_made_told_and_logged(browser: Browse, alice: User, acme: Tenant, client: Client):
    admin = browser(alice)

    answer = admin.post(address(client), {"consent_method": "trusted"})

    assert (answer.status_code, answer["Location"]) == (303, "/console/oauth")
    assert "The consent method of “Web app” is now “Trusted”." in text(admin.get("/console/oauth"))
    assert method_in(acme) == "trusted"
    with scope(tenant=acme):
        event = Event.objects.get(action=Action.CONNECTION_UPDATED)
        assert (event.actor_name, event.changes) == (alice.email, {"consent_method": ["required", "trusted"]})


def test_in_the_dialog_it_is_a_fragment_and_leads_to_the_list(browser: Browse, alice: User, client: Client):
    admin = browser(alice)

    assert "<html" not in text(admin.get(address(client), headers=DIALOG))
    answer = admin.post(address(client), {"consent_method": "trusted"}, headers=DIALOG)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/console/oauth")


@pytest.mark.parametrize(
    "form", [{}, {"consent_method": ""}, {"consent_method": "never"}, {"consent_method": "\0"}]
)
def test_anything_else_is_refused(
    browser: Browse, alice: User, acme: Tenant, client: Client, form: dict[str, str]
):
    answer = browser(alice).post(address(client), form)

    assert answer.status_code == 422
    assert 'id="id_consent_method_error"' in text(answer)
    assert method_in(acme) == "required"


@pytest.mark.parametrize("person", ["bob", "carol"])
def test_only_administrators_change_it(request, browser: Browse, acme: Tenant, client: Client, person: str):
    somebody = browser(request.getfixturevalue(person))

    assert somebody.get(address(client)).status_code == 403
    assert somebody.post(address(client), {"consent_method": "trusted"}).status_code == 403
    assert method_in(acme) == "required"


def test_foreign_deleted_and_strange_clients_are_not_found(
    browser: Browse, alice: User, mallory: User, acme: Tenant, client: Client
):
    assert browser(mallory).get(address(client)).status_code == 404
    assert browser(mallory).post(address(client), {"consent_method": "trusted"}).status_code == 404
    assert browser(alice).get("/console/oauth/%00/consent-method").status_code == 404
    with scope(tenant=acme):
        client.remove(by=Actor.operator())
    assert browser(alice).get(address(client)).status_code == 404


def test_a_form_of_another_site_changes_nothing(browser: Browse, alice: User, acme: Tenant, client: Client):
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True

    assert admin.post(address(client), {"consent_method": "trusted"}).status_code == 403
    assert method_in(acme) == "required"


# --- A client of another tenant: its page, and what may be changed -------------------------------------------------

SCOPES = ["openid", "profile", "email", "offline_access", "apps:read", "apps:export"]
HOME = "https://portal.globex.example"


def publish(owner: Tenant, **fields: Any) -> Client:
    usual: dict[str, Any] = {
        "name": "Report portal",
        "homepage_url": f"{HOME}/about",
        "redirect_uris": [f"{HOME}/callback"],
        "allowed_scopes": SCOPES,
    }
    client, _secret = cast.register(owner, **usual | fields)
    with scope(tenant=owner):
        client.publish(by=Actor.operator())
    return client


def connect(person: User, client: Client, **fields: Any) -> Connection:
    usual: dict[str, Any] = {"by": Actor(user=person), "consent_method": "required"}
    with scope(tenant=person.tenant):
        return approval.approve(person.tenant, client, **usual | fields).connection


def family(person: User, client: Client, **fields: Any) -> TokenFamily:
    now = timezone.now()
    usual = {"access_expires_at": now + timedelta(minutes=30), "expires_at": now + timedelta(days=9)}
    with scope(tenant=person.tenant):
        return TokenFamily.objects.create(
            tenant=person.tenant,
            user=person,
            client=client,
            grant_type="authorization_code",
            scope="openid",
            **usual | fields,
        )


@pytest.fixture
def portal(globex: Tenant) -> Client:
    return publish(globex)


@pytest.fixture
def connection(alice: User, portal: Client) -> Connection:
    return connect(alice, portal)


def at(connection: Connection, rest: str = "") -> str:
    return f"/console/oauth/connections/{connection.pk}{rest}"


def stored(connection: Connection) -> Connection:
    with scope(tenant=connection.tenant):
        return Connection.objects.get(pk=connection.pk)


def seal_of(page: Any) -> dict[str, str]:
    return hidden_fields(page, of="shown")


def widen(client: Client, **fields: Any) -> None:
    usual = {
        "allowed_scopes": [*SCOPES, "admin_classic"],
        "redirect_uris": [f"{HOME}/callback", "https://apps.globex.example/callback"],
    }
    with scope(tenant=client.tenant):
        Client.objects.get(pk=client.pk).edit(by=Actor.operator(), **usual | fields)


def test_it_says_whose_the_client_is_and_what_was_approved(browser: Browse, alice: User, portal: Client):
    until = timezone.now() + timedelta(days=30)
    reduced = connect(alice, portal, allowed=["openid", "profile", "apps:export"], expires_at=until)
    family(alice, portal)

    page = text(browser(alice).get(at(reduced)))

    for words in ("Globex", f"{HOME}/about", "Same host as redirect URLs", "portal.globex.example",
                  "by <bdi>Alice</bdi>", "1 person, 1 active session", portal.client_id, "Approved until"):  # fmt: skip
        assert words in page
    scopes = text(browser(alice).get(at(reduced, "/allowed")))
    kept, _heading, off = scopes.partition("not allowed here now")
    assert "Export your apps" in kept
    assert "See your email address" in off
    assert "See your email address" not in kept
    assert "Broad access" in kept


def test_it_shows_no_secret_and_offers_nothing_that_is_the_owners(
    browser: Browse, alice: User, connection: Connection
):
    page = text(browser(alice).get(at(connection)))
    client_id = connection.client.client_id

    assert re.findall(rf"{client_id}/(\w[\w-]*)", page) == []
    assert "/callback" not in page
    assert sorted(set(re.findall(rf'href="{at(connection)}/([\w-]+)"', page))) == [
        "activity", "allowed", "block", "consent-method", "grants", "menu", "problems", "remove",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rest", ["edit", "secrets", "disable", "enable", "publish", "unpublish", "try", "grants"]
)
def test_tn04_a_borrowed_client_has_none_of_the_owners_pages(
    browser: Browse, alice: User, connection: Connection, rest: str
):
    address = f"/console/oauth/{connection.client.client_id}/{rest}"

    assert browser(alice).get(address).status_code == 404
    only_reads = rest in {"tenants", "grants", "secrets"}
    assert browser(alice).post(address, {"name": "Mine"}).status_code == (405 if only_reads else 404)


def test_a_homepage_elsewhere_is_not_proven(browser: Browse, alice: User, globex: Tenant):
    other = connect(alice, publish(globex, homepage_url="https://bank.example"))

    assert "Unverified" in text(browser(alice).get(at(other)))


def test_one_address_there_among_others_proves_no_homepage(browser: Browse, alice: User, globex: Tenant):
    """Anybody can register an address of a bank, and have the codes sent to another one."""
    addresses = ["https://bank.example/callback", "https://elsewhere.example/callback"]
    imitation = connect(alice, publish(globex, homepage_url="https://bank.example/", redirect_uris=addresses))
    genuine = connect(
        alice, publish(globex, homepage_url="https://bank.example/", redirect_uris=addresses[:1])
    )

    assert "Unverified" in text(browser(alice).get(at(imitation)))
    assert "Same host as redirect URLs" in text(browser(alice).get(at(genuine)))


def standing_of(connection: Connection, act: str) -> None:
    with scope(tenant=connection.tenant):
        if act == "blocked":
            stored(connection).block(by=Actor.operator())
        elif act == "expired":
            Connection.objects.filter(pk=connection.pk).update(expires_at=timezone.now())
    with scope(tenant=connection.client.tenant):
        client = Client.objects.get(pk=connection.client_id)
        if act == "disabled":
            client.disable(by=Actor.operator())
        elif act in {"unpublished", "published again"}:
            client.unpublish(by=Actor.operator(), connected_stay=False)
            if act == "published again":
                client.publish(by=Actor.operator())
        elif act == "deleted":
            client.remove(by=Actor.operator())


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("blocked", "Blocked in this tenant"),
        ("expired", "The approval ended on"),
        ("disabled", "Disabled by its publisher"),
        ("unpublished", "No longer published"),
        ("deleted", "Deleted by its publisher"),
    ],
)
def test_what_became_of_it_is_said(
    browser: Browse, alice: User, connection: Connection, act: str, words: str
):
    assert words not in text(browser(alice).get(at(connection)))
    standing_of(connection, act)

    page = browser(alice).get(at(connection))

    assert page.status_code == 200
    assert words in text(page)
    assert f'href="{at(connection)}/remove"' in text(page)


ADDRESSES = ["", "/version", "/scopes", "/block", "/unblock", "/remove", "/consent-method", "/grants"]
ONLY_READ = {"", "/grants"}  # nothing can be sent there


@pytest.mark.parametrize("rest", ADDRESSES)
def test_tn01_only_this_tenants_connections_to_others_are_there(
    browser: Browse, alice: User, mallory: User, connection: Connection, client: Client, rest: str
):
    with scope(tenant=alice.tenant):
        own = Connection.objects.get(client=client)
    with scope(tenant=mallory.tenant):
        owners = Connection.objects.get(client=connection.client)
    number = at(connection, rest).replace(str(connection.pk), "{}")
    posted = 405 if rest in ONLY_READ else 404

    for person, numbers in ((alice, (own.pk, owners.pk)), (mallory, (connection.pk, owners.pk))):
        unknown = browser(person).get(number.format(10**12))
        assert unknown.status_code == 404
        for pk in numbers:
            assert browser(person).get(number.format(pk)).content == unknown.content
            assert browser(person).post(number.format(pk), {}).status_code == posted
    assert browser(alice).get(number.format(10**30)).status_code == 404


@pytest.mark.parametrize("rest", ADDRESSES)
def test_auditors_read_and_users_see_nothing(
    browser: Browse, stranger: Any, bob: User, carol: User, connection: Connection, rest: str
):
    reads = rest in {"", "/version", "/grants"}

    assert browser(carol).get(at(connection, rest)).status_code == (200 if reads else 403)
    assert browser(carol).post(at(connection, rest), {}).status_code == (405 if rest in ONLY_READ else 403)
    assert browser(bob).get(at(connection, rest)).status_code == 403
    assert browser(bob).post(at(connection, rest), {}).status_code == 403
    assert stranger(bob.tenant).get(at(connection, rest)).status_code == 302
    assert "Remove" not in text(browser(carol).get(at(connection)))


def test_the_consent_method_is_changed_from_its_page(browser: Browse, alice: User, connection: Connection):
    answer = browser(alice).post(at(connection, "/consent-method"), {"consent_method": "trusted"})

    assert (answer.status_code, answer["Location"]) == (303, at(connection))
    assert stored(connection).consent_method == "trusted"
    assert browser(alice).post(at(connection, "/consent-method"), {}).status_code == 422


# --- Scopes ---------------------------------------------------------------------------------------------------------


def change_scopes(admin: Browser, connection: Connection, names: list[str], **fields: Any) -> Any:
    page = admin.get(at(connection, "/scopes"))
    return admin.post(at(connection, "/scopes"), {**seal_of(page), "scopes": names} | fields)


def test_scopes_are_reduced_and_widened_again_up_to_what_was_approved(
    browser: Browse, alice: User, connection: Connection
):
    admin = browser(alice)
    assert change_scopes(admin, connection, ["profile", "apps:read"]).status_code == 303
    assert stored(connection).scopes == ["openid", "profile", "apps:read"]  # who signs in is always known

    page = text(admin.get(at(connection, "/scopes")))
    assert re.findall(r'value="([\w:]+)" checked', page) == ["profile", "apps:read"]
    assert 'value="apps:export"' in page

    change_scopes(admin, connection, ["profile", "email", "admin_classic", "user_default", "\0"])
    assert stored(connection).scopes == ["openid", "profile", "email"]
    with scope(tenant=alice.tenant):
        event = Event.objects.filter(action=Action.CONNECTION_UPDATED).latest("id")
    assert event.changes["scopes"] == [["openid", "profile", "apps:read"], ["openid", "profile", "email"]]
    assert "changed what <b>Report portal</b> may do here" in text(admin.get("/console/events"))


def test_scopes_changed_by_somebody_else_meanwhile_are_shown_and_not_overwritten(
    browser: Browse, alice: User, connection: Connection
):
    admin = browser(alice)
    opened = seal_of(admin.get(at(connection, "/scopes")))
    change_scopes(admin, connection, ["profile"])

    late = admin.post(at(connection, "/scopes"), {**opened, "scopes": ["profile", "email"]})

    assert late.status_code == 422
    assert "Someone has changed this" in text(late)
    assert stored(connection).scopes == ["openid", "profile"]


def test_something_must_remain(browser: Browse, alice: User, globex: Tenant):
    connection = connect(alice, publish(globex, allowed_scopes=["apps:read", "apps:export"]))

    answer = change_scopes(browser(alice), connection, [])

    assert answer.status_code == 422
    assert "at least one thing" in text(answer)
    assert stored(connection).scopes == ["apps:read", "apps:export"]


def test_a_part_that_is_allowed_by_name_is_not_lost(browser: Browse, alice: User, globex: Tenant):
    connection = connect(alice, publish(globex, allowed_scopes=["apps"]), allowed=["apps:read"])

    page = text(browser(alice).get(at(connection, "/scopes")))

    assert re.findall(r'value="([\w:]+)"( checked)?>', page)[-2:] == [("apps", ""), ("apps:read", " checked")]


# --- Versions (N5) ----------------------------------------------------------------------------------------------------


def test_a_new_version_is_read_before_it_is_accepted(browser: Browse, alice: User, connection: Connection):
    admin = browser(alice)
    assert "There is nothing new to review" in text(admin.get(at(connection, "/version")))
    widen(connection.client, homepage_url="")
    assert "Version 2 awaits your approval" in text(admin.get(at(connection)))

    page = admin.get(at(connection, "/version"))

    new, _heading, rest = text(page).partition('id="same"')
    assert "<ins>apps.globex.example</ins>" in new
    assert "Do everything a tenant administrator can do" in new
    assert "Broad access" in new
    assert "Export your apps" in rest
    assert "Export your apps" not in new
    assert stored(connection).version == 1

    answer = admin.post(at(connection, "/version"), seal_of(page))

    assert (answer.status_code, answer["Location"]) == (303, at(connection))
    accepted = stored(connection)
    assert (accepted.version, accepted.scopes) == (2, [*SCOPES, "admin_classic"])
    assert accepted.approved.redirect_hosts == ("apps.globex.example", "portal.globex.example")
    assert "accepted version <b>2</b> of <b>Report portal</b>" in text(admin.get("/console/events"))


def test_the_origins_of_a_version_are_named(browser: Browse, alice: User, globex: Tenant):
    fields = {"type": "spa", "allowed_origins": ["https://old.example", "https://kept.example"]}
    connection = connect(alice, publish(globex, **fields))
    admin = browser(alice)
    assert "https://old.example" in text(admin.get(at(connection)))
    with scope(tenant=globex):
        client = Client.objects.get(pk=connection.client.pk)
        client.edit(by=Actor.operator(), allowed_origins=["https://kept.example", "https://new.example"])

    page = text(admin.get(at(connection, "/version")))

    new, _, rest = page.partition('id="gone"')
    gone, _, same = rest.partition('id="same"')
    assert "Pages of a new origin may fetch its tokens" in new
    assert "<ins>https://new.example</ins>" in new
    assert "<del>https://old.example</del>" in gone
    assert "https://kept.example" in same
    assert "https://new.example" not in text(admin.get(at(connection)))
    admin.cookies[settings.LANGUAGE_COOKIE_NAME] = "sv"
    assert "Sidor från ett nytt ursprung får hämta dess token" in text(admin.get(at(connection, "/version")))


def test_what_changes_while_it_is_read_is_read_again(browser: Browse, alice: User, connection: Connection):
    admin = browser(alice)
    widen(connection.client)
    opened = seal_of(admin.get(at(connection, "/version")))
    widen(connection.client, redirect_uris=["https://evil.example/callback"])

    late = admin.post(at(connection, "/version"), opened)

    assert late.status_code == 422
    assert "Please read it again" in text(late)
    assert "<ins>evil.example</ins>" in text(late)
    assert stored(connection).version == 1
    assert admin.post(at(connection, "/version"), {}).status_code == 422
    assert admin.post(at(connection, "/version"), seal_of(late)).status_code == 303
    assert stored(connection).approved.redirect_hosts == ("evil.example",)


def test_two_administrators_accept_once(browser: Browse, alice: User, connection: Connection):
    widen(connection.client)
    page = seal_of(browser(alice).get(at(connection, "/version")))
    second = browser(cast.join(alice.tenant, "dora", "administrator"))
    browser(alice).post(at(connection, "/version"), page)

    answer = second.post(at(connection, "/version"), page)

    assert answer.status_code == 303
    assert "There is no new version" in text(second.get(answer["Location"]))
    with scope(tenant=alice.tenant):
        assert Event.objects.filter(action=Action.CONNECTION_ACCEPTED).count() == 1


def test_what_was_reduced_stays_reduced_when_a_version_is_accepted(
    browser: Browse, alice: User, portal: Client
):
    connection = connect(alice, portal, allowed=["openid", "profile"])
    widen(portal)
    admin = browser(alice)

    admin.post(at(connection, "/version"), seal_of(admin.get(at(connection, "/version"))))

    assert stored(connection).scopes == ["openid", "profile", "admin_classic"]


def test_another_publisher_and_machine_grants_are_new_things(
    browser: Browse, alice: User, connection: Connection
):
    with scope(tenant=connection.client.tenant):
        Tenant.objects.filter(pk=connection.client.tenant_id).update(name="Initech")
        Connection.objects.update(consent_method="trusted")
    widen(connection.client, grant_types=["client_credentials"])

    page = text(browser(alice).get(at(connection, "/version")))

    assert "<del>Globex</del> → <ins>Initech</ins>" in page
    assert "It also wants to work without a user" in page


def test_an_auditor_reads_a_version_and_cannot_accept_it(
    browser: Browse, carol: User, connection: Connection
):
    widen(connection.client)
    page = browser(carol).get(at(connection, "/version"))

    assert "A tenant administrator can accept it" in text(page)
    assert "Accept version" not in text(page)


# --- Ending -----------------------------------------------------------------------------------------------------------


def allow(person: User, client: Client) -> Consent:
    with scope(tenant=person.tenant):
        return Consent.give(
            person, client, ["openid"], redirect_host="portal.globex.example", shown={}, by=Actor(user=person)
        )


def test_blocking_says_what_it_touches_ends_everything_here_and_gives_a_receipt(
    browser: Browse, alice: User, bob: User, gustav: User, connection: Connection
):
    admin = browser(alice)
    here, there = family(bob, connection.client), family(gustav, connection.client)
    allow(bob, connection.client)

    asked = text(admin.get(at(connection, "/block")))
    assert "1 person" in asked
    assert stored(connection).status == "approved"
    receipt = admin.post(at(connection, "/block"))

    assert receipt.status_code == 200
    assert "1 session has ended" in text(receipt)
    assert "may accept tokens already issued until then" in text(receipt)
    assert f'href="{at(connection)}"' in text(receipt)
    assert stored(connection).status == "blocked"
    for one in (here, there):
        one.refresh_from_db()
    assert (here.ended_at is not None, there.ended_at) == (True, None)
    with scope(tenant=alice.tenant):
        assert Consent.objects.exists()
    again = admin.post(at(connection, "/block"))
    assert (again.status_code, again["Location"]) == (303, at(connection))
    with scope(tenant=alice.tenant):
        assert Event.objects.filter(action=Action.CONNECTION_BLOCKED).count() == 1


def test_each_side_of_the_log_sees_only_its_own(
    browser: Browse, alice: User, mallory: User, connection: Connection
):
    admin = browser(alice)
    change_scopes(admin, connection, ["profile"])
    admin.post(at(connection, "/block"))
    admin.post(at(connection, "/unblock"))
    admin.post(at(connection, "/remove"))
    standing_of(connection, "disabled")

    ours, theirs = text(admin.get("/console/events")), text(browser(mallory).get("/console/events"))

    for words in ("blocked <b>Report portal</b> in this tenant", "unblocked <b>Report portal</b>",
                  "removed <b>Report portal</b> from this tenant", "published by <b>Globex</b>"):  # fmt: skip
        assert f"<b>{alice.email}</b> " in ours
        assert words in ours
    for words in ("<b>Acme AB</b> approved version <b>1</b> of <b>Report portal</b>",
                  "<b>Acme AB</b> changed what <b>Report portal</b> may do there.",
                  "<b>Acme AB</b> blocked <b>Report portal</b>.",
                  "<b>Acme AB</b> unblocked <b>Report portal</b>.",
                  "<b>Acme AB</b> disconnected from <b>Report portal</b>"):  # fmt: skip
        assert words in theirs
    assert alice.email not in theirs
    assert "127.0.0.1" not in re.sub(r"(?s)<li[^>]*>(?:(?!</li>).)*signed in(?:(?!</li>).)*</li>", "", theirs)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("disabled", "<b>Globex</b> disabled <b>Report portal</b>."),
        ("unpublished", "<b>Globex</b> unpublished <b>Report portal</b>; this tenant can no longer use it."),
        ("published again", "<b>Globex</b> published <b>Report portal</b>."),
        ("deleted", "<b>Globex</b> deleted <b>Report portal</b>."),
        ("widened", "<b>Globex</b> offers version <b>2</b> of <b>Report portal</b>. An administrator"),
    ],
)
def test_the_log_tells_what_the_publisher_did(
    browser: Browse, alice: User, mallory: User, connection: Connection, act: str, sentence: str
):
    if act == "widened":
        widen(connection.client)
    else:
        standing_of(connection, act)

    page = text(browser(alice).get("/console/events"))

    assert sentence in page
    assert mallory.email not in page


def test_unblocking_lets_it_in_again(browser: Browse, alice: User, bob: User, connection: Connection):
    admin = browser(alice)
    allow(bob, connection.client)
    assert admin.get(at(connection, "/unblock")).status_code == 303  # there is nothing to unblock
    admin.post(at(connection, "/block"))

    assert "The consent that 1 person gave applies again" in text(admin.get(at(connection, "/unblock")))
    answer = admin.post(at(connection, "/unblock"))

    assert (answer.status_code, answer["Location"]) == (303, at(connection))
    assert stored(connection).status == "approved"


def test_removing_forgets_everything_of_this_tenant(
    browser: Browse, alice: User, bob: User, connection: Connection
):
    admin = browser(alice)
    allow(bob, connection.client)
    family(bob, connection.client)

    assert "The consent that 1 person gave is removed" in text(admin.get(at(connection, "/remove")))
    receipt = admin.post(at(connection, "/remove"), headers=DIALOG)

    assert "<html" not in text(receipt)
    assert "1 session has ended" in text(receipt)
    assert 'href="/console/oauth"' in text(receipt)
    with scope(tenant=alice.tenant):
        assert not Connection.objects.filter(pk=connection.pk).exists()
        assert not Consent.objects.exists()
    for rest in ADDRESSES:
        assert admin.get(at(connection, rest)).status_code == 404


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "Bank\N{RIGHT-TO-LEFT OVERRIDE}gnp", "{{ x }}%(name)s"]
)
def test_tn10_a_name_of_another_tenant_is_text(browser: Browse, alice: User, globex: Tenant, name: str):
    texts = {"name": name, "description": name, "homepage_url": f"https://x.example/{name}"}
    hostile = cast.registered_earlier(publish(globex), **texts)
    connection = connect(alice, hostile)
    widen(hostile, name="Plain", description="", homepage_url="")
    cast.registered_earlier(hostile, **texts)

    for rest in ADDRESSES[:6]:
        page = text(browser(alice).get(at(connection, rest), follow=True))
        assert "<script>alert" not in page
        assert "<bdi>" in page


def test_a_form_of_another_site_ends_nothing(browser: Browse, alice: User, connection: Connection):
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True

    for rest in ("/block", "/remove", "/version", "/scopes"):
        assert admin.post(at(connection, rest)).status_code == 403
    assert stored(connection).status == "approved"


# --- Removed meanwhile ------------------------------------------------------------------------------------------------


@pytest.fixture
def removed_before(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`removed_before("block")`: another administrator removes the connection just before that verb runs."""
    remove = Connection.remove

    def arrange(verb: str) -> None:
        place: Any = connection_versions if verb == "accept_version" else Connection
        act = getattr(place, verb)

        def late(connection: Connection, *args: Any, **kwargs: Any) -> Any:
            remove(
                Connection.objects.select_related("client__tenant").get(pk=connection.pk), by=Actor.operator()
            )
            return act(connection, *args, **kwargs)

        monkeypatch.setattr(place, verb, late)

    return arrange


def test_a_consent_method_that_comes_after_the_removal_is_not_said_to_be_saved(
    browser: Browse, alice: User, connection: Connection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.pages.consent_methods.foreign_connection", lambda _number: connection)
    with scope(tenant=alice.tenant):
        Connection.objects.get(pk=connection.pk).remove(by=Actor.operator())

    admin = browser(alice)
    answer = admin.post(at(connection, "/consent-method"), {"consent_method": "trusted"})

    assert (answer.status_code, answer["Location"]) == (303, "/console/oauth")
    assert "Nothing was changed" in text(admin.get("/console/oauth"))


@pytest.mark.parametrize(
    ("verb", "path", "sent"),
    [
        ("reduce_scopes", "/scopes", {"scopes": ["openid", "apps:read"]}),
        ("block", "/block", {}),
        ("unblock", "/unblock", {}),
        ("accept_version", "/version", {}),
    ],
)
def test_a_change_that_comes_after_the_removal_is_not_said_to_be_saved(
    browser: Browse,
    alice: User,
    connection: Connection,
    removed_before: Callable[[str], None],
    verb: str,
    path: str,
    sent: dict[str, Any],
):
    admin = browser(alice)
    if verb == "unblock":
        with scope(tenant=alice.tenant):
            connection.block(by=Actor.operator())
    if verb == "accept_version":
        widen(connection.client)
    page = admin.get(at(connection, path))
    seal = seal_of(page) if b'name="shown"' in page.content else {}
    removed_before(verb)

    answer = admin.post(at(connection, path), seal | sent)

    assert (answer.status_code, answer["Location"]) == (303, "/console/oauth")
    console = text(admin.get("/console/oauth"))
    assert "Someone else has removed this connection. Nothing was changed." in console
    for said in ("is now", "has been saved", "is blocked", "no longer blocked", "has been accepted"):
        assert said not in console
    assert admin.post(at(connection, path), seal | sent).status_code == 404
    with scope(tenant=alice.tenant):
        newest = Event.objects.filter(action__startswith="connection.").order_by("-id").first()
        assert newest.action == Action.CONNECTION_REMOVED


@pytest.mark.parametrize("place", ["page", "list"])
def test_the_second_to_remove_is_told_that_it_was_done(
    browser: Browse, alice: User, connection: Connection, removed_before: Callable[[str], None], place: str
):
    admin = browser(alice)
    removed_before("remove")

    if place == "page":
        answer = admin.post(at(connection, "/remove"))
    else:
        answer = admin.post("/console/oauth/delete", {"client": connection.client.client_id})

    assert "This was already done" in text(answer)
    with scope(tenant=alice.tenant):
        assert Event.objects.filter(action=Action.CONNECTION_REMOVED).count() == 1
