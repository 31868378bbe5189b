"""Refusals that somebody can do something about: noted in memory, bounded in the database (N4)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django_scopes import scope

from console.models import ClientProblem, Tenant, noted_problems
from console.models.client_problem import Share
from console.policy.client_problems import Refusal
from console.policy.reasons import Reason
from tests import cast

NOON = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
MISMATCH = Reason.REDIRECT_URI_MISMATCH.value
CLIENT = 7


def note(tenant: Tenant, asked: str = "", **more: Any) -> None:
    sent: dict[str, Any] = {
        "reason": MISMATCH,
        "address": "203.0.113.1",
        "agent": "app/1",
        "signed_in": False,
    } | more
    refusal = Refusal(tenant.pk, sent.pop("client", CLIENT), sent.pop("reason"), "authorization", asked)
    noted_problems.note(refusal, **sent)


def written(tenant: Tenant, client: int = CLIENT) -> list[ClientProblem]:
    noted_problems.write_noted()
    with scope(tenant=tenant):
        return ClientProblem.of(client)


def test_the_same_refusal_is_one_row_with_its_callers(acme, time_machine):
    time_machine.move_to(NOON, tick=False)
    note(acme, "https://a.example/cb/")
    note(acme, "https://a.example/cb/", address="203.0.113.2")
    written(acme)
    time_machine.move_to(NOON + timedelta(hours=2), tick=False)
    note(acme, "https://a.example/cb/", address="203.0.113.2", agent="line\nbreak")

    [row] = written(acme)
    assert (row.number, row.first_at, row.last_at) == (3, NOON, NOON + timedelta(hours=2))
    assert [(each.address, each.agent) for each in row.seen_from] == [
        ("203.0.113.2", "line break"),
        ("203.0.113.2", "app/1"),
        ("203.0.113.1", "app/1"),
    ]


def test_few_callers_are_named_the_last_ones(acme):
    for number in range(9):
        note(acme, "https://a.example/cb/", address=f"203.0.113.{number}")
        if number % 2:
            written(acme)
    [row] = written(acme)
    assert row.number == 9
    assert [each.address for each in row.seen_from] == [f"203.0.113.{n}" for n in (8, 7, 6, 5, 4)]


def test_tenants_clients_and_reasons_are_apart(acme, globex):
    note(acme, "https://a.example/cb/")
    note(globex, "https://a.example/cb/")
    note(acme, "https://a.example/cb/", client=8)
    note(acme, reason=Reason.UNKNOWN_SECRET.value)
    assert sorted(row.reason for row in written(acme)) == [MISMATCH, "unknown_secret"]
    assert [row.number for row in written(globex)] == [1]
    assert [row.number for row in written(acme, 8)] == [1]


def flood(tenant: Tenant, rounds: int, address: str, **more: Any) -> None:
    for number in range(rounds):
        for each in range(15):
            where = address.format(n=number % 250, m=each)
            note(tenant, f"https://flood.example/{number}/{each}", address=where, **more)
        noted_problems.write_noted()


def test_one_network_fills_its_part_alone(acme):
    flood(acme, 5, "198.51.100.7")
    rows = written(acme)
    chosen = [row for row in rows if row.share == Share.STRANGERS]
    assert len(chosen) <= noted_problems.PER_NETWORK
    assert sum(row.number for row in rows) == 5 * 15


def test_whoever_has_thousands_of_ipv6_networks_has_one_part(acme):
    for number in range(noted_problems.NOTED_AT_ONCE):
        note(acme, f"https://flood.example/{number}", address=f"2001:db8:7:{number:x}::1")
    of_flood = [row for row in written(acme) if "flood" in row.asked]
    assert len(of_flood) == noted_problems.PER_NETWORK


def test_one_network_leaves_room_for_others_between_two_writes(acme):
    for number in range(200):
        note(acme, f"https://flood.example/{number}", address="198.51.100.1")
    note(acme, "https://real.example/cb/", address="203.0.113.1")
    assert "https://real.example/cb/" in {row.asked for row in written(acme)}


def test_a_flood_from_everywhere_is_bounded_and_counted(acme):
    flood(acme, 12, "10.{n}.{m}.7")
    rows = written(acme)
    assert len(rows) == noted_problems.SHARES[Share.STRANGERS] + 1
    assert sum(row.number for row in rows) == 12 * 15
    [others] = [row for row in rows if row.share == Share.OTHERS]
    assert (others.reason, others.number) == ("others", 12 * 15 - len(rows) + 1)


def test_a_flood_pushes_out_nothing_that_is_seen_more_often_or_that_nobody_chooses(acme):
    for address in ("203.0.113.1", "203.0.113.2"):
        note(acme, "https://real.example/cb/", address=address)
    note(acme, "https://person.example/cb/", signed_in=True)
    note(acme, reason=Reason.CODE_CHALLENGE_MISSING.value)
    note(acme, "https://ignored.example/")
    with scope(tenant=acme):
        [ignored] = [row for row in written(acme) if "ignored" in row.asked]
    ClientProblem._base_manager.filter(pk=ignored.pk).update(ignored_at=timezone.now())
    flood(acme, 12, "10.{n}.{m}.7")

    kept = {row.asked or row.reason for row in written(acme)}
    assert {
        "https://real.example/cb/",
        "https://person.example/cb/",
        "https://ignored.example/",
        "code_challenge_missing",
    } <= kept


def test_a_new_one_is_seen_however_much_was_there_before(acme):
    for _ in range(2):
        flood(acme, 4, "10.{n}.{m}.7")
    note(acme, "https://new.example/cb/", address="192.0.2.1")
    assert "https://new.example/cb/" in {row.asked for row in written(acme)}


def test_who_is_signed_in_moves_a_strangers_problem(acme):
    note(acme, "https://a.example/cb/")
    assert [row.signed_in for row in written(acme)] == [False]
    note(acme, "https://a.example/cb/", signed_in=True)
    assert [(row.signed_in, row.number) for row in written(acme)] == [(True, 2)]


def test_memory_is_bounded_between_two_writes(acme, monkeypatch):
    for number in range(200):
        note(acme, f"https://flood.example/{number}", address=f"10.0.{number}.1")
    assert len(noted_problems._noted) == noted_problems.NOTED_AT_ONCE + 1
    monkeypatch.setattr(noted_problems, "MOST_NOTED", 30)
    for number in range(200):
        note(acme, "https://flood.example/", client=number)
    assert len(noted_problems._noted) <= 60


def test_what_cannot_be_written_is_written_the_next_time(acme, monkeypatch):
    note(acme, "https://a.example/cb/")
    with monkeypatch.context() as broken:
        broken.setattr(noted_problems, "_add", lambda *_: (_ for _ in ()).throw(DatabaseError))
        with pytest.raises(DatabaseError):
            noted_problems.write_noted()
    note(acme, "https://a.example/cb/", address="203.0.113.2")
    [row] = written(acme)
    assert row.number == 2
    assert [each.address for each in row.seen_from] == ["203.0.113.2", "203.0.113.1"]


def test_a_row_that_another_process_makes_meanwhile_is_added_to(acme, monkeypatch):
    note(acme, "https://a.example/cb/")
    written(acme)
    real = noted_problems._add
    asked: list[Any] = []

    def first_too_early(*args):
        if not asked:
            asked.append(args)
            raise IntegrityError
        real(*args)

    monkeypatch.setattr(noted_problems, "_add", first_too_early)
    note(acme, "https://a.example/cb/")
    assert [row.number for row in written(acme)] == [2]


def test_ignoring_is_one_event_and_can_be_taken_back(acme, alice):
    client, _ = cast.register(acme)
    note(acme, "https://a.example/cb/", client=client.pk)
    [row] = written(acme, client.pk)
    by = cast.OPERATOR
    with scope(tenant=acme):
        assert (row.ignore(by=by), row.ignore(by=by)) == (True, False)
        assert ClientProblem.open_ones(client.own_connection.client_here, [row], ()) == []
        assert (row.stop_ignoring(by=by), row.stop_ignoring(by=by)) == (True, False)
        assert ClientProblem.open_ones(client.own_connection.client_here, [row], ()) == [row]


def test_what_is_put_right_or_quiet_is_not_open(acme, time_machine):
    client, _ = cast.register(acme)
    note(acme, cast.REDIRECT_URL, client=client.pk)
    note(acme, "profile email", client=client.pk, reason=Reason.SCOPES_LEFT_OUT.value)
    note(acme, "profile nothing", client=client.pk, reason=Reason.SCOPES_LEFT_OUT.value)
    rows = written(acme, client.pk)
    with scope(tenant=acme):
        here = client.own_connection.client_here
        assert [row.asked for row in ClientProblem.open_ones(here, rows, ())] == ["profile nothing"]
        time_machine.move_to(timezone.now() + timedelta(days=31))
        assert ClientProblem.open_ones(here, rows, ()) == []


def test_other_tenants_are_numbers(acme, globex):
    client, _ = cast.register(acme)
    note(acme, "https://own.example/", client=client.pk)
    for _ in range(3):
        note(globex, "https://secret.globex.example/", client=client.pk)
    noted_problems.write_noted()
    with scope(tenant=acme):
        [found] = ClientProblem.elsewhere(client, timezone.now())
    assert found[:3] == (MISMATCH, 3, 1)
