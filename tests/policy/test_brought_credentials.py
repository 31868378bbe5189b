"""Client IDs and secrets that another server has given out."""

import re

import pytest

from console.api.urls import urlpatterns as of_api
from console.pages.urls import urlpatterns
from console.policy import credentials
from console.policy.brought_credentials import RESERVED, NotTaken, check_client_id, check_secret

RANDOM = "k3Q9zPqLw7vX2mN8bT4rY"  # and one more character is enough
IDS = [
    *("s6BhdRkqt3", "reports.example.com", "123-abc.apps.googleusercontent.com", "urn:example:app", "x"),
    *("A_b~c@d", "f" * 128),
]
NO_IDS = [
    *(
        "",
        "f" * 129,
        "two words",
        " x",
        "å",
        "a\n",
        "a\0",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%20b",
        '"a"',
        "'a'",
    ),
    *(
        "<a>",
        "$(reboot)",  # in a command that is copied from the quick start
        "https://app.example.com/metadata",
        "HTTPS://app.example.com/",
        "http://x/",
        "New",
        *sorted(RESERVED),
    ),
]
SECRETS = [
    *("9f86d081884c7d659a2feaa0c55ad015", "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"),
    *("uY3xT9-kQ_w2Zr7LbM0sVc", "c56a4180-65aa-42ec-a945-5fd21dec0538", "0a1b2c3d" * 64),
    *("  k3$Q~ \"'x&=+%/9zPq!Lw7\\v  ", "qas_" + RANDOM),
]
NO_SECRETS = [
    *(
        "",
        "geheim",
        "Password123!",
        "a" * 64,
        "ab" * 40,
        "1234567890123456789012",
        "0123456789abcdef01234567",
    ),
    *("correct horse", f"{RANDOM}å", f"{RANDOM}z\n", f"{RANDOM}\tz", "0a1b2c3d" * 64 + "x"),
    *(f"{prefix}{RANDOM}z" for prefix in credentials.Prefix if prefix != credentials.Prefix.CLIENT_SECRET),
]


@pytest.mark.spec("RFC 6749", "A.1")
@pytest.mark.parametrize("client_id", IDS)
def test_an_id_of_another_server_is_taken(client_id):
    check_client_id(client_id)


@pytest.mark.parametrize("client_id", NO_IDS)
def test_what_cannot_be_an_id_here_is_not(client_id):
    with pytest.raises(NotTaken):
        check_client_id(client_id)


def test_no_id_is_a_word_of_an_address():
    paths = [str(pattern.pattern) for pattern in [*urlpatterns, *of_api]]
    found = [re.search(r"(?:console/oauth|oauth-clients)/([a-z-]+)", path) for path in paths]
    assert {match[1] for match in found if match} <= RESERVED


@pytest.mark.spec("RFC 6749", "A.2")
@pytest.mark.parametrize("secret", SECRETS)
def test_a_random_secret_is_taken(secret):
    check_secret(secret)


@pytest.mark.parametrize("secret", NO_SECRETS)
def test_what_could_be_guessed_or_taken_for_something_else_is_not(secret):
    with pytest.raises(NotTaken) as refused:
        check_secret(secret)
    assert not secret or secret not in str(refused.value)
