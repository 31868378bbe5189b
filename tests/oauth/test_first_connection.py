"""The first sign-in with an outside client: an administrator of this tenant approves, or nobody gets in (S9, N6)."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from django.utils.html import escape
from django_scopes import scope

from console.models import (
    Actor,
    AuthorizationCode,
    Connection,
    ConnectionRequest,
    ConnectionRequester,
    Consent,
    Event,
    NotPublished,
    Tenant,
)
from tests import cast
from tests.oauth.driver import (
    Application,
    answer,
    asks_for_approval,
    asks_for_consent,
    can_ask,
    hidden_fields,
    post_form,
    sign_in,
)
from tests.oauth.outcomes import assert_refused, is_alive
from tests.oauth.signed import decoded

pytestmark = pytest.mark.django_db
OFFERED = ["openid", "email", "offline_access", "apps:read", "apps:export"]


class Portal(Application):
    """Asks for something that it offers, if nothing else is said."""

    def address(self, **changes):
        return super().address(**{"scope": "openid apps:read"} | changes)


@pytest.fixture
def portal(globex):
    client, secret = cast.register(globex, name="Report portal", allowed_scopes=OFFERED)
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return client, secret


@pytest.fixture
def app(portal, acme):
    """The published client of globex, as it is used in acme."""
    return Portal(*portal, tenant=acme)


@pytest.fixture
def alices(browser, alice):
    return browser(alice)


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def connections(tenant: Tenant):
    with scope(tenant=tenant):
        return list(Connection.objects.exclude(client__tenant=tenant))


def actions(tenant):
    with scope(tenant=tenant):
        return [event.action for event in Event.objects.order_by("id")]


# --- An administrator -------------------------------------------------------------------------------------------


def test_an_administrator_approves_then_consents_and_the_application_gets_its_tokens(
    app, alices, alice, acme
):
    page = app.authorize(alices, scope="openid apps:read")
    assert asks_for_approval(page)

    approved = app.approve(alices, page)
    assert approved.status_code == 303
    consent = alices.get(approved["Location"])
    given = app.allow(alices, consent)
    tokens = app.exchange(given["code"]).json()

    assert given["iss"] == acme.issuer
    assert app.userinfo(tokens["access_token"]).json()["sub"] == str(alice.pk)
    [connection] = connections(acme)
    assert (connection.status, connection.consent_method) == ("approved", "required")
    assert connection.approved_by == alice
    assert connection.scopes == OFFERED
    assert connection.expires_at is None


def test_the_next_person_is_only_asked_for_consent(app, alices, bobs):
    app.approve(alices, app.authorize(alices))

    assert asks_for_consent(app.authorize(bobs, scope="openid"))


def test_trusted_means_that_nobody_is_asked(app, alices, bobs):
    app.approve(alices, app.authorize(alices), consent_method="trusted")

    assert "code" in answer(app.authorize(bobs, scope="openid"))


def test_the_person_signs_in_first_and_sees_it_then(app, acme, stranger, alice):
    person = stranger(acme)

    page = sign_in(person, app.authorize(person), alice.email)

    assert asks_for_approval(page)


def test_fewer_scopes_are_all_that_it_gets(app, alices, bobs, acme):
    app.approve(alices, app.authorize(alices), scopes=["apps:read", "email"])

    tokens = app.tokens(bobs, scope="openid offline_access apps:read apps:export")

    assert set(tokens["scope"].split()) == {"openid", "apps:read"}
    assert "refresh_token" not in tokens
    [connection] = connections(acme)
    assert set(connection.scopes) == {"openid", "email", "apps:read"}


def test_nothing_outside_the_offer_can_be_ticked(app, alices, acme):
    app.approve(alices, app.authorize(alices), scopes=["apps:read", "admin_classic", "user_default"])

    [connection] = connections(acme)
    assert set(connection.scopes) == {"openid", "apps:read"}


@pytest.mark.parametrize(
    "fields",
    [
        {"consent_method": None},
        {"consent_method": "never"},
        {"until": "yesterday"},
        {"until": "2020-01-01"},
        {"until": "2030-02-31"},
        {"until": "9999-99-99"},
    ],
    ids=str,
)
def test_an_incomplete_answer_comes_back_with_422(app, alices, acme, fields):
    response = app.approve(alices, app.authorize(alices), **fields)

    assert response.status_code == 422
    assert asks_for_approval(response)
    assert connections(acme) == []


def test_something_must_remain(acme, globex, alices):
    client, _ = cast.register(globex, allowed_scopes=["apps:read"])
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    app = Application(client, tenant=acme)

    response = app.approve(alices, app.authorize(alices, scope="apps:read"), scopes=None)

    assert response.status_code == 422
    assert connections(acme) == []


def test_until_a_date_and_then_it_is_a_first_connection_again(
    app, portal, alices, browser, alice, bob, acme, time_machine
):
    now = timezone.now()
    day = (timezone.localtime(now) + timedelta(days=2)).date()
    app.approve(alices, app.authorize(alices), until=day.isoformat())
    tokens = app.tokens(browser(bob), scope="openid offline_access")
    [connection] = connections(acme)
    assert timezone.localtime(connection.expires_at).date() == day

    time_machine.move_to(connection.expires_at + timedelta(seconds=1), tick=False)

    assert app.refresh(tokens["refresh_token"]).status_code == 401
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert can_ask(app.authorize(browser(bob)))
    alices_again = browser(alice)
    page = app.authorize(alices_again)
    assert asks_for_approval(page)
    app.approve(alices_again, page)
    assert len(connections(acme)) == 1
    assert asks_for_consent(app.authorize(browser(alice)))
    # What was given under the earlier approval is over.
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_denying_connects_nothing_and_tells_the_application_nothing(app, alices, acme, globex):
    response = app.approve(alices, app.authorize(alices), "deny")

    assert response.status_code == 200
    assert sends_nobody_anywhere(response)
    assert "You decided not to connect" in response.content.decode()
    assert connections(acme) == []
    assert "connection.denied" in actions(acme)
    assert "client.connected" not in actions(globex)
    assert asks_for_approval(app.authorize(alices))  # asked again the next time


@pytest.mark.spec("ASVS 5.0", "10.4.16")
def test_a_client_that_changed_while_the_page_was_open_is_shown_again(app, portal, alices, acme, globex):
    page = app.authorize(alices)
    with scope(tenant=globex):
        portal[0].edit(by=Actor.operator(), allowed_scopes=[*OFFERED, "admin_classic"])

    again = app.approve(alices, page)

    assert asks_for_approval(again)
    assert "has changed since" in again.content.decode()
    assert connections(acme) == []
    app.approve(alices, again)
    assert "admin_classic" in connections(acme)[0].scopes


def test_a_client_that_is_gone_while_the_page_was_open_is_not_connected(app, portal, alices, acme, globex):
    page = app.authorize(alices)
    with scope(tenant=globex):
        portal[0].unpublish(by=Actor.operator(), connected_stay=False)

    assert app.approve(alices, page).status_code == 400
    assert connections(acme) == []


def test_what_somebody_wrote_is_not_lost_when_the_client_changes_under_it(app, portal, bobs, acme, globex):
    page = app.authorize(bobs)
    with scope(tenant=globex):
        portal[0].edit(by=Actor.operator(), allowed_scopes=[*OFFERED, "admin_classic"])

    again = app.ask(bobs, page, reason="For <the> board")

    assert again.status_code == 422
    assert "has changed since" in again.content.decode()
    assert ">For &lt;the&gt; board</textarea>" in again.content.decode()
    with scope(tenant=acme):
        assert not ConnectionRequest.objects.exists()


@pytest.mark.parametrize("end", ["unpublish", "disable", "remove"])
def test_nobody_asks_for_what_its_owner_takes_away_in_the_same_moment(portal, bob, acme, globex, end):
    client, _secret = portal
    with scope(tenant=globex):
        getattr(client, end)(by=Actor.operator(), **({"connected_stay": False} if end == "unpublish" else {}))

    with scope(tenant=acme):
        with pytest.raises(NotPublished):
            ConnectionRequest.ask(bob, client, reason="", by=Actor(user=bob))
        assert not ConnectionRequest.objects.exists()


@pytest.mark.spec("ASVS 5.0", "3.5.1")
def test_a_form_of_another_site_approves_nothing(app, alice, acme):
    strict = Browser(enforce_csrf_checks=True, headers={"host": cast.host_of(acme)})
    strict.cookies[settings.SESSION_COOKIE_NAME] = (
        cast.signed_in_as(alice).cookies[settings.SESSION_COOKIE_NAME].value
    )
    page = app.authorize(strict)
    seal = {"shown": hidden_fields(page)["shown"]}

    response = post_form(strict, app.address(), seal | {"decision": "approve", "consent_method": "trusted"})

    assert response.status_code == 403
    assert connections(acme) == []


@pytest.mark.parametrize("shown", ["", "0" * 64, "of another address", "of another person"])
def test_a_form_that_answers_no_page_approves_nothing(app, browser, alices, acme, shown):
    if shown == "of another address":
        shown = hidden_fields(app.authorize(alices, state="another"))["shown"]
    if shown == "of another person":
        dora = browser(cast.join(acme, "dora", "administrator"))
        shown = hidden_fields(app.authorize(dora))["shown"]

    response = post_form(
        alices, app.address(), {"shown": shown, "decision": "approve", "consent_method": "trusted"}
    )

    assert asks_for_approval(response)
    assert connections(acme) == []


def test_what_is_asked_of_an_administrator_leads_to_the_application_and_nowhere_else(app, alices):
    page = app.authorize(alices)

    policy = page["Content-Security-Policy"]
    [targets] = [part for part in policy.split(";") if "form-action" in part]
    assert targets.split()[1:] == ["'self'", "https:"]


# --- Somebody else ----------------------------------------------------------------------------------------------


def test_somebody_who_may_not_approve_asks_and_all_who_ask_share_one_request(
    app, bobs, browser, acme, alice, mailoutbox
):
    edda = browser(cast.join(acme, "edda"))

    first = app.ask(bobs, app.authorize(bobs), "Monthly\nreports")
    second = app.ask(edda, app.authorize(edda), "Me too")

    assert first.status_code == second.status_code == 303
    with scope(tenant=acme):
        wish = ConnectionRequest.objects.get()
        assert wish.status == "open"
        assert [
            (each.user.email, each.reason) for each in ConnectionRequester.objects.order_by("asked_at")
        ] == [
            ("bob@acme.example", "Monthly\nreports"),
            ("edda@acme.example", "Me too"),
        ]
    assert [mail.to for mail in mailoutbox] == [
        [alice.email]
    ]  # once, for the request and not for each who joins
    assert connections(acme) == []
    assert not can_ask(app.authorize(bobs))


def test_asking_twice_is_one_wish(app, bobs, acme):
    page = app.authorize(bobs)

    app.ask(bobs, page, "One")
    app.ask(bobs, page, "Two")

    with scope(tenant=acme):
        assert [each.reason for each in ConnectionRequester.objects.all()] == ["Two"]
        assert Event.objects.filter(action="connection.requested").count() == 1


def test_the_approval_answers_the_request_and_a_removal_opens_the_way_for_another(app, alices, bobs, acme):
    app.ask(bobs, app.authorize(bobs))
    app.approve(alices, app.authorize(alices))

    with scope(tenant=acme):
        assert [each.status for each in ConnectionRequest.objects.all()] == ["approved"]
        Connection.objects.get(client__name="Report portal").remove(by=Actor.operator())
    app.ask(bobs, app.authorize(bobs))
    with scope(tenant=acme):
        assert sorted(each.status for each in ConnectionRequest.objects.all()) == ["approved", "open"]


@pytest.mark.parametrize("role", ["user", "auditor"])
@pytest.mark.parametrize("decision", ["approve", "deny", "allow", "", "ask "])
def test_tn01_only_an_administrator_can_approve_or_deny(app, browser, acme, role, decision):
    person = browser(cast.join(acme, "frida", role))
    page = app.authorize(person)

    response = post_form(
        person,
        app.address(),
        {**hidden_fields(page), "decision": decision, "consent_method": "trusted", "scopes": "apps:read"},
    )

    assert can_ask(response)
    assert connections(acme) == []
    with scope(tenant=acme):
        assert not ConnectionRequest.objects.exists()
        assert not Event.objects.filter(action="connection.denied").exists()


def test_a_reason_keeps_its_lines_and_no_more_empty_ones_than_it_needs(app, bobs, acme):
    app.ask(bobs, app.authorize(bobs), " a\r\nb\r\n\r\n \r\n\r\n\r\nc ")

    with scope(tenant=acme):
        assert ConnectionRequester.objects.get().reason == "a\nb\n\nc"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("x" * 1001, "This is too long: at most 1000 characters."),
        ("Because\x1b[31m", "invisible or misleading character, U+001B"),
        ("Because\x07", "U+0007"),
        ("Because \u202eyas I", "U+202E"),
        ("Because\u2066 I say", "U+2066"),
        ("\u2800\u2800", "U+2800"),
        ("a\U000e0061", "U+E0061"),
        ("nul\0", "U+0000"),
    ],
    ids=ascii,
)
def test_a_reason_that_is_not_taken_comes_back_with_a_sentence_beside_it(app, bobs, acme, reason, sentence):
    answered = app.ask(bobs, app.authorize(bobs), reason)

    page = answered.content.decode()
    assert answered.status_code == 422
    assert sentence in page.partition('id="id_reason_error">')[2].partition("</p>")[0]
    assert escape(reason) in page
    assert 'aria-invalid="true"' in page
    with scope(tenant=acme):
        assert not ConnectionRequester.objects.exists()
    assert (
        app.ask(
            bobs,
            app.authorize(bobs),
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ).status_code
        == 303
    )


# --- What does not get that far ---------------------------------------------------------------------------------


def sends_nobody_anywhere(response):
    """A page of ours: no redirect, no address of the application in it that a form or a link could lead to."""
    return (
        "Location" not in response
        and "Refresh" not in response
        and cast.REDIRECT_URL not in response.content.decode()
        and "form-action 'self';" in response["Content-Security-Policy"] + ";"
    )


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_with_prompt_none_it_is_not_told_whether_somebody_is_signed_in(app, alices, bobs, stranger, acme):
    people = [alices, bobs, stranger(acme)]

    pages = [app.authorize(person, prompt="none") for person in people]

    for page in pages:
        assert page.status_code == 400
        assert sends_nobody_anywhere(page)
        assert "is not connected to Acme AB yet" in page.content.decode()
    assert len({re.findall("<main.*</main>", page.content.decode(), re.DOTALL)[0] for page in pages}) == 1


WRONG = {
    "unknown scope": {"scope": "no:such:scope"},
    "scope of others": {"scope": "admin_classic"},
    "malformed scope": {"scope": 'a"b'},
    "no PKCE": {"code_challenge": None},
    "plain PKCE": {"code_challenge_method": "plain"},
    "another response type": {"response_type": "token"},
    "no response type": {"response_type": None},
    "another response mode": {"response_mode": "jwt"},
    "a request object": {"request": "x"},
    "repeated": {"nonce": ["1", "2"]},
    "bad prompt": {"prompt": "none login"},
    "bad max_age": {"max_age": "-1"},
    "bad hint": {"id_token_hint": "x"},
    "long nonce": {"nonce": "x" * 300},
}


@pytest.mark.spec("RFC 9700", "4.11.2")
@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_a_page_until_the_tenant_has_approved(app, alices, stranger, acme, changes):
    for person in (alices, stranger(acme)):
        page = app.authorize(person, **changes)

        assert page.status_code == 400
        assert sends_nobody_anywhere(page)
        assert "is not connected to Acme AB yet" in page.content.decode()
    with scope(tenant=acme):
        [refusal, _other] = Event.objects.filter(action="authorization.refused").order_by("id")
        assert refusal.details["reason"]

    app.approve(alices, app.authorize(alices))
    assert "error" in answer(app.authorize(alices, **changes))


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_it_is_a_page_again_when_the_approval_has_ended(app, alices, acme):
    app.approve(alices, app.authorize(alices))
    with scope(tenant=acme):
        Connection.objects.exclude(client__tenant=acme).get().remove(by=Actor.operator())

    assert sends_nobody_anywhere(app.authorize(alices, prompt="none"))


def test_s7_a_client_that_is_not_published_is_unknown(acme, globex, alices):
    app = Application(*cast.register(globex, name="Private"), tenant=acme)

    page = app.authorize(alices)

    assert page.status_code == 400
    assert "Private" not in page.content.decode()


def test_a_client_that_its_owner_disabled_cannot_be_connected(app, portal, alices, globex):
    with scope(tenant=globex):
        portal[0].disable(by=Actor.operator())

    assert app.authorize(alices).status_code == 400


def test_what_was_removed_begins_anew_with_consent_too(app, alices, bobs, acme):
    app.approve(alices, app.authorize(alices))
    tokens = app.tokens(bobs, scope="openid offline_access")
    with scope(tenant=acme):
        Connection.objects.get(client__name="Report portal").remove(by=Actor.operator())
        assert not Consent.objects.exists()

    assert app.refresh(tokens["refresh_token"]).status_code == 401
    assert can_ask(app.authorize(bobs))
    app.approve(alices, app.authorize(alices))
    assert asks_for_consent(app.authorize(bobs))
    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")


def test_what_was_blocked_is_refused_even_to_administrators(app, alices, bobs, acme):
    app.approve(alices, app.authorize(alices))
    page = app.authorize(bobs)
    with scope(tenant=acme):
        Connection.objects.get(client__name="Report portal").block(by=Actor.operator())

    for person in (alices, bobs):
        refused = app.authorize(person)
        assert refused.status_code == 400
        assert "has blocked" in refused.content.decode()
    assert app.decide(bobs, page, "allow").status_code == 400
    with scope(tenant=acme):
        assert not AuthorizationCode.objects.exists()
        assert not Consent.objects.exists()


# --- Machines ---------------------------------------------------------------------------------------------------


@pytest.fixture
def machine(globex, acme):
    """A published client that people sign in with and that also works by itself."""
    client, secret = cast.register(globex, **cast.machines_too(allowed_scopes=["openid", "apps:read"]))
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return Application(client, secret, tenant=acme)


@pytest.mark.spec("RFC 6749", "4.4")
def test_a_machine_gets_nothing_before_and_nothing_without_trust(machine, alices, acme):
    assert machine.token(grant_type="client_credentials").status_code == 401

    machine.approve(alices, machine.authorize(alices, scope="openid"), consent_method="required")
    assert_refused(machine.token(grant_type="client_credentials"), "unauthorized_client")

    with scope(tenant=acme):
        Connection.objects.get().change_consent_method("trusted", by=Actor.operator())
    token = machine.token(grant_type="client_credentials").json()["access_token"]
    assert is_alive(machine, token)
    assert decoded(token)[1]["iss"] == acme.issuer


def test_the_page_says_that_a_machine_is_coming(machine, alices):
    assert "(machine-to-machine)" in machine.authorize(alices, scope="openid").content.decode()


def test_a_machine_has_no_more_than_was_approved(machine, alices):
    machine.approve(alices, machine.authorize(alices, scope="openid"), consent_method="trusted", scopes=None)

    assert_refused(machine.token(grant_type="client_credentials", scope="apps:read"), "invalid_scope")
