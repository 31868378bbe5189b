"""Searching the audit log, however long it is: what names one thing by an index, other text in the newest events."""

import re

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from ...models import Client, Event, EventKeyword
from ...models.event_keyword import MAX_FOUND
from .. import refusal_reasons

# Text is read through for, and a log can have millions of events. To look further back, a reader chooses a period.
TEXT_SEARCHED = 10_000
ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)  # of a client and of a request alike
HINT_DOTS = "…\N{WORD JOINER}"  # as a hint is shown, and so copied


def named(events: "QuerySet[Event]", text: str) -> "QuerySet[Event] | None":
    """Those of `events` that speak of exactly this: a redirect URL or its host, a client ID, the hint of a secret, a
    trace ID. None if no event of the tenant does."""
    text = text.strip().lstrip(HINT_DOTS)
    few, client = EventKeyword.events_with(text), None
    if ID.fullmatch(text):
        few += Event.objects.filter(trace_id=text.lower()).values_list("pk", flat=True)[:MAX_FOUND]
        client = _about_client(text.lower())
    if client is not None:
        return events.filter(client | Q(pk__in=few) if few else client)
    return _sorted(events.filter(pk__in=few)) if few else None


def _sorted(events: "QuerySet[Event]") -> "QuerySet[Event]":
    """Newest first, by sorting. SQLite would rather go through the whole log in its order to find these few."""
    return events.order_by(Coalesce("happened_at", "happened_at").desc(), "-id")


def _about_client(client_id: str) -> Q | None:
    """Events about the client with this ID, wherever it is from: only this tenant's are looked for."""
    client = Client.with_deleted_anywhere.filter(client_id=client_id).values_list("pk", flat=True).first()
    about = Q(target_kind="client", target_id=str(client))
    return about if client is not None and Event.objects.filter(about).exists() else None


def newest(events: "QuerySet[Event]") -> "tuple[QuerySet[Event], bool]":
    """Those of `events`, newest first, that text is looked for in, and whether there are more of them.

    A moment is the border: a list of IDs would make the database go through all events to see which are on it.
    """
    moments = events.values_list("happened_at", flat=True)
    border = list(moments[TEXT_SEARCHED - 1 : TEXT_SEARCHED + 1])
    return (events.filter(happened_at__gte=border[0]) if border else events), len(border) > 1


def mentions(text: str) -> Q:
    """Where text is looked for, in part and in either case. A reason is found by its words, and by its code."""
    return (
        Q(actor_name__icontains=text)
        | Q(target_name__icontains=text)
        | Q(address__icontains=text)
        | Q(details__email__icontains=text)
        | Q(details__user__icontains=text)
        | Q(details__reason__icontains=text)
        | Q(details__reason__in=refusal_reasons.stored_as(text))
    )
