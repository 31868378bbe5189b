"""What the audit log of this tenant says about one client, in statements that read a bounded part of it (P8, P12)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ..http.requests import PageRequest
from ..models import Action, Client, Event
from ..models.action import REFUSALS
from ..models.event_reading import LOOKED_THROUGH, Reading, position
from .event_lines import Line, line, of_days
from .event_sentences import doer
from .forms.event_search import of_clients

LATEST = 5
PAGE = 25  # events
REFUSED = 10  # that stand above the others
LATELY = timedelta(days=7)
AROUND = timedelta(minutes=1)  # between a change and the event that tells of it, in one transaction


def latest(client: Client) -> list[Line]:
    """The newest LATEST events of the last LATELY with refusals first, then others, however old."""
    refused = _refused(client, LATEST)
    others = _about(client).exclude(pk__in=[event.pk for event in refused])[: LATEST - len(refused)]
    return [line(event) for event in [*refused, *others]]


def page(request: PageRequest, client: Client) -> dict[str, Any]:
    """The template context of clients/activity.html: recent refusals, then every event by day, a page at a time.

    `before` in the address is the event that the page starts below: new ones never shift it.
    """
    sent = request.GET.get("before", "")
    number = int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= 18 else None
    before = Event.objects.filter(pk=number).first() if number is not None else None
    below = position(before) if before is not None else None
    found = Reading(Event.newest_first(), [of_clients([client.pk])]).page(below, PAGE)
    refused = [] if before is not None else _refused(client, REFUSED + 1)
    return {
        "refusals": [line(event) for event in refused[:REFUSED]],
        "more_refusals": len(refused) > REFUSED,
        "days": of_days(found.events),
        "older": found.rest and found.rest.pk,
        "before": before and before.pk,
    }


def doer_of(client: Client, action: Action, moment: datetime) -> str:
    """Who did `action` to the client at `moment`; "" if the log does not (any more) say."""
    at_the_time = Event.newest_first().filter(happened_at__range=(moment - AROUND, moment + AROUND))
    found = at_the_time.filter(target_id=str(client.pk), target_kind="client", action=action).first()
    return doer(found) if found is not None else ""


def _about(client: Client) -> "QuerySet[Event]":
    return Event.newest_first().filter(target_id=str(client.pk), target_kind="client")


def _refused(client: Client, most: int) -> list[Event]:
    """The newest `most` refusals of the last LATELY among the newest LOOKED_THROUGH events of the client.

    Which of those events are refusals is decided here: a database that is asked for them in one statement goes through
    the whole log instead.
    """
    lately = _about(client).filter(happened_at__gt=timezone.now() - LATELY)
    looked_through = lately.values_list("pk", "action")[:LOOKED_THROUGH]
    keys = [pk for pk, action in looked_through if action in REFUSALS]
    return list(Event.newest_first().filter(pk__in=keys[:most]))
