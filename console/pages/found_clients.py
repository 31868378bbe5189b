"""What a search of the OAuth page has found, a page at a time: own clients and those of other tenants, in one order.

The two are read apart, each in its order from an index where it has one, and only as far as the page needs. Of ten
thousand clients the usual list reads a page, and counts the others in the index; a page in the middle is reached by
counting too, in the index alone. Where clients must be read to know if they fit, they are read once: the first keys
that fit are fetched, which are all of them unless there are very many.
"""

from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable, OrderBy

FETCHED = 1000  # keys at most


class Kind(NamedTuple):
    """Own clients, or connections to those of other tenants. `key` is what they are sorted by; `client` and `owner`
    are where a row has the key of its client, and the tenant that owns it."""

    rows: "QuerySet[Any]"
    key: Combinable
    client: str = "pk"
    owner: str = "tenant"


class FoundClients:
    """Clients in order, as Django's paginator wants them: they are counted, and sliced."""

    def __init__(
        self, kinds: list[Kind], *, backwards: bool = False, nulls_last: bool = False, at_once: bool = False
    ) -> None:
        """backwards: the greatest key is first. nulls_last: those without a key are last, in both directions.
        at_once: clients must be read to know if they fit. Of no kind there are none."""
        self._kinds = kinds
        self._at_once = at_once
        missing = True if nulls_last else None
        self._order = (_sorted("key", backwards, missing), _sorted("client_key", backwards))

    def count(self) -> int:
        """How many there are."""
        return self._number

    @cached_property
    def _first(self) -> list[tuple[int, UUID]]:
        """The first of them, if clients must be read: as many as there are, or one more than FETCHED."""
        return self._read(0, FETCHED + 1) if self._at_once else []

    @cached_property
    def _number(self) -> int:
        if not self._kinds:
            return 0
        if self._at_once and len(self._first) <= FETCHED:
            return len(self._first)
        counted = [kind.rows.order_by().values("pk") for kind in self._kinds]
        return int(_together(counted).count())

    def __getitem__(self, part: slice) -> list[tuple[int, UUID]]:
        """The key of each client, and the tenant that owns it. What is nearer to the end is read from there."""
        first, end = part.start, min(part.stop, self._number)
        if end <= len(self._first):
            return self._first[first:end]
        if first <= self._number - end:
            return self._read(first, end)
        return self._read(self._number - end, self._number - first, backwards=True)[::-1]

    def _read(self, first: int, end: int, *, backwards: bool = False) -> list[tuple[int, UUID]]:
        if first >= end:
            return []
        order = [term.copy() for term in self._order]
        for term in order if backwards else []:
            term.reverse_ordering()
        # By the first two columns the kinds are merged.
        kinds: list[QuerySet[Any, Any]] = [
            kind.rows.annotate(key=kind.key, client_key=F(kind.client), owner_key=F(kind.owner)).values_list(
                "key", "client_key", "owner_key"
            )
            for kind in self._kinds
        ]
        if len(kinds) > 1 and connection.features.supports_slicing_ordering_in_compound:
            kinds = [kind.order_by(*order)[:end] for kind in kinds]  # SQLite by itself reads no further
        return [(client, owner) for _key, client, owner in _together(kinds).order_by(*order)[first:end]]


def _sorted(name: str, backwards: bool, nulls_last: bool | None = None) -> OrderBy:
    return F(name).desc(nulls_last=nulls_last) if backwards else F(name).asc(nulls_last=nulls_last)


def _together(kinds: "list[QuerySet[Any, Any]]") -> "QuerySet[Any, Any]":
    return kinds[0].union(*kinds[1:], all=True) if len(kinds) > 1 else kinds[0]
