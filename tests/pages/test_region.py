"""The region host: belongs to no tenant and says nothing about those who are here."""

import pytest
from django.conf import settings
from django.test import Client as Browser

from console.models import Tenant, User
from tests.cast import signed_in_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def region() -> Browser:
    return Browser(headers={"host": settings.REGION_HOST})


def test_its_start_page_says_where_to_go_and_lists_nobody(region: Browser, acme: Tenant, globex: Tenant):
    page = region.get("/")

    assert page.status_code == 200
    text = page.content.decode()
    assert "This is the region host" in text
    for name in ("acme", "Acme", "globex", "Globex"):
        assert name not in text


def test_a_session_of_a_tenant_is_worth_nothing_here_and_lives_on_there(region: Browser, alice: User):
    home = signed_in_as(alice)
    region.cookies[settings.SESSION_COOKIE_NAME] = home.cookies[settings.SESSION_COOKIE_NAME].value

    text = region.get("/").content.decode()

    assert "alice" not in text
    assert home.get("/account/applications").status_code == 200


def test_language_and_theme_work_here_too(region: Browser):
    region.post("/language", {"language": "sv"})
    region.post("/theme", {"theme": "dark"})

    assert '<html lang="sv" data-theme="dark">' in region.get("/").content.decode()


@pytest.mark.parametrize("path", ["/login", "/console/oauth", "/console/events", "/account/applications"])
def test_nothing_of_a_tenant_is_here(region: Browser, acme: Tenant, path: str):
    page = region.get(path)

    assert page.status_code == 404
    assert "<h1" in page.content.decode()


def test_a_program_that_asks_the_wrong_host_is_told_in_json(region: Browser, acme: Tenant):
    answer = region.get("/api/v1/users/me")

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["status"] == "404"


def test_an_unknown_host_gets_a_plain_404(acme: Tenant):
    answer = Browser(headers={"host": "nobody.localhost:8000"}).get("/")

    assert (answer.status_code, answer.content) == (404, b"Not Found\n")
