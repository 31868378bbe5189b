"""Moments as people read them: how long ago, or in their time zone; with the exact time and UTC besides."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..pages.moments import exactly, local

register = template.Library()
REMEMBERED = 4096  # how dates are written: a page is read again more often than it changes
JUST_NOW = timedelta(minutes=1)


def in_words(moment: datetime) -> str:
    """ "3 minutes ago", in one unit; "just now" within a minute."""
    now = timezone.now()
    if now - moment < JUST_NOW:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}


def _time(moment: datetime, text: str) -> SafeString:
    """The element, with UTC besides the reader's own time for those who compare it with a log."""
    title = _title(moment, timezone.get_current_timezone(), get_language())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.astimezone(UTC).isoformat(), title, text
    )


@lru_cache(REMEMBERED)
def _title(moment: datetime, zone: tzinfo, language: str | None) -> str:
    """In the reader's time zone and language, which are those in force."""
    title = exactly(moment)
    if local(moment).utcoffset():
        title = f"{title} · {date_format(moment.astimezone(UTC), 'DATETIME_FORMAT')} UTC"
    return title


@register.filter
def ago(moment: datetime | None) -> str:
    """A <time> element that says how long ago, or a sentence when it never happened."""
    return _time(moment, in_words(moment)) if moment else _("Never")


@register.filter
def day(moment: datetime) -> str:
    """A <time> element with the date."""
    return _day(moment, timezone.get_current_timezone(), get_language())


@lru_cache(REMEMBERED)
def _day(moment: datetime, zone: tzinfo, language: str | None) -> SafeString:
    """In the reader's time zone and language, which are those in force."""
    return _time(moment, date_format(local(moment), "DATE_FORMAT"))


@register.filter
def time_of_day(moment: datetime) -> str:
    """A <time> element with hours, minutes, seconds and the time zone, for a list that says the day above."""
    here = local(moment)
    return _time(moment, f"{here:%H:%M:%S %Z}")


@register.filter
def clock(moment: datetime) -> str:
    """A <time> element with date, time and time zone."""
    return _time(moment, exactly(moment))
