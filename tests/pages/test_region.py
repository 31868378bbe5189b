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
    assert "You are at the region address" in text
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


HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("language", "told"), [("en", "No organisation uses this address"), ("sv", "Ingen organisation använder")]
)
def test_a_person_at_an_unknown_host_reads_which_and_where_to_go(acme: Tenant, language: str, told: str):
    sent = {"host": "acne.localhost:8000", "accept": HTML, "accept-language": language}
    page = Browser(headers=sent).get("/console/oauth?next=1")

    text = page.content.decode()
    assert page.status_code == 404
    assert told in text
    assert "acne.localhost:8000" in text
    assert 'href="http://localhost:8000/"' in text
    assert f'<html lang="{language}">' in text
    assert "acme" not in text.lower()
    assert not page.cookies
    assert page["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page["Content-Security-Policy"]
    with_a_session = Browser(headers=sent)
    with_a_session.cookies["session"] = "a" * 32
    assert with_a_session.get("/console/oauth").content == page.content


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("nobody.localhost", 404),
        ("nobody.localhost:1", 404),
        ("nobody.localhost:99999999999", 404),
        ("xn--nbody-iua.example", 404),
        ("[::1]:8000", 404),
        ("127.0.0.1", 404),
        ("a" * 10_000, 404),
        ("no_body.example", 400),
        ("nåbody.example", 400),
        ("<script>alert(1)</script>", 400),
        ("a b", 400),
        ("[::1", 400),
        ("", 400),
        (":", 400),
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_an_odd_host_is_answered_with_a_page_too(db: None, host: str, status: int, method: str):
    page = getattr(Browser(headers={"host": host, "accept": HTML}), method)("/")

    assert page.status_code in {400, 404}
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert len(page.content) < 6000
    assert b"<script" not in page.content
    if method == "get" and host:
        assert page.status_code == status


def test_a_program_at_an_unknown_host_gets_a_line_of_text_whatever_it_accepts(db: None):
    browser = Browser(headers={"host": "nobody.localhost:8000", "accept": HTML})

    for path in ("/oauth/token", "/api/v1/users/me", "/.well-known/openid-configuration"):
        assert browser.get(path).content == b"Not Found\n"
