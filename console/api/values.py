"""Values that calls send, one function for each kind. `name` is what the caller knows the value by."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from ..policy import text
from .body import SHOWN
from .errors import Refused

# RFC 3339 §5.6, in the capitals that everybody writes; which days a month has is for datetime to say.
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def one_of(name: str, value: Any, choices: Iterable[str]) -> str:
    """One of a few words."""
    words = list(choices)
    if not isinstance(value, str) or value not in words:
        raise Refused(400, f"{name} must be {' or '.join(words)}.")
    return value


def words(name: str, value: Any) -> list[str]:
    """A list of words, none of which stands twice."""
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise Refused(400, f"{name} must be an array of strings.")
    if len(set(value)) != len(value):
        raise Refused(400, f"{name} must not contain the same string twice.")
    return value


def whole_number(name: str, value: Any) -> int:
    """A number that counts something."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(400, f"{name} must be a whole number.")
    return value


def yes_or_no(name: str, value: Any) -> bool:
    """True or false, and nothing that could be taken for one of them."""
    if not isinstance(value, bool):
        raise Refused(400, f"{name} must be true or false.")
    return value


def moment_to_come(name: str, value: Any) -> datetime | None:
    """A moment in the future (RFC 3339), or null for none."""
    if value is None:
        return None
    try:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise ValueError
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            400, f"{name} must be a moment as RFC 3339 writes it, such as 2030-01-31T12:00:00Z, or null."
        ) from None
    if moment <= timezone.now():
        raise Refused(400, f"{name} must be in the future.")
    return moment


def lines(name: str, value: Any, most: int) -> str:
    """A text for people, without the space around it: something to read, and nothing hidden."""
    if not isinstance(value, str):
        raise Refused(400, f"{name} must be a string.")
    written = text.lines(value)
    if not written:
        raise Refused(400, f"{name} must not be empty.")
    if len(written) > most:
        raise Refused(400, f"{name} must have at most {most} characters.")
    try:
        text.check_lines(written)
    except text.Refused as refused:
        raise Refused(400, f"{name}: {refused}") from None
    return written


def shortened(names: Iterable[str]) -> str:
    """The caller's own words, as far as an error repeats them."""
    return ", ".join(name[:SHOWN] for name in list(names)[:3])
