"""The keys that a tenant's tokens can be checked with, and nothing that could make one (RFC 7517)."""

import jwt
import pytest
from django_scopes import scope

from console.models import Actor, KeyRing, SigningKey
from tests.oauth.driver import Application, later

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7517", "4")]

JWKS = "/.well-known/jwks.json"


def keys_of(client):
    return client.get(JWKS).json()["keys"]


def test_jw01_it_has_public_members_only(acme, stranger):
    response = stranger(acme).get(JWKS)
    keys = response.json()["keys"]

    assert {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}.isdisjoint(
        {member for key in keys for member in key}
    )
    assert len({key["kid"] for key in keys}) == len(keys) == 2
    for key in keys:
        assert (key["use"], key["alg"]) in {("sig", "ES256"), ("sig", "RS256")}
        if key["kty"] == "EC":
            assert key["crv"] == "P-256"
        else:
            assert jwt.PyJWK.from_dict(key).key.key_size >= 2048


@pytest.mark.spec("RFC 9111", "5.2.2")
def test_jw01_it_may_be_kept_for_less_time_than_a_new_key_waits(acme, stranger, settings):
    response = stranger(acme).get(JWKS)

    assert response["Cache-Control"] == "public, max-age=300"
    assert settings.JWKS_CACHE < settings.SIGNING_KEY_LEAD
    assert response["Access-Control-Allow-Origin"] == "*"


def test_jw01_no_two_tenants_share_a_key(acme, globex, stranger):
    mine, theirs = ({key["kid"] for key in keys_of(stranger(tenant))} for tenant in (acme, globex))

    assert mine.isdisjoint(theirs)


def test_jw01_a_token_can_be_checked_with_it(acme, stranger, web_client, browser, bob):
    tokens = Application(*web_client).tokens(browser(bob), scope="openid")
    keys = {key["kid"]: jwt.PyJWK.from_dict(key) for key in keys_of(stranger(acme))}

    for token, audience in (
        (tokens["access_token"], acme.issuer),
        (tokens["id_token"], web_client[0].client_id),
    ):
        header = jwt.get_unverified_header(token)
        key = keys[header["kid"]]
        assert jwt.decode(token, key, algorithms=[header["alg"]], audience=audience)["iss"] == acme.issuer


def test_jw02_a_new_key_is_published_before_it_signs_and_an_old_one_outlives_its_tokens(
    acme, stranger, web_client, browser, bob, time_machine
):
    app, web = Application(*web_client), stranger(acme)
    before = {key["kid"] for key in keys_of(web)}
    with scope(tenant=acme):
        SigningKey.rotate(acme, by=Actor.operator())
    KeyRing.forget()

    signed = jwt.get_unverified_header(app.tokens(browser(bob))["access_token"])["kid"]
    assert signed in before
    assert len(keys_of(web)) == 4

    later(time_machine, 16 * 60)
    signed = jwt.get_unverified_header(app.tokens(browser(bob))["access_token"])["kid"]
    assert signed not in before
    assert before < {key["kid"] for key in keys_of(web)}

    later(time_machine, 3 * 3600)
    assert before.isdisjoint(key["kid"] for key in keys_of(web))
