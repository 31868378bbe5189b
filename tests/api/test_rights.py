"""Who may call which operation of the REST API: every role on every route (house habit 4, TN-01, RFC 6750 §3.1)."""

from typing import Any

import pytest
from django.db import OperationalError
from django_scopes import scope

from console.api.urls import RESOURCES
from console.models import Client, Event, Tenant, User
from tests import cast
from tests.api.caller import REQUESTS, Api, assert_problem, client_path, config_of, patch_of, request_path
from tests.cast import ask, publish
from tests.kept import kept
from tests.oauth.driver import Application
from tests.test_access import stated

pytestmark = pytest.mark.django_db

READS = {
    "config": ("GET", lambda place: config_of(place["theirs"]), None),
    "requests": ("GET", lambda place: REQUESTS, None),
    "request": ("GET", lambda place: request_path(place["wish"]), None),
}
CHANGES = {
    "change": ("PATCH", lambda place: config_of(place["theirs"]), patch_of(consentMethod="trusted")),
    "remove": ("DELETE", lambda place: config_of(place["theirs"]), None),
    "publish": ("POST", lambda place: client_path(place["ours"], "actions/publish"), None),
    "unpublish": (
        "POST",
        lambda place: client_path(place["shared"], "actions/unpublish"),
        {"connected": "end"},
    ),
    "approve": ("POST", lambda place: request_path(place["wish"], "approve"), {"consentMethod": "required"}),
    "deny": ("POST", lambda place: request_path(place["wish"], "deny"), {"answer": "No."}),
}
ROUTES = READS | CHANGES
every_route = pytest.mark.parametrize("route", ROUTES)
every_change = pytest.mark.parametrize("route", CHANGES)


@kept
def place(acme: Tenant, globex: Tenant, alice: User, bob: User) -> dict[str, Any]:
    """One of everything that a route can be about, in acme."""
    theirs = publish(globex, name="Report portal")
    cast.connect(theirs, acme, by=alice)
    return {
        "theirs": theirs,
        "ours": cast.register(acme)[0],
        "shared": publish(acme, name="Shared"),
        "wish": ask(bob, publish(globex)),
    }


def call(api: Api, route: str, place: dict[str, Any]) -> Any:
    method, path, body = ROUTES[route]
    return api.call(method, path(place), body)


def happened() -> int:
    return Event._base_manager.exclude(
        action__in=["tokens.issued", "client.created", "session.started", "api.refused"]
    ).count()


def test_every_operation_of_an_address_states_a_right() -> None:
    assert len(RESOURCES) == 8
    for address in RESOURCES:
        for method, rights in vars(address.callback)["rights"].items():
            assert rights or address.name == "api_users_me", (address.name, method)
            assert method in stated(address)


@every_route
def test_an_administrator_may(route: str, place: dict[str, Any], alice: User):
    assert call(Api.of(alice), route, place).status_code in {200, 201, 204}


@every_route
def test_the_bot_of_a_machine_with_the_scope_may(route: str, place: dict[str, Any], acme: Tenant):
    assert call(Api.bot(acme), route, place).status_code in {200, 201, 204}


@every_route
def test_without_a_token_nobody_may(route: str, place: dict[str, Any], acme: Tenant, alice: User):
    before = happened()
    for api in (Api(acme), Api(acme, "x")):
        answer = call(api, route, place)
        assert_problem(answer, 401, "Invalid or missing bearer token")
        assert answer["WWW-Authenticate"].startswith('Bearer realm="api"')
    session = Api(acme)
    session.web = cast.signed_in_as(alice)
    assert_problem(call(session, route, place), 401)
    assert happened() == before


@every_route
def test_a_token_that_was_taken_back_is_none(route: str, place: dict[str, Any], alice: User):
    api = Api.of(alice)
    assert api.client is not None
    with scope(tenant=api.tenant):
        api.client.disable(by=cast.OPERATOR)
    answer = call(api, route, place)
    assert_problem(answer, 401)
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@every_route
def test_a_person_who_was_suspended_is_none(route: str, place: dict[str, Any], alice: User):
    api = Api.of(alice)
    User._base_manager.filter(pk=alice.pk).update(is_active=False)
    assert_problem(call(api, route, place), 401)


@every_route
def test_an_administrator_of_another_tenant_is_none_here(
    route: str, place: dict[str, Any], acme: Tenant, mallory: User
):
    assert_problem(call(Api(acme, Api.of(mallory).token), route, place), 401)


@pytest.mark.parametrize("route", READS)
def test_an_auditor_may_read(route: str, place: dict[str, Any], carol: User):
    assert call(Api.of(carol), route, place).status_code == 200


@every_change
@pytest.mark.parametrize("who", ["carol", "bob"])
def test_nobody_but_an_administrator_changes_anything(
    route: str, who: str, place: dict[str, Any], request: pytest.FixtureRequest
):
    api = Api.of(request.getfixturevalue(who))
    before = happened()
    answer = call(api, route, place)
    assert_problem(answer, 403, "Your role")
    assert "WWW-Authenticate" not in answer
    assert happened() == before


def test_a_user_does_not_read_a_connection(place: dict[str, Any], bob: User):
    assert_problem(call(Api.of(bob), "config", place), 403, "Your role")


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize("route", [*CHANGES, "config"])
@pytest.mark.parametrize("granted", ["user_default", "admin.auth-settings admin.users", "openid profile"])
def test_an_administrator_without_the_scope_may_not(
    route: str, granted: str, place: dict[str, Any], alice: User
):
    answer = call(Api.of(alice, granted), route, place)
    assert_problem(answer, 403, "needs the scope admin_classic")
    challenge = answer["WWW-Authenticate"]
    assert challenge == 'Bearer realm="api", error="insufficient_scope", scope="admin_classic"'


@every_route
def test_a_bot_without_the_scope_may_not(route: str, place: dict[str, Any], acme: Tenant):
    answer = call(Api.bot(acme, "user_default"), route, place)
    assert_problem(answer, 403)
    assert 'error="insufficient_scope", scope="admin_classic"' in answer["WWW-Authenticate"]


@every_route
def test_a_person_impersonated_by_a_machine_has_that_persons_rights(
    route: str, place: dict[str, Any], acme: Tenant, bob: User
):
    client, secret = cast.register(
        acme, grant_types=["urn:qlik:oauth:user-impersonation"], allowed_scopes=["admin_classic"],
        consent_method="trusted",
    )  # fmt: skip
    got = Application(client, secret).web.post(
        "/oauth/token",
        {
            "grant_type": "urn:qlik:oauth:user-impersonation",
            "client_id": client.client_id,
            "client_secret": secret,
            "scope": "admin_classic",
            "user_lookup": {"field": "userId", "value": str(bob.pk)},
        },
        content_type="application/json",
    )
    answer = call(Api(acme, got.json()["access_token"]), route, place)
    assert answer.status_code == (200 if route in {"requests", "request"} else 403)


@every_route
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_what_is_not_offered_says_what_is(route: str, method: str, place: dict[str, Any], acme: Tenant):
    path = ROUTES[route][1](place)
    offered = {verb for verb, each, _body in ROUTES.values() if each(place) == path}
    if method in offered:
        return
    answer = Api(acme).call(method, path)
    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) == offered | {"OPTIONS"} | (
        {"HEAD"} if "GET" in offered else set()
    )


@every_route
def test_a_page_of_an_allowed_origin_may_call(
    route: str, place: dict[str, Any], alice: User, spa_client: tuple[Client, str]
):
    api, origin = Api.of(alice), {"Origin": "https://spa.example.com"}
    method, path, body = ROUTES[route]
    asked = api.web.options(path(place), headers=origin)
    answer = api.call(method, path(place), body, **origin)
    evil = api.call(method, path(place), body, Origin="https://evil.example")

    assert method in asked["Access-Control-Allow-Methods"].split(", ")
    assert answer["Access-Control-Allow-Origin"] == origin["Origin"]
    assert not [name for name in evil.headers if name.startswith("Access-Control-")]


@every_route
def test_a_database_that_has_no_time_is_worth_a_retry(
    route: str, place: dict[str, Any], alice: User, monkeypatch: pytest.MonkeyPatch
):
    def locked(*_args: Any, **_kwargs: Any) -> Any:
        raise OperationalError("database is locked")

    api = Api.of(alice)
    monkeypatch.setattr("console.oauth.bearer_tokens.LiveToken.find", locked)
    answer = call(api, route, place)
    assert_problem(answer, 503)
    assert answer["Retry-After"] == "1"
