"""The time zone of a person: the one they chose, else their device's, else unknown."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

DEVICE_COOKIE, CHOSEN_COOKIE = "time_zone", "time_zone_chosen"
AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def names() -> frozenset[str]:
    """The names that a device can have (IANA time zone database)."""
    return frozenset(available_timezones())


@cache
def to_choose() -> tuple[str, ...]:
    """The names of places, in order: what a person looks for. UTC comes first."""
    return ("UTC", *sorted(name for name in names() if name.split("/")[0] in AREAS and "/" in name))


def zone(*wanted: str) -> ZoneInfo | None:
    """The first of these names that is one. Browsers send them: anything else is passed over."""
    for name in wanted:
        if name in names():
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return None
