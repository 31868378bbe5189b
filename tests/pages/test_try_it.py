"""Trying a client for real: `/console/oauth/<client ID>/try` (P7)."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Client, Hostname, Tenant, User

Browse = Callable[..., Browser]
Registered = tuple[Client, str]


def address(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/try"


def start(browser: Browser, client: Client, scopes: list[str]) -> dict[str, str]:
    answer = browser.post(address(client), {"scopes": scopes})
    assert answer.status_code == 303
    parts = urlsplit(answer["Location"])
    assert (parts.netloc, parts.path) == ("", "/oauth/authorize")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def hidden(page: str) -> dict[str, str]:
    return dict(
        re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.split("/oauth/token")[1])
    )


def test_only_those_who_manage_clients_may(
    browser: Browse, stranger: Browse, alice: User, bob: User, carol: User, web_client: Registered
):
    place = address(web_client[0])

    assert browser(alice).get(place).status_code == 200
    for method, to_sign_in in (("get", 302), ("post", 303)):
        assert getattr(browser(bob), method)(place).status_code == 403
        assert getattr(browser(carol), method)(place).status_code == 403
        assert getattr(stranger(alice.tenant), method)(place).status_code == to_sign_in


def test_unknown_and_foreign_clients_get_the_same_404_and_a_deleted_one_its_own(
    browser: Browse, alice: User, globex: Tenant, web_client: Registered, register: Callable[..., Registered]
):
    foreign, _ = register(globex)
    deleted, _ = register(alice.tenant)
    with scope(tenant=alice.tenant):
        deleted.remove(by=Actor.operator())
    chromium = browser(alice)

    pages = [
        chromium.get(f"/console/oauth/{client_id}/try")
        for client_id in (foreign.client_id, "x", deleted.client_id)
    ]

    assert [page.status_code for page in pages] == [404, 404, 404]
    assert pages[0].content == pages[1].content
    assert "This client has been deleted" in pages[2].content.decode()


@pytest.mark.spec("RFC 7636", "4.2")
def test_it_asks_like_the_client_would(browser: Browse, alice: User, web_client: Registered):
    client = web_client[0]
    chromium = browser(alice)

    asked = start(chromium, client, ["email", "openid"])
    again = start(chromium, client, ["openid"])

    assert asked["client_id"] == client.client_id
    assert asked["redirect_uri"] == f"http://acme.localhost:8000{address(client)}"
    assert asked["scope"] == "openid email"
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    for name in ("state", "nonce", "code_challenge"):
        assert asked[name] != again[name]


def test_scopes_beyond_the_clients_are_refused(browser: Browse, alice: User, web_client: Registered):
    page = browser(alice).post(address(web_client[0]), {"scopes": ["openid", "admin_classic"]})

    assert page.status_code == 422


def test_it_works_at_every_host_of_the_tenant(browser: Browse, alice: User, web_client: Registered):
    Hostname.objects.create(host="alias.localhost:8000", tenant=alice.tenant)
    chromium = Browser(headers={"host": "alias.localhost:8000"})
    chromium.cookies = browser(alice).cookies

    sent = start(chromium, web_client[0], ["openid"])

    assert sent["redirect_uri"] == f"http://alias.localhost:8000{address(web_client[0])}"
    assert chromium.get("/oauth/authorize?" + urlencode(sent)).status_code == 200


def test_a_real_authorization_comes_back_and_becomes_tokens(
    browser: Browse, alice: User, web_client: Registered
):
    client, secret = web_client
    with scope(tenant=alice.tenant):
        client.own_connection.change_consent_method("trusted", by=Actor.operator())
    chromium = browser(alice)

    answer = chromium.get(
        "/oauth/authorize?" + urlencode(start(chromium, client, ["openid", "offline_access"]))
    )
    page = chromium.get(answer["Location"].removeprefix("http://acme.localhost:8000"))
    text = page.content.decode()
    fields = hidden(text)
    tokens = post_form(chromium, fields | {"client_secret": secret})

    assert "State and issuer match" in text
    assert f"{fields['code'][:8]}…" in text
    assert text.count(fields["code"]) == 1  # in the form, and nowhere a person reads over a shoulder
    assert "no-store" in page["Cache-Control"]
    assert '<meta name="referrer" content="strict-origin">' in text
    assert "form-action 'self'" in page["Content-Security-Policy"]
    assert tokens.status_code == 200
    assert {"access_token", "id_token", "refresh_token"} <= tokens.json().keys()


def post_form(browser: Browser, fields: dict[str, str]) -> Any:
    """As a browser sends a form; Django's own way is multipart, which the token endpoint does not take."""
    return browser.post("/oauth/token", urlencode(fields), content_type="application/x-www-form-urlencoded")


def answered(browser: Browser, client: Client, **changes: str | None) -> str:
    """The page with an answer to a real question, changed."""
    asked = start(browser, client, ["openid"])
    parameters = {
        "code": "qac_canary-code",
        "state": asked["state"],
        "iss": "http://acme.localhost:8000",
    } | changes
    page = browser.get(
        address(client), {name: value for name, value in parameters.items() if value is not None}
    )
    assert page.status_code == 200
    text: str = page.content.decode()
    return text


@pytest.mark.spec("RFC 9207", "2.4")
@pytest.mark.parametrize(
    "changes",
    [
        {"state": None},
        {"state": ""},
        {"state": "x"},
        {"state": "x.y"},
        {"state": "\N{SNOWMAN}.\N{SNOWMAN}"},
        {"state": "a\0.b"},
        {"iss": None},
        {"iss": "http://globex.localhost:8000"},
        {"iss": "http://acme.localhost:8000/"},
    ],
)
def test_an_answer_that_is_not_to_this_question_is_refused(
    browser: Browse, alice: User, web_client: Registered, changes: dict[str, str | None]
):
    text = answered(browser(alice), web_client[0], **changes)

    assert "Not a response to this page" in text
    assert "qac_canary-code" not in text


def test_an_answer_to_another_session_or_another_client_is_refused(
    browser: Browse, alice: User, web_client: Registered, spa_client: Registered
):
    other = start(browser(alice), web_client[0], ["openid"])["state"]
    chromium = browser(alice)
    for_spa = start(chromium, spa_client[0], [])["state"]

    for state in (other, for_spa):
        assert "Not a response to this page" in answered(chromium, web_client[0], state=state)


def test_a_parameter_that_stands_twice_is_refused(browser: Browse, alice: User, web_client: Registered):
    chromium = browser(alice)
    state = start(chromium, web_client[0], ["openid"])["state"]
    query = urlencode([("code", "a"), ("code", "b"), ("state", state), ("iss", "http://acme.localhost:8000")])

    assert "Not a response to this page" in chromium.get(f"{address(web_client[0])}?{query}").content.decode()


def test_a_refusal_is_shown_as_text(browser: Browse, alice: User, web_client: Registered):
    text = answered(
        browser(alice),
        web_client[0],
        code=None,
        error="access_denied",
        error_description="<script>alert(1)</script>",
    )

    assert "The authorization server returned an error" in text
    assert "access_denied" in text
    assert "<script>alert" not in text
    assert "Get tokens" not in text


def test_each_type_proves_itself_in_its_own_way(
    browser: Browse,
    alice: User,
    web_client: Registered,
    spa_client: Registered,
    register: Callable[..., Registered],
):
    signed, _ = register(alice.tenant, auth_methods=["private_key_jwt"])
    chromium = browser(alice)

    assert 'name="client_secret"' in answered(chromium, web_client[0])
    assert 'name="client_assertion"' in answered(chromium, signed)
    public = start(chromium, spa_client[0], [])
    page = chromium.get(
        address(spa_client[0]), {"code": "c", "state": public["state"], "iss": "http://acme.localhost:8000"}
    ).content.decode()
    assert "client_secret" not in page
    assert "client_assertion" not in page
    assert "scope" not in public  # it has none: the server's default


def test_a_machine_gets_a_form_straight_to_the_token_endpoint(
    browser: Browse, alice: User, machine_client: Registered
):
    client, secret = machine_client
    chromium = browser(alice)

    text = chromium.get(address(client)).content.decode()
    tokens = post_form(chromium, hidden(text) | {"client_secret": secret, "scope": "user_default"})

    assert "Start</button>" not in text
    assert 'autocomplete="off"' in text
    assert tokens.status_code == 200
    assert chromium.post(address(client), {}).status_code == 422


def test_a_disabled_client_says_so(browser: Browse, alice: User, web_client: Registered):
    with scope(tenant=alice.tenant):
        web_client[0].disable(by=Actor.operator())

    assert "This client is disabled" in browser(alice).get(address(web_client[0])).content.decode()
