"""How fresh a sign-in must be, and whose: prompt, max_age and the hints (OpenID Connect Core 1.0 §3.1.2.1)."""

import jwt
import pytest
from django.contrib.sessions.models import Session

from console.http import sessions
from tests import cast
from tests.oauth.driver import (
    Application,
    answer,
    asks_for_consent,
    asks_to_sign_in,
    hidden_fields,
    later,
    post_form,
    sign_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core", "3.1.2.1")]


@pytest.fixture
def trusted(acme):
    return Application(*cast.register(acme, consent_method="trusted"))


@pytest.fixture
def asking(acme):
    return Application(*cast.register(acme))


def claims_of(app, code):
    return jwt.decode(app.exchange(code).json()["id_token"], options={"verify_signature": False})


# --- prompt=none ----------------------------------------------------------------------------------------------------


def test_oi01_silent_it_needs_a_sign_in(trusted, stranger):
    assert answer(trusted.authorize(stranger(trusted.tenant), prompt="none"))["error"] == "login_required"


def test_oi01_silent_it_needs_consent(asking, browser, bob):
    person = browser(bob)
    assert answer(asking.authorize(person, prompt="none"))["error"] == "consent_required"

    asking.allow(person, asking.authorize(person))

    assert "code" in answer(asking.authorize(person, prompt="none"))
    more = answer(asking.authorize(person, prompt="none", scope="user_default email"))
    assert more["error"] == "consent_required"


def test_oi01_silent_it_needs_the_person_of_the_hint(trusted, browser, bob, alice):
    person = browser(bob)
    bobs = trusted.tokens(person, scope="openid")["id_token"]
    alices = trusted.tokens(browser(alice), scope="openid")["id_token"]

    assert "code" in answer(trusted.authorize(person, prompt="none", id_token_hint=bobs))
    assert answer(trusted.authorize(person, prompt="none", id_token_hint=alices))["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["0", "5"])
def test_oi01_silent_it_needs_a_sign_in_that_is_fresh_enough(trusted, browser, bob, time_machine, max_age):
    person = browser(bob)
    later(time_machine, 10)

    assert answer(trusted.authorize(person, prompt="none", max_age=max_age))["error"] == "login_required"
    assert "code" in answer(trusted.authorize(person, prompt="none", max_age="3600"))


@pytest.mark.parametrize("prompt", ["none login", "none consent", "login none", "none bogus", "create none"])
def test_oi01_it_refuses_a_prompt_that_makes_no_sense(trusted, browser, bob, prompt):
    assert answer(trusted.authorize(browser(bob), prompt=prompt))["error"] == "invalid_request"


@pytest.mark.parametrize("prompt", ["create", "admin_consent", "bogus", "None", "\0", " ", "x" * 3000])
def test_oi01_it_ignores_a_prompt_of_another_server(trusted, asking, browser, bob, prompt):
    assert "code" in answer(trusted.authorize(browser(bob), prompt=prompt))
    assert asks_to_sign_in(trusted.authorize(browser(bob), prompt=f"{prompt} login"))
    assert asks_for_consent(asking.authorize(browser(bob), prompt=f"consent {prompt}"))


# --- A fresh sign-in ------------------------------------------------------------------------------------------------

FRESH = {
    "prompt=login": {"prompt": "login"},
    "prompt=select_account": {"prompt": "select_account"},
    "prompt=login consent": {"prompt": "login consent"},
    "max_age=0": {"max_age": "0"},
}


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
def test_oi02_it_asks_somebody_who_is_signed_in_to_sign_in_again(
    trusted, browser, bob, time_machine, changes
):
    person = browser(bob)
    before = claims_of(trusted, trusted.code(person, scope="openid"))["auth_time"]
    later(time_machine, 100)

    given = answer(sign_in(person, trusted.authorize(person, scope="openid", **changes), bob.email))

    assert claims_of(trusted, given["code"])["auth_time"] >= before + 100


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
def test_oi02_it_asks_a_stranger_once(trusted, stranger, bob, changes):
    person = stranger(trusted.tenant)

    assert "code" in answer(sign_in(person, trusted.authorize(person, **changes), bob.email))


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
def test_oi02_it_asks_again_at_the_next_request(trusted, browser, bob, changes):
    person = browser(bob)
    answer(sign_in(person, trusted.authorize(person, **changes), bob.email))

    assert asks_to_sign_in(trusted.authorize(person, **changes))


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
def test_oi02_it_is_not_satisfied_by_loading_the_address_again(trusted, browser, bob, changes):
    person = browser(bob)
    for _ in range(3):
        assert asks_to_sign_in(trusted.authorize(person, **changes))


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
@pytest.mark.parametrize("app", ["trusted", "asking"])
def test_oi02_a_hand_made_answer_does_not_stand_in_for_a_sign_in(request, browser, bob, changes, app):
    """Whoever finds an open session has a token against forgery too, and can post what they like."""
    app = request.getfixturevalue(app)
    person = browser(bob)
    old = hidden_fields(app.authorize(person)) if app.authorize(person).status_code == 200 else {}
    for fields in ({}, {"shown": ""}, {"shown": "0" * 64}, old):
        response = post_form(person, app.address(**changes), {**fields, "decision": "allow"})

        assert asks_to_sign_in(response)


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
def test_oi02_consent_after_a_fresh_sign_in_goes_through(asking, browser, bob, changes):
    person = browser(bob)

    page = sign_in(person, asking.authorize(person, **changes), bob.email)

    assert "code" in asking.allow(person, page)


# --- What waits for a fresh sign-in, in the browser's cookie --------------------------------------------------------


@pytest.mark.parametrize("changes", [*FRESH.values(), {"id_token_hint": "alice"}], ids=str)
def test_a_stranger_who_is_sent_to_sign_in_leaves_no_row(trusted, stranger, browser, alice, changes):
    if "id_token_hint" in changes:
        changes = {"id_token_hint": trusted.tokens(browser(alice), scope="openid")["id_token"]}
    before = Session.objects.count()
    for number in range(3):
        assert asks_to_sign_in(trusted.authorize(stranger(trusted.tenant), state=str(number), **changes))

    assert Session.objects.count() == before


def test_its_cookie_stays_with_the_host_and_out_of_reach_of_scripts(trusted, stranger):
    cookie = trusted.authorize(stranger(trusted.tenant), prompt="login").cookies[sessions.WAITING_COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]
    assert (cookie["path"], cookie["max-age"]) == ("/", 3600)


def test_its_cookie_stays_small_however_many_requests_wait(trusted, stranger, bob):
    person = stranger(trusted.tenant)
    for number in range(60):
        asked = trusted.authorize(person, prompt="login", state=f"{number}{'x' * 1000}")

        assert len(person.cookies[sessions.WAITING_COOKIE].value) < 2000
    assert "code" in answer(sign_in(person, asked, bob.email))


def test_its_cookie_goes_with_the_sign_in(trusted, stranger, bob):
    person = stranger(trusted.tenant)
    sign_in(person, trusted.authorize(person, prompt="login"), bob.email)

    assert person.cookies[sessions.WAITING_COOKIE].value == ""


def test_several_requests_wait_for_one_sign_in(trusted, stranger, bob):
    person = stranger(trusted.tenant)
    asked = [trusted.authorize(person, prompt="login", state=str(number)) for number in range(3)]

    assert "code" in answer(sign_in(person, asked[0], bob.email))
    for number in (1, 2):
        assert "code" in answer(trusted.authorize(person, prompt="login", state=str(number)))
        assert asks_to_sign_in(trusted.authorize(person, prompt="login", state=str(number)))


@pytest.mark.parametrize("changes", FRESH.values(), ids=FRESH)
def test_oi02_a_cookie_from_before_makes_no_old_sign_in_fresh(trusted, stranger, bob, changes):
    """Whoever sits down at an open session has its cookies too, and whatever cookies were kept from before."""
    person = stranger(trusted.tenant)
    asked = trusted.authorize(person, **changes)
    before = person.cookies[sessions.WAITING_COOKIE].value
    assert "code" in answer(sign_in(person, asked, bob.email))

    for _ in range(2):
        person.cookies[sessions.WAITING_COOKIE] = before
        assert asks_to_sign_in(trusted.authorize(person, **changes))


def test_oi02_a_cookie_of_another_browser_makes_no_sign_in_fresh(trusted, stranger, browser, bob, alice):
    elsewhere = stranger(trusted.tenant)
    asks_to_sign_in(trusted.authorize(elsewhere, prompt="login"))
    person = browser(bob)
    person.cookies[sessions.WAITING_COOKIE] = elsewhere.cookies[sessions.WAITING_COOKIE].value

    assert asks_to_sign_in(trusted.authorize(person, prompt="login"))


def test_what_waits_in_one_tenant_does_not_wait_in_another(trusted, stranger, globex, mallory):
    """The same request, word for word, at two tenants that share a published client."""
    client = cast.publish(globex, allowed_scopes=["user_default", "openid"])
    cast.connect(client, trusted.tenant, consent_method="trusted")
    here, there = stranger(trusted.tenant), stranger(globex)
    address = Application(client).address(prompt="login")
    here.get(address)
    there.cookies[sessions.WAITING_COOKIE] = here.cookies[sessions.WAITING_COOKIE].value
    there.post("/login", {"email": mallory.email, "password": cast.PASSWORD})

    assert asks_to_sign_in(there.get(address))


def test_what_waits_waits_an_hour_and_no_longer(trusted, stranger, bob, time_machine):
    early, late, idle = (stranger(trusted.tenant) for _ in range(3))
    for person in (early, late):
        trusted.authorize(person, prompt="login")
    later(time_machine, 3599)
    early.post("/login", {"email": bob.email, "password": cast.PASSWORD})
    assert "code" in answer(trusted.authorize(early, prompt="login"))

    later(time_machine, 2)
    late.post("/login", {"email": bob.email, "password": cast.PASSWORD})
    assert asks_to_sign_in(trusted.authorize(late, prompt="login"))

    trusted.authorize(idle, prompt="login")
    idle.post("/login", {"email": bob.email, "password": cast.PASSWORD})
    later(time_machine, 3601)
    assert asks_to_sign_in(trusted.authorize(idle, prompt="login"))


@pytest.mark.parametrize("forged", ["", "x", "eyJhIjoxfQ:1abc:xyz", "." * 3000])
def test_a_forged_cookie_says_nothing(trusted, stranger, bob, forged):
    person = stranger(trusted.tenant)
    person.cookies[sessions.WAITING_COOKIE] = forged

    assert "code" in answer(sign_in(person, trusted.authorize(person, prompt="login"), bob.email))


def test_oi02_it_measures_max_age_from_the_sign_in(trusted, browser, bob, time_machine):
    person = browser(bob)
    assert "code" in answer(trusted.authorize(person, max_age="60"))
    later(time_machine, 61)

    given = answer(sign_in(person, trusted.authorize(person, scope="openid", max_age="60"), bob.email))

    assert "auth_time" in claims_of(trusted, given["code"])
    assert "code" in answer(trusted.authorize(person, max_age="60"))


def test_oi02_an_edited_max_age_does_not_move_the_time_that_the_application_sees(
    trusted, browser, bob, time_machine
):
    person = browser(bob)
    later(time_machine, 100)

    claims = claims_of(trusted, answer(trusted.authorize(person, scope="openid", max_age="1000"))["code"])

    assert claims["iat"] - claims["auth_time"] >= 100


@pytest.mark.parametrize(
    "max_age", ["-1", "1.5", "abc", "1e3", "\u0661", "1\n", " 1", "9" * 30, "\0"], ids=repr
)
def test_oi02_it_refuses_a_max_age_that_is_no_number(trusted, browser, bob, max_age):
    assert answer(trusted.authorize(browser(bob), max_age=max_age))["error"] == "invalid_request"


# --- Whose sign-in --------------------------------------------------------------------------------------------------


def test_oi01_it_asks_for_the_person_of_the_hint_to_sign_in(trusted, browser, bob, alice):
    person = browser(bob)
    alices = trusted.tokens(browser(alice), scope="openid")["id_token"]

    asked = trusted.authorize(person, scope="openid", id_token_hint=alices)
    given = answer(sign_in(person, asked, alice.email))

    assert claims_of(trusted, given["code"])["sub"] == str(alice.pk)


@pytest.mark.parametrize("changes", [{}, {"prompt": "login"}, {"max_age": "0"}], ids=str)
def test_oi01_it_says_so_when_somebody_else_signs_in_instead_of_asking_for_ever(
    trusted, browser, bob, alice, stranger, changes
):
    alices = trusted.tokens(browser(alice), scope="openid")["id_token"]
    for person in (browser(bob), stranger(trusted.tenant)):
        response = trusted.authorize(person, id_token_hint=alices, **changes)
        for _ in range(2):
            if asks_to_sign_in(response):
                response = sign_in(person, response, bob.email)

        assert answer(response)["error"] == "login_required"


def test_oi01_an_expired_id_token_is_still_a_hint(trusted, browser, bob, time_machine):
    hint = trusted.tokens(browser(bob), scope="openid")["id_token"]
    later(time_machine, 2 * 3600)

    assert "code" in answer(trusted.authorize(browser(bob), prompt="none", id_token_hint=hint))


@pytest.mark.spec("RFC 8725", "3.1")
def test_jw05_a_hint_that_is_no_id_token_of_ours_is_refused(trusted, browser, bob, globex, gustav, stranger):
    tokens = trusted.tokens(browser(bob), scope="openid")
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    kid = jwt.get_unverified_header(tokens["id_token"])["kid"]
    [public] = [
        key
        for key in stranger(trusted.tenant).get("/.well-known/jwks.json").json()["keys"]
        if key["kid"] == kid
    ]
    theirs = Application(*cast.register(globex, consent_method="trusted"))
    head, body, signature = tokens["id_token"].split(".")
    hints = {
        "not a token": "x",
        "empty parts": "..",
        "not ASCII": "\u00e5.\u00e5.\u00e5",
        "NUL": "\0",
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "signed with the public key": jwt.encode(
            claims, public["n"], algorithm="HS256", headers={"kid": kid}
        ),
        "signed by another key": jwt.encode(claims, "k" * 64, algorithm="HS256"),
        "an access token": tokens["access_token"],
        "another tenant's": theirs.tokens(browser(gustav), scope="openid")["id_token"],
        "changed": f"{head}.{body[:-2]}xx.{signature}",
        "cut short": tokens["id_token"][:-5],
        "long": "a" * 9000,
    }
    for name, hint in hints.items():
        for changes in ({}, {"prompt": "none"}):
            given = answer(trusted.authorize(browser(bob), id_token_hint=hint, **changes))
            assert given["error"] == "invalid_request", name


# --- Hints about the page -------------------------------------------------------------------------------------------


def test_oi04_it_accepts_what_it_makes_no_use_of(trusted, browser, bob):
    response = trusted.authorize(
        browser(bob),
        login_hint="bob@acme.example",
        ui_locales="sv en",
        claims_locales="sv",
        acr_values="urn:mace:incommon:iap:silver",
        display="popup",
        claims='{"id_token": {"unknown": {"essential": true}}}',
    )

    assert "code" in answer(response)


def test_oi04_it_speaks_the_language_the_application_asks_for(asking, browser, bob, stranger):
    person = browser(bob)

    assert '<html lang="sv"' in asking.authorize(person, ui_locales="fr sv-SE en").content.decode()
    assert '<html lang="en"' in asking.authorize(person, ui_locales="xx").content.decode()
    nobody = stranger(asking.tenant)
    assert (
        '<html lang="sv"'
        in nobody.get(asking.authorize(nobody, ui_locales="sv")["Location"]).content.decode()
    )


@pytest.mark.parametrize(
    "hint", ["bob@acme.example", '"><svg onload=alert(1)>', "a" * 3000, "\0x", "\u202e"], ids=len
)
def test_oi04_it_fills_in_the_login_hint(asking, stranger, hint):
    person = stranger(asking.tenant)

    page = person.get(asking.authorize(person, login_hint=hint)["Location"])

    assert page.status_code == 200
    assert "<svg onload" not in page.content.decode()
    if hint.startswith("bob"):
        assert 'value="bob@acme.example"' in page.content.decode()


def test_oi06_there_is_no_id_token_without_openid(trusted, browser, bob):
    assert "id_token" not in trusted.tokens(browser(bob), scope="user_default profile")
    assert "id_token" in trusted.tokens(browser(bob), scope="openid")


@pytest.mark.spec("OpenID Connect Core", "2")
@pytest.mark.parametrize("nonce", ["n", "\u00e5 & <b>", "x" * 255])
def test_jw03_it_gives_the_nonce_back(trusted, browser, bob, nonce):
    assert claims_of(trusted, trusted.code(browser(bob), scope="openid", nonce=nonce))["nonce"] == nonce


@pytest.mark.parametrize("nonce", ["x" * 256, "a\0b"], ids=len)
def test_jw03_it_refuses_a_nonce_it_cannot_keep(trusted, browser, bob, nonce):
    assert answer(trusted.authorize(browser(bob), nonce=nonce))["error"] == "invalid_request"


def test_a_signed_out_person_sees_no_consent_page(asking, stranger):
    response = asking.authorize(stranger(asking.tenant))

    assert asks_to_sign_in(response)
    assert not asks_for_consent(response)
