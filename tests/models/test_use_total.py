"""A tenant's totals by day: sign-ins, tokens, refusals, added up while the uses of its clients are written (P8)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone
from django_scopes import scope

from console.models import Tenant, UseTotal, use_count, use_total
from console.policy.uses import Total, Use

NOON = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    use_count._noted.clear()
    use_total._noted.clear()


def note(tenant: Tenant, grant: str, *, at: datetime = NOON, **more: Any) -> None:
    number, client_id = more.pop("number", 1), more.pop("client_id", 7)
    use_count.note(Use(tenant.pk, client_id, grant, **more), address="", agent="", at=at, number=number)


def totals(tenant: Tenant, now: datetime = NOON) -> dict[str, dict[date, int]]:
    """What is counted of the last 30 days, without what was not counted at all."""
    with scope(tenant=tenant):
        return {what.value: days for what, days in UseTotal.daily(30, now).items() if days}


def test_clients_add_up_to_a_day_of_their_tenant(acme, globex):
    for client_id in (7, 8, 9):
        note(acme, "authorization", client_id=client_id, redirect_uri=f"https://{client_id}.example/cb")
    note(acme, "refresh_token", number=5)
    note(acme, "client_credentials", outcome="removed_secret")
    note(globex, "client_credentials")
    use_count.write_noted()

    assert totals(acme) == {"sign_in": {TODAY: 3}, "token": {TODAY: 5}, "refusal": {TODAY: 1}}
    assert totals(globex) == {"token": {TODAY: 1}}


def test_what_is_written_later_is_added(acme):
    for hours in (0, 1, 26):
        note(acme, "client_credentials", at=NOON - timedelta(hours=hours))
        use_count.write_noted()

    assert totals(acme) == {"token": {TODAY: 2, TODAY - timedelta(days=1): 1}}


def test_the_days_asked_for_end_today(acme):
    for days in (0, 29, 30):
        note(acme, "client_credentials", at=NOON - timedelta(days=days))
    use_count.write_noted()

    assert totals(acme) == {"token": {TODAY: 1, TODAY - timedelta(days=29): 1}}


def test_each_day_has_one_row_of_each_kind_however_many_clients_there_are(acme):
    for client_id in range(250):  # more than one transaction of them
        note(acme, "client_credentials", client_id=client_id, number=2)
    use_count.write_noted()

    with scope(tenant=acme):
        assert list(UseTotal.objects.values_list("what", "number")) == [("token", 500)]


def test_a_refusal_without_a_client_counts_too(acme):
    for _ in range(3):
        use_total.note(acme.pk, Total.REFUSAL, at=NOON)
    note(acme, "client_credentials", outcome="removed_secret")
    use_count.write_noted()

    assert totals(acme) == {"refusal": {TODAY: 4}}


@pytest.mark.parametrize("module", [use_count, use_total])
def test_what_cannot_be_written_is_written_once_the_next_time(acme, monkeypatch, module):
    use_total.note(acme.pk, Total.REFUSAL, at=NOON)
    note(acme, "client_credentials", number=3)
    with monkeypatch.context() as broken:
        broken.setattr(module, "insert", lambda *_: (_ for _ in ()).throw(DatabaseError))
        with pytest.raises(DatabaseError):
            use_count.write_noted()
    use_count.write_noted()
    use_count.write_noted()

    assert totals(acme) == {"refusal": {TODAY: 1}, "token": {TODAY: 3}}


def test_they_are_kept_as_long_as_the_numbers_of_clients(acme, settings):
    settings.USES_KEPT = timedelta(days=40)
    now = timezone.now()
    for days in (0, 39, 42):
        note(acme, "client_credentials", at=now - timedelta(days=days))
    use_count.write_noted()

    call_command("expire")

    with scope(tenant=acme):
        assert UseTotal.objects.count() == 2
