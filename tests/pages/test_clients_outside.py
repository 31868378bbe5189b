"""Clients of other tenants in the list of this one: what is seen of them, and giving them up (S9, S12, N9)."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
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
from tests import cast
from tests.kept import kept

PAGE = "/console/oauth"
DELETE = "/console/oauth/delete"
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\xa0", " "))


def names(page: Any) -> list[str]:
    return re.findall(r'<span class="table__name"><a [^>]*><bdi>(.*?)</bdi>', page.content.decode())


def row(page: Any, client: Client) -> str:
    return re.search(rf"<tr>(?:(?!<tr>).)*{client.client_id}.*?</tr>", text(page))[0]  # type: ignore[index]


def with_menu(admin: Browser, client: Client) -> str:
    """Its row, and what the menu offers that the row leads to."""
    shown = row(admin.get(f"{PAGE}?columns=secrets"), client)
    address = re.search(r'href="([^"]+/menu)"', shown)
    assert address
    return shown + text(admin.get(address[1], headers={"HX-Request": "true"}))


def publish(tenant: Tenant, name: str = "Outside", **fields: Any) -> Client:
    client = cast.register(tenant, name=name, **fields)[0]
    with scope(tenant=tenant):
        client.publish(by=Actor.operator())
    return client


@pytest.fixture
def published(globex: Tenant) -> Callable[..., Client]:
    """Makes a published client of globex that acme may connect to."""
    return partial(publish, globex)


@kept
def outside(acme: Tenant, globex: Tenant) -> Client:
    return connect(acme, publish(globex, description="Internal words"))


def connect(tenant: Tenant, client: Client, **fields: Any) -> Client:
    with scope(tenant=tenant):
        approval.approve(tenant, client, by=Actor.operator(), **{"consent_method": "required"} | fields)
    return client


def own(client: Client) -> Any:
    return scope(tenant=client.tenant)


def sign_in_with(client: Client, *users: User) -> None:
    now = timezone.now()
    for user in users:
        with scope(tenant=user.tenant):
            TokenFamily.objects.create(
                tenant=user.tenant,
                client=client,
                user=user,
                grant_type="authorization_code",
                scope="openid",
                access_expires_at=now + timedelta(minutes=30),
                expires_at=now + timedelta(days=1),
            )


# --- The list ---------------------------------------------------------------------------------------------------


def test_it_stands_in_the_list_with_its_publisher_and_without_secrets(
    browser: Browse, alice: User, acme: Tenant, outside: Client
):
    with own(outside):
        Client.objects.filter(pk=outside.pk).update(last_used_at=timezone.now() - timedelta(hours=3))
    with scope(tenant=acme):
        pk = Connection.objects.get(client=outside).pk
        Connection.objects.filter(pk=pk).update(last_used_at=timezone.now() - timedelta(minutes=4))

    shown = with_menu(browser(alice), outside)

    assert "Globex" in shown
    assert "published by" in shown
    assert "Enabled" in shown
    assert "Required" in shown
    assert "Only its publisher has its secrets" in shown
    assert "4 minutes ago" in shown  # its use here, not in other tenants
    assert "3 hours ago" not in shown
    assert "1 of 5" not in shown
    for act in ("", "/consent-method", "/scopes", "/block", "/remove", "/grants"):
        assert f'"{PAGE}/connections/{pk}{act}"' in shown
    for act in ("edit", "secrets", "disable", "publish", "tenants", "try"):
        assert f"{outside.client_id}/{act}" not in shown
    assert "/version" not in shown
    assert "/unblock" not in shown
    assert f'<copy-button value="{outside.client_id}"' in shown


def test_it_never_shows_how_many_others_are_connected(
    browser: Browse, alice: User, initech: Tenant, outside: Client
):
    connect(initech, outside)

    assert "tenants connected" not in text(browser(alice).get(PAGE))
    assert "tenant connected" not in text(browser(alice).get(PAGE))


@pytest.fixture
def initech(db: None) -> Tenant:
    return Tenant.create("initech", "Initech", ["initech.localhost:8000"], by=Actor.operator())


def test_auditors_read_it_and_have_nothing_to_change_it_with(browser: Browse, carol: User, outside: Client):
    shown = with_menu(browser(carol), outside)

    assert "Details" in shown
    for act in ("consent-method", "scopes", "block", "remove"):
        assert not re.search(rf"/connections/\d+/{act}", shown)


def _widen(client: Client) -> None:
    with own(client):
        client.edit(
            by=Actor.operator(), allowed_scopes=[*client.allowed_scopes, "apps:export", "admin_classic"]
        )


def _by_owner(act: Callable[[Client], Any]) -> Callable[[Client], None]:
    def done(client: Client) -> None:
        with own(client):
            act(client)

    return done


def _here(**fields: Any) -> Callable[[Client], None]:
    def done(client: Client) -> None:
        Connection._base_manager.filter(client=client).exclude(tenant=client.tenant).update(**fields)

    return done


STANDINGS = [
    pytest.param(lambda client: None, "Enabled", "enabled", id="usable"),
    pytest.param(
        _by_owner(lambda c: c.disable(by=Actor.operator())),
        "Disabled by publisher",
        "disabled",
        id="disabled",
    ),
    pytest.param(
        _by_owner(lambda c: c.remove(by=Actor.operator())), "Deleted by publisher", "gone", id="deleted"
    ),
    pytest.param(
        _by_owner(lambda c: c.unpublish(by=Actor.operator(), connected_stay=False)),
        "No longer published",
        "gone",
        id="unpublished",
    ),
    pytest.param(
        _by_owner(lambda c: c.unpublish(by=Actor.operator(), connected_stay=True)),
        "Enabled",
        "enabled",
        id="stays",
    ),
    pytest.param(_here(status="blocked"), "Blocked", "blocked", id="blocked"),
    pytest.param(_here(expires_at=timezone.now() - timedelta(days=1)), "Expired", "gone", id="expired"),
    pytest.param(_widen, "New version waiting", "enabled", id="new version"),
]


@pytest.mark.parametrize(("happens", "said", "status"), STANDINGS)
def test_it_says_how_it_stands_and_is_found_by_it(
    browser: Browse, alice: User, outside: Client, happens: Any, said: str, status: str
):
    happens(outside)
    admin = browser(alice)

    shown = with_menu(admin, outside)

    assert said in shown
    assert ("/version" in shown) is (said == "New version waiting")
    assert ("/unblock" in shown) is (said == "Blocked")
    for wanted in ("enabled", "disabled", "blocked", "gone"):
        assert names(admin.get(PAGE, {"status": wanted})) == (["Outside"] if wanted == status else [])
    assert names(admin.get(PAGE, {"status": "published"})) == []


def test_it_is_narrowed_by_owner(
    browser: Browse, alice: User, outside: Client, web_client: tuple[Client, str]
):
    admin = browser(alice)

    assert names(admin.get(PAGE)) == ["Outside", "Web app"]
    assert names(admin.get(PAGE, {"owner": "ours"})) == ["Web app"]
    assert names(admin.get(PAGE, {"owner": "outside"})) == ["Outside"]
    assert names(admin.get(PAGE, {"sort": "-created"})) == ["Web app", "Outside"]


def test_use_in_other_tenants_does_not_even_sort_it(
    browser: Browse, alice: User, acme: Tenant, outside: Client, web_client: tuple[Client, str]
):
    now = timezone.now()
    Client.with_deleted_anywhere.filter(pk=outside.pk).update(last_used_at=now)
    with scope(tenant=acme):
        Client.objects.filter(pk=web_client[0].pk).update(last_used_at=now - timedelta(days=1))
        Connection.objects.filter(client=outside).update(last_used_at=now - timedelta(days=2))

    assert names(browser(alice).get(PAGE, {"sort": "-last_used"})) == ["Web app", "Outside"]


def test_the_number_of_queries_does_not_grow_with_clients_from_outside(
    browser: Browse, alice: User, acme: Tenant, outside: Client, published: Callable[..., Client]
):
    admin = browser(alice)
    admin.get(PAGE)
    with CaptureQueriesContext(database) as one:
        admin.get(PAGE)
    for number in range(9):
        connect(acme, published(f"Outside {number}"))
    with CaptureQueriesContext(database) as ten:
        admin.get(PAGE)

    assert len(ten) == len(one)


# --- Giving it up -----------------------------------------------------------------------------------------------


def test_the_confirmation_names_what_is_deleted_and_what_is_removed(
    browser: Browse, alice: User, bob: User, gustav: User, outside: Client, web_client: tuple[Client, str]
):
    sign_in_with(outside, bob, gustav)
    chosen = {"client": [outside.client_id, web_client[0].client_id]}

    page = text(browser(alice).get(DELETE, chosen))

    assert "Delete or remove 2 clients?" in page
    ours, theirs = page.split("Will be removed from this tenant")
    assert "Will be deleted" in ours
    assert "Web app" in ours
    assert "Outside" in theirs
    assert "1 person, 1 active session" in theirs  # of this tenant
    assert "The client keeps working in other tenants." in theirs
    assert "Delete and remove" in page


def test_one_step_deletes_own_ones_and_gives_up_the_others(
    browser: Browse,
    alice: User,
    bob: User,
    gustav: User,
    acme: Tenant,
    globex: Tenant,
    outside: Client,
    web_client: tuple[Client, str],
):
    sign_in_with(outside, bob, gustav)
    sign_in_with(web_client[0], bob)
    with scope(tenant=acme):
        Consent.objects.create(tenant=acme, user=bob, client=outside, scopes=["openid"])

    answer = browser(alice).post(DELETE, {"client": [outside.client_id, web_client[0].client_id]})

    page = text(answer)
    assert "1 deleted, 1 removed" in page
    assert "2 sessions have ended" in page
    assert "An administrator must approve a removed connection again" in page
    with scope(tenant=acme):
        assert not Client.objects.exists()
        assert not Connection.objects.filter(client=outside).exists()
        assert not Consent.objects.exists()
        assert not TokenFamily.objects.filter(ended_at=None).exists()
        assert Event.objects.filter(action=Action.CONNECTION_REMOVED, actor_name=alice.email).count() == 1
    with scope(tenant=globex):
        assert Client.objects.get().pk == outside.pk
        assert TokenFamily.objects.filter(ended_at=None).count() == 1
        told = Event.objects.get(action=Action.CLIENT_DISCONNECTED)
        assert (told.actor_kind, told.actor_name) == ("tenant", "Acme AB")


def test_one_from_outside_alone_is_removed_by_name(browser: Browse, alice: User, outside: Client):
    admin = browser(alice)
    page = text(admin.get(DELETE, {"client": outside.client_id}))
    assert "Remove this connection?" in page
    assert "Will be deleted" not in page

    answer = text(admin.post(DELETE, {"client": outside.client_id}))

    assert "“Outside” has been removed" in answer
    assert "can be restored" not in answer
    assert admin.post(DELETE, {"client": outside.client_id}).status_code == 404


def test_the_region_document_is_told_to_owners_of_published_clients(
    browser: Browse, alice: User, mallory: User, outside: Client, web_client: tuple[Client, str]
):
    where = f"{PAGE}/configuration"
    region = "http://localhost:8000/.well-known/oauth-authorization-server"

    assert region in text(browser(mallory).get(where))
    assert region in text(browser(mallory).get(where, {"client": outside.client_id}))
    assert region not in text(browser(alice).get(where))
