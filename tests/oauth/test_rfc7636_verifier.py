"""PKCE at the token endpoint (RFC 7636 §4.5, §4.6): who redeems a code is who began."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from console.models import AuthorizationCode, Client, Tenant, User
from tests.oauth.driver import VERIFIER, Application, challenge_of
from tests.oauth.outcomes import assert_refused

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7636", "4.6")]
ClientAndSecret = tuple[Client, str]


@pytest.fixture(params=["web_client", "spa_client"])
def app(request: pytest.FixtureRequest) -> Application:
    return Application(*request.getfixturevalue(request.param))


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


BAD_VERIFIERS = {
    "42 characters": "a" * 42,
    "129 characters": "a" * 129,
    "empty": "",
    "plus": "a" * 42 + "+",
    "slash": "a" * 42 + "/",
    "equals": "a" * 43 + "=",
    "space": "a" * 43 + " ",
    "line": "a" * 43 + "\n",
    "umlaut": "a" * 43 + "ä",
    "full-width digit": "a" * 42 + "\uff11",
    "10 kB": "a" * 10_000,
}


@pytest.mark.spec("RFC 7636", "4.1")
@pytest.mark.parametrize("way", BAD_VERIFIERS)
def test_pk04_it_refuses_a_verifier_that_none_may_be(app: Application, bobs: Browser, way: str):
    """The challenge is right for it each time, so that nothing but the form of the verifier is at fault."""
    verifier = BAD_VERIFIERS[way]
    code = app.code(bobs, code_challenge=challenge_of(verifier))

    response = app.exchange(code, code_verifier=verifier)

    assert_refused(response, "invalid_request" if way == "empty" else "invalid_grant")


@pytest.mark.spec("RFC 7636", "4.1")
@pytest.mark.parametrize("verifier", ["a" * 43, "Z" * 128, "0123456789-._~" * 4])
def test_pk04_it_takes_every_verifier_that_may_be(app: Application, bobs: Browser, verifier: str):
    code = app.code(bobs, code_challenge=challenge_of(verifier))

    assert app.exchange(code, code_verifier=verifier).status_code == 200


@pytest.mark.spec("RFC 7636", "4.6")
@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        ("x" * 43, "invalid_grant"),
        (VERIFIER.swapcase(), "invalid_grant"),
        (challenge_of(VERIFIER), "invalid_grant"),
        (None, "invalid_request"),
    ],
)
def test_pk05_a_wrong_verifier_gets_nothing_and_costs_the_right_one_nothing(
    app: Application, bobs: Browser, verifier: str | None, error: str
):
    code = app.code(bobs)

    for _ in range(3):
        assert_refused(app.exchange(code, code_verifier=verifier), error)

    assert app.exchange(code).status_code == 200


@pytest.mark.spec("RFC 9700", "2.1.1")
@pytest.mark.parametrize("challenge", [None, ""])
def test_pk06_there_is_no_code_without_a_challenge(app: Application, bobs: Browser, challenge: str | None):
    answer = app.answered(bobs, code_challenge=challenge, code_challenge_method=None)

    assert answer["error"] == "invalid_request"
    assert "code" not in answer


@pytest.mark.spec("RFC 9700", "4.8.2")
@pytest.mark.parametrize("verifier", [None, VERIFIER, "None" * 11])
def test_pk06_a_code_without_a_challenge_would_be_worthless(
    app: Application, bobs: Browser, in_acme: Tenant, verifier: str | None
):
    code = app.code(bobs)
    AuthorizationCode.objects.update(code_challenge="")

    assert app.exchange(code, code_verifier=verifier).status_code == 400


@pytest.mark.spec("RFC 7636", "4.6")
def test_pk07_a_verifier_is_good_for_the_code_it_began_with(app: Application, bobs: Browser):
    first = app.code(bobs)
    other = "another-verifier-of-the-very-same-application-0"
    second = app.code(bobs, code_challenge=challenge_of(other))

    assert_refused(app.exchange(first, code_verifier=other), "invalid_grant")
    assert_refused(app.exchange(second), "invalid_grant")

    assert app.exchange(first).status_code == 200
    assert app.exchange(second, code_verifier=other).status_code == 200
