"""The values by which an event is found at once, however long the log is: addresses, client IDs, hints, trace IDs."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import models
from django_scopes import ScopedManager

# What of an event's changes and details is a keyword. Of an address its host is one too.
NAMES = frozenset(
    {
        "client_id",
        "hint",
        "redirect_uri",
        "redirect_uris",
        "post_logout_redirect_uri",
        "post_logout_redirect_uris",
    }
)
MAX_OF_EVENT = 100
MAX_FOUND = 1000
MAX_LENGTH = 512  # of a text; of a longer one the beginning counts, as much as a refusal keeps of an address


def word(text: str) -> str:
    """What is kept of a keyword: equal for texts that differ only in case, and of one length for the index."""
    return hashlib.sha256(text.strip()[:MAX_LENGTH].casefold().encode()).hexdigest()[:32]


class EventKeyword(models.Model):
    """One value that one event speaks of. An event of everyday traffic has none, so it costs nothing there."""

    tenant = models.ForeignKey("console.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=32)
    event = models.ForeignKey("console.Event", on_delete=models.CASCADE, related_name="keywords")

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        # Also the index that `events_with` reads, newest first.
        constraints = [
            models.UniqueConstraint(fields=["tenant", "word", "event"], name="event_keyword_of_event")
        ]

    def __str__(self) -> str:
        return f"{self.word} {self.event_id}"

    @classmethod
    def keep(cls, tenant_id: Any, event_id: int, texts: Iterable[str]) -> None:
        """Makes the event findable by each of `texts`: one statement. One that it had already stays as it is."""
        words = list(dict.fromkeys(map(word, texts)))[:MAX_OF_EVENT]
        cls._base_manager.bulk_create(
            [cls(tenant_id=tenant_id, event_id=event_id, word=each) for each in words], ignore_conflicts=True
        )

    @classmethod
    def events_with(cls, text: str) -> list[int]:
        """The IDs of the tenant's newest events with this keyword, a thousand at most."""
        found = cls.objects.filter(word=word(text)).order_by("-event_id")
        return list(found.values_list("event_id", flat=True)[:MAX_FOUND])


def keywords(changes: Mapping[str, Any], details: Mapping[str, Any]) -> list[str]:
    """The texts by which an event with these changes and details is found."""
    values = [value for name, value in details.items() if name in NAMES]
    values += [value for name, pair in changes.items() if name in NAMES for value in pair]
    return list(dict.fromkeys(_texts(values)))


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _texts(value)
        elif isinstance(value, str) and value:
            yield value
            if host := _host(value):
                yield host


def _host(text: str) -> str | None:
    try:
        return urlsplit(text).hostname
    except ValueError:  # a stranger's address need not be one
        return None
