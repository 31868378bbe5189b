"""The switch for confidential clients that cannot send PKCE: openid and nonce instead (OAuth 2.1 §7.5.1)."""

import pytest
from django_scopes import scope

from console.models import Actor, Client, Event
from tests import cast
from tests.oauth.driver import VERIFIER, Application, answer
from tests.oauth.outcomes import assert_refused
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OAuth 2.1", "7.5.1")]
WITHOUT = {"code_challenge": None, "code_challenge_method": None}
ASKED = {**WITHOUT, "scope": "openid", "nonce": "n"}


@pytest.fixture
def app(acme):
    return Application(*cast.register(acme, consent_method="trusted", accepts_no_pkce=True))


def refused(response):
    return answer(response)["error"] == "invalid_request"


def test_it_goes_without_pkce_and_gets_the_nonce_back(app, browser, bob):
    response = app.exchange(app.code(browser(bob), **ASKED), code_verifier=None)

    assert response.status_code == 200
    assert decoded(response.json()["id_token"])[1]["nonce"] == "n"


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": None},
        {"nonce": ""},
        {"scope": "user_default"},
        {"scope": None},
        {"code_challenge_method": "S256"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"code_challenge": "a" * 43, "code_challenge_method": "plain"},
    ],
    ids=str,
)
def test_it_needs_openid_and_a_nonce_and_no_half_of_pkce(app, browser, bob, changes):
    if changes == {"scope": None}:
        with scope(tenant=app.tenant):
            Client.objects.get().edit(by=Actor.operator(), allowed_scopes=["user_default"])

    assert refused(app.authorize(browser(bob), **{**ASKED, **changes}))


def test_pkce_counts_where_it_is_sent(app, browser, bob):
    assert_refused(app.exchange(app.code(browser(bob)), code_verifier=None), "invalid_request")
    assert app.exchange(app.code(browser(bob))).status_code == 200


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_pk06_a_verifier_for_a_code_without_a_challenge_is_refused(app, browser, bob):
    code = app.code(browser(bob), **ASKED)

    assert_refused(app.exchange(code, code_verifier=VERIFIER), "invalid_grant")
    with scope(tenant=app.tenant):
        event = Event.objects.get(action="tokens.refused")
        assert event.details["reason"] == "code_verifier_without_challenge"


def test_it_is_off_by_default_and_switching_is_an_event(acme, browser, bob):
    client, secret = cast.register(acme, consent_method="trusted")
    app, person = Application(client, secret), browser(bob)
    assert refused(app.authorize(person, **ASKED))

    with scope(tenant=acme):
        client.edit(by=Actor.operator(), accepts_no_pkce=True)
        assert Event.objects.get(action="client.updated").changes == {"accepts_no_pkce": [False, True]}
    code = app.code(person, **ASKED)
    with scope(tenant=acme):
        client.edit(by=Actor.operator(), accepts_no_pkce=False)

    assert app.exchange(code, code_verifier=None).status_code == 400
    assert refused(app.authorize(person, **ASKED))


@pytest.mark.parametrize("kind", ["spa", "native"])
def test_a_public_client_never_goes_without(acme, browser, bob, kind):
    client, _ = cast.register(acme, type=kind, consent_method="trusted")
    cast.registered_earlier(client, accepts_no_pkce=True)

    assert refused(Application(client).authorize(browser(bob), **ASKED))


def test_it_counts_in_the_owners_tenant_only(acme, globex, browser, bob):
    client, secret = cast.register(globex, accepts_no_pkce=True)
    cast.connect(client, acme, consent_method="trusted")

    assert refused(Application(client, secret, tenant=acme).authorize(browser(bob), **ASKED))


def test_the_form_has_it_for_web_clients_only_and_off(browser, alice):
    chromium = browser(alice)
    pages = {
        kind: chromium.get("/console/oauth/new", {"type": kind}).content.decode()
        for kind in ("web", "spa", "native")
    }

    assert ['name="accepts_no_pkce"' in page for page in pages.values()] == [True, False, False]
    tag = pages["web"].partition('name="accepts_no_pkce"')[2].partition(">")[0]
    assert "checked" not in tag
