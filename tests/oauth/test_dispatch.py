"""A request of a program gets the same answer by Django's handler and by the short way of the application server."""

import base64
import json
import time
from typing import Any

import pytest
from django.db import OperationalError

from console.http.tenancy import Hosts
from console.models import KeyRing, Tenant
from console.oauth import dispatch
from qlikauth.server.bodies import Body
from qlikauth.server.environ import environ_of
from tests import cast

pytestmark = pytest.mark.django_db
JWKS = "/.well-known/jwks.json"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> dispatch.Programs:
    monkeypatch.setattr(dispatch, "close_old_connections", lambda: None)  # as Django's test client does
    return dispatch.Programs(lambda scope, content, length: environ_of(scope, Body(content, length)))


def scope_of(method: str, path: str, host: str, headers: dict[str, str]) -> dict[str, Any]:
    """A connection scope as the application server makes it."""
    named = [(name.lower().encode(), value.encode()) for name, value in ({"Host": host} | headers).items()]
    place, _, query = path.partition("?")
    return {
        "method": method, "path": place, "raw_path": place.encode(), "query_string": query.encode(),
        "scheme": "http", "http_version": "1.1", "headers": named,
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip


REQUESTS = [
    ("GET", JWKS, {}, b""),
    ("HEAD", JWKS, {}, b""),
    ("GET", "/.well-known/openid-configuration", {"Origin": "https://a.example"}, b""),
    ("OPTIONS", JWKS, {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}, b""),
    ("GET", "/oauth/token", {}, b""),
    ("POST", "/oauth/token", {"Content-Type": FORM}, b""),
    ("POST", "/oauth/token", {"Content-Type": FORM}, b"grant_type=client_credentials"),
    ("POST", "/oauth/token?a=b", {"Content-Type": FORM}, b"grant_type=client_credentials"),
    ("POST", "/oauth/token", {"Content-Type": "text/plain"}, b"x"),
    ("POST", "/oauth/token", {"Content-Type": "application/json"}, b'{"grant_type": "client_credentials"}'),
    ("POST", "/oauth/token", {"Content-Type": FORM}, b"scope=" + b"x" * 70_000),
    ("POST", "/oauth/introspect", {"Content-Type": FORM, "Authorization": "Basic !"}, b"token=x"),
    ("POST", "/oauth/revoke", {"Content-Type": FORM}, b"token=x"),
    ("GET", "/oauth/userinfo", {"Authorization": "Bearer x"}, b""),
    ("DELETE", "/oauth/userinfo", {}, b""),
]


@pytest.mark.parametrize("host", ["acme.localhost:8000", "localhost:8000", "nobody.localhost:8000", "a b"])
@pytest.mark.parametrize(("method", "path", "headers", "body"), REQUESTS)
def test_both_ways_answer_alike(
    programs: dispatch.Programs, acme: Tenant, stranger: Any, host: str, method: str, path: str,
    headers: dict[str, str], body: bytes,
):  # fmt: skip
    browser = stranger(acme)
    content_type = headers.get("Content-Type", "application/octet-stream")
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    by_django = browser.generic(method, path, body, content_type, headers=others | {"Host": host})
    Hosts.forget()

    status, answered, content = programs.answer(scope_of(method, path, host, headers), body, len(body))

    assert (status, content) == (by_django.status_code, by_django.content)
    expected = {name.lower(): value for name, value in by_django.headers.items()}
    found = {name.decode(): value.decode() for name, value in answered}
    if status != 204:
        length = found.pop("content-length")
        assert int(length) == len(content) or method == "HEAD"
        expected.pop("content-length", None)
    assert found == expected


def test_a_body_that_was_too_long_to_keep_is_413(programs: dispatch.Programs, acme: Tenant):
    asked = scope_of("POST", "/oauth/token", "acme.localhost:8000", {"Content-Type": FORM})

    status, _, content = programs.answer(asked, b"", 10_000_000)

    assert (status, json.loads(content)["error"]) == (413, "invalid_request")


def test_a_fault_of_ours_is_json_and_said_once(
    programs: dispatch.Programs,
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(KeyRing, "of", fail)

    status, headers, content = programs.answer(scope_of("GET", JWKS, "acme.localhost:8000", {}), b"", 0)

    assert status == 500
    assert json.loads(content)["errors"][0]["status"] == "500"
    assert dict(headers)[b"content-security-policy"]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_a_database_that_is_away_is_503(
    programs: dispatch.Programs, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(KeyRing, "of", fail)

    status, _, content = programs.answer(scope_of("GET", JWKS, "acme.localhost:8000", {}), b"", 0)

    assert (status, json.loads(content)["error"]) == (503, "temporarily_unavailable")


class TestKept:
    """A public document is answered from memory for a moment, and only to whom it would be answered anyway."""

    def test_it_is_kept_for_the_host_that_asked_and_not_for_others(
        self, programs: dispatch.Programs, acme: Tenant, globex: Tenant
    ):
        asked = scope_of("GET", JWKS, "acme.localhost:8000", {})
        assert programs.kept(asked) is None
        status, _, content = programs.answer(asked, b"", 0)

        kept = programs.kept(asked)
        assert kept is not None
        assert (kept[0], kept[2]) == (status, content)
        assert programs.kept(scope_of("GET", JWKS, "globex.localhost:8000", {})) is None
        proxied = scope_of("GET", JWKS, "acme.localhost:8000", {"X-Forwarded-Proto": "http"})
        assert programs.kept(proxied) is None

    def test_head_gets_the_length_and_no_body(self, programs: dispatch.Programs, acme: Tenant):
        asked = scope_of("GET", JWKS, "acme.localhost:8000", {})
        _, headers, _ = programs.answer(asked, b"", 0)

        kept = programs.kept(scope_of("HEAD", JWKS, "acme.localhost:8000", {}))

        assert kept is not None
        assert kept[2] == b""
        assert dict(kept[1])[b"content-length"] == dict(headers)[b"content-length"]

    @pytest.mark.spec("RFC 9110", "13.1.2")
    def test_who_has_it_as_it_is_gets_no_second_copy(self, programs: dispatch.Programs, acme: Tenant):
        asked = scope_of("GET", JWKS, "acme.localhost:8000", {})
        _, headers, _ = programs.answer(asked, b"", 0)
        etag = dict(headers)[b"etag"].decode()
        same = scope_of("GET", JWKS, "acme.localhost:8000", {"If-None-Match": etag})
        other = scope_of("GET", JWKS, "acme.localhost:8000", {"If-None-Match": '"another"'})

        kept = programs.kept(same)

        made = programs.answer(same, b"", 0)
        assert kept is not None
        assert (
            (kept[0], dict(kept[1]), kept[2])
            == (304, dict(made[1]), b"")
            == (made[0], dict(made[1]), made[2])
        )
        assert programs.kept(other) is None
        assert programs.answer(other, b"", 0)[0] == 200

    def test_each_answer_has_a_trace_id_of_its_own(
        self, programs: dispatch.Programs, acme: Tenant, one_trace_id: pytest.MonkeyPatch
    ):
        one_trace_id.undo()
        asked = scope_of("GET", JWKS, "acme.localhost:8000", {})
        programs.answer(asked, b"", 0)

        ids = {dict(kept[1])[b"x-trace-id"] for _ in range(3) if (kept := programs.kept(asked))}

        assert len(ids) == 3

    def test_a_new_key_is_published_soon(
        self, programs: dispatch.Programs, acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ):
        asked = scope_of("GET", JWKS, "acme.localhost:8000", {})
        programs.answer(asked, b"", 0)
        later = time.monotonic() + dispatch.KEPT_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)

        assert programs.kept(asked) is None

    @pytest.mark.parametrize("path", ["/oauth/token", "/oauth/userinfo"])
    def test_nothing_that_is_not_public_is_kept(self, programs: dispatch.Programs, acme: Tenant, path: str):
        asked = scope_of("GET", path, "acme.localhost:8000", {"Authorization": "Bearer x"})
        programs.answer(asked, b"", 0)

        assert programs.kept(asked) is None


@pytest.mark.spec("RFC 9110", "13.1.2")
@pytest.mark.parametrize(
    "path", [JWKS, "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
)
def test_who_has_a_document_as_it_is_gets_no_second_copy(acme: Tenant, stranger: Any, path: str):
    browser = stranger(acme)
    etag = browser.get(path)["ETag"]

    same = browser.get(path, headers={"If-None-Match": etag})
    other = browser.get(path, headers={"If-None-Match": '"another"'})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    assert same["Cache-Control"] == other["Cache-Control"]
    assert (other.status_code, other["ETag"]) == (200, etag)


def test_a_machine_gets_its_token_on_the_short_way(programs: dispatch.Programs, acme: Tenant):
    client, secret = cast.register(
        acme, redirect_uris=[], grant_types=["client_credentials"], consent_method="trusted"
    )
    credentials = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    headers = {"Content-Type": FORM, "Authorization": f"Basic {credentials}"}
    body = b"grant_type=client_credentials"

    status, answered, content = programs.answer(
        scope_of("POST", "/oauth/token", "acme.localhost:8000", headers), body, len(body)
    )

    assert status == 200
    assert json.loads(content)["token_type"] == "Bearer"
    assert dict(answered)[b"cache-control"] == b"no-store"
