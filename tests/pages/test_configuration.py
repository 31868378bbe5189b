"""*View OAuth configuration*: `/console/oauth/configuration` (S11, S14)."""

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client as Browser

from console.models import Client, Tenant, User
from console.oauth.metadata import authorization_server_metadata
from console.pages.quickstarts import LANGUAGES, languages
from tests import cast

Browse = Callable[..., Browser]
PAGE = "/console/oauth/configuration"


def code(page: str, id: str) -> str:
    return html.unescape(re.search(rf'<code id="{id}">(.*?)</code>', page, re.DOTALL)[1])  # type: ignore[index]


def test_administrators_and_auditors_may_read_it_and_nobody_else(
    browser: Browse, stranger: Browse, alice: User, carol: User, bob: User
):
    assert browser(alice).get(PAGE).status_code == 200
    assert browser(carol).get(PAGE).status_code == 200
    assert browser(bob).get(PAGE).status_code == 403
    assert stranger(alice.tenant).get(PAGE).status_code == 302
    assert browser(alice).post(PAGE).status_code == 405


def test_it_shows_the_metadata_that_the_server_publishes_and_its_address(
    browser: Browse, carol: User, acme: Tenant
):
    text = browser(carol).get(PAGE).content.decode()

    assert json.loads(code(text, "metadata-json")) == authorization_server_metadata(acme)
    assert (
        code(text, "metadata-address") == "http://acme.localhost:8000/.well-known/oauth-authorization-server"
    )
    published = browser(carol).get("/.well-known/oauth-authorization-server").json()
    assert published == authorization_server_metadata(acme)


def test_every_setting_stands_by_its_name_to_be_copied(browser: Browse, carol: User, acme: Tenant):
    page = browser(carol).get(PAGE).content.decode()
    published = browser(carol).get("/.well-known/openid-configuration").json()

    assert code(page, "openid-address") == f"{acme.issuer}/.well-known/openid-configuration"
    for id, name in {
        "issuer": "issuer",
        "authorization-endpoint": "authorization_endpoint",
        "token-endpoint": "token_endpoint",
        "userinfo-endpoint": "userinfo_endpoint",
        "jwks-address": "jwks_uri",
        "sign-out-endpoint": "end_session_endpoint",
        "revocation-endpoint": "revocation_endpoint",
        "introspection-endpoint": "introspection_endpoint",
    }.items():
        assert code(page, id) == published[name]
        assert f'<copy-button for="{id}"' in page


def test_a_clients_own_settings_stand_there_too(
    browser: Browse, alice: User, register: Callable[..., tuple[Client, str]]
):
    client, _ = register(
        alice.tenant,
        redirect_uris=["https://a.example/1", "https://a.example/2"],
        post_logout_redirect_uris=["https://a.example/bye"],
    )

    page = browser(alice).get(PAGE, {"client": client.client_id}).content.decode()

    assert code(page, "configuration-client-id") == client.client_id
    assert code(page, "redirect-url-0") == "https://a.example/1"
    assert code(page, "redirect-url-1") == "https://a.example/2"
    assert code(page, "sign-out-url-0") == "https://a.example/bye"
    assert code(page, "client-scopes") == "user_default openid profile email offline_access"
    assert code(page, "client-algorithm") == "RS256"


def test_it_is_a_dialog_when_the_console_asks_for_one(browser: Browse, alice: User):
    page = browser(alice).get(PAGE, headers={"HX-Request": "true", "HX-Target": "dialog-content"})

    assert "<html" not in page.content.decode()
    assert "OAuth configuration" in page.content.decode()


@pytest.mark.parametrize("kind", ["web_client", "spa_client", "native_client", "machine_client"])
def test_the_code_has_the_values_of_the_client_and_never_its_secret(
    request: pytest.FixtureRequest, browser: Browse, alice: User, kind: str
):
    client, secret = request.getfixturevalue(kind)
    chromium = browser(alice)

    assert len(languages(client)) >= 2
    for language in languages(client):
        text = chromium.get(PAGE, {"client": client.client_id, "language": language}).content.decode()
        snippet = code(text, "quickstart-code")
        assert client.client_id in snippet
        assert "http://acme.localhost:8000" in snippet
        assert "{{" not in snippet
        assert "{%" not in snippet
        assert not secret or secret not in text
        for address in client.redirect_uris[:1]:
            assert address in snippet or quote(address, safe="") in snippet


@pytest.mark.parametrize(
    ("language", "listens"),
    [
        ("python", "flask run --port 5123"),
        ("csharp", 'app.Run("http://localhost:5123");'),
        ("java", 'System.setProperty("server.port", "5123");'),
    ],
)
def test_the_code_listens_where_the_redirect_url_leads(
    browser: Browse, alice: User, register: Callable[..., tuple[Client, str]], language: str, listens: str
):
    here, _ = register(alice.tenant, redirect_uris=["http://localhost:5123/callback"])
    behind_a_proxy, _ = register(alice.tenant, redirect_uris=["https://app.example.com/callback"])

    def snippet(client: Client) -> str:
        page = browser(alice).get(PAGE, {"client": client.client_id, "language": language})
        return code(page.content.decode(), "quickstart-code")

    assert listens in snippet(here)
    assert not re.search(r'--port|server\.port|app\.Run\("', snippet(behind_a_proxy))


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_java_expects_the_signature_that_the_client_is_registered_for(
    browser: Browse, alice: User, register: Callable[..., tuple[Client, str]], algorithm: str
):
    client, _ = register(alice.tenant, algorithm=algorithm)

    page = browser(alice).get(PAGE, {"client": client.client_id, "language": "java"}).content.decode()

    assert f"SignatureAlgorithm.{algorithm})" in code(page, "quickstart-code")


def test_every_type_has_the_languages_that_suit_it(
    spa_client: tuple[Client, str], web_client: tuple[Client, str], native_client: tuple[Client, str]
):
    assert list(languages(spa_client[0])) == ["javascript-browser", "curl"]
    assert "javascript-browser" not in languages(web_client[0])
    every = {*languages(spa_client[0]), *languages(web_client[0]), *languages(native_client[0])}
    assert every == set(LANGUAGES)


@pytest.mark.parametrize("language", ["", "cobol", "../../../settings", "javascript-browser"])
def test_another_language_gets_the_first_one(
    browser: Browse, alice: User, web_client: tuple[Client, str], language: str
):
    page = browser(alice).get(PAGE, {"client": web_client[0].client_id, "language": language})

    assert page.context["quickstart"].language == "python"


def test_unknown_and_foreign_clients_get_the_same_404(
    browser: Browse, alice: User, globex: Tenant, register: Callable[..., tuple[Client, str]]
):
    foreign, _ = register(globex)
    chromium = browser(alice)

    pages = [
        chromium.get(PAGE, {"client": client_id}) for client_id in (foreign.client_id, "x", "\0", "x" * 9000)
    ]

    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1


def test_hostile_values_are_text(browser: Browse, alice: User, register: Callable[..., tuple[Client, str]]):
    client = cast.registered_earlier(
        register(alice.tenant)[0],
        name="</option><script>alert(1)</script>",
        redirect_uris=["https://a.example/</code><script>alert(2)"],
    )

    text = browser(alice).get(PAGE, {"client": client.client_id}).content.decode()

    assert "<script>alert" not in text


def test_the_shell_runs_nothing_out_of_a_redirect_url(
    browser: Browse, alice: User, register: Callable[..., tuple[Client, str]]
):
    client, _ = register(alice.tenant, redirect_uris=["https://a.example/$(reboot)"])

    text = browser(alice).get(PAGE, {"client": client.client_id, "language": "curl"}).content.decode()

    assert "$(reboot)" not in code(text, "quickstart-code")


def test_without_a_client_it_says_where_code_will_be(browser: Browse, alice: User):
    assert "code for it appears here" in browser(alice).get(PAGE).content.decode()


def test_of_very_many_clients_the_first_can_be_chosen_and_any_be_opened(
    browser: Browse, alice: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.pages.configuration.MOST", 2)
    clients = [cast.register(acme, name=name)[0] for name in ("Alpha", "Beta", "Gamma")]
    admin = browser(alice)

    page = admin.get(PAGE).content.decode()
    opened = admin.get(PAGE, {"client": clients[2].client_id}).content.decode()

    assert re.findall(r'<option value="(.+?)"', page) == [client.client_id for client in clients[:2]]
    assert "The first 2 clients by name" in page
    assert f'<option value="{clients[2].client_id}" selected>' in opened
    assert code(opened, "configuration-client-id") == clients[2].client_id
    assert "The first" not in browser(alice).get(PAGE, {"client": "x" * 9}).content.decode()
