"""A client that nobody registered by hand gets scopes of the API that its request names, if its tenant allows that."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Connection, Tenant, User
from console.policy.registration_problems import InvalidRegistration
from console.policy.scopes import ANY_API
from tests import cast
from tests.cast import ORDERS
from tests.oauth.driver import Application, answer, asks_for_consent
from tests.oauth.internet import AGENT, Internet
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 8707", "2")]
STOCK = "urn:example:stock"
ASKED = {"scope": "read offline_access", "resource": ORDERS}


@pytest.fixture
def internet() -> Iterator[Internet]:
    made = Internet()
    made.says()
    with made.is_there():
        yield made


@pytest.fixture
def app(internet: Internet, acme: Tenant) -> Application:
    cast.register_api(acme)
    redirect_uri = "http://127.0.0.1:49152/callback"
    client: Any = SimpleNamespace(tenant=acme, client_id=AGENT, redirect_uris=[redirect_uri])
    return Application(client)


@pytest.fixture
def alices(browser: Callable[[User], Browser], alice: User) -> Browser:
    return browser(alice)


def approved(app: Application, alices: Browser, **answers: Any) -> Application:
    assert app.approve(alices, app.authorize(alices, **ASKED), **answers).status_code == 303
    return app


def test_the_approval_page_says_so_and_the_consent_page_names_each_scope(app: Application, alices: Browser):
    page = app.authorize(alices, **ASKED)
    assert "Use the APIs of this tenant" in page.content.decode()

    app.approve(alices, page)

    asked = app.authorize(alices, **ASKED)
    assert asks_for_consent(asked)
    assert "Can read" in asked.content.decode()
    assert "Can write" not in asked.content.decode()
    assert "Use the APIs" not in asked.content.decode()


def test_the_token_is_for_that_api_and_carries_what_was_asked_for(app: Application, alices: Browser):
    tokens = approved(app, alices).tokens(alices, **ASKED)

    assert decoded(tokens["access_token"])[1]["aud"] == ORDERS
    assert tokens["scope"].split() == ["offline_access", "read"]
    again = app.refresh(tokens["refresh_token"], resource=ORDERS).json()
    assert decoded(again["access_token"])[1]["aud"] == ORDERS


def test_an_api_that_comes_later_needs_no_new_approval(app: Application, alices: Browser, acme: Tenant):
    approved(app, alices)
    cast.register_api(acme, STOCK, scopes=["count"])

    tokens = app.tokens(alices, scope="count", resource=STOCK)

    assert decoded(tokens["access_token"])[1]["aud"] == STOCK


def test_a_tenant_that_does_not_approve_it_gives_none(app: Application, alices: Browser):
    approved(app, alices, scopes=["openid", "offline_access"])

    refused = answer(app.authorize(alices, **ASKED))

    assert refused["error"] == "invalid_target"


def test_a_tenant_can_take_it_back(app: Application, alices: Browser, acme: Tenant):
    tokens = approved(app, alices).tokens(alices, **ASKED)
    with scope(tenant=acme):
        Connection.objects.select_related("client__tenant", "tenant").get().reduce_scopes(
            ["openid", "offline_access"], by=cast.OPERATOR
        )

    assert app.refresh(tokens["refresh_token"], resource=ORDERS).json()["error"] == "invalid_target"


def test_an_api_of_another_tenant_is_unknown_until_it_is_published(
    app: Application, alices: Browser, globex: Tenant
):
    approved(app, alices)
    api, _secret = cast.register_api(globex, STOCK, scopes=["count"])
    assert answer(app.authorize(alices, scope="count", resource=STOCK))["error"] == "invalid_target"

    with scope(tenant=globex):
        api.publish(by=cast.OPERATOR)

    assert asks_for_consent(app.authorize(alices, scope="count", resource=STOCK))


@pytest.mark.parametrize("name", [ANY_API, f"{ORDERS}#*", "*"])
def test_it_cannot_be_asked_for_by_name(app: Application, alices: Browser, name: str):
    approved(app, alices)

    tokens = app.tokens(alices, scope=f"openid {name}")
    assert tokens["scope"] == "openid"
    refused = answer(app.authorize(alices, scope=name, resource=ORDERS))
    assert refused["error"] == "invalid_scope"


def test_a_client_that_a_tenant_registers_cannot_have_it(acme: Tenant):
    with pytest.raises(InvalidRegistration):
        cast.register(acme, allowed_scopes=["openid", ANY_API])
