"""The authorization endpoint: who may ask, where an answer may go, and what it says (RFC 6749 §4.1, RFC 9700 §4.1).

Tests are numbered after the checks of an authorization request that the product has promised to withstand. Where a
wrong answer would be a code in the wrong place, the client is trusted: nothing but the rule stands in between.
"""

from urllib.parse import quote, quote_plus, urlencode

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Event
from tests import cast
from tests.oauth.driver import STATE, Answer, Application, answer, asks_for_consent, asks_to_sign_in, sign_in

pytestmark = pytest.mark.django_db

REGISTERED = "https://app.example.com/callback"


@pytest.fixture
def trusted(acme):
    """A client that gets its code without any question."""
    return Application(*cast.register(acme, consent_method="trusted"))


@pytest.fixture
def asking(acme):
    """A client whose people are asked for consent."""
    return Application(*cast.register(acme))


def is_a_page(response, saying=""):
    """The answer is a page for the person: nothing went to any application."""
    assert response.status_code == 400
    assert "Location" not in response
    assert "Refresh" not in response
    content = response.content.decode()
    assert "This sign-in cannot continue" in content
    assert saying in content
    return True


def error_of(app, response):
    """The error that went back to the application, with state and issuer."""
    given = answer(response)
    assert given.where == app.redirect_uri
    assert given["state"] == STATE
    assert given["iss"] == app.tenant.issuer
    assert "code" not in given
    return given["error"]


# --- Where an answer may go -----------------------------------------------------------------------------------------

OTHER_ADDRESSES = {
    "az01 another site": "https://evil.example/callback",
    "az01 plain http": "http://app.example.com/callback",
    "az01 another path": "https://app.example.com/other",
    "az01 no scheme": "//app.example.com/callback",
    "az01 a script": "javascript:alert(1)//app.example.com/callback",
    "az01 data": "data:text/html,<script>alert(1)</script>",
    "az02 added query": f"{REGISTERED}?x=1",
    "az02 empty query": f"{REGISTERED}?",
    "az03 fragment": f"{REGISTERED}#frag",
    "az03 empty fragment": f"{REGISTERED}#",
    "az04 user": "https://user@app.example.com/callback",
    "az04 two at signs": "https://a@b@app.example.com/callback",
    "az04 password": "https://app.example.com:x@evil.example/callback",
    "az04 backslash": "https://app.example.com\\@evil.example/callback",
    "az05 trailing slash": f"{REGISTERED}/",
    "az05 dots": f"{REGISTERED}/../evil",
    "az05 dots and semicolon": f"{REGISTERED}/..;/evil",
    "az05 path parameter": f"{REGISTERED};x=1",
    "az05 encoded dots": f"{REGISTERED}/%2e%2e/evil",
    "az05 doubly encoded slash": f"{REGISTERED}%252f",
    "az05 encoded letter": "https://app.example.com/%63allback",
    "az05 double slash": "https://app.example.com//callback",
    "az05 other case": "https://app.example.com/Callback",
    "az06 host in capitals": "https://APP.example.com/callback",
    "az06 scheme in capitals": "HTTPS://app.example.com/callback",
    "az06 usual port": "https://app.example.com:443/callback",
    "az06 another port": "https://app.example.com:8443/callback",
    "az06 trailing dot": "https://app.example.com./callback",
    "az06 Cyrillic twin": "https://\u0430pp.example.com/callback",
    "az06 punycode twin": "https://xn--pp-7kc.example.com/callback",
    "az06 full-width letters": "https://\uff41pp.example.com/callback",
    "az07 prefix of a host": "https://app.example.com.evil.example/callback",
    "az07 suffix of a host": "https://evil-app.example.com/callback",
    "az07 dot as any letter": "https://appXexample.com/callback",
    "az07 subdomain": "https://x.app.example.com/callback",
    "az11 localhost in a name": "http://localhost.evil.example/callback",
    "space before": f" {REGISTERED}",
    "space behind": f"{REGISTERED} ",
    "tab": f"{REGISTERED}\t",
    "line break": f"{REGISTERED}\n",
    "header injection": f"{REGISTERED}\r\nSet-Cookie: a=b",
    "NUL": f"{REGISTERED}\0",
    "NUL and more": f"{REGISTERED}\0.evil.example",
    "two addresses": f"{REGISTERED} https://evil.example/",
    "markup": "https://evil.example/<svg onload=alert(1)>",
    "broken IPv6": "https://[::1/callback",
    "very long": "https://app.example.com/" + "a" * 40_000,
    "very long IPv6": "https://[" + ":" * 40_000 + "]/callback",
}


@pytest.mark.spec("RFC 9700", "4.1.3")
@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("address", OTHER_ADDRESSES.values(), ids=OTHER_ADDRESSES)
def test_az01_to_az07_it_answers_at_no_address_but_the_registered_one(
    trusted, browser, bob, stranger, address
):
    for person in (browser(bob), stranger(trusted.tenant)):
        assert is_a_page(trusted.authorize(person, redirect_uri=address))


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_az01_it_tells_the_person_why_and_the_audit_log_where(trusted, browser, bob):
    response = trusted.authorize(browser(bob), redirect_uri="https://evil.example/\0<b>")

    assert is_a_page(response, saying="not registered for it")
    assert "&lt;b&gt;" in response.content.decode()
    with scope(tenant=trusted.tenant):
        event = Event.objects.get(action="authorization.refused")
    assert event.details == {
        "reason": "redirect_uri_mismatch",
        "redirect_uri": "https://evil.example/\\x00<b>",
    }
    assert (event.actor_name, event.target_name) == ("bob@acme.example", "Web app")


@pytest.mark.spec("RFC 9700", "4.1.3")
def test_az02_it_refuses_an_added_query(trusted, browser, bob):
    with_query = Application(
        *cast.register(
            trusted.tenant, consent_method="trusted", redirect_uris=[f"{REGISTERED}?tenant=a%20b&flag"]
        )
    )
    person = browser(bob)

    assert is_a_page(with_query.authorize(person, redirect_uri=f"{with_query.redirect_uri}&x=1"))
    assert is_a_page(with_query.authorize(person, redirect_uri=REGISTERED))


@pytest.mark.spec("RFC 6749", "3.1.2")
def test_it_keeps_the_query_of_a_registered_address_as_it_is(acme, browser, bob):
    address = f"{REGISTERED}?tenant=a%20b&flag&x=%C3%A5"
    app = Application(*cast.register(acme, consent_method="trusted", redirect_uris=[address]))

    allowed = answer(app.authorize(browser(bob)))
    refused = answer(app.authorize(browser(bob), response_type="token"))

    for given in (allowed, refused):
        assert given.where == REGISTERED
        assert (given["tenant"], given["flag"], given["x"]) == ("a b", "", "\u00e5")
    assert "code" in allowed
    assert refused["error"] == "unsupported_response_type"


@pytest.mark.spec("RFC 6749", "3.1.2.3")
def test_az14_it_needs_an_address_when_several_are_registered(acme, browser, bob):
    app = Application(
        *cast.register(acme, consent_method="trusted", redirect_uris=[REGISTERED, f"{REGISTERED}/2"])
    )

    assert is_a_page(app.authorize(browser(bob), redirect_uri=None), saying="more than one is registered")
    assert is_a_page(app.authorize(browser(bob), redirect_uri=""), saying="more than one is registered")


@pytest.mark.spec("RFC 6749", "3.1.2.3")
def test_az14_it_uses_the_only_registered_address(trusted, browser, bob):
    assert answer(trusted.authorize(browser(bob), redirect_uri=None)).where == REGISTERED


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("response_type", ["bogus", "token", "id_token", "", None], ids=repr)
def test_az16_it_does_not_redirect_a_bad_response_type_anywhere_unregistered(
    trusted, browser, bob, response_type
):
    person = browser(bob)

    assert is_a_page(
        trusted.authorize(person, response_type=response_type, redirect_uri="https://evil.example/callback")
    )
    assert is_a_page(trusted.authorize(person, response_type=response_type, client_id="0" * 32))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
def test_az17_it_does_not_redirect_a_silent_request_anywhere_unregistered(trusted, stranger):
    nobody = stranger(trusted.tenant)

    assert is_a_page(trusted.authorize(nobody, prompt="none", redirect_uri="https://evil.example/callback"))
    assert error_of(trusted, trusted.authorize(nobody, prompt="none")) == "login_required"


# --- Who may ask ----------------------------------------------------------------------------------------------------

CLIENT_IDS = {
    "unknown": "0" * 32,
    "missing": None,
    "empty": "",
    "NUL": "a\0b",
    "only NUL": "\0",
    "10 kB": "a" * 10_000,
    "10 kB and NUL": "a" * 10_000 + "\0",
    "not ASCII": "\u00e5\U0001f600",
    "markup": "<script>alert(1)</script>",
    "SQL": "' OR 1=1 --",
    "line break": "a\r\nLocation: https://evil.example",
}


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("client_id", CLIENT_IDS.values(), ids=CLIENT_IDS)
def test_az15_it_shows_a_page_for_a_client_it_does_not_know(trusted, browser, bob, stranger, client_id):
    for person in (browser(bob), stranger(trusted.tenant)):
        assert is_a_page(trusted.authorize(person, client_id=client_id))


def test_az15_it_takes_a_client_id_literally(trusted, browser, bob):
    for client_id in (trusted.client_id.upper(), f" {trusted.client_id}", f"{trusted.client_id}\n", "%"):
        assert is_a_page(trusted.authorize(browser(bob), client_id=client_id), saying="not known at Acme AB")


@pytest.mark.spec("RFC 6749", "3.1")
@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_az13_it_believes_neither_of_two_clients_or_addresses(trusted, browser, bob, name):
    usual = {"client_id": trusted.client_id, "redirect_uri": REGISTERED}[name]
    for values in ([usual, usual], [usual, "https://evil.example/"], ["https://evil.example/", usual]):
        assert is_a_page(trusted.authorize(browser(bob), **{name: values}))


@pytest.mark.spec("RFC 6749", "3.1")
@pytest.mark.parametrize(
    "name",
    [
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "prompt",
        "whatever",
    ],
)
def test_az13_it_refuses_a_request_in_which_a_parameter_stands_twice(trusted, browser, bob, name):
    given = answer(trusted.authorize(browser(bob), **{name: ["code", "token"]}))

    assert (given.where, given["error"]) == (REGISTERED, "invalid_request")
    assert given.get("state") == (None if name == "state" else STATE)


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("name", ["x\0y", "\u00e5", "a\r\nb", '"quoted"', "x" * 5000], ids=repr)
def test_az13_it_describes_an_error_in_plain_characters_only(trusted, browser, bob, name):
    given = answer(trusted.authorize(browser(bob), **{name: ["1", "2"]}))

    assert given["error"] == "invalid_request"
    assert all(" " <= character <= "~" and character not in '"\\' for character in given["error_description"])
    assert len(given["error_description"]) < 200


def test_az30_it_refuses_a_client_that_is_disabled(trusted, browser, bob):
    client, _secret = disabled = cast.register(trusted.tenant, consent_method="trusted")
    app = Application(*disabled)
    person = browser(bob)
    with scope(tenant=trusted.tenant):
        client.disable(by=Actor.operator())

        assert is_a_page(app.authorize(person), saying="is disabled")
        assert is_a_page(app.authorize(person, prompt="none"), saying="is disabled")

        client.enable(by=Actor.operator())
    assert "code" in answer(app.authorize(person))


def test_az30_it_does_not_know_a_client_that_was_deleted(trusted, browser, bob):
    client, _secret = deleted = cast.register(trusted.tenant, consent_method="trusted")
    app = Application(*deleted)
    with scope(tenant=trusted.tenant):
        client.remove(by=Actor.operator())

    assert is_a_page(app.authorize(browser(bob)), saying="not known at Acme AB")


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_it_does_not_sign_people_in_to_a_client_that_only_machines_use(acme, browser, bob):
    client = cast.register(
        acme, redirect_uris=[], grant_types=["client_credentials"], consent_method="trusted"
    )
    app = Application(*client, redirect_uri=REGISTERED)

    assert is_a_page(app.authorize(browser(bob)))
    assert is_a_page(app.authorize(browser(bob), redirect_uri=None))


# --- What may be asked for ------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 9700", "2.1.2")
@pytest.mark.parametrize(
    "response_type",
    ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE", "code "],
)
def test_az18_it_offers_only_the_code_flow(trusted, browser, bob, response_type):
    response = trusted.authorize(browser(bob), response_type=response_type, nonce="n")

    assert error_of(trusted, response) == "unsupported_response_type"


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("response_type", ["", None], ids=repr)
def test_az19_it_misses_the_response_type(trusted, browser, bob, response_type):
    assert (
        error_of(trusted, trusted.authorize(browser(bob), response_type=response_type)) == "invalid_request"
    )


@pytest.mark.parametrize(
    "response_mode", ["web_message", "jwt", "form_post.jwt", "FORM_POST", "query fragment"]
)
def test_it_knows_no_other_response_mode(trusted, browser, bob, response_mode):
    assert (
        error_of(trusted, trusted.authorize(browser(bob), response_mode=response_mode)) == "invalid_request"
    )


def test_it_takes_response_mode_query(trusted, browser, bob):
    assert "code" in answer(trusted.authorize(browser(bob), response_mode="query"))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
def test_it_says_that_request_objects_are_not_supported(trusted, browser, bob):
    person = browser(bob)

    assert error_of(trusted, trusted.authorize(person, request="e30.e30.")) == "request_not_supported"
    response = trusted.authorize(person, request_uri="https://app.example.com/request.jwt")
    assert error_of(trusted, response) == "request_uri_not_supported"


@pytest.mark.spec("RFC 6749", "3.1")
def test_az20_it_ignores_a_parameter_it_does_not_know(trusted, browser, bob):
    extra = {
        "foo": "bar",
        "__proto__": "x",
        "audience": "https://api.example.com",
        "\u00e5": "\U0001f600",
        "empty": "",
    }

    assert "code" in answer(trusted.authorize(browser(bob), **extra))


BAD_SCOPES = {
    "unknown": "no:such:scope",
    "known but not the client's": "admin_classic",
    "in capitals": "USER_DEFAULT",
    "not ASCII": "user_default \u00e5",
    "quotation mark": 'user_default "',
    "backslash": "user_default \\",
    "NUL": "user_default \0",
    "line break": "user_default\nopenid",
    "tab": "user_default\topenid",
    "no-break space": "user_default\u00a0openid",
    "markup": "<svg/onload=alert(1)>",
    "long": "a" * 9000,
    "many": " ".join(f"s{number}" for number in range(1500)),
    "blanks": "   ",
}


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize("requested", BAD_SCOPES.values(), ids=BAD_SCOPES)
def test_az21_it_refuses_a_request_of_which_nothing_can_be_given(trusted, browser, bob, requested):
    assert error_of(trusted, trusted.authorize(browser(bob), scope=requested)) == "invalid_scope"


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize("requested", ["user_default " * 10_000, "a" * 100_000, " " * 100_000])
def test_az21_it_survives_a_scope_of_100_kb(trusted, browser, bob, requested):
    response = trusted.authorize(browser(bob), scope=requested)

    assert response.status_code in {302, 400}
    assert "code=" not in response.get("Location", "")


def test_az21_it_takes_the_same_scope_twice_for_once(trusted, browser, bob):
    tokens = trusted.tokens(browser(bob), scope="openid openid  user_default")

    assert sorted(tokens["scope"].split()) == ["openid", "user_default"]


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize("requested", ["", None], ids=repr)
def test_az22_it_grants_the_clients_own_scopes_when_none_is_named(trusted, browser, bob, requested):
    assert trusted.tokens(browser(bob), scope=requested)["scope"] == "user_default"


def test_az22_it_works_for_a_client_that_may_only_know_who_somebody_is(acme, browser, bob):
    app = Application(*cast.register(acme, allowed_scopes=["openid", "offline_access"]))
    person = browser(bob)

    tokens = app.tokens(person, scope=None)

    assert (tokens["scope"], "refresh_token" in tokens, "id_token" in tokens) == ("", False, False)


# --- state ----------------------------------------------------------------------------------------------------------

STATES = {
    "separators": "a&b=c#d?e;f+g%20h/i",
    "markup": "<script>alert(1)</script>",
    "header injection": "a\r\nSet-Cookie: session=evil\r\n\r\n<html>",
    "every language": "\u00e5\u00e4\u00f6 \u0645\u0631\u062d\u0628\u0627 \U0001f600\u202e",
    "spaces around": "  x  ",
    "a URL": "https://evil.example/?code=1&state=2",
    "looks like a parameter": "x&code=stolen&iss=https://evil.example",
    "4 kB": "a&" * 2048,
    "NUL": "a\0b",
    "JSON": '{"a": ["b", "c\\n"]}',
}


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_az23_it_returns_state_exactly_as_it_came(trusted, asking, browser, bob, state):
    person = browser(bob)

    assert answer(trusted.authorize(person, state=state))["state"] == state
    assert answer(trusted.authorize(person, state=state, scope="no:such:scope"))["state"] == state
    page = asking.authorize(person, state=state)
    assert "Set-Cookie: session=evil" not in str(page.headers)
    assert asking.allow(person, page)["state"] == state


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize("state", ["", None], ids=repr)
def test_az23_it_returns_no_state_when_none_came(trusted, browser, bob, state):
    person = browser(bob)

    assert "state" not in answer(trusted.authorize(person, state=state))
    assert "state" not in answer(trusted.authorize(person, state=state, prompt="bogus"))


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_az23_it_returns_state_after_a_sign_in_too(trusted, stranger, bob, state):
    person = stranger(trusted.tenant)

    given = answer(sign_in(person, trusted.authorize(person, state=state), bob.email))

    assert given["state"] == state
    assert "code" in given


# --- How it may be asked ----------------------------------------------------------------------------------------------


def query_of(app, **changes):
    return app.address(**changes).partition("?")[2]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_az24_it_takes_a_request_by_post(trusted, browser, bob):
    person = browser(bob)
    response = person.post(
        "/oauth/authorize", query_of(trusted), content_type="application/x-www-form-urlencoded"
    )

    # From another site the browser sends no session with it: the request goes on as a link, which carries one.
    assert response.status_code == 303
    assert "code" in answer(person.get(response["Location"]))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_az24_it_takes_a_post_without_any_cookie_or_token(trusted):
    strict = Browser(enforce_csrf_checks=True, headers={"host": cast.host_of(trusted.tenant)})
    response = strict.post(
        "/oauth/authorize", query_of(trusted), content_type="application/x-www-form-urlencoded"
    )

    assert asks_to_sign_in(strict.get(response["Location"]))


ODD_BODIES = {
    "multipart": {"data": {"client_id": "x", "redirect_uri": "y"}},
    "multipart with a decision": {"data": {"decision": "allow"}},
    "broken multipart": {"data": b"--x\r\nnonsense", "content_type": "multipart/form-data; boundary=x"},
    "multipart without boundary": {"data": b"a=b", "content_type": "multipart/form-data"},
    "text": {"data": "client_id=x", "content_type": "text/plain"},
    "a JSON list": {"data": "[]", "content_type": "application/json"},
    "broken JSON": {"data": "{", "content_type": "application/json"},
    "nothing": {"data": "", "content_type": "application/x-www-form-urlencoded"},
    "not UTF-8": {"data": b"client_id=\xff\xfe", "content_type": "application/x-www-form-urlencoded"},
    "escaped, not UTF-8": {"data": "client_id=%ff%fe", "content_type": "application/x-www-form-urlencoded"},
    "another charset": {
        "data": "client_id=x",
        "content_type": "application/x-www-form-urlencoded; charset=utf-16",
    },
    "an unknown charset": {
        "data": b"client_id=x",
        "content_type": "application/x-www-form-urlencoded; charset=x-no",
    },
    "a name twice, with NUL": {"data": "a%00=1&a%00=2", "content_type": "application/x-www-form-urlencoded"},
    "too many names": {
        "data": urlencode([(f"n{number}", "1") for number in range(2000)]),
        "content_type": "application/x-www-form-urlencoded",
    },
    "too long": {"data": "a=" + "b" * 100_000, "content_type": "application/x-www-form-urlencoded"},
    "far too long": {"data": "a=" + "b" * 2_000_000, "content_type": "application/x-www-form-urlencoded"},
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_az24_it_answers_a_body_it_cannot_read_with_a_page(asking, browser, bob, body):
    for address in ("/oauth/authorize", asking.address()):
        person = browser(bob)
        raw = isinstance(body["data"], bytes)
        response = person.generic("POST", address, **body) if raw else person.post(address, **body)

        assert response.status_code in {200, 303, 400, 413}
        assert "code=" not in response.get("Location", "")


@pytest.mark.spec("RFC 9700", "4.12")
def test_az25_it_never_sends_a_form_on_to_the_application(asking, stranger, bob):
    person = stranger(asking.tenant)

    page = sign_in(person, asking.authorize(person), bob.email)  # itself after a 303

    assert asking.decide(person, page, "deny").status_code == 303
    page = asking.authorize(person)
    assert asking.decide(person, page, "allow").status_code == 303


@pytest.mark.spec("RFC 9700", "4.16")
def test_az26_its_pages_cannot_be_framed_kept_or_leak_where_they_were(asking, browser, bob, stranger):
    person = browser(bob)
    nobody = stranger(asking.tenant)
    pages = {
        "consent": asking.authorize(person),
        "refused": asking.authorize(person, client_id="x"),
        "sign-in": nobody.get(asking.authorize(nobody)["Location"]),
        "redirect": asking.authorize(person, prompt="none"),
    }

    assert asks_for_consent(pages["consent"])
    for name, response in pages.items():
        policy = response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, name
        assert "script-src 'self'" in policy, name
        assert "unsafe" not in policy, name
        assert response["X-Frame-Options"] == "DENY", name
        assert response["Referrer-Policy"] == "same-origin", name
        assert response["X-Content-Type-Options"] == "nosniff", name
        assert "no-store" in response["Cache-Control"], name
        for outside in ('src="http', 'href="http', "//cdn", "@import"):
            assert outside not in response.content.decode(), name


@pytest.mark.spec("RFC 9700", "4.16")
def test_az26_the_consent_page_may_lead_to_the_application_and_the_refused_one_nowhere(asking, browser, bob):
    person = browser(bob)

    assert "form-action 'self' https:" in asking.authorize(person)["Content-Security-Policy"]
    refused = asking.authorize(person, redirect_uri="https://evil.example/")["Content-Security-Policy"]
    assert "form-action 'self';" in f"{refused};"


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_it_knows_no_other_method(trusted, browser, bob, method):
    response = getattr(browser(bob), method)(trusted.address())

    assert response.status_code == 405
    assert "Location" not in response


# --- Never a 500 ----------------------------------------------------------------------------------------------------

PARAMETERS = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "login_hint",
    "ui_locales",
    "acr_values",
    "display",
    "claims",
    "response_mode",
    "request",
    "request_uri",
    "decision",
    "shown",
]
RAW_VALUES = {
    "NUL": "%00",
    "broken escape": "%",
    "half an escape": "%4",
    "not hexadecimal": "%zz",
    "not UTF-8": "%ff%fe",
    "overlong UTF-8": "%c0%ae",
    "surrogate": "%ed%a0%80",
    "markup": quote('"><svg onload=alert(1)>'),
    "template": quote("{{ 7*7 }}{% debug %}"),
    "100 kB": "a" * 100_000,
    "line breaks": "%0d%0aSet-Cookie:%20a=b",
    "emoji": quote("\U0001f600" * 500),
    "JSON": quote('{"$ne": null}'),
    "array": "a&%s[]=b",
    "a tenth of a megabyte of IPv6": "https%3A%2F%2F%5B" + "%3A" * 33_000,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_it_never_falls_over_a_hostile_parameter(asking, browser, bob, stranger, name):
    people = [browser(bob), stranger(asking.tenant)]
    for value in RAW_VALUES.values():
        address = f"{asking.address(**{name: None})}&{name}={value.replace('%s', name)}"
        for person in people:
            response = person.get(address)

            assert response.status_code in {200, 302, 400}
            assert "<svg onload" not in response.content.decode()
            assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "query",
    ["&" * 5000, "=" * 5000, "?" * 500, "%", "a" * 100_000, "&".join("a" * 500), ";", "\\", "client_id"],
    ids=len,
)
def test_it_never_falls_over_a_hostile_query(trusted, browser, bob, query):
    for address in (f"/oauth/authorize?{query}", f"{trusted.address()}&{query}"):
        response = browser(bob).get(address)

        assert response.status_code in {302, 400}


def test_it_never_shows_what_it_was_sent_unescaped(asking, browser, bob):
    hostile = '"><svg onload=alert(1)>'
    response = browser(bob).get(f"/oauth/authorize?{urlencode(dict.fromkeys(PARAMETERS, hostile))}")

    assert is_a_page(response)
    assert "<svg onload" not in response.content.decode()


def test_a_code_is_opaque_and_new_each_time(trusted, browser, bob):
    person = browser(bob)
    codes = {trusted.code(person) for _ in range(5)}

    assert len(codes) == 5
    assert all(code.startswith("qac_") and len(code) == 53 for code in codes)


def test_an_answer_stands_in_the_query_alone(trusted, browser, bob):
    given = answer(trusted.authorize(browser(bob)))

    assert isinstance(given, Answer)
    assert set(given) == {"code", "state", "iss"}
    assert quote_plus(STATE) in given.location
