"""Applications on a person's own device: loopback ports, private schemes, and who could be listening (RFC 8252)."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests import cast
from tests.oauth.driver import Application, answer, asks_for_consent, post_form

pytestmark = pytest.mark.django_db


def answer_code(location):
    return parse_qs(urlsplit(location).query)["code"][0]


@pytest.fixture
def trusted(acme):
    """Trusted, so that an address that slips through would get a code at once."""
    addresses = ["http://127.0.0.1/callback", "http://[::1]:8100/callback", "com.example.app:/callback"]
    return Application(*cast.register(acme, type="native", consent_method="trusted", redirect_uris=addresses))


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:49152/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://[::1]:8100/callback",
        "http://[::1]:50000/callback",
        "http://[::1]/callback",
    ],
)
def test_az10_it_takes_any_port_of_a_loopback_address(trusted, browser, bob, address):
    assert answer(trusted.authorize(browser(bob), redirect_uri=address)).where == address


@pytest.mark.spec("RFC 8252", "7.3")
def test_az10_the_code_is_bound_to_the_port_it_was_sent_to(trusted, browser, bob):
    address = "http://127.0.0.1:49152/callback"
    code = answer(trusted.authorize(browser(bob), redirect_uri=address))["code"]

    assert trusted.exchange(code, redirect_uri="http://127.0.0.1:49153/callback").status_code == 400
    assert trusted.exchange(code, redirect_uri=address).status_code == 200


OTHER_ADDRESSES = {
    "another host behind an at sign": "http://127.0.0.1@evil.example/callback",
    "a port and an at sign": "http://127.0.0.1:80@evil.example/callback",
    "localhost in a name": "http://localhost.evil.example/callback",
    "the address in a name": "http://127.0.0.1.evil.example/callback",
    "localhost for the address": "http://localhost:49152/callback",
    "another loopback address": "http://127.0.0.2:49152/callback",
    "short form": "http://127.1:49152/callback",
    "as a number": "http://2130706433:49152/callback",
    "octal": "http://0177.0.0.1:49152/callback",
    "any address": "http://0.0.0.0:49152/callback",
    "IPv6 written out": "http://[0:0:0:0:0:0:0:1]:8100/callback",
    "IPv4 in IPv6": "http://[::ffff:127.0.0.1]:8100/callback",
    "https": "https://127.0.0.1:49152/callback",
    "port 0": "http://127.0.0.1:0/callback",
    "port too high": "http://127.0.0.1:65536/callback",
    "no port": "http://127.0.0.1:/callback",
    "port in other digits": "http://127.0.0.1:\u0664\u0662/callback",
    "negative port": "http://127.0.0.1:-1/callback",
    "another path": "http://127.0.0.1:49152/other",
    "path in capitals": "http://127.0.0.1:49152/Callback",
    "added query": "http://127.0.0.1:49152/callback?x=1",
    "fragment": "http://127.0.0.1:49152/callback#x",
    "backslash": "http://127.0.0.1:49152\\@evil.example/callback",
    "line break": "http://127.0.0.1:49152/callback\n",
    "scheme in capitals": "com.example.APP:/callback",
    "private scheme, other path": "com.example.app:/other",
    "private scheme with a host": "com.example.app://evil/callback",
    "longer scheme": "com.example.app.evil:/callback",
}


@pytest.mark.spec("RFC 8252", "8.10")
@pytest.mark.parametrize("address", OTHER_ADDRESSES.values(), ids=OTHER_ADDRESSES)
def test_az11_it_takes_nothing_but_the_port_for_free(trusted, browser, bob, address):
    response = trusted.authorize(browser(bob), redirect_uri=address)

    assert response.status_code == 400
    assert "Location" not in response


@pytest.mark.spec("RFC 9700", "4.1.3")
def test_az11_the_port_of_a_site_is_not_free(acme, browser, bob):
    app = Application(*cast.register(acme, consent_method="trusted"))

    assert (
        app.authorize(browser(bob), redirect_uri="https://app.example.com:49152/callback").status_code == 400
    )


@pytest.mark.spec("RFC 8252", "7.1")
def test_az12_it_answers_at_a_private_scheme(trusted, browser, bob):
    given = answer(trusted.authorize(browser(bob), redirect_uri="com.example.app:/callback"))

    assert given.where == "com.example.app:/callback"
    assert trusted.exchange(given["code"], redirect_uri="com.example.app:/callback").status_code == 200


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize("address", ["http://127.0.0.1:49152/callback", "com.example.app:/callback"])
def test_oi07_it_asks_again_because_any_program_could_be_listening(native_client, browser, bob, address):
    app = Application(*native_client, redirect_uri=address)
    person = browser(bob)
    app.allow(person, app.authorize(person))

    again = app.authorize(person)

    assert asks_for_consent(again)
    assert "Continue only if you started it yourself" in again.content.decode()
    assert answer(app.authorize(person, prompt="none"))["error"] == "consent_required"


@pytest.mark.spec("RFC 8252", "8.6")
def test_oi07_it_does_not_ask_a_public_client_again_whose_host_is_its_proof(spa_client, browser, bob):
    app = Application(*spa_client)
    person = browser(bob)
    app.allow(person, app.authorize(person))

    assert "code" in answer(app.authorize(person))


@pytest.mark.spec("RFC 6749", "10.2")
def test_oi07_it_does_not_ask_a_client_again_that_proves_itself_with_a_secret(acme, browser, bob):
    """S10: asked each time a new scope is requested, and not otherwise; development on localhost is no exception."""
    app = Application(*cast.register(acme, redirect_uris=["http://localhost:5000/callback"]))
    person = browser(bob)
    app.allow(person, app.authorize(person))

    assert "code" in answer(app.authorize(person))


@pytest.mark.spec("RFC 8252", "7.3")
def test_another_port_is_not_another_address_to_a_person(native_client, browser, bob):
    app = Application(*native_client)
    person = browser(bob)
    app.allow(person, app.authorize(person, redirect_uri="http://127.0.0.1:50001/callback"))

    page = app.authorize(person, redirect_uri="http://127.0.0.1:50002/callback")

    assert "New address" not in page.content.decode()
    elsewhere = app.authorize(person, redirect_uri="com.example.app:/callback")
    assert "New address" in elsewhere.content.decode()


@pytest.mark.spec("RFC 6761", "6.3")
def test_a_name_below_localhost_is_this_device(acme, browser, bob):
    """Any port, asked every time, and the consent page's form may lead there."""
    app = Application(*cast.register(acme, type="native", redirect_uris=["http://app.localhost/callback"]))
    person, address = browser(bob), "http://app.localhost:3000/callback"

    page = app.authorize(person, redirect_uri=address)

    assert asks_for_consent(page)
    assert "http://*.localhost:*" in page["Content-Security-Policy"]
    assert not asks_for_consent(app.authorize(person, redirect_uri="http://evil.localhost:3000/callback"))


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize(
    "address", ["cursor://anysphere.cursor-mcp/oauth/callback", "myapp:/cb", "myapp:///cb", "myapp://cb?x=1"]
)
def test_a_confirmed_scheme_without_a_dot_gets_its_answer_and_is_asked_about_each_time(
    acme, browser, bob, address
):
    app = Application(*cast.register(acme, type="native", redirect_uris=[address]))
    person, scheme = browser(bob), address.partition(":")[0]

    page = app.authorize(person)

    assert asks_for_consent(page)
    assert f"You will be sent to <b><bdi>{scheme}:</bdi></b>" in page.content.decode()
    assert "Continue only if you started it yourself" in page.content.decode()
    [policy] = [
        rule for rule in page["Content-Security-Policy"].split("; ") if rule.startswith("form-action")
    ]
    assert f"{scheme}:" in policy.split()
    location = app.decide(person, page, "allow")["Location"]
    assert location.startswith(f"{address}{'&' if '?' in address else '?'}")
    assert app.exchange(answer_code(location)).status_code == 200
    assert asks_for_consent(app.authorize(person))


@pytest.mark.spec("OIDC RP-Initiated Logout", "3")
def test_signing_out_can_end_at_a_scheme_without_a_dot(acme, browser, bob):
    back = "myapp:///signed-out"
    client, _ = cast.register(
        acme, type="native", redirect_uris=["myapp:/cb"], post_logout_redirect_uris=[back]
    )
    address = "/oauth/logout?" + urlencode(
        {"client_id": client.client_id, "post_logout_redirect_uri": back, "state": "s"}
    )
    person = browser(bob)

    page = person.get(address)

    assert "myapp:" in page["Content-Security-Policy"]
    left = post_form(person, address, {"decision": "sign_out"})
    assert left["Location"] == f"{back}?state=s"
