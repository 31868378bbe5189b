"""The page on which a person lets a device in, by the code that it shows (RFC 8628 §3.3, §5, DV-03 to DV-05)."""

import re

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Action, Client, Consent, DeviceAuthorization, Event
from console.policy import device_codes
from console.policy.reasons import Reason
from tests import cast
from tests.cast import OPERATOR
from tests.oauth.devices import PAGE, Device, decide, enter, let_in, question, registered
from tests.oauth.driver import asks_to_sign_in, hidden_fields, later, post_form, sign_in
from tests.oauth.outcomes import assert_refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme):
    return registered(acme)


@pytest.fixture
def tv(client):
    return Device(client)


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))


def row(acme):
    with scope(tenant=acme):
        return DeviceAuthorization.objects.get()


# --- The code --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8628", "3.3")
def test_a_stranger_signs_in_and_comes_back_to_the_code(tv, stranger, acme, bob):
    begun, window = tv.begin(), stranger(acme)
    asked = window.get(begun["verification_uri_complete"].removeprefix(acme.issuer))
    assert asks_to_sign_in(asked)
    page = sign_in(window, asked, bob.email)
    assert begun["user_code"] in text(page)
    assert "Yes, it shows this code" in text(page)


@pytest.mark.spec("RFC 8628", "5.4")
def test_a_link_alone_decides_nothing(tv, bobs, acme):
    begun = tv.begin()
    page = bobs.get(begun["verification_uri_complete"].removeprefix(acme.issuer))
    assert begun["user_code"] in text(page)
    assert "Never use a code that somebody sent you" in text(page)
    assert "Television" not in text(page)
    assert row(acme).user_id is None
    confirmed = post_form(bobs, PAGE, hidden_fields(page, of="user_code"))
    assert "Television" in text(bobs.get(confirmed["Location"]))


@pytest.mark.spec("RFC 8628", "6.1")
@pytest.mark.parametrize("written", ["{0}-{1}", "{0}{1}", " {0} {1} ", "{0}–{1}", "{0}.{1}", "lower"])
def test_it_does_not_matter_how_a_code_is_written(tv, bobs, written):
    first, second = tv.begin()["user_code"].split("-")
    typed = f"{first}{second}".lower() if written == "lower" else written.format(first, second)
    assert enter(bobs, typed).status_code == 303


@pytest.mark.parametrize(
    "typed", ["", "BCDF", "AEIO-UAEI", "BCDF-GHJK-L", "<b>\0", "BCDF-GHJ1", "x" * 10_000]
)
def test_what_cannot_be_a_code_is_said_and_not_counted(bobs, acme, typed):
    for _ in range(12):
        page = enter(bobs, typed)
        assert page.status_code == 422
        assert "A code has 8 letters" in text(page)


def test_dv03_wrong_codes_are_throttled(tv, bobs, acme, browser, carol, time_machine):
    later(time_machine, 0)
    begun = tv.begin()
    answers = [enter(bobs, device_codes.make()) for _ in range(100)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 90
    assert "Too many failed attempts" in text(answers[-1])
    assert int(answers[-1]["Retry-After"]) > 0
    assert enter(bobs, begun).status_code == 429  # the right one too
    with scope(tenant=acme):
        reasons = {
            event.details["reason"]: event.times
            for event in Event.objects.filter(action=Action.AUTHORIZATION_REFUSED)
        }
    assert reasons == {Reason.USER_CODE_UNKNOWN: 10, Reason.TOO_MANY_FAILED_ATTEMPTS: 91}
    assert enter(browser(carol), begun).status_code == 303  # she is another person


def test_dv03_many_people_at_one_address_are_throttled_together(tv, acme, browser):
    statuses = []
    for number in range(11):
        window = browser(cast.join(acme, f"person{number}"))
        statuses += [enter(window, device_codes.make()).status_code for _ in range(10)]
    assert statuses == [422] * 100 + [429] * 10


def test_right_codes_are_not_counted(tv, bobs, monkeypatch):
    for _ in range(12):
        assert enter(bobs, tv.begin()).status_code == 303


@pytest.mark.parametrize("state", ["expired", "allowed", "denied", "of another tenant"])
def test_a_code_that_cannot_be_answered_is_unknown(tv, bobs, globex, acme, state, time_machine):
    begun = tv.begin()
    if state == "expired":
        later(time_machine, 901)
    elif state == "of another tenant":
        begun = Device(registered(globex)).begin()
    else:
        let_in(bobs, begun, state.removesuffix("ed").replace("deni", "deny"))
    page = enter(bobs, begun)
    assert page.status_code == 422
    assert "This code is unknown" in text(page)


# --- The question ----------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8628", "5.4")
def test_dv05_the_page_says_who_asks_from_where_and_for_what(tv, bobs, acme):
    begun = tv.web.post(
        "/oauth/device_authorization",
        **cast.form(client_id=tv.client_id, scope="openid profile offline_access"),
        REMOTE_ADDR="192.0.2.77",
    ).json()
    page = question(bobs, begun)
    said = text(page)
    for part in (
        "Television",
        "Registered by Acme AB",
        "192.0.2.77",
        "just now",
        "bob@acme.example",
        "180 days",
    ):
        assert part in said
    assert "device in front of you" in said
    assert begun["user_code"] in said  # to be compared
    address = page.wsgi_request.get_full_path()
    assert begun["user_code"] in address
    other = bobs.get(address.replace(begun["user_code"], "BCDF-GHJK"))
    assert "BCDF-GHJK" not in text(other)  # no other code is ever shown as its own
    assert page.content.decode().count('name="decision"') == 3  # another person, deny, allow
    assert begun["device_code"] not in page.content.decode()


def test_dv05_an_answer_needs_a_token_against_forgery(tv, bob, bobs, acme):
    page = question(bobs, tv.begin())
    strict = Browser(enforce_csrf_checks=True, headers={"host": cast.host_of(acme)})
    strict.cookies = bobs.cookies
    fields = {**hidden_fields(page), "decision": "allow", "csrfmiddlewaretoken": "x"}
    assert post_form(strict, page.wsgi_request.get_full_path(), fields).status_code == 403
    assert post_form(strict, PAGE, {"user_code": "BCDF-GHJK"}).status_code == 403
    assert row(acme).status == "pending"


def test_an_answer_must_be_of_the_page_that_was_read(tv, bobs, client, acme):
    page = question(bobs, tv.begin())
    with scope(tenant=acme):
        Client.objects.get(pk=client.pk).edit(by=OPERATOR, name="Something else")
    address = page.wsgi_request.get_full_path()
    for fields in ({}, {"shown": ""}, {"shown": "x"}):
        answered = post_form(bobs, address, {**hidden_fields(page), "decision": "allow", **fields})
        assert answered.status_code == 200
        assert "has changed since you opened this page" in text(answered)
    assert row(acme).status == "pending"
    assert decide(bobs, answered, "allow").status_code == 303
    assert row(acme).status == "allowed"


@pytest.mark.parametrize("decision", ["", "yes", "approve", "ALLOW"])
def test_no_other_answer_lets_it_in(tv, bobs, acme, decision):
    page = question(bobs, tv.begin())
    assert decide(bobs, page, decision).status_code == 200
    assert row(acme).status == "pending"


def test_a_trusted_client_is_asked_about_too(acme, bobs):
    tv = Device(registered(acme, consent_method="trusted"))
    page = question(bobs, tv.begin())
    assert 'value="allow"' in page.content.decode()
    assert_refused(tv.poll(tv.begin()), "authorization_pending")


def test_what_was_allowed_is_a_consent_and_is_asked_about_again(tv, bobs, bob, acme):
    assert "You can go back to your device" in text(let_in(bobs, tv.begin(scope="openid")))
    with scope(tenant=acme):
        consent = Consent.objects.get(user=bob)
        allowed = Event.objects.get(action=Action.DEVICE_ALLOWED)
    assert consent.scopes == ["openid"]
    assert consent.redirect_hosts == []
    assert consent.shown["device_address"] == "127.0.0.1"
    assert allowed.details == {"scope": "openid", "device_address": "127.0.0.1"}
    again = question(bobs, tv.begin(scope="openid"))
    assert 'value="allow"' in again.content.decode()


def test_nothing_is_answered_twice(tv, bobs, acme):
    begun = tv.begin()
    page = question(bobs, begun)
    assert decide(bobs, page, "deny").status_code == 303
    late = decide(bobs, page, "allow")
    assert "was not let in" in text(bobs.get(late["Location"]))
    assert_refused(tv.poll(begun), "access_denied")


def test_an_answer_that_comes_too_late_counts_for_nothing(tv, bobs, acme, time_machine):
    begun = tv.begin()
    page = question(bobs, begun)
    later(time_machine, 901)
    late = decide(bobs, page, "allow")
    assert "The code has expired" in text(bobs.get(late["Location"]))
    with scope(tenant=acme):
        assert not Consent.objects.exists()


# --- Nobody else -----------------------------------------------------------------------------------------------------


def test_dv04_nobody_answers_for_the_one_who_entered_the_code(tv, bobs, browser, carol, alice, acme):
    """DOT #1819, better-auth CVE-2026-45337"""
    begun = tv.begin()
    page = question(bobs, begun)
    address = page.wsgi_request.get_full_path()
    for person in (carol, alice):
        other = browser(person)
        assert other.get(address).status_code == 404
        for decision in ("allow", "deny", "leave"):
            fields = {**hidden_fields(page), "decision": decision}
            assert post_form(other, address, fields).status_code == 404
        assert enter(other, begun).status_code == 422
    assert row(acme).status == "pending"
    assert decide(bobs, page, "allow").status_code == 303


def test_dv04_nothing_is_answered_by_a_direct_address(tv, bobs, acme):
    begun = tv.begin()
    address = f"{PAGE}?request={row(acme).pk}"
    assert bobs.get(address).status_code == 404
    assert post_form(bobs, address, {"decision": "allow"}).status_code == 404
    for path in (PAGE, f"{PAGE}?user_code={begun['user_code']}", f"{PAGE}?decision=allow"):
        post_form(bobs, path, {"decision": "allow", "request": str(row(acme).pk)})
        bobs.get(f"{path}{'&' if '?' in path else '?'}decision=allow")
    assert row(acme).status == "pending"
    assert row(acme).user_id is None


@pytest.mark.parametrize("name", ["", "1", "x" * 5000, "\0", "00000000-0000-0000-0000-000000000000"])
def test_what_was_not_entered_is_not_there(bobs, name):
    assert bobs.get(PAGE, {"request": name}).status_code == 404


def test_the_other_person_at_this_browser_can_enter_the_code(tv, bobs, browser, carol, acme):
    begun = tv.begin()
    left = decide(bobs, question(bobs, begun), "leave")
    assert left["Location"].startswith("/login?switch=1&next=%2Fdevice")
    assert row(acme).user_id is None
    assert "You can go back to your device" in text(let_in(browser(carol), begun))


def test_another_tenants_person_finds_nothing(tv, browser, mallory, acme):
    assert enter(browser(mallory), tv.begin()).status_code == 422
    assert row(acme).user_id is None


@pytest.mark.parametrize("step", ["before the code", "before the answer"])
def test_dv05_a_disabled_client_is_refused(tv, bobs, client, acme, step):
    begun = tv.begin()
    page = question(bobs, begun) if step == "before the answer" else None
    with scope(tenant=acme):
        Client.objects.get(pk=client.pk).disable(by=OPERATOR)
    refused = decide(bobs, page, "allow") if page else question(bobs, begun)
    assert refused.status_code == 400
    assert "Television is disabled" in text(refused)
    assert row(acme).status == "pending"
    with scope(tenant=acme):
        event = Event.objects.get(action=Action.AUTHORIZATION_REFUSED)
    assert (event.details["reason"], event.target_name) == (Reason.CLIENT_DISABLED, "Television")
