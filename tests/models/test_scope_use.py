"""Which scopes a client was given, and since when that is known (N10)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import DatabaseError
from django_scopes import scope

from console.models import ScopeUse, Tenant, scope_use

pytestmark = pytest.mark.django_db
CLIENT = 7


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    scope_use._noted.clear()


def uses(tenant: Tenant) -> dict[str, tuple[date, date]]:
    scope_use.write_noted()
    with scope(tenant=tenant):
        found = ScopeUse.of_clients([CLIENT])[CLIENT]
    return {name: (use.first_on, use.last_on) for name, use in found.items()}


def test_the_first_and_the_last_day_are_kept(acme: Tenant) -> None:
    days = [date(2026, 8, 1), date(2026, 8, 1), date(2026, 11, 28)]
    for day in days:
        with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), tick=False):
            scope_use.note(acme.pk, CLIENT, ["openid", "profile"] if day == days[0] else ["openid"])
            scope_use.write_noted()
    assert uses(acme) == {"openid": (days[0], days[-1]), "profile": (days[0], days[0])}


def test_one_day_writes_the_same_scopes_once(acme: Tenant, django_assert_num_queries) -> None:
    scope_use.note(acme.pk, CLIENT, ["openid"])
    scope_use.write_noted()
    scope_use.note(acme.pk, CLIENT, ["openid"])
    with django_assert_num_queries(0):
        scope_use.write_noted()


def test_each_tenant_has_its_own(acme: Tenant, globex: Tenant) -> None:
    scope_use.note(globex.pk, CLIENT, ["openid"])
    assert uses(acme) == {}
    assert list(uses(globex)) == ["openid"]


def test_what_could_not_be_written_is_kept(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    scope_use.note(acme.pk, CLIENT, ["openid"])

    def refuses(*_: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(scope_use, "insert", refuses)
        with pytest.raises(DatabaseError):
            scope_use.write_noted()
    assert list(uses(acme)) == ["openid"]


def test_memory_is_bounded(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope_use, "MOST_NOTED", 2)
    for name in ("a", "b", "c"):
        scope_use.note(acme.pk, CLIENT, [name])
    assert set(uses(acme)) == {"a", "b"}
    scope_use.note(acme.pk, CLIENT, ["c"])
    assert set(uses(acme)) == {"a", "b", "c"}
