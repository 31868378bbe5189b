"""When a person is asked (S10, N8, RFC 8252 §8.6): every combination that matters, without a server."""

from typing import Any

import pytest

from console.policy.consent_rules import ConsentMethod, Earlier, Question, question

SITE = "https://app.example.com/cb"
DEVICE = "http://127.0.0.1:49152/cb"


def ask(**changes):
    usual: dict[str, Any] = {
        "method": ConsentMethod.REQUIRED,
        "requested": ["profile"],
        "redirect_uri": SITE,
        "confidential": False,
        "earlier": Earlier(frozenset({"profile"}), frozenset({"app.example.com"})),
        "prompt_consent": False,
    }
    return question(**(usual | changes))


def test_nothing_is_asked_that_has_been_answered():
    assert not ask()
    assert not ask(requested=[])


@pytest.mark.parametrize("requested", [[], ["profile"], ["openid"]])
@pytest.mark.parametrize("confidential", [True, False])
def test_the_first_time_it_is_always_asked(requested, confidential):
    first = ask(earlier=None, requested=requested, confidential=confidential)

    assert first
    assert first.new_scopes == tuple(requested)
    assert ask(earlier=None, redirect_uri=DEVICE, confidential=confidential).unproven is not confidential


def test_only_what_is_new_is_new():
    assert ask(requested=["profile", "email"]) == Question(new_scopes=("email",))


def test_n8_another_host_is_asked_about():
    assert ask(redirect_uri="https://other.example/cb") == Question(new_host=True)
    assert ask(redirect_uri="https://app.example.com:8443/cb").new_host
    assert not ask(redirect_uri="https://app.example.com/other").new_host


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize("address", [DEVICE, "com.example.app:/cb", "https://localhost/cb"])
def test_oi07_a_public_client_that_anybody_could_be_is_asked_about_each_time(address):
    known = Earlier(frozenset({"profile"}), frozenset({"127.0.0.1", "com.example.app:", "localhost"}))

    assert ask(redirect_uri=address, earlier=known) == Question(unproven=True)
    assert not ask(redirect_uri=address, earlier=known, confidential=True)


def test_oi03_prompt_consent_is_asked():
    assert ask(prompt_consent=True) == Question(demanded=True)


@pytest.mark.parametrize("earlier", [None, Earlier(frozenset(), frozenset())])
@pytest.mark.parametrize("address", [SITE, DEVICE])
@pytest.mark.parametrize("prompt_consent", [True, False])
def test_s10_a_trusted_client_is_never_asked_about(earlier, address, prompt_consent):
    assert not ask(
        method=ConsentMethod.TRUSTED,
        requested=["user_default", "offline_access"],
        earlier=earlier,
        redirect_uri=address,
        prompt_consent=prompt_consent,
    )


def test_another_publisher_than_the_one_that_was_shown_is_asked_about():
    earlier = Earlier(frozenset({"profile"}), frozenset({"app.example.com"}), publisher="Globex")

    assert not ask(earlier=earlier, publisher="Globex")
    assert not ask(earlier=earlier, publisher="")  # the tenant's own client
    assert ask(earlier=earlier, publisher="Initech") == Question(new_publisher=True)
    assert not ask(earlier=earlier, publisher="Initech", method=ConsentMethod.TRUSTED)
