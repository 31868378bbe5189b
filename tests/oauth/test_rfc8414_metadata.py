"""What the server says about itself, and that it is true (RFC 8414, OpenID Connect Discovery 1.0)."""

import jwt
import pytest
from django_scopes import scope

from console.models import Tenant, User
from tests import cast
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db

OAUTH = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"


@pytest.fixture
def web(acme, stranger):
    return stranger(acme)


@pytest.mark.spec("RFC 8414", "3")
@pytest.mark.parametrize("path", [OAUTH, OPENID])
def test_md01_it_is_json_for_everyone_with_the_issuer_that_was_asked(web, acme, path):
    response = web.get(path)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert response.json()["issuer"] == acme.issuer == "http://acme.localhost:8000"


@pytest.mark.spec("RFC 8414", "3.3")
def test_md01_each_tenant_has_its_own(acme, globex, stranger):
    for tenant in (acme, globex):
        document = stranger(tenant).get(OAUTH).json()
        assert document["issuer"] == tenant.issuer
        addresses = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
        assert len(addresses) == 6
        assert all(address.startswith(f"{tenant.issuer}/") for address in addresses)


@pytest.mark.parametrize("path", [f"{OAUTH}/", f"{OPENID}/", f"{OAUTH}/acme", f"/acme{OPENID}"])
def test_md01_it_stands_at_one_address_only(web, path):
    assert web.get(path).status_code in {302, 404}
    assert "issuer" not in web.get(path).content.decode()


@pytest.mark.spec("RFC 8414", "3.3")
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Host": "globex.localhost:8000"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Port": "1"},
        {"X-Original-Host": "evil.example"},
        {"X-Host": "evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Tenant": "globex"},
    ],
    ids=str,
)
def test_md02_no_header_but_the_host_decides_who_it_is(web, globex, headers):
    plain = web.get(OAUTH)
    games = web.get(OAUTH, headers=headers)

    assert (games.status_code, games.content) == (200, plain.content)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "acme.localhost:8000.evil.example",
        "acme.localhost:8001",
        "acme.localhost",
        "xacme.localhost:8000",
        "acme.localhost:8000@evil.example",
        "evil.example:acme.localhost",
        "acme.localhost:8000, evil.example",
        "acme_localhost:8000",
        "[::1]:8000",
        "127.0.0.1:8000",
        "",
        " ",
        "a" * 10_000,
        "acme.localhost:99999999999",
        "ac\u00e5me.localhost",
    ],
)
def test_md02_an_unknown_host_is_nobody(web, host):
    response = web.get(OAUTH, headers={"host": host})

    assert response.status_code in {400, 404}
    assert "issuer" not in response.content.decode()
    assert "acme" not in response.content.decode()


@pytest.mark.parametrize("host", ["ACME.localhost:8000", "acme.localhost.:8000"])
def test_md02_another_spelling_of_the_host_is_the_same_issuer(web, acme, host):
    assert web.get(OAUTH, headers={"host": host}).json()["issuer"] == acme.issuer


@pytest.mark.spec("RFC 8414", "3.3")
def test_md02_an_alias_says_its_own_issuer(db, stranger):
    tenant = Tenant.create(
        "initech", "Initech", ["initech.localhost:8000", "old.localhost:8000"], by=cast.OPERATOR
    )

    document = stranger(tenant).get(OAUTH, headers={"host": "old.localhost:8000"}).json()

    assert "initech.localhost" not in str(document)
    assert document["issuer"] == "http://old.localhost:8000"


def test_md02_the_region_host_issues_nothing(acme, web):
    """It has a document for applications of every tenant (test_region_host.py), and no keys, people or ID tokens."""
    for path in (OPENID, "/.well-known/jwks.json", "/oauth/userinfo", "/oauth/introspect", "/oauth/logout"):
        assert web.get(path, headers={"host": "localhost:8000"}).status_code == 404


@pytest.mark.spec("RFC 8414", "2")
def test_md03_it_lists_what_works_and_only_that(web):
    document = web.get(OAUTH).json()

    assert document["response_types_supported"] == ["code"]
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert set(document["grant_types_supported"]) == {
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:qlik:oauth:user-impersonation",
        "urn:ietf:params:oauth:grant-type:device_code",
    }
    for absent in (
        "registration_endpoint",
        "pushed_authorization_request_endpoint",
    ):
        assert absent not in document
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
    for name, algorithms in document.items():
        if "signing_alg" in name:
            assert not {"none", "HS256", "HS384", "HS512"} & set(algorithms), name


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_md03_the_openid_document_says_the_same_and_more(web):
    plain, openid = web.get(OAUTH).json(), web.get(OPENID).json()

    assert plain.items() <= openid.items()
    assert openid["subject_types_supported"] == ["public"]
    assert openid["claims_parameter_supported"] is False
    assert openid["request_parameter_supported"] is False
    assert openid["request_uri_parameter_supported"] is False  # true is the default, where it is left out


def test_md04_every_endpoint_it_names_is_there(web, acme):
    document = web.get(OPENID).json()
    named = {name: document[name] for name in document if name.endswith(("_endpoint", "_uri"))}

    assert len(named) == 8
    for name, address in named.items():
        response = web.get(address.removeprefix(acme.issuer))
        assert response.status_code not in {404, 500}, name


def test_md04_every_scope_it_names_can_be_granted(web, acme, browser, bob):
    names = web.get(OPENID).json()["scopes_supported"]
    app = Application(*cast.register(acme, allowed_scopes=names))

    tokens = app.tokens(browser(bob), scope=" ".join(names))

    assert set(tokens["scope"].split()) == set(names)


@pytest.mark.spec("RFC 8414", "2")
def test_md04_a_program_that_asks_for_every_scope_gets_what_it_is_registered_for(web, acme, browser, bob):
    names = web.get(OPENID).json()["scopes_supported"]
    app = Application(*cast.register(acme, allowed_scopes=["openid", "apps:read"]))

    assert names == ["openid", "profile", "email", "offline_access", "user_default"]
    assert app.tokens(browser(bob), scope=" ".join(names))["scope"] == "openid"


def test_md04_every_prompt_it_names_is_understood(web, acme, browser, bob):
    app = Application(*cast.register(acme))
    prompts = web.get(OPENID).json()["prompt_values_supported"]

    assert {"none", "login", "consent"} <= set(prompts)
    for prompt in prompts:
        response = app.authorize(browser(bob), prompt=prompt)
        assert "invalid_request" not in response.get("Location", "")


def test_md04_every_claim_it_names_can_be_had(web, acme, browser):
    asked = ["openid", "profile", "email", "groups", "roles"]
    app = Application(*cast.register(acme, allowed_scopes=asked))
    with scope(tenant=acme):
        dora = User.invite(
            acme,
            "dora@acme.example",
            by=cast.OPERATOR,
            given_name="Dora",
            family_name="Dahl",
            email_verified=True,
            password=cast.PASSWORD,
        )
    tokens = app.tokens(browser(dora), scope=" ".join(asked), nonce="n")
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})

    assert set(web.get(OPENID).json()["claims_supported"]) <= set(claims)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_md04_every_signature_it_names_is_used(web, acme, browser, bob, algorithm):
    app = Application(*cast.register(acme, algorithm=algorithm))
    tokens = app.tokens(browser(bob), scope="openid")

    assert algorithm in web.get(OPENID).json()["id_token_signing_alg_values_supported"]
    assert jwt.get_unverified_header(tokens["id_token"])["alg"] == algorithm


def test_md04_nothing_is_there_that_it_does_not_name(web):
    for path in (
        "register",
        "device",
        "par",
        "applications",
        "authorized_tokens",
        "keys",
    ):
        response = web.post(f"/oauth/{path}")
        assert response.status_code == 404 or response.get("Location", "").startswith("/login"), path
