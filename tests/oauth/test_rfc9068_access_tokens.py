"""Access tokens as JSON Web Tokens (RFC 9068) and how they are checked (RFC 8725, RFC 6750)."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Actor, Client, Tenant, User
from tests.oauth.driver import Application
from tests.oauth.outcomes import bearer, is_alive, me
from tests.oauth.signed import decoded, key_of, resigned, segment, sign
from tests.oauth.test_rfc6749_token import mangled

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 9068", "2")]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid offline_access user_default"


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


@pytest.fixture
def token(app: Application, bobs: Browser) -> str:
    access_token: str = app.tokens(bobs, scope=SCOPE)["access_token"]
    return access_token


def published_keys(app: Application) -> dict[str, dict[str, Any]]:
    return {key["kid"]: key for key in app.web.get("/.well-known/jwks.json").json()["keys"]}


@pytest.mark.spec("RFC 9068", "2.2")
def test_jw04_it_says_who_may_do_what_and_for_how_long(app: Application, token: str, acme: Tenant, bob: User):
    header, claims = decoded(token)

    assert header == {"typ": "at+jwt", "alg": "ES256", "kid": header["kid"]}
    assert claims["iss"] == claims["aud"] == acme.issuer
    assert (claims["sub"], claims["client_id"]) == (str(bob.pk), app.client_id)
    assert set(claims["scope"].split()) == set(SCOPE.split())
    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 10
    assert len(claims["jti"]) >= 16
    assert claims["auth_time"] <= claims["iat"]


@pytest.mark.spec("RFC 9068", "4")
def test_jw04_a_server_that_only_has_the_published_keys_can_check_it(
    app: Application, token: str, acme: Tenant
):
    key = published_keys(app)[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(
        token, jwt.PyJWK.from_dict(key), algorithms=[key["alg"]], audience=acme.issuer, issuer=acme.issuer
    )

    assert claims["client_id"] == app.client_id


@pytest.mark.spec("RFC 9068", "2.2")
def test_jw04_every_one_has_an_id_of_its_own(app: Application, bobs: Browser):
    ids = {decoded(app.tokens(bobs)["access_token"])[1]["jti"] for _ in range(5)}

    assert len(ids) == 5


def test_it_says_nothing_about_the_person_but_the_id(token: str, bob: User):
    assert bob.email not in json.dumps(decoded(token))
    assert bob.name not in json.dumps(decoded(token))


@pytest.mark.spec("RFC 9068", "5")
def test_jw04_an_id_token_is_not_accepted_as_one(app: Application, bobs: Browser):
    id_token = app.tokens(bobs, scope="openid")["id_token"]

    assert_worthless(app, id_token)


@pytest.mark.spec("RFC 9068", "5")
def test_jw04_it_is_not_accepted_as_an_id_token_hint(app: Application, bobs: Browser, token: str):
    answer = app.answered(bobs, prompt="none", id_token_hint=token, scope=SCOPE)

    assert answer["error"] == "invalid_request"


def test_jw04_it_is_good_in_its_own_tenant_only(
    app: Application, token: str, globex: Tenant, register: Callable[..., ClientAndSecret]
):
    assert_worthless(Application(*register(globex)), token)


def assert_worthless(app: Application, token: str) -> None:
    """401 with a challenge where it is presented, inactive where it is asked about."""
    for path in ("/api/v1/users/me", "/oauth/userinfo"):
        response = app.web.get(path, headers=bearer(token))
        assert response.status_code == 401, (path, response.content)
        assert response["WWW-Authenticate"].startswith("Bearer ")
        assert response["Cache-Control"] == "no-store"
    assert app.introspect(token).json() == {"active": False}


def forged_with_hmac(tenant: Tenant, token: str, algorithm: str, key: bytes) -> str:
    header, claims = decoded(token)
    signing_input = f"{segment(header | {'alg': algorithm})}.{segment(claims)}"
    return f"{signing_input}.{segment(hmac.digest(key, signing_input.encode(), hashlib.sha256))}"


def pem(tenant: Tenant, algorithm: str = "ES256") -> bytes:
    public: Any = key_of(tenant, algorithm).private_key.public_key()
    text: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text


def attackers(token: str, **header: Any) -> str:
    """The same claims, signed by somebody else, who says in the header where the key is."""
    own_header, claims = decoded(token)
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.get_algorithm_by_name("ES256").to_jwk(key.public_key(), as_dict=True)
    return sign(own_header | {"jwk": jwk} | header, claims, "ES256", key)


def by_the_other_key(tenant: Tenant, token: str) -> str:
    header, claims = decoded(token)
    key = key_of(tenant, "RS256")
    return sign(header | {"alg": "RS256", "kid": key.kid}, claims, "RS256", key.private_key)


NOW = time.time
FORGERIES: dict[str, Callable[[Tenant, str], str]] = {
    "alg none": lambda t, a: sign(decoded(a)[0] | {"alg": "none"}, decoded(a)[1], "none", None),
    "alg none, kept signature": lambda t, a: ".".join(
        [segment(decoded(a)[0] | {"alg": "none"}), *a.split(".")[1:]]
    ),
    "HS256 with the public key": lambda t, a: forged_with_hmac(t, a, "HS256", pem(t)),
    "HS256 with the public key, other form": lambda t, a: forged_with_hmac(t, a, "HS256", b"\n" + pem(t).strip()),
    "HS256 with the RSA key": lambda t, a: forged_with_hmac(t, a, "HS256", pem(t, "RS256")),
    "HS256 with the kid": lambda t, a: forged_with_hmac(t, a, "HS256", decoded(a)[0]["kid"].encode()),
    "HMAC called ES256": lambda t, a: forged_with_hmac(t, a, "ES256", pem(t)),
    "RS256 with the tenant's own key": by_the_other_key,
    "other key": lambda t, a: sign(*decoded(a), "ES256", ec.generate_private_key(ec.SECP256R1())),
    "jwk in the header": lambda t, a: attackers(a),
    "jku in the header": lambda t, a: attackers(a, jku="https://evil.example/jwks.json"),
    "x5u in the header": lambda t, a: attackers(a, x5u="https://evil.example/x"),
    "kid unknown": lambda t, a: resigned(t, a, {"kid": "unknown"}, {}),
    "kid missing": lambda t, a: resigned(t, a, {"kid": None}, {}),
    "kid of the RSA key": lambda t, a: resigned(t, a, {"kid": key_of(t, "RS256").kid}, {}),
    "kid number": lambda t, a: resigned(t, a, {"kid": 1}, {}),
    "kid path": lambda t, a: resigned(t, a, {"kid": "../../dev/null"}, {}),
    "typ JWT": lambda t, a: resigned(t, a, {"typ": "JWT"}, {}),
    "typ missing": lambda t, a: resigned(t, a, {"typ": None}, {}),
    "typ of a logout token": lambda t, a: resigned(t, a, {"typ": "logout+jwt"}, {}),
    "typ list": lambda t, a: resigned(t, a, {"typ": ["at+jwt"]}, {}),
    "crit": lambda t, a: resigned(t, a, {"crit": ["exp"]}, {}),
    "iss other": lambda t, a: resigned(t, a, {}, {"iss": "https://evil.example"}),
    "iss with slash": lambda t, a: resigned(t, a, {}, {"iss": t.issuer + "/"}),
    "iss missing": lambda t, a: resigned(t, a, {}, {"iss": None}),
    "aud other": lambda t, a: resigned(t, a, {}, {"aud": "https://evil.example"}),
    "aud missing": lambda t, a: resigned(t, a, {}, {"aud": None}),
    "exp past": lambda t, a: resigned(t, a, {}, {"exp": int(NOW()) - 10}),
    "exp missing": lambda t, a: resigned(t, a, {}, {"exp": None}),
    "exp text": lambda t, a: resigned(t, a, {}, {"exp": "never"}),
    "exp not a number": lambda t, a: resigned(t, a, {}, {"exp": float("nan")}),
    "exp infinite": lambda t, a: resigned(t, a, {}, {"exp": float("inf")}),
    "nbf future": lambda t, a: resigned(t, a, {}, {"nbf": int(NOW()) + 60}),
    "iat future": lambda t, a: resigned(t, a, {}, {"iat": int(NOW()) + 60}),
    "iat missing": lambda t, a: resigned(t, a, {}, {"iat": None}),
    "jti missing": lambda t, a: resigned(t, a, {}, {"jti": None}),
    "sub missing": lambda t, a: resigned(t, a, {}, {"sub": None}),
    "client_id missing": lambda t, a: resigned(t, a, {}, {"client_id": None}),
    "client_id unknown": lambda t, a: resigned(t, a, {}, {"client_id": "unknown"}),
    "family unknown": lambda t, a: resigned(t, a, {}, {"family": "00000000-0000-4000-8000-000000000000"}),
    "zero signature": lambda t, a: a.rpartition(".")[0] + "." + segment(b"\0" * 64),
    "no signature": lambda t, a: a.rpartition(".")[0] + ".",
    "deep header": lambda t, a: segment(b'{"a":' * 1000 + b"1" + b"}" * 1000) + "." + a.partition(".")[2],
    "deep claims": lambda t, a: ".".join(
        [a.split(".")[0], segment(b'{"a":' * 1000 + b"1" + b"}" * 1000), a.split(".")[2]]
    ),
    "long": lambda t, a: a + "A" * 10_000,
    "dots": lambda t, a: "..",
    "dot": lambda t, a: ".",
}  # fmt: skip


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.parametrize("way", FORGERIES)
def test_jw05_it_refuses_a_forgery(app: Application, token: str, acme: Tenant, way: str):
    assert is_alive(app, resigned(acme, token, {}, {}))  # a signature of the test is as good as the server's

    assert_worthless(app, FORGERIES[way](acme, token))


@pytest.mark.spec("RFC 8725", "3.8")
def test_jw05_it_refuses_what_another_tenant_has_signed(
    app: Application, token: str, acme: Tenant, globex: Tenant
):
    header, claims = decoded(token)
    key = key_of(globex)

    assert_worthless(app, sign(header | {"kid": key.kid}, claims, "ES256", key.private_key))
    assert_worthless(app, sign(header, claims, "ES256", key.private_key))


@pytest.mark.spec("RFC 8725", "3.8")
def test_jw05_a_forged_hint_is_no_hint(app: Application, bobs: Browser, bob: User, acme: Tenant):
    id_token = app.tokens(bobs, scope="openid")["id_token"]
    header, claims = decoded(id_token)
    stranger = ec.generate_private_key(ec.SECP256R1())
    for forged in (
        sign(header | {"alg": "none"}, claims, "none", None),
        sign(header, claims, "ES256", stranger),
        forged_with_hmac(acme, id_token, "HS256", pem(acme)),
        resigned(acme, id_token, {}, {"iss": "https://evil.example"}),
        "..",
    ):
        answer = app.answered(bobs, prompt="none", id_token_hint=forged, scope="openid")
        assert answer["error"] == "invalid_request"

    assert "code" in app.answered(bobs, prompt="none", id_token_hint=id_token, scope="openid")


@pytest.mark.parametrize("way", mangled("x" * 49))
def test_cd08_it_refuses_one_that_is_not_quite_right(app: Application, token: str, way: str):
    changed = mangled(token)[way]
    if changed.isascii() and changed == changed.strip():  # others are no header at all
        assert_worthless(app, changed)
    assert app.introspect(changed).json() == {"active": False}


@pytest.mark.spec("RFC 6750", "2.1")
@pytest.mark.parametrize("path", ["/api/v1/users/me", "/oauth/userinfo"])
def test_it_is_taken_from_the_header_and_never_from_the_address(app: Application, token: str, path: str):
    assert app.web.get(path, headers={"Authorization": f"bearer {token}"}).status_code == 200
    assert app.web.get(path, headers={"Authorization": f"BEARER  {token}"}).status_code == 200
    for header in (
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        token,
        f"Bearer {token} {token}",
        f"Bearer {token}, x",
    ):
        assert app.web.get(path, headers={"Authorization": header}).status_code == 401

    response = app.web.get(f"{path}?access_token={token}")
    assert response.status_code == 401
    assert "error" not in response["WWW-Authenticate"]  # RFC 6750 §3.1: nothing was presented


def test_it_expires(app: Application, token: str, time_machine: TimeMachineFixture):
    time_machine.move_to(time.time(), tick=False)
    time_machine.shift(3595)
    assert is_alive(app, token)

    time_machine.shift(15)
    assert_worthless(app, token)


def test_a_session_is_no_token(app: Application, bobs: Browser):
    for path in ("/api/v1/users/me", "/oauth/userinfo"):
        assert bobs.get(path).status_code == 401


def test_a_token_is_no_session(app: Application, token: str):
    assert app.web.get("/account/applications", headers=bearer(token)).status_code == 302
    assert app.web.get(app.address(), headers=bearer(token))["Location"].startswith("/login?")


def test_a_removed_client_id_cannot_be_revived_by_a_token(app: Application, token: str, acme: Tenant):
    with scope(tenant=acme):
        Client.objects.get(client_id=app.client_id).remove(by=Actor.operator())

    assert me(app, token).status_code == 401
