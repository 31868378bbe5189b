"""What a Client ID Metadata Document may say, and which client it makes."""

from datetime import UTC, datetime, timedelta

import pytest

from console.policy import metadata_documents as documents
from console.policy.metadata_documents import InvalidDocument
from console.policy.registration_rules import Limits
from console.policy.scopes import ANY_API
from tests.cast import PUBLIC_KEY

pytestmark = pytest.mark.spec("draft-ietf-oauth-client-id-metadata-document", "3, 4")
URL = "https://agent.example.com/oauth/client.json"
LIMITS = Limits(redirect_urls=5, allowed_origins=5)
PRIVATE_KEY = PUBLIC_KEY | {"d": "AAAA"}


def document(**members):
    usual = {
        "client_id": URL,
        "client_name": "Agent",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    }
    return {name: value for name, value in (usual | members).items() if value is not None}


def described(before=None, **members):
    return documents.read(URL, document(**members), limits=LIMITS, before=before)


def refusal(before=None, **members):
    with pytest.raises(InvalidDocument) as refused:
        described(before, **members)
    return refused.value


# --- The URL ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", [URL, "https://a.example.com/", "https://a.example.com/c?v=1", "https://a.example.com/.well"]
)
def test_a_url_with_a_path_is_a_client_id(url):
    documents.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example.com", "https://a.example.com?x=/c", "https://a.example.com/./c", "https://a.example.com/../c",
        "https://a.example.com/c/..", "https://a.example.com/%2E%2e/c", "https://a.example.com/.%2e", "http://a.example.com/c",
        "https://a.example.com:8443/c", "https://u:p@a.example.com/c", "https://a.example.com/c#", "https://a.example.com/#c",
        "https://127.0.0.1/c", "https://localhost/c", "https://A.example.com/c", "HTTPS://a.example.com/c",
        f"https://a.example.com/{'c' * 234}",
    ],
)  # fmt: skip
def test_another_url_is_none(url):
    with pytest.raises(InvalidDocument):
        documents.check_url(url)


def test_255_characters_are_not_too_long():
    documents.check_url(f"https://a.example.com/{'c' * 233}")


def test_a_local_url_is_one_only_where_it_is_allowed_for_trials():
    documents.check_url("http://localhost:9000/c", local_hosts=frozenset({"localhost:9000"}))
    with pytest.raises(InvalidDocument):
        documents.check_url("http://localhost:9000", local_hosts=frozenset({"localhost:9000"}))


# --- The client -------------------------------------------------------------------------------------------------


def test_it_makes_a_native_client_of_loopback_addresses():
    made = described().registration

    assert (made.type, made.name) == ("native", "Agent")
    assert made.redirect_uris == ("http://127.0.0.1/callback",)
    assert (made.auth_methods, made.allowed_origins) == ((), ())


def test_it_makes_a_native_client_of_a_private_scheme():
    redirects = ["com.example.agent:/callback", "https://agent.example.com/callback"]

    assert described(redirect_uris=redirects).registration.type == "native"


def test_a_scheme_without_a_dot_is_left_to_the_administrator_who_approves():
    assert described(redirect_uris=["cursor://agent/callback"]).registration.type == "native"


def test_it_makes_a_client_of_pages_of_an_https_address_and_lets_its_pages_call():
    made = described(redirect_uris=["https://agent.example.com/a", "http://localhost/b"]).registration

    assert (made.type, made.allowed_origins) == ("spa", ("https://agent.example.com",))


def test_it_makes_a_web_client_of_keys_and_keeps_what_is_public_of_them():
    key = PUBLIC_KEY | {"x5t": "abc", "key_ops": ["verify"]}
    made = described(
        redirect_uris=["https://agent.example.com/a"],
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [key]},
    ).registration

    assert (made.type, made.auth_methods, made.public_keys) == ("web", ("private_key_jwt",), (PUBLIC_KEY,))


def test_it_infers_the_algorithm_of_a_key_that_names_none():
    key = {name: value for name, value in PUBLIC_KEY.items() if name != "alg"}

    made = described(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key]}).registration

    assert made.public_keys == (PUBLIC_KEY,)


def test_a_client_without_a_name_is_called_by_its_host():
    assert described(client_name=None).registration.name == "agent.example.com"


def test_it_asks_for_the_usual_scopes_and_those_of_any_api_if_it_names_none():
    """It is for every server that the client may meet: which API is asked for, the request says."""
    assert described().registration.allowed_scopes == (*documents.USUAL_SCOPES, ANY_API)


def test_scopes_that_there_are_not_are_left_out():
    assert described(scope="openid mcp:tools apps:read").registration.allowed_scopes == (
        "openid",
        "apps:read",
    )


def test_other_grants_are_left_out():
    made = described(
        grant_types=["authorization_code", "client_credentials", "urn:qlik:oauth:user-impersonation"]
    )

    assert made.registration.grant_types == ()


def test_addresses_for_people_are_kept_as_links():
    made = described(
        client_uri="https://agent.example.com/", tos_uri="javascript:alert(1)", logo_uri=7,
        policy_uri="https://agent.example.com/privacy",
    )  # fmt: skip

    assert made.links == {
        "client_uri": "https://agent.example.com/",
        "policy_uri": "https://agent.example.com/privacy",
    }
    assert made.registration.homepage_url == "https://agent.example.com/"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_id", None), ("client_id", URL + "/"), ("client_id", URL.upper()), ("client_id", 7),
        ("client_id", "https://agent.example.com:443/oauth/client.json"),
        ("redirect_uris", None), ("redirect_uris", []), ("redirect_uris", "https://a.example.com/"),
        ("redirect_uris", [7]),
        ("redirect_uris", ["http://agent.example.com/cb"]), ("redirect_uris", ["javascript:alert(1)"]),
        ("redirect_uris", ["https://a.example.com/*"]), ("redirect_uris", ["myapp:callback"]),
        ("redirect_uris", ["https://a.example.com/cb#x"]), ("redirect_uris", ["https://a.example.com/cb"] * 2),
        ("redirect_uris", [f"https://a.example.com/{number}" for number in range(6)]),
        ("client_name", 7), ("client_name", "Agent\u202e"), ("client_name", "x" * 513),
        ("token_endpoint_auth_method", "client_secret_basic"), ("token_endpoint_auth_method", "client_secret_post"),
        ("token_endpoint_auth_method", "client_secret_jwt"), ("token_endpoint_auth_method", "tls_client_auth"),
        ("token_endpoint_auth_method", None.__class__),
        ("client_secret", "s"), ("client_secret", ""), ("client_secret_expires_at", 0),
        ("grant_types", ["client_credentials"]), ("grant_types", []), ("grant_types", "authorization_code"),
        ("response_types", ["token"]), ("scope", 7), ("scope", "a\tb"), ("post_logout_redirect_uris", ["http://x.example"]),
    ],
)  # fmt: skip
def test_it_says_which_member_is_wrong(member, value):
    assert refusal(**{member: value}).member == member


@pytest.mark.parametrize("content", [[], "x", 7, None, [document()]])
def test_it_is_an_object(content):
    with pytest.raises(InvalidDocument):
        documents.read(URL, content, limits=LIMITS)


@pytest.mark.parametrize(
    "jwks",
    [None, {}, {"keys": []}, {"keys": {}}, {"keys": ["x"]}, [PUBLIC_KEY], {"keys": [PRIVATE_KEY]},
     {"keys": [{"kty": "oct", "k": "AAAA", "kid": "1", "alg": "HS256"}]}, {"keys": [PUBLIC_KEY | {"alg": "none"}]},
     {"keys": [PUBLIC_KEY, PUBLIC_KEY]}, {"keys": [PUBLIC_KEY | {"use": "enc"}]}],
)  # fmt: skip
def test_it_takes_public_keys_only(jwks):
    assert refusal(token_endpoint_auth_method="private_key_jwt", jwks=jwks).member == "jwks"


def test_it_reads_no_keys_from_another_address():
    more = {"jwks_uri": "https://169.254.169.254/jwks", "jwks": {"keys": [PUBLIC_KEY]}}

    assert refusal(token_endpoint_auth_method="private_key_jwt", **more).member == "jwks_uri"


# --- A document that has changed --------------------------------------------------------------------------------


def test_a_client_stays_of_its_type_when_it_can():
    native = described().registration
    changed = described(native, redirect_uris=["https://agent.example.com/cb"]).registration

    assert (changed.type, changed.allowed_origins) == ("native", ())


def test_a_client_of_pages_cannot_come_to_have_a_private_scheme():
    pages = described(redirect_uris=["https://agent.example.com/cb"]).registration

    assert refusal(pages, redirect_uris=["com.example.agent:/cb"]).member == "redirect_uris"


def test_a_client_does_not_change_whether_it_proves_who_it_is():
    keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [PUBLIC_KEY]}}

    assert refusal(described().registration, **keys).member == "token_endpoint_auth_method"
    assert refusal(described(**keys).registration).member == "token_endpoint_auth_method"


# --- How long it holds ------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.spec("RFC 9111", "4.2.1")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, timedelta(hours=1)),
        ({"cache-control": "max-age=7200"}, timedelta(hours=2)),
        ({"cache-control": "public, Max-Age=7200"}, timedelta(hours=2)),
        ({"cache-control": "max-age=7200", "age": "3600"}, timedelta(hours=1)),
        ({"cache-control": "max-age=7200", "age": "nonsense"}, timedelta(hours=2)),
        ({"cache-control": "max-age=1"}, timedelta(minutes=5)),
        ({"cache-control": "no-store, max-age=7200"}, timedelta(minutes=5)),
        ({"cache-control": "no-cache"}, timedelta(minutes=5)),
        ({"cache-control": "max-age=999999999"}, timedelta(hours=24)),
        ({"cache-control": "max-age=" + "9" * 400}, timedelta(hours=24)),
        ({"expires": "Sat, 28 Nov 2026 15:00:00 GMT"}, timedelta(hours=3)),
        ({"expires": "Sat, 28 Nov 2026 11:00:00 GMT"}, timedelta(minutes=5)),
        ({"expires": "0"}, timedelta(minutes=5)),
        ({"expires": "Sat, 28 Nov 2026 15:00:00 GMT", "cache-control": "max-age=600"}, timedelta(minutes=10)),
    ],
)
def test_it_is_fresh_as_long_as_its_host_says_within_bounds(headers, expected):
    assert documents.fresh_for(headers, NOW) == expected
