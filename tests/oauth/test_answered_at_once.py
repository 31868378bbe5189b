"""An authorization request that is answered with a redirect: no page is made ready for it (RFC 6749 §4.1.2)."""

import pytest
from django_scopes import scope
from pytest_django import Settings

from console import trace
from console.models import Action, AuthorizationCode, Event, Tenant, User
from tests import cast
from tests.oauth.driver import Application, answer

pytestmark = pytest.mark.django_db


def test_a_redirect_to_an_application_has_what_every_answer_to_a_browser_has(acme: Tenant, alice: User):
    app = Application(*cast.register(acme, consent_method="trusted"))
    response = app.authorize(cast.signed_in_as(alice))

    assert answer(response)["code"]
    assert "no-store" in response["Cache-Control"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert trace.HEADER in response


def test_no_page_is_made_ready_for_it(acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch):
    app = Application(*cast.register(acme, consent_method="trusted"))
    admin = cast.signed_in_as(alice)
    made_ready: list[str] = []

    def activate(language: str) -> None:
        made_ready.append(language)

    monkeypatch.setattr("django.utils.translation.activate", activate)
    assert app.authorize(admin).status_code == 302
    assert made_ready == []
    assert admin.get("/account").status_code == 200
    assert made_ready


@pytest.mark.parametrize("response_mode", ["query", "fragment", "form_post"])
def test_whatever_the_answer_it_is_judged_once(acme: Tenant, alice: User, response_mode: str):
    app = Application(*cast.register(acme, consent_method="trusted"))
    response = app.authorize(cast.signed_in_as(alice), response_mode=response_mode)

    assert response.status_code == (200 if response_mode == "form_post" else 302)
    with scope(tenant=acme):
        assert AuthorizationCode.objects.count() == 1


def test_a_refusal_on_a_page_is_written_down_once(acme: Tenant, alice: User):
    app = Application(*cast.register(acme, consent_method="trusted"))
    response = app.authorize(cast.signed_in_as(alice), redirect_uri="https://evil.example/")

    assert response.status_code == 400
    with scope(tenant=acme):
        assert Event.objects.filter(action=Action.AUTHORIZATION_REFUSED).count() == 1


def test_a_region_without_clients_gives_no_code(acme: Tenant, alice: User, settings: Settings):
    app = Application(*cast.register(acme, consent_method="trusted"))
    settings.OAUTH_CLIENTS_SUPPORTED = False  # before a handler is made
    response = app.authorize(cast.signed_in_as(alice))

    assert "Location" not in response
    with scope(tenant=acme):
        assert AuthorizationCode.objects.count() == 0
