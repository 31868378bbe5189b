"""Refused attempts in the audit log: different ones are different rows, and a flood cannot fill the disk."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django_scopes import scope
from time_machine import TimeMachineFixture

from console import trace
from console.models import Action, Actor, Event, EventKeyword, Tenant, User, refusal_count
from console.models.refusal_count import RefusalCount
from console.policy.reasons import Reason
from tests.cast import OPERATOR

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def refuse(
    tenant: Tenant, action: Action = Action.TOKENS_REFUSED, *, address: str = ADDRESS, **details: Any
) -> None:
    Event.refuse(tenant, action, by=Actor.anonymous(address), reason=Reason.UNKNOWN_CLIENT, details=details)


def counted(tenant: Tenant) -> list[tuple[str, str, int]]:
    """Reason, address and number of every refusal in the log, oldest first."""
    with scope(tenant=tenant):
        refusals = Event.objects.exclude(repeats=None).order_by("pk")
        return [(event.details["reason"], event.address, event.times) for event in refusals]


DIFFERENCES: dict[str, Callable[[Tenant, User], None]] = {
    "redirect URL": lambda acme, _: refuse(acme, redirect_uri="https://b.example"),
    "claimed client": lambda acme, _: refuse(acme, client_id="b" * 32),
    "hint": lambda acme, _: refuse(acme, hint="abcde"),
    "error": lambda acme, _: refuse(acme, error="invalid_scope"),
    "address": lambda acme, _: refuse(acme, address="203.0.113.8"),
    "action": lambda acme, _: refuse(acme, Action.AUTHORIZATION_REFUSED),
    "target": lambda acme, alice: Event.refuse(
        acme, Action.TOKENS_REFUSED, by=Actor.anonymous(ADDRESS), reason=Reason.UNKNOWN_CLIENT, target=alice
    ),
    "person": lambda acme, alice: Event.refuse(
        acme, Action.TOKENS_REFUSED, by=Actor(alice, address=ADDRESS), reason=Reason.UNKNOWN_CLIENT
    ),
    "reason": lambda acme, _: Event.refuse(
        acme, Action.TOKENS_REFUSED, by=Actor.anonymous(ADDRESS), reason=Reason.UNKNOWN_SECRET
    ),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_what_reads_differently_is_a_row_of_its_own_and_the_same_is_counted(
    acme: Tenant, alice: User, what: str
):
    for _ in range(3):
        refuse(acme)
        DIFFERENCES[what](acme, alice)

    assert [times for _, _, times in counted(acme)] == [3, 3]


def test_the_same_in_the_next_minute_is_another_row(acme: Tenant, clock: TimeMachineFixture):
    refuse(acme)
    clock.move_to(NOON + timedelta(seconds=59), tick=False)
    refuse(acme)
    clock.move_to(NOON + timedelta(seconds=60), tick=False)
    refuse(acme)

    assert [times for _, _, times in counted(acme)] == [2, 1]


def test_the_first_of_a_source_have_rows_and_the_rest_are_counted_together(acme: Tenant):
    for number in range(refusal_count.PER_SOURCE + 5):
        refuse(acme, redirect_uri=f"https://{number}.example/")
    refuse(acme, redirect_uri="https://0.example/")  # has its row, so it is counted there

    rows = counted(acme)
    assert rows[0] == ("unknown_client", ADDRESS, 2)
    assert rows[1:-1] == [("unknown_client", ADDRESS, 1)] * (refusal_count.PER_SOURCE - 1)
    assert rows[-1] == ("others", ADDRESS, 5)


def test_one_source_does_not_take_the_places_of_another_nor_one_kind_those_of_another(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(refusal_count, "PER_SOURCE", 2)
    monkeypatch.setattr(refusal_count, "PER_TENANT", 4)
    for number in range(100):
        refuse(acme, redirect_uri=f"https://{number}.example/")
    refuse(acme, address="203.0.113.8")
    refuse(acme, Action.AUTHORIZATION_REFUSED)

    assert counted(acme) == [
        ("unknown_client", ADDRESS, 1),
        ("unknown_client", ADDRESS, 1),
        ("others", ADDRESS, 98),
        ("unknown_client", "203.0.113.8", 1),
        ("unknown_client", ADDRESS, 1),
    ]


def test_sources_of_one_ipv6_network_are_one(acme: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refusal_count, "PER_SOURCE", 2)
    for number in range(5):
        refuse(acme, address=f"2001:db8::{number}")

    assert [reason for reason, _, _ in counted(acme)][:2] == ["unknown_client"] * 2
    assert sum(1 for reason, _, _ in counted(acme) if reason == "unknown_client") == 2


def test_many_sources_are_bounded_too_and_leave_nothing_else_behind(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(refusal_count, "PER_TENANT", 3)
    for number in range(20):
        refuse(acme, address=f"203.0.113.{number}")
    refuse(globex)

    assert counted(acme) == [
        *(("unknown_client", f"203.0.113.{number}", 1) for number in range(3)),
        ("others", "", 17),
    ]
    assert counted(globex) == [("unknown_client", ADDRESS, 1)]
    assert RefusalCount.objects.count() == 3 + 1 + 2


def test_a_repeated_refusal_costs_one_statement_and_none_of_the_counters(
    acme: Tenant, django_assert_num_queries: Callable[[int], Any]
):
    refuse(acme)

    with django_assert_num_queries(3):  # with the two of the savepoint
        refuse(acme)


# --- At once --------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_the_same_refusal_at_once_one_place_is_taken(acme: Tenant):
    """The second waits while the first is being written, finds it written, and gives its place back."""
    waits = threading.Thread(target=_in_a_connection_of_its_own, args=(lambda: refuse(acme),))
    with transaction.atomic():
        refuse(acme)
        waits.start()
        _until_somebody_waits_for_a_lock()
    waits.join(30)

    assert counted(acme) == [("unknown_client", ADDRESS, 2)]
    assert sorted(RefusalCount.objects.values_list("number", flat=True)) == [1, 1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_different_refusals_at_once_the_last_place_is_taken_once(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(refusal_count, "PER_SOURCE", 1)
    waits = threading.Thread(target=_in_a_connection_of_its_own, args=(lambda: refuse(acme, error="b"),))
    with transaction.atomic():
        refuse(acme, error="a")
        waits.start()
        _until_somebody_waits_for_a_lock()
    waits.join(30)

    assert counted(acme) == [("unknown_client", ADDRESS, 1), ("others", ADDRESS, 1)]


@pytest.mark.django_db(transaction=True)
def test_a_flood_from_many_threads_leaves_exactly_as_many_rows_as_may(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(refusal_count, "PER_SOURCE", 5)
    works = [
        threading.Thread(
            target=_in_a_connection_of_its_own, args=(lambda n=n: refuse(acme, error=str(n % 10)),)
        )
        for n in range(20)
    ]
    for work in works:
        work.start()
    for work in works:
        work.join(30)

    rows = counted(acme)
    assert len([reason for reason, _, _ in rows if reason == "unknown_client"]) == 5
    assert sum(times for _, _, times in rows) == 20


def _in_a_connection_of_its_own(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def _until_somebody_waits_for_a_lock() -> None:
    """Returns once another connection of this database is stopped at a lock."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_stat_clear_snapshot()"
            )  # a transaction sees the same activity again otherwise
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone():
                return
    raise AssertionError("Nobody waits for a lock.")


# --- Who ------------------------------------------------------------------------------------------------------


def test_only_who_says_so_is_an_operator():
    assert Actor.operator().kind == OPERATOR.kind == "operator"
    assert Actor.anonymous("203.0.113.7").kind == "anonymous"
    assert Actor.anonymous("").kind == "anonymous"  # over a unix socket there is no address
    assert Actor().kind == "anonymous"


# --- Which request --------------------------------------------------------------------------------------------


def test_the_first_repetitions_are_found_by_their_own_trace_ids(
    acme: Tenant, one_trace_id: pytest.MonkeyPatch
):
    one_trace_id.undo()
    ids = []
    for _ in range(3):
        ids.append(trace.begin())
        refuse(acme)

    with scope(tenant=acme):
        event = Event.objects.exclude(repeats=None).get()
        assert event.trace_id == ids[0]
        assert [EventKeyword.events_with(each) for each in ids[1:]] == [[event.pk]] * 2
