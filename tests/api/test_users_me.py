"""`/api/v1/users/me` (Q6): who the caller is, as Qlik's libraries expect it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from console.models import Client, Tenant, User
from tests.oauth.driver import Application
from tests.oauth.outcomes import bearer, me
from tests.oauth.signed import resigned

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
PATH = "/api/v1/users/me"


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def machine(machine_client: ClientAndSecret) -> Application:
    return Application(*machine_client)


def token_of(app: Application, browser: Browser) -> str:
    token: str = app.tokens(browser)["access_token"]
    return token


def assert_unauthorized(response: Any) -> None:
    assert response.status_code == 401
    error = response.json()["errors"][0]
    assert (error["code"], error["title"], error["status"]) == ("HTTP-401", "Unauthorized", "401")
    assert len(response.json()["traceId"]) == 32
    assert response["WWW-Authenticate"].startswith('Bearer realm="api"')
    assert response["Cache-Control"] == "no-store"


def test_it_says_who_the_person_is(
    app: Application, browser: Callable[[User], Browser], bob: User, acme: Tenant
):
    response = me(app, token_of(app, browser(bob)))

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Cache-Control"] == "no-store"
    answer = response.json()
    assert answer.pop("createdAt").endswith("Z")
    assert answer == {
        "id": str(bob.pk),
        "tenantId": str(acme.pk),
        "status": "active",
        "subject": bob.email,
        "name": "Bob",
        "email": bob.email,
        "assignedRoles": [],
        "assignedGroups": [],
        "links": {"self": {"href": f"{acme.issuer}/api/v1/users/{bob.pk}"}},
    }


ALWAYS = {
    "id", "tenantId", "status", "subject", "name", "createdAt", "links", "assignedRoles", "assignedGroups",
}  # fmt: skip


@pytest.mark.spec("ASVS 5.0", "10.3.2")
@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("openid", set()),
        ("openid apps:read", set()),
        ("profile", {"name"}),
        ("identity.name:read", {"name"}),
        ("email", {"subject", "email"}),
        ("identity.email:read", {"subject", "email"}),
        ("identity.subject:read", {"subject"}),
        ("profile email", {"name", "subject", "email"}),
        ("users:read", {"name", "subject", "email"}),
        ("users", {"name", "subject", "email"}),
        ("admin.users:read", {"name", "subject", "email"}),
        ("user_default", {"name", "subject", "email", "assignedRoles"}),
        ("admin_classic", {"name", "subject", "email", "assignedRoles"}),
    ],
)
def test_the_scopes_decide_what_it_says_about_the_person(
    acme: Tenant,
    register: Callable[..., ClientAndSecret],
    browser: Callable[[User], Browser],
    alice: User,
    scope: str,
    told: set[str],
):
    app = Application(*register(acme, allowed_scopes=scope.split()))
    answer = me(app, app.tokens(browser(alice), scope=scope)["access_token"]).json()

    unnamed = str(alice.pk)
    assert answer.keys() == ALWAYS | (told & {"email"})
    assert answer["subject"] == (alice.email if "subject" in told else unnamed)
    assert answer["name"] == ("Alice" if "name" in told else unnamed)
    assert [role["name"] for role in answer["assignedRoles"]] == ["TenantAdmin"] * ("assignedRoles" in told)
    assert answer["assignedGroups"] == []
    assert ("alice@" in str(answer)) == ("subject" in told)


def test_whoever_has_no_name_is_not_called_by_an_address_that_may_not_be_seen(
    acme: Tenant, register: Callable[..., ClientAndSecret], browser: Callable[[User], Browser], bob: User
):
    User._base_manager.filter(pk=bob.pk).update(name="")
    bob.refresh_from_db()
    app = Application(*register(acme, allowed_scopes=["openid", "profile"]))
    token = app.tokens(browser(bob), scope="openid profile")["access_token"]

    assert me(app, token).json()["name"] == str(bob.pk)
    assert bob.email not in str(me(app, token).json())
    assert bob.email not in str(app.userinfo(token).json())
    assert bob.email not in str(app.introspect(token).json())


def test_it_says_who_administers(
    app: Application, browser: Callable[[User], Browser], alice: User, carol: User
):
    roles = {
        person.name: [
            role["name"] for role in me(app, token_of(app, browser(person))).json()["assignedRoles"]
        ]
        for person in (alice, carol)
    }

    assert roles == {"Alice": ["TenantAdmin"], "Carol": []}


def test_a_machine_is_a_bot_with_its_clients_name(machine: Application, acme: Tenant):
    token = machine.token(grant_type="client_credentials").json()["access_token"]
    answer = me(machine, token).json()

    assert answer["id"] == answer["clientId"] == machine.client_id
    assert answer["subject"] == f"qlikbot\\{machine.client_id}"
    assert answer["name"] == "Nightly reload"
    assert (answer["tenantId"], answer["status"]) == (str(acme.pk), "active")
    assert "email" not in answer


def test_it_takes_what_qliks_libraries_send_along(
    app: Application, browser: Callable[[User], Browser], bob: User
):
    headers = {
        **bearer(token_of(app, browser(bob))),
        "User-Agent": "qlik-api/2.19.0",
        "qlik-api-version": "2026-08",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
    }

    assert app.web.get(PATH, headers=headers).status_code == 200
    head = app.web.head(PATH, headers=headers)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YTpi",
        "Bearer " + "x" * 20_000,
        "Bearer é",
        "Bearer \x00",
        "x",
    ],
)
def test_it_wants_a_token(app: Application, header: str):
    assert_unauthorized(app.web.get(PATH, headers={"Authorization": header} if header else {}))


def test_it_says_what_was_wrong_only_when_something_was_presented(app: Application):
    assert "error=" not in app.web.get(PATH)["WWW-Authenticate"]
    assert 'error="invalid_token"' in app.web.get(PATH, headers=bearer("x"))["WWW-Authenticate"]


def test_tn01_it_takes_no_token_of_another_tenant_and_no_session(
    app: Application, browser: Callable[[User], Browser], bob: User, gustav: User, globex: Tenant,
    register: Callable[..., ClientAndSecret],
):  # fmt: skip
    elsewhere = Application(*register(globex))
    token = token_of(app, browser(bob))

    assert_unauthorized(me(elsewhere, token))
    assert_unauthorized(me(app, token_of(elsewhere, browser(gustav))))
    assert_unauthorized(browser(bob).get(PATH))


def test_tn02_nothing_in_the_request_changes_the_tenant(
    app: Application, browser: Callable[[User], Browser], bob: User, globex: Tenant, acme: Tenant
):
    token = token_of(app, browser(bob))
    headers = bearer(token) | {
        "X-Forwarded-Host": "globex.localhost:8000",
        "Forwarded": "host=globex.localhost",
        "qlik-tenant-id": str(globex.pk),
    }

    answer = app.web.get(f"{PATH}?tenantId={globex.pk}", headers=headers)

    assert answer.json()["tenantId"] == str(acme.pk)


def test_a_person_who_has_been_moved_into_a_token_of_another_is_not_believed(
    app: Application, browser: Callable[[User], Browser], bob: User, alice: User, acme: Tenant
):
    """Even under a genuine signature the family says who the person is (OAuth 10.3.3)."""
    token = resigned(acme, token_of(app, browser(bob)), {}, {"sub": str(alice.pk)})

    assert me(app, token).json()["id"] == str(bob.pk)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_it_has_no_other_method(app: Application, browser: Callable[[User], Browser], bob: User, method: str):
    response = getattr(app.web, method)(PATH, headers=bearer(token_of(app, browser(bob))))

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_it_is_not_on_the_region_host(app: Application):
    assert app.web.get(PATH, headers={"Host": "localhost:8000"}).status_code == 404
    assert app.web.get(PATH, headers={"Host": "unknown.localhost:8000"}).status_code == 404


# --- From a page of another origin (Q5, Fetch standard §3.2) ---------------------------------------------------

ORIGIN = "https://spa.example.com"


@pytest.fixture
def spa(spa_client: ClientAndSecret) -> Application:
    return Application(*spa_client)


def test_a_page_on_the_list_may_ask_and_read(spa: Application, browser: Callable[[User], Browser], bob: User):
    asked = spa.web.options(
        PATH, headers={"Origin": ORIGIN, "Access-Control-Request-Headers": "authorization"}
    )
    token = token_of(spa, browser(bob))
    given = spa.web.get(PATH, headers=bearer(token) | {"Origin": ORIGIN})
    refused = spa.web.get(PATH, headers=bearer("x") | {"Origin": ORIGIN})

    assert (asked.status_code, given.status_code, refused.status_code) == (204, 200, 401)
    assert "authorization" in asked["Access-Control-Allow-Headers"]
    assert asked["Access-Control-Allow-Methods"] == "GET, HEAD"
    for answer in (asked, given, refused):
        assert answer["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Credentials" not in answer  # a token says who calls, never a cookie
        assert "Origin" in answer["Vary"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://spa.example.com.evil.example"])
def test_a_page_of_another_origin_learns_nothing(spa: Application, origin: str):
    for answer in (
        spa.web.options(PATH, headers={"Origin": origin}),
        spa.web.get(PATH, headers={"Origin": origin}),
    ):
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]
        assert "Origin" in answer["Vary"]
