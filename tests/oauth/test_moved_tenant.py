"""A tenant has got another canonical host: what was set up with the one before goes on working, at both."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from console.http.tenancy import Hosts
from console.models import Actor, Client, Tenant, User
from console.oauth import bearer_tokens
from console.oauth.id_tokens import recognise
from tests.cast import form, register, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive
from tests.oauth.signed import decoded, resigned
from tests.oauth.test_rfc7523_private_key_jwt import Machine

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 8414", "3.3")]

OLD, NEW = "acme.localhost:8000", "acme-ab.localhost:8000"
SCOPE = "openid offline_access user_default"


def moved(tenant: Tenant) -> Tenant:
    """The tenant after the move. Its old host is still the one that drivers ask."""
    fresh = Tenant.objects.get(pk=tenant.pk)
    fresh.move_to(NEW, by=Actor.operator())
    Hosts.forget()
    return fresh


@pytest.fixture
def app(web_client: tuple[Client, str]) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


@pytest.mark.parametrize("path", ["openid-configuration", "oauth-authorization-server"])
def test_metadata_at_each_host_names_that_host(acme: Tenant, path: str):
    moved(acme)
    for host in (OLD, NEW):
        document = stranger_on(acme).get(f"/.well-known/{path}", headers={"host": host}).json()
        addresses = [
            value for name, value in document.items() if name == "issuer" or name.endswith("endpoint")
        ]
        assert {address[: len(f"http://{host}")] for address in addresses} == {f"http://{host}"}


def test_tokens_of_before_stay_good_at_every_door(acme: Tenant, app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope=SCOPE)
    new = moved(acme)

    assert is_alive(app, tokens["access_token"])
    for tenant in (acme, new):
        assert bearer_tokens.live(tenant, tokens["access_token"])
        assert recognise(tenant, tokens["id_token"])
    assert bearer_tokens.tenant_of(tokens["access_token"]) == acme
    refreshed = app.refresh(tokens["refresh_token"]).json()
    assert decoded(refreshed["access_token"])[1]["iss"] == acme.issuer
    out = bobs.get("/oauth/logout", {"id_token_hint": tokens["id_token"]})
    assert out.status_code in (200, 302)


@pytest.mark.spec("RFC 9207", "2.4")
def test_answers_and_tokens_name_the_host_that_was_asked(acme: Tenant, app: Application, bobs: Browser):
    moved(acme)

    answer = app.answered(bobs, scope=SCOPE)
    tokens = app.exchange(answer["code"]).json()

    named = {answer["iss"], *(decoded(tokens[name])[1]["iss"] for name in ("access_token", "id_token"))}
    assert named == {f"http://{OLD}"}


@pytest.mark.spec("RFC 7523", "3")
def test_assertions_for_either_address_are_taken(acme: Tenant, register: Callable[..., Any]):
    machine = Machine(acme, register, "ES256")
    moved(acme)

    for host in (OLD, NEW):
        for path in ("", "/oauth/token"):
            assert machine.ask(machine.assertion(aud=f"http://{host}{path}")).status_code == 200
    for other in ("http://globex.localhost:8000", "http://x.localhost", "", "\0", 7, None):
        assert machine.ask(machine.assertion(aud=other)).status_code == 401


def test_a_host_that_was_removed_is_no_issuer_any_more(acme: Tenant, app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope=SCOPE)
    new = moved(acme)
    new.remove_host(OLD, by=Actor.operator())

    assert bearer_tokens.live(new, tokens["access_token"]) is None
    assert recognise(new, tokens["id_token"]) is None
    assert bearer_tokens.tenant_of(tokens["access_token"]) is None


@pytest.mark.parametrize(
    "issuer",
    [
        "http://globex.localhost:8000",
        "https://acme.localhost:8000",
        "http://acme.localhost:8000/",
        "http://ACME.localhost:8000",
        "http://nowhere.localhost:8000",
        "",
        "\0",
        "\ud800",
        7,
        None,
        ["http://acme.localhost:8000"],
    ],
)
def test_no_other_issuer_is_ours(issuer: Any, acme: Tenant, globex: Tenant, app: Application, bobs: Browser):
    token = app.tokens(bobs, scope=SCOPE)["access_token"]
    moved(acme)
    header, claims = decoded(token)
    forged = resigned(acme, token, header, claims | {"iss": issuer, "aud": issuer})

    assert bearer_tokens.live(acme, forged) is None
    mixed = resigned(acme, token, header, claims | {"aud": f"http://{NEW}"})
    assert bearer_tokens.live(acme, mixed) is None


def test_another_tenant_never_becomes_its_host(acme: Tenant, globex: Tenant):
    client, secret = register(globex)
    moved(acme)
    sent = form(grant_type="client_credentials", client_id=client.client_id, client_secret=secret)
    for host in (OLD, NEW):
        assert stranger_on(acme).post("/oauth/token", **sent, headers={"host": host}).status_code == 401
