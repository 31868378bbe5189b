"""The pages for what went wrong: 400, 403, 404, 500, and a form that has expired."""

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import get_resolver

from console import trace
from console.http.tenancy import Hosts
from console.models import Client, Tenant, User
from console.pages import failures
from tests.cast import host_of

Browse = Callable[..., Browser]


def test_unknown_and_foreign_ids_get_the_same_page_to_the_last_byte(
    browser: Browse, alice: User, globex: Tenant, register: Callable[..., tuple[Client, str]]
):
    foreign, _ = register(globex)
    chromium = browser(alice)

    pages = [chromium.get(f"/console/oauth/{client_id}/try") for client_id in ("0" * 32, foreign.client_id)]

    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].content == pages[1].content
    assert {**pages[0].headers} == {**pages[1].headers}
    assert "Page not found" in pages[0].content.decode()


def test_the_pages_say_nothing_about_what_was_asked(browser: Browse, alice: User):
    text = browser(alice).get("/no/such/<script>page").content.decode()

    assert "no/such" not in text
    assert "<form" not in text


def test_a_missing_role_is_explained(browser: Browse, bob: User):
    page = browser(bob).get("/console/events")

    assert page.status_code == 403
    assert "You do not have access to this page" in page.content.decode()


def test_a_bad_request_is_explained(stranger: Browse, acme: Tenant):
    page = stranger(acme).post("/theme", {"theme": "pink"})

    assert page.status_code == 400
    assert "was not valid" in page.content.decode()


def test_an_address_that_only_answers_to_forms_says_so(browser: Browse, alice: User):
    page = browser(alice).get("/language", headers={"accept": "text/html"})

    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "only accepts forms" in page.content.decode()


def test_an_expired_form_is_explained(acme: Tenant):
    page = Browser(enforce_csrf_checks=True, headers={"host": host_of(acme)}).post(
        "/login", {"email": "a", "password": "b"}
    )

    assert page.status_code == 403
    assert "This form has expired" in page.content.decode()


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thing that every request asks the database fails, as when it is being restarted."""

    def away(host: str) -> None:
        raise OperationalError("connection to canary failed")

    monkeypatch.setattr(Hosts, "tenant_of", away)


def test_a_database_that_is_away_is_worth_another_try(database_away: None):
    page = Browser(headers={"host": "acme.localhost:8000"}, raise_request_exception=False).get("/login")

    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "1", "no-store")
    assert "Try again in a moment" in page.content.decode()
    assert "canary" not in page.content.decode()


@pytest.mark.parametrize("path", ["/oauth/token", "/api/v1/users/me", "/.well-known/jwks.json"])
def test_a_program_reads_in_its_own_words_that_the_database_is_away(database_away: None, path: str):
    program = Browser(headers={"host": "acme.localhost:8000"}, raise_request_exception=False)

    answer = program.post(path) if path == "/oauth/token" else program.get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.json()["errors"][0]["status"] == "503"


def test_an_error_of_ours_is_a_page_without_what_caused_it(
    browser: Browse, alice: User, monkeypatch: pytest.MonkeyPatch
):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("canary of the inside")

    monkeypatch.setattr("console.pages.audit_log.of_days", broken)
    chromium = browser(alice)
    chromium.raise_request_exception = False

    page = chromium.get("/console/events")

    assert page.status_code == 500
    assert "Something went wrong on our side" in page.content.decode()
    assert "canary" not in page.content.decode()


def test_the_last_resort_needs_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(failures, "render", lambda *args, **kwargs: 1 / 0)

    trace_id = trace.begin()
    answer = failures.server_error(RequestFactory().get("/"))

    assert (answer.status_code, answer.content) == (
        500,
        f"Internal Server Error\nReference: {trace_id}\n".encode(),
    )


@pytest.mark.parametrize("path", ["/nope", "/login", "/welcome/00000000-0000-0000-0000-000000000000"])
def test_every_page_tells_the_browser_to_keep_and_frame_nothing(stranger: Browse, acme: Tenant, path: str):
    page = stranger(acme).get(path)

    assert "no-store" in page["Cache-Control"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Referrer-Policy"] == "same-origin"


def test_they_speak_swedish_too(stranger: Browse, acme: Tenant):
    page = stranger(acme).get("/nope", headers={"accept-language": "sv"})

    assert '<html lang="sv"' in page.content.decode()


@pytest.mark.parametrize("path", ["/oauth/nope", "/api/v1/nope", "/.well-known/nope"])
def test_a_program_is_told_in_json_and_in_english(stranger: Browse, acme: Tenant, path: str):
    answer = stranger(acme).get(path, headers={"accept-language": "sv"})

    assert answer.status_code == 404
    assert answer.json()["errors"] == [{"code": "HTTP-404", "title": "Not Found", "status": "404"}]
    assert answer["Cache-Control"] == "no-store"


def test_a_program_is_told_in_json_when_the_error_is_ours(
    stranger: Browse, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.oauth.metadata.authorization_server_metadata", lambda tenant: 1 / 0)
    program = stranger(acme)
    program.raise_request_exception = False

    answer = program.get("/.well-known/oauth-authorization-server")

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["code"] == "HTTP-500"


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/oauth/token", "/api/v1/users/me", "/healthz"])
def test_an_answer_for_programs_runs_nothing_in_a_browser(stranger: Browse, acme: Tenant, path: str):
    answer = stranger(acme).get(path)

    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_a_view_for_programs_that_does_not_say_who_may_call_it_is_closed(
    stranger: Browse, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    def forgotten(request: object) -> HttpResponse:
        return HttpResponse("inside")

    route = next(
        route for route in get_resolver("qlikauth.urls").url_patterns if str(route.pattern) == "healthz"
    )
    monkeypatch.setattr(route, "callback", forgotten)

    answer = stranger(acme).get("/healthz")

    assert answer.status_code == 403
    assert b"inside" not in answer.content
