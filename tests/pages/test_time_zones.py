"""Times are shown where the person is; what programs read is UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as Browser
from time_machine import TimeMachineFixture

from console.models import Action, Event, Tenant, User
from tests.cast import ask, publish, signed_in_as

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Browser]
LIST, PAGE = "/console/events", "/account/time-zone"
EVENING = datetime(2026, 6, 30, 22, 30, 5, tzinfo=UTC)  # 00:30:05 on 1 July in Stockholm


@pytest.fixture
def evening(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(EVENING, tick=False)
    return time_machine


def looks(browser: Browser, zone: str, language: str = "en", chosen: str = "") -> str:
    browser.cookies["time_zone"], browser.cookies["time_zone_chosen"] = zone, chosen
    browser.cookies["language"] = language
    page = browser.get(LIST)
    assert page.status_code == 200
    return page.content.decode()


def test_the_log_has_the_day_and_the_hour_of_whoever_reads_it(evening: Any, browser: Browse, alice: User):
    chromium = browser(alice)

    here = looks(chromium, "Europe/Stockholm", "sv")
    assert "00:30:05 CEST" in here
    assert "1 jul 2026" in here
    assert "30 jun 2026 22:30 UTC" in here  # in the title
    assert 'datetime="2026-06-30T22:30:05+00:00"' in here
    assert "15:30:05 PDT" in looks(chromium, "America/Los_Angeles")


@pytest.mark.parametrize(
    "sent", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "x" * 5000, "Europe", "\x00", "localtime"]
)
def test_utc_is_said_if_the_device_does_not_say_a_zone(evening: Any, sent: str, browser: Browse, alice: User):
    page = looks(browser(alice), sent)

    assert "22:30:05 UTC" in page
    assert "· June 30" not in page


def test_what_the_person_chose_wins(evening: Any, browser: Browse, alice: User):
    chromium = browser(alice)
    assert chromium.post(PAGE, {"time_zone": "Asia/Tokyo"}).status_code == 303
    chosen = chromium.cookies["time_zone_chosen"]

    assert "07:30:05 JST" in looks(chromium, "Europe/Stockholm", chosen=chosen.value)
    assert chosen["httponly"]
    assert '<option value="Asia/Tokyo" selected>' in chromium.get(PAGE).content.decode()
    chromium.post(PAGE, {"time_zone": ""})
    assert chromium.cookies["time_zone_chosen"].value == ""


def test_a_zone_that_is_none_cannot_be_chosen(browser: Browse, bob: User):
    assert browser(bob).post(PAGE, {"time_zone": "Mars/Olympus"}).status_code == 400


def test_a_day_in_the_filter_is_the_persons_day(evening: Any, browser: Browse, alice: User):
    chromium = browser(alice)
    for zone, day, found in (
        ("Europe/Stockholm", "2026-07-01", True),
        ("Europe/Stockholm", "2026-06-30", False),
        ("UTC", "2026-06-30", True),
        ("UTC", "2026-07-01", False),
    ):
        chromium.cookies["time_zone"] = zone
        page = chromium.get(LIST, {"since": day, "until": day}).content.decode()
        assert ("2026-06-30T22:30:05+00:00" in page) is found, (zone, day)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_are_days(zone: str, day: str, browser: Browse, alice: User):
    chromium = browser(alice)
    chromium.cookies["time_zone"] = zone

    assert chromium.get(LIST, {"since": day}).status_code == 200
    assert chromium.get(LIST, {"until": day}).status_code == 200


def test_an_export_is_in_utc(evening: Any, browser: Browse, alice: User):
    chromium = browser(alice)
    chromium.cookies["time_zone"] = "Europe/Stockholm"

    for kind in ("csv", "jsonl"):
        answer = chromium.get(f"{LIST}/export", {"format": kind})
        assert b"2026-06-30T22:30:05+00:00" in answer.getvalue()


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Europe/Stockholm", "2026-07-02T21:59:59+00:00"),
        ("America/Los_Angeles", "2026-07-03T06:59:59+00:00"),
        ("", "2026-07-02T23:59:59+00:00"),
    ],
)
def test_an_approval_ends_with_the_persons_day(
    evening: Any, zone: str, until: str, alice: User, bob: User, globex: Tenant
):
    wish, chromium = ask(bob, publish(globex)), signed_in_as(alice)
    chromium.cookies["time_zone"] = zone
    address = f"/console/requests/{wish.pk}/approve"
    [shown] = re.findall(r'name="shown" value="([^"]+)"', chromium.get(address).content.decode())
    scopes = re.findall(r'name="scopes" value="([^"]+)"', chromium.get(address).content.decode())

    answer = chromium.post(
        address,
        {
            "shown": shown,
            "decision": "approve",
            "consent_method": "required",
            "scopes": scopes,
            "until": "2026-07-02",
        },
    )

    assert answer.status_code == 303
    made = Event._base_manager.get(tenant=alice.tenant, action=Action.CONNECTION_APPROVED)
    assert datetime.fromisoformat(made.details["expires_at"]) == datetime.fromisoformat(until)


def test_a_moment_that_another_zone_does_not_have_is_still_shown(browser: Browse, alice: User):
    Event._base_manager.create(
        tenant=alice.tenant,
        action="client.updated",
        actor_kind="user",
        details={"expires_at": "9999-12-31T23:59:59+00:00"},
    )

    assert "31 Dec 9999, 23:59 UTC" in looks(browser(alice), "Pacific/Kiritimati")
