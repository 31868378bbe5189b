"""TK-12: which pages of other origins may call (Fetch standard, Q5): those on a client's list, and nobody else."""

from collections.abc import Callable

import pytest
from django_scopes import scope

from console.models import Actor, Client, Tenant, User
from tests.cast import signed_in_as, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.spec("Fetch", "3.2")]
ClientAndSecret = tuple[Client, str]
ORIGIN = "https://spa.example.com"
ENDPOINTS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo", "/api/v1/users/me"]
METHODS = {"/oauth/userinfo": "GET, POST", "/api/v1/users/me": "GET, HEAD"}


@pytest.fixture
def app(spa_client: ClientAndSecret) -> Application:
    return Application(*spa_client)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_tk12_a_page_on_the_list_may_ask(app: Application, path: str):
    response = app.web.options(path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})

    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == ORIGIN
    assert response["Access-Control-Allow-Methods"] == METHODS.get(path, "POST")
    assert {"authorization", "content-type"} <= set(response["Access-Control-Allow-Headers"].split(", "))
    assert "Origin" in response["Vary"]


def test_tk12_it_may_read_the_answer_and_the_refusal(app: Application, bob: User):
    origin = {"Origin": ORIGIN}
    sent = f"grant_type=authorization_code&client_id={app.client_id}"
    code = app.code(signed_in_as(bob), scope="openid")
    right = f"{sent}&code={code}&redirect_uri={app.redirect_uri}&code_verifier={app.verifier}"

    given = app.web.post("/oauth/token", right, content_type=FORM, headers=origin)
    refused = app.web.post("/oauth/token", sent, content_type=FORM, headers=origin)
    token = bearer(given.json()["access_token"])
    person = app.web.get("/oauth/userinfo", headers=token | origin)
    me = app.web.get("/api/v1/users/me", headers=token | origin)
    nobody = app.web.get("/api/v1/users/me", headers=origin)

    answers = (given, refused, person, me, nobody)
    assert [answer.status_code for answer in answers] == [200, 400, 200, 200, 401]
    for response in answers:
        assert response["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in response["Vary"]


FOREIGN = [
    "https://evil.example",
    "null",
    "https://spa.example.com.evil.example",
    "https://evilspa.example.com",
    "http://spa.example.com",
    "https://spa.example.com:8443",
    "https://spa.example.com/",
    "HTTPS://SPA.EXAMPLE.COM",
    "https://user@spa.example.com",
    "https://app.example.com",
    "*",
    "",
    "[",
    "https://spa.example.com, https://evil.example",
]


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("origin", FOREIGN)
def test_tk12_a_page_of_another_origin_learns_nothing(app: Application, path: str, origin: str):
    """Keycloak CVE-2026-37977, Casdoor GO-2024-3087: the origin was reflected."""
    preflight = app.web.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    answer = app.web.post(path, "token=x", content_type=FORM, headers={"Origin": origin})

    for response in (preflight, answer):
        assert not [name for name in response.headers if name.startswith("Access-Control-")]
        assert "Origin" in response["Vary"]


def test_tk12_a_list_is_one_tenants(app: Application, globex: Tenant, acme: Tenant):
    elsewhere = stranger_on(globex).options("/oauth/token", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in elsewhere

    with scope(tenant=acme):
        Client.objects.get(client_id=app.client_id).disable(by=Actor())
    disabled = app.web.options("/oauth/token", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in disabled


@pytest.mark.parametrize("path", ["/oauth/authorize", "/console/oauth", "/login", "/account/applications"])
def test_tk12_no_page_may_call_what_people_see(app: Application, alice: User, path: str):
    response = signed_in_as(alice).get(path, headers={"Origin": ORIGIN})

    assert not [name for name in response.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json",
    ],
)
def test_tk12_every_page_may_read_what_is_public(app: Application, path: str):
    response = app.web.get(path, headers={"Origin": "https://anyone.example"})

    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response


def test_who_sends_no_origin_is_asked_nothing(
    app: Application, django_assert_num_queries: Callable[..., object]
):
    app.web.options("/oauth/token")  # the host is known from here on
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        response = app.web.options("/oauth/token")

    assert response.status_code == 204
