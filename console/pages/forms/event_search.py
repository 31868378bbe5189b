"""Searching the audit log, however long it is: what names one thing by an index, other text in the newest events."""

import re

from django.db.models import Q, QuerySet

from ...models import Client, Event, EventKeyword

# Text is read through for, and a log can have millions of events. To look further back, a reader chooses a period.
TEXT_SEARCHED = 10_000
ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)  # of a client and of a request alike
HINT_DOTS = "…\N{WORD JOINER}"  # as a hint is shown, and so copied


def named(text: str) -> Q | None:
    """The tenant's events that speak of exactly this: a redirect URL or its host, a client ID, the hint of a secret, a
    trace ID. None if no event does."""
    text = text.strip().lstrip(HINT_DOTS)
    found = []
    if events := EventKeyword.events_with(text):
        found.append(Q(pk__in=events))
    if ID.fullmatch(text):
        found += [each for each in _by_id(text.lower()) if Event.objects.filter(each).exists()]
    if not found:
        return None
    every = found[0]
    for each in found[1:]:
        every |= each
    return every


def _by_id(text: str) -> list[Q]:
    """Events about the client with this ID, wherever it is from: only this tenant's are looked for."""
    client = Client.with_deleted_anywhere.filter(client_id=text).values_list("pk", flat=True).first()
    about = [Q(target_kind="client", target_id=str(client))] if client is not None else []
    return [Q(trace_id=text), *about]


def newest(events: "QuerySet[Event]") -> "QuerySet[Event]":
    """Those of `events` that text is looked for in."""
    return Event.newest_first().filter(pk__in=events.values("pk")[:TEXT_SEARCHED])


def are_too_many(events: "QuerySet[Event]") -> bool:
    """Whether text is looked for in fewer than all of `events`."""
    return events[TEXT_SEARCHED : TEXT_SEARCHED + 1].exists()


def mentions(text: str) -> Q:
    """Where text is looked for, in part and in either case."""
    return (
        Q(actor_name__icontains=text)
        | Q(target_name__icontains=text)
        | Q(address__icontains=text)
        | Q(details__email__icontains=text)
        | Q(details__user__icontains=text)
        | Q(details__reason__icontains=text)
    )
