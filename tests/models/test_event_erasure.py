"""Erasing a person from the audit log: nothing of them is left in its tables, and the events stay."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django_scopes import scope

from console.models import (
    Action,
    Actor,
    Client,
    Event,
    EventKeyword,
    Tenant,
    User,
    event_erasure,
    event_reading,
)
from console.models.event_keyword import keywords
from console.policy.reasons import Reason

Browse = Callable[..., Browser]
EMAIL, ADDRESS, NAME = "bob@acme.example", "198.51.100.77", "Bob Byström"
URL = "https://app.example.com/callback?login_hint=bob%40acme.example"


def erase(email: str = EMAIL, tenant: str = "acme") -> int:
    """How many events the command changes."""
    output = StringIO()
    call_command("erase_person", tenant, email, "--json", stdout=output)
    return int(json.loads(output.getvalue())["events"])


def raw(table: str) -> str:
    """Everything that stands in a table, as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  a name of ours
        return "\n".join(repr(row) for row in cursor.fetchall())


@pytest.fixture
def left(acme: Tenant, alice: User, bob: User, web_client: tuple[Client, str]) -> User:
    """bob, who has done a lot, was written of in every column, and may no longer sign in."""
    client = web_client[0]
    User._base_manager.filter(pk=bob.pk).update(name=NAME)
    bob.refresh_from_db()
    himself = Actor(bob, address=ADDRESS)
    with scope(tenant=acme):
        bob.signed_in("en", by=himself)
        bob.choose_password("correct horse battery staple", by=himself)
        about: dict[str, Any] = {"by": Actor(client=client, address=ADDRESS), "target": client}
        Event.record(acme, Action.TOKENS_ISSUED, **about, details={"user": EMAIL, "scope": "openid"})
        Event.record(
            acme, Action.CONNECTION_REQUESTED, by=himself, target=client, details={"reason": f"I am {NAME}"}
        )
        Event.refuse(
            acme,
            Action.AUTHORIZATION_REFUSED,
            by=Actor.anonymous("203.0.113.5"),
            reason=Reason.REDIRECT_URI_MISMATCH,
            details={"redirect_uri": URL, "removed_by": EMAIL},
        )
        Event.refuse(
            acme,
            Action.SESSION_REFUSED,
            by=Actor.anonymous(ADDRESS),
            target=bob,
            reason=Reason.WRONG_EMAIL_OR_PASSWORD,
            details={"email": EMAIL.upper()},
        )
        Event.record(
            acme, Action.CLIENT_UPDATED, by=Actor(alice), target=client, changes={"contact": ["", EMAIL]}
        )
        bob.disable(by=Actor(alice, address="192.0.2.1"))
    return bob


def forget(user: User) -> None:
    """Removes the account, as an operator can in the database."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM console_unfinishedact")
    User._base_manager.filter(pk=user.pk).delete()


@pytest.mark.parametrize("deleted", [False, True])
def test_nothing_of_the_person_is_left_in_the_rows(acme: Tenant, left: User, deleted: bool):
    if deleted:
        forget(left)
    with scope(tenant=acme):
        before = list(Event.objects.order_by("pk").values_list("pk", "action", "happened_at"))
    assert ADDRESS in raw("console_event")

    assert erase() >= 7

    rows = raw("console_event").lower()
    for trace in (EMAIL, "bob%40", str(left.pk), left.pk.hex, ADDRESS, *([] if deleted else [NAME.lower()])):
        assert trace not in rows
    assert "192.0.2.1" in rows  # where the administrator was
    assert "203.0.113.5" in rows  # where a stranger was, who is not known to be the person
    with scope(tenant=acme):
        after = list(Event.objects.order_by("pk").values_list("pk", "action", "happened_at"))
        assert after[: len(before)] == before
        assert [action for _pk, action, _at in after[len(before) :]] == [Action.USER_ERASED]
        said = EventKeyword.objects.filter(event__in=[pk for pk, _action, _at in after])
        assert not EventKeyword.events_with(URL)
        assert EventKeyword.events_with("app.example.com")  # no person's
        assert said.exists()
    assert keywords({}, {"redirect_uri": URL})


def test_the_events_stay_and_say_that_it_was_a_deleted_person(browser: Browse, alice: User, left: User):
    erase()

    listed = browser(alice).get("/console/events", headers={"HX-Request": "true", "HX-Target": "events"})
    text = listed.content.decode()

    assert "<b>A deleted person</b> signed in." in text
    assert "<b>A deleted person</b> chose a password." in text
    assert "<b>Web app</b> received tokens for <b>a deleted person</b>." in text
    assert "Sign-in failed for <b>a deleted person</b>." in text
    assert "<b>alice@acme.example</b> disabled <b>a deleted person</b>." in text
    assert "<b>An operator</b> erased the personal data of a deleted person from the audit log." in text
    assert "bob" not in text.lower()


def test_what_one_erased_person_did_stays_recognisable(acme: Tenant, left: User):
    with scope(tenant=acme):
        of_bob = set(Event.objects.filter(actor_id=str(left.pk)).values_list("pk", flat=True))
        erase()
        kept = Event.objects.filter(pk__in=of_bob)
        assert len(set(kept.values_list("actor_id", flat=True))) == 1


def test_others_with_a_similar_address_stay(acme: Tenant, globex: Tenant, left: User):
    others = ["x.bob@acme.example", "bob@acme.example.org", "not-bob@acme.example"]
    with scope(tenant=acme):
        for email in others:
            User.invite(acme, email, by=Actor.operator())
    with scope(tenant=globex):
        User.invite(globex, EMAIL, by=Actor.operator())

    erase()

    rows = raw("console_event")
    for email in others:
        assert f"'{email}'" in rows
    with scope(tenant=globex):
        assert Event.objects.filter(target_name=EMAIL).exists()


def test_a_second_time_changes_nothing(acme: Tenant, left: User):
    erase()
    before = raw("console_event"), raw("console_eventkeyword")

    assert erase() == 0

    assert (raw("console_event"), raw("console_eventkeyword")) == before


def test_an_interrupted_run_is_gone_on_with(acme: Tenant, left: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_reading, "LOOKED_THROUGH", 2)
    monkeypatch.setattr(event_erasure, "BATCH", 1)
    record, forgotten = event_erasure._Erasure._forget_keywords, []

    def fail_at_the_third(erasure: Any, events: list[Event]) -> None:
        forgotten.extend(events)
        if len(forgotten) == 3:
            raise KeyboardInterrupt
        record(erasure, events)

    monkeypatch.setattr(event_erasure._Erasure, "_forget_keywords", fail_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        erase()
    with scope(tenant=acme):
        assert Event.objects.filter(action=Action.USER_ERASED).count() == 1  # what was done is written down
    assert EMAIL in raw("console_event")
    monkeypatch.undo()

    erase()

    assert EMAIL not in raw("console_event").lower()


def test_whoever_may_sign_in_is_not_erased(acme: Tenant, bob: User):
    with pytest.raises(CommandError, match="may still sign in"):
        erase()
    with pytest.raises(CommandError, match="no e-mail address"):
        erase("bob")

    assert EMAIL in raw("console_event")
