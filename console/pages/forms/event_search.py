"""Searching the audit log, however long it is: what names one thing by an index, other text by reading through."""

import re
from collections.abc import Iterable

from django.db.models import Q

from ...models import Client, Event, EventKeyword
from ...models.event_keyword import MAX_FOUND
from ...models.event_reading import Criterion
from .. import refusal_reasons

ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)  # of a client and of a request alike
HINT_DOTS = "…\N{WORD JOINER}"  # as a hint is shown, and so copied


def about(text: str) -> Criterion:
    """Events that speak of exactly this: a redirect URL or its host, a client ID, the hint of a secret, a trace ID. If
    no event of the tenant does: those in which the text is, in part and in either case."""
    return _named(text.strip().lstrip(HINT_DOTS)) or Criterion(_mentions(text))


def _named(text: str) -> Criterion | None:
    few, client = EventKeyword.events_with(text), None
    if ID.fullmatch(text):
        few += Event.objects.filter(trace_id=text.lower()).values_list("pk", flat=True)[:MAX_FOUND]
        client = _about_client(text.lower())
    elif (
        text.isascii() and text.isprintable()
    ):  # the ID that a client has brought along, or the URL of a document
        client = _about_client(text)
    return Criterion.few(few, client) if few else client


def _about_client(client_id: str) -> Criterion | None:
    """Events about the client with this ID, wherever it is from: only this tenant's are looked for."""
    pk = Client.with_deleted_anywhere.filter(client_id=client_id).values_list("pk", flat=True).first()
    about = Q(target_kind="client", target_id=str(pk))
    if pk is None or not Event.objects.filter(about).exists():
        return None
    return of_clients([pk])


def of_clients(keys: Iterable[int | str]) -> Criterion:
    """Events about the clients with these primary keys."""
    return Criterion.one_of("target_id", map(str, keys), kind=Q(target_kind="client"))


def _mentions(text: str) -> Q:
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
