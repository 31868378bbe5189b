"""Moments as people read them: how long ago, with the exact time for whoever wants it."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

register = template.Library()
JUST_NOW = timedelta(minutes=1)


def in_words(moment: datetime) -> str:
    """ "3 minutes ago", in one unit; "just now" within a minute."""
    now = timezone.now()
    if now - moment < JUST_NOW:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}


def exactly(moment: datetime) -> str:
    """Date and time to the minute, with the time zone."""
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


def _time(moment: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exactly(moment), text)


@register.filter
def ago(moment: datetime | None) -> str:
    """A <time> element that says how long ago, or a sentence when it never happened."""
    return _time(moment, in_words(moment)) if moment else _("Never")


@register.filter
def day(moment: datetime) -> str:
    """A <time> element with the date, short enough for a table."""
    written = pgettext("a date, as Django's date filter takes it: short, the month in letters", "N j, Y")
    return _time(moment, date_format(timezone.localtime(moment), written))


@register.filter
def clock(moment: datetime) -> str:
    """A <time> element with date, time and time zone."""
    return _time(moment, exactly(moment))
