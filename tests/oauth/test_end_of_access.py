"""Whatever ends access ends it at once and everywhere: the token endpoint, introspection, userinfo and the REST API.

Keycloak CVE-2026-1609, ZITADEL CVE-2023-22492, authentik CVE-2025-64521: a door was closed and another left open.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, Connection, Consent, Tenant, TokenFamily, User
from tests.cast import connect, signed_in_as
from tests.oauth.driver import Application, asks_for_consent
from tests.oauth.outcomes import is_alive, me

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7009", "2.1")]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid offline_access user_default"


@pytest.fixture(params=["web_client", "spa_client", "native_client"])
def app(request: pytest.FixtureRequest) -> Application:
    return Application(*request.getfixturevalue(request.param))


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


def client_of(app: Application) -> Client:
    client: Client = Client.with_deleted.get(client_id=app.client_id)
    return client


def disable(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    client_of(app).disable(by=Actor.operator())


def disable_and_enable(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    client_of(app).disable(by=Actor.operator())
    client_of(app).enable(by=Actor.operator())


def delete(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    client_of(app).remove(by=Actor.operator())


def withdraw(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    consent = Consent.of(bob, client_of(app))
    assert consent is not None
    consent.withdraw(by=Actor(user=bob))


def revoke(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    assert app.revoke(tokens["refresh_token"]).status_code == 200


def reuse(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    app.refresh(tokens["refresh_token"])


def deactivate(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)


def block(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    Connection.objects.update(status=Connection.Status.BLOCKED)


def disconnect(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    Connection.objects.all().delete()


def remove_the_person(app: Application, bob: User, tokens: dict[str, Any]) -> None:
    User.objects.filter(pk=bob.pk).delete()


ENDS = [
    disable,
    disable_and_enable,
    delete,
    withdraw,
    revoke,
    reuse,
    deactivate,
    block,
    disconnect,
    remove_the_person,
]


@pytest.mark.usefixtures("_no_leeway")
@pytest.mark.parametrize("act", ENDS)
def test_it_ends_at_once_and_everywhere(
    app: Application, bobs: Browser, bob: User, in_acme: Tenant, act: Callable[..., None]
):
    tokens = app.tokens(bobs, scope=SCOPE)
    assert is_alive(app, tokens["access_token"])

    act(app, bob, tokens)

    assert not is_alive(app, tokens["access_token"])
    refused = app.refresh(tokens["refresh_token"])
    assert refused.status_code in {400, 401}
    assert refused.json()["error"] in {"invalid_grant", "invalid_client"}
    if app.secret:
        asked = app.introspect(tokens["refresh_token"])
        assert asked.status_code == 401 or asked.json() == {"active": False}


@pytest.mark.parametrize(
    "act", [disable, disable_and_enable, delete, withdraw, deactivate, block, disconnect]
)
def test_a_code_that_is_on_its_way_ends_too(
    app: Application, bobs: Browser, bob: User, in_acme: Tenant, act: Callable[..., None]
):
    code = app.code(bobs, scope=SCOPE)

    act(app, bob, {})

    assert app.exchange(code).status_code in {400, 401}
    assert not TokenFamily.objects.exists()


@pytest.mark.usefixtures("_no_leeway")
@pytest.mark.parametrize("act", [withdraw, revoke, reuse])
def test_the_person_may_allow_it_again(
    app: Application, bobs: Browser, bob: User, in_acme: Tenant, act: Callable[..., None]
):
    act(app, bob, app.tokens(bobs, scope=SCOPE))

    page = app.authorize(bobs, scope=SCOPE)
    if act is withdraw:
        assert asks_for_consent(page)
    again = app.tokens(bobs, scope=SCOPE)
    assert is_alive(app, again["access_token"])
    assert app.refresh(again["refresh_token"]).status_code == 200


@pytest.mark.parametrize("act", [withdraw, revoke, deactivate])
def test_what_other_people_gave_stays(
    app: Application, bobs: Browser, bob: User, alice: User, in_acme: Tenant, act: Callable[..., None]
):
    alices = app.tokens(signed_in_as(alice), scope=SCOPE)
    act(app, bob, app.tokens(bobs, scope=SCOPE))

    assert is_alive(app, alices["access_token"])
    assert app.refresh(alices["refresh_token"]).status_code == 200


@pytest.mark.parametrize("act", [disable, delete, withdraw, revoke])
def test_what_was_given_to_other_clients_stays(
    app: Application, bobs: Browser, bob: User, in_acme: Tenant, register: Callable[..., Any], act: Callable[..., None]
):  # fmt: skip
    other = Application(*register(in_acme, name="Other"))
    others = other.tokens(bobs, scope=SCOPE)
    act(app, bob, app.tokens(bobs, scope=SCOPE))

    assert is_alive(other, others["access_token"])
    assert other.refresh(others["refresh_token"]).status_code == 200


def test_p5_the_page_of_connected_applications_ends_them(
    web_client: ClientAndSecret, bobs: Browser, bob: User, in_acme: Tenant
):
    """DOT #1510: “revoke” left the refresh token alive."""
    app = Application(*web_client)
    tokens = app.tokens(bobs, scope=SCOPE)
    consent = Consent.objects.get()

    response = bobs.post(f"/account/applications/{consent.pk}/withdraw")

    assert response.status_code < 400  # the receipt of what has ended
    assert not is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 400


# --- Machines -------------------------------------------------------------------------------------------------


@pytest.fixture
def machine(machine_client: ClientAndSecret) -> Application:
    return Application(*machine_client)


def token_of(machine: Application) -> str:
    token: str = machine.token(grant_type="client_credentials").json()["access_token"]
    return token


def remove_secret(client: Client) -> None:
    with scope(tenant=client.tenant):
        ClientSecret.objects.filter(client=client).earliest("created_at").remove(by=Actor.operator())


def test_removing_a_secret_ends_what_was_given_for_it_and_nothing_else(
    machine: Application, machine_client: ClientAndSecret, in_acme: Tenant
):
    client, _ = machine_client
    _, second = ClientSecret.add_to(client, by=Actor.operator())
    later = Application(client, second)
    for_first, for_second = token_of(machine), token_of(later)

    remove_secret(client)

    assert me(later, for_first).status_code == 401
    assert later.introspect(for_first).json() == {"active": False}
    assert is_alive(later, for_second)


@pytest.mark.parametrize("act", [disable, delete, block, disconnect])
def test_a_machines_token_ends_at_once(
    machine: Application, bob: User, in_acme: Tenant, act: Callable[..., None]
):
    token = token_of(machine)
    assert is_alive(machine, token)

    act(machine, bob, {})

    assert not is_alive(machine, token)
    assert machine.token(grant_type="client_credentials").status_code == 401


def test_tn05_other_tenants_lose_it_with_the_owner(
    web_client: ClientAndSecret, gustav: User, globex: Tenant, acme: Tenant
):
    client, secret = web_client
    connect(client, globex)
    abroad = Application(client, secret, tenant=globex)
    tokens = abroad.tokens(signed_in_as(gustav), scope=SCOPE)
    assert is_alive(abroad, tokens["access_token"])

    with scope(tenant=acme):
        client.remove(by=Actor.operator())

    assert not is_alive(abroad, tokens["access_token"])
    assert abroad.refresh(tokens["refresh_token"]).status_code == 401
    with scope(tenant=globex):
        assert not TokenFamily.objects.filter(ended_at=None).exists()
