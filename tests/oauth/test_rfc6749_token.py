"""The token endpoint and the code grant (RFC 6749 §3.2, §4.1.3, §5): what is exchanged, refused, and never a 500."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from console.models import Client, Event, Tenant, User
from tests.oauth.driver import VERIFIER, Application
from tests.oauth.outcomes import FORM, JSON, assert_refused, is_alive
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "3.2")]
ClientAndSecret = tuple[Client, str]
EVERYTHING = "openid profile email offline_access user_default"


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


@pytest.fixture(params=["web_client", "spa_client", "native_client"])
def any_app(request: pytest.FixtureRequest) -> Application:
    return Application(*request.getfixturevalue(request.param))


# --- What a right request gets --------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "5.1")
def test_tk02_it_answers_with_tokens_that_nobody_may_keep(any_app: Application, bobs: Browser):
    response = any_app.exchange(any_app.code(bobs, scope=EVERYTHING))

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    tokens = response.json()
    assert tokens.keys() == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"
    }  # fmt: skip
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert set(tokens["scope"].split()) == set(EVERYTHING.split())
    assert not response.cookies


def read_as_older_libraries_do(answer: dict[str, Any]) -> None:
    """What Authlib before 1.6.6 and httpx-oauth do with every answer, and what happens when that fails."""
    if answer.get("expires_at"):
        answer["expires_at"] = int(answer["expires_at"])
    elif answer.get("expires_in"):
        answer["expires_at"] = 1_900_000_000 + int(answer["expires_in"])
    for name in ("access_token", "token_type", "scope", "refresh_token", "id_token"):
        assert isinstance(answer.get(name, ""), str)


@pytest.mark.spec("RFC 6749", "5.1")
def test_older_libraries_can_read_every_answer_to_a_form(
    any_app: Application, machine_client: ClientAndSecret, bobs: Browser
):
    tokens = any_app.exchange(any_app.code(bobs, scope=EVERYTHING)).json()
    refreshed = any_app.refresh(tokens["refresh_token"]).json()
    machine = Application(*machine_client).token(grant_type="client_credentials").json()

    for answer in (tokens, refreshed, machine):
        assert "access_token" in answer
        read_as_older_libraries_do(answer)


def test_qliks_libraries_which_ask_in_json_get_the_moment_too(app: Application, bobs: Browser):
    sent = {
        "grant_type": "authorization_code", "code": app.code(bobs, scope=EVERYTHING), "client_secret": app.secret,
        "redirect_uri": app.redirect_uri, "code_verifier": app.verifier,
    }  # fmt: skip
    tokens = app.web.post("/oauth/token", json.dumps(sent), content_type=JSON).json()
    sent = {
        "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_secret": app.secret
    }  # fmt: skip
    refreshed = app.web.post("/oauth/token", json.dumps(sent), content_type=f"{JSON}; charset=utf-8").json()

    for answer in (tokens, refreshed):
        left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
        assert abs(left.total_seconds() - answer["expires_in"]) < 60


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_it_takes_the_labels_that_a_client_gives_its_tokens(app: Application, bobs: Browser, in_acme: Tenant):
    response = app.exchange(app.code(bobs), deviceType="tablet" * 50, description="Bob’s\ttablet")

    assert response.status_code == 200


@pytest.mark.spec("RFC 6749", "3.2")
def test_it_ignores_what_it_does_not_know(app: Application, bobs: Browser):
    assert app.exchange(app.code(bobs), unheard_of="1", audience=["a", "b"]).status_code == 200


@pytest.mark.spec("RFC 6749", "3.1")
def test_a_parameter_without_a_value_counts_as_not_sent(app: Application, bobs: Browser):
    assert_refused(app.exchange(app.code(bobs), grant_type=""), "invalid_request")
    assert app.exchange(app.code(bobs), scope="", refresh_token="").status_code == 200


def test_it_needs_no_more_statements_than_it_did(
    app: Application, bobs: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
):
    app.exchange(app.code(bobs))
    code = app.code(bobs)

    with django_assert_max_num_queries(9):
        assert app.exchange(code).status_code == 200


# --- Codes ----------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_cd01_it_ends_the_tokens_of_a_replayed_code(any_app: Application, bobs: Browser, in_acme: Tenant):
    code = any_app.code(bobs, scope=EVERYTHING)
    tokens = any_app.exchange(code).json()
    assert is_alive(any_app, tokens["access_token"])

    assert_refused(any_app.exchange(code), "invalid_grant")

    assert not is_alive(any_app, tokens["access_token"])
    assert_refused(any_app.refresh(tokens["refresh_token"]), "invalid_grant")
    assert Event.objects.filter(action="tokens.reused", details__reason="code_replayed").count() == 1


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_cd01_a_replay_ends_what_was_refreshed_since(app: Application, bobs: Browser):
    code = app.code(bobs, scope=EVERYTHING)
    newer = app.refresh(app.exchange(code).json()["refresh_token"]).json()

    assert_refused(app.exchange(code), "invalid_grant")

    assert not is_alive(app, newer["access_token"])
    assert_refused(app.refresh(newer["refresh_token"]), "invalid_grant")


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"redirect_uri": "https://app.example.com/other"},
        {"grant_type": "refresh_token"},
    ],
)
def test_cd02_a_replay_that_is_wrong_in_another_way_ends_nothing(
    app: Application, bobs: Browser, wrong: dict[str, Any]
):
    code = app.code(bobs, scope=EVERYTHING)
    tokens = app.exchange(code).json()

    assert app.exchange(code, **wrong).status_code == 400

    assert is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_cd02_a_replay_by_another_client_ends_nothing(
    app: Application, bobs: Browser, acme: Tenant, register: Callable[..., ClientAndSecret]
):
    code = app.code(bobs, scope=EVERYTHING)
    tokens = app.exchange(code).json()
    thief = Application(*register(acme, name="Thief"))

    assert_refused(thief.exchange(code), "invalid_grant")

    assert is_alive(app, tokens["access_token"])


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (61, 400)])
def test_cd03_a_code_lives_for_a_minute(
    clock: TimeMachineFixture, app: Application, bobs: Browser, seconds: int, status: int
):
    code = app.code(bobs)
    clock.shift(seconds)

    assert app.exchange(code).status_code == status


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_cd04_it_gives_nothing_to_another_client(
    app: Application, bobs: Browser, acme: Tenant, spa_client: ClientAndSecret, register: Callable[..., Any]
):
    code = app.code(bobs)
    for other in (Application(*register(acme, name="Other")), Application(*spa_client)):
        assert_refused(other.exchange(code), "invalid_grant")
        assert_refused(other.exchange(code, redirect_uri=app.redirect_uri), "invalid_grant")

    assert app.exchange(code).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_cd04_it_gives_nothing_to_a_client_that_names_itself_otherwise(
    app: Application, bobs: Browser, spa_client: ClientAndSecret
):
    code = app.code(bobs)

    assert_refused(app.exchange(code, client_id=spa_client[0].client_id), "invalid_client", 401)


def test_a_code_is_good_in_its_own_tenant_only(
    app: Application, bobs: Browser, globex: Tenant, web_client: ClientAndSecret
):
    elsewhere = Application(*web_client, tenant=globex)

    assert_refused(elsewhere.exchange(app.code(bobs)), "invalid_client", 401)


@pytest.mark.spec("RFC 6749", "4.1.3")
@pytest.mark.parametrize(
    "redirect_uri",
    [
        " ",
        "https://app.example.com/callback/",
        "https://app.example.com/callback?x=1",
        "https://APP.example.com/callback",
        "https://app.example.com/second",
        "https://evil.example/callback",
    ],
)
def test_cd05_it_takes_no_other_redirect_uri_than_that_of_the_request(
    acme: Tenant, bobs: Browser, register: Callable[..., ClientAndSecret], redirect_uri: str
):
    both = ["https://app.example.com/callback", "https://app.example.com/second"]
    app = Application(*register(acme, redirect_uris=both))
    code = app.code(bobs)

    assert_refused(app.exchange(code, redirect_uri=redirect_uri), "invalid_grant")
    assert app.exchange(code).status_code == 200


@pytest.mark.spec("OAuth 2.1", "4.1.3")
@pytest.mark.parametrize("left_out", [None, ""])
def test_cd05_the_token_request_need_not_repeat_it(any_app: Application, bobs: Browser, left_out: str | None):
    code = any_app.code(bobs)

    assert_refused(any_app.exchange(code, redirect_uri=left_out, code_verifier="x" * 43), "invalid_grant")
    assert_refused(any_app.exchange(code, redirect_uri=left_out, code_verifier=None), "invalid_request")
    assert any_app.exchange(code, redirect_uri=left_out).status_code == 200
    assert_refused(any_app.exchange(code, redirect_uri=left_out), "invalid_grant")


@pytest.mark.spec("RFC 6749", "4.1.3")
@pytest.mark.parametrize("kind", ["web_client", "spa_client"])
@pytest.mark.parametrize("stated", [True, False])
def test_a_code_of_a_request_that_named_no_redirect_uri(
    request: pytest.FixtureRequest, bobs: Browser, kind: str, stated: bool
):
    """The client has registered one address, and the code went there."""
    app = Application(*request.getfixturevalue(kind))
    code = app.code(bobs, redirect_uri=None)

    wrong = "https://evil.example/callback"
    assert_refused(app.exchange(code, redirect_uri=wrong), "invalid_grant")
    address = app.redirect_uri if stated else None
    assert app.exchange(code, redirect_uri=address).status_code == 200


@pytest.mark.spec("RFC 8252", "7.3")
def test_cd05_the_port_of_a_loopback_address_is_that_of_the_request(
    native_client: ClientAndSecret, bobs: Browser
):
    app = Application(*native_client, redirect_uri="http://127.0.0.1:49152/callback")
    code = app.code(bobs)

    assert_refused(app.exchange(code, redirect_uri="http://127.0.0.1:49153/callback"), "invalid_grant")
    assert app.exchange(code).status_code == 200


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize(
    "name",
    ["code", "grant_type", "redirect_uri", "code_verifier", "client_id", "client_secret", "scope", "x"],
)
def test_cd07_it_refuses_a_repeated_parameter(app: Application, bobs: Browser, name: str):
    right = {
        "code": app.code(bobs),
        "grant_type": "authorization_code",
        "code_verifier": VERIFIER,
        "redirect_uri": app.redirect_uri,
    }
    value = right.get(name, "x")

    assert_refused(app.token(**right | {name: [value, value]}), "invalid_request")
    assert app.token(**right).status_code == 200


@pytest.mark.spec("RFC 6749", "3.2")
def test_cd07_it_refuses_parameters_in_the_address(app: Application, bobs: Browser):
    code = app.code(bobs)

    assert_refused(
        app.post(f"/oauth/token?code={code}", {"grant_type": "authorization_code"}, {}), "invalid_request"
    )
    assert_refused(app.post("/oauth/token?x=1", {"grant_type": "authorization_code"}, {}), "invalid_request")


def mangled(value: str) -> dict[str, str]:
    body = value[:-1]
    return {
        "truncated": body,
        "cut at the front": value[1:],
        "longer": value + "0",
        "flipped": body[:20] + ("A" if value[20] != "A" else "B") + body[21:] + value[-1],
        "case swapped": value[:4] + value[4:].swapcase(),
        "upper case": value.upper(),
        "space before": " " + value,
        "line after": value + "\n",
        "zero width": value[:10] + "\u200b" + value[10:],
        "full width": value[:-1] + "\uff11",
        "prefix alone": value[:4],
        "digits": "0" * len(value),
    }


@pytest.mark.parametrize("way", mangled("qac_" + "x" * 49))
def test_cd08_it_refuses_a_code_that_is_not_quite_right(app: Application, bobs: Browser, way: str):
    code = app.code(bobs)

    assert_refused(app.exchange(mangled(code)[way]), "invalid_grant")
    assert app.exchange(code).status_code == 200


def test_it_takes_no_other_value_of_its_own_for_a_code(
    app: Application, bobs: Browser, web_client: ClientAndSecret
):
    """Keycloak CVE-2026-4282: one store for everything that is used once let one thing stand for another."""
    tokens = app.tokens(bobs, scope=EVERYTHING)
    for value in (tokens["refresh_token"], tokens["access_token"], tokens["id_token"], app.secret, "a state"):
        assert_refused(app.exchange(value), "invalid_grant")


def test_a_code_of_a_person_who_was_deactivated_since_is_refused(
    app: Application, bobs: Browser, bob: User, in_acme: Tenant
):
    code = app.code(bobs)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert_refused(app.exchange(code), "invalid_grant")


# --- Requests that cannot be answered -------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
def test_tk01_it_only_takes_post(app: Application, bobs: Browser, method: str):
    sent = urlencode({"grant_type": "authorization_code", "code": app.code(bobs), "client_id": app.client_id})
    response = getattr(app.web, method)(f"/oauth/token?{sent}", headers=app.credentials())

    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    "grant_type",
    [
        "password", "implicit", "openid", "token", "device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:qlik:oauth:anonymous-embed", "Authorization_Code", " authorization_code", "__class__", "x" * 60000,
    ],
)  # fmt: skip
def test_tk08_it_knows_no_other_grant(app: Application, grant_type: str):
    assert_refused(app.token(grant_type=grant_type), "unsupported_grant_type")


@pytest.mark.spec("RFC 6749", "5.2")
def test_tk08_a_client_uses_the_grants_it_is_registered_for_alone(
    app: Application, machine_client: ClientAndSecret, bobs: Browser
):
    machine = Application(*machine_client, redirect_uri="https://app.example.com/callback")

    assert_refused(machine.exchange("qac_"), "unauthorized_client")
    assert_refused(machine.refresh("qar_"), "unauthorized_client")
    assert_refused(app.token(grant_type="client_credentials"), "unauthorized_client")


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"code": "x"},
        {"grant_type": "authorization_code"},
        {"grant_type": "authorization_code", "code": ""},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "refresh_token": "", "code": "x"},
    ],
)
def test_it_says_that_something_is_missing(app: Application, sent: dict[str, str]):
    assert_refused(app.token(**sent), "invalid_request")


def body(*parts: str) -> bytes:
    return "&".join(("grant_type=client_credentials", *parts)).encode()


HOSTILE_FORMS: dict[str, bytes] = {
    "nothing": b"",
    "NUL in a value": body("client_id=a%00b"),
    "NUL, bare": body("client_id=a\0b"),
    "NUL in a name": body("a%00b=1"),
    "broken escape": body("client_id=%zz"),
    "broken escape at the end": body("client_id=%"),
    "invalid UTF-8": body("client_id=") + b"\xff\xfe",
    "invalid UTF-8, escaped": body("client_id=%ff%fe"),
    "overlong UTF-8": body("client_id=%c0%80"),
    "surrogate": body("client_id=%ed%a0%80"),
    "repeated": body("grant_type=refresh_token"),
    "repeated with different case of the escape": body("%67rant_type=x"),
    "a thousand parameters": body(*(f"p{number}=1" for number in range(1000))),
    "long": body("client_id=" + "x" * 70_000),
    "huge": body("client_id=" + "x" * 2_000_000),
    "scope of 60 kB": body("client_id=x", "scope=" + "+".join(["apps"] * 12_000)),
    "only separators": b"&&&&===&&;;;",
    "JSON sent as a form": b'{"grant_type": "client_credentials"}',
    "line breaks": body("client_id=a%0d%0aSet-Cookie:%20x=1", "client_secret=%0d%0a"),
    "client_id of 60 kB": body("client_id=" + "x" * 60_000, "client_secret=y"),
    "attribute of the library": body("issuance=1", "headers=1", "_params=1", "__dict__=1"),
}  # fmt: skip

HOSTILE_JSON: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"grant_type=client_credentials",
    "list": b"[]",
    "number": b"1",
    "null": b"null",
    "text": b'"grant_type"',
    "truncated": b'{"grant_type": ',
    "number as value": b'{"grant_type": 1}',
    "huge number": b'{"grant_type": ' + b"1" * 10_000 + b"}",
    "NaN": b'{"grant_type": NaN}',
    "true": b'{"grant_type": true}',
    "list as value": b'{"grant_type": ["client_credentials"]}',
    "object as value": b'{"grant_type": {"client_credentials": 1}}',
    "repeated": b'{"grant_type": "client_credentials", "grant_type": "refresh_token"}',
    "deep": b'{"grant_type": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "NUL": b'{"grant_type": "client_credentials", "client_id": "a\\u0000b"}',
    "NUL in a name": b'{"grant_type": "client_credentials", "a\\u0000b": "1"}',
    "lone surrogate": b'{"grant_type": "client_credentials", "client_id": "\\ud800"}',
    "lone surrogate in a name": b'{"grant_type": "client_credentials", "\\ud800": "1"}',
    "invalid UTF-8": b'{"grant_type": "\xff"}',
    "UTF-16": '{"grant_type": "client_credentials"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"grant_type": "client_credentials"}',
    "huge": b'{"grant_type": "' + b"x" * 2_000_000 + b'"}',
    "user_lookup in a text": b'{"grant_type": "client_credentials", "user_lookup": ["x"]}',
}
ENDPOINTS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo"]


def assert_answered(response: Any) -> None:
    """Refused, in a way that a program understands; a 500 would have been raised by the test's browser."""
    assert 400 <= response.status_code < 500, response.content[:300]
    assert response.json()["error"] in {"invalid_request", "invalid_client", "invalid_token", "invalid_scope"}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("hostile", HOSTILE_FORMS)
def test_tk11_it_refuses_a_hostile_form(app: Application, path: str, hostile: str):
    assert_answered(app.web.post(path, HOSTILE_FORMS[hostile], content_type=FORM))


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("hostile", HOSTILE_JSON)
def test_tk11_it_refuses_hostile_json(app: Application, path: str, hostile: str):
    assert_answered(app.web.post(path, HOSTILE_JSON[hostile], content_type=JSON))


@pytest.mark.parametrize(
    ("unread", "description"),
    [
        ("[" * 9 + "1" + "]" * 9, "The body is nested too deeply."),
        (r'["\u0000"]', "A text contains a NUL character."),
        (r'{"a": "\ud800"}', "A text contains half a surrogate pair."),
        ('{"a": 1, "a": 2}', "Duplicate member: a."),
        ("[1e999]", "A number is too large."),
        ("-Infinity", "-Infinity is not a number in JSON."),
    ],
)
def test_json_is_read_by_the_rules_of_the_rest_api_down_to_what_nobody_reads(
    machine_client: tuple[Client, str], unread: str, description: str
):
    machine = Application(*machine_client)
    sent = {
        "grant_type": "client_credentials",
        "client_id": machine.client_id,
        "client_secret": machine.secret,
    }
    body = json.dumps(sent)[:-1]

    fine = machine.web.post("/oauth/token", f'{body}, "unread": [1, {{"a": null}}]}}', content_type=JSON)
    refused = machine.web.post("/oauth/token", f'{body}, "unread": {unread}}}', content_type=JSON)

    assert fine.status_code == 200
    assert assert_refused(refused, "invalid_request")["error_description"] == description


HOSTILE_NAMES = ['say "no"', "back\\slash", "\u00e5", "\U0001f600", "a\r\nb", "\t", "\x7f", "\0", "x" * 500]


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_description_quotes_nothing_that_may_not_stand_in_it(app: Application, path: str, name: str):
    sent: list[tuple[str, str]] = [
        (FORM, urlencode([("grant_type", "x"), (name, "1"), (name, "2")])),
        (JSON, f'{{{json.dumps(name)}: "1", {json.dumps(name)}: "2"}}'),
    ]
    for content_type, hostile in sent:
        refused = assert_refused(app.web.post(path, hostile, content_type=content_type), "invalid_request")

        assert len(refused["error_description"]) < 200
        assert refused["errors"][0]["detail"] == refused["error_description"]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "text/json",
        "application/x-www-form-urlencoded2",
        "text/plain; charset=nonsense",
        "x",
        "/",
    ],
)
def test_tk11_it_refuses_other_kinds_of_body(app: Application, path: str, content_type: str):
    sent = b"grant_type=client_credentials"

    assert_refused(app.web.generic("POST", path, sent, content_type), "invalid_request", 415)


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON"])
def test_tk11_it_takes_json_as_qliks_libraries_send_it(app: Application, bobs: Browser, content_type: str):
    sent = {
        "grant_type": "authorization_code",
        "code": app.code(bobs),
        "redirect_uri": app.redirect_uri,
        "code_verifier": VERIFIER,
        "client_id": app.client_id,
        "client_secret": app.secret,
        "scope": None,
    }

    assert app.web.post("/oauth/token", json.dumps(sent), content_type=content_type).status_code == 200


@pytest.mark.parametrize("path", ENDPOINTS)
def test_hostile_addresses_are_refused_too(app: Application, path: str):
    for query in ("%zz", "a=%ff", "a=%00", "grant_type=x&grant_type=y", "x" * 5000, "&".join(["a=1"] * 900)):
        assert_answered(
            app.web.post(f"{path}?{query}", b"grant_type=refresh_token&token=x", content_type=FORM)
        )


# --- oauthlib reads attributes that it does not find from the caller's own parameters --------------------------


POLLUTION = {
    "user": "1",
    "client": "1",
    "scopes": "admin_classic",
    "extra_credentials": "x",
    "response_type": "code",
    "response_mode": "fragment",
    "nonce": "chosen at the token endpoint",
    "claims": "{",
    "expires_in": "999999",
    "token": "x",
    "access_token": "x",
    "refresh_token": "x",
    "state": "x",
    "code_challenge": "x",
    "code_challenge_method": "plain",
    "using_default_redirect_uri": "1",
    "issuance": "1",
    "auth_time": "1",
    "settled_redirect_uri": "https://evil.example/",
    "id_token_hint": "x",
    "max_age": "0",
    "device_code": "x",
    "headers": "x",
    "decoded_body": "x",
    "body": "x",
    "uri": "x",
    "validator_log": "x",
    "client_type": "x",
    "iss": "https://evil.example",
    "sub": "x",
}


@pytest.mark.parametrize("name", POLLUTION)
def test_no_parameter_stands_in_for_what_the_server_found_out(
    app: Application, bobs: Browser, bob: User, acme: Tenant, name: str
):
    response = app.exchange(app.code(bobs, scope=EVERYTHING, nonce="n"), **{name: POLLUTION[name]})

    assert response.status_code == 200, response.content
    tokens = response.json()
    _, access = decoded(tokens["access_token"])
    _, identity = decoded(tokens["id_token"])
    assert (access["sub"], identity["sub"]) == (str(bob.pk), str(bob.pk))
    assert (access["iss"], access["client_id"]) == (acme.issuer, app.client_id)
    assert set(access["scope"].split()) == set(EVERYTHING.split())
    assert access["exp"] - access["iat"] == tokens["expires_in"] == 3600
    assert identity["nonce"] == "n"


@pytest.mark.parametrize("name", POLLUTION)
def test_no_parameter_makes_a_machine_a_person(machine_client: ClientAndSecret, name: str):
    app = Application(*machine_client)
    response = app.token(grant_type="client_credentials", **{name: POLLUTION[name]})

    assert response.status_code == 200, response.content
    _, access = decoded(response.json()["access_token"])
    assert access["sub"] == app.client_id
    assert set(access["scope"].split()) == {"user_default", "admin_classic"}
    assert "refresh_token" not in response.json()


@pytest.mark.parametrize("name", [name for name in POLLUTION if name != "refresh_token"])
def test_no_parameter_changes_what_is_refreshed(app: Application, bobs: Browser, bob: User, name: str):
    tokens = app.tokens(bobs, scope=EVERYTHING)
    response = app.refresh(tokens["refresh_token"], **{name: POLLUTION[name]})

    assert response.status_code == 200, response.content
    _, access = decoded(response.json()["access_token"])
    assert access["sub"] == str(bob.pk)
    assert set(access["scope"].split()) == set(EVERYTHING.split())


# --- The audit log --------------------------------------------------------------------------------------------


def test_a_refused_request_is_an_event_and_repeated_ones_are_counted_on_one_row(
    clock: TimeMachineFixture, app: Application, web_client: ClientAndSecret, acme: Tenant
):
    for _ in range(3):
        assert_refused(app.exchange("qac_nothing"), "invalid_grant")

    with scope(tenant=acme):
        event = Event.objects.get(action="tokens.refused")
    assert event.times == 3
    assert (event.target_id, event.actor_kind) == (str(web_client[0].pk), "client")
    assert event.details == {
        "reason": "code_unknown_or_expired",
        "error": "invalid_grant",
        "grant_type": "authorization_code",
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"grant_type": None}, "grant_type_missing"),
        ({"grant_type": "password"}, "grant_type_unsupported"),
        ({"grant_type": "client_credentials"}, "grant_not_registered"),
        ({"grant_type": "refresh_token", "refresh_token": None}, "refresh_token_missing"),
        ({"scope": "a\tb"}, "scope_malformed"),
        ({"code": None}, "code_missing"),
        ({"code_verifier": None}, "code_verifier_missing"),
        ({"code_verifier": "x"}, "code_verifier_malformed"),
        ({"code_verifier": "x" * 43}, "code_or_token_unusable"),
        ({"redirect_uri": "https://other.example/"}, "redirect_uri_not_of_code"),
    ],
)
def test_an_event_holds_the_code_of_the_reason_and_no_sentence(
    app: Application, bobs: Browser, acme: Tenant, changes: dict[str, Any], reason: str
):
    app.exchange(**{"code": app.code(bobs), **changes})

    with scope(tenant=acme):
        assert Event.objects.get(action="tokens.refused").details["reason"] == reason


@pytest.mark.parametrize("hostile", HOSTILE_FORMS)
def test_every_refused_request_is_an_event(app: Application, acme: Tenant, hostile: str):
    app.web.post("/oauth/token", HOSTILE_FORMS[hostile], content_type=FORM)

    with scope(tenant=acme):
        assert Event.objects.filter(action="tokens.refused").count() == 1


def test_a_flood_of_different_nonsense_is_counted_too(
    clock: TimeMachineFixture, app: Application, acme: Tenant
):
    for number in range(20):
        app.web.post("/oauth/token", f"p{number}=1&p{number}=2", content_type=FORM)
        app.web.post("/oauth/token", f"grant_type=g{number}&client_id=c{number}", content_type=FORM)
        app.web.post("/oauth/token", f'{{"n{number}": 1}}', content_type=JSON)

    with scope(tenant=acme):
        assert Event.objects.filter(action="tokens.refused").count() <= 4


def test_tokens_that_are_given_are_an_event(app: Application, bobs: Browser, bob: User, in_acme: Tenant):
    app.tokens(bobs, scope="openid")

    event = Event.objects.get(action="tokens.issued")
    assert event.details == {"user": bob.email, "scope": "openid"}
    assert event.actor_name == app_name(app)


def app_name(app: Application) -> str:
    return str(Client.objects.get(client_id=app.client_id).name)
