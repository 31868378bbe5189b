"""A region that speaks https: what comes in plain http is led there, or told so (ASVS 3.4.1, 4.1.2)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from django.test import override_settings

from console.http import missing_proxy
from console.models import Tenant
from tests.cast import OPERATOR

REGION = "eu.example.com"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _https() -> Iterator[None]:
    with override_settings(
        REGION_HOST=REGION,
        LOCAL_REGION=False,
        SECURE_SSL_REDIRECT=True,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    ):
        yield


@pytest.fixture(params=[f"acme.{REGION}", REGION])
def browser(request: pytest.FixtureRequest, db: None) -> Browser:
    """On the tenant's host, and on the region's."""
    Tenant.create("acme", "Acme AB", [f"acme.{REGION}"], by=OPERATOR)
    missing_proxy.forget()
    return Browser(headers={"host": request.param, "x-forwarded-proto": "http"})


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_a_credential_in_plain_http_is_not_looked_at(browser: Browser, path: str):
    body = urlencode({"grant_type": "refresh_token", "refresh_token": "x", "token": "x"})

    answer = browser.post(path, body, content_type=FORM)

    assert answer.status_code == 400
    assert answer.json()["error_description"] == "This server only speaks https."
    assert (
        b"only speaks https"
        not in browser.post(path, body, content_type=FORM, headers={"x-forwarded-proto": "https"}).content
    )


def test_a_document_in_plain_http_is_not_served(browser: Browser):
    path = "/.well-known/oauth-authorization-server"

    assert browser.get(path).status_code == 400
    assert browser.get(path, headers={"x-forwarded-proto": "https"}).json()["issuer"].startswith("https://")


def test_a_person_is_led_to_https(browser: Browser):
    answer = browser.get("/oauth/authorize?x=y")

    host = browser.defaults["HTTP_HOST"]
    assert (answer.status_code, answer["Location"]) == (301, f"https://{host}/oauth/authorize?x=y")


def test_the_monitor_is_answered_as_it_asks(browser: Browser):
    assert browser.get("/healthz").status_code == 200


@pytest.mark.parametrize("believed", [True, False])
def test_a_proxy_that_does_not_say_https_is_named_and_nobody_is_led_in_a_ring(
    browser: Browser, believed: bool, settings: Any, caplog: pytest.LogCaptureFixture
):
    del browser.defaults["HTTP_X_FORWARDED_PROTO"]
    sent = {}
    if not believed:
        settings.SECURE_PROXY_SSL_HEADER = None
        sent = {"x-forwarded-proto": "https"}

    for _ in range(3):
        page = browser.get("/login", headers=sent)
        program = browser.get("/.well-known/oauth-authorization-server", headers=sent)
        for answer in (page, program):
            assert answer.status_code == 400
            assert b"QLIKAUTH_TRUSTED_PROXIES" in answer.content
    assert page["Content-Type"].startswith("text/plain")
    assert sum("QLIKAUTH_TRUSTED_PROXIES" in line for line in caplog.messages) == 1
