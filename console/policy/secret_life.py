"""Whether a client secret works at a moment, and when its administrators are told that it expires (P1, N2)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .reasons import Reason

AGAIN_FOR = timedelta(hours=24)  # that a disabled secret works again when it is enabled for a while
LATELY = timedelta(hours=24)  # a secret that was used within it is in use
LONGEST = timedelta(days=730)  # from today to the day on which a secret expires
NOTICES = (timedelta(days=30), timedelta(days=7), timedelta(days=1))  # before it expires


class State(StrEnum):
    """What a secret is at a moment. It works in the first two states alone."""

    WORKS = "works"
    WORKS_FOR_NOW = "works_for_now"  # disabled, and enabled again until a moment
    DISABLED = "disabled"
    EXPIRED = "expired"
    REMOVED = "removed"


REASONS = {
    State.DISABLED: Reason.DISABLED_SECRET,
    State.EXPIRED: Reason.EXPIRED_SECRET,
    State.REMOVED: Reason.REMOVED_SECRET,
}


class Life(NamedTuple):
    """What decides whether a secret works: None for what has not happened, or never will."""

    expires_at: datetime | None = None
    disabled_at: datetime | None = None
    enabled_until: datetime | None = None  # of a disabled one
    removed_at: datetime | None = None

    def works_at(self, now: datetime) -> bool:
        """Whether a client authenticates with the secret at `now`."""
        return self.state_at(now) in (State.WORKS, State.WORKS_FOR_NOW)

    def state_at(self, now: datetime) -> State:
        """An end counts from its very moment on."""
        if self.removed_at is not None:
            return State.REMOVED
        if self.expires_at is not None and self.expires_at <= now:
            return State.EXPIRED
        if self.disabled_at is None:
            return State.WORKS
        again = self.enabled_until is not None and self.enabled_until > now
        return State.WORKS_FOR_NOW if again else State.DISABLED

    def ended_at(self, now: datetime) -> datetime | None:
        """Since when the secret does not work; None while it does."""
        match self.state_at(now):
            case State.REMOVED:
                return self.removed_at
            case State.EXPIRED:
                return self.expires_at
            case State.DISABLED:
                return self.enabled_until or self.disabled_at
        return None


def next_notice(expires_at: datetime | None, now: datetime) -> datetime | None:
    """When people are told next that a secret expires at `expires_at`; None if there is nothing more to tell."""
    if expires_at is None:
        return None
    return min((expires_at - before for before in NOTICES if expires_at - before > now), default=None)
