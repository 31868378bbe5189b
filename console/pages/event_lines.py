"""A line of the audit log: an event with everything that the page shows of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ..models import Action, Event
from .event_details import Change, changes_of, details_of, shortened
from .event_sentences import sentence
from .refusal_reasons import in_words

# Noun of an action -> icon; the others have "info".
ICONS = {
    "client": "key",
    "api": "code",
    "secret": "lock",
    "problem": "warning",
    "consent": "check",
    "device": "link",
    "connection": "link",
    "outside_clients": "link",
    "registration": "plus",
    "tokens": "swap",
    "session": "user",
    "mail": "warning",
    "user": "user",
    "invitation": "mail",
    "group": "users",
}
API = "api"  # the kind of a target
# Actions with these endings are shown in green.
GOOD_NEWS = (
    ".created",
    ".given",
    ".published",
    ".enabled",
    ".approved",
    ".connected",
    ".restored",
    ".accepted",
    ".allowed",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit log, ready to be shown."""

    happened_at: datetime
    sentence: SafeString
    action: str
    reason: str
    times: int
    address: str
    icon: str
    tone: str
    changes: list[Change]
    details: list[tuple[str, str]]


def of_days(events: Iterable[Event]) -> list[tuple[date, list[Line]]]:
    """The lines of each day in the reader's time zone; the events are in the order of time."""
    days = groupby(events, key=lambda event: timezone.localtime(event.happened_at).date())
    return [(day, [line(event) for event in of_day]) for day, of_day in days]


def line(event: Event) -> Line:
    """An event as it is shown."""
    of_api = event.target_kind == API
    return Line(
        happened_at=event.happened_at,
        sentence=sentence(event),
        action=event.action,
        reason=_reason(event),
        times=event.times,
        address=event.address,
        icon="warning" if event.is_refusal else ICONS.get(event.action.split(".")[0], "info"),
        tone=_tone(event),
        changes=list(changes_of(event.changes, of_api=of_api)),
        details=[*details_of(event.details, of_api=of_api), *_reference(event)],
    )


def _reason(event: Event) -> str:
    """Why something was refused, in the reader's language; "" if the event has no reason."""
    reason = event.details.get("reason")
    if not isinstance(reason, str) or not reason:
        return ""
    return shortened(in_words(reason))


def _tone(event: Event) -> str:
    """The colour of a line: "danger", "warning", "success" or none."""
    if event.action == Action.TOKENS_REUSED:
        return "danger"
    if event.is_refusal or event.action == Action.MAIL_FAILED:
        return "warning"
    return "success" if event.action.endswith(GOOD_NEWS) else ""


def _reference(event: Event) -> Iterator[tuple[str, str]]:
    """The reference that a refused caller was given, to be compared with what they report."""
    if event.trace_id:
        yield gettext("Reference"), event.trace_id
