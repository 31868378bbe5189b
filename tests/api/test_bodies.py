"""What the REST API reads: strict JSON, and every bad body has its answer (F22)."""

from typing import Any

import pytest

from console.models import Event, Tenant, User
from tests import cast
from tests.api.caller import JSON, Api, assert_problem, client_path, config_of, request_path
from tests.cast import ask, publish
from tests.kept import kept

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
    "a number too large": b'{"a": [1e999]}',
}
TOO_LONG = {
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


@kept
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


@pytest.mark.parametrize("body", TOO_LONG.values(), ids=TOO_LONG)
def test_a_body_that_is_too_long_is_not_read(body: bytes, calls: list[tuple[str, str]], alice: User):
    api = Api.of(alice)
    for method, path in calls:
        assert_problem(api.call(method, path, body), 413, "more than 65536 bytes")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (NO_JSON["half"], "The body is not JSON in UTF-8."),
        (NO_JSON["NaN"], "NaN is not a number in JSON."),
        (NO_JSON["a number too large"], "A number is too large."),
        (NO_JSON["deep"], "The body is nested too deeply."),
        (ODD_JSON["a member twice"], "Duplicate member: op."),
        (ODD_JSON["a member twice, deeper"], "Duplicate member: path."),
        (b'{"' + b"n" * 60 + b'": 1, "' + b"n" * 60 + b'": 1}', f"Duplicate member: {'n' * 50}."),
        (rb'{"\ud800": 1, "\ud800": 2}', "A text contains half a surrogate pair."),
        (ODD_JSON["a NUL in a name"], "A text contains a NUL character."),
    ],
)
def test_it_says_what_is_wrong_with_the_json(
    body: bytes, detail: str, calls: list[tuple[str, str]], alice: User
):
    api = Api.of(alice)
    for method, path in calls:
        assert assert_problem(api.call(method, path, body), 400)["detail"] == detail


def faults(answer: Any) -> list[tuple[str, str | None]]:
    assert_problem(answer, 400)
    return [(error["detail"], error["source"]["pointer"]) for error in answer.json()["errors"]]


def test_every_fault_is_named_with_its_place(calls: list[tuple[str, str]], alice: User):
    api = Api.of(alice)
    body = {"scopes": ["openid", ""], "version": "1", "impersonation": None, "a/b~c": 1}

    assert faults(api.post(calls[2][1], body)) == [
        ("Missing member: consentMethod.", "/consentMethod"),
        ("scopes[1] must not be empty.", "/scopes/1"),
        ("version must be a whole number.", "/version"),
        ("impersonation must be true or false.", "/impersonation"),
        ("Unknown member: a/b~c.", "/a~1b~0c"),
    ]


def test_a_fault_of_a_patch_is_at_its_operation(calls: list[tuple[str, str]], alice: User):
    api = Api.of(alice)
    right = {"op": "replace", "path": "/scopes", "value": ["openid"]}
    wrong = {"op": "add", "path": "/consentMethod", "value": "never", "from": "/scopes"}

    assert faults(api.patch(calls[0][1], [right, wrong])) == [
        ("op must be replace.", "/1/op"),
        ("value must be required or trusted.", "/1/value"),
        ("Unknown member: from.", "/1/from"),
    ]
    assert faults(api.patch(calls[0][1], [right, right])) == [
        ("The body must not replace /scopes twice.", "")
    ]


def test_of_many_faults_the_first_are_named(calls: list[tuple[str, str]], alice: User):
    api = Api.of(alice)
    assert len(faults(api.post(calls[2][1], {f"unknown{n}": n for n in range(1000)}))) == 10
    assert len(faults(api.patch(calls[0][1], [{"op": "x" * 5}] * 1000))) == 1


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
