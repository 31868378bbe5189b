"""An API that checks its tokens with a library, unmodified: it takes those that are for it, and no others (P10)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import requests
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import KeySet

from console.models import Tenant
from tests.cast import ORDERS, register, register_api

STOCK = "urn:example:stock"
pytestmark = pytest.mark.usefixtures("local_names")


@dataclass(frozen=True)
class Given:
    """A token for an API, and what its resource server knows: the issuer and its metadata."""

    issuer: str
    jwks_uri: str
    algorithm: str
    token: str


@pytest.fixture(params=["ES256", "RS256"])
def given(acme: Tenant, request: pytest.FixtureRequest) -> Given:
    """A machine's token for ORDERS, signed as that one wants it."""
    register_api(acme, algorithm=request.param)
    register_api(acme, STOCK, scopes=["read"])
    client, secret = register(
        acme,
        redirect_uris=[],
        grant_types=["client_credentials"],
        allowed_scopes=[f"{ORDERS}#read", f"{STOCK}#read"],
    )
    metadata = requests.get(f"{acme.issuer}/.well-known/oauth-authorization-server", timeout=30).json()
    answer = requests.post(
        metadata["token_endpoint"],
        {"grant_type": "client_credentials", "scope": "read", "resource": ORDERS},
        auth=(client.client_id, secret),
        timeout=30,
    ).json()
    return Given(acme.issuer, metadata["jwks_uri"], request.param, answer["access_token"])


def test_authlibs_validator(given: Given) -> None:
    class Validator(JWTBearerTokenValidator):
        def get_jwks(self) -> Any:
            return KeySet.import_key_set(requests.get(given.jwks_uri, timeout=30).json())

    def checked(resource: str, *scopes: str) -> Any:
        validator = Validator(issuer=given.issuer, resource_server=resource)
        claims = validator.authenticate_token(given.token)
        validator.validate_token(claims, list(scopes), None)
        return claims

    assert checked(ORDERS, "read")["aud"] == ORDERS
    with pytest.raises(InsufficientScopeError):
        checked(ORDERS, "write")
    with pytest.raises(InvalidTokenError):
        checked(STOCK, "read")


def test_pyjwt(given: Given) -> None:
    def checked(audience: str) -> dict[str, Any]:
        key = jwt.PyJWKClient(given.jwks_uri).get_signing_key_from_jwt(given.token)
        claims: dict[str, Any] = jwt.decode(
            given.token, key, algorithms=[given.algorithm], audience=audience, issuer=given.issuer
        )
        return claims

    assert checked(ORDERS)["scope"] == "read"
    for other in (STOCK, given.issuer, f"{ORDERS}/"):
        with pytest.raises(jwt.InvalidAudienceError):
            checked(other)


def test_jose(given: Given, node: Callable[..., str]) -> None:
    def checked(audience: str) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(node("resource_server.mjs", given.issuer, audience, given.token))
        return result

    assert checked(ORDERS)["claims"]["scope"] == "read"
    assert checked(STOCK) == {"refused": "ERR_JWT_CLAIM_VALIDATION_FAILED"}
