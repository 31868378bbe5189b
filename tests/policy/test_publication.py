"""What other tenants approve, and which changes of it they are asked about (S6, S9, N5)."""

import pytest

from console.policy import publication, scopes
from console.policy.publication import Terms, difference

TERMS = Terms(("openid", "apps:read"), ("app.example",), ("client_credentials",), "Globex")


def terms(**changes):
    usual = {name: getattr(TERMS, name) for name in ("scopes", "redirect_hosts", "grants", "publisher")}
    return Terms(**usual | changes)


def test_terms_are_the_hosts_of_the_addresses_and_not_the_addresses():
    made = Terms.of(
        allowed_scopes=["openid"],
        redirect_uris_=[
            "https://b.example/two",
            "https://b.example/one?x=1",
            "https://a.example:8443/cb",
            "com.a.b:/cb",
        ],
        grants=["urn:qlik:oauth:user-impersonation", "client_credentials"],
        publisher="Globex",
    )

    assert len(made.redirect_hosts) == 3
    assert list(made.redirect_hosts) == sorted(made.redirect_hosts)
    assert {"b.example", "a.example:8443"} < set(made.redirect_hosts)
    assert made.grants == ("client_credentials", "urn:qlik:oauth:user-impersonation")


def test_terms_come_back_as_they_were_kept():
    assert Terms.stored(TERMS.as_json()) == TERMS


def test_an_own_connection_keeps_none():
    assert Terms.stored({}) == Terms((), (), (), "")


def test_an_origin_is_approved_by_name_or_with_the_host_that_answers_go_to():
    approved = terms(redirect_hosts=("app.example", "localhost"), origins=("https://api.example",))

    for origin in ("https://api.example", "https://app.example", "http://localhost:3000"):
        assert approved.include_origin(origin)
        assert not difference(approved, terms(origins=(origin,), redirect_hosts=())).is_wider
    for origin in ("http://api.example", "https://api.example:8443", "https://app.example:444", "null"):
        assert not approved.include_origin(origin)


@pytest.mark.parametrize(
    ("offered", "name", "value"),
    [
        ({"scopes": ("openid", "apps:read", "apps:export")}, "new_scopes", ("apps:export",)),
        ({"scopes": ("openid", "apps")}, "new_scopes", ("apps",)),  # a parent of what was approved
        ({"scopes": ("openid", "user_default")}, "new_scopes", ("user_default",)),
        ({"scopes": ("openid", "apps:read", "offline_access")}, "new_scopes", ("offline_access",)),
        ({"redirect_hosts": ("app.example", "new.example")}, "new_hosts", ("new.example",)),
        ({"redirect_hosts": ("http://app.example",)}, "new_hosts", ("http://app.example",)),
        ({"redirect_hosts": ("app.example:444",)}, "new_hosts", ("app.example:444",)),
        ({"grants": ("client_credentials", "x")}, "new_grants", ("x",)),
        ({"publisher": "Initech"}, "publisher", ("Globex", "Initech")),
        ({"origins": ("https://new.example",)}, "new_origins", ("https://new.example",)),
        ({"origins": ("https://app.example:444",)}, "new_origins", ("https://app.example:444",)),
    ],
    ids=str,
)
def test_what_is_new_is_wider(offered, name, value):
    change = difference(TERMS, terms(**offered))

    assert getattr(change, name) == value
    assert change.is_wider


@pytest.mark.parametrize(
    "offered",
    [
        {},
        {"scopes": ("openid",)},
        {"scopes": ()},
        {"scopes": ("apps:read", "openid")},
        {"redirect_hosts": ()},
        {"grants": ()},
    ],
    ids=str,
)
def test_what_only_goes_is_not(offered):
    assert not difference(TERMS, terms(**offered)).is_wider


def test_what_goes_is_named():
    change = difference(TERMS, terms(scopes=("openid",), redirect_hosts=(), grants=()))

    assert change.gone_scopes == ("apps:read",)
    assert change.gone_hosts == ("app.example",)
    assert change.gone_grants == ("client_credentials",)


def test_one_that_is_replaced_is_wider():
    change = difference(TERMS, terms(redirect_hosts=("new.example",)))

    assert (change.new_hosts, change.gone_hosts) == (("new.example",), ("app.example",))
    assert change.is_wider


def test_a_child_of_what_was_approved_is_nothing_new():
    assert not difference(terms(scopes=("apps",)), terms(scopes=("apps:read", "apps:export"))).is_wider
    assert not difference(terms(scopes=("user_default",)), terms(scopes=("apps",))).is_wider


@pytest.mark.parametrize(
    ("offered", "approved", "here"),
    [
        (["apps", "openid"], ["apps:read", "openid"], ["openid", "apps:read"]),
        (["apps:read"], ["apps"], ["apps:read"]),
        (["user_default"], ["apps", "spaces.shared:read"], ["apps", "spaces.shared:read"]),
        (["apps", "spaces.shared:read"], ["user_default"], ["apps", "spaces.shared:read"]),
        (["user_default"], ["admin_classic"], []),
        (["user_default", "offline_access"], ["user_default"], ["user_default"]),  # never implied
        (["apps:export"], ["apps:read"], []),
        (["apps:read"], [], []),
        ([], ["apps:read"], []),
    ],
    ids=str,
)
def test_a_client_has_what_is_offered_and_approved(offered, approved, here):
    assert sorted(publication.scopes_here(offered, approved)) == sorted(here)
    assert scopes.within(here, offered)
    assert scopes.within(here, approved)


def test_a_redirect_url_works_where_its_host_was_approved():
    registered = [
        "https://app.example/a",
        "https://app.example/b",
        "https://app.example.evil/a",
        "com.app:/cb",
    ]

    assert publication.redirect_uris_here(registered, ["app.example"]) == registered[:2]
    assert publication.redirect_uris_here(registered, []) == []


@pytest.mark.parametrize(
    ("wanted", "ceiling", "narrowed"),
    [
        (["openid", "apps:read"], ["openid", "apps"], ["openid", "apps:read"]),
        (["apps", "openid"], ["openid", "apps:read"], ["apps:read", "openid"]),
        (["user_default"], ["apps:read", "spaces.shared:read"], ["apps:read", "spaces.shared:read"]),
        (["user_default", "apps:read"], ["apps:read"], ["apps:read"]),
        (["apps:export"], ["apps:read"], []),
        (["apps:read"], ["user_default"], ["apps:read"]),
        (["unheard:of"], ["user_default"], []),
    ],
    ids=str,
)
def test_a_wish_is_narrowed_to_what_is_approved(wanted, ceiling, narrowed):
    assert scopes.narrowed(wanted, ceiling) == narrowed
