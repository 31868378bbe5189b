"""When a person is asked, what they are shown, and what their answer does (S10, P4, N8)."""

from datetime import timedelta

import pytest
from django_scopes import scope

from console.models import Actor, AuthorizationCode, Client, Consent, Event
from tests import cast
from tests.oauth.driver import (
    Application,
    answer,
    asks_for_consent,
    asks_to_sign_in,
    hidden_fields,
    post_form,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(web_client):
    return Application(*web_client)


def text(page):
    return " ".join(page.content.decode().split())


def consents(tenant):
    with scope(tenant=tenant):
        return [
            (consent.user.email, sorted(consent.scopes)) for consent in Consent.objects.select_related("user")
        ]


def codes(tenant):
    with scope(tenant=tenant):
        return AuthorizationCode.objects.count()


# --- When -----------------------------------------------------------------------------------------------------------


def test_it_asks_the_first_time_and_not_again(app, browser, bob):
    person = browser(bob)
    page = app.authorize(person)
    assert asks_for_consent(page)

    assert "code" in app.allow(person, page)

    assert "code" in answer(app.authorize(person))
    assert consents(app.tenant) == [("bob@acme.example", ["user_default"])]


def test_it_asks_each_person_for_themselves(app, browser, bob, alice):
    app.code(browser(bob))

    assert asks_for_consent(app.authorize(browser(alice)))


def test_it_asks_for_each_client(app, browser, bob):
    app.code(browser(bob))

    assert asks_for_consent(Application(*cast.register(app.tenant, name="Another")).authorize(browser(bob)))


def test_it_asks_only_about_what_is_new_and_adds_it_up(app, browser, bob):
    person = browser(bob)
    app.allow(person, app.authorize(person, scope="profile"))

    page = app.authorize(person, scope="profile email")

    new, known = text(page).split("You have already allowed it to")
    assert "See your email address" in new
    assert "See your email address" not in known
    assert "See your name and language" in known
    app.allow(person, page)
    assert consents(app.tenant) == [("bob@acme.example", ["email", "profile"])]
    for fewer in ("profile", "email", "email profile"):
        assert "code" in answer(app.authorize(person, scope=fewer))


def test_it_does_not_ask_about_what_a_granted_scope_contains(acme, browser, bob):
    app = Application(*cast.register(acme, allowed_scopes=["apps", "apps:read", "email"]))
    person = browser(bob)
    app.allow(person, app.authorize(person, scope="apps"))

    assert "code" in answer(app.authorize(person, scope="apps:read"))
    assert asks_for_consent(app.authorize(person, scope="apps:read email"))


def test_it_leaves_out_a_scope_that_has_left_the_catalogue(acme, browser, bob):
    client, secret = cast.register(acme)
    app = Application(cast.registered_earlier(client, allowed_scopes=["apps", "of:old:times"]), secret)
    person = browser(bob)

    assert answer(app.authorize(person, scope="of:old:times"))["error"] == "invalid_scope"
    assert app.tokens(person, scope="apps of:old:times")["scope"] == "apps"
    assert app.tokens(person, scope=None)["scope"] == "apps"


def test_it_asks_about_the_parent_of_a_granted_scope(acme, browser, bob):
    app = Application(*cast.register(acme, allowed_scopes=["apps", "apps:read"]))
    person = browser(bob)
    app.allow(person, app.authorize(person, scope="apps:read"))

    assert asks_for_consent(app.authorize(person, scope="apps"))


@pytest.mark.parametrize(
    "changes", [{}, {"prompt": "consent"}, {"scope": "user_default email offline_access"}], ids=str
)
def test_it_never_asks_about_a_trusted_client(acme, browser, bob, changes):
    app = Application(*cast.register(acme, consent_method="trusted"))

    assert "code" in answer(app.authorize(browser(bob), **changes))
    assert consents(acme) == []


def test_it_asks_again_when_the_client_is_no_longer_trusted(acme, browser, bob):
    client, _secret = pair = cast.register(acme, consent_method="trusted")
    app, person = Application(*pair), browser(bob)
    app.code(person)
    with scope(tenant=acme):
        client.own_connection.change_consent_method("required", by=Actor.operator())

    assert asks_for_consent(app.authorize(person))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_oi03_it_asks_when_the_application_demands_it(app, browser, bob):
    person = browser(bob)
    app.code(person)

    page = app.authorize(person, prompt="consent")

    assert asks_for_consent(page)
    assert "code" in app.allow(person, page)
    assert asks_for_consent(app.authorize(person, prompt="consent"))


def test_it_asks_when_the_answer_would_go_to_another_host(acme, browser, bob):
    addresses = [
        "https://app.example.com/callback",
        "https://app.example.com/two",
        "https://other.example/callback",
    ]
    app, person = Application(*cast.register(acme, redirect_uris=addresses)), browser(bob)
    app.allow(person, app.authorize(person))

    assert "code" in answer(app.authorize(person, redirect_uri=addresses[1]))
    page = app.authorize(person, redirect_uri=addresses[2])
    assert "other.example" in text(page)
    assert "New address" in text(page)
    app.allow(person, page)
    assert "code" in answer(app.authorize(person, redirect_uri=addresses[2]))
    assert "code" in answer(app.authorize(person, redirect_uri=addresses[0]))


def test_it_asks_again_after_consent_was_withdrawn(app, browser, bob):
    person = browser(bob)
    app.code(person)
    with scope(tenant=app.tenant):
        Consent.objects.get().withdraw(by=Actor.operator())

    assert asks_for_consent(app.authorize(person))


# --- What is shown --------------------------------------------------------------------------------------------------


@pytest.mark.spec("ASVS 5.0", "10.7.2")
def test_it_says_who_asks_for_whom_for_what_and_where_the_answer_goes(app, browser, bob):
    page = text(app.authorize(browser(bob), scope="openid profile offline_access"))

    for words in ("Web app", "Acme AB", "Bob", "bob@acme.example", "Not you?", "app.example.com"):
        assert words in page
    assert "See your name and language" in page
    assert "Stay connected when you’re not using it" in page


@pytest.mark.spec("ASVS 5.0", "10.7.2")
@pytest.mark.parametrize(
    ("requested", "words"),
    [
        (
            "profile",
            "Its access lasts for <b>1 hour</b>. After that, it has to send you here again.",
        ),
        ("profile offline_access", "until you revoke it, for <b>180 days</b> at most."),
        ("profile offline_access", "Its access also ends if it is not used for 30 days."),
    ],
)
def test_it_says_for_how_long(app, browser, bob, requested, words):
    assert words in text(app.authorize(browser(bob), scope=requested))


@pytest.mark.spec("ASVS 5.0", "10.7.2")
@pytest.mark.parametrize(
    ("lifetime", "words"), [(60, "1 minute"), (90, "2 minutes"), (7200, "2 hours"), (86400, "1 day")]
)
def test_how_long_is_what_the_operator_has_set(app, browser, bob, settings, lifetime, words):
    settings.ACCESS_TOKEN_LIFETIME = timedelta(seconds=lifetime)
    settings.REFRESH_TOKEN_ABSOLUTE = settings.REFRESH_TOKEN_IDLE = timedelta(days=1)

    assert f"lasts for <b>{words}</b>" in text(app.authorize(browser(bob), scope="profile"))
    away = text(app.authorize(browser(bob), scope="profile offline_access"))
    assert "for <b>1 day</b> at most" in away
    assert "if it is not used" not in away


def test_it_names_the_tenant_that_published_a_client(acme, globex, browser, bob):
    app = connected(globex, acme)

    page = text(app.authorize(browser(bob)))

    assert "Globex" in page
    assert "another organisation" in page


def connected(owner, tenant, **fields):
    """A published client of `owner`, connected to `tenant`."""
    client, secret = cast.register(owner, name="Reports", **fields)
    cast.connect(client, tenant)
    return Application(client, secret, tenant=tenant)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "Bank\u202egnp.exe",
        "Bank\r\nSet-Cookie: a=b",
        "{{ settings.SECRET_KEY }}",
        "%(application)s %s",
        "&lt;b&gt;",
        "x" * 512,
        "\U0001f600" * 100,
    ],
    ids=lambda name: ascii(name)[:30],
)
def test_tn10_it_shows_a_name_as_text_whatever_it_is(acme, browser, bob, name):
    client, secret = cast.register(acme)
    app, person = Application(cast.registered_earlier(client, name=name), secret), browser(bob)

    page = app.authorize(person)

    content = page.content.decode()
    for markup in ("<script>alert", "<img src=x", "<b>gt"):
        assert markup not in content
    assert "a=b" not in str(page.cookies) + str(page.headers)
    assert "<bdi" in content  # a name that runs from right to left turns nothing around but itself
    app.allow(person, page)
    with scope(tenant=acme):
        assert Consent.objects.get().shown["client"] == name


def test_n8_it_keeps_what_the_person_saw(app, browser, bob):
    person = browser(bob)
    app.allow(person, app.authorize(person, scope="profile"))
    app.allow(person, app.authorize(person, scope="profile email", ui_locales="sv"))

    with scope(tenant=app.tenant):
        consent = Consent.objects.get()
    assert consent.shown == {
        "client": "Web app",
        "publisher": "Acme AB",
        "redirect_host": "app.example.com",
        "scopes": ["profile", "email"],
        "new_scopes": ["email"],
        "language": "sv",
    }


# --- The answer -----------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_az29_a_denial_goes_to_the_registered_address_alone(app, browser, bob):
    person = browser(bob)

    given = app.deny(person, app.authorize(person))

    assert (given.where, given["error"], given["iss"]) == (
        app.redirect_uri,
        "access_denied",
        app.tenant.issuer,
    )
    assert given["state"]
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)
    assert asks_for_consent(app.authorize(person))
    with scope(tenant=app.tenant):
        assert Event.objects.filter(action="consent.denied", actor_name="bob@acme.example").count() == 1


def test_az29_a_denial_counts_even_if_the_same_was_allowed_in_another_window(app, browser, bob):
    person = browser(bob)
    one, two = app.authorize(person), app.authorize(person)
    app.allow(person, one)

    assert app.deny(person, two)["error"] == "access_denied"


@pytest.mark.parametrize("decision", ["", "maybe", "ALLOW", "allow ", "\0", "\u00e5"], ids=repr)
def test_an_answer_that_is_neither_gives_nothing(app, browser, bob, decision):
    person = browser(bob)

    response = app.decide(person, app.authorize(person), decision)

    assert asks_for_consent(response)
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


@pytest.mark.spec("RFC 6749", "10.12")
@pytest.mark.parametrize("decision", ["allow", "deny"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}], ids=str)
def test_az27_it_needs_a_token_against_forgery(app, browser, bob, decision, headers):
    person = browser(bob)
    page = app.authorize(person)
    person.handler.enforce_csrf_checks = True
    fields = {**hidden_fields(page), "decision": decision}
    if not headers:
        del fields["csrfmiddlewaretoken"]

    response = person.post(
        app.address(),
        "&".join(f"{name}={value}" for name, value in fields.items()),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )

    assert response.status_code == 403
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


def test_az27_the_page_of_one_person_is_no_answer_of_another(app, browser, bob, alice):
    bobs_page = app.authorize(browser(bob))
    alices_browser = browser(alice)

    response = app.decide(alices_browser, bobs_page, "allow")

    assert asks_for_consent(response)
    assert "has changed since you opened this page" in text(response)
    assert "alice@acme.example" in text(response)
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


def test_az27_nobody_answers_who_is_not_signed_in(app, browser, stranger, bob):
    page = app.authorize(browser(bob))

    assert asks_to_sign_in(app.decide(stranger(app.tenant), page, "allow"))
    assert asks_to_sign_in(app.decide(stranger(app.tenant), page, "deny"))
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


def test_az27_the_page_of_one_request_is_no_answer_to_another(app, browser, bob):
    person = browser(bob)
    shown = hidden_fields(app.authorize(person, scope="profile"))

    for changes in (
        {"scope": "user_default offline_access"},
        {"scope": "profile", "state": "other"},
        {"scope": "profile", "code_challenge": "a" * 43},
        {"scope": "profile", "nonce": "n"},
    ):
        response = post_form(person, app.address(**changes), {**shown, "decision": "allow"})
        assert asks_for_consent(response)
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


@pytest.mark.spec("RFC 6749", "10.12")
def test_az28_what_is_added_to_the_form_changes_nothing(app, browser, bob):
    person = browser(bob)
    page = app.authorize(person, scope="profile")
    other = cast.register(app.tenant, name="Other", redirect_uris=["https://other.example/callback"])[0]

    given = answer(
        app.decide(
            person,
            page,
            "allow",
            scope="user_default offline_access",
            redirect_uri="https://other.example/callback",
            client_id=other.client_id,
            code_challenge="a" * 43,
            state="stolen",
            user="alice@acme.example",
        )
    )

    assert given.where == app.redirect_uri
    assert given["state"] != "stolen"
    assert app.exchange(given["code"]).json()["scope"] == "profile"
    assert consents(app.tenant) == [("bob@acme.example", ["profile"])]


@pytest.mark.parametrize(
    "shown", ["", "x", "0" * 64, "\u00e5", "\0", "a" * 10_000], ids=lambda shown: ascii(shown)[:10]
)
def test_az28_a_changed_seal_is_no_answer(app, browser, bob, shown):
    person = browser(bob)

    assert asks_for_consent(app.decide(person, app.authorize(person), "allow", shown=shown))
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


def test_az28_the_address_of_the_form_is_judged_again(app, browser, bob):
    person = browser(bob)
    shown = hidden_fields(app.authorize(person))

    response = post_form(
        person, app.address(redirect_uri="https://evil.example/"), {**shown, "decision": "allow"}
    )

    assert response.status_code == 400
    assert "Location" not in response


def test_an_answer_to_a_page_that_has_changed_meanwhile_is_asked_again(app, web_client, browser, bob):
    person = browser(bob)
    page = app.authorize(person)
    with scope(tenant=app.tenant):
        Client.objects.get(pk=web_client[0].pk).edit(by=Actor.operator(), name="Another name")

    response = app.decide(person, page, "allow")

    assert "has changed since you opened this page" in text(response)
    assert "Another name" in text(response)
    assert codes(app.tenant) == 0
    assert "code" in app.allow(person, response)


def test_an_answer_after_the_address_was_taken_away_goes_nowhere(app, web_client, browser, bob):
    person = browser(bob)
    page = app.authorize(person)
    with scope(tenant=app.tenant):
        Client.objects.get(pk=web_client[0].pk).edit(
            by=Actor.operator(), redirect_uris=["https://new.example/callback"]
        )

    for decision in ("allow", "deny"):
        assert app.decide(person, page, decision).status_code == 400
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


def test_an_answer_after_the_client_was_disabled_goes_nowhere(app, web_client, browser, bob):
    person = browser(bob)
    page = app.authorize(person)
    with scope(tenant=app.tenant):
        web_client[0].disable(by=Actor.operator())

    assert app.decide(person, page, "allow").status_code == 400
    assert (consents(app.tenant), codes(app.tenant)) == ([], 0)


@pytest.mark.spec("RFC 6749", "3.3")
def test_consent_gives_no_more_than_was_allowed(app, browser, bob):
    tokens = app.tokens(browser(bob), scope="profile")

    assert tokens["scope"] == "profile"
    assert "refresh_token" not in tokens


def test_both_answers_weigh_the_same(app, browser, bob):
    content = text(app.authorize(browser(bob)))

    assert '<button class="button" name="decision" value="deny">' in content
    assert '<button class="button" name="decision" value="allow">' in content
