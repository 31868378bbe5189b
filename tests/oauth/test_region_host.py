"""The region host, for applications that serve every tenant: which tenant?, metadata, tokens, revocation (S8)."""

import time
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Event, Hostname
from console.policy import public_keys
from tests import cast
from tests.oauth.driver import Application, answer, post_form
from tests.oauth.outcomes import assert_refused, bearer, is_alive, me
from tests.oauth.signed import decoded, sign

pytestmark = [pytest.mark.django_db, pytest.mark.spec("S8")]
REGION = "localhost:8000"
METADATA = "/.well-known/oauth-authorization-server"
SCOPE = "openid offline_access apps:read"
NOBODY_HERE = "There is no organisation at this address in this region"


@pytest.fixture
def region():
    return Browser(headers={"host": REGION})


@pytest.fixture
def portal(globex, acme):
    """A client of globex that acme trusts."""
    client, secret = cast.register(globex, name="Report portal", allowed_scopes=SCOPE.split())
    cast.connect(client, acme, consent_method="trusted")
    return client, secret


@pytest.fixture
def app(portal, acme, region):
    """The application, which does not know more than the region: its back channel is the region host."""
    application = Application(*portal, tenant=acme)
    application.web = region
    return application


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def choose(region, query, hostname):
    return post_form(region, f"/oauth/authorize?{query}", {"hostname": hostname})


@pytest.fixture(autouse=True)
def _another_name(acme):
    Hostname.objects.create(tenant=acme, host="sign-in.acme.example")


# --- Which tenant? ----------------------------------------------------------------------------------------------


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_az24_a_posted_request_goes_on_as_a_link_and_keeps_its_parameters(app, acme):
    strict = Browser(enforce_csrf_checks=True, headers={"host": REGION})
    sent = dict(parse_qsl(app.address(scope=SCOPE, state="a+b c&d=å").partition("?")[2]))

    on = post_form(strict, "/oauth/authorize", sent)
    page = strict.get(on["Location"])

    assert (on.status_code, page.status_code) == (303, 200)
    assert dict(parse_qsl(on["Location"].partition("?")[2])) == sent
    assert b'name="hostname"' in page.content
    assert not strict.post(f"{on['Location']}", {"hostname": "acme"}).has_header(
        "Location"
    )  # another site's form


QUERIES = [
    "client_id=a&redirect_uri=https%3a%2F%2Fapp.example%2fcallback&state=a+b%20c%26d%3D&scope=openid",
    "state=1&state=2&client_id=%3Cscript%3E&x[]=y&z=~!*'();:@,/?$",
    "state=%E2%82%AC%c3%a5&nonce=%00&empty=&naked&&a=b;c=d",
    "",
    "a=%zz&broken=%",
]


@pytest.mark.parametrize("query", QUERIES)
def test_every_parameter_goes_on_byte_for_byte(region, acme, query):
    answered = choose(region, query, "acme")

    assert answered.status_code == 303
    assert answered["Location"] == f"{acme.issuer}/oauth/authorize?{query}"


def test_bytes_that_no_address_may_contain_are_escaped_and_not_changed(region, acme):
    raw = 'state=å€"<>'.encode().decode("latin-1")  # as a server gets it (PEP 3333)

    answered = region.post("/oauth/authorize", {"hostname": "acme"}, QUERY_STRING=raw)

    assert answered["Location"] == f"{acme.issuer}/oauth/authorize?state=%C3%A5%E2%82%AC%22%3C%3E"


@pytest.mark.parametrize(
    "typed",
    [
        "acme",
        "  ACME\t",
        "acme.localhost:8000",
        "Acme.Localhost:8000.",
        "http://acme.localhost:8000",
        "https://acme.localhost:8000/console/oauth?x=y#z",
        "acme.localhost:8000/login",
        "http://somebody:password@acme.localhost:8000/",
        "sign-in.acme.example",
        "https://sign-in.acme.example:443/",
        "//acme.localhost:8000",
    ],
)
def test_it_knows_aliases_hostnames_and_pasted_addresses(region, acme, typed):
    answered = choose(region, "state=x", typed)

    # Always the canonical address of that tenant, whatever name was typed: nothing of the text gets into it.
    assert answered["Location"] == f"{acme.issuer}/oauth/authorize?state=x"


@pytest.mark.spec("ASVS 5.0", "3.7.2")
@pytest.mark.parametrize(
    "typed",
    [
        "initech",
        " ",
        "globex.example",
        "localhost:8000",
        "https://evil.example/acme",
        "https://evil.example#acme.localhost:8000",
        "https://acme.localhost:8000@evil.example/",
        "https://acme.localhost:8000.evil.example/",
        "acme.localhost:9",
        "acme\0",
        "acme\\@evil.example",
        "javascript:alert(1)",
        "data://acme",
        "//[",
        "http://[::1",
        "http://acme.localhost:99999999/",
        "℀.localhost",
        "%61cme",
        "acme' OR '1'='1",
        "<script>alert(1)</script>",
        "\u202eemca",
        "x" * 5000,
        "acme" + " " * 290 + "x",
    ],
    ids=repr,
)
def test_it_says_the_same_of_everything_else(region, acme, globex, typed):
    refused = choose(region, "state=x", typed)
    if typed == "data://acme":
        assert refused["Location"].startswith(acme.issuer)  # an address is an address: only its host counts
        return

    assert refused.status_code == 422
    page = refused.content.decode()
    assert NOBODY_HERE in page
    assert "<script>alert" not in page
    assert "Location" not in refused


def test_tn01_it_never_lists_tenants(region, acme, globex):
    for page in (region.get("/oauth/authorize?client_id=x"), choose(region, "client_id=x", "glob")):
        text = page.content.decode().replace("acme.localhost:8000", "", 1)  # the example
        assert "globex" not in text.lower()
        assert "Acme" not in text


def test_a_device_remembers_where_it_went(region, acme, globex):
    choose(region, "state=x", "globex")
    cookie = choose(region, "state=x", "sign-in.acme.example").cookies["tenants"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/oauth/authorize"
    assert cookie["domain"] == ""
    assert cookie.value == "acme.localhost:8000|globex.localhost:8000"
    page = region.get("/oauth/authorize?state=y").content.decode()
    assert page.index('value="acme.localhost:8000"') < page.index('value="globex.localhost:8000"')


@pytest.mark.parametrize(
    "cookie", ["", "|", "<script>alert(1)</script>", "evil.example|" * 50, "x" * 4000, "é|ü", "acme\\073"]
)
def test_a_cookie_is_only_shown_back(region, acme, cookie):
    region.cookies["tenants"] = cookie

    page = region.get("/oauth/authorize?state=x")

    assert page.status_code == 200
    assert b"<script>alert" not in page.content
    assert choose(region, "state=x", "evil.example").status_code == 422


@pytest.mark.spec("ASVS 5.0", "3.5.1")
def test_a_form_of_another_site_chooses_nothing(acme):
    strict = Browser(enforce_csrf_checks=True, headers={"host": REGION})

    assert strict.post("/oauth/authorize?state=x", {"hostname": "acme"}).status_code == 403


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_az24_an_application_may_post_its_request(acme):
    strict = Browser(
        enforce_csrf_checks=True, headers={"host": REGION}
    )  # the form is of the application's own page
    sent = {"client_id": "a", "state": "b & c", "redirect_uri": "https://app.example/callback"}

    posted = post_form(strict, "/oauth/authorize", sent)

    assert (posted.status_code, posted["Location"]) == (303, f"/oauth/authorize?{urlencode(sent)}")
    assert b"Which organisation?" in strict.get(posted["Location"]).content
    for body in ("state=%ff", "state=%zz", "state=a%00b"):
        refused = strict.post("/oauth/authorize", body, content_type="application/x-www-form-urlencoded")
        assert refused.status_code == 400


@pytest.mark.spec("CSP Level 3", "6.4.2")
@pytest.mark.parametrize(
    ("redirect_uri", "targets"),
    [
        ("https://app.example/callback", ["https:"]),
        ("http://localhost:8200/callback", ["http://localhost:*", "http://127.0.0.1:*"]),
        ("com.example.app:/callback", ["com.example.app:"]),
        ("javascript:alert(1)", []),
        ("x; script-src *", []),
        ("", []),
    ],
    ids=str,
)
def test_the_form_may_lead_to_tenants_and_to_the_application_and_nowhere_else(
    region, acme, redirect_uri, targets
):
    page = region.get("/oauth/authorize", {"redirect_uri": redirect_uri})

    [rule] = [part.split() for part in page["Content-Security-Policy"].split(";") if "form-action" in part]
    assert rule[1:] == ["'self'", "http://*.localhost:*", *targets]


def test_the_whole_way_of_a_person(app, region, bobs, acme, bob):
    on = choose(region, app.address(scope=SCOPE).partition("?")[2], "acme")
    given = answer(bobs.get(on["Location"].removeprefix(acme.issuer)))
    tokens = app.exchange(given["code"]).json()

    assert given["iss"] == acme.issuer  # RFC 9207: this is how the application learns which tenant it was
    assert decoded(tokens["id_token"])[1]["iss"] == acme.issuer
    assert decoded(tokens["access_token"])[1]["aud"] == acme.issuer
    there = Application.__new__(Application)
    there.__dict__.update(app.__dict__)
    there.web = cast.stranger_on(acme)
    assert me(there, tokens["access_token"]).json()["id"] == str(bob.pk)


# --- Metadata ---------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8414", "3")
def test_its_document_leads_to_itself_and_promises_only_what_works(region, acme):
    response = region.get(METADATA)
    document = response.json()

    assert response["Access-Control-Allow-Origin"] == "*"
    assert document["issuer"] == "http://localhost:8000"
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint"):
        assert document[name].startswith("http://localhost:8000/oauth/")
    assert document["grant_types_supported"] == ["authorization_code", "refresh_token"]
    # The answer's issuer is a tenant, never the issuer of this document (RFC 9207 §2.4).
    assert "authorization_response_iss_parameter_supported" not in document
    for endpoint in ("token", "revocation"):
        assert document[f"{endpoint}_endpoint_auth_methods_supported"] == [
            "client_secret_basic", "client_secret_post", "private_key_jwt", "none",
        ]  # fmt: skip
        assert "ES256" in document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
    assert (
        not {"jwks_uri", "userinfo_endpoint", "introspection_endpoint", "registration_endpoint"}
        & document.keys()
    )
    assert "acme" not in response.content.decode()


# --- Tokens -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_no_leeway")
def test_a_refresh_token_finds_its_tenant(app, bobs, acme):
    tokens = app.tokens(bobs, scope=SCOPE)

    refreshed = app.refresh(tokens["refresh_token"])

    assert refreshed.status_code == 200
    assert decoded(refreshed.json()["access_token"])[1]["iss"] == acme.issuer
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")  # used before
    assert_refused(app.refresh(refreshed.json()["refresh_token"]), "invalid_grant")  # so the family has ended


def test_the_same_client_in_two_tenants_is_never_mixed_up(app, portal, bobs, browser, gustav, globex, acme):
    with scope(tenant=globex):
        portal[0].own_connection.change_consent_method("trusted", by=Actor.operator())
    home = Application(*portal)
    home.web = app.web

    theirs = home.tokens(browser(gustav), scope=SCOPE)
    ours = app.tokens(bobs, scope=SCOPE)

    assert decoded(theirs["access_token"])[1]["iss"] == globex.issuer
    assert decoded(app.refresh(ours["refresh_token"]).json()["access_token"])[1]["iss"] == acme.issuer
    assert decoded(app.refresh(theirs["refresh_token"]).json()["access_token"])[1]["iss"] == globex.issuer


@pytest.mark.parametrize("code", ["", "qac_nothing", "x", "qac_" + "A" * 49, "ö", "qar_" + "A" * 49])
def test_what_is_unknown_is_refused_without_a_tenant(app, code):
    assert_refused(app.exchange(code), "invalid_grant")
    assert_refused(app.refresh(code), "invalid_grant")


@pytest.mark.spec("RFC 6749", "5.2")
def test_what_nothing_finds_a_tenant_for_is_said_to_be_unsupported(app):
    assert_refused(app.token(), "invalid_request")
    for grant_type in ("client_credentials", "urn:qlik:oauth:user-impersonation", "password", "x"):
        assert_refused(app.token(grant_type=grant_type), "unsupported_grant_type")


def test_a_code_is_good_only_with_everything_that_a_tenant_asks_for(app, bobs, globex, portal):
    stolen = Application(
        *cast.register(globex, name="Thief"), tenant=app.tenant, redirect_uri=app.redirect_uri
    )
    stolen.web = app.web
    code = app.code(bobs, scope=SCOPE)

    assert_refused(app.exchange(code, code_verifier="x" * 43), "invalid_grant")
    assert_refused(app.exchange(code, redirect_uri="https://evil.example/"), "invalid_grant")
    assert_refused(stolen.exchange(code), "invalid_client", 401)
    assert app.exchange(code).status_code == 200
    assert_refused(app.exchange(code), "invalid_grant")


def test_a_client_that_the_tenant_blocks_gets_nothing_here_either(app, bobs, acme):
    from console.models import Connection

    code, tokens = app.code(bobs, scope=SCOPE), app.tokens(bobs, scope=SCOPE)
    with scope(tenant=acme):
        Connection.objects.get().block(by=Actor.operator())

    assert_refused(app.exchange(code), "invalid_client", 401)
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_client", 401)


@pytest.mark.parametrize("method", ["basic", "post"])
def test_a_client_authenticates_as_it_would_in_the_tenant(app, bobs, method):
    code = app.code(bobs, scope=SCOPE)
    right, app.secret = app.secret, ""
    if method == "basic":
        app.secret = right
        response = app.exchange(code)
    else:
        assert_refused(app.exchange(code), "invalid_client", 401)
        response = app.exchange(code, client_secret=right)

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    ("audience", "accepted"),
    [
        ("http://localhost:8000", True),
        ("http://localhost:8000/oauth/token", True),
        ("http://acme.localhost:8000", True),
        ("http://acme.localhost:8000/oauth/token", True),
        ("http://globex.localhost:8000", False),
        ("http://localhost:8000/", False),
        (["http://localhost:8000", "https://evil.example"], False),
    ],
    ids=str,
)
def test_an_assertion_is_for_the_region_or_for_the_tenant(globex, acme, region, bobs, audience, accepted):
    import jwt

    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.get_algorithm_by_name("ES256").to_jwk(key.public_key(), as_dict=True)
    public = public_keys.check(jwk | {"kid": "k", "alg": "ES256", "use": "sig"})
    client, _ = cast.register(globex, auth_methods=["private_key_jwt"], public_keys=[public])
    cast.connect(client, acme, consent_method="trusted")
    app = Application(client, tenant=acme)
    app.web = region
    now = int(time.time())
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": audience,
        "jti": uuid4().hex,
        "exp": now + 60,
    }
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": sign({"alg": "ES256", "kid": "k"}, claims, "ES256", key),
    }

    first = app.exchange(app.code(bobs, scope="openid"), **proof)
    again = app.exchange(app.code(bobs, scope="openid"), **proof)

    assert first.status_code == (200 if accepted else 401)
    assert again.status_code == 401  # each is good once


# --- Revocation -------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_token_is_revoked_where_it_is_from(app, bobs, acme, which):
    there = Application.__new__(Application)
    there.__dict__.update(app.__dict__)
    there.web = cast.stranger_on(acme)
    tokens = app.tokens(bobs, scope=SCOPE)
    assert is_alive(there, tokens["access_token"])

    assert app.revoke(tokens[which]).status_code == 200

    assert not is_alive(there, tokens["access_token"])
    with scope(tenant=acme):
        assert Event.objects.filter(action="tokens.revoked").count() == 1


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize(
    "token",
    [
        "x",
        "qar_nothing",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwOi8vbm9ib2R5In0.",
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJcdWQ4MDAifQ.",  # its iss is half a surrogate pair
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJcdTAwMDAifQ.",  # and here a NUL
        "x" * 20000,
    ],
)
def test_an_unknown_token_is_as_good_as_revoked(app, token):
    assert app.revoke(token).status_code == 200


def test_a_token_of_another_client_stays(app, globex, acme, bobs):
    client, secret = cast.register(globex, name="Other")
    cast.connect(client, acme)
    other = Application(client, secret, tenant=acme)
    other.web = app.web
    tokens = app.tokens(bobs, scope=SCOPE)

    assert other.revoke(tokens["refresh_token"]).status_code == 200
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_revocation_needs_the_client(app, bobs):
    tokens = app.tokens(bobs, scope=SCOPE)
    app.secret = "qas_wrong"

    assert app.revoke(tokens["refresh_token"]).status_code == 401


# --- Pages of other origins -------------------------------------------------------------------------------------


@pytest.mark.spec("Fetch", "3.2")
def test_pages_of_published_clients_may_call(globex, acme, region, bobs):
    client, _ = cast.register(
        globex,
        type="spa",
        redirect_uris=["https://spa.example/cb"],
        allowed_origins=["https://spa.example"],
        allowed_scopes=SCOPE.split(),
    )
    origin = {"Origin": "https://spa.example", "Access-Control-Request-Method": "POST"}

    def allowed():
        return region.options("/oauth/token", headers=origin).get("Access-Control-Allow-Origin")

    assert allowed() is None  # nobody of another tenant may use it
    cast.connect(client, acme, consent_method="trusted")
    assert allowed() == "https://spa.example"
    app = Application(client, tenant=acme)
    sent = {"client_id": app.client_id, "redirect_uri": app.redirect_uri, "code_verifier": app.verifier}
    code = app.code(bobs, scope=SCOPE)
    response = region.post(
        "/oauth/token", **cast.form(grant_type="authorization_code", code=code, **sent), headers=origin
    )
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "https://spa.example"
    refused = region.post(
        "/oauth/token", **cast.form(grant_type="refresh_token", refresh_token="x"), headers=origin
    )
    assert refused["Access-Control-Allow-Origin"] == "https://spa.example"

    with scope(tenant=globex):
        client.unpublish(by=Actor.operator(), connected_stay=True)
    assert allowed() == "https://spa.example"
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
        client.unpublish(by=Actor.operator(), connected_stay=False)
    assert allowed() is None


def test_nothing_else_of_a_tenant_is_here(region, acme, app, bobs):
    token = app.tokens(bobs, scope=SCOPE)["access_token"]
    for path in (
        "/oauth/userinfo",
        "/oauth/introspect",
        "/api/v1/users/me",
        "/.well-known/openid-configuration",
    ):
        assert region.get(path, headers=bearer(token)).status_code == 404
    assert settings.REGION_HOST == REGION
