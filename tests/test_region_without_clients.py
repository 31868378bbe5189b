"""A region where OAuth clients are switched off (S15): the page explains, every endpoint refuses, nothing is lost."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from console.models import Client, SigningKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def switched_off(settings):
    settings.OAUTH_CLIENTS_SUPPORTED = False


@pytest.mark.parametrize(
    "path",
    [
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/introspect",
        "/oauth/userinfo",
        "/oauth/register",
        "/oauth/register/x",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json",
        "/api/v1/users/me",
        "/api/v1/oauth-connection-requests",
        "/api/v1/oauth-clients/x/connection-configs/me",
        "/api/v1/oauth-clients/x/actions/publish",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_endpoint_refuses_with_both_kinds_of_error(path, method, acme, stranger, switched_off):
    answer = getattr(stranger(acme), method)(path)
    assert answer.status_code == 403
    assert answer.json()["error"] == "unauthorized_client"
    assert answer.json()["errors"][0]["code"] == "OAUTH-NOT-SUPPORTED"


def test_the_authorization_endpoint_shows_a_page_and_sends_nobody_anywhere(
    acme, stranger, web_client, switched_off
):
    answer = stranger(acme).get("/oauth/authorize", {"client_id": web_client[0].client_id})
    assert answer.status_code == 403
    assert "not supported in this region" in answer.content.decode()


@pytest.mark.parametrize("path", ["/console/oauth", "/console/apis", "/console/apis/new"])
def test_the_oauth_pages_explain(alice, browser, switched_off, path):
    answer = browser(alice).get(path)
    assert answer.status_code == 200
    assert "not supported in this region" in answer.content.decode()


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/logout"])
def test_people_whom_an_application_sends_see_no_console_around_it(acme, stranger, switched_off, path):
    for here in (stranger(acme), Browser(headers={"host": "localhost:8000"})):
        answer = here.get(path)
        if answer.status_code != 404:  # the region host signs nobody out
            assert answer.status_code == 403
            assert b'class="focused"' in answer.content
            assert b"not supported in this region" in answer.content


def test_no_client_can_be_made_in_the_console(in_acme, alice, browser, switched_off):
    answer = browser(alice).post(
        "/console/oauth/new", {"type": "web", "name": "x", "redirect_uris": "https://a.example/cb"}
    )
    assert answer.status_code == 403
    assert not Client.objects.exists()


def test_signing_in_and_the_audit_log_still_work(alice, browser, switched_off):
    assert browser(alice).get("/console/events").status_code == 200


@pytest.mark.parametrize(
    "command",
    [
        ["create_client", "acme", "X", "--type", "web", "--redirect-url", "https://a.example/cb"],
        ["rotate_signing_key", "acme"],
        ["rotate_signing_key"],
    ],
    ids=" ".join,
)
def test_the_commands_refuse(in_acme, switched_off, command):
    keys = SigningKey.objects.count()
    with pytest.raises(CommandError, match="not supported in this region"):
        call_command(*command)
    assert SigningKey.objects.count() == keys


def test_what_was_registered_is_still_there_when_it_is_switched_on(
    in_acme, web_client, alice, browser, settings
):
    settings.OAUTH_CLIENTS_SUPPORTED = False
    here: Browser = browser(alice)
    here.get("/console/oauth")
    settings.OAUTH_CLIENTS_SUPPORTED = True
    assert web_client[0].name in browser(alice).get("/console/oauth").content.decode()
