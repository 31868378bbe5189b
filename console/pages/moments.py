"""Moments in the reader's time zone (middleware.TimeZoneMiddleware)."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format


def local(moment: datetime) -> datetime:
    """The moment in the reader's time zone; as it is where that would be before the first year or after the last."""
    try:
        return timezone.localtime(moment)
    except OverflowError:
        return moment


def exactly(moment: datetime) -> str:
    """Date and time to the minute, with the time zone."""
    here = local(moment)
    return f"{date_format(here, 'DATETIME_FORMAT')} {here:%Z}"
