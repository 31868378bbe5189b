"""What scopes contain, what they add, and what is none (Q4, RFC 6749 §3.3)."""

import pytest

from console.policy import scopes
from console.policy.scope_catalogue import AREAS, CATALOGUE
from console.policy.scopes import (
    ANY_API,
    InvalidScope,
    added,
    closure,
    common,
    default,
    join,
    narrowed,
    parse,
    roots,
    within,
)

pytestmark = pytest.mark.spec("RFC 6749", "3.3")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("openid", ["openid"]),
        ("openid  profile ", ["openid", "profile"]),
        ("b a b", ["b", "a"]),
        ("!#$%&'()*+,-./:;<=>?@[]^_`{|}~", ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"]),
    ],
)
def test_it_reads_names_in_their_order(text, names):
    assert parse(text) == names


@pytest.mark.parametrize(
    "text",
    ["a\tb", "a\nb", "a\n", "a\rb", "a\x0bb", "a\x1cb", "a\u00a0b", "a\u2028b", "\u00e5", 'a"b', "a\\b", "\0", "a\x7f",
     "\ud800", "a" * 8193, " " * 8193, " ", "   "],
    ids=lambda text: ascii(text)[:20],
)  # fmt: skip
def test_az21_it_refuses_what_no_scope_is_written_with(text):
    with pytest.raises(InvalidScope):
        parse(text)


def test_a_parent_contains_its_children_and_no_child_its_parent():
    children = [(scope.name, scope.parent) for scope in CATALOGUE if scope.parent]
    assert children
    for child, parent in children:
        assert within([child], [parent])
        assert not within([parent], [child])


def test_a_bundle_contains_everything_of_its_kind_and_nothing_of_the_other():
    for scope in CATALOGUE:
        if scope.name in scopes.PROTOCOL_SCOPES | scopes.BUNDLES:
            continue
        assert within([scope.name], ["admin_classic" if scope.admin else "user_default"])
    assert not within(["admin_classic"], ["user_default"])
    assert not within(["user_default"], ["admin_classic"])
    assert not any(scopes.SCOPES[name].admin for name in closure(["user_default"]))


@pytest.mark.parametrize("name", sorted(scopes.PROTOCOL_SCOPES))
def test_q4_what_is_about_the_sign_in_is_only_had_by_name(name):
    everything = [scope.name for scope in CATALOGUE if scope.name != name]

    assert not within([name], everything)
    assert within([name], [name])


def test_nothing_is_within_nothing_but_nothing():
    assert within([], [])
    assert not within(["openid"], [])


def test_a_scope_that_is_not_in_the_catalogue_gives_nothing():
    assert not within(["no:such"], ["no:such"])
    assert added(["no:such"], ["no:such"]) == ["no:such"]
    assert default(["no:such", "apps"]) == ["apps"]


def test_added_names_only_what_was_not_given_in_the_order_requested():
    assert added(["email", "apps:read", "profile"], ["apps"]) == ["email", "profile"]
    assert added(["apps"], ["apps:read"]) == ["apps"]
    assert added(["apps:read"], ["user_default"]) == []
    assert added([], ["apps"]) == []


def test_default_leaves_out_what_must_be_asked_for_by_name():
    assert default(["openid", "profile", "email", "offline_access", "user_default"]) == ["user_default"]


def test_roots_are_what_a_person_needs_to_read():
    assert roots(["apps", "apps:read", "email"]) == ["apps", "email"]
    assert roots(["user_default", "apps", "admin_classic"]) == ["user_default", "admin_classic"]
    assert roots(["email", "email"]) == ["email"]


def test_any_api_gives_the_scopes_of_every_api_and_nothing_of_the_catalogue():
    held = ["openid", ANY_API]

    assert within(["https://a.example#read", "urn:b#write"], held)
    assert not within(["apps:read"], held)
    assert added(["https://a.example#read", "apps:read"], held) == ["apps:read"]
    assert narrowed(["openid", "https://a.example#read"], held) == ["openid", "https://a.example#read"]


def test_any_api_is_narrowed_to_what_a_tenant_approves_of_it():
    approved = ["openid", "https://a.example#read"]

    assert common(["openid", "email", ANY_API], approved) == approved
    assert not within(["https://a.example#write"], common([ANY_API], approved))
    assert common(["openid", ANY_API], ["openid"]) == ["openid"]


def test_any_api_is_nothing_that_a_request_asks_for():
    assert default([ANY_API, "apps:read"]) == ["apps:read"]
    assert roots([ANY_API, "https://a.example#read"]) == [ANY_API]


def test_equal_sets_are_equal_strings():
    names = ["offline_access", "apps", "openid", "zzz", "aaa"]
    assert join(names) == join(reversed(names)) == join([*names, *names])
    assert join(names).endswith("aaa zzz")


def test_the_catalogue_is_sound():
    names = [scope.name for scope in CATALOGUE]
    assert len(names) == len(set(names))
    for position, scope in enumerate(CATALOGUE):
        assert parse(scope.name) == [scope.name]
        assert scope.area in AREAS
        assert scope.parent is None or scope.parent in names[:position], (
            f"{scope.name} stands before its parent"
        )
        assert scope.description.endswith(".")
        assert not scope.title.endswith(".")
