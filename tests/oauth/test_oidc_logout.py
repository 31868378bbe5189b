"""An application asks that the person be signed out here as well (OpenID Connect RP-Initiated Logout 1.0)."""

import html
from urllib.parse import urlencode

import jwt
import pytest
from django_scopes import scope

from console.models import Event, KeyRing, SigningKey
from tests import cast
from tests.oauth.driver import Application, answer, asks_to_sign_in, hidden_fields, later, post_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RP-Initiated Logout", "2")]

AFTERWARDS = "https://app.example.com/signed-out"


@pytest.fixture
def app(acme):
    return Application(*cast.register(acme, consent_method="trusted", post_logout_redirect_uris=[AFTERWARDS]))


@pytest.fixture
def other(acme):
    return Application(
        *cast.register(
            acme,
            name="Other",
            consent_method="trusted",
            post_logout_redirect_uris=["https://other.example/bye"],
        )
    )


def ask(person, **parameters):
    return person.get(f"/oauth/logout?{urlencode(parameters)}")


def hint(app, person):
    return app.tokens(person, scope="openid")["id_token"]


def signed_in(app, person):
    return "code" in answer(app.authorize(person, prompt="none"))


def asks_first(response):
    return response.status_code == 200 and b'value="sign-out"' in response.content


def say_yes(person, page):
    fields = {**hidden_fields(page), "decision": "sign-out"}
    return post_form(person, page.wsgi_request.get_full_path(), fields)


def is_withheld(response, address):
    """A page that says that the person is signed out, and where they are not sent."""
    content = html.unescape(response.content.decode())
    assert (response.status_code, response.get("Location")) == (200, None)
    assert "You are signed out" in content
    assert f"<bdi>{address}</bdi>" in content or not address.isprintable()
    assert "must be identical to a sign-out URL" in content
    return True


def test_lo01_it_signs_out_and_goes_back_with_state(app, browser, bob):
    person = browser(bob)
    response = ask(
        person,
        id_token_hint=hint(app, person),
        post_logout_redirect_uri=AFTERWARDS,
        state="a & b\r\n<\u00e5>",
    )

    given = answer(response)
    assert (given.where, dict(given)) == (AFTERWARDS, {"state": "a & b\r\n<\u00e5>"})
    assert not signed_in(app, person)


def test_lo01_it_goes_back_without_state_when_none_came(app, browser, bob):
    person = browser(bob)

    assert (
        ask(person, id_token_hint=hint(app, person), post_logout_redirect_uri=AFTERWARDS)["Location"]
        == AFTERWARDS
    )


def test_lo01_the_second_application_is_answered_too(app, other, browser, bob):
    person = browser(bob)
    first, second = hint(app, person), hint(other, person)

    ask(person, id_token_hint=first, post_logout_redirect_uri=AFTERWARDS)
    response = ask(person, id_token_hint=second, post_logout_redirect_uri="https://other.example/bye")

    assert response["Location"] == "https://other.example/bye"


def test_lo01_it_works_with_an_expired_hint(app, browser, bob, time_machine):
    person = browser(bob)
    old = hint(app, person)
    later(time_machine, 2 * 3600)

    assert answer(ask(person, id_token_hint=old, post_logout_redirect_uri=AFTERWARDS)).where == AFTERWARDS
    assert not signed_in(app, person)


def test_lo01_it_takes_a_post_of_an_application(app, browser, bob):
    person = browser(bob)
    response = post_form(
        person, "/oauth/logout", {"id_token_hint": hint(app, person), "post_logout_redirect_uri": AFTERWARDS}
    )

    assert response.status_code == 303
    assert signed_in(app, person)  # nothing yet: from another site, this request came without a session
    assert person.get(response["Location"])["Location"] == AFTERWARDS
    assert not signed_in(app, person)


OTHER_ADDRESSES = [
    f"{AFTERWARDS}?x=1",
    f"{AFTERWARDS}#x",
    f"{AFTERWARDS}/",
    f"{AFTERWARDS}\n",
    f"{AFTERWARDS}\0",
    "https://app.example.com/callback",
    "https://evil.example/",
    "https://app.example.com@evil.example/signed-out",
    "http://app.example.com/signed-out",
    "javascript:alert(1)",
    "//evil.example",
    "/",
    "http://localhost.evil.example/",
]


@pytest.mark.spec("RP-Initiated Logout", "3")
@pytest.mark.parametrize("address", OTHER_ADDRESSES, ids=ascii)
def test_lo02_it_goes_nowhere_else(app, browser, bob, address):
    person = browser(bob)
    for parameters in ({"client_id": app.client_id}, {}):
        page = ask(person, post_logout_redirect_uri=address, **parameters)
        assert asks_first(page)
    response = say_yes(person, page)
    assert is_withheld(response, address)
    assert not signed_in(app, person)


@pytest.mark.spec("RP-Initiated Logout", "3")
@pytest.mark.parametrize("address", OTHER_ADDRESSES, ids=ascii)
def test_lo02_the_person_is_signed_out_all_the_same(app, browser, bob, acme, address):
    person = browser(bob)

    response = ask(person, id_token_hint=hint(app, person), post_logout_redirect_uri=address)

    assert is_withheld(response, address)
    assert not signed_in(app, person)
    with scope(tenant=acme):
        event = Event.objects.get(action="session.ended")
    assert event.details["reason"] == "sign_out_url_mismatch"
    assert event.details["client_id"] == app.client_id
    assert event.details["post_logout_redirect_uri"].isprintable()


def test_lo02_the_audit_log_says_why(app, browser, bob, alice):
    person = browser(bob)
    ask(person, id_token_hint=hint(app, person), post_logout_redirect_uri="https://app.example.com/forgotten")

    log = browser(alice).get("/console/events", {"q": "https://app.example.com/forgotten"}).content.decode()

    assert "the address is not a sign-out URL of the client" in log


def test_lo02_who_is_not_signed_in_reads_it_too(app, stranger, acme):
    response = ask(stranger(acme), client_id=app.client_id, post_logout_redirect_uri="https://evil.example/")

    assert is_withheld(response, "https://evil.example/")


def test_lo02_an_application_cannot_use_the_address_of_another(app, other, browser, bob):
    person = browser(bob)

    response = ask(
        person, id_token_hint=hint(app, person), post_logout_redirect_uri="https://other.example/bye"
    )

    assert is_withheld(response, "https://other.example/bye")
    person = browser(bob)
    assert ask(person, id_token_hint=hint(app, person), client_id=other.client_id).status_code == 400
    assert signed_in(app, person)


def test_lo02_a_hint_that_is_not_ours_signs_nobody_out(app, browser, bob, globex, gustav):
    person = browser(bob)
    tokens = app.tokens(person, scope="openid")
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    theirs = Application(*cast.register(globex, consent_method="trusted"))
    hints = {
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "signed by another": jwt.encode(claims, "k" * 64, algorithm="HS256"),
        "an access token": tokens["access_token"],
        "another tenant's": hint(theirs, browser(gustav)),
        "nonsense": "x",
        "not ASCII": "\u00e5.\u00e5.\u00e5",
        "NUL": "\0",
        "cut short": tokens["id_token"][:-4],
        "long": "a" * 20_000,
    }
    for name, value in hints.items():
        response = ask(person, id_token_hint=value, post_logout_redirect_uri=AFTERWARDS)
        assert response.status_code == 400, name
        assert "Location" not in response, name
    assert signed_in(app, person)


@pytest.fixture
def outlived(app, browser, bob, acme):
    """An ID token of bob whose key is not here any more."""
    token = hint(app, browser(bob))
    with scope(tenant=acme):
        SigningKey.rotate(acme, by=cast.OPERATOR)
        kid = jwt.get_unverified_header(token)["kid"]
        SigningKey.objects.filter(kid=kid).delete()
    KeyRing.forget()
    return token


@pytest.mark.parametrize("named", [True, False])
def test_lo05_a_hint_that_outlived_its_key_is_no_hint(app, browser, bob, outlived, named):
    person = browser(bob)
    client_id = {"client_id": app.client_id} if named else {}

    page = ask(person, id_token_hint=outlived, post_logout_redirect_uri=AFTERWARDS, state="s", **client_id)

    assert asks_first(page)
    assert signed_in(app, person)
    response = say_yes(person, page)
    assert (response.status_code, response["Location"]) == (303, f"{AFTERWARDS}?state=s")
    assert not signed_in(app, person)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_lo05_a_silent_renewal_with_it_asks_for_a_sign_in(app, browser, bob, alice, outlived):
    person = browser(bob)

    assert answer(app.authorize(person, prompt="none", id_token_hint=outlived))["error"] == "login_required"
    asked = app.authorize(person, scope="openid", id_token_hint=outlived)
    assert asks_to_sign_in(asked)
    assert "code" in answer(sign_in(person, asked, bob.email))


@pytest.mark.spec("ASVS 5.0", "10.6.2")
@pytest.mark.parametrize(
    "parameters", [{}, {"client_id": "x"}, {"state": "x"}, {"logout_hint": "bob"}], ids=str
)
def test_lo03_without_a_hint_the_person_is_asked(app, browser, bob, parameters):
    person = browser(bob)

    assert asks_first(ask(person, **parameters))
    assert signed_in(app, person)


@pytest.mark.spec("ASVS 5.0", "10.6.2")
def test_lo03_a_hint_about_somebody_else_signs_nobody_out(app, browser, bob, alice):
    person = browser(bob)
    alices = hint(app, browser(alice))

    assert asks_first(ask(person, id_token_hint=alices, post_logout_redirect_uri=AFTERWARDS))
    assert signed_in(app, person)


def test_lo03_the_person_says_yes(app, browser, bob):
    person = browser(bob)
    page = ask(person, client_id=app.client_id, post_logout_redirect_uri=AFTERWARDS, state="s")
    assert "wants to sign you out" in page.content.decode()
    assert "form-action 'self' https:" in page["Content-Security-Policy"]

    response = say_yes(person, page)

    assert response.status_code == 303
    assert response["Location"] == f"{AFTERWARDS}?state=s"
    assert not signed_in(app, person)


@pytest.mark.spec("RFC 6749", "10.12")
def test_lo03_nobody_can_say_yes_for_them(app, browser, bob):
    person = browser(bob)
    person.handler.enforce_csrf_checks = True

    assert post_form(person, "/oauth/logout", {"decision": "sign-out"}).status_code == 403
    assert signed_in(app, person)


def test_lo03_somebody_who_is_not_signed_in_goes_on_at_once(app, stranger):
    nobody = stranger(app.tenant)

    assert ask(nobody, client_id=app.client_id, post_logout_redirect_uri=AFTERWARDS)["Location"] == AFTERWARDS
    assert ask(nobody)["Location"] == "/logout"


def test_lo04_the_session_is_dead_on_the_server(app, browser, bob, settings):
    person = browser(bob)
    cookie = person.cookies[settings.SESSION_COOKIE_NAME].value

    response = ask(person, id_token_hint=hint(app, person))

    assert "no-store" in response["Cache-Control"]
    person.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert answer(app.authorize(person, prompt="none"))["error"] == "login_required"
    assert asks_to_sign_in(app.authorize(person))


@pytest.mark.parametrize(
    "name", ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"]
)
@pytest.mark.parametrize(
    "value",
    [
        "%00",
        "%",
        "%zz",
        "%ff%fe",
        "%ed%a0%80",
        "a" * 600 + "%00",
        "a" * 100_000,
        "a&%s=b",
        "%22%3E%3Csvg%20onload%3E",
    ],
)
def test_it_never_falls_over_a_hostile_parameter(app, browser, bob, name, value):
    person = browser(bob)
    response = person.get(f"/oauth/logout?{name}={value.replace('%s', name)}")

    assert response.status_code in {200, 400}
    assert "<svg onload" not in response.content.decode()
    assert signed_in(app, person)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"decision": "sign-out"}},
        {"data": {"id_token_hint": "x"}},
        {"data": "[]", "content_type": "application/json"},
        {"data": "x", "content_type": "text/plain"},
        {"data": "a%00=1&a%00=2", "content_type": "application/x-www-form-urlencoded"},
    ],
    ids=str,
)
def test_it_answers_a_body_it_cannot_read_with_a_page(app, browser, bob, body):
    person = browser(bob)

    assert person.post("/oauth/logout", **body).status_code == 400
    assert signed_in(app, person)
