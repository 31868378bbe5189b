"""ID tokens (OpenID Connect Core §2, §3.1.3): what they say, and who can check it."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Actor, Client, Tenant, User
from tests import cast
from tests.cast import signed_in_as
from tests.oauth.driver import Application
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core", "2")]
ClientAndSecret = tuple[Client, str]


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


def verified(app: Application, id_token: str) -> dict[str, Any]:
    """Checked as a client checks it, with nothing but the published keys (OpenID Connect Core §3.1.3.7)."""
    keys = {key["kid"]: key for key in app.web.get("/.well-known/jwks.json").json()["keys"]}
    key = keys[jwt.get_unverified_header(id_token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        id_token,
        jwt.PyJWK.from_dict(key),
        algorithms=[key["alg"]],
        audience=app.client_id,
        issuer=app.tenant.issuer,
        options={"require": ["iss", "sub", "aud", "exp", "iat"]},
    )
    return claims


@pytest.mark.spec("OpenID Connect Core", "2")
def test_jw03_it_says_who_signed_in_where_and_when(
    clock: TimeMachineFixture, app: Application, bobs: Browser, bob: User
):
    signed_in = datetime.now(UTC)
    clock.shift(60)
    tokens = app.tokens(bobs, scope="openid", nonce="n-0S6_WzA2Mj & ünïcode")
    now = int(datetime.now(UTC).timestamp())

    claims = verified(app, tokens["id_token"])

    assert claims["sub"] == str(bob.pk)
    assert claims["aud"] == app.client_id
    assert (claims["iat"], claims["exp"]) == (now, now + 3600)
    assert claims["nonce"] == "n-0S6_WzA2Mj & ünïcode"
    assert claims["auth_time"] == int(signed_in.timestamp())
    assert "email" not in claims
    assert "name" not in claims


@pytest.mark.spec("OpenID Connect Core", "2")
@pytest.mark.spec("RFC 8176", "2")
def test_jw03_it_says_how_they_signed_in(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope="openid offline_access")
    listed = app.web.get("/.well-known/openid-configuration").json()

    for id_token in (tokens["id_token"], app.refresh(tokens["refresh_token"]).json()["id_token"]):
        claims = verified(app, id_token)
        assert claims["amr"] == ["pwd"]
        assert [claims["acr"]] == listed["acr_values_supported"]
        assert claims["acr"].endswith(":Password")  # there is no transport protection on localhost
    assert {"amr", "acr"} <= set(listed["claims_supported"])


@pytest.mark.spec("OpenID Connect Core", "2")
def test_jw03_a_password_that_came_over_https_was_protected(db: None, browser: Callable[[User], Browser]):
    tenant = Tenant.create("initech", "Initech", ["login.initech.example"], by=cast.OPERATOR)
    app = Application(*cast.register(tenant))

    claims = verified(app, app.tokens(browser(cast.join(tenant, "bob")), scope="openid")["id_token"])

    assert claims["acr"] == "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
def test_jw03_it_is_bound_to_the_access_token(app: Application, bobs: Browser):
    tokens = app.tokens(bobs, scope="openid")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]

    at_hash = verified(app, tokens["id_token"])["at_hash"]

    assert at_hash == base64.urlsafe_b64encode(half).decode().rstrip("=")


@pytest.mark.spec("OpenID Connect Core", "2")
def test_jw03_a_nonce_that_was_not_sent_is_not_there(app: Application, bobs: Browser):
    claims = verified(app, app.tokens(bobs, scope="openid")["id_token"])

    assert "nonce" not in claims


@pytest.mark.spec("OpenID Connect Core", "3.1.3.7")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_jw03_it_is_signed_as_the_client_was_registered(
    acme: Tenant, bobs: Browser, register: Callable[..., ClientAndSecret], algorithm: str
):
    app = Application(*register(acme, algorithm=algorithm))
    id_token = app.tokens(bobs, scope="openid")["id_token"]

    header, _ = decoded(id_token)
    assert header["alg"] == algorithm
    assert header.get("typ", "JWT") == "JWT"
    assert verified(app, id_token)


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_the_granted_scopes_decide_what_it_says(app: Application, bobs: Browser, bob: User):
    claims = verified(app, app.tokens(bobs, scope="openid email profile")["id_token"])

    assert claims["email"] == claims["preferred_username"] == bob.email
    assert claims["name"] == bob.name
    assert "email_verified" not in claims  # nobody has said so, and false would say more than is known


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize("asked", ["user_default", None, "email profile"])
def test_oi06_there_is_none_without_openid(app: Application, bobs: Browser, asked: str | None):
    assert "id_token" not in app.tokens(bobs, scope=asked)


@pytest.mark.spec("OpenID Connect Core", "2")
def test_its_sub_is_the_person_in_every_client_and_nobody_else(
    app: Application, bobs: Browser, alice: User, spa_client: ClientAndSecret
):
    public = Application(*spa_client)
    subs = [
        verified(each, each.tokens(browser, scope="openid")["id_token"])["sub"]
        for each, browser in [(app, bobs), (public, bobs), (app, signed_in_as(alice))]
    ]

    assert subs[0] == subs[1] != subs[2]


def test_a_change_of_algorithm_holds_from_the_next_one_on(app: Application, bobs: Browser, acme: Tenant):
    with scope(tenant=acme):
        Client.objects.get(client_id=app.client_id).edit(by=Actor.operator(), algorithm="RS256")

    assert decoded(app.tokens(bobs, scope="openid")["id_token"])[0]["alg"] == "RS256"
