"""TK-12: which pages of other origins may call (Fetch standard, Q5): those on a client's list, and nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from console.models import Actor, Client, Connection, Tenant, User, approval
from tests import cast
from tests.cast import signed_in_as, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.spec("Fetch", "3.2")]
ClientAndSecret = tuple[Client, str]
ORIGIN = "https://spa.example.com"
ENDPOINTS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo", "/api/v1/users/me"]
METHODS = {"/oauth/userinfo": "GET, HEAD, POST", "/api/v1/users/me": "GET, HEAD"}


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
        Client.objects.get(client_id=app.client_id).disable(by=Actor.operator())
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


# --- Clients of other tenants ---------------------------------------------------------------------------------------

NEW = "https://new.example"


def counts(tenant: Tenant, origin: str = NEW) -> bool:
    """Whether a page of `origin` may call the tenant's token endpoint."""
    answer = stranger_on(tenant).options("/oauth/token", headers={"Origin": origin})
    return answer.get("Access-Control-Allow-Origin") == origin


def counts_in_region(region: Browser, origin: str = NEW) -> bool:
    answer = region.options("/oauth/token", headers={"Origin": origin})
    return answer.get("Access-Control-Allow-Origin") == origin


def edit(client: Client, **fields: Any) -> None:
    with scope(tenant=client.tenant):
        Client.objects.get(pk=client.pk).edit(by=Actor.operator(), **fields)


def connection_in(tenant: Tenant) -> Connection:
    found: Connection = (
        Connection.objects.select_related("client__tenant").exclude(client__tenant=tenant).get()
    )
    return found


@pytest.fixture
def region(db: None) -> Browser:
    return Browser(headers={"host": "localhost:8000"})


@pytest.fixture
def shared(globex: Tenant, acme: Tenant) -> Client:
    """A page of globex that acme has approved."""
    fields: dict[str, Any] = {
        "redirect_uris": ["https://spa.example.com/callback"],
        "allowed_origins": ["https://api.example"],
    }
    client, _ = cast.register(globex, type="spa", **fields)
    cast.connect(client, acme)
    return client


def test_what_a_tenant_approved_counts_there(shared: Client, acme: Tenant, region: Browser):
    assert counts(acme, "https://api.example")
    assert counts_in_region(region, "https://api.example")


@pytest.mark.spec("N5")
def test_an_origin_that_the_publisher_adds_counts_elsewhere_once_it_is_accepted(
    shared: Client, acme: Tenant, globex: Tenant, in_acme: Tenant
):
    edit(shared, allowed_origins=["https://api.example", NEW])

    assert counts(globex)
    assert not counts(acme)
    assert counts(acme, "https://api.example")
    connection = connection_in(acme)
    assert connection.pending().new_origins == (NEW,)
    assert connection.pending_version == 2

    approval.accept_version(connection, by=Actor.operator(), terms=connection.client.terms)

    assert counts(acme)
    assert connection_in(acme).pending_version is None


def test_pages_of_a_host_that_answers_go_to_anyway_are_nothing_new(
    shared: Client, acme: Tenant, in_acme: Tenant
):
    edit(shared, allowed_origins=["https://api.example", "https://spa.example.com"])

    assert counts(acme, "https://spa.example.com")
    assert connection_in(acme).pending_version is None


def test_an_origin_that_goes_stops_at_once_and_may_come_back(shared: Client, acme: Tenant, region: Browser):
    edit(shared, allowed_origins=[NEW])
    assert not counts(acme, "https://api.example")
    assert not counts_in_region(region, "https://api.example")

    edit(shared, allowed_origins=["https://api.example"])
    assert counts(acme, "https://api.example")


def test_the_region_answers_as_the_tenant_that_the_code_is_of(
    shared: Client, acme: Tenant, bob: User, region: Browser
):
    """Before a request says which tenant it is for, any published client's page may ask; the answer is the tenant's."""
    edit(shared, allowed_origins=["https://api.example", NEW])
    app = Application(shared, "", tenant=acme)

    def answered(origin: str) -> Any:
        sent = f"grant_type=authorization_code&client_id={app.client_id}&code={app.code(signed_in_as(bob))}"
        sent += f"&redirect_uri={app.redirect_uri}&code_verifier={app.verifier}"
        return region.post("/oauth/token", sent, content_type=FORM, headers={"Origin": origin})

    assert counts_in_region(region)
    assert "Access-Control-Allow-Origin" not in answered(NEW)
    assert answered("https://api.example")["Access-Control-Allow-Origin"] == "https://api.example"


@pytest.mark.parametrize("end", ["block", "remove", "expire", "disable", "unpublish", "delete"])
def test_what_ends_a_connection_ends_its_origins(shared: Client, acme: Tenant, end: str):
    with scope(tenant=acme):
        connection = connection_in(acme)
        if end in {"block", "remove"}:
            getattr(connection, end)(by=Actor.operator())
        elif end == "expire":
            Connection.objects.filter(pk=connection.pk).update(expires_at=connection.approved_at)
    with scope(tenant=shared.tenant):
        if end == "disable":
            shared.disable(by=Actor.operator())
        elif end == "unpublish":
            shared.unpublish(by=Actor.operator(), connected_stay=False)
        elif end == "delete":
            shared.remove(by=Actor.operator())

    assert not counts(acme, "https://api.example")


def test_the_decision_costs_the_same_whatever_else_there_is(
    shared: Client, acme: Tenant, globex: Tenant, region: Browser
):
    """No list is read: neither those of the tenant's clients, nor on the region's host everybody's."""
    for number in range(20):
        client, _ = cast.register(globex, type="spa", allowed_origins=[f"https://spa{number}.example"])
        cast.connect(client, acme)
    counts(acme)

    for origin in ("https://spa7.example", NEW):
        with CaptureQueriesContext(database) as asked:
            counts(acme, origin)
            counts_in_region(region, origin)
        about = [query["sql"] for query in asked if "allowed_origins" in query["sql"]]
        assert about == []
        assert len(asked) <= 4


# --- What a browser asks before it sends, and what its program can read --------------------------------------------

DOCUMENTS = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
]
ADDED = ["traceparent", "tracestate", "baggage", "sentry-trace", "request-id", "mcp-protocol-version"]
ADDED += ["qlik-api-version", "qlik-csrf-token", "x-requested-with", "x-b3-traceid", "dpop"]


def preflight(browser: Browser, path: str, *names: str, origin: str = ORIGIN, method: str = "GET") -> Any:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(names)}
    return browser.options(path, headers={"Origin": origin} | asked)


def allowed_in(answer: Any) -> set[str]:
    return set(answer["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("path", DOCUMENTS)
def test_any_page_may_ask_for_a_document_with_headers_of_its_own(app: Application, path: str):
    answer = preflight(app.web, path, *ADDED, origin="http://localhost:6274")

    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert set(ADDED) <= allowed_in(answer)
    assert "Access-Control-Allow-Credentials" not in answer


def test_the_document_of_the_region_too(region: Browser):
    answer = preflight(region, DOCUMENTS[0], "mcp-protocol-version", origin="https://anyone.example")

    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert "mcp-protocol-version" in allowed_in(answer)


def test_a_document_that_is_not_here_can_be_read_as_missing(app: Application):
    path = "/.well-known/oauth-protected-resource"
    assert preflight(app.web, path, "mcp-protocol-version").status_code == 204
    answer = app.web.get(path, headers={"Origin": "https://anyone.example"})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (404, "*")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_an_allowed_page_may_send_what_its_monitoring_adds(app: Application, path: str):
    answer = preflight(app.web, path, "Content-Type", " Authorization ", *ADDED, method="POST")

    assert {"content-type", "authorization", *ADDED} <= allowed_in(answer)
    assert "Access-Control-Request-Headers" in answer["Vary"]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_another_page_may_send_nothing(app: Application, path: str):
    answer = preflight(app.web, path, *ADDED, origin="https://evil.example")

    assert not [name for name in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize(
    "name",
    [
        "x-forwarded-for",
        "X-Forwarded-Proto",
        "x_forwarded_for",
        "forwarded",
        "x-real-ip",
        "a b",
        "é",
        "a\tb",
        "",
    ],
)
def test_it_may_not_speak_for_a_proxy_or_send_what_is_no_name(app: Application, name: str):
    assert allowed_in(preflight(app.web, "/oauth/token", name)) == {"authorization", "content-type"}


def test_what_is_asked_for_is_bounded(app: Application):
    answer = preflight(app.web, "/oauth/token", *(f"x-{number}" for number in range(10_000)))

    assert len(allowed_in(answer)) <= 52


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/oauth/token", 405),
        ("DELETE", "/api/v1/users/me", 405),
        ("GET", "/api/v1/no-such-thing", 404),
        ("POST", "/oauth/no-such-thing", 404),
        ("GET", "/oauth/userinfo", 401),
    ],
)
def test_a_program_in_an_allowed_page_reads_what_is_wrong(
    app: Application, method: str, path: str, status: int
):
    answer = app.web.generic(method, path, headers={"Origin": ORIGIN})
    elsewhere = app.web.generic(method, path, headers={"Origin": "https://evil.example"})

    assert (answer.status_code, elsewhere.status_code) == (status, status)
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {"X-Trace-Id", "WWW-Authenticate", "Retry-After"}
    assert not [name for name in elsewhere.headers if name.startswith("Access-Control-")]


def test_the_address_of_a_404_may_be_asked_for(app: Application):
    answer = preflight(app.web, "/api/v1/no-such-thing", "authorization", method="PATCH")

    assert answer.status_code == 204
    assert "PATCH" in answer["Access-Control-Allow-Methods"].split(", ")


def test_a_mistake_of_ours_can_be_read(app: Application, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("console.oauth.bearer_tokens.live", broken)
    app.web.raise_request_exception = False
    for path in ("/oauth/userinfo", "/api/v1/users/me"):
        answer = app.web.get(path, headers=bearer("x") | {"Origin": ORIGIN})
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (500, ORIGIN)


def test_a_region_without_clients_says_so_to_pages_too(app: Application, settings: Any):
    settings.OAUTH_CLIENTS_SUPPORTED = False
    app.web.handler.load_middleware()

    assert preflight(app.web, "/oauth/token", "traceparent", method="POST").status_code == 204
    answer = app.web.post("/oauth/token", "x=y", content_type=FORM, headers={"Origin": ORIGIN})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (403, ORIGIN)


def test_a_shared_cache_keeps_the_answers_of_origins_apart(app: Application):
    assert "Origin" in app.web.get("/oauth/userinfo")["Vary"]
