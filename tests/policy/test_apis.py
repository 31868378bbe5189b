"""What an API may be called, and how its scopes are named (P10, RFC 8707 §2, RFC 6749 §3.3)."""

from typing import Any

import pytest

from console.policy import api_rules, apis, scopes
from console.policy.apis import Api, ApiScope, TokenRules

READ = ApiScope(name="read", text="Read orders")
ORDERS = "https://orders.example.com/v1"


def api(**fields: Any) -> Api:
    usual: dict[str, Any] = {"identifier": ORDERS, "name": "Orders", "scopes": (READ,), "lifetime": 600}
    return Api(**(usual | fields))


def codes(described: Api, *, taken: bool = False, most: int = 50) -> dict[str, list[str]]:
    found = api_rules.problems(described, most_scopes=most, host_is_taken=taken)
    return {name: [problem.code for problem in problems] for name, problems in found.items()}


@pytest.mark.spec("RFC 8707", "2")
@pytest.mark.parametrize(
    "identifier",
    [
        "https://api.example.com",
        "https://api.example.com/",
        "https://api.example.com:8443/v1?tenant=1",
        "https://[2001:db8::1]/",
        "http://localhost:3000",
        "http://api.localhost/x",
        "urn:example:orders",
        "api://orders",
        "api:orders",
    ],
)
def test_an_absolute_uri_is_an_identifier(identifier: str) -> None:
    assert codes(api(identifier=identifier)) == {}


@pytest.mark.spec("RFC 8707", "2")
@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "orders",
        "//api.example.com",
        "/v1",
        "https://",
        "https://api.example.com/#read",
        "https://api.example.com#",
        "http://api.example.com",
        "http://localhost.example.com",
        "https://anna:word@api.example.com",
        "https://API.example.com",
        "HTTPS://api.example.com",
        "https://api.example.com:0",
        "https://api.example.com:x",
        "https://[::1",
        "https://api.exämple.com",
        "https://api.example.com/a b",
        'https://api.example.com/"',
        "https://api.example.com/\\",
        "https://api.example.com\n",
        "ftp://api.example.com",
        "javascript:alert(1)",
        "urn:",
        "api:",
        "https://api.example.com/" + "x" * 255,
    ],
)
def test_anything_else_is_none(identifier: str) -> None:
    assert list(codes(api(identifier=identifier))) == ["identifier"]


def test_an_address_of_this_server_is_refused() -> None:
    assert codes(api(), taken=True) == {"identifier": ["taken_host"]}


@pytest.mark.parametrize("name", ["read", "orders:read", "a.b/c-d_e", "x" * 60, "user_default"])
def test_a_scope_may_be_called_so(name: str) -> None:
    assert codes(api(scopes=(ApiScope(name=name, text="x"),))) == {}


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "missing"),
        ("a b", "invalid_scope_name"),
        ("a#b", "invalid_scope_name"),
        ('a"', "invalid_scope_name"),
        ("a\\", "invalid_scope_name"),
        ("läs", "invalid_scope_name"),
        ("a\n", "invalid_scope_name"),
        ("x" * 61, "too_long"),
        *((name, "protocol_scope") for name in sorted(scopes.PROTOCOL_SCOPES)),
    ],
)
def test_a_scope_may_not_be_called_so(name: str, code: str) -> None:
    assert codes(api(scopes=(READ, ApiScope(name=name, text="x")))) == {"scopes": [code]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": " "}, {"name": ["missing"]}),
        ({"name": "a\nb"}, {"name": ["hidden_text"]}),
        ({"description": "\u202e"}, {"description": ["hidden_text"]}),
        ({"scopes": ()}, {"scopes": ["missing"]}),
        ({"scopes": (READ, READ)}, {"scopes": ["repeated"]}),
        ({"scopes": (ApiScope(name="read"),)}, {"scopes": ["missing"]}),
        ({"scopes": (ApiScope(name="read", text="x" * 201),)}, {"scopes": ["too_long"]}),
        ({"scopes": (ApiScope(name="read", text="x", text_sv="\u202e"),)}, {"scopes": ["hidden_text"]}),
        ({"lifetime": 59}, {"lifetime": ["out_of_range"]}),
        ({"lifetime": 604_801}, {"lifetime": ["out_of_range"]}),
        ({"algorithm": "none"}, {"algorithm": ["unknown_algorithm"]}),
    ],
)
def test_each_field_has_its_rules(fields: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert codes(api(**fields)) == expected


def test_an_entry_says_which_it_is() -> None:
    found = api_rules.problems(
        api(scopes=(READ, ApiScope(name="write"))), most_scopes=50, host_is_taken=False
    )
    assert [(problem.place, problem.parameters["member"]) for problem in found["scopes"]] == [(1, "text")]


def test_an_api_has_only_so_many_scopes() -> None:
    many = tuple(ApiScope(name=f"s{number}", text="x") for number in range(3))
    found = api_rules.problems(api(scopes=many), most_scopes=2, host_is_taken=False)
    assert [str(problem) for problem in found["scopes"]] == ["An API can have at most 2 scopes."]


@pytest.mark.parametrize(
    ("scope", "identifier", "name"),
    [
        (f"{ORDERS}#read", ORDERS, "read"),
        ("apps:read", "", "apps:read"),
        ("openid", "", "openid"),
        ("#read", "", "#read"),
        ("urn:a:b#x:y/z", "urn:a:b", "x:y/z"),
    ],
)
def test_a_qualified_name_says_which_api_it_is_of(scope: str, identifier: str, name: str) -> None:
    assert apis.split(scope) == (identifier, name)
    assert apis.qualified(identifier, name) == scope


def test_a_token_carries_the_scopes_of_one_api_and_those_of_no_api() -> None:
    granted = ["openid", "apps:read", f"{ORDERS}#read", "urn:a:b#read"]
    assert apis.identifiers(tuple(granted)) == (ORDERS, "urn:a:b")
    assert apis.bare(apis.of_api(granted, ORDERS)) == ["openid", "read"]
    assert apis.bare(apis.of_api(granted, apis.CATALOGUE)) == ["openid", "apps:read"]


def test_the_set_algebra_takes_a_qualified_name_for_itself_alone() -> None:
    read, write = f"{ORDERS}#read", f"{ORDERS}#write"
    assert scopes.closure([read]) == {read, apis.itself(ORDERS)}
    assert read not in scopes.closure(["admin_classic", "user_default", "apps"])
    assert scopes.within([read], [read, "openid"])
    assert not scopes.within([write], [read])
    assert scopes.common([read, "apps:read"], [write, read]) == [read]
    assert scopes.narrowed([write, read], [read]) == [read]
    assert scopes.in_order([write, read, "apps:read", "openid"]) == ["openid", "apps:read", read, write]
    assert scopes.roots([read, write]) == [read, write]


def test_an_api_itself_is_granted_with_each_of_its_scopes() -> None:
    read, itself = f"{ORDERS}#read", apis.itself(ORDERS)
    assert scopes.within([itself], [read])
    assert not scopes.within([read], [itself])
    assert scopes.added([itself], [read]) == []
    assert scopes.roots([itself, read]) == [read]
    assert apis.split(itself) == (ORDERS, "")
    assert apis.bare(["openid", itself]) == ["openid"]


def test_a_scope_asked_for_by_name_is_no_default() -> None:
    read, purge = f"{ORDERS}#read", f"{ORDERS}#purge"
    assert scopes.default(["openid", "apps:read", read, purge], {purge}) == ["apps:read", read]


def test_a_scope_is_shown_in_the_language_of_the_reader() -> None:
    both = ApiScope(name="read", text="Read orders", text_sv="Läsa beställningar")
    assert [both.title("en"), both.title("sv"), both.title("sv-fi")] == [
        "Read orders",
        "Läsa beställningar",
        "Läsa beställningar",
    ]
    assert READ.title("sv") == "Read orders"


def test_token_rules_are_the_same_after_they_were_stored() -> None:
    described = api(
        scopes=(
            READ,
            ApiScope(name="purge", text="x", admin=True),
            ApiScope(name="x", text="x", by_name=True),
        )
    )
    rules = TokenRules.of(described)
    assert TokenRules.stored(rules.as_text()) == rules
    assert rules.known == {f"{ORDERS}#read", f"{ORDERS}#purge", f"{ORDERS}#x"}
    assert rules.for_administrators == {f"{ORDERS}#purge"}
    assert rules.asked_by_name == {f"{ORDERS}#x"}
    assert TokenRules.stored(None) is None
