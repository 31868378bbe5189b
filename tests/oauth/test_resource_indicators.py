"""`resource` (RFC 8707): which API a token is for, and what it carries, in every grant (P10)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries

from console.models import Actor, Api, Client, Connection, Event, Tenant, TokenFamily, User
from console.policy.apis import ApiScope
from console.policy.registration_problems import InvalidRegistration
from tests import cast
from tests.cast import OPERATOR, ORDERS
from tests.oauth.driver import Application, asks_for_consent
from tests.oauth.outcomes import JSON, assert_refused, me
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 8707", "2")]
STOCK = "urn:example:stock"
PROTOCOL = ["openid", "profile", "email", "offline_access"]


def at(identifier: str, *names: str) -> list[str]:
    return [f"{identifier}#{name}" for name in names]


@pytest.fixture
def orders(acme: Tenant) -> Api:
    return cast.register_api(acme, lifetime=300)[0]


@pytest.fixture
def stock(acme: Tenant) -> Api:
    return cast.register_api(acme, STOCK, name="Stock", scopes=["read"], algorithm="RS256")[0]


@pytest.fixture
def app(acme: Tenant, orders: Api, stock: Api) -> Application:
    """A client with scopes of the catalogue, and of both APIs."""
    held = [*PROTOCOL, "apps:read", *at(ORDERS, "read", "write"), *at(STOCK, "read")]
    return Application(*cast.register(acme, allowed_scopes=held))


@pytest.fixture
def machine(acme: Tenant, orders: Api, stock: Api) -> Application:
    held = ["apps:read", *at(ORDERS, "read", "write"), *at(STOCK, "read")]
    return Application(
        *cast.register(
            acme,
            redirect_uris=[],
            allowed_scopes=held,
            grant_types=["client_credentials", "urn:qlik:oauth:user-impersonation"],
        )
    )


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


def ask(machine: Application, **changes: Any) -> Any:
    return machine.token(grant_type="client_credentials", **changes)


def carried(response: Any) -> tuple[Any, str]:
    """Audience and scopes of a token, which the answer must name too."""
    tokens = response if isinstance(response, dict) else response.json()
    assert "access_token" in tokens, tokens
    _, claims = decoded(tokens["access_token"])
    assert set(claims["scope"].split()) == set(tokens["scope"].split())
    assert claims["exp"] - claims["iat"] == tokens["expires_in"]
    return claims["aud"], " ".join(sorted(tokens["scope"].split()))


def last_reason(tenant: Tenant) -> str:
    with scope(tenant=tenant):
        event = Event.newest_first().first()
    assert event is not None
    return str(event.details.get("reason"))


# --- In a person's browser ------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8707", "2.1")
def test_a_token_is_for_the_resource_that_was_asked_for(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope="openid read", resource=ORDERS)
    assert carried(tokens) == (ORDERS, "openid read")
    assert tokens["expires_in"] == 300
    header, claims = decoded(tokens["access_token"])
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    assert claims["iss"] == app.tenant.issuer
    assert "id_token" in tokens


def test_an_api_says_how_its_tokens_are_signed(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope="read", resource=STOCK)
    assert carried(tokens) == (STOCK, "read")
    assert decoded(tokens["access_token"])[0]["alg"] == "RS256"
    assert tokens["expires_in"] == 3600


def test_a_qualified_name_is_a_scope_too(app: Application, bobs: Browser):
    assert carried(app.tokens(bobs, scope=f"openid {ORDERS}#write")) == (ORDERS, "openid write")


def test_without_resource_a_bare_name_is_of_the_catalogue(app: Application, bobs: Browser):
    assert carried(app.tokens(bobs, scope="openid apps:read")) == (app.tenant.issuer, "apps:read openid")
    assert app.answered(bobs, scope="delete")["error"] == "invalid_scope"


def test_the_issuer_is_a_resource(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope="openid apps:read read", resource=app.tenant.issuer)
    assert carried(tokens) == (app.tenant.issuer, "apps:read openid")
    assert app.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(
    "resource",
    [
        "https://mcp.example.com/mcp",
        "https://globex.localhost:8000",
        f"{ORDERS}#read",
        f"{ORDERS}/",
        "orders",
        "\0",
        [ORDERS, "https://mcp.example.com/mcp"],
        [f"urn:x:{number}" for number in range(21)],
    ],
)
def test_an_unknown_resource_is_an_error_and_never_another_audience(
    app: Application, bobs: Browser, acme: Tenant, resource: str
):
    answered = app.answered(bobs, scope="openid read", resource=resource)
    assert answered["error"] == "invalid_target"
    assert "code" not in answered
    assert answered["iss"] == acme.issuer
    assert last_reason(acme) in {"resource_unknown", "resource_malformed"}


def test_an_api_of_which_the_client_has_nothing_is_no_resource_for_it(
    acme: Tenant, orders: Api, bobs: Browser, register: Any
):
    app = Application(*register(acme))
    assert app.answered(bobs, scope="openid", resource=ORDERS)["error"] == "invalid_target"


@pytest.mark.parametrize("requested", ["apps:read", "purge", f"{STOCK}#read"])
def test_scopes_that_are_not_of_the_resource_are_an_error(app: Application, bobs: Browser, requested: str):
    assert app.answered(bobs, scope=requested, resource=ORDERS)["error"] == "invalid_scope"


def test_an_application_that_knows_no_scope_of_an_api_gets_a_token_for_it_all_the_same(
    app: Application, bobs: Browser, acme: Tenant, orders: Api
):
    """Programs ask for what metadata offers, and name the API with resource."""
    asked = {"scope": "openid offline_access user_default", "resource": ORDERS}
    page = app.authorize(bobs, **asked)
    assert asks_for_consent(page)
    assert "API “Orders”" in page.content.decode()
    tokens = app.exchange(app.allow(bobs, page)["code"]).json()
    assert carried(tokens) == (ORDERS, "offline_access openid")
    assert app.introspect(tokens["access_token"]).json()["active"]
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert carried(app.refresh(tokens["refresh_token"])) == (ORDERS, "offline_access openid")
    assert not asks_for_consent(app.authorize(bobs, **asked))
    assert asks_for_consent(app.authorize(bobs, scope="openid read", resource=ORDERS))
    with scope(tenant=acme):
        Client.objects.get(client_id=app.client_id).edit(
            by=OPERATOR, allowed_scopes=["openid", "offline_access"]
        )
    assert app.introspect(tokens["access_token"]).json() == {"active": False}
    assert app.answered(bobs, **asked)["error"] == "invalid_target"


def test_each_of_several_resources_is_granted(app: Application, bobs: Browser):
    asked = {"scope": "openid offline_access write", "resource": [ORDERS, STOCK]}
    first = app.exchange(app.code(bobs, **asked), resource=STOCK)
    assert carried(first) == (STOCK, "offline_access openid")
    assert carried(app.refresh(first.json()["refresh_token"], resource=ORDERS)) == (
        ORDERS,
        "offline_access openid write",
    )


def test_without_scope_the_client_gets_what_it_has_there(acme: Tenant, bobs: Browser, register: Any):
    purge = ApiScope(name="purge", text="Purge", by_name=True)
    cast.register_api(acme, scopes=["read", "write", purge])
    held = [*PROTOCOL, "apps:read", *at(ORDERS, "read", "write", "purge")]
    app = Application(*register(acme, allowed_scopes=held))
    assert carried(app.tokens(bobs, scope=None, resource=ORDERS)) == (ORDERS, "read write")
    only = Application(*register(acme, allowed_scopes=at(ORDERS, "purge")))
    assert carried(only.tokens(bobs, scope=None, resource=ORDERS)) == (ORDERS, "")
    assert carried(app.tokens(bobs, scope="read purge", resource=ORDERS)) == (ORDERS, "purge read")


@pytest.mark.spec("RFC 8707", "2.1")
def test_several_resources_are_chosen_from_at_the_token_endpoint(
    app: Application, bobs: Browser, acme: Tenant
):
    asked = {"scope": "openid offline_access read write apps:read", "resource": [ORDERS, STOCK]}
    missing = assert_refused(app.exchange(app.code(bobs, **asked)), "invalid_target")
    assert "resource" in missing["error_description"]
    assert last_reason(acme) == "resource_missing"

    code = app.code(bobs, **asked)
    assert_refused(app.exchange(code, resource=[ORDERS, STOCK]), "invalid_target")
    assert_refused(app.exchange(code, resource="urn:example:other"), "invalid_target")
    assert last_reason(acme) == "resource_not_granted"
    first = app.exchange(code, resource=ORDERS)  # what was refused has not used the code up
    assert carried(first) == (ORDERS, "offline_access openid read write")

    second = app.refresh(first.json()["refresh_token"], resource=STOCK)
    assert carried(second) == (STOCK, "offline_access openid read")
    third = app.refresh(second.json()["refresh_token"], resource=ORDERS, scope="read")
    assert carried(third) == (ORDERS, "read")
    fourth = app.refresh(third.json()["refresh_token"], scope=f"{STOCK}#read")
    assert carried(fourth) == (STOCK, "read")
    refused = app.refresh(fourth.json()["refresh_token"], resource=STOCK, scope="write")
    assert_refused(refused, "invalid_scope")


def test_without_resource_the_catalogue_is_first_among_several(app: Application, bobs: Browser):
    asked = f"openid offline_access apps:read {ORDERS}#read"
    first = app.tokens(bobs, scope=asked)
    assert carried(first) == (app.tenant.issuer, "apps:read offline_access openid")
    second = app.refresh(first["refresh_token"], resource=ORDERS)
    assert carried(second) == (ORDERS, "offline_access openid read")


@pytest.mark.spec("RFC 8707", "2.2")
def test_a_token_request_cannot_reach_beyond_what_was_granted(app: Application, bobs: Browser):
    code = app.code(bobs, scope="openid read", resource=ORDERS)
    assert_refused(app.exchange(code, resource=STOCK), "invalid_target")
    assert carried(app.exchange(code)) == (ORDERS, "openid read")


def test_a_refresh_names_the_scopes_of_its_only_api_as_they_came(app: Application, bobs: Browser):
    first = app.tokens(bobs, scope="openid offline_access read write", resource=ORDERS)
    second = app.refresh(first["refresh_token"], scope="openid offline_access read")
    assert carried(second) == (ORDERS, "offline_access openid read")
    third = app.refresh(second.json()["refresh_token"])
    assert carried(third) == (ORDERS, "offline_access openid read write")
    assert_refused(app.refresh(third.json()["refresh_token"], scope="purge"), "invalid_scope")


def test_the_family_lives_as_long_as_its_longest_token(app: Application, bobs: Browser, acme: Tenant):
    app.tokens(bobs, scope="read", resource=ORDERS)
    with scope(tenant=acme):
        family = TokenFamily.objects.get()
    assert family.scope == f"{ORDERS}#read"
    assert (family.access_expires_at - family.began_at).total_seconds() == pytest.approx(300, abs=5)


def test_consent_is_asked_for_each_api_of_its_own(app: Application, bobs: Browser):
    app.tokens(bobs, scope="read", resource=ORDERS)
    assert not asks_for_consent(app.authorize(bobs, scope="read", resource=ORDERS))
    assert asks_for_consent(app.authorize(bobs, scope="read", resource=STOCK))
    assert asks_for_consent(app.authorize(bobs, scope="write", resource=ORDERS))


# --- Scopes for administrators --------------------------------------------------------------------------------------


@pytest.fixture
def administrators_app(acme: Tenant) -> Application:
    purge = ApiScope(name="purge", text="Purge", admin=True)
    cast.register_api(acme, scopes=["read", purge])
    held = [*PROTOCOL, *at(ORDERS, "read", "purge")]
    return Application(*cast.register(acme, allowed_scopes=held))


def test_a_scope_for_administrators_is_left_out_for_others(
    administrators_app: Application, browser: Callable[[User], Browser], alice: User, bob: User
):
    app, asked = administrators_app, {"scope": "openid read purge", "resource": ORDERS}
    assert carried(app.tokens(browser(bob), **asked)) == (ORDERS, "openid read")
    assert carried(app.tokens(browser(alice), **asked)) == (ORDERS, "openid purge read")
    assert app.answered(browser(bob), scope="purge", resource=ORDERS)["error"] == "invalid_scope"


def test_who_is_no_administrator_any_more_loses_it_with_the_next_token(
    administrators_app: Application, browser: Callable[[User], Browser], alice: User, acme: Tenant
):
    cast.join(acme, "anders", "administrator")
    app, alices = administrators_app, browser(alice)
    asked = {"scope": "openid offline_access read purge", "resource": ORDERS}
    tokens = app.tokens(alices, **asked)
    code = app.code(alices, **asked)
    assert app.introspect(tokens["access_token"]).json()["active"]
    with scope(tenant=acme):
        alice.change_role("user", by=OPERATOR)
    assert app.introspect(tokens["access_token"]).json() == {"active": False}
    assert carried(app.exchange(code)) == (ORDERS, "offline_access openid read")
    refreshed = app.refresh(tokens["refresh_token"])
    assert carried(refreshed) == (ORDERS, "offline_access openid read")
    assert app.introspect(refreshed.json()["access_token"]).json()["active"]


# --- Machines -------------------------------------------------------------------------------------------------------


def test_a_machine_gets_a_token_for_the_resource_that_it_names(machine: Application, acme: Tenant):
    assert carried(ask(machine, resource=ORDERS)) == (ORDERS, "read write")
    assert carried(ask(machine, resource=ORDERS, scope="read")) == (ORDERS, "read")
    assert carried(ask(machine, resource=ORDERS, scope=f"{ORDERS}#write")) == (ORDERS, "write")
    assert carried(ask(machine, scope=f"{ORDERS}#write")) == (ORDERS, "write")
    assert carried(ask(machine, resource=STOCK)) == (STOCK, "read")
    assert carried(ask(machine)) == (acme.issuer, "apps:read")
    assert carried(ask(machine, resource=acme.issuer)) == (acme.issuer, "apps:read")
    assert ask(machine, resource=ORDERS).json()["expires_in"] == 300
    assert ask(machine, resource=[ORDERS, ORDERS]).status_code == 200


def test_a_machines_token_for_an_api_costs_one_statement(
    machine: Application, django_assert_num_queries: DjangoAssertNumQueries
):
    ask(machine, resource=ORDERS)  # notes the use, which is done once a minute
    with django_assert_num_queries(1):
        assert carried(ask(machine, resource=ORDERS)) == (ORDERS, "read write")


def test_a_machine_is_refused_what_it_does_not_have(machine: Application, acme: Tenant):
    for resource in ("urn:example:other", "https://globex.localhost:8000", [ORDERS, STOCK], "orders"):
        assert_refused(ask(machine, resource=resource), "invalid_target")
    for asked in ("purge", f"{STOCK}#read", "apps:read", "#read", "read read2"):
        assert_refused(ask(machine, resource=ORDERS, scope=asked), "invalid_scope")
    several = f"{ORDERS}#read {STOCK}#read"
    assert_refused(ask(machine, scope=several), "invalid_target")
    assert last_reason(acme) == "resource_missing"
    assert_refused(ask(machine, scope=f"apps:read {STOCK}#read"), "invalid_target")
    assert_refused(ask(machine, scope="read"), "invalid_target")


def test_resource_is_read_from_json(machine: Application):
    def sent(resource: Any) -> Any:
        body = {
            "grant_type": "client_credentials",
            "client_id": machine.client_id,
            "client_secret": machine.secret,
            "resource": resource,
        }
        return machine.web.post("/oauth/token", json.dumps(body), content_type=JSON)

    for right in (ORDERS, [ORDERS]):
        assert carried(sent(right)) == (ORDERS, "read write")
        assert sent(right).json()["expires_at"]
    assert_refused(sent([ORDERS, STOCK]), "invalid_target")
    for wrong in (7, [7], {"a": ORDERS}, True):
        assert_refused(sent(wrong), "invalid_request")
    assert_refused(sent("a\0"), "invalid_request")
    assert carried(sent([])) == carried(ask(machine))


def test_a_machine_that_acts_as_a_person_gets_one_too(machine: Application, bob: User, acme: Tenant):
    def impersonate(**changes: Any) -> Any:
        lookup = json.dumps({"field": "subject", "value": bob.email})
        return machine.token(grant_type="urn:qlik:oauth:user-impersonation", user_lookup=lookup, **changes)

    response = impersonate(resource=ORDERS, scope="read")
    assert carried(response) == (ORDERS, "read")
    assert decoded(response.json()["access_token"])[1]["sub"] == str(bob.pk)
    assert machine.introspect(response.json()["access_token"]).json()["active"]
    with scope(tenant=acme):
        assert TokenFamily.objects.get().scope == f"{ORDERS}#read"
    assert_refused(impersonate(resource="urn:x:y"), "invalid_target")
    assert_refused(impersonate(resource=ORDERS, scope="purge"), "invalid_scope")
    assert carried(impersonate(resource=acme.issuer)) == (acme.issuer, "apps:read")


def test_a_machine_has_the_scopes_for_administrators(acme: Tenant):
    cast.register_api(acme, scopes=[ApiScope(name="purge", text="Purge", admin=True)])
    held = at(ORDERS, "purge")
    app = Application(
        *cast.register(acme, redirect_uris=[], grant_types=["client_credentials"], allowed_scopes=held)
    )
    response = ask(app)
    assert carried(response) == (ORDERS, "purge")
    assert app.introspect(response.json()["access_token"]).json()["active"]


# --- What a token for an API is good for, and for how long ------------------------------------------------------------


@pytest.mark.spec("RFC 9068", "4")
def test_a_token_for_an_api_is_nothing_here(app: Application, bobs: Browser, acme: Tenant):
    token = app.tokens(bobs, scope="openid read", resource=ORDERS)["access_token"]
    assert app.userinfo(token).status_code == 401
    assert last_reason(acme) == "access_token_for_an_api"
    assert me(app, token).status_code == 401
    told = app.introspect(token).json()
    assert (told["active"], told["aud"], told["scope"]) == (True, ORDERS, "openid read")


def test_a_scope_of_an_api_that_is_called_like_one_of_the_catalogue_gives_nothing_here(
    acme: Tenant, bobs: Browser
):
    cast.register_api(acme, scopes=["admin_classic", "user_default", "identity.email:read"])
    held = ["openid", *at(ORDERS, "admin_classic", "identity.email:read")]
    app = Application(*cast.register(acme, allowed_scopes=held))
    token = app.tokens(bobs, scope="openid admin_classic identity.email:read", resource=ORDERS)[
        "access_token"
    ]
    assert me(app, token).status_code == 401
    assert "username" not in app.introspect(token).json()
    tokens = app.tokens(bobs, scope="admin_classic")  # of the one API that has it, and not the catalogue's
    assert carried(tokens) == (ORDERS, "admin_classic")
    assert me(app, tokens["access_token"]).status_code == 401


def test_it_can_be_revoked(app: Application, bobs: Browser):
    token = app.tokens(bobs, scope="read", resource=STOCK)["access_token"]
    assert app.revoke(token).status_code == 200
    assert app.introspect(token).json() == {"active": False}


@pytest.mark.parametrize("act", ["scope", "api"])
def test_what_was_granted_of_what_is_removed_gives_nothing(
    app: Application, machine: Application, bobs: Browser, acme: Tenant, orders: Api, act: str
):
    asked = {"scope": "offline_access write read", "resource": [ORDERS, STOCK]}
    code, other = app.code(bobs, **asked), app.code(bobs, **asked)
    tokens = app.exchange(code, resource=ORDERS).json()
    own = ask(machine, resource=ORDERS).json()["access_token"]
    with scope(tenant=acme):
        if act == "api":
            orders.remove(by=OPERATOR)
        else:
            orders.edit(by=OPERATOR, scopes=[ApiScope(name="read", text="Read")])
    for asking, token in ((app, tokens["access_token"]), (machine, own)):
        assert asking.introspect(token).json() == {"active": False}
    if act == "api":
        assert_refused(app.exchange(other, resource=ORDERS), "invalid_target")
        assert carried(app.exchange(other)) == (STOCK, "offline_access read")
        assert_refused(ask(machine, resource=ORDERS), "invalid_target")
        assert app.answered(bobs, scope="read", resource=ORDERS)["error"] == "invalid_target"
    else:
        assert carried(app.exchange(other, resource=ORDERS)) == (ORDERS, "offline_access read")
        assert carried(app.refresh(tokens["refresh_token"], resource=ORDERS)) == (
            ORDERS,
            "offline_access read",
        )
        assert carried(ask(machine, resource=ORDERS)) == (ORDERS, "read")
        assert_refused(ask(machine, resource=ORDERS, scope="write"), "invalid_scope")


def test_nothing_is_left_of_a_grant_of_one_api_alone(
    app: Application, bobs: Browser, acme: Tenant, orders: Api
):
    tokens = app.tokens(bobs, scope="openid offline_access read", resource=ORDERS)
    alone = app.tokens(bobs, scope="offline_access read", resource=ORDERS)["refresh_token"]
    code = app.code(bobs, scope="read", resource=ORDERS)
    told = app.introspect(tokens["refresh_token"]).json()
    assert told["scope"] == f"openid offline_access {ORDERS}#read"
    with scope(tenant=acme):
        orders.remove(by=OPERATOR)
    assert app.introspect(tokens["refresh_token"]).json()["scope"] == "openid offline_access"
    assert app.introspect(alone).json()["scope"] == "offline_access"
    assert_refused(app.exchange(code), "invalid_grant")
    refreshed = app.refresh(tokens["refresh_token"])  # the scopes that belong to no API are still granted
    assert carried(refreshed) == (acme.issuer, "offline_access openid")


# --- Tenants --------------------------------------------------------------------------------------------------------


def test_an_api_that_is_not_published_is_nothing_in_another_tenant(
    globex: Tenant, orders: Api, register: Any, mallory: User, browser: Callable[[User], Browser]
):
    with pytest.raises(InvalidRegistration) as refused:
        register(globex, allowed_scopes=at(ORDERS, "read"))
    assert [problem.code for problem in refused.value.problems["allowed_scopes"]] == ["unknown_scope"]
    app = Application(*register(globex))
    answered = app.answered(browser(mallory), scope="openid read", resource=ORDERS)
    unknown = app.answered(browser(mallory), scope="openid read", resource="https://nobody.example")
    assert (answered["error"], answered["error_description"]) == (
        "invalid_target",
        unknown["error_description"],
    )


def test_a_published_api_is_there_for_clients_of_every_tenant_while_it_is_published(
    acme: Tenant, globex: Tenant, orders: Api, register: Any
):
    with scope(tenant=acme):
        orders.publish(by=OPERATOR)
    held = at(ORDERS, "read")
    app = Application(
        *register(globex, redirect_uris=[], grant_types=["client_credentials"], allowed_scopes=held)
    )
    response = ask(app, resource=ORDERS)
    assert carried(response) == (ORDERS, "read")
    assert decoded(response.json()["access_token"])[1]["iss"] == globex.issuer
    assert app.introspect(response.json()["access_token"]).json()["active"]
    with scope(tenant=acme):
        orders.unpublish(by=OPERATOR)
    assert app.introspect(response.json()["access_token"]).json() == {"active": False}
    assert_refused(ask(app, resource=ORDERS), "invalid_target")


def test_a_published_client_offers_the_scopes_of_published_apis_only(
    acme: Tenant, globex: Tenant, orders: Api, gustav: User, mallory: User, browser: Callable[[User], Browser]
):
    held = ["openid", *at(ORDERS, "read")]
    client, secret = cast.register(acme, allowed_scopes=held)
    answer = _publish_by_api(client, acme)
    assert (answer.status_code, ORDERS in answer.json()["errors"][0]["detail"]) == (400, True)

    with scope(tenant=acme):
        orders.publish(by=OPERATOR)
    cast.connect(client, globex)
    app = Application(client, secret, tenant=globex)
    tokens = app.tokens(browser(gustav), scope="openid read", resource=ORDERS)
    assert carried(tokens) == (ORDERS, "openid read")
    with scope(tenant=acme):
        orders.unpublish(by=OPERATOR)
        stored = Client.objects.get(pk=client.pk)
        cast.register_api(acme, STOCK, scopes=["read"])
        with pytest.raises(InvalidRegistration) as refused:
            stored.edit(by=OPERATOR, allowed_scopes=[*held, *at(STOCK, "read")])
        assert [each.code for each in refused.value.problems["allowed_scopes"]] == ["unpublished_api"]
        stored.edit(by=OPERATOR, allowed_scopes=held, description="x")  # what it has it may keep
    assert app.introspect(tokens["access_token"]).json() == {"active": False}
    assert app.answered(browser(gustav), scope="read", resource=ORDERS)["error"] == "invalid_target"


def _publish_by_api(client: Client, tenant: Tenant) -> Any:
    by = Application(
        *cast.register(
            tenant, redirect_uris=[], grant_types=["client_credentials"], allowed_scopes=["admin_classic"]
        )
    )
    token = ask(by).json()["access_token"]
    return by.web.post(
        f"/api/v1/oauth-clients/{client.client_id}/actions/publish",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_an_identifier_that_became_the_issuer_of_its_tenant_gives_no_token_for_it(
    app: Application, bobs: Browser, acme: Tenant
):
    """Its tokens would be tokens for the server itself, with scopes that its owner has named."""
    cast.register_api(acme, "https://new.example.com", scopes=["admin_classic"])
    held = ["openid", *at("https://new.example.com", "admin_classic")]
    client, secret = cast.register(acme, allowed_scopes=held)
    acme.add_host("new.example.com", by=OPERATOR)
    moved = Application(client, secret, tenant=acme)
    moved.tenant.issuer = "https://new.example.com"
    moved.web.defaults["HTTP_HOST"] = "new.example.com"
    bobs.defaults["HTTP_HOST"] = "new.example.com"
    asked = "openid https://new.example.com#admin_classic"
    tokens = moved.exchange(moved.code(bobs, scope=asked))
    assert carried(tokens) == ("https://new.example.com", "openid")
    named = moved.answered(bobs, scope=asked, resource="https://new.example.com")
    assert carried(moved.exchange(named["code"])) == ("https://new.example.com", "openid")


def test_a_connection_that_allows_less_takes_scopes_of_apis_away(
    acme: Tenant, globex: Tenant, gustav: User, browser: Callable[[User], Browser]
):
    cast.register_api(acme, published=True)
    client, secret = cast.register(acme, allowed_scopes=["openid", *at(ORDERS, "read", "write")])
    connection = cast.connect(client, globex)
    app = Application(client, secret, tenant=globex)
    tokens = app.tokens(browser(gustav), scope="openid read write", resource=ORDERS)
    assert carried(tokens) == (ORDERS, "openid read write")
    with scope(tenant=globex):
        Connection.objects.get(pk=connection.pk).reduce_scopes(["openid", f"{ORDERS}#read"], by=Actor())
    assert app.introspect(tokens["access_token"]).json() == {"active": False}
    again = app.tokens(browser(gustav), scope="openid read write", resource=ORDERS)
    assert carried(again) == (ORDERS, "openid read")


def test_a_receipt_says_how_long_a_token_for_an_api_may_be_accepted_elsewhere(
    machine: Application, acme: Tenant
):
    with scope(tenant=acme):
        Api.objects.get(identifier=STOCK).edit(by=OPERATOR, lifetime=7 * 24 * 3600)
        ask(machine, resource=STOCK)
        receipt = Client.objects.get(client_id=machine.client_id).disable(by=OPERATOR)
    assert receipt is not None
    assert receipt.accepted_until is not None
    assert receipt.accepted_until > datetime.now(UTC) + timedelta(days=6)


# --- A bare name without `resource`, which many libraries cannot send ------------------------------------------------


def test_a_bare_name_is_of_the_one_api_that_has_it(app: Application, bobs: Browser):
    assert carried(app.tokens(bobs, scope="openid write")) == (ORDERS, "openid write")


def test_a_bare_name_that_the_catalogue_has_is_of_the_catalogue(acme: Tenant, bobs: Browser):
    cast.register_api(acme, STOCK, scopes=["apps:read"])
    client = cast.register(acme, allowed_scopes=["apps:read", *at(STOCK, "apps:read")])
    assert carried(Application(*client).tokens(bobs, scope="apps:read")) == (acme.issuer, "apps:read")


def test_a_bare_name_of_several_apis_is_granted_at_each_and_the_token_request_chooses(
    app: Application, bobs: Browser, acme: Tenant
):
    assert_refused(app.exchange(app.code(bobs, scope="read")), "invalid_target")
    assert last_reason(acme) == "resource_missing"
    for identifier in (ORDERS, STOCK):
        assert carried(app.exchange(app.code(bobs, scope="read"), resource=identifier)) == (
            identifier,
            "read",
        )


def test_a_machine_names_no_resource_where_one_api_alone_has_the_scope(machine: Application):
    assert carried(ask(machine, scope="write")) == (ORDERS, "write")
    assert_refused(ask(machine, scope="read"), "invalid_target")
    assert_refused(ask(machine, scope="delete"), "invalid_scope")
