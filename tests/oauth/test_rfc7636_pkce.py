"""PKCE at the authorization endpoint: S256, for every client, well formed (RFC 7636 §4.2–4.4, RFC 9700 §2.1.1)."""

import pytest

from tests.oauth.driver import STATE, VERIFIER, Application, answer, challenge_of

pytestmark = pytest.mark.django_db

CLIENTS = ["web_client", "spa_client", "native_client"]


@pytest.fixture
def app(request):
    return Application(*request.getfixturevalue(getattr(request, "param", "web_client")))


def refused(app, response):
    given = answer(response)
    assert (given.where, given["state"], given["iss"]) == (app.redirect_uri, STATE, app.tenant.issuer)
    assert "code" not in given
    return given["error"] == "invalid_request"


@pytest.mark.spec("RFC 7636", "4.4.1")
@pytest.mark.parametrize("app", CLIENTS, indirect=True)
@pytest.mark.parametrize("challenge", [None, ""], ids=repr)
def test_pk01_it_is_required_of_every_client(app, browser, bob, challenge):
    assert refused(app, app.authorize(browser(bob), code_challenge=challenge))
    assert refused(app, app.authorize(browser(bob), code_challenge=challenge, code_challenge_method=None))


@pytest.mark.spec("RFC 7636", "4.3")
@pytest.mark.parametrize("app", CLIENTS, indirect=True)
@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512", "S256 ", "S256\0", "none"], ids=repr)
def test_pk02_it_is_s256_and_nothing_else(app, browser, bob, method):
    response = app.authorize(browser(bob), code_challenge=VERIFIER, code_challenge_method=method)

    assert refused(app, response)


CHALLENGES = {
    "42 characters": "a" * 42,
    "44 characters": "a" * 44,
    "128 characters": "a" * 128,
    "padded": challenge_of(VERIFIER) + "=",
    "plus": "a" * 42 + "+",
    "slash": "a" * 42 + "/",
    "unreserved but not base64url": "a" * 42 + "~",
    "line break": "a" * 43 + "\n",
    "space": " " + "a" * 42,
    "NUL": "a" * 42 + "\0",
    "not ASCII": "\u00e5" * 43,
    "full-width": "\uff41" * 43,
    "other digits": "\u0661" * 43,
    "long": "a" * 50_000,
}


@pytest.mark.spec("RFC 7636", "4.2")
@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)
def test_pk03_it_takes_a_challenge_of_43_characters_only(app, browser, bob, challenge):
    assert refused(app, app.authorize(browser(bob), code_challenge=challenge))


@pytest.mark.spec("RFC 7636", "4.4")
@pytest.mark.parametrize("app", CLIENTS, indirect=True)
def test_it_lets_a_well_formed_request_through(app, browser, bob):
    assert app.answered(browser(bob))["code"]


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_pk06_it_cannot_be_taken_out_once_consent_was_given(app, browser, bob):
    person = browser(bob)
    app.code(person)

    assert refused(app, app.authorize(person, code_challenge=None, code_challenge_method=None))
    assert refused(app, app.authorize(person, code_challenge=None, code_challenge_method=None, prompt="none"))


@pytest.mark.spec("RFC 7636", "4.6")
def test_pk07_a_code_belongs_to_the_challenge_of_its_own_request(app, browser, bob):
    person = browser(bob)
    other = "another-verifier-of-the-same-application-0123456789"
    code = app.code(person, code_challenge=challenge_of(other))
    app.code(person)

    response = app.exchange(code)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
