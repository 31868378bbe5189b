"""A region that the world reaches over https, through a proxy that ends TLS (ASVS 3.4.1, 4.1.2, 4.1.3)."""

from typing import Any

import pytest
from django.test import Client as Browser

from console.models import Actor, Tenant

pytestmark = pytest.mark.django_db
HOSTS = ["eu.example.com", "acme.eu.example.com"]


@pytest.fixture(autouse=True)
def public_region(settings: Any) -> None:
    settings.LOCAL_REGION = False
    settings.REGION_HOST = "eu.example.com"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31536000
    Tenant.found("acme", "Acme AB", [], by=Actor())


def over(scheme: str, host: str) -> Browser:
    return Browser(headers={"host": host, "x-forwarded-proto": scheme})


@pytest.mark.parametrize("host", HOSTS)
def test_what_it_says_of_itself_is_https(host: str):
    answer = over("https", host).get("/.well-known/oauth-authorization-server")

    assert answer.json()["issuer"] == f"https://{host}"
    assert answer["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/oauth/authorize"])
def test_a_person_who_comes_over_http_is_sent_to_https(host: str, path: str):
    answer = over("http", host).get(path)

    assert (answer.status_code, answer["Location"]) == (301, f"https://{host}{path}")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_a_program_that_sends_secrets_over_http_is_told(host: str, path: str):
    answer = over("http", host).post(path, {"client_id": "x", "client_secret": "y"})

    assert answer.status_code == 400
    assert answer.json()["error_description"] == "This server only speaks https."


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_beside_the_proxy_needs_neither_name_nor_https(path: str):
    assert Browser(headers={"host": "10.0.0.7:8000"}).get(path).status_code == 200
