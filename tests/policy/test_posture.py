"""What is found in how a client is set up (N10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.policy.posture import Facts, Finding, SecretFacts, findings

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NEW = NOW - timedelta(days=3)
LONG_AGO = NOW - timedelta(days=366)


def facts(**changes: Any) -> Facts:
    """A client with which there is nothing to find."""
    tidy: dict[str, Any] = {
        "type": "web",
        "outside": False,
        "consent_method": "required",
        "redirect_uris": ["https://app.example.com/callback", "https://app.example.com/other"],
        "scopes": ["openid", "profile"],
        "grants": ["authorization_code"],
        "algorithm": "RS256",
        "accepts_no_pkce": False,
        "contact_email": "reports@example.com",
        "secrets": [SecretFacts("abcde", NEW, NOW)],
        "given": {"openid"},
        "added_at": LONG_AGO,
        "last_used_at": NOW,
    }
    return Facts(**tidy | changes)


def found(**changes: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.finding.value, one.about) for one in findings(facts(**changes), NOW)]


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://localhost:3000/callback", True),
        ("https://localhost/callback", True),
        ("http://127.0.0.1/callback", True),
        ("http://[::1]:8080/callback", True),
        ("https://dev.localhost/callback", True),
        ("https://app.example.com/callback", False),
        ("https://localhost.example.com/callback", False),
    ],
)
def test_a_local_redirect_url_of_a_web_or_browser_client(url: str, is_local: bool) -> None:
    expected = [("local_redirect", (url,))] if is_local else []
    for client_type in ("web", "spa"):
        assert found(type=client_type, redirect_uris=[url], algorithm="ES256") == expected
    assert found(type="native", redirect_uris=[url], algorithm="ES256") == []


def test_several_hosts_are_several_without_the_local_ones() -> None:
    urls = ["https://a.example.com/cb", "https://b.example.com/cb", "http://localhost/cb"]
    assert found(redirect_uris=urls) == [
        ("local_redirect", ("http://localhost/cb",)),
        ("several_hosts", ("a.example.com", "b.example.com")),
    ]


def test_broad_scopes_are_found_only_when_it_is_known_that_nobody_needs_them() -> None:
    broad = ["openid", "user_default", "admin_classic"]
    assert found(scopes=broad, given={"openid"}) == [("broad_scopes", ("user_default", "admin_classic"))]
    assert found(scopes=broad, given={"user_default", "admin_classic"}) == []
    assert found(scopes=broad, given=None) == []
    assert found(scopes=["*#*"], given={"https://orders.example.com#read"}) == []
    assert found(scopes=["*#*"], given={"openid"}) == [("broad_scopes", ("*#*",))]


def test_secrets_by_age_and_by_use() -> None:
    old_but_used = SecretFacts("aaaaa", LONG_AGO, NOW)
    never_used = SecretFacts("bbbbb", NOW - timedelta(days=91), None)
    new = SecretFacts("ccccc", NOW - timedelta(days=89), None)
    assert found(secrets=[old_but_used, never_used, new]) == [
        ("old_secret", ("…aaaaa",)),
        ("idle_secret", ("…bbbbb",)),
    ]


def test_a_client_that_is_idle_was_used_or_added_more_than_ninety_days_ago() -> None:
    assert found(last_used_at=NOW - timedelta(days=91)) == [("idle_client", ())]
    assert found(last_used_at=None, added_at=NOW - timedelta(days=89)) == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"accepts_no_pkce": True}, Finding.WITHOUT_PKCE),
        ({"contact_email": ""}, Finding.NO_CONTACT),
        ({"type": "spa"}, Finding.RS256),
        ({"type": "native"}, Finding.RS256),
        (
            {"grants": ["client_credentials"], "scopes": ["admin_classic"], "given": None},
            Finding.MACHINE_ADMINISTRATOR,
        ),
        ({"outside": True, "consent_method": "trusted"}, Finding.TRUSTED_OUTSIDE),
    ],
)
def test_each_has_its_finding(changes: dict[str, Any], finding: Finding) -> None:
    assert [name for name, _about in found(**changes)] == [finding.value]


def test_what_the_owner_decides_is_not_found_at_others() -> None:
    theirs = {
        "contact_email": "",
        "redirect_uris": ["http://localhost/"],
        "accepts_no_pkce": True,
        "grants": ["client_credentials"],
    }
    assert found(outside=True, scopes=["admin_classic"], given=None, **theirs) == []
