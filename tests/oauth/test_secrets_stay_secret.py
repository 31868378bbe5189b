"""TN-07: what is shown or sent once is kept nowhere: in no table, no event, no session, no line of any log."""

import base64
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, Event, Tenant, User
from tests.cast import PASSWORD, form, register_api
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, JSON, bearer

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
SCOPE = "openid email offline_access user_default"


def everything_kept() -> str:
    """Every value of every row of every table, sessions opened."""
    rows: list[Any] = [
        row for model in apps.get_models() for row in model._base_manager.values_list().iterator()
    ]
    rows += [session.get_decoded() for session in Session.objects.all()]
    return "\n".join(str(row) for row in rows)


def assert_not_kept(canaries: dict[str, str], *places: str) -> None:
    found = [name for name, value in canaries.items() for place in places if value in place]
    assert not found, f"kept in the clear: {found}"


def misplaced(app: Application, value: str) -> None:
    """The value, wherever a confused client may put it."""
    names = (
        "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token",
        "resource", "scope", "user_lookup", "client_assertion", "client_assertion_type", "token", "token_type_hint",
        value,
    )  # fmt: skip
    for name in names:
        for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
            right = {"grant_type": "refresh_token", "token": "x", name: value}
            sent = "&".join(f"{key}={each}" for key, each in right.items())
            app.web.post(path, sent, content_type=FORM, headers=app.credentials())
            app.web.post(path, sent, content_type=FORM)
            app.web.post(path, sent + f"&{name}={value}", content_type=FORM)
            app.web.post(path, json.dumps(right), content_type=JSON)
            app.web.post(path, json.dumps({**right, name: [value]}), content_type=JSON)
    raw = base64.b64encode(f"{value}:{value}".encode()).decode()
    for header in (f"Basic {value}", f"Basic {raw}", f"Bearer {value}", value):
        app.web.post(
            "/oauth/token", "grant_type=refresh_token", content_type=FORM, headers={"Authorization": header}
        )


def test_tn07_no_table_and_no_log_has_a_secret_or_a_token(
    web_client: ClientAndSecret, browser: Callable[[User], Browser], bob: User, acme: Tenant,
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    caplog.set_level(logging.DEBUG)
    app = Application(*web_client)
    bobs = browser(bob)
    with scope(tenant=acme):
        _, second_secret = ClientSecret.add_to(web_client[0], by=Actor.operator())
    code = app.code(bobs, scope=SCOPE, nonce="canary-nonce")
    first = app.exchange(code).json()
    second = app.refresh(first["refresh_token"]).json()
    unused_code = app.code(bobs, scope=SCOPE)
    app.introspect(second["access_token"])
    app.userinfo(second["access_token"])
    api, secret_of_api = register_api(acme)
    who = {"client_id": api.introspection_client_id, "client_secret": secret_of_api}
    assert app.web.post("/oauth/introspect", **form(token=second["access_token"], **who)).status_code == 200
    app.web.get("/api/v1/users/me", headers=bearer(second["access_token"]))
    app.exchange(code)  # a replay
    app.refresh(first["refresh_token"])
    app.revoke(second["refresh_token"])
    bobs.post("/login", {"email": bob.email, "password": "wrong-canary-password"})
    canaries = {
        "secret": app.secret,
        "second secret": second_secret,
        "secret of an API": secret_of_api,
        "code": code,
        "unused code": unused_code,
        "verifier": app.verifier,
        "access token": second["access_token"],
        "signature": second["access_token"].rpartition(".")[2],
        "refresh token": first["refresh_token"],
        "second refresh token": second["refresh_token"],
        "ID token": first["id_token"],
        "password": PASSWORD,
        "wrong password": "wrong-canary-password",
    }

    assert_not_kept(canaries, everything_kept(), caplog.text)


@pytest.mark.parametrize("kind", ["secret", "code", "refresh token", "access token", "secret of an API"])
def test_tn07_not_even_one_that_was_put_in_the_wrong_place(
    web_client: ClientAndSecret, browser: Callable[[User], Browser], bob: User, kind: str,
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    caplog.set_level(logging.DEBUG)
    app = Application(*web_client)
    tokens = app.tokens(browser(bob), scope=SCOPE)
    value = {
        "secret": app.secret,
        "code": app.code(browser(bob), scope=SCOPE),
        "refresh token": tokens["refresh_token"],
        "access token": tokens["access_token"],
        "secret of an API": register_api(app.tenant)[1],
    }[kind]

    misplaced(app, value)

    with scope(tenant=app.tenant):
        assert Event.objects.filter(action="tokens.refused").exists()
    assert_not_kept({kind: value, "its beginning": value[:30]}, everything_kept(), caplog.text)


def test_tn07_a_crash_writes_none_of_it(
    web_client: ClientAndSecret, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    app = Application(*web_client)
    app.web.raise_request_exception = False

    def crash(*_: object) -> None:
        raise RuntimeError("something that nobody thought of")

    monkeypatch.setattr("console.oauth.token.server", crash)
    code, verifier = "qac_canary-of-a-code", "canary-of-a-verifier-0123456789-0123456789-012"
    response = app.exchange(code, code_verifier=verifier, client_secret=app.secret)

    assert response.status_code == 500
    assert "something that nobody thought of" in caplog.text
    canaries = {"code": code, "verifier": verifier, "secret": app.secret}
    assert_not_kept(canaries, caplog.text, response.content.decode())
