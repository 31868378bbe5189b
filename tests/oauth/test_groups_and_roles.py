"""The claims `groups` and `roles` (P11): what applications learn that ask for the scopes of the same names."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from console.models import Client, Group, Tenant, User
from console.policy import scopes
from tests import cast
from tests.cast import OPERATOR, register
from tests.oauth.driver import Application
from tests.oauth.signed import decoded

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Browser]
ALLOWED = ["user_default", "openid", "email", "groups", "roles", "offline_access"]


@pytest.fixture
def app(acme: Tenant) -> Application:
    return Application(*register(acme, allowed_scopes=ALLOWED))


@pytest.fixture
def finance(acme: Tenant, bob: User) -> Group:
    cast.group(acme, "sales", bob)
    cast.group(acme, "Empty")
    return cast.group(acme, "Finance", bob)


def claims(app: Application, browser: Browser, scope: str) -> tuple[dict[str, Any], ...]:
    """Of the ID token, of userinfo, and of the access token."""
    tokens = app.tokens(browser, scope=scope)
    info = app.userinfo(tokens["access_token"]).json()
    return decoded(tokens["id_token"])[1], info, decoded(tokens["access_token"])[1]


@pytest.mark.spec("OpenID Connect Core", "5.1.2")
def test_id_token_and_userinfo_carry_them_and_access_tokens_do_not(
    app: Application, browser: Browse, bob: User, finance: Group
):
    id_token, info, access_token = claims(app, browser(bob), "openid groups roles")

    for told in (id_token, info):
        assert told["groups"] == ["Finance", "sales"]
        assert told["roles"] == ["user"]
    assert not {"groups", "roles"} & access_token.keys()


@pytest.mark.parametrize(
    ("asked", "told"),
    [("openid groups", {"groups"}), ("openid roles", {"roles"}), ("openid user_default email", set())],
)
def test_each_is_told_only_to_whoever_asks_for_it(
    asked: str, told: set[str], app: Application, browser: Browse, bob: User, finance: Group
):
    for carried in claims(app, browser(bob), asked)[:2]:
        assert {"groups", "roles"} & carried.keys() == told


def test_a_change_is_in_the_next_tokens(
    app: Application, browser: Browse, bob: User, acme: Tenant, finance: Group
):
    tokens = app.tokens(browser(bob), scope="openid groups roles offline_access")
    with scope(tenant=acme):
        finance.drop(bob, by=OPERATOR)
        bob.change_role("auditor", by=OPERATOR)

    later = app.refresh(tokens["refresh_token"]).json()

    assert app.userinfo(tokens["access_token"]).json()["groups"] == ["sales"]
    assert decoded(later["id_token"])[1]["groups"] == ["sales"]
    assert decoded(later["id_token"])[1]["roles"] == ["auditor"]


def test_they_are_in_no_bundle_and_no_default(app: Application, browser: Browse, bob: User):
    assert not {"groups", "roles"} & scopes.closure(["user_default", "admin_classic"])
    assert app.tokens(browser(bob), scope=None)["scope"] == "user_default"


def test_who_is_asked_reads_what_it_is(
    app: Application, browser: Browse, bob: User, web_client: tuple[Client, str]
):
    page = app.authorize(browser(bob), scope="openid groups roles").content.decode()

    assert "See which groups you are in" in page
    assert "See your role" in page


def test_a_token_without_the_scope_costs_no_statement(app: Application, browser: Browse, bob: User):
    def statements(asked: str) -> int:
        code = app.code(browser(bob), scope=asked)
        with CaptureQueriesContext(
            connection,
        ) as run:
            assert app.exchange(code).status_code == 200
        return len(run)

    statements("openid email")  # what is remembered is remembered now
    without, roles, groups = (statements(f"openid {name}") for name in ("email", "roles", "groups"))

    assert (roles, groups) == (without, without + 1)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_a_long_id_token_is_a_good_hint(app: Application, browser: Browse, bob: User, acme: Tenant):
    for number in range(200):
        cast.group(acme, f"{number:03}" + "x" * 61, bob)
    bobs = browser(bob)
    id_token = app.tokens(bobs, scope="openid groups")["id_token"]

    assert len(decoded(id_token)[1]["groups"]) == 200
    assert app.answered(bobs, prompt="none", scope="openid groups", id_token_hint=id_token)["code"]


def test_they_are_named_in_the_metadata(app: Application):
    listed = app.web.get("/.well-known/openid-configuration").json()
    assert {"groups", "roles"} <= set(listed["claims_supported"])
    assert not {"groups", "roles"} & set(listed["scopes_supported"])
