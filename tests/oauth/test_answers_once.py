"""An answer of a person counts once, however often and however quickly it is sent (AZ-27)."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import AuthorizationCode, Connection, ConnectionRequest, Consent, Event, UsedAnswer
from tests import cast
from tests.oauth.driver import (
    Application,
    answer,
    asks_for_approval,
    asks_for_consent,
    asks_to_sign_in,
    hidden_fields,
    later,
    post_form,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def native(native_client):
    """Its people are asked every time, because any program on the device could be asking."""
    return Application(*native_client)


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def codes(tenant):
    with scope(tenant=tenant):
        return AuthorizationCode.objects.count()


@pytest.mark.parametrize("changes", [{}, {"prompt": "consent"}], ids=str)
def test_the_same_answer_sent_again_is_asked_about_again(native, bobs, changes):
    native.allow(bobs, native.authorize(bobs))  # from now on the page says the same each time
    page = native.authorize(bobs, **changes)
    native.allow(bobs, page)

    for _ in range(2):
        again = native.decide(bobs, page, "allow")
        assert asks_for_consent(again)
        assert "was already sent" in again.content.decode()
    assert codes(native.tenant) == 2
    assert "code" in native.allow(bobs, again)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize(
    "changes", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "login consent"}], ids=str
)
def test_an_answer_that_is_sent_again_does_not_stand_in_for_a_sign_in(native, bobs, bob, changes):
    native.allow(bobs, native.authorize(bobs))
    page = sign_in(bobs, native.authorize(bobs, **changes), bob.email)
    native.allow(bobs, page)

    for _ in range(2):
        assert asks_to_sign_in(native.decide(bobs, page, "allow"))
    assert codes(native.tenant) == 2


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_one_fresh_sign_in_is_one_code_however_many_pages_it_opened(native, bobs, bob):
    native.allow(bobs, native.authorize(bobs))
    one = sign_in(bobs, native.authorize(bobs, prompt="login"), bob.email)
    two = native.authorize(bobs, prompt="login")
    assert asks_for_consent(two)
    native.allow(bobs, one)

    assert asks_to_sign_in(native.decide(bobs, two, "allow"))
    assert codes(native.tenant) == 2


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_a_session_that_was_read_a_moment_too_early_makes_no_second_code_of_one_sign_in(
    acme, bobs, bob, monkeypatch
):
    """Two windows at once: what the first has noted in the session, the second overwrites."""
    app = Application(*cast.register(acme, consent_method="trusted"))
    monkeypatch.setattr("console.http.sessions.answered", lambda request, what: None)

    assert "code" in answer(sign_in(bobs, app.authorize(bobs, prompt="login"), bob.email))

    asked = app.authorize(bobs, prompt="login")
    assert asks_to_sign_in(asked)
    assert codes(acme) == 1
    assert "code" in answer(sign_in(bobs, asked, bob.email))


def test_two_pages_are_two_answers(native, bobs):
    native.allow(bobs, native.authorize(bobs))
    one, two = native.authorize(bobs), native.authorize(bobs)

    assert native.allow(bobs, one)["code"] != native.allow(bobs, two)["code"]


def test_what_was_denied_is_not_allowed_with_the_same_page(native, bobs):
    page = native.authorize(bobs)
    native.deny(bobs, page)

    assert asks_for_consent(native.decide(bobs, page, "allow"))
    assert codes(native.tenant) == 0
    assert native.deny(bobs, page)["error"] == "access_denied"  # no is no, however often


@pytest.mark.parametrize("decision", ["maybe", ""])
def test_an_answer_that_is_neither_gives_nothing_later_either(native, bobs, decision):
    page = native.authorize(bobs)

    asked = native.decide(bobs, page, decision)

    assert codes(native.tenant) == 0
    assert "code" in native.allow(bobs, asked)


@pytest.mark.parametrize(
    "changed", ["", ".", "x.", "0" * 22 + ".", "../" * 9, "\0" * 22 + ".a", "\u00e5" * 22 + "."]
)
def test_the_number_of_a_page_cannot_be_made_up(native, bobs, changed):
    page = native.authorize(bobs)
    number, _, seal = hidden_fields(page)["shown"].partition(".")

    for shown in (
        changed + seal,
        changed + "." + seal,
        f"{number[::-1]}.{seal}",
        f"{number}{changed}.{seal}x",
    ):
        assert asks_for_consent(native.decide(bobs, page, "allow", shown=shown))
    assert codes(native.tenant) == 0
    with scope(tenant=native.tenant):
        assert not UsedAnswer.objects.exists()  # nothing is kept of what is no answer


def test_people_who_are_not_signed_in_leave_nothing_behind(native, bobs, stranger):
    page = native.authorize(bobs)
    person = stranger(native.tenant)

    for decision in ("allow", "deny", "approve", "ask"):
        fields = {**hidden_fields(page), "decision": decision}
        assert asks_to_sign_in(post_form(person, native.address(), fields))

    with scope(tenant=native.tenant):
        assert not UsedAnswer.objects.exists()


def test_used_answers_are_forgotten_when_no_session_can_send_them_any_more(
    native, browser, bob, time_machine, settings
):
    person = browser(bob)
    native.allow(person, native.authorize(person))
    with scope(tenant=native.tenant):
        kept_until = UsedAnswer.objects.get().expires_at
    assert kept_until >= timezone.now() + settings.SESSION_ABSOLUTE - timedelta(seconds=5)
    call_command("expire", "--json")
    with scope(tenant=native.tenant):
        assert UsedAnswer.objects.exists()

    later(time_machine, settings.SESSION_ABSOLUTE.total_seconds() + 60)
    call_command("expire", "--json")

    with scope(tenant=native.tenant):
        assert not UsedAnswer.objects.exists()


# --- Approvals ------------------------------------------------------------------------------------------------------


class Portal(Application):
    """Asks for something that it offers, if nothing else is said."""

    def address(self, **changes):
        return super().address(**{"scope": "openid apps:read"} | changes)


@pytest.fixture
def portal(globex, acme):
    return Portal(cast.publish(globex), tenant=acme)


@pytest.fixture
def alices(browser, alice):
    return browser(alice)


def test_an_approval_that_was_removed_does_not_come_back_with_the_same_answer(portal, alices, acme):
    page = portal.authorize(alices)
    portal.approve(alices, page, consent_method="trusted")
    with scope(tenant=acme):
        Connection.objects.exclude(client__tenant=acme).get().remove(by=cast.OPERATOR)

    again = portal.approve(alices, page, consent_method="trusted")

    assert asks_for_approval(again)
    assert "was already sent" in again.content.decode()
    with scope(tenant=acme):
        assert not Connection.objects.exclude(client__tenant=acme).exists()
        assert Event.objects.filter(action="connection.approved").count() == 1
    assert portal.approve(alices, again).status_code == 303


def test_a_denial_of_an_approval_is_written_once(portal, alices, acme):
    page = portal.authorize(alices)

    portal.approve(alices, page, "deny")
    assert asks_for_approval(portal.approve(alices, page, "deny"))

    with scope(tenant=acme):
        assert Event.objects.filter(action="connection.denied").count() == 1


def test_an_approval_that_must_be_filled_in_otherwise_can_be(portal, alices, acme):
    incomplete = portal.approve(alices, portal.authorize(alices), consent_method=None)
    assert incomplete.status_code == 422

    assert portal.approve(alices, incomplete).status_code == 303


def test_a_wish_may_be_sent_again_with_another_reason(portal, bobs, acme):
    page = portal.authorize(bobs)

    for reason in ("One", "Two"):
        assert portal.ask(bobs, page, reason).status_code == 303

    with scope(tenant=acme):
        assert ConnectionRequest.objects.count() == 1


# --- Twice at once --------------------------------------------------------------------------------------------------


@pytest.fixture
def together(monkeypatch):
    """Both requests have read and judged everything, and then both go on."""
    both, use = threading.Barrier(2), UsedAnswer.use

    def wait_and_use(*args, **kwargs):
        both.wait(30)
        return use(*args, **kwargs)

    def run(*works):
        results = [None] * len(works)

        def work(number, each):
            try:
                results[number] = each()
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(works)]
        monkeypatch.setattr(UsedAnswer, "use", wait_and_use)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkeypatch.undo()
        return results

    return run


def same_session(browser):
    other = Browser()
    other.defaults.update(browser.defaults)
    other.cookies.update(browser.cookies)
    return other


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one_code(native, bobs, together):
    page = native.authorize(bobs)
    windows = [same_session(bobs), same_session(bobs)]

    responses = together(*[lambda each=each: native.decide(each, page, "allow") for each in windows])

    assert sorted(response.status_code for response in responses) == [200, 303]
    assert codes(native.tenant) == 1
    with scope(tenant=native.tenant):
        assert Consent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_fresh_sign_in_used_twice_at_once_is_one_code(acme, bobs, bob, together):
    app = Application(*cast.register(acme, consent_method="trusted"))
    asked = app.authorize(bobs, prompt="login")
    fields = hidden_fields(bobs.get(asked["Location"]), of="password")
    signed_in = bobs.post(asked["Location"], {**fields, "email": bob.email, "password": cast.PASSWORD})
    windows = [same_session(bobs), same_session(bobs)]

    responses = together(*[lambda each=each: each.get(signed_in["Location"]) for each in windows])

    assert sorted(asks_to_sign_in(response) for response in responses) == [False, True]
    assert codes(acme) == 1
