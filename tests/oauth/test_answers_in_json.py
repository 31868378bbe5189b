"""Every answer to a program is JSON, whatever it asked and however it went wrong; only 204 has no body and no type."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from console.models import Client, Tenant, User
from tests.cast import stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, JSON

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 9110", "15.5.6")]
ClientAndSecret = tuple[Client, str]

DOCUMENTS = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
]
ENDPOINTS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo"]
PROBES = ["/healthz", "/readyz"]
OF_REGION = ["/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server", *PROBES]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]


def assert_in_json(response: Any) -> None:
    """JSON, or nothing where there can be none; no 5xx, and a 405 says what may be used instead."""
    assert response.status_code < 500 or response.request["PATH_INFO"] == "/readyz"
    if response.status_code == 204:
        assert (response.content, "Content-Type" in response) == (b"", False)
        return
    assert response["Content-Type"] == JSON
    if response.request["REQUEST_METHOD"] != "HEAD":
        assert isinstance(json.loads(response.content), dict)
    if response.status_code == 405:
        assert response.request["REQUEST_METHOD"] not in response["Allow"].split(", ")


@pytest.fixture(params=["acme", "region"])
def host(request: pytest.FixtureRequest, acme: Tenant) -> tuple[Browser, list[str]]:
    """A host that answers programs, and its addresses for them."""
    if request.param == "acme":
        return stranger_on(acme), [*DOCUMENTS, *ENDPOINTS, *PROBES]
    return Browser(headers={"host": "localhost:8000"}), OF_REGION


@pytest.mark.parametrize("method", METHODS)
def test_whatever_the_method(host: tuple[Browser, list[str]], method: str):
    web, addresses = host
    web.handler.enforce_csrf_checks = True
    for address in [*addresses, "/oauth/unheard-of", "/.well-known/unheard-of"]:
        response = web.generic(method, address, "", FORM)
        assert_in_json(response)
        assert response.status_code != 403, address


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, "token=x"),
        (FORM, "token=%zz"),
        (FORM, "x" * 70_000),
        (FORM, "x" * 2_000_000),
        (JSON, "{"),
        (JSON, "[]"),
        ("text/plain", "token=x"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("nonsense", ""),
    ],
)
def test_whatever_is_sent(host: tuple[Browser, list[str]], content_type: str, body: str):
    web, addresses = host
    for address in addresses:
        assert_in_json(web.generic("POST", address, body, content_type))


@pytest.mark.spec("RFC 7009", "2.2")
def test_a_token_that_is_taken_back_at_the_region_host(
    web_client: ClientAndSecret, browser: Callable[[User], Browser], bob: User
):
    app = Application(*web_client)
    token = app.tokens(browser(bob), scope="openid offline_access")["refresh_token"]
    app.web = Browser(headers={"host": "localhost:8000"})

    for taken_back in (token, "unknown"):
        response = app.revoke(taken_back)
        assert (response.status_code, response["Content-Type"], response.json()) == (200, JSON, {})
        assert response["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 9110", "9.1")
@pytest.mark.parametrize("address", DOCUMENTS)
def test_a_document_is_for_get_and_head_and_for_pages_of_every_origin(acme: Tenant, address: str):
    web = stranger_on(acme)
    assert web.head(address)["Content-Type"] == web.get(address)["Content-Type"] == JSON
    assert web.head(address)["Cache-Control"] == web.get(address)["Cache-Control"]

    refused = web.post(address)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused.json()["error"] == "invalid_request"

    asked = web.options(
        address,
        headers={
            "Origin": "https://anywhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "mcp-protocol-version",
        },
    )
    assert (asked.status_code, asked["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert "mcp-protocol-version" in asked["Access-Control-Allow-Headers"]


@pytest.mark.spec("OpenID Connect Core", "5.3")
def test_head_goes_wherever_get_does(
    web_client: ClientAndSecret, browser: Callable[[User], Browser], bob: User
):
    app = Application(*web_client)
    token = app.tokens(browser(bob), scope="openid")["access_token"]

    response = app.web.head("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert (response.status_code, response["Content-Type"]) == (200, JSON)
    assert app.web.options("/oauth/userinfo")["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert app.web.options("/oauth/token")["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_base_address_with_a_slash_behind_it(host: tuple[Browser, list[str]], method: str):
    web, addresses = host
    web.handler.enforce_csrf_checks = True
    for address in addresses:
        for doubled in (f"/{address}", f"//{address}", address.replace("/", "//")):
            response = web.generic(method, "/", "", FORM, PATH_INFO=doubled)
            assert response.status_code == 404, doubled
            assert_in_json(response)
            assert response.json()["error"] == "invalid_request"
