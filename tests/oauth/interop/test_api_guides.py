"""What the console gives an API's developer (P10), run as it stands: PyJWT with Flask, jose with Express, and curl."""

import html
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client as Browser

from console.models import Api, Tenant, User
from tests import cast, node
from tests.cast import ORDERS
from tests.oauth.driver import Application
from tests.served import free_port

from . import programs
from .conftest import HERE

Browse = Callable[[User], Browser]
STOCK = "urn:example:stock"


@pytest.fixture
def orders(acme: Tenant) -> tuple[Api, str]:
    return cast.register_api(acme, ORDERS, algorithm="RS256", scopes=["read:all", "write"])


@pytest.fixture
def machine(acme: Tenant, orders: tuple[Api, str]) -> Application:
    stock, _ = cast.register_api(acme, STOCK, scopes=["read:all"])
    scopes = ["user_default", *orders[0].qualified_scopes, *stock.qualified_scopes]
    fields: dict[str, Any] = {
        "redirect_uris": [],
        "grant_types": ["client_credentials"],
        "allowed_scopes": scopes,
    }
    return Application(*cast.register(acme, **fields))


def piece(browser: Browser, api: Api, id: str, language: str = "") -> str:
    """A piece of code as the page of the API has it."""
    page = browser.get(f"/console/apis/{api.pk}", {"language": language}).content.decode()
    return html.unescape(re.search(rf'<code id="{id}">(.*?)</code>', page, re.DOTALL)[1])  # type: ignore[index]


@contextmanager
def running(language: str, code: str, folder: Path) -> Iterator[str]:
    """The address of the API that is written in the code."""
    port = free_port()
    if language == "python":
        (folder / "app.py").write_text(code)
        command = [sys.executable, "-m", "flask", "run", "--port", str(port)]
    else:
        script = folder / "api.mjs"
        script.write_text(code)
        (folder / "node_modules").symlink_to(node.packages())
        names = str(HERE / "local_names.mjs")
        command = [str(node.executable()), "--import", names, str(script)]
    with programs.running(command, folder, port):
        yield f"http://localhost:{port}/things"


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.spec("RFC 9728", "5.1")
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_api_takes_its_own_tokens_and_no_others(
    browser: Browse,
    port: int,
    acme: Tenant,
    alice: User,
    orders: tuple[Api, str],
    machine: Application,
    tmp_path: Path,
    language: str,
):
    def token(resource: str, scope: str = "") -> str:
        asked = {"grant_type": "client_credentials", "resource": resource} | (
            {"scope": scope} if scope else {}
        )
        return str(machine.token(**asked).json()["access_token"])

    code = piece(browser(alice), orders[0], "guide-code", language)
    told = f'resource_metadata="{ORDERS.replace("/v1", "")}/.well-known/oauth-protected-resource/v1"'

    with running(language, code, tmp_path) as address:

        def call(bearer: str | None) -> requests.Response:
            headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
            return requests.get(address, headers=headers, timeout=30)

        let_in = call(token(ORDERS))
        assert let_in.status_code == 200
        assert let_in.json() == {"for": machine.client_id, "through": machine.client_id}

        nothing = call(None)
        assert nothing.status_code == 401
        assert nothing.headers["WWW-Authenticate"] == f"Bearer {told}"
        own = token(ORDERS)
        wrong = [token(STOCK), token(acme.issuer), own[:-4] + "AAAA", "rubbish", ""]
        for bearer in wrong[:-1]:
            refused = call(bearer)
            assert refused.status_code == 401, bearer
            assert refused.headers["WWW-Authenticate"] == f'Bearer error="invalid_token", {told}'
        assert call(wrong[-1]).status_code == 401

        narrow = call(token(ORDERS, f"{ORDERS}#write"))
        assert narrow.status_code == 403
        expected = f'Bearer error="insufficient_scope", scope="read:all", {told}'
        assert narrow.headers["WWW-Authenticate"] == expected


@pytest.mark.spec("RFC 7662", "2.1")
def test_the_call_with_curl_asks_about_a_token(
    browser: Browse, port: int, acme: Tenant, alice: User, orders: tuple[Api, str], machine: Application
):
    code = piece(browser(alice), orders[0], "guide-introspection")
    answers = []
    for resource in (ORDERS, STOCK):
        token = machine.token(grant_type="client_credentials", resource=resource).json()["access_token"]
        given = os.environ | {"ACCESS_TOKEN": token, "INTROSPECTION_SECRET": orders[1]}
        done = subprocess.run(
            ["bash", "-c", code], env=given, capture_output=True, text=True, check=True, timeout=30
        )
        answers.append(done.stdout)

    assert '"active":true' in answers[0].replace(" ", "")
    assert ORDERS in answers[0]
    assert answers[1].replace(" ", "") == '{"active":false}'
