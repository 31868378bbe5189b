"""What the console shows of one person, and taking back everything that they have allowed (P11)."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Client, Consent, Event, TokenFamily, User
from tests import cast
from tests.cast import OPERATOR, PASSWORD, signed_in_as, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCOPE = "openid offline_access user_default"
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return unescape(" ".join(page.content.decode().split()))


def page_of(person: User) -> str:
    return f"/console/people/{person.pk}"


def test_it_shows_account_groups_sessions_and_sign_ins(
    browser: Browse, alice: User, bob: User, carol: User, web_client: tuple[Client, str]
):
    cast.group(bob.tenant, "Finance", bob)
    theirs = stranger_on(bob.tenant)
    stranger_on(bob.tenant).post("/login", {"email": bob.email, "password": "wrong"})
    theirs.post("/login", {"email": bob.email, "password": PASSWORD}, headers={"user-agent": FIREFOX})
    Application(*web_client).tokens(theirs, scope=SCOPE)
    with scope(tenant=bob.tenant):
        bob.verify_email(by=OPERATOR)

    for reader in (alice, carol):
        page = text(browser(reader).get(page_of(bob)))
        assert "Verified" in page
        assert "Finance" in page
        assert "Firefox, Windows" in page
        assert "127.0.0.1" in page
        assert "<b>bob@acme.example</b> signed in." in page
        assert "Sign-in failed for <b>bob@acme.example</b>" in page
        applications = page.partition('id="client-sign-ins"')[2].partition("</section>")[0]
        assert "Web app" in applications
        assert ("withdraw-grants" in page) == (reader is alice)


def test_it_shows_nobody_elses_sign_ins(browser: Browse, alice: User, bob: User, carol: User):
    signed_in_as(carol)
    page = text(browser(alice).get(page_of(bob)))

    assert "carol@acme.example" not in page
    assert "No sign-ins are on record." in page
    assert "No browser is signed in." in page
    assert "No application has signed this person in lately." in page


def test_too_many_sign_ins_are_left_to_the_audit_log(
    browser: Browse, alice: User, bob: User, web_client: tuple[Client, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.pages.activity.SORTED", 2)
    now = timezone.now()
    for _number in range(3):
        TokenFamily._base_manager.create(
            tenant=bob.tenant,
            user=bob,
            client=web_client[0],
            grant_type="authorization_code",
            scope="openid",
            access_expires_at=now + timedelta(hours=1),
            expires_at=now + timedelta(days=1),
        )

    assert "too many to list here" in text(browser(alice).get(page_of(bob)))


@pytest.mark.spec("ASVS 5.0", "10.7.3")
def test_everything_that_was_allowed_is_taken_back_at_once(
    browser: Browse, alice: User, bob: User, carol: User, web_client: tuple[Client, str]
):
    application, theirs, admin = Application(*web_client), browser(bob), browser(alice)
    tokens = application.tokens(theirs, scope=SCOPE)
    other = application.tokens(browser(carol), scope=SCOPE)

    asked = text(admin.get(f"{page_of(bob)}/withdraw-grants"))
    assert "Signed in with 1 browser" in asked
    assert "1 active session" in asked
    receipt = text(admin.post(f"{page_of(bob)}/withdraw-grants"))

    assert "1 consent is revoked." in receipt
    assert "1 session has ended" in receipt
    assert not is_alive(application, tokens["access_token"])
    assert application.refresh(tokens["refresh_token"]).status_code == 400
    assert theirs.get("/account").status_code == 302
    assert is_alive(application, other["access_token"])
    with scope(tenant=bob.tenant):
        assert [consent.user for consent in Consent.objects.all()] == [carol]
        event = Event.objects.get(action="user.grants_withdrawn")
    assert (event.actor_id, event.target_id) == (str(alice.pk), str(bob.pk))
    assert (event.details["consents"], event.details["sessions_ended"]) == (1, 1)
    again = signed_in_as(User._base_manager.get(pk=bob.pk))
    assert "Web app" in text(application.authorize(again, scope=SCOPE))  # asked again


@pytest.mark.parametrize("act", ["disable", "end-sessions", "withdraw-grants"])
def test_an_act_says_its_reach_before_it_is_done(
    act: str, browser: Browse, alice: User, bob: User, web_client: tuple[Client, str]
):
    theirs = browser(bob)
    browser(bob)
    Application(*web_client).tokens(theirs, scope=SCOPE)

    page = text(browser(alice).get(f"{page_of(bob)}/{act}"))

    assert "Signed in with 2 browsers" in page
    assert "Applications: 1 active session" in page


def test_only_this_tenants_administrators_take_it_back(
    browser: Browse, alice: User, bob: User, carol: User, mallory: User
):
    for method in ("get", "post"):
        assert getattr(browser(mallory), method)(f"{page_of(bob)}/withdraw-grants").status_code == 404
        for reader in (carol, bob):
            assert getattr(browser(reader), method)(f"{page_of(bob)}/withdraw-grants").status_code == 403
    assert browser(mallory).get(page_of(bob)).status_code == 404


def test_the_number_of_statements_is_the_same_for_a_busy_person(
    browser: Browse, alice: User, bob: User, django_assert_max_num_queries: Any
):
    for number in range(30):
        cast.group(bob.tenant, f"g{number}", bob)
        signed_in_as(bob)
    reader = browser(alice)

    with django_assert_max_num_queries(30):
        assert reader.get(page_of(bob)).status_code == 200
