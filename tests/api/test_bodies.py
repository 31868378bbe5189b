"""What the REST API reads: strict JSON, and every bad body has its answer (F22)."""

from typing import Any

import pytest

from console.models import Event, Tenant, User
from tests import cast
from tests.api.caller import JSON, Api, assert_problem, client_path, config_of, request_path
from tests.cast import ask, publish

pytestmark = pytest.mark.django_db

DEEP = b"[" * 30_000 + b"]" * 30_000
NO_JSON = {
    "nothing": b" ",
    "text": b"consentMethod=trusted",
    "half": b'{"consentMethod": "trusted"',
    "single quotes": b"{'a': 1}",
    "NaN": b'{"a": NaN}',
    "Infinity": b"[-Infinity]",
    "Latin-1": b'{"a": "\xe9"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a bare NUL": b'{"a": "\x00"}',
    "an endless number": b"[" + b"9" * 5000 + b"]",
    "two documents": b"{} {}",
    "deep": DEEP,
    "long": b'"' + b"x" * 70_000 + b'"',
    "longer than Django takes": b'"' + b"x" * 2_000_000 + b'"',
}
ODD_JSON = {
    "a member twice": b'{"op": "replace", "op": "replace"}',
    "a member twice, deeper": b'[{"op": "replace", "path": "/x", "path": "/y", "value": 1}]',
    "a NUL": rb'{"answer": "\u0000", "connected": "\u0000", "consentMethod": "\u0000"}',
    "a NUL in a name": rb'{"\u0000": 1}',
    "a lone surrogate": rb'{"answer": "\ud800"}',
    "a lone surrogate deeper": rb'[{"op": "replace", "path": "/scopes", "value": ["\udfff"]}]',
    "nested": b'{"answer": [[[[[[[[[1]]]]]]]]]}',
    "null": b"null",
    "a number": b"1e999",
    "a text": b'"trusted"',
    "an empty object": b"{}",
    "an empty array": b"[]",
    "an array of arrays": b"[[]]",
    "an unknown member": b'{"consentMethod": "trusted", "connected": "stay", "answer": "No", "isAdmin": true}',
}


@pytest.fixture
def calls(acme: Tenant, globex: Tenant, alice: User, bob: User) -> list[tuple[str, str]]:
    """Every call that has a body."""
    theirs = publish(globex, name="Report portal")
    cast.connect(theirs, acme, by=alice)
    wish = ask(bob, publish(globex))
    return [
        ("PATCH", config_of(theirs)),
        ("POST", client_path(publish(acme, name="Shared"), "actions/unpublish")),
        ("POST", request_path(wish, "approve")),
        ("POST", request_path(wish, "deny")),
    ]


@pytest.mark.parametrize("body", [*NO_JSON.values(), *ODD_JSON.values()], ids=[*NO_JSON, *ODD_JSON])
def test_a_body_that_means_nothing_changes_nothing(body: bytes, calls: list[tuple[str, str]], alice: User):
    api = Api.of(alice)
    before = Event._base_manager.count()
    for method, path in calls:
        assert_problem(api.call(method, path, body), 400)
    assert Event._base_manager.count() == before


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"],
)
def test_another_content_type_is_not_read(content_type: str, calls: list[tuple[str, str]], alice: User):
    api = Api.of(alice)
    for method, path in calls:
        assert_problem(api.call(method, path, b"{}", content_type=content_type), 415, "application/json")


def test_a_character_set_beside_the_type_changes_nothing(calls: list[tuple[str, str]], alice: User):
    api: Any = Api.of(alice)
    for method, path in calls:
        for charset in ("utf-8", "hex", "utf-16"):
            answer = api.call(method, path, b"{}", content_type=f"{JSON}; charset={charset}")
            assert answer.status_code == 400
