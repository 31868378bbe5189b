"""What django-oauth-toolkit's own code does with our models, and which of its settings anything reads."""

import inspect
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import NotSupportedError, connection, models
from django.db.models.deletion import Collector
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope, scopes_disabled
from django_scopes.exceptions import ScopeError
from oauth2_provider import models as toolkit
from oauth2_provider.generators import generate_client_id
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.views import ProtectedResourceView
from oauthlib.common import Request

from console.models import (
    AccessToken,
    AuthorizationCode,
    Client,
    DeviceGrant,
    Event,
    IDToken,
    RefreshToken,
    Tenant,
    TokenFamily,
    User,
)
from console.oauth.server import server
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Browser]
SCOPE = "openid offline_access user_default"
OURS = {
    toolkit.get_application_model: Client,
    toolkit.get_grant_model: AuthorizationCode,
    toolkit.get_access_token_model: AccessToken,
    toolkit.get_refresh_token_model: RefreshToken,
    toolkit.get_id_token_model: IDToken,
    toolkit.get_device_grant_model: DeviceGrant,
}


@pytest.fixture
def app(web_client: tuple[Client, str]) -> Application:
    return Application(*web_client)


@pytest.fixture
def given(app: Application, browser: Browse, bob: User) -> dict[str, Any]:
    """What a token request of bob's gave."""
    return app.tokens(browser(bob), scope=SCOPE)


# --- The models ---------------------------------------------------------------------------------------------------


def test_it_finds_our_models():
    assert {find: find() for find in OURS} == OURS
    assert list(apps.get_app_config("oauth2_provider").get_models()) == []


@pytest.mark.parametrize("fixture", ["web_client", "spa_client", "native_client", "machine_client"])
def test_what_the_console_registers_passes_full_clean_in_no_tenant(
    fixture: str, request: pytest.FixtureRequest
):
    client, _ = request.getfixturevalue(fixture)

    Client.with_deleted_anywhere.get(pk=client.pk).full_clean()


def test_a_client_in_every_state_passes_full_clean(in_acme: Tenant, web_client: tuple[Client, str]):
    client = web_client[0]
    client.publish(by=cast.OPERATOR)
    client.disable(by=cast.OPERATOR)
    client.remove(by=cast.OPERATOR)

    Client.with_deleted_anywhere.get(pk=client.pk).full_clean()


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        ("web", {"redirect_uris": ["javascript:alert(1)"]}, {"redirect_uris"}),
        ("web", {"redirect_uris": "https://a.example/ https://b.example/"}, {"redirect_uris"}),
        ("web", {"redirect_uris": None}, {"redirect_uris"}),
        ("web", {"redirect_uris": [7]}, {"redirect_uris"}),
        ("web", {"redirect_uris": []}, {"redirect_uris"}),
        ("web", {"redirect_uris": ["com.example.app:/callback"]}, {"redirect_uris"}),
        ("web", {"post_logout_redirect_uris": ["https://*.example"]}, {"post_logout_redirect_uris"}),
        ("web", {"allowed_origins": ["https://a.example/path"]}, {"allowed_origins"}),
        ("web", {"allowed_scopes": ["openid", "nonsense"]}, {"allowed_scopes"}),
        ("web", {"grant_types": ["password"]}, {"grant_types"}),
        ("spa", {"grant_types": ["client_credentials"], "auth_methods": []}, {"grant_types"}),
        ("web", {"auth_methods": []}, {"auth_methods"}),
        ("web", {"auth_methods": ["none"]}, {"auth_methods"}),
        ("native", {}, {"auth_methods"}),
        ("web", {"name": ""}, {"name"}),
        ("web", {"name": "x" * 513}, {"name"}),
        ("embed", {}, {"type"}),
        ("web", {"algorithm": "HS256"}, {"algorithm"}),
        (
            "web",
            {"redirect_uris": ["ftp://a.example"], "allowed_scopes": ["x"]},
            {"redirect_uris", "allowed_scopes"},
        ),
    ],
)
def test_what_may_not_be_registered_is_named_field_by_field(
    acme: Tenant, kind: str, fields: dict[str, Any], wrong: set[str]
):
    right = {"name": "Reports", "redirect_uris": [cast.REDIRECT_URL], "auth_methods": ["client_secret"]}
    client = Client(tenant=acme, type=kind, **right | fields)

    with pytest.raises(ValidationError) as refused:
        client.full_clean()

    assert set(refused.value.message_dict) == wrong


def test_the_rules_of_a_client_ask_the_database_nothing(web_client: tuple[Client, str]):
    with CaptureQueriesContext(connection) as asked:
        web_client[0].clean()

    assert not asked.captured_queries


def test_a_second_client_with_one_client_id_is_refused_whoever_owns_the_first(
    acme: Tenant, globex: Tenant, web_client: tuple[Client, str]
):
    twin = Client(
        tenant=globex,
        type="spa",
        name="Twin",
        redirect_uris=[cast.REDIRECT_URL],
        client_id=web_client[0].client_id,
    )

    with pytest.raises(ValidationError, match="client_id"):
        twin.full_clean()


def test_a_client_with_a_generated_id_can_be_used(acme: Tenant, browser: Browse, bob: User):
    client, _ = cast.register(acme, type="spa")
    client.client_id = generate_client_id()
    client.full_clean()
    client.save()

    assert Application(client, "").code(browser(bob), scope="openid")


def test_tokens_and_grants_pass_full_clean(
    app: Application, given: dict[str, Any], browser: Browse, bob: User
):
    app.code(browser(bob), scope=SCOPE)

    with scopes_disabled():
        rows = [*AuthorizationCode.objects.all(), *RefreshToken.objects.all(), *AccessToken.objects.all()]
    assert {type(row) for row in rows} == {AuthorizationCode, RefreshToken, AccessToken}
    for row in rows:
        row.full_clean()


def test_an_application_answers_what_it_is_asked(
    web_client: tuple[Client, str], native_client: tuple[Client, str], machine_client: tuple[Client, str]
):
    web, native, machine = web_client[0], native_client[0], machine_client[0]

    assert (str(web), web.client_type, native.client_type) == ("Web app", "confidential", "public")
    assert web.is_usable(None)
    assert web.default_redirect_uri == cast.REDIRECT_URL
    assert web.redirect_uri_allowed(cast.REDIRECT_URL)
    assert not web.redirect_uri_allowed(f"{cast.REDIRECT_URL}/more")
    assert native.redirect_uri_allowed("http://127.0.0.1:4711/callback")
    assert not web.post_logout_redirect_uri_allowed("https://app.example.com/")
    assert not web.origin_allowed("https://app.example.com")
    assert web.get_allowed_schemes() == ["https"]
    assert native.get_allowed_schemes() == ["com.example.app", "http"]
    assert machine.get_allowed_schemes() == []
    assert web.allows_grant_type("authorization_code", "password")
    assert not web.allows_grant_type("client_credentials")
    assert machine.allows_grant_type("client_credentials")
    with pytest.raises(ImproperlyConfigured):
        _ = web.jwk_key


def test_the_address_of_an_application_is_its_page(
    web_client: tuple[Client, str], browser: Browse, alice: User
):
    assert browser(alice).get(web_client[0].get_absolute_url()).status_code == 200


def test_a_disabled_application_is_not_usable(in_acme: Tenant, web_client: tuple[Client, str]):
    web_client[0].disable(by=cast.OPERATOR)

    assert not web_client[0].is_usable(None)


def methods_of(base: type[models.Model]) -> set[str]:
    """What django-oauth-toolkit itself defines on a model and calls without arguments."""
    return {
        name
        for name, value in vars(base).items()
        if not name.startswith("_")
        and (
            isinstance(value, property)
            or (inspect.isfunction(value) and list(inspect.signature(value).parameters) == ["self"])
        )
    } - {"jwk_key", "revoke"}


def test_every_question_of_the_base_classes_has_an_answer(
    acme: Tenant, app: Application, given: dict[str, Any], browser: Browse, bob: User
):
    app.code(browser(bob), scope=SCOPE)
    with scope(tenant=acme):
        rows = [
            (toolkit.AbstractApplication, Client.objects.get()),
            (toolkit.AbstractGrant, AuthorizationCode.objects.first()),
            (toolkit.AbstractRefreshToken, RefreshToken.objects.first()),
            (toolkit.AbstractAccessToken, AccessToken.objects.first()),
        ]
        for base, row in rows:
            assert str(row)
            for name in methods_of(base):
                asked = getattr(row, name)
                if callable(asked):
                    asked()


# --- Tokens -------------------------------------------------------------------------------------------------------


def test_the_access_token_of_a_refresh_token_is_the_last_of_its_family(
    in_acme: Tenant, given: dict[str, Any], bob: User, web_client: tuple[Client, str]
):
    refresh_token = RefreshToken.objects.get()
    token = AccessToken.objects.get()

    assert refresh_token.access_token == token
    assert list(RefreshToken.objects.filter(access_token=token)) == [refresh_token]
    assert (token.user, token.application, token.tenant) == (bob, web_client[0], in_acme)
    assert token.expires == TokenFamily.objects.get().access_expires_at
    assert token.is_valid(["openid"])
    assert not token.is_valid(["admin_classic"])
    assert set(token.scopes) == set(SCOPE.split())


@pytest.mark.parametrize(
    "revoke",
    [
        lambda: toolkit.revoke_access_token(AccessToken.objects.get()),
        lambda: AccessToken.objects.get().revoke(),
        lambda: RefreshToken.objects.get().revoke(),
        lambda: RefreshToken.revoke_family(TokenFamily.objects.get().pk),
    ],
)
def test_revoking_ends_the_whole_family(
    acme: Tenant, app: Application, given: dict[str, Any], revoke: Callable[[], None]
):
    with scope(tenant=acme):
        revoke()
        revoke()
        assert AccessToken.objects.get().is_expired()
        assert Event.objects.filter(action="tokens.revoked", actor_kind="operator").count() == 1

    assert not is_alive(app, given["access_token"])
    assert app.refresh(given["refresh_token"]).status_code == 400


def test_revoking_no_family_ends_nothing(acme: Tenant, app: Application, given: dict[str, Any]):
    with scope(tenant=acme):
        RefreshToken.revoke_family(None)
        RefreshToken.revoke_family(uuid.uuid4())

    assert is_alive(app, given["access_token"])


def test_nothing_is_written_through_a_model_without_a_table(acme: Tenant, web_client: tuple[Client, str]):
    with pytest.raises(NotSupportedError):
        toolkit.create_device_grant(
            toolkit.DeviceRequest(client_id=web_client[0].client_id),
            toolkit.DeviceCodeResponse("https://a.example", 60, "user", "device", 5),
        )
    with pytest.raises(NotSupportedError):
        IDToken.objects.create(expires=timezone.now())
    with pytest.raises(NotSupportedError), scope(tenant=acme):
        AccessToken.objects.create(tenant=acme, expires=timezone.now())


@pytest.mark.usefixtures("_no_leeway")
def test_clear_expired_leaves_what_lives_and_what_is_needed_to_notice_reuse(
    acme: Tenant, app: Application, given: dict[str, Any]
):
    second = app.refresh(given["refresh_token"]).json()

    with scope(tenant=acme):
        toolkit.clear_expired()

    assert is_alive(app, second["access_token"])
    third = app.refresh(second["refresh_token"])
    assert third.status_code == 200
    assert app.refresh(given["refresh_token"]).status_code == 400  # reuse: the family ends
    assert app.refresh(third.json()["refresh_token"]).status_code == 400


def test_clear_expired_removes_what_has_expired_in_the_tenant(
    acme: Tenant,
    globex: Tenant,
    app: Application,
    given: dict[str, Any],
    browser: Browse,
    bob: User,
    gustav: User,
):
    elsewhere = Application(*cast.register(globex), tenant=globex)
    elsewhere.tokens(browser(gustav), scope=SCOPE)
    app.tokens(browser(bob), scope="openid")  # a family without a refresh token
    app.code(browser(bob), scope=SCOPE)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=32), tick=False), scope(tenant=acme):
        toolkit.clear_expired()

    with scope(tenant=acme):
        assert [model.objects.count() for model in (AuthorizationCode, RefreshToken, AccessToken)] == [
            0,
            0,
            0,
        ]
    with scope(tenant=globex):
        assert [model.objects.count() for model in (AuthorizationCode, RefreshToken, AccessToken)] == [
            1,
            1,
            1,
        ]


def test_clear_expired_outside_a_tenant_touches_nothing(given: dict[str, Any]):
    with pytest.raises(ScopeError):
        toolkit.clear_expired()


# --- Deletes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", ["client", "person", "tenant", "family"])
def test_no_delete_asks_for_rows_that_there_never_are(
    noun: str, acme: Tenant, given: dict[str, Any], web_client: tuple[Client, str], bob: User
):
    with scope(tenant=acme):
        rows: dict[str, Any] = {
            "client": web_client[0],
            "person": bob,
            "tenant": acme,
            "family": TokenFamily.objects.get(),
        }
        with CaptureQueriesContext(connection) as asked:
            rows[noun].delete()

    statements = [query["sql"] for query in asked.captured_queries]
    assert any("console_tokenfamily" in statement for statement in statements)
    for table in ("console_accesstoken", "console_idtoken", "console_devicegrant"):
        assert not any(table in statement for statement in statements)
        assert table not in connection.introspection.table_names()
    collector = Collector(using="default")
    with scopes_disabled():
        collector.collect(Tenant.objects.all())
    assert not {AccessToken, IDToken, DeviceGrant} & set(collector.data)


# --- Settings -----------------------------------------------------------------------------------------------------


def test_every_setting_of_django_oauth_toolkit_is_read(
    acme: Tenant, app: Application, browser: Browse, bob: User
):
    oauth2_settings.reload()
    server.cache_clear()

    app.tokens(browser(bob), scope=SCOPE)
    with scope(tenant=acme):
        toolkit.clear_expired()

    assert set(settings.OAUTH2_PROVIDER) <= oauth2_settings._cached_attrs


def test_every_silenced_check_would_complain():
    """What has nothing to say need not be silenced; and nothing that it says is left unanswered."""
    said = {message.id for message in checks.run_checks(include_deployment_checks=True)}
    theirs = {identifier for identifier in said if str(identifier).startswith("oauth2_provider.")}

    assert theirs == set(settings.SILENCED_SYSTEM_CHECKS)


# --- Its own guards -----------------------------------------------------------------------------------------------


def test_what_it_guards_itself_lets_nobody_in(acme: Tenant, given: dict[str, Any], rf: RequestFactory):
    class Guarded(ProtectedResourceView):
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("in")

    request = rf.get("/", headers={"Authorization": f"Bearer {given['access_token']}"})
    with scope(tenant=acme):
        assert Guarded.as_view()(request).status_code == 403


def test_what_is_never_asked_of_the_validator_is_answered_with_no(
    acme: Tenant, given: dict[str, Any], web_client: tuple[Client, str]
):
    client, secret = web_client
    validator, request = oauth2_settings.OAUTH2_VALIDATOR_CLASS(), Request("/")
    with scope(tenant=acme):
        assert not validator.authenticate_client_id(client.client_id, request)
        assert not validator._check_secret(secret, secret)
        assert not validator.validate_user("alice@acme.example", cast.PASSWORD, client, request)
        for ask in ("validate_bearer_token", "validate_jwt_bearer_token", "validate_id_token"):
            assert not getattr(validator, ask)(given["access_token"], ["openid"], request)
