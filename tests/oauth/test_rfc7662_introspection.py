"""Introspection (RFC 7662): a client learns about its own live tokens, and about nothing else."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Api, ApiSecret, Client, Tenant, User
from tests.cast import OPERATOR, ORDERS, form, register, register_api, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, assert_refused
from tests.oauth.signed import decoded, key_of
from tests.oauth.test_rfc6749_token import mangled

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7662", "2")]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid offline_access user_default"
INACTIVE = {"active": False}


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


@pytest.mark.spec("RFC 7662", "2.1")
def test_in01_it_wants_to_know_who_asks(app: Application, bobs: Browser, spa_client: ClientAndSecret):
    token = app.tokens(bobs)["access_token"]
    anonymous = app.web.post("/oauth/introspect", f"token={token}", content_type=FORM)
    assert_refused(anonymous, "invalid_client", 401)

    public = Application(*spa_client)
    own = public.tokens(bobs)["access_token"]
    assert_refused(public.introspect(own), "invalid_client", 401)
    for method in (app.web.get, app.web.put):
        assert method(f"/oauth/introspect?token={token}", headers=app.credentials()).status_code == 405


@pytest.mark.spec("RFC 7662", "2.2")
def test_in02_it_says_of_a_dead_token_that_it_is_dead_and_nothing_else(
    clock: TimeMachineFixture, app: Application, bobs: Browser
):
    first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    assert app.introspect(first["refresh_token"]).json() == INACTIVE  # used
    assert app.introspect(second["refresh_token"]).json()["active"]

    clock.shift(3606)
    for token in (first["access_token"], second["access_token"]):
        assert app.introspect(token).json() == INACTIVE
    assert app.introspect(second["refresh_token"]).json()["active"]

    app.revoke(second["refresh_token"])
    response = app.introspect(second["refresh_token"])
    assert (response.status_code, response.json()) == (200, INACTIVE)
    assert response["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 7662", "2.2")
@pytest.mark.parametrize("way", mangled("x" * 49))
def test_in02_it_knows_no_token_that_is_not_quite_right(app: Application, bobs: Browser, way: str):
    tokens = app.tokens(bobs, scope=SCOPE)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert app.introspect(mangled(token)[way]).json() == INACTIVE


def test_in02_it_knows_no_code_no_secret_and_no_id_token(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope=SCOPE)
    for value in (app.code(bobs), app.secret, tokens["id_token"], "..", "é", "x" * 60_000):
        assert app.introspect(value).json() == INACTIVE


@pytest.mark.spec("RFC 7662", "2.2")
def test_in02_it_knows_no_token_of_another_tenant(
    app: Application, bobs: Browser, globex: Tenant, register: Callable[..., ClientAndSecret]
):
    tokens = app.tokens(bobs, scope=SCOPE)
    elsewhere = Application(*register(globex))

    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert elsewhere.introspect(token).json() == INACTIVE


@pytest.mark.spec("RFC 7662", "2.2")
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
def test_in03_it_says_what_a_live_access_token_is(
    app: Application, bobs: Browser, bob: User, acme: Tenant, hint: str | None
):
    token = app.tokens(bobs, scope=SCOPE)["access_token"]
    response = app.introspect(token, token_type_hint=hint)
    _, claims = decoded(token)

    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == {
        "active": True,
        "token_type": "Bearer",
        "iss": acme.issuer,
        "aud": acme.issuer,
        "sub": str(bob.pk),
        "username": bob.email,
        "client_id": app.client_id,
        "scope": claims["scope"],
        "iat": claims["iat"],
        "exp": claims["exp"],
        "jti": claims["jti"],
    }


@pytest.mark.spec("RFC 7662", "2.2")
def test_in03_it_says_what_a_live_refresh_token_is(
    clock: TimeMachineFixture, app: Application, bobs: Browser, bob: User, acme: Tenant
):
    answer = app.introspect(app.tokens(bobs, scope=SCOPE)["refresh_token"]).json()

    assert answer["exp"] - answer["iat"] == 30 * 24 * 3600
    assert set(answer["scope"].split()) == set(SCOPE.split())
    assert {name: answer[name] for name in ("active", "iss", "sub", "client_id", "username")} == {
        "active": True,
        "iss": acme.issuer,
        "sub": str(bob.pk),
        "client_id": app.client_id,
        "username": bob.email,
    }


@pytest.mark.spec("RFC 7662", "5")
@pytest.mark.parametrize("scope", ["openid offline_access", "openid profile offline_access apps:read"])
def test_in03_whose_address_may_not_be_seen_has_no_username(
    acme: Tenant, bobs: Browser, register: Callable[..., ClientAndSecret], bob: User, scope: str
):
    app = Application(*register(acme, allowed_scopes=scope.split()))
    tokens = app.tokens(bobs, scope=scope)

    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = app.introspect(token).json()
        assert answer["active"]
        assert bob.email not in str(answer)
    assert bob.email not in str(decoded(tokens["id_token"]))


def test_in03_the_token_of_a_machine_has_no_person(machine_client: ClientAndSecret):
    app = Application(*machine_client)
    answer = app.introspect(app.token(grant_type="client_credentials").json()["access_token"]).json()

    assert (answer["active"], answer["sub"]) == (True, app.client_id)
    assert "username" not in answer


@pytest.mark.spec("RFC 7662", "4")
def test_in04_a_client_learns_nothing_about_the_tokens_of_another(
    app: Application,
    acme: Tenant,
    bobs: Browser,
    register: Callable[..., Any],
    machine_client: ClientAndSecret,
):
    """Gitea CVE-2026-58425"""
    tokens = app.tokens(bobs, scope=SCOPE)
    for other in (Application(*register(acme, name="Other")), Application(*machine_client)):
        for token in (tokens["access_token"], tokens["refresh_token"]):
            assert other.introspect(token).json() == INACTIVE


@pytest.mark.spec("RFC 7662", "2.1")
def test_it_refuses_a_request_without_a_token_or_with_two(app: Application, bobs: Browser):
    token = app.tokens(bobs)["access_token"]

    assert_refused(app.post("/oauth/introspect", {}, {}), "invalid_request")
    assert_refused(app.post("/oauth/introspect", {"token": [token, token]}, {}), "invalid_request")
    assert_refused(app.post(f"/oauth/introspect?token={token}", {"token": token}, {}), "invalid_request")


# --- An API asks about the tokens that are for it (P10) ---------------------------------------------------------------


class Gateway:
    """An API with its credentials, at the host of a tenant."""

    def __init__(self, api: Api, secret: str, tenant: Tenant) -> None:
        self.api, self.secret, self.web = api, secret, stranger_on(tenant)

    def ask(self, token: str, *, basic: bool = True, accept: str = "*/*", **changes: Any) -> Any:
        fields = {"token": token}
        headers = {"Accept": accept}
        if basic:
            pair = f"{self.api.introspection_client_id}:{self.secret}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": self.api.introspection_client_id, "client_secret": self.secret}
        return self.web.post("/oauth/introspect", **form(**(fields | changes)), headers=headers)


@pytest.fixture
def orders(acme: Tenant) -> Gateway:
    return Gateway(*register_api(acme), acme)


@pytest.fixture
def caller(acme: Tenant, orders: Gateway) -> Application:
    held = ["openid", "email", "offline_access", "user_default", f"{ORDERS}#read"]
    return Application(*register(acme, allowed_scopes=held))


@pytest.mark.spec("RFC 7662", "2.1")
@pytest.mark.parametrize("basic", [True, False])
def test_an_api_learns_about_a_token_that_is_for_it(
    caller: Application, orders: Gateway, bobs: Browser, bob: User, basic: bool
):
    token = caller.tokens(bobs, scope="openid read", resource=ORDERS)["access_token"]
    response = orders.ask(token, basic=basic)
    told = response.json()
    assert response["Cache-Control"] == "no-store"
    assert (told["active"], told["aud"], told["scope"], told["sub"]) == (
        True,
        ORDERS,
        "openid read",
        str(bob.pk),
    )
    assert told["client_id"] == caller.client_id
    assert "username" not in told
    with_address = caller.tokens(bobs, scope="email read", resource=ORDERS)["access_token"]
    assert orders.ask(with_address, basic=basic).json()["username"] == bob.email


def test_an_api_learns_about_nothing_else(caller: Application, orders: Gateway, bobs: Browser, acme: Tenant):
    tokens = caller.tokens(bobs, scope="openid offline_access user_default")
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"], "x"):
        assert orders.ask(token).json() == INACTIVE
    stock = Gateway(*register_api(acme, "urn:example:stock"), acme)
    for_orders = caller.tokens(bobs, scope="read", resource=ORDERS)["access_token"]
    assert stock.ask(for_orders).json() == INACTIVE
    caller.revoke(for_orders)
    assert orders.ask(for_orders).json() == INACTIVE


def test_an_api_learns_nothing_in_another_tenant_unless_it_is_published(
    caller: Application, acme: Tenant, globex: Tenant, gustav: User, browser: Callable[[User], Browser]
):
    api = Api._base_manager.get(identifier=ORDERS)
    with scope(tenant=acme):
        _, secret = ApiSecret.add_to(api, by=OPERATOR)
    there = Gateway(api, secret, globex)
    assert_refused(there.ask("x"), "invalid_client", 401)
    with scope(tenant=acme):
        api.publish(by=OPERATOR)
    foreign = Application(*register(globex, allowed_scopes=["openid", f"{ORDERS}#read"]))
    token = foreign.tokens(browser(gustav), scope="openid read", resource=ORDERS)["access_token"]
    told = there.ask(token).json()
    assert (told["active"], told["iss"], told["aud"]) == (True, globex.issuer, ORDERS)
    assert Gateway(api, secret, acme).ask(token).json() == INACTIVE  # it is not that issuer's
    with scope(tenant=acme):
        api.unpublish(by=OPERATOR)
    assert_refused(there.ask(token), "invalid_client", 401)


def test_credentials_of_an_api_are_good_for_introspection_alone(orders: Gateway, acme: Tenant):
    who = {"client_id": orders.api.introspection_client_id, "client_secret": orders.secret}
    for path, fields in (
        ("/oauth/token", {"grant_type": "client_credentials"}),
        ("/oauth/revoke", {"token": "x"}),
    ):
        assert_refused(orders.web.post(path, **form(**who, **fields)), "invalid_client", 401)
    assert_refused(orders.ask("x", client_id="0" * 32), "invalid_client", 401)
    assert_refused(orders.ask("x", client_secret=orders.secret), "invalid_request")
    with scope(tenant=acme):
        ApiSecret.objects.get().remove(by=OPERATOR)
    assert_refused(orders.ask("x"), "invalid_client", 401)


@pytest.mark.spec("RFC 9701", "5")
def test_who_accepts_it_gets_a_signed_answer(
    caller: Application, orders: Gateway, bobs: Browser, acme: Tenant
):
    token = caller.tokens(bobs, scope="read", resource=ORDERS)["access_token"]
    for sent, active in ((token, True), ("x", False)):
        response = orders.ask(sent, accept="application/token-introspection+jwt")
        assert response["Content-Type"] == "application/token-introspection+jwt"
        text = response.content.decode()
        header, _ = decoded(text)
        assert (header["typ"], header["alg"]) == ("token-introspection+jwt", "ES256")
        key = key_of(acme).public_key
        claims = jwt.decode(text, key, algorithms=["ES256"], audience=ORDERS, issuer=acme.issuer)
        assert claims["token_introspection"]["active"] is active
        assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
    own = caller.post("/oauth/introspect", {"token": token}, {})
    assert own.json()["active"]
