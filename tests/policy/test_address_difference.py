"""How the redirect URL of a request differs from a registered one (N4)."""

import pytest

from console.policy.address_difference import Said, compare, nearest, parts_of

REGISTERED = "https://app.example.com/cb"


def marked(pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("asked", "shown", "registered", "said"),
    [
        ("https://app.example.com/cb/", "https://app.example.com/cb[/]", REGISTERED, [Said.SLASH_MORE]),
        (
            "https://app.example.com/c",
            "https://app.example.com/c",
            "https://app.example.com/c[b]",
            [Said.PATH],
        ),
        ("https://app.example.com/CB", "https://app.example.com/[CB]", None, [Said.PATH_CASE]),
        (
            "http://app.example.com/cb",
            "http://app.example.com/cb",
            "http[s]://app.example.com/cb",
            [Said.HTTP],
        ),
        ("https://www.app.example.com/cb", "https://[www.]app.example.com/cb", REGISTERED, [Said.HOST]),
        ("https://App.example.com/cb", "https://[A]pp.example.com/cb", None, [Said.HOST_CASE]),
        ("https://app.example.com:8443/cb", "https://app.example.com[:8443]/cb", REGISTERED, [Said.PORT]),
        ("https://app.example.com/cb?a=1", "https://app.example.com/cb[?a=1]", REGISTERED, [Said.QUERY_MORE]),
        ("https://app.example.com/cb#x", "https://app.example.com/cb[#x]", REGISTERED, [Said.FRAGMENT]),
        ("com.example:/cb", "[com.example:]/cb", None, [Said.SCHEME, Said.HOST]),
    ],
)
def test_the_difference_is_marked_and_named(asked, shown, registered, said):
    found = compare(asked, REGISTERED)
    assert marked(found.asked) == shown
    assert registered is None or marked(found.registered) == registered
    assert list(found.said) == said


def test_a_missing_slash_and_a_missing_query():
    assert compare("https://a.example/cb", "https://a.example/cb/").said == (Said.SLASH_LESS,)
    assert compare("https://a.example/cb", "https://a.example/cb?x=1").said == (Said.QUERY_LESS,)
    assert compare("https://a.example/cb?x=2", "https://a.example/cb?x=1").said == (Said.QUERY,)


def test_the_nearest_one_is_compared():
    registered = ["https://other.example/cb", "https://app.example.com/login/done", "http://localhost/cb"]
    assert nearest("https://app.example.com/cb", registered) == "https://app.example.com/login/done"
    assert nearest("https://elsewhere.example/cb", registered) == "https://other.example/cb"
    assert nearest("http://localhost:3000/cb/", registered) == "http://localhost/cb"
    assert nearest("https://app.example.com/cb", []) is None


@pytest.mark.parametrize(
    "text", ["", "://", "http://[::1", "a:b:c", "//", "http://h:99999999/x", "x\ny", "?", "#", "/" * 9, ":"]
)
def test_whatever_was_sent_is_taken_apart_and_kept_whole(text):
    assert "".join(parts_of(text).values()) == text
    assert "".join(piece.text for piece in compare(text, REGISTERED).asked) == text
