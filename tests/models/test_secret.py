"""Client secrets: disabled, enabled, edited, removed, and what is found of them (P1, N1)."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Actor, Client, ClientSecret, Event, Tenant, UseCount, User, secret_use
from tests import cast

pytestmark = pytest.mark.django_db
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture, acme: Tenant) -> Iterator[TimeMachineFixture]:
    time_machine.move_to(START, tick=False)
    with scope(tenant=acme):
        yield time_machine


@pytest.fixture
def client(web_client: tuple[Client, str]) -> Client:
    return web_client[0]


def first(client: Client) -> ClientSecret:
    found: ClientSecret = client.secrets.order_by("created_at")[0]
    return found


def again(secret: ClientSecret) -> ClientSecret:
    found: ClientSecret = ClientSecret.objects.select_related("client").get(pk=secret.pk)
    return found


def add(client: Client, **columns: Any) -> ClientSecret:
    row = ClientSecret.add_to(client, by=cast.OPERATOR)[0]
    ClientSecret.objects.filter(pk=row.pk).update(**columns)
    return again(row)


def told(action: str) -> list[dict[str, Any]]:
    return [event.details for event in Event.objects.filter(action=action).order_by("pk")]


def test_disabling_can_be_undone_and_both_are_in_the_log(client: Client, alice: User):
    secret = first(client)

    assert secret.disable(by=Actor(user=alice))
    assert not secret.disable(by=Actor(user=alice))
    assert (again(secret).state, again(secret).disabled_by) == ("disabled", alice)
    assert secret.enable(by=Actor(user=alice))
    assert not secret.enable(by=Actor(user=alice))

    assert again(secret).works
    assert (again(secret).disabled_at, again(secret).disabled_by) == (None, None)
    assert told("secret.disabled") == told("secret.enabled") == [{"hint": secret.hint}]


def test_only_a_disabled_one_is_enabled_for_a_day(client: Client, clock: TimeMachineFixture):
    secret = first(client)
    assert not secret.enable(by=cast.OPERATOR, for_a_while=True)
    secret.disable(by=cast.OPERATOR)

    assert secret.enable(by=cast.OPERATOR, for_a_while=True)
    assert not secret.enable(by=cast.OPERATOR, for_a_while=True), "the end is not moved while it works"
    assert again(secret).enabled_until == START + DAY
    clock.shift(DAY)
    assert again(secret).state == "disabled"
    assert secret.enable(by=cast.OPERATOR, for_a_while=True)
    assert [details["enabled_until"] for details in told("secret.enabled")] == [
        (START + DAY).isoformat(),
        (START + 2 * DAY).isoformat(),
    ]


def test_one_that_works_for_now_can_be_disabled_at_once_or_enabled_for_good(client: Client):
    secret = first(client)
    secret.disable(by=cast.OPERATOR)
    secret.enable(by=cast.OPERATOR, for_a_while=True)
    assert secret.disable(by=cast.OPERATOR)
    assert again(secret).state == "disabled"

    secret.enable(by=cast.OPERATOR, for_a_while=True)
    assert secret.enable(by=cast.OPERATOR)
    assert again(secret).state == "works"


def test_a_removed_one_stays_removed(client: Client):
    secret = first(client)
    secret.disable(by=cast.OPERATOR)
    secret.remove(by=cast.OPERATOR, why="Leaked")

    assert not secret.enable(by=cast.OPERATOR)
    assert not secret.enable(by=cast.OPERATOR, for_a_while=True)
    assert not secret.disable(by=cast.OPERATOR)
    assert not secret.change(name="x", expires_at=None, by=cast.OPERATOR)
    assert told("secret.removed") == [{"hint": secret.hint, "why": "Leaked"}]


def test_disabled_and_expired_ones_count_to_the_limit(client: Client):
    for columns in ({"disabled_at": START}, {"expires_at": START}, {}, {}):
        add(client, **columns)

    with pytest.raises(Exception, match="client_secrets"):
        add(client)


def test_a_change_says_what_it_was_before(client: Client):
    secret = first(client)
    ends = START + 40 * DAY

    assert secret.change(name="Web servers", expires_at=ends, by=cast.OPERATOR)
    assert not secret.change(name="Web servers", expires_at=ends, by=cast.OPERATOR)

    [event] = Event.objects.filter(action="secret.updated")
    assert event.changes == {"name": ["", "Web servers"], "valid_until": ["", ends.isoformat()]}
    assert again(secret).notice_due_at == START + 10 * DAY
    secret.change(name="Web servers", expires_at=None, by=cast.OPERATOR)
    assert again(secret).notice_due_at is None


@pytest.mark.parametrize(
    ("columns", "needed"),
    [
        ({"last_used_at": START - timedelta(hours=23, minutes=59)}, True),
        ({"last_used_at": START - DAY}, False),
        ({}, False),
    ],
)
def test_a_secret_that_was_used_within_a_day_is_removed_with_a_reason(
    client: Client, columns: dict[str, Any], needed: bool
):
    assert add(client, **columns).needs_reason(START) is needed


@pytest.mark.parametrize(
    ("successors", "needed"),
    [
        ([{}], True),
        ([{"last_used_at": START - 9 * DAY}], False),
        ([{"last_used_at": START - 9 * DAY}, {}], False),
        ([{"disabled_at": START}], False),
        ([{"removed_at": START}], False),
        ([{"expires_at": START}], False),
    ],
)
def test_so_is_one_whose_successor_has_never_been_used(
    client: Client, successors: list[dict[str, Any]], needed: bool, clock: TimeMachineFixture
):
    for columns in successors:
        clock.shift(HOUR)
        add(client, **columns)

    assert first(client).needs_reason(START) is needed


def test_secrets_that_expire_are_found_first_one_first(client: Client, globex: Tenant, acme: Tenant):
    later, sooner = add(client, expires_at=START + 20 * DAY), add(client, expires_at=START + DAY)
    for columns in (
        {"expires_at": START + 31 * DAY},
        {"expires_at": START},
    ):
        add(client, **columns)
    gone, _ = cast.register(acme, name="Gone")
    add(gone, expires_at=START + DAY)
    gone.remove(by=cast.OPERATOR)
    off, _ = cast.register(acme, name="Off")
    add(off, expires_at=START + DAY, disabled_at=START)
    with scope(tenant=globex):
        theirs, _ = cast.register(globex)
        ClientSecret.objects.filter(client=theirs).update(expires_at=START + DAY)

    assert list(ClientSecret.expiring(acme, 30 * DAY)) == [sooner, later]


def test_dead_secrets_that_are_tried_are_found_in_their_own_tenant(
    client: Client, acme: Tenant, globex: Tenant
):
    tried = add(client, disabled_at=START - DAY, last_tried_at=START)
    add(client, disabled_at=START - DAY, last_tried_at=START - 8 * DAY)

    assert list(ClientSecret.still_tried(acme, 7 * DAY)) == [tried]
    assert list(ClientSecret.still_tried(globex, 7 * DAY)) == []


# --- Uses -----------------------------------------------------------------------------------------------------------


def counted(secret: ClientSecret, tenant: Tenant, at: datetime, **columns: Any) -> None:
    usual = {"grant": "client_credentials", "outcome": "", "number": 1, "last_address": "203.0.113.9"}
    begins = at.replace(minute=0)
    for span, moment in (("hour", begins), ("day", begins.replace(hour=0))):
        made = usual | columns
        row = UseCount(
            tenant=tenant,
            client=secret.client,
            span=span,
            begins_at=moment,
            kind=hashlib.sha256(f"{span}{at}{made}".encode()).hexdigest()[:32],
            secret_id=secret.pk,
            last_at=at,
            last_agent="reports/1.0",
            **made,
        )
        UseCount._base_manager.bulk_create([row])


def test_uses_of_all_tenants_count_and_refused_ones_apart(client: Client, acme: Tenant, globex: Tenant):
    secret = first(client)
    counted(secret, acme, START - 2 * DAY, number=5)
    counted(secret, acme, START - HOUR, number=3, last_address="203.0.113.8")
    counted(secret, globex, START - 2 * HOUR, number=2)
    counted(secret, acme, START, number=7, outcome="disabled_secret", last_address="203.0.113.7")
    counted(secret, acme, START, number=1, outcome="scope_not_allowed", last_address="203.0.113.8")
    counted(add(client), acme, START, number=100)

    month, day = secret_use.of(secret.pk, 30, START), secret_use.of_last_day(secret.pk, START)

    assert (month.used.total, month.tried.total, day.used.total, day.tried.total) == (11, 7, 6, 7)
    assert month.used.daily[START.date() - timedelta(days=2)] == 5
    assert [caller.address for caller in day.tried.callers] == ["203.0.113.7"]
    assert [caller.address for caller in month.used.callers] == ["203.0.113.8", "203.0.113.9"]
    assert month.used.callers[0].agent == "reports/1.0"


def test_of_very_many_rows_the_latest_are_read_and_the_number_is_said_to_be_too_low(
    client: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(secret_use, "MOST_READ", 2)
    for days in range(3):
        counted(first(client), acme, START - days * DAY)

    used = secret_use.of(first(client).pk, 30, START).used

    assert (used.total, used.complete) == (2, False)
    assert START.date() in used.daily
