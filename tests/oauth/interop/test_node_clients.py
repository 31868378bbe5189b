"""openid-client 6 and oauth4webapi 3, unmodified, from discovery to revocation against a served region."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, RegistrationPolicy, RegistrationToken, Tenant, User
from console.policy import public_keys
from tests.cast import OPERATOR, PASSWORD, connect

ClientAndSecret = tuple[Client, str]
Node = Callable[..., str]
REDIRECT_URL = "https://app.example.com/callback"
EVERYTHING = {"openid", "profile", "email", "offline_access", "user_default"}


def registered(method: str, client: Client, secret: str, **more: Any) -> dict[str, Any]:
    redirect_uri = client.redirect_uris[0] if client.redirect_uris else ""
    usual = {"algorithm": client.algorithm, "redirectUri": redirect_uri}
    return {"method": method, "id": client.client_id, "secret": secret} | usual | more


def lives(node: Node, script: str, tenant: Tenant, person: User, **clients: Any) -> dict[str, Any]:
    given = {
        "issuer": tenant.issuer,
        "person": {"email": person.email, "password": PASSWORD},
        **clients,
    }
    result: dict[str, Any] = json.loads(node(script, stdin=json.dumps(given)))
    return result


def assert_complete(result: dict[str, Any], tenant: Tenant, person: User, client: Client) -> None:
    """What the library printed is what the server should have told it about the person."""
    assert result["claims"]["iss"] == tenant.issuer
    assert result["claims"]["aud"] == client.client_id
    assert result["claims"]["sub"] == result["userinfo"]["sub"] == str(person.pk)
    assert result["userinfo"]["email"] == person.email
    assert set(result["refreshed"].split()) == EVERYTHING
    assert result["refusal"] == "invalid_grant"
    if client.confidential:
        assert result["introspected"]["active"] is True
        assert result["afterwards"] == {"active": False}


@pytest.mark.parametrize("script", ["openid_client.mjs", "oauth4webapi.mjs"])
def test_a_web_app_and_a_machine(
    node: Node,
    acme: Tenant,
    bob: User,
    web_client: ClientAndSecret,
    machine_client: ClientAndSecret,
    script: str,
):
    result = lives(
        node,
        script,
        acme,
        bob,
        app=registered("client_secret_basic", *web_client),
        machine=registered("client_secret_post", *machine_client),
    )

    assert_complete(result, acme, bob, web_client[0])
    assert result["machine"]["active"] is True
    assert result["machine"]["sub"] == machine_client[0].client_id
    assert result["machine"]["scope"] == "user_default"


@pytest.mark.spec("RFC 7591", "3")
@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
def test_a_client_that_registers_itself(node: Node, acme: Tenant, alice: User, bob: User, method: str):
    with scope(tenant=acme):
        usual = RegistrationPolicy.of(acme).scopes
        RegistrationPolicy.decide(acme, mode="token", ceiling=usual, unused_days=30, by=OPERATOR)
        _row, token = RegistrationToken.create(
            acme, by=Actor(user=alice), name="Build server", most_clients=1, scopes=usual, redirect_hosts=[],
            expires_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip
    metadata = {"client_name": "Agent", "redirect_uris": [REDIRECT_URL], "token_endpoint_auth_method": method}

    result = lives(node, "registration.mjs", acme, bob, metadata=metadata, initialAccessToken=token)

    assert result["claims"]["sub"] == str(bob.pk)
    assert result["claims"]["aud"] == result["registered"]["client_id"]
    assert set(result["refreshed"].split()) >= {"openid", "offline_access", "user_default"}


@pytest.mark.parametrize("script", ["openid_client.mjs", "oauth4webapi.mjs"])
def test_a_single_page_app(node: Node, acme: Tenant, bob: User, spa_client: ClientAndSecret, script: str):
    result = lives(node, script, acme, bob, app=registered("none", *spa_client))

    assert_complete(result, acme, bob, spa_client[0])


@pytest.mark.spec("RFC 8414", "3.3")
@pytest.mark.parametrize("script", ["openid_client.mjs", "oauth4webapi.mjs"])
@pytest.mark.parametrize("prefix", ["acme", "moved"])
def test_a_tenant_that_has_moved_at_both_hosts(
    node: Node, acme: Tenant, bob: User, port: int, web_client: ClientAndSecret, script: str, prefix: str
):
    acme.move_to(f"moved.localhost:{port}", by=OPERATOR)

    here = acme.seen_at(f"{prefix}.localhost:{port}")
    result = lives(node, script, here, bob, app=registered("client_secret_basic", *web_client))

    assert_complete(result, here, bob, web_client[0])


def test_oauth4webapi_accepts_the_access_token_as_a_resource_server(
    node: Node, acme: Tenant, bob: User, web_client: ClientAndSecret
):
    result = lives(node, "oauth4webapi.mjs", acme, bob, app=registered("client_secret_basic", *web_client))

    assert result["accepted"]["sub"] == str(bob.pk)
    assert result["accepted"]["client_id"] == web_client[0].client_id


@pytest.mark.spec("RFC 9207", "2.4")
def test_oauth4webapi_finds_the_tenant_from_the_answer_to_a_request_at_the_region(
    node: Node, acme: Tenant, globex: Tenant, bob: User, register: Callable[..., ClientAndSecret], port: int
):
    client, secret = register(globex, allowed_scopes=["openid", "offline_access"])
    connect(client, acme, consent_method="trusted")
    given = {
        "region": f"http://localhost:{port}",
        "person": {"email": bob.email, "password": PASSWORD, "hostname": "acme"},
        "app": registered("client_secret_basic", client, secret),
    }

    result = json.loads(node("region.mjs", stdin=json.dumps(given)))

    assert result["claims"]["iss"] == acme.issuer
    assert result["claims"]["sub"] == str(bob.pk)
    assert "authorization_response_iss_parameter_supported" not in result["region"]


def test_openid_client_with_a_key_of_its_own_and_rs256(
    node: Node, acme: Tenant, bob: User, register: Callable[..., ClientAndSecret]
):
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.get_algorithm_by_name("ES256").to_jwk(key, as_dict=True) | {
        "kid": "k",
        "alg": "ES256",
        "use": "sig",
    }
    jwk.pop("key_ops", None)
    public = public_keys.check({name: value for name, value in jwk.items() if name != "d"})
    client, secret = register(acme, auth_methods=["private_key_jwt"], public_keys=[public], algorithm="RS256")
    assert secret == ""

    app = registered("private_key_jwt", client, secret, key=jwk, algorithm="RS256")
    result = lives(node, "openid_client.mjs", acme, bob, app=app)

    assert_complete(result, acme, bob, client)
