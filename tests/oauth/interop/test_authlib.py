"""Authlib, unmodified, from discovery to revocation against a served region."""

import secrets

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from console.models import Client, Tenant, User
from tests.cast import OPERATOR, PASSWORD
from tests.oauth.interop.person import allow

ClientAndSecret = tuple[Client, str]
SCOPE = "openid email offline_access user_default"
pytestmark = pytest.mark.usefixtures("local_names", "_insecure_transport")


@pytest.fixture
def _insecure_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """http, because it is localhost."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("web_client", "client_secret_basic"),
        ("web_client", "client_secret_post"),
        ("spa_client", "none"),
    ],
)
def test_a_sign_in_from_discovery_to_revocation(
    acme: Tenant, bob: User, request: pytest.FixtureRequest, kind: str, method: str
):
    client, secret = request.getfixturevalue(kind)
    metadata = requests.get(f"{acme.issuer}/.well-known/openid-configuration", timeout=30).json()
    session = OAuth2Session(
        client.client_id,
        secret or None,
        scope=SCOPE,
        redirect_uri=client.redirect_uris[0],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )

    callback = allow(url, bob.email, PASSWORD, client.redirect_uris[0])
    tokens = session.fetch_token(
        metadata["token_endpoint"], authorization_response=callback, code_verifier=verifier, state=state
    )

    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=[client.algorithm]).claims
    assert claims["iss"] == metadata["issuer"] == acme.issuer
    assert (claims["aud"], claims["nonce"]) == (client.client_id, nonce)
    userinfo = session.get(metadata["userinfo_endpoint"]).json()
    assert userinfo["sub"] == claims["sub"] == str(bob.pk)
    assert userinfo["email"] == bob.email

    refreshed = session.refresh_token(metadata["token_endpoint"])
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    if secret:
        introspection = session.introspect_token(
            metadata["introspection_endpoint"], refreshed["access_token"]
        )
        assert introspection.json()["active"] is True

    revoked = session.revoke_token(metadata["revocation_endpoint"], refreshed["refresh_token"])
    assert revoked.status_code == 200
    assert session.get(metadata["userinfo_endpoint"]).status_code == 401


def test_a_tenant_that_has_moved_goes_on_at_its_earlier_host(
    acme: Tenant, bob: User, request: pytest.FixtureRequest, port: int
):
    before = acme.issuer
    acme.move_to(f"moved.localhost:{port}", by=OPERATOR)
    acme.seen_at(f"acme.localhost:{port}")
    assert acme.issuer == before

    test_a_sign_in_from_discovery_to_revocation(acme, bob, request, "web_client", "client_secret_basic")


def test_a_machine(acme: Tenant, machine_client: ClientAndSecret):
    client, secret = machine_client
    metadata = requests.get(f"{acme.issuer}/.well-known/oauth-authorization-server", timeout=30).json()
    session = OAuth2Session(client.client_id, secret, scope="user_default")

    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")

    assert token["scope"] == "user_default"
    assert "refresh_token" not in token
    assert session.get(f"{acme.issuer}/api/v1/users/me").json()["clientId"] == client.client_id
    introspection = session.introspect_token(metadata["introspection_endpoint"], token["access_token"])
    assert introspection.json()["sub"] == client.client_id
