"""What is counted of a client: with which secret, to which redirect URL, and what was refused (P8, N1, N3)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import (
    Actor,
    Client,
    ClientSecret,
    ScopeUse,
    Tenant,
    UseCount,
    User,
    UseTotal,
    scope_use,
    use_count,
    use_total,
)
from tests.cast import ORDERS, connect, publish, register, register_api, stranger_on
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
CALLER = "203.0.113.9"


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    use_count._noted.clear()
    use_total._noted.clear()
    scope_use.forget()


def counted(tenant: Tenant) -> list[UseCount]:
    """The numbers of today, written by now."""
    use_count.write_noted()
    with scope(tenant=tenant):
        return list(UseCount.objects.filter(span=UseCount.Span.DAY).order_by("grant", "outcome"))


def facts(rows: list[UseCount], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, name) for name in ("grant", "outcome", *names)) for row in rows]


def test_a_machine_is_counted_with_its_secret_and_its_caller(machine_client: ClientAndSecret, acme: Tenant):
    app = Application(*machine_client)
    app.web.defaults |= {"REMOTE_ADDR": CALLER, "HTTP_USER_AGENT": "reports/1.0"}
    for _ in range(2):
        assert app.token(grant_type="client_credentials").status_code == 200

    with scope(tenant=acme):
        secret = ClientSecret.objects.get(client=machine_client[0])
    [row] = counted(acme)
    assert (row.client_id, row.grant, row.outcome, row.number) == (
        machine_client[0].pk,
        "client_credentials",
        "",
        2,
    )
    assert (row.secret_id, row.last_address, row.last_agent) == (secret.pk, CALLER, "reports/1.0")


@pytest.mark.parametrize("asked", [{}, {"scope": "user_default"}])
def test_the_scopes_that_a_machine_is_given_are_noted(
    machine_client: ClientAndSecret, acme: Tenant, asked: dict[str, str]
):
    client = machine_client[0]
    answer = Application(*machine_client).token(grant_type="client_credentials", **asked)
    scope_use.write_noted()
    with scope(tenant=acme):
        noted = ScopeUse.of_clients([client.pk])[client.pk]
    assert set(noted) == set(answer.json()["scope"].split()) != set()


def test_the_scopes_of_an_api_that_a_machine_is_given_are_noted(acme: Tenant):
    register_api(acme)
    client, secret = register(
        acme,
        type="web",
        grant_types=["client_credentials"],
        redirect_uris=[],
        consent_method="trusted",
        allowed_scopes=["user_default", f"{ORDERS}#read"],
    )
    app = Application(client, secret)
    assert app.token(grant_type="client_credentials", resource=ORDERS).status_code == 200
    scope_use.write_noted()
    with scope(tenant=acme):
        assert set(ScopeUse.of_clients([client.pk])[client.pk]) == {f"{ORDERS}#read"}


def test_a_removed_secret_that_is_still_tried_is_counted(machine_client: ClientAndSecret, acme: Tenant):
    app = Application(*machine_client)
    app.web.defaults["REMOTE_ADDR"] = CALLER
    with scope(tenant=acme):
        secret = ClientSecret.objects.get(client=machine_client[0])
        secret.remove(by=Actor.operator())
    app.token(grant_type="client_credentials")

    [row] = counted(acme)
    assert (row.outcome, row.secret_id, row.last_address) == ("removed_secret", secret.pk, CALLER)


def test_a_sign_in_is_counted_by_redirect_url(
    web_client: ClientAndSecret, acme: Tenant, browser: Callable[..., Browser], bob: User
):
    app = Application(*web_client)
    tokens = app.exchange(app.code(browser(bob), scope="user_default offline_access")).json()
    app.refresh(tokens["refresh_token"])

    assert facts(counted(acme), "redirect_uri", "number") == [
        ("authorization", "", app.redirect_uri, 1),
        ("authorization_code", "", app.redirect_uri, 1),
        ("refresh_token", "", "", 1),
    ]


def test_strangers_addresses_make_no_rows(
    web_client: ClientAndSecret, acme: Tenant, browser: Callable[..., Browser], bob: User
):
    app, person = Application(*web_client), browser(bob)
    for number in range(3):
        app.authorize(person, redirect_uri=f"https://evil.example/{number}")
    app.authorize(person, response_type="token")
    app.authorize(person, client_id="unknown")

    assert facts(counted(acme), "redirect_uri", "number") == [
        ("authorization", "redirect_uri_mismatch", "", 3),
        ("authorization", "response_type_unsupported", "", 1),
    ]


def totals(tenant: Tenant) -> dict[str, int]:
    """What is added up for today, written by now."""
    use_count.write_noted()
    with scope(tenant=tenant):
        return dict(UseTotal.objects.values_list("what", "number"))


def test_a_tenant_adds_up_what_its_people_and_clients_do(
    web_client: ClientAndSecret, acme: Tenant, browser: Callable[..., Browser], bob: User
):
    app = Application(*web_client)
    tokens = app.exchange(app.code(browser(bob), scope="user_default offline_access")).json()
    app.refresh(tokens["refresh_token"])
    app.refresh("not-a-token")

    assert totals(acme) == {"sign_in": 1, "token": 2, "refusal": 1}


def test_who_is_unknown_is_counted_where_they_came(
    acme: Tenant, globex: Tenant, browser: Callable[..., Browser], bob: User
):
    unknown = Application(Client(tenant=acme, client_id="0" * 32), "not-a-secret")
    unknown.token(grant_type="client_credentials")
    unknown.authorize(browser(bob))
    stranger_on(acme).post("/login", {"email": bob.email, "password": "wrong horse battery"})

    assert totals(acme) == {"refusal": 3}
    assert totals(globex) == {}


def test_each_tenant_has_its_own_numbers(
    acme: Tenant, globex: Tenant, browser: Callable[..., Browser], bob: User
):
    client = publish(globex)
    connect(client, acme)
    Application(client, tenant=acme).code(browser(bob), scope="apps:read")

    assert [row.client_id for row in counted(acme)] == [client.pk]
    assert counted(globex) == []


def test_the_secrets_page_says_how_often_and_from_where(
    machine_client: ClientAndSecret, acme: Tenant, browser: Callable[..., Browser], alice: User
):
    app = Application(*machine_client)
    app.web.defaults |= {"REMOTE_ADDR": CALLER, "HTTP_USER_AGENT": "reports/1.0 <b>"}
    page = f"/console/oauth/{app.client_id}/secrets"
    for _ in range(2):
        app.token(grant_type="client_credentials")
    assert "2 times" not in browser(alice).get(page).content.decode()  # not written yet

    use_count.write_noted()

    text = browser(alice).get(page).content.decode()
    assert "2 times" in text
    assert f"{CALLER} (" in text
    assert "reports/1.0 &lt;b&gt;" in text
