"""Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): used once, given to one client, ended in one piece."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.http.tenancy import Hosts
from console.models import Actor, Client, Connection, Consent, Event, KeyRing, RefreshToken, Tenant, User
from console.oauth.server import server
from tests.cast import connect, signed_in_as
from tests.oauth.driver import Application
from tests.oauth.outcomes import JSON, assert_refused, is_alive
from tests.oauth.signed import decoded
from tests.oauth.test_rfc6749_token import mangled

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "6")]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid email offline_access user_default"


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture(params=["web_client", "spa_client", "native_client"])
def any_app(request: pytest.FixtureRequest) -> Application:
    return Application(*request.getfixturevalue(request.param))


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


# --- Rotation -------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_rt01_every_use_gives_a_new_one(any_app: Application, bobs: Browser, bob: User):
    tokens = any_app.tokens(bobs, scope=SCOPE)
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        response = any_app.refresh(tokens["refresh_token"])
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        tokens = response.json()
        seen.add(tokens["refresh_token"])
        _, claims = decoded(tokens["access_token"])
        assert (claims["sub"], set(claims["scope"].split())) == (str(bob.pk), set(SCOPE.split()))
        assert claims["aud"] == any_app.tenant.issuer
        assert set(tokens["scope"].split()) == set(SCOPE.split())
        assert is_alive(any_app, tokens["access_token"])

    assert len(seen) == 4


@pytest.mark.usefixtures("_no_leeway")
@pytest.mark.spec("RFC 9700", "4.14.2")
def test_rt01_reuse_ends_the_whole_family(any_app: Application, bobs: Browser, in_acme: Tenant):
    first = any_app.tokens(bobs, scope=SCOPE)
    second = any_app.refresh(first["refresh_token"]).json()
    third = any_app.refresh(second["refresh_token"]).json()

    assert_refused(any_app.refresh(first["refresh_token"]), "invalid_grant")

    for tokens in (first, second, third):
        assert not is_alive(any_app, tokens["access_token"])
        assert_refused(any_app.refresh(tokens["refresh_token"]), "invalid_grant")
    assert Event.objects.get(action="tokens.reused").details["reason"] == "refresh_token_reused"


@pytest.mark.usefixtures("_no_leeway")
def test_rt01_another_sign_in_is_another_family(app: Application, bobs: Browser):
    one, other = app.tokens(bobs, scope=SCOPE), app.tokens(bobs, scope=SCOPE)
    app.refresh(one["refresh_token"])

    assert_refused(app.refresh(one["refresh_token"]), "invalid_grant")

    assert is_alive(app, other["access_token"])
    assert app.refresh(other["refresh_token"]).status_code == 200


def test_it_is_given_only_when_offline_access_was_asked_for_by_name(app: Application, bobs: Browser):
    assert "refresh_token" not in app.tokens(bobs, scope="openid user_default")
    assert "refresh_token" not in app.tokens(bobs, scope=None)


@pytest.mark.parametrize("way", mangled("qar_" + "x" * 49))
def test_cd08_it_refuses_one_that_is_not_quite_right(app: Application, bobs: Browser, way: str):
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]

    assert_refused(app.refresh(mangled(refresh_token)[way]), "invalid_grant")
    assert app.refresh(refresh_token).status_code == 200


def test_it_takes_no_other_value_of_its_own_for_one(app: Application, bobs: Browser, in_acme: Tenant):
    code = app.code(bobs, scope=SCOPE)
    tokens = app.tokens(bobs, scope=SCOPE)
    stored = RefreshToken.objects.get().token_checksum

    for value in (code, tokens["access_token"], tokens["id_token"], app.secret, stored):
        assert_refused(app.refresh(value), "invalid_grant")


# --- How Qlik's libraries ask (Q6) ----------------------------------------------------------------------------


def test_the_token_names_its_client(spa_client: ClientAndSecret, app: Application, bobs: Browser):
    public = Application(*spa_client)
    refresh_token = public.tokens(bobs, scope=SCOPE)["refresh_token"]

    assert public.refresh(refresh_token, client_id=None).status_code == 200

    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    sent = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_secret": app.secret}
    response = app.web.post("/oauth/token", json.dumps(sent), content_type=JSON)
    assert response.status_code == 200
    assert response.json()["refresh_token"]


def test_it_does_not_stand_in_for_the_secret_of_a_confidential_client(app: Application, bobs: Browser):
    """better-auth CVE-2026-53512: refresh without client authentication."""
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    for named in ({}, {"client_id": app.client_id}):
        sent = {"grant_type": "refresh_token", "refresh_token": refresh_token, **named}
        assert_refused(
            app.web.post("/oauth/token", json.dumps(sent), content_type=JSON), "invalid_client", 401
        )

    assert app.refresh(refresh_token).status_code == 200


# --- Who may not, any more ------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "10.4")
def test_rt03_it_is_worth_nothing_to_another_client_and_loses_nothing(
    app: Application, acme: Tenant, bobs: Browser, register: Callable[..., Any], spa_client: ClientAndSecret
):
    tokens = app.tokens(bobs, scope=SCOPE)
    used = tokens["refresh_token"]
    tokens = app.refresh(used).json()
    for other in (Application(*register(acme, name="Thief")), Application(*spa_client)):
        assert_refused(other.refresh(tokens["refresh_token"]), "invalid_grant")
        assert_refused(other.refresh(used), "invalid_grant")  # a stranger cannot end the family

    assert is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def disable_client(app: Application, client: Client, user: User) -> None:
    client.disable(by=Actor.operator())


def delete_client(app: Application, client: Client, user: User) -> None:
    client.remove(by=Actor.operator())


def deactivate_person(app: Application, client: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def withdraw_consent(app: Application, client: Client, user: User) -> None:
    consent = Consent.of(user, client)
    assert consent is not None
    consent.withdraw(by=Actor(user=user))


def block_connection(app: Application, client: Client, user: User) -> None:
    Connection.objects.filter(client=client).update(status=Connection.Status.BLOCKED)


def choose_another_password(app: Application, client: Client, user: User) -> None:
    user.choose_password("another long password", by=Actor(user=user))


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (disable_client, "invalid_client"),
        (delete_client, "invalid_client"),
        (block_connection, "invalid_client"),
        (deactivate_person, "invalid_grant"),
        (withdraw_consent, "invalid_grant"),
        (choose_another_password, "invalid_grant"),
    ],
)
def test_rt03_it_is_refused_at_once_when_access_has_ended(
    any_app: Application, bobs: Browser, bob: User, in_acme: Tenant, act: Callable[..., None], error: str
):
    refresh_token = any_app.tokens(bobs, scope=SCOPE)["refresh_token"]
    client = Client.objects.get(client_id=any_app.client_id)

    act(any_app, client, bob)

    assert_refused(any_app.refresh(refresh_token), error, 401 if error == "invalid_client" else 400)


def test_rt03_a_client_that_is_enabled_again_begins_anew(app: Application, bobs: Browser, in_acme: Tenant):
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    client = Client.objects.get(client_id=app.client_id)
    client.disable(by=Actor.operator())
    client.enable(by=Actor.operator())

    assert_refused(app.refresh(refresh_token), "invalid_grant")


@pytest.fixture
def abroad(web_client: ClientAndSecret, globex: Tenant) -> Application:
    """A published client of acme, used by globex."""
    client, secret = web_client
    connect(client, globex)
    return Application(client, secret, tenant=globex)


def test_rt03_it_is_refused_when_the_client_is_published_no_more(abroad: Application, gustav: User):
    tokens = abroad.tokens(signed_in_as(gustav), scope=SCOPE)
    assert is_alive(abroad, tokens["access_token"])

    Client.with_deleted_anywhere.update(published_at=None)

    assert_refused(abroad.refresh(tokens["refresh_token"]), "invalid_client", 401)
    assert not is_alive(abroad, tokens["access_token"])


def test_a_published_clients_codes_and_tokens_are_good_in_one_tenant_each(
    app: Application, abroad: Application, gustav: User, acme: Tenant, globex: Tenant
):
    """The client is the same and so is its secret: only the tenant differs."""
    browser = signed_in_as(gustav)
    code = abroad.code(browser, scope=SCOPE)
    tokens = abroad.tokens(browser, scope=SCOPE)

    assert_refused(app.exchange(code), "invalid_grant")
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")
    assert app.introspect(tokens["access_token"]).json() == {"active": False}
    assert app.introspect(tokens["refresh_token"]).json() == {"active": False}
    assert app.revoke(tokens["refresh_token"]).status_code == 200
    assert app.revoke(tokens["access_token"]).status_code == 200
    for tenant in (acme, globex):
        with scope(tenant=tenant):
            assert not Event.objects.filter(action__in=["tokens.reused", "tokens.revoked"]).exists()

    assert abroad.exchange(code).status_code == 200
    assert is_alive(abroad, tokens["access_token"])
    assert abroad.refresh(tokens["refresh_token"]).status_code == 200


# --- Scope ----------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "6")
@pytest.mark.parametrize(
    "wider", ["admin_classic", "openid profile", "user_default admin.apps", "unheard:of"]
)
def test_rt04_it_never_gives_more_than_was_granted(app: Application, bobs: Browser, wider: str):
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]

    assert_refused(app.refresh(refresh_token, scope=wider), "invalid_scope")
    assert app.refresh(refresh_token).status_code == 200


@pytest.mark.spec("RFC 6749", "6")
def test_rt04_asking_for_less_narrows_one_token_only(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope=SCOPE)

    narrow = app.refresh(tokens["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid"
    assert decoded(narrow["access_token"])[1]["scope"] == "openid"

    wide = app.refresh(narrow["refresh_token"]).json()
    assert set(wide["scope"].split()) == set(SCOPE.split())


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize("scope_", ['a"b', "a\\b", "ä", "x" * 9000, "a\nb\x7f", "a\tb\x01"])
def test_rt04_it_refuses_a_scope_that_none_may_be(app: Application, bobs: Browser, scope_: str):
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]

    assert_refused(app.refresh(refresh_token, scope=scope_), "invalid_scope")


def test_what_the_client_has_lost_is_not_refreshed(app: Application, bobs: Browser, in_acme: Tenant):
    tokens = app.tokens(bobs, scope=SCOPE)
    client = Client.objects.get(client_id=app.client_id)
    client.edit(by=Actor.operator(), allowed_scopes=["openid", "offline_access"])

    refreshed = app.refresh(tokens["refresh_token"]).json()

    assert set(refreshed["scope"].split()) == {"openid", "offline_access"}
    assert is_alive(app, refreshed["access_token"])
    assert not is_alive(app, tokens["access_token"])  # it carries what the client may no longer have


# --- Time and restarts ----------------------------------------------------------------------------------------


DAY = 24 * 3600


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 400)])
def test_rt05_it_dies_idle(
    clock: TimeMachineFixture, app: Application, bobs: Browser, days: int, status: int
):
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    clock.shift(days * DAY)

    assert app.refresh(refresh_token).status_code == status


def test_rt05_it_dies_in_any_case(clock: TimeMachineFixture, app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope=SCOPE)
    for _ in range(179 // 20):
        clock.shift(20 * DAY)
        tokens = app.refresh(tokens["refresh_token"]).json()
    clock.shift(19 * DAY)
    tokens = app.refresh(tokens["refresh_token"]).json()  # day 179
    clock.shift(2 * DAY)

    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")


def forget_everything() -> None:
    """What a process remembers is gone when it starts anew."""
    Hosts.forget()
    KeyRing.forget()
    server.cache_clear()


@pytest.mark.usefixtures("_no_leeway")
def test_rt06_a_replay_is_noticed_after_a_restart(app: Application, bobs: Browser):
    """Keycloak CVE-2026-9802"""
    first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    forget_everything()

    assert_refused(app.refresh(first["refresh_token"]), "invalid_grant")
    assert not is_alive(app, second["access_token"])


@pytest.mark.usefixtures("_no_leeway")
def test_rt07_there_is_no_grace_for_one_that_was_used_or_revoked(
    clock: TimeMachineFixture, app: Application, bobs: Browser
):
    tokens = app.tokens(bobs, scope=SCOPE)
    app.revoke(tokens["refresh_token"])
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")

    tokens = app.tokens(bobs, scope=SCOPE)
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")  # in the same instant
