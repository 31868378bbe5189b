"""Publishing and unpublishing, who is connected, and what an edit means to them (S6, S7, N5, N7, N9)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, Connection, Event, Tenant, TokenFamily, User, approval
from tests import cast

LIST = "/console/oauth"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\xa0", " "))


def address(client: Client, act: str) -> str:
    return f"{LIST}/{client.client_id}/{act}"


def stored(client: Client) -> Client:
    return Client.with_deleted_anywhere.get(pk=client.pk)


def events(tenant: Tenant, action: Action) -> list[Event]:
    with scope(tenant=tenant):
        return list(Event.objects.filter(action=action))


@pytest.fixture
def client(acme: Tenant, register: Register) -> Client:
    return register(
        acme,
        name="Portal",
        homepage_url="https://app.example.com/about",
        redirect_uris=["https://app.example.com/callback"],
        allowed_scopes=["openid", "profile", "offline_access", "apps:read"],
    )[0]


@pytest.fixture
def published(acme: Tenant, client: Client) -> Client:
    with scope(tenant=acme):
        client.publish(by=Actor.operator())
    return client


@pytest.fixture
def connected(published: Client, globex: Tenant) -> Client:
    """Published by acme; globex is connected to it."""
    connect(globex, published)
    return published


def connect(tenant: Tenant, client: Client, **fields: Any) -> Connection:
    with scope(tenant=tenant):
        usual = {"consent_method": "required"} | fields
        return approval.approve(tenant, stored(client), by=Actor.operator(), **usual).connection


def sign_in_with(client: Client, *users: User, **fields: Any) -> None:
    now = timezone.now()
    usual = {"access_expires_at": now + timedelta(minutes=30), "expires_at": now + timedelta(days=1)}
    for user in users:
        with scope(tenant=user.tenant):
            TokenFamily.objects.create(
                tenant=user.tenant,
                client=client,
                user=user,
                grant_type="authorization_code",
                scope="openid",
                **usual | fields,
            )


# --- Publishing -------------------------------------------------------------------------------------------------


def test_the_dialog_says_what_publishing_means_and_what_others_will_see(
    browser: Browse, alice: User, client: Client
):
    answer = browser(alice).get(address(client, "publish"), headers=DIALOG)
    page = text(answer)

    assert "<html" not in page
    assert "Publish Portal?" in page
    assert "under the same client ID" in page
    assert "its administrator must approve the client" in page
    for seen in ("Portal", "Acme AB", "https://app.example.com/about", "app.example.com", client.client_id):
        assert seen in page
    assert "Same host as redirect URLs" in page
    assert "Stay connected when you’re not using it" in page
    assert "Broad access" in page
    assert "offline_access" not in page
    assert stored(client).published_at is None


@pytest.mark.parametrize(
    ("homepage", "said"), [("", "None given"), ("https://elsewhere.example", "Unverified")]
)
def test_a_homepage_that_proves_nothing_is_named_so(
    browser: Browse, alice: User, acme: Tenant, register: Register, homepage: str, said: str
):
    other = register(acme, homepage_url=homepage)[0]

    assert said in text(browser(alice).get(address(other, "publish")))


def test_publishing_is_made_told_and_logged(browser: Browse, alice: User, acme: Tenant, client: Client):
    admin = browser(alice)
    version = re.search(
        r'name="version" value="([^"]+)"', admin.get(address(client, "publish")).content.decode()
    )

    answer = admin.post(address(client, "publish"), {"version": version[1] if version else ""})

    assert (answer.status_code, answer["Location"]) == (303, LIST)
    page = text(admin.get(LIST))
    assert "“Portal” is published." in page
    menu = text(admin.get(address(client, "menu")))
    assert address(client, "unpublish") in menu
    assert f'{address(client, "publish")}"' not in menu
    assert re.search(r'badge--info">.{0,400}?Published', page)
    assert stored(client).published_at is not None
    assert [event.actor_name for event in events(acme, Action.CLIENT_PUBLISHED)] == [alice.email]


def test_in_the_dialog_it_leads_to_the_list(browser: Browse, alice: User, client: Client):
    answer = browser(alice).post(address(client, "publish"), headers=DIALOG)

    assert (answer.status_code, answer["HX-Redirect"]) == (204, LIST)


def test_what_changed_while_it_was_read_is_shown_first(browser: Browse, alice: User, client: Client):
    answer = browser(alice).post(address(client, "publish"), {"version": "2001-01-01T00:00:00"})

    assert answer.status_code == 422
    assert "has changed since you opened this" in text(answer)
    assert stored(client).published_at is None


def test_two_administrators_publish_once(browser: Browse, alice: User, acme: Tenant, client: Client):
    dora = cast.join(acme, "dora", "administrator")
    browser(dora).post(address(client, "publish"))

    answer = browser(alice).post(address(client, "publish"), follow=True)

    assert "is already published" in text(answer)
    assert len(events(acme, Action.CLIENT_PUBLISHED)) == 1


def test_a_client_without_a_redirect_url_says_why_not(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    machine = register(
        acme, name="Export", redirect_uris=[], grant_types=["client_credentials"], consent_method="trusted"
    )[0]
    admin = browser(alice)

    shown, refused = admin.get(address(machine, "publish")), admin.post(address(machine, "publish"))

    assert (shown.status_code, refused.status_code) == (200, 422)
    for answer in (shown, refused):
        assert "Export cannot be published" in text(answer)
        assert "It has no redirect URL" in text(answer)
        assert 'id="publish-form"' not in text(answer)
    assert stored(machine).published_at is None


def test_a_published_client_cannot_become_one_that_only_machines_use(
    browser: Browse, alice: User, published: Client
):
    page = browser(alice).get(address(published, "edit")).content.decode()
    version = re.search(r'name="version" value="([^"]+)"', page)
    form = {
        "name": "Portal",
        "version": version[1] if version else "",
        "grant_types": ["client_credentials"],
        "auth_methods": ["client_secret"],
        "algorithm": "ES256",
        "consent_method": "trusted",
    }

    answer = browser(alice).post(address(published, "edit"), form)

    assert answer.status_code == 422
    assert "Unpublish it first." in text(answer)
    assert stored(published).redirect_uris


def test_publishing_again_says_who_comes_back(browser: Browse, alice: User, acme: Tenant, connected: Client):
    with scope(tenant=acme):
        connected.unpublish(by=Actor.operator(), connected_stay=False)

    page = text(browser(alice).get(address(connected, "publish")))

    assert "1 tenant that was connected before is connected again at once." in page


# --- Unpublishing -----------------------------------------------------------------------------------------------


def test_the_dialog_says_whom_it_touches_and_leaves_the_choice(
    browser: Browse, alice: User, bob: User, mallory: User, gustav: User, connected: Client
):
    sign_in_with(connected, bob, mallory, gustav, gustav)

    page = text(browser(alice).get(address(connected, "unpublish")))

    assert "1 other tenant is connected" in page
    assert "1 tenant · 2 people, 3 active sessions · last used" in page
    assert re.findall(r'name="connected" value="(\w+)"', page) == ["stay", "end"]
    assert " checked" not in page
    assert "gustav" not in page
    assert stored(connected).published_at


def test_those_connected_may_stay(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, gustav: User, connected: Client
):
    sign_in_with(connected, gustav)
    admin = browser(alice)

    answer = admin.post(address(connected, "unpublish"), {"connected": "stay"})

    assert (answer.status_code, answer["Location"]) == (303, LIST)
    page = text(admin.get(LIST))
    assert "No new tenants can connect to it." in page
    assert "Unpublished" in page
    assert "1 tenant still connected" in page
    assert address(connected, "publish") in text(admin.get(address(connected, "menu")))
    assert "Unpublished, still connected" in text(admin.get(address(connected, "tenants")))
    assert Connection.to_client(globex, connected.client_id)
    with scope(tenant=globex):
        assert TokenFamily.objects.filter(ended_at=None).count() == 1
    assert events(acme, Action.CLIENT_UNPUBLISHED)[0].details == {"connected_stay": True}


def test_or_end_at_once_with_a_receipt(
    browser: Browse, alice: User, bob: User, globex: Tenant, gustav: User, connected: Client
):
    sign_in_with(connected, bob, gustav)

    answer = browser(alice).post(address(connected, "unpublish"), {"connected": "end"}, headers=DIALOG)

    page = text(answer)
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "clients-changed")
    assert "“Portal” is unpublished" in page
    assert "1 tenant was disconnected" in page
    assert "1 session has ended" in page
    assert "APIs that only check the signature" in page
    assert Connection.to_client(globex, connected.client_id) is None
    with scope(tenant=bob.tenant):
        assert TokenFamily.objects.filter(ended_at=None).count() == 1
    told = events(globex, Action.CONNECTION_CHANGED_BY_OWNER)
    assert [(event.actor_kind, event.actor_name) for event in told] == [("tenant", "Acme AB")]


@pytest.mark.parametrize("form", [{}, {"connected": ""}, {"connected": "perhaps"}, {"connected": "\0"}])
def test_without_a_choice_nothing_happens(
    browser: Browse, alice: User, connected: Client, form: dict[str, str]
):
    answer = browser(alice).post(address(connected, "unpublish"), form)

    assert answer.status_code == 422
    assert 'id="id_connected_error"' in text(answer)
    assert stored(connected).published_at


def test_with_nobody_connected_there_is_nothing_to_choose(browser: Browse, alice: User, published: Client):
    admin = browser(alice)
    assert 'name="connected"' not in text(admin.get(address(published, "unpublish")))

    assert admin.post(address(published, "unpublish")).status_code == 303
    assert stored(published).published_at is None
    assert not stored(published).stays_connected


def test_a_tenant_that_has_blocked_the_client_is_not_counted(
    browser: Browse, alice: User, globex: Tenant, connected: Client
):
    with scope(tenant=globex):
        Connection.objects.select_related("client__tenant").get().block(by=Actor.operator())

    assert "No other tenant is connected." in text(browser(alice).get(address(connected, "unpublish")))


@pytest.mark.parametrize("method", ["get", "post"])
def test_unpublishing_what_is_not_published_leads_back(
    browser: Browse, alice: User, acme: Tenant, client: Client, method: str
):
    answer = getattr(browser(alice), method)(address(client, "unpublish"), follow=True)

    assert "is not published" in text(answer)
    assert not events(acme, Action.CLIENT_UNPUBLISHED)


# --- Who is connected -------------------------------------------------------------------------------------------


def test_the_owner_sees_tenants_and_numbers_and_none_of_their_people(
    browser: Browse, carol: User, globex: Tenant, mallory: User, gustav: User, connected: Client
):
    now = timezone.now()
    sign_in_with(connected, gustav, mallory)
    sign_in_with(connected, gustav, ended_at=now)
    sign_in_with(connected, gustav, began_at=now - timedelta(days=31))
    with scope(tenant=globex):
        Connection.objects.update(
            last_used_at=now - timedelta(minutes=5), approved_by=mallory, approved_at=now - timedelta(days=9)
        )

    page = text(browser(carol).get(address(connected, "tenants")))

    assert "<bdi>Globex</bdi>" in page
    assert "Current" in page
    assert "All approved" in page
    assert re.findall(r'data-label="(?:Sign-ins, 30 days|Active sessions)"[^>]*> (\d+) <', page) == ["3", "3"]
    assert "5 minutes ago" in page
    for person in (mallory, gustav):
        assert person.email not in page
        assert str(person.pk) not in page
        assert person.name not in page
    assert "unpublish" not in page  # an auditor reads


def test_it_says_who_runs_on_less(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, published: Client
):
    connect(globex, published, allowed=["openid", "profile"])
    with scope(tenant=acme):
        fields = {"allowed_scopes": [*published.allowed_scopes, "apps:export"]}
        stored(published).edit(by=Actor.operator(), **fields)

    page = text(browser(alice).get(address(published, "tenants")))

    assert "Version 1" in page
    assert "Awaiting approval of version 2: new scopes" in page
    assert "Narrowed to 2" in page
    assert '<span class="tag">profile</span>' in page


def test_a_block_an_end_of_time_and_a_cut_are_seen(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, connected: Client
):
    with scope(tenant=globex):
        Connection.objects.update(status="blocked", expires_at=timezone.now() - timedelta(days=1))
    with scope(tenant=acme):
        connected.unpublish(by=Actor.operator(), connected_stay=False)

    page = text(browser(alice).get(address(connected, "tenants")))

    for said in ("Blocked by the tenant", "Expired", "Disconnected", "Not published"):
        assert said in page


@pytest.mark.parametrize("kind", ["client", "published"])
def test_nobody_connected_is_said(request, browser: Browse, alice: User, kind: str):
    page = text(browser(alice).get(address(request.getfixturevalue(kind), "tenants")))

    assert "No other tenant is connected" in page
    assert ("Only a published client" in page) is (kind == "client")


def test_it_has_pages_and_costs_the_same_for_many(browser: Browse, alice: User, published: Client):
    admin, page = browser(alice), address(published, "tenants")
    for number in range(3):
        connect(cast.found(f"tenant{number:02}", f"Tenant {number:02}", 8000), published)
    admin.get(page)
    with CaptureQueriesContext(database) as few:
        admin.get(page)
    for number in range(3, 30):
        connect(cast.found(f"tenant{number:02}", f"Tenant {number:02}", 8000), published)
    with CaptureQueriesContext(database) as many:
        first = text(admin.get(page))

    assert "1–25 of 30" in first
    assert first.count("<bdi>Tenant") == 25
    assert text(admin.get(page, {"page": "2"})).count("<bdi>Tenant") == 5
    assert len(many) == len(few)


def test_each_tenants_use_is_counted_no_further_than_anybody_reads(
    browser: Browse, alice: User, gustav: User, mallory: User, connected: Client, monkeypatch: Any
):
    monkeypatch.setattr("console.pages.publication.MOST", 2)
    sign_in_with(connected, gustav, mallory, gustav)
    sign_in_with(connected, gustav, ended_at=timezone.now())
    other = cast.found("initech", "Initech", 8000)
    connect(other, connected)
    sign_in_with(connected, cast.join(other, "peter"))

    page = text(browser(alice).get(address(connected, "tenants")))

    use = re.findall(r'data-label="(?:Sign-ins, 30 days|Active sessions)"[^>]*> ([^<]*?) <', page)
    assert use == ["More than 2", "More than 2", "1", "1"]


# --- Editing what others use ------------------------------------------------------------------------------------


def edit(admin: Browser, client: Client, **changes: Any) -> Any:
    page = admin.get(address(client, "edit")).content.decode()
    version = re.search(r'name="version" value="([^"]+)"', page)
    form = {
        "name": client.name,
        "homepage_url": client.homepage_url,
        "redirect_uris": client.redirect_uris,
        "allowed_scopes": client.allowed_scopes,
        "auth_methods": client.auth_methods,
        "algorithm": client.algorithm,
        "version": version[1] if version else "",
    }
    answer = admin.post(address(client, "edit"), form | changes)
    assert answer.status_code == 303
    return text(admin.get(LIST))


def test_the_form_says_what_flows_through_and_what_waits(browser: Browse, alice: User, connected: Client):
    page = text(browser(alice).get(address(connected, "edit")))

    assert "1 other tenant is connected" in page
    assert "For all of them at once: name" in page
    assert "Needs each tenant’s approval: a new scope" in page


def test_the_form_of_a_client_for_one_tenant_says_nothing_of_it(browser: Browse, alice: User, client: Client):
    assert "other tenant" not in text(browser(alice).get(address(client, "edit")))


@pytest.mark.parametrize(
    "changes",
    [
        {"allowed_scopes": ["openid", "profile", "offline_access", "apps:read", "apps:export"]},
        {"redirect_uris": ["https://app.example.com/callback", "https://new.example.com/callback"]},
    ],
)
def test_after_a_wider_change_it_says_who_waits(
    browser: Browse, alice: User, connected: Client, changes: dict[str, Any]
):
    page = edit(browser(alice), connected, **changes)

    assert "“Portal” has been saved." in page
    assert "1 tenant keeps what it approved until it accepts the new version: Globex." in page


def test_many_that_wait_are_counted_by_version_and_not_compared_one_by_one(
    browser: Browse, alice: User, connected: Client, port: int, monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    for number in range(5):
        cast.connect(connected, cast.found(f"t{number}", f"Tenant {number}", port))
    monkeypatch.setattr("console.pages.publication.COMPARED", 2)

    page = edit(
        browser(alice), connected, allowed_scopes=["openid", "profile", "offline_access", "admin_classic"]
    )

    assert "6 tenants keep what they approved" in page
    assert "Globex, Tenant 0 …" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Portal"},
        {"allowed_scopes": ["openid"]},
        {"redirect_uris": ["https://app.example.com/callback", "https://app.example.com/other"]},
    ],
)
def test_what_is_not_wider_waits_for_nobody(
    browser: Browse, alice: User, connected: Client, changes: dict[str, Any]
):
    page = edit(browser(alice), connected, description="New words", **changes)

    assert "has been saved." in page
    assert "keeps what it approved" not in page


def test_a_wider_change_is_said_to_those_who_wait_and_named_to_three(
    browser: Browse, alice: User, published: Client
):
    for number in range(4):
        connect(cast.found(f"tenant{number}", f"Tenant {number}", 8000), published)

    page = edit(browser(alice), published, allowed_scopes=[*published.allowed_scopes, "apps:export"])

    assert "4 tenants keep what they approved" in page
    assert "Tenant 0, Tenant 1, Tenant 2 …." in page


# --- Deleting what others use, and bringing it back -------------------------------------------------------------


def test_deleting_and_disabling_say_who_else_loses_it(
    browser: Browse, alice: User, gustav: User, connected: Client
):
    sign_in_with(connected, gustav)
    admin = browser(alice)

    for page in (
        admin.get(f"{LIST}/delete", {"client": connected.client_id}),
        admin.get(address(connected, "disable")),
    ):
        assert "1 person, 1 active session" in text(page)
        assert "1 other tenant is connected and loses access too" in text(page)


@pytest.fixture
def deleted(acme: Tenant, connected: Client, gustav: User) -> Client:
    sign_in_with(connected, gustav)
    with scope(tenant=acme):
        connected.remove(by=Actor.operator())
    return connected


def test_deleted_clients_stand_on_a_page_until_they_cannot_be_restored(
    browser: Browse, alice: User, carol: User, mallory: User, deleted: Client, time_machine: Any
):
    page = f"{LIST}/deleted"
    assert page in text(browser(alice).get(LIST))
    assert "Portal" in text(browser(alice).get(page))
    assert "Restore" in text(browser(alice).get(page))
    assert ">Restore<" not in text(browser(carol).get(page))
    assert "No deleted clients" in text(browser(mallory).get(page))

    time_machine.move_to(timezone.now() + timedelta(days=30, minutes=1))

    assert "No deleted clients" in text(browser(alice).get(page))
    assert browser(alice).post(address(deleted, "restore")).status_code == 404
    assert stored(deleted).deleted_at


def test_restoring_brings_it_back_without_tokens(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, deleted: Client
):
    admin = browser(alice)
    page = text(admin.get(address(deleted, "restore")))
    for said in (
        "Restore Portal?",
        "You can restore it until",
        "1 secret works again.",
        "Its earlier tokens stay invalid",
        "1 other tenant that was connected can use it again.",
        "It is published again.",
    ):
        assert said in page
    assert stored(deleted).deleted_at

    answer = admin.post(address(deleted, "restore"))

    assert (answer.status_code, answer["Location"]) == (303, LIST)
    assert (
        "“Portal” has been restored. Its earlier tokens stay invalid, so users must sign in again."
        in text(admin.get(LIST))
    )
    assert Connection.to_client(globex, deleted.client_id)
    with scope(tenant=globex):
        assert not TokenFamily.objects.filter(ended_at=None).exists()
    assert [event.actor_name for event in events(acme, Action.CLIENT_RESTORED)] == [alice.email]


def test_the_limit_holds_for_restoring_too(
    browser: Browse, alice: User, acme: Tenant, deleted: Client, register: Register, settings: Any
):
    settings.LIMITS = settings.LIMITS | {"clients_per_tenant": 1}
    register(acme)

    answer = browser(alice).post(address(deleted, "restore"), headers=DIALOG)

    assert answer.status_code == 422
    assert "has reached its limit of 1 OAuth client" in text(answer)
    assert stored(deleted).deleted_at


@pytest.mark.parametrize("method", ["get", "post"])
def test_restoring_twice_is_no_error_and_one_event(
    browser: Browse, alice: User, acme: Tenant, deleted: Client, method: str
):
    admin = browser(alice)
    admin.post(address(deleted, "restore"))

    answer = getattr(admin, method)(address(deleted, "restore"), follow=True)

    assert "is not deleted, or someone has already restored it" in text(answer)
    assert len(events(acme, Action.CLIENT_RESTORED)) == 1


# --- Who may ----------------------------------------------------------------------------------------------------


ACTS = ["publish", "unpublish", "restore"]


@pytest.mark.parametrize("person", ["bob", "carol"])
@pytest.mark.parametrize("act", ACTS)
def test_only_administrators_do_it(request, browser: Browse, published: Client, person: str, act: str):
    somebody = browser(request.getfixturevalue(person))

    assert somebody.get(address(published, act)).status_code == 403
    assert somebody.post(address(published, act), {"connected": "end"}).status_code == 403
    assert stored(published).published_at


@pytest.mark.parametrize("act", [*ACTS, "tenants"])
def test_a_tenant_that_is_connected_does_not_own_it(
    browser: Browse, mallory: User, connected: Client, act: str
):
    admin = browser(mallory)

    assert admin.get(address(connected, act)).status_code == 404
    refused = admin.post(address(connected, act), {"connected": "end"})
    assert refused.status_code == (405 if act == "tenants" else 404)  # a page that only reads
    assert admin.get(f"{LIST}/%00/{act}").status_code == 404
    assert stored(connected).published_at


@pytest.mark.parametrize("act", ACTS)
def test_a_form_of_another_site_changes_nothing(browser: Browse, alice: User, published: Client, act: str):
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True

    assert admin.post(address(published, act), {"connected": "end"}).status_code == 403
    assert stored(published).published_at
