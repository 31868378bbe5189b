"""Revocation (RFC 7009): a client takes back what is its own, and learns nothing about the rest."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from console.models import Client, Event, Tenant, User
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, JSON, assert_refused, bearer, is_alive

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7009", "2")]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid offline_access user_default"


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


@pytest.mark.spec("RFC 7009", "2.1")
@pytest.mark.parametrize("kind", ["web_client", "spa_client", "native_client"])
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
def test_rv01_a_refresh_token_takes_its_family_with_it(
    request: pytest.FixtureRequest, bobs: Browser, in_acme: Tenant, kind: str, hint: str | None
):
    app = Application(*request.getfixturevalue(kind))  # RV-03: a public client too
    first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()

    for _ in range(2):
        response = app.revoke(second["refresh_token"], token_type_hint=hint)
        assert (response.status_code, response.content) == (200, b"{}")
        assert response["Content-Type"] == JSON  # oidc-client-ts cannot sign out otherwise
        assert response["Cache-Control"] == "no-store"

    for tokens in (first, second):
        assert not is_alive(app, tokens["access_token"])
        assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")
    event = Event.objects.get(action="tokens.revoked")
    assert (event.actor_kind, event.details) == ("client", {"token": "refresh_token"})


@pytest.mark.spec("RFC 7009", "2.1")
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token"])
def test_rv01_an_access_token_ends_alone(app: Application, bobs: Browser, in_acme: Tenant, hint: str | None):
    tokens = app.tokens(bobs, scope=SCOPE)

    for _ in range(2):
        assert app.revoke(tokens["access_token"], token_type_hint=hint).status_code == 200

    assert not is_alive(app, tokens["access_token"])
    refreshed = app.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200
    assert is_alive(app, refreshed.json()["access_token"])
    assert Event.objects.filter(action="tokens.revoked").count() == 1


def test_rv01_a_machine_takes_its_token_back(machine_client: ClientAndSecret):
    app = Application(*machine_client)
    token, other = (
        app.token(grant_type="client_credentials").json()["access_token"],
        app.token(grant_type="client_credentials").json()["access_token"],
    )

    assert app.revoke(token).status_code == 200

    assert not is_alive(app, token)
    assert is_alive(app, other)


@pytest.mark.spec("RFC 7009", "2.1")
def test_rv02_the_tokens_of_another_client_stay_alive(
    app: Application, acme: Tenant, bobs: Browser, register: Callable[..., Any], spa_client: ClientAndSecret
):
    tokens = app.tokens(bobs, scope=SCOPE)
    for other in (Application(*register(acme, name="Other")), Application(*spa_client)):
        for token in (tokens["access_token"], tokens["refresh_token"]):
            assert other.revoke(token).status_code == 200

    assert is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize(
    "unknown", ["x", "qar_" + "x" * 49, "a.b.c", "..", "é", "x" * 60_000, "null", "qas_x", " "]
)
def test_rv04_an_unknown_token_is_revoked_already(app: Application, unknown: str):
    assert app.revoke(unknown).status_code == 200


@pytest.mark.spec("RFC 7009", "2.1")
def test_rv04_it_wants_to_know_who_asks_and_for_what(app: Application, bobs: Browser):
    token = app.tokens(bobs, scope=SCOPE)["refresh_token"]

    assert_refused(app.web.post("/oauth/revoke", f"token={token}", content_type=FORM), "invalid_client", 401)
    assert_refused(app.post("/oauth/revoke", {}, {}), "invalid_request")
    for method in (app.web.get, app.web.put, app.web.delete):
        assert method(f"/oauth/revoke?token={token}", headers=app.credentials()).status_code == 405
    assert_refused(app.post(f"/oauth/revoke?token={token}", {}, {}), "invalid_request")
    assert_refused(app.post("/oauth/revoke", {"token": [token, token]}, {}), "invalid_request")

    assert app.refresh(token).status_code == 200


def test_holding_an_access_token_is_enough_to_destroy_it(app: Application, bobs: Browser):
    """How Qlik's libraries ask (Q6): the very token as Bearer, and JSON."""
    tokens = app.tokens(bobs, scope=SCOPE)
    sent = json.dumps({"token": tokens["access_token"], "token_type_hint": "access_token"})

    response = app.web.post("/oauth/revoke", sent, content_type=JSON, headers=bearer(tokens["access_token"]))

    assert response.status_code == 200
    assert not is_alive(app, tokens["access_token"])


def test_holding_one_token_is_not_enough_to_destroy_another(app: Application, bobs: Browser):
    one, other = app.tokens(bobs, scope=SCOPE), app.tokens(bobs, scope=SCOPE)
    for token in (other["access_token"], other["refresh_token"], one["refresh_token"]):
        response = app.web.post(
            "/oauth/revoke", f"token={token}", content_type=FORM, headers=bearer(one["access_token"])
        )
        assert_refused(response, "invalid_client", 401)

    assert is_alive(app, other["access_token"])
    assert app.refresh(one["refresh_token"]).status_code == 200


def test_an_id_token_cannot_be_revoked_and_does_no_harm(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope=SCOPE)

    assert app.revoke(tokens["id_token"]).status_code == 200
    assert is_alive(app, tokens["access_token"])
