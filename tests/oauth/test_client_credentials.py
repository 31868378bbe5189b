"""Client credentials (RFC 6749 §4.4, Q2): a machine that is trusted gets a token of its own, and no more."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scope

from console.models import Actor, Client, Connection, Event, RefreshToken, Tenant, TokenFamily, User
from tests.cast import connect, machines_too, register
from tests.oauth.driver import Application
from tests.oauth.outcomes import JSON, assert_refused, is_alive
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "4.4")]
ClientAndSecret = tuple[Client, str]


@pytest.fixture
def app(machine_client: ClientAndSecret) -> Application:
    return Application(*machine_client)


def ask(app: Application, **changes: Any) -> Any:
    return app.token(grant_type="client_credentials", **changes)


@pytest.mark.spec("RFC 6749", "4.4.3")
def test_tk10_its_token_is_the_clients_and_has_no_refresh_token(app: Application, acme: Tenant):
    response = ask(app)

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    tokens = response.json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope"}
    _, claims = decoded(tokens["access_token"])
    assert claims["sub"] == claims["client_id"] == app.client_id
    assert claims["iss"] == claims["aud"] == acme.issuer
    assert is_alive(app, tokens["access_token"])


def test_tk10_its_sub_can_never_be_that_of_a_person(app: Application, bob: User):
    """A user's ID is a UUID with dashes; a client that were registered under one would still have its own form."""
    _, claims = decoded(ask(app).json()["access_token"])

    assert "-" not in claims["sub"]
    assert claims["sub"] != str(bob.pk)
    assert "family" not in claims


def test_it_leaves_nothing_behind_in_the_database(app: Application, acme: Tenant):
    ask(app)

    with scope(tenant=acme):
        assert not TokenFamily.objects.exists()
        assert not RefreshToken.objects.exists()


@pytest.mark.parametrize("body", [{"scope": "user_default"}, {}])
def test_it_is_asked_as_qliks_libraries_ask(app: Application, body: dict[str, str]):
    in_body = {"grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.secret}
    assert app.web.post("/oauth/token", json.dumps(in_body | body), content_type=JSON).status_code == 200

    named_in_header = {"grant_type": "client_credentials", **body}
    response = app.web.post(
        "/oauth/token", json.dumps(named_in_header), content_type=JSON, headers=app.credentials()
    )
    assert response.status_code == 200


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, {"user_default", "admin_classic"}),
        ("", {"user_default", "admin_classic"}),
        ("user_default", {"user_default"}),
        ("admin_classic user_default", {"user_default", "admin_classic"}),
        ("apps:read", {"apps:read"}),
    ],
)
def test_it_gets_the_scope_it_asks_for(app: Application, asked: str | None, given: set[str]):
    tokens = ask(app, scope=asked).json()

    assert set(tokens["scope"].split()) == given
    assert set(decoded(tokens["access_token"])[1]["scope"].split()) == given


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize(
    "asked",
    [
        "admin_classic", "user_default admin_classic", "unheard:of", "openid", "offline_access",
        "USER_DEFAULT", "user_default\u00a0admin_classic", '"', "x" * 9000, "user_default,admin_classic",
    ],
)  # fmt: skip
def test_tk09_it_never_gets_more_than_the_client_has(
    acme: Tenant, register: Callable[..., ClientAndSecret], asked: str
):
    """authentik CVE-2024-52287"""
    app = Application(
        *register(
            acme,
            redirect_uris=[],
            grant_types=["client_credentials"],
            consent_method="trusted",
            allowed_scopes=["user_default"],
        )
    )

    assert_refused(ask(app, scope=asked), "invalid_scope")


def test_it_needs_a_trusted_connection(app: Application, machine_client: ClientAndSecret, acme: Tenant):
    client, _ = machine_client
    token = ask(app).json()["access_token"]
    with scope(tenant=acme):  # from before it was refused
        Connection.objects.filter(client=client).update(consent_method="required")

    body = assert_refused(ask(app), "unauthorized_client")
    assert "Trusted" in body["error_description"]
    assert not is_alive(app, token)

    with scope(tenant=acme):
        client.own_connection.change_consent_method("trusted", by=Actor.operator())
    assert ask(app).status_code == 200


def test_trust_is_given_by_each_tenant_for_itself(globex: Tenant, acme: Tenant):
    client, secret = register(acme, **machines_too(consent_method="trusted"))
    abroad = Application(client, secret, tenant=globex)
    connection = connect(client, globex)
    assert_refused(ask(abroad), "unauthorized_client")

    with scope(tenant=globex):
        connection.change_consent_method("trusted", by=Actor.operator())
    token = ask(abroad).json()["access_token"]

    assert is_alive(abroad, token)
    assert decoded(token)[1]["iss"] == globex.issuer
    at_home = Application(client, secret)
    assert at_home.introspect(token).json() == {"active": False}


@pytest.mark.spec("RFC 6749", "4.4")
def test_tk08_it_is_for_clients_that_are_registered_for_it(
    web_client: ClientAndSecret, spa_client: ClientAndSecret, acme: Tenant
):
    for client, secret in (web_client, spa_client):
        with scope(tenant=acme):
            client.own_connection.change_consent_method("trusted", by=Actor.operator())
        assert_refused(ask(Application(client, secret)), "unauthorized_client")


def test_a_public_client_never_gets_one_whatever_its_row_says(spa_client: ClientAndSecret, acme: Tenant):
    client, _ = spa_client
    with scope(tenant=acme):
        client.own_connection.change_consent_method("trusted", by=Actor.operator())
    Client.with_deleted_anywhere.filter(pk=client.pk).update(grant_types=["client_credentials"])

    assert_refused(ask(Application(client)), "unauthorized_client")


def test_losing_the_grant_or_a_scope_ends_the_tokens_that_came_of_it(
    app: Application, machine_client: ClientAndSecret, acme: Tenant
):
    client, _ = machine_client
    wide, narrow = (
        ask(app).json()["access_token"],
        ask(app, scope="user_default").json()["access_token"],
    )
    with scope(tenant=acme):
        client.edit(by=Actor.operator(), allowed_scopes=["user_default"])
    assert not is_alive(app, wide)
    assert is_alive(app, narrow)

    with scope(tenant=acme):
        client.edit(by=Actor.operator(), grant_types=[], redirect_uris=["https://app.example.com/callback"])
    assert not is_alive(app, narrow)
    assert_refused(ask(app), "unauthorized_client")


def test_a_refusal_is_an_event_of_the_client(app: Application, machine_client: ClientAndSecret, acme: Tenant):
    assert_refused(ask(app, scope="unheard:of"), "invalid_scope")

    with scope(tenant=acme):
        event = Event.objects.get(action="tokens.refused")
    assert (event.target_id, event.actor_id) == (str(machine_client[0].pk),) * 2
    assert event.details["error"] == "invalid_scope"
