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
    Tenant.create("acme", "Acme AB", [], by=Actor.operator())


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


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("acme.eu.example.com:80", "acme.eu.example.com"),
        ("ACME.eu.example.com.", "acme.eu.example.com"),
        ("EU.example.com:80", "eu.example.com"),
    ],
)
def test_the_address_that_it_leads_to_is_the_hosts_own(written: str, host: str):
    answer = over("http", written).get("/?b=c&d=%2F", PATH_INFO="//evil.example/a")

    assert (answer.status_code, answer["Location"]) == (301, f"https://{host}//evil.example/a?b=c&d=%2F")


STRANGE_HOSTS = [
    "evil.example",
    "evil.example:80",
    "nobody.eu.example.com",
    "acme.eu.example.com.evil.example",
    "acme.eu.example.com:8080",
    "10.0.0.7",
    "[2001:db8::1]",
]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", STRANGE_HOSTS)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login",
        "/oauth/authorize",
        "/oauth/authorizeX",
        "/oauth/logout/x",
        "/oauth/token",
        "/api/v1/users/me",
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_host_that_is_not_ours_leads_nowhere(method: str, scheme: str, host: str, path: str):
    answer = getattr(over(scheme, host), method)(path)

    assert answer.status_code == 404
    assert not answer.has_header("Location")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert host.encode() not in answer.content


@pytest.mark.parametrize("host", ["a b", "evil.example/x", "evil.example:port", "@evil.example", ""])
def test_a_host_that_is_none_is_refused_in_plain_http_too(host: str):
    assert over("http", host).get("/").status_code in {400, 404}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/login", "/oauth/authorize", "/oauth/logout"])
@pytest.mark.parametrize("method", ["head", "post"])
def test_what_a_person_sends_over_http_is_not_carried_on(method: str, host: str, path: str):
    answer = getattr(over("http", host), method)(path)

    assert (answer.status_code, answer["Location"]) == (
        301,
        f"https://{host}{path}",
    )  # the browser asks with GET


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/authorizeX"])
def test_a_program_that_sends_secrets_over_http_is_told(host: str, path: str):
    answer = over("http", host).post(path, {"client_id": "x", "client_secret": "y"})

    assert answer.status_code == 400
    assert answer.json()["error_description"] == "This server only speaks https."


@pytest.mark.parametrize("host", [*HOSTS, *STRANGE_HOSTS])
def test_a_probe_is_answered_over_http_whatever_host_it_names(host: str):
    assert over("http", host).get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_beside_the_proxy_needs_neither_name_nor_https(path: str):
    assert Browser(headers={"host": "10.0.0.7:8000"}).get(path).status_code == 200
