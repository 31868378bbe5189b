"""How often clients are used: noted in memory, added up in rows (P8, N1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone
from django_scopes import scope

from console.models import Tenant, UseCount, use_count
from console.policy.uses import Use

NOON = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    use_count._noted.clear()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """`at(moment)`: it is that time for whoever notes a use."""

    def is_now(moment: datetime) -> None:
        monkeypatch.setattr("console.models.use_count.time.time", moment.timestamp)

    return is_now


def use(tenant: Tenant, client_id: int = 7, **what: Any) -> Use:
    return Use(tenant.pk, client_id, "client_credentials", **what)


def rows(tenant: Tenant, span: UseCount.Span) -> list[UseCount]:
    with scope(tenant=tenant):
        return list(UseCount.objects.filter(span=span).order_by("begins_at", "outcome"))


def test_a_process_adds_to_what_others_have_written(acme, at):
    at(NOON)
    for number, caller in enumerate(["10.0.0.1", "10.0.0.2", "10.0.0.3"]):
        use_count.note(use(acme), address=caller, agent=f"agent/{number}")
        if number:
            use_count.write_noted()
    (row,) = rows(acme, UseCount.Span.HOUR)
    assert (row.number, row.last_address, row.last_agent) == (3, "10.0.0.3", "agent/2")
    assert (row.begins_at, row.last_at) == (NOON.replace(minute=0), NOON)


def test_hours_add_up_to_a_day(acme, at):
    for hours in (0, 1, 1):
        at(NOON + timedelta(hours=hours))
        use_count.note(use(acme), address="10.0.0.1", agent="")
    use_count.write_noted()
    assert [row.number for row in rows(acme, UseCount.Span.HOUR)] == [1, 2]
    (day,) = rows(acme, UseCount.Span.DAY)
    assert (day.number, day.begins_at) == (3, NOON.replace(hour=0, minute=0))


def test_the_later_caller_is_kept_whoever_writes_first(acme, at):
    at(NOON)
    use_count.note(use(acme), address="10.0.0.2", agent="later")
    use_count.write_noted()
    at(NOON - timedelta(minutes=5))
    use_count.note(use(acme), address="10.0.0.1", agent="earlier")
    use_count.write_noted()
    (row,) = rows(acme, UseCount.Span.HOUR)
    assert (row.number, row.last_address, row.last_agent, row.last_at) == (2, "10.0.0.2", "later", NOON)


def test_outcomes_and_tenants_are_counted_apart(acme, globex, at):
    at(NOON)
    for each in (use(acme), use(acme, outcome="removed_secret"), use(globex)):
        use_count.note(each, address="", agent="")
    use_count.write_noted()
    assert [row.outcome for row in rows(acme, UseCount.Span.DAY)] == ["", "removed_secret"]
    assert [row.number for row in rows(globex, UseCount.Span.DAY)] == [1]


def test_what_cannot_be_written_is_written_the_next_time(acme, at, monkeypatch):
    at(NOON)
    use_count.note(use(acme), address="10.0.0.1", agent="")
    with monkeypatch.context() as broken:
        broken.setattr(use_count, "insert", lambda *_: (_ for _ in ()).throw(DatabaseError))
        with pytest.raises(DatabaseError):
            use_count.write_noted()
    use_count.note(use(acme), address="10.0.0.2", agent="")
    use_count.write_noted()
    (row,) = rows(acme, UseCount.Span.HOUR)
    assert (row.number, row.last_address) == (2, "10.0.0.2")


def test_memory_is_bounded(acme, at, monkeypatch, caplog):
    at(NOON)
    monkeypatch.setattr(use_count, "MOST_NOTED", 2)
    for client_id in range(5):
        use_count.note(use(acme, client_id), address="", agent="")
    use_count.write_noted()
    assert len(rows(acme, UseCount.Span.HOUR)) == 2
    assert "3 uses of clients were not counted" in caplog.text


@pytest.mark.parametrize("agent", ["x" * 5000, "line\nbreak\x1b[31m", "🦊" * 300, ""])
def test_what_a_program_says_of_itself_is_one_short_line(acme, at, agent):
    at(NOON)
    use_count.note(use(acme), address="10.0.0.1", agent=agent)
    use_count.write_noted()
    (row,) = rows(acme, UseCount.Span.HOUR)
    assert len(row.last_agent) <= 200
    assert row.last_agent.isprintable()


def test_the_days_of_a_client(acme, at):
    for days in (0, 1, 29, 30):
        at(timezone.now() - timedelta(days=days))
        use_count.note(use(acme), address="", agent="")
    use_count.write_noted()
    with scope(tenant=acme):
        assert UseCount.daily(7, 30, timezone.now()).count() == 3
        assert UseCount.daily(8, 30, timezone.now()).count() == 0
