"""The region host asks for the tenant: what it takes, remembers and never says (S8)."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client as Browser

from console.models import Client, Tenant
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db


@pytest.fixture
def region() -> Browser:
    return Browser(headers={"host": settings.REGION_HOST})


@pytest.fixture
def address(web_client: tuple[Client, str]) -> str:
    return Application(*web_client).address(scope="openid profile", login_hint="å&b")


@pytest.mark.parametrize(
    "typed",
    [
        "acme",
        " ACME ",
        "acme.localhost:8000",
        "Acme.Localhost:8000",
        "http://acme.localhost:8000/console?x=1#y",
    ],
)
def test_it_takes_alias_hostname_and_pasted_address_and_changes_no_parameter(
    region: Browser, acme: Tenant, address: str, typed: str
):
    answer = region.post(address, {"hostname": typed})

    assert answer.status_code == 303
    assert answer["Location"] == acme.issuer + address
    assert "acme.localhost:8000" in region.get(address).content.decode()  # on this device, from now on


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "globex.evil.example",
        "acme@nobody.example",
        "http://[",
        "\0acme",
        "x" * 9000,
        "<script>alert(1)",
    ],
)
def test_it_says_the_same_for_whatever_is_not_there(region: Browser, acme: Tenant, address: str, typed: str):
    page = region.post(address, {"hostname": typed})
    text = page.content.decode()

    assert page.status_code == 422
    assert "There is no organisation at this address in this region." in text
    assert "<script>alert" not in text
    assert acme.name not in text


def test_it_lists_no_tenant_and_believes_no_cookie(
    region: Browser, acme: Tenant, globex: Tenant, address: str
):
    region.cookies["tenants"] = "nobody.example|<b>"
    text = region.get(address).content.decode()

    assert "globex" not in text.lower()
    assert acme.name not in text
    assert "<b>" not in text
    assert region.post(address, {"hostname": "nobody.example"}).status_code == 422


def test_it_works_through_a_plain_form_and_remembers_the_last_five(
    region: Browser, acme: Tenant, globex: Tenant, address: str
):
    for tenant in (acme, globex, acme):
        answer = region.post(address, {"hostname": tenant.alias})
        assert urlsplit(answer["Location"]).netloc == urlsplit(tenant.issuer).netloc
    cookie: Any = answer.cookies["tenants"]
    assert cookie.value == "acme.localhost:8000|globex.localhost:8000"
    assert (cookie["httponly"], cookie["path"]) == (True, "/oauth/authorize")
