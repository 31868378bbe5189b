"""How long a browser session may last, and be idle: an organisation's limits within those of the region (ASVS 7.3)."""

from datetime import timedelta
from typing import NamedTuple

from .translation import gettext_noop

# Shorter ones would end in the middle of a form; the region's own may be shorter all the same.
LEAST_IDLE, LEAST_ABSOLUTE = timedelta(minutes=5), timedelta(minutes=15)

OUT_OF_BOUNDS = gettext_noop("Enter a number between %(least)d and %(most)d.")
IDLE_IS_LONGER = gettext_noop("A session cannot be idle for longer than it lasts.")


class SessionLimits(NamedTuple):
    """After how long a session ends without a request, and in any case."""

    idle: timedelta
    absolute: timedelta

    def within(self, region: "SessionLimits") -> "SessionLimits":
        """These limits as far as the region allows: what an operator has lowered since counts at once."""
        absolute = min(self.absolute, region.absolute)
        return SessionLimits(min(self.idle, region.idle, absolute), absolute)


def bounds(least: timedelta, most: timedelta) -> tuple[int, int]:
    """The least and the most minutes that may be entered."""
    longest = int(most.total_seconds() // 60)
    return min(int(least.total_seconds() // 60), longest), longest
