"""Thirty days of use for the demonstration region: its charts have something to show, the same on every machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..models import Client, Tenant, UseTotal, client_use, use_count
from ..models.connection import Connection
from ..policy.client_types import GrantType
from ..policy.reasons import Reason
from ..policy.uses import AUTHORIZATION, Use

DAYS = 30
ADDRESS, AGENT = "192.0.2.10", "demonstration/1.0"  # an address of nobody (RFC 5737)
WEEKEND = 5  # the weekday that it begins with


@dataclass(frozen=True, slots=True)
class Habit:
    """How a client is used on a working day: `people` sign in, `tokens` are given, and now and then one is refused."""

    people: int
    tokens: int
    refused: int
    reason: Reason = Reason.REFRESH_TOKEN_ENDED
    rests: bool = True  # on days that nobody works


HABITS = {
    "Demonstration application": Habit(46, 118, 3),
    "Sales dashboard": Habit(83, 174, 5, Reason.REDIRECT_URI_MISMATCH),
    "Field app": Habit(31, 142, 2),
    "Nightly export": Habit(0, 24, 1, Reason.SCOPE_NOT_ALLOWED, rests=False),
    "Report portal": Habit(28, 63, 1),
}


def show(tenant: Tenant, now: datetime) -> None:
    """Counts the use of the active tenant's clients up to `now`, unless something has been counted there before."""
    if UseTotal.objects.exists():
        return
    for client in Client.objects.filter(tenant=tenant, name__in=HABITS):
        for days_ago in reversed(range(DAYS)):
            at = now - timedelta(days=days_ago)
            for use, number in _of_day(client, at, days_ago):
                use_count.note(use, address=ADDRESS, agent=AGENT, at=at, number=number)
        used = Connection.to_client(tenant, client.client_id)
        if used is not None:
            client_use.note(used, now)
    use_count.write_noted()


def _of_day(client: Client, at: datetime, days_ago: int) -> Iterator[tuple[Use, int]]:
    """What the client does on a day, and how often. More from week to week, and less on a day that nobody works."""
    habit = HABITS[client.name]
    share = 1.0 - days_ago / 90 + (days_ago * 7 % 5 - 2) / 12
    if habit.rests and at.weekday() >= WEEKEND:
        share /= 5
    grant = GrantType.AUTHORIZATION_CODE if habit.people else GrantType.CLIENT_CREDENTIALS
    wrong = AUTHORIZATION if habit.reason is Reason.REDIRECT_URI_MISMATCH else grant.value
    address = client.redirect_uris[0] if client.redirect_uris else ""
    uses = [
        (Use(client.tenant_id, client.pk, AUTHORIZATION, redirect_uri=address), habit.people),
        (Use(client.tenant_id, client.pk, grant.value, redirect_uri=address), habit.tokens),
        (Use(client.tenant_id, client.pk, wrong, habit.reason.value), _refused(habit, days_ago)),
    ]
    for use, number in uses:
        if counted := round(number * share):
            yield use, counted


def _refused(habit: Habit, days_ago: int) -> int:
    """How often something is refused: now and then, and much more on two days of a change that went wrong."""
    if habit.reason is Reason.REDIRECT_URI_MISMATCH and days_ago in {11, 12}:
        return 8 * habit.refused
    return habit.refused * (days_ago % 3)
