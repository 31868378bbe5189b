"""How the answer travels: query, fragment, or a form that the browser posts (OAuth 2.0 Form Post Response Mode)."""

from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests import cast
from tests.oauth.driver import STATE, Application, answer, asks_for_consent

pytestmark = pytest.mark.django_db

ENCODINGS = pytest.mark.spec("Multiple Response Types", "2.1")
FORM_POST = pytest.mark.spec("Form Post Response Mode", "2")
CALLBACK = cast.REDIRECT_URL


@pytest.fixture
def trusted(acme):
    return Application(*cast.register(acme, consent_method="trusted"))


class Form(HTMLParser):
    """The one form of a page: where it goes, how, and with what."""

    def __init__(self, page):
        super().__init__()
        self.action = self.method = ""
        self.fields = {}
        self.buttons = 0
        self.feed(page.content.decode())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            assert not self.action
            self.action, self.method = given["action"], given["method"]
        elif tag == "input":
            assert given["type"] == "hidden"
            assert given["name"] not in self.fields
            self.fields[given["name"]] = given["value"]
        self.buttons += tag == "button"


def posted(page):
    """The form that takes the answer, on a page that nothing keeps and that sends a form nowhere else."""
    assert page.status_code == 200, (page.status_code, page.get("Location"))
    assert "no-store" in page["Cache-Control"]
    form = Form(page)
    assert form.method == "post"
    assert form.buttons == 1
    return form


def in_fragment(response):
    parts = urlsplit(response["Location"])
    return parts._replace(fragment="").geturl(), dict(parse_qsl(parts.fragment, strict_parsing=True))


def form_action(page):
    [rule] = [
        part for part in page["Content-Security-Policy"].split(";") if part.strip().startswith("form-action ")
    ]
    return rule.split()[1:]


@FORM_POST
def test_a_form_takes_code_state_and_issuer(trusted, browser, bob, acme):
    form = posted(trusted.authorize(browser(bob), response_mode="form_post"))

    assert form.action == CALLBACK
    assert set(form.fields) == {"code", "state", "iss"}
    assert (form.fields["state"], form.fields["iss"]) == (STATE, acme.issuer)
    assert trusted.exchange(form.fields["code"]).status_code == 200


@FORM_POST
def test_the_page_lets_its_form_go_there_and_has_no_script_of_its_own(trusted, browser, bob):
    page = trusted.authorize(browser(bob), response_mode="form_post")

    assert form_action(page) == ["'self'", "https:"]
    assert b"<script>" not in page.content
    assert b"onload" not in page.content


@FORM_POST
def test_the_person_who_was_asked_comes_back_by_a_form_too(browser, bob, web_client):
    app, person = Application(*web_client), browser(bob)
    asked = app.authorize(person, response_mode="form_post")
    assert asks_for_consent(asked)

    assert posted(app.decide(person, asked, "deny")).fields["error"] == "access_denied"
    asked = app.authorize(person, response_mode="form_post")
    assert "code" in posted(app.decide(person, asked, "allow")).fields


@FORM_POST
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "no:such:scope"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"nonce": ["1", "2"]}, "invalid_request"),
    ],
)
def test_errors_travel_as_it_was_asked(trusted, stranger, acme, changes, error):
    page = trusted.authorize(stranger(acme), response_mode="form_post", **changes)

    form = posted(page)
    assert form.action == CALLBACK
    assert set(form.fields) == {"error", "error_description", "state", "iss"}
    assert form.fields["error"] == error

    where, given = in_fragment(trusted.authorize(stranger(acme), response_mode="fragment", **changes))
    assert (where, given["error"], given["state"]) == (CALLBACK, error, STATE)


@FORM_POST
@pytest.mark.parametrize(
    "state", ['"><script>alert(1)</script>', "'\"&amp;&lt;", "å \U0001f600", "{{ 7*7 }}", "x" * 8000]
)
def test_every_value_arrives_as_it_was_sent(trusted, browser, bob, state):
    page = trusted.authorize(browser(bob), response_mode="form_post", state=state)

    assert posted(page).fields["state"] == state
    assert b"<script>alert" not in page.content


@FORM_POST
def test_a_query_of_the_redirect_url_stays(acme, browser, bob):
    address = "https://app.example.com/callback?a=1&amp=2"
    app = Application(*cast.register(acme, consent_method="trusted", redirect_uris=[address]))

    assert posted(app.authorize(browser(bob), response_mode="form_post")).action == address


@FORM_POST
@pytest.mark.parametrize("changes", [{"redirect_uri": "com.example.app:/callback"}, {"state": "a\r\nb"}])
def test_what_no_form_can_carry_is_refused_in_the_query(native_client, browser, bob, changes):
    app = Application(*native_client)
    sent = {"redirect_uri": "http://127.0.0.1:5123/callback", **changes}

    given = answer(app.authorize(browser(bob), response_mode="form_post", **sent))

    assert given.where == sent["redirect_uri"]
    assert (given["error"], given["state"]) == ("invalid_request", sent.get("state", STATE))
    assert "form_post" in given["error_description"]


@FORM_POST
@pytest.mark.parametrize("host", ["127.0.0.1:5123", "[::1]:5123", "localhost:5123"])
def test_a_loopback_address_can_be_posted_to(acme, browser, bob, host):
    address = f"http://{host}/callback"
    app = Application(*cast.register(acme, redirect_uris=[address]), redirect_uri=address)
    person = browser(bob)
    page = app.decide(person, app.authorize(person, response_mode="form_post"), "allow")

    assert posted(page).action == address
    assert any(
        source in {"http:", "http://localhost:*", "http://127.0.0.1:*"} for source in form_action(page)
    )


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_nothing_is_posted_to_a_client_that_the_tenant_has_not_approved(globex, alice, browser):
    app = Application(cast.publish(globex), tenant=alice.tenant)

    page = app.authorize(browser(alice), scope="no:such:scope", response_mode="form_post")

    assert page.status_code == 400
    assert app.redirect_uri.encode() not in page.content


@ENCODINGS
def test_a_fragment_carries_the_answer_and_the_query_stays(acme, browser, bob):
    address = "https://spa.example.com/callback?a=1"
    app = Application(*cast.register(acme, type="spa", consent_method="trusted", redirect_uris=[address]))

    where, given = in_fragment(app.authorize(browser(bob), response_mode="fragment"))

    assert where == address
    assert set(given) == {"code", "state", "iss"}
    assert app.exchange(given["code"]).status_code == 200


@ENCODINGS
def test_a_fragment_reaches_an_app_by_its_own_scheme(native_client, browser, bob):
    app, person = Application(*native_client, redirect_uri="com.example.app:/callback"), browser(bob)
    response = app.decide(person, app.authorize(person, response_mode="fragment"), "allow")

    where, given = in_fragment(response)
    assert where == "com.example.app:/callback"
    assert "code" in given


@ENCODINGS
@pytest.mark.parametrize("response_mode", [None, "", "query"])
def test_the_query_is_usual(trusted, browser, bob, response_mode):
    assert "code" in answer(trusted.authorize(browser(bob), response_mode=response_mode))


@ENCODINGS
def test_a_mode_that_stands_twice_is_none(trusted, browser, bob):
    given = answer(trusted.authorize(browser(bob), response_mode=["form_post", "fragment"]))

    assert given["error"] == "invalid_request"


@pytest.mark.spec("RFC 9700", "4.12")
def test_az25_after_a_form_it_is_303(browser, bob, web_client):
    app, person = Application(*web_client), browser(bob)

    for decision in ("deny", "allow"):
        assert app.decide(person, app.authorize(person), decision).status_code == 303
    assert app.authorize(person).status_code == 302
