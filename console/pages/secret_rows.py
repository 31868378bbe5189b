"""What the console says of each secret of a client: its state, how it is used, and by whom (P1, N1, N2)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from ..models import Client, ClientSecret, secret_use
from ..models.secret_use import Caller, Uses
from ..policy.secret_life import State
from . import charts
from .charts import BarChart

CHARTED_DAYS = 30
EXPIRES_SOON = timedelta(days=30)
TRIED_DAYS = 7  # for which it is told that a secret is tried although it does not work
MOST_TOLD = 5  # such secrets
CALLERS_TOLD = 3  # of each


@dataclass(frozen=True, slots=True)
class Row:
    """A secret that has not been removed. `used` are the last 30 days, `lately` the last 24 hours."""

    secret: ClientSecret
    state: State
    used: Uses
    lately: Uses
    tried_lately: Uses
    chart: BarChart
    expires_soon: bool

    @property
    def days_left(self) -> int:
        """Days until it expires, the last one begun included; 0 if it does not."""
        left = self.secret.expires_at - timezone.now() if self.secret.expires_at else timedelta(0)
        return max(0, -(-left // timedelta(days=1)))

    @property
    def works(self) -> bool:
        return self.state in (State.WORKS, State.WORKS_FOR_NOW)

    @property
    def callers(self) -> list[Caller]:
        """Who used it, the latest first, each once."""
        known = {caller.who: caller for caller in reversed(self.lately.callers + self.used.callers)}
        return sorted(known.values(), key=lambda caller: caller.last_at, reverse=True)

    @property
    def last_caller(self) -> Caller | None:
        return self.callers[0] if self.callers else None


@dataclass(frozen=True, slots=True)
class Dead:
    """A secret that does not work and is still tried."""

    secret: ClientSecret
    state: State
    tried: Uses

    @property
    def callers(self) -> list[Caller]:
        return self.tried.callers[:CALLERS_TOLD]


def rows(client: Client, now: datetime) -> list[Row]:
    """The secrets of a client that have not been removed, the oldest first: at most as many as a client may have."""
    kept = client.secrets.filter(removed_at=None).select_related("created_by", "disabled_by")
    return [_row(secret, now) for secret in kept.order_by("created_at")]


def _row(secret: ClientSecret, now: datetime) -> Row:
    used = secret_use.of(secret.pk, CHARTED_DAYS, now).used
    lately = secret_use.of_last_day(secret.pk, now)
    state = secret.life.state_at(now)
    return Row(
        secret,
        state,
        used,
        lately.used,
        lately.tried,
        charts.of_days(used.daily, now.astimezone(UTC).date(), days=CHARTED_DAYS),
        secret.expires_at is not None and now < secret.expires_at < now + EXPIRES_SOON,
    )


def still_tried(client: Client, now: datetime) -> list[Dead]:
    """Secrets of a client that something has not stopped using (N2), the one that was tried last first."""
    tried = client.secrets.filter(last_tried_at__gt=now - timedelta(days=TRIED_DAYS))
    found = []
    for secret in tried.select_related("removed_by", "disabled_by").order_by("-last_tried_at")[
        : 2 * MOST_TOLD
    ]:
        if is_tried(secret, now):
            uses = secret_use.of(secret.pk, TRIED_DAYS, now).tried
            found.append(Dead(secret, secret.life.state_at(now), uses))
    return found[:MOST_TOLD]


def is_tried(secret: ClientSecret, now: datetime) -> bool:
    """Whether a secret that does not work has been tried since it stopped working."""
    ended = secret.life.ended_at(now)
    return ended is not None and secret.last_tried_at is not None and secret.last_tried_at >= ended
