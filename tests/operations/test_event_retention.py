"""How long the audit log keeps events: `QLIKAUTH_EVENT_DAYS`, carried out by `manage.py expire`."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Event, EventKeyword, Tenant

DAY = timedelta(days=1)


def expire(*options: str) -> int:
    """How many events `expire` removes."""
    return expire_all(*options)["events"]


def expire_all(*options: str) -> dict[str, int]:
    """How many rows `expire` removes of each category."""
    output = StringIO()
    call_command("expire", "--json", *options, stdout=output)
    removed: dict[str, int] = json.loads(output.getvalue())["removed"]
    return removed


def note(tenant: Tenant, at: datetime) -> int:
    """An event of that moment, with a keyword; its ID."""
    with scope(tenant=tenant):
        Event.record(tenant, Action.SECRET_REMOVED, by=Actor.operator(), details={"hint": "abcde"})
        event = Event.objects.latest("pk")
        Event.objects.filter(pk=event.pk).update(happened_at=at)
    return int(event.pk)


def test_without_a_setting_events_are_kept_for_ever(acme: Tenant):
    old = note(acme, timezone.now() - 4000 * DAY)

    assert "events" not in expire_all("--trust-clock")

    assert Event._base_manager.filter(pk=old).exists()


def test_older_events_of_every_tenant_go_in_batches_and_younger_stay(
    acme: Tenant, globex: Tenant, settings: Any
):
    settings.EVENTS_KEPT = 30 * DAY
    now = timezone.now()
    Event._base_manager.all().delete()
    old = [note(tenant, now - 31 * DAY + hours * DAY / 24) for hours in range(3) for tenant in (acme, globex)]
    young = [note(acme, now - 29 * DAY), note(globex, now)]

    assert expire("--batch", "2") == len(old)

    assert set(Event._base_manager.values_list("pk", flat=True)) == set(young)
    assert set(EventKeyword._base_manager.values_list("event", flat=True)) == set(young)
    assert expire() == 0


def test_an_old_event_with_a_late_key_goes_too(acme: Tenant, settings: Any):
    settings.EVENTS_KEPT = 30 * DAY
    young = note(acme, timezone.now())
    old = note(acme, timezone.now() - 31 * DAY)

    assert expire() >= 1

    assert not Event._base_manager.filter(pk=old).exists()
    assert Event._base_manager.filter(pk=young).exists()


def test_the_oldest_are_found_by_an_index(acme: Tenant, settings: Any):
    settings.EVENTS_KEPT = 30 * DAY
    note(acme, timezone.now() - 31 * DAY)
    with CaptureQueriesContext(connection) as queries:
        expire()

    for each in queries:
        if '"console_event"' not in each["sql"] or '"happened_at" <' not in each["sql"]:
            continue
        plan = " ".join(plan_of(each["sql"]))
        assert "SCAN" not in plan.upper().replace("INDEX SCAN", "").replace("INDEX ONLY SCAN", "").replace(
            "BITMAP HEAP SCAN", ""
        ), plan


def plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return [str(row[3]) for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        return [str(row[0]) for row in cursor.fetchall()]
