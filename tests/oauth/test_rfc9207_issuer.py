"""Every authorization response says which issuer it comes from (RFC 9207), so that two cannot be mixed up."""

import pytest

from console.models import Tenant
from tests import cast
from tests.oauth.driver import Application, answer

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 9207", "2")]


def issuer_in_metadata(app):
    return app.web.get("/.well-known/oauth-authorization-server").json()["issuer"]


def test_is01_it_is_in_a_successful_answer(web_client, browser, bob):
    app = Application(*web_client)

    assert app.answered(browser(bob))["iss"] == issuer_in_metadata(app) == "http://acme.localhost:8000"


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        ("invalid_request", {"code_challenge": None}),
        ("invalid_request", {"nonce": ["1", "2"]}),
        ("invalid_scope", {"scope": "no:such"}),
        ("unsupported_response_type", {"response_type": "token"}),
        ("request_not_supported", {"request": "x"}),
        ("request_uri_not_supported", {"request_uri": "https://app.example.com/x"}),
        ("consent_required", {"prompt": "none"}),
        ("login_required", {"prompt": "none", "max_age": "0"}),
        ("invalid_request", {"id_token_hint": "x"}),
    ],
)
def test_is01_it_is_in_every_error(web_client, browser, bob, error, changes):
    app = Application(*web_client)

    given = answer(app.authorize(browser(bob), **changes))  # which also sees that nothing stands twice

    assert (given["error"], given["iss"]) == (error, issuer_in_metadata(app))


def test_is01_it_is_in_a_denial(web_client, browser, bob):
    app = Application(*web_client)
    person = browser(bob)

    assert app.deny(person, app.authorize(person))["iss"] == issuer_in_metadata(app)


def test_is01_it_is_that_of_the_host_that_was_asked(db):
    tenant = Tenant.create(
        "initech", "Initech", ["initech.localhost:8000", "old.localhost:8000"], by=cast.OPERATOR
    )
    app = Application(*cast.register(tenant, consent_method="trusted"))
    person = cast.signed_in_as(cast.join(tenant, "peter"))

    response = person.get(app.address(), headers={"host": "old.localhost:8000"})

    assert answer(response)["iss"] == "http://old.localhost:8000"


def test_is01_it_cannot_be_sent_in(web_client, browser, bob):
    app = Application(*web_client)

    assert app.answered(browser(bob), iss="https://evil.example")["iss"] == issuer_in_metadata(app)
