"""What a search of the OAuth page has found, a page at a time: own clients and those of other tenants, in one order.

The two are read apart, each in its order from an index where it has one, and only as far as the page needs. Of ten
thousand clients the usual list reads a page, and counts the others in the index; a page in the middle is reached by
counting too.
"""

from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable, OrderBy

from ..models import Connection


class Kind(NamedTuple):
    """Own clients, or those of other tenants: their connections, what these are sorted by, and as many rows that are
    counted at less cost, if there are such."""

    connections: "QuerySet[Connection]"
    key: Combinable
    counted: "QuerySet[Any]"


class FoundClients:
    """Connections in order, as Django's paginator wants them: they are counted, and sliced."""

    def __init__(self, kinds: list[Kind], order: OrderBy) -> None:
        """order: how they are sorted, by what is annotated as `key`."""
        self._kinds = kinds
        self._order = (order, F("client_id").asc())

    def count(self) -> int:
        """How many there are."""
        return self._number

    @cached_property
    def _number(self) -> int:
        counted = [kind.counted.order_by().values("pk") for kind in self._kinds]
        return int(_together(counted).count())

    def __getitem__(self, part: slice) -> list[tuple[int, UUID]]:
        """The key of each connection, and the tenant of its client. What is nearer to the end is read from there."""
        first, end = part.start, min(part.stop, self._number)
        if first <= self._number - end:
            return self._read(first, end)
        return self._read(self._number - end, self._number - first, backwards=True)[::-1]

    def _read(self, first: int, end: int, *, backwards: bool = False) -> list[tuple[int, UUID]]:
        if first >= end:
            return []
        order = [term.copy() for term in self._order]
        for term in order if backwards else []:
            term.reverse_ordering()
        # By the first two columns the kinds are merged; the others are the answer.
        kinds: list[QuerySet[Any, Any]] = [
            kind.connections.annotate(key=kind.key).values_list("key", "client_id", "pk", "client__tenant")
            for kind in self._kinds
        ]
        if len(kinds) > 1 and connection.features.supports_slicing_ordering_in_compound:
            kinds = [kind.order_by(*order)[:end] for kind in kinds]  # SQLite by itself reads no further
        return [(pk, owner) for _key, _client, pk, owner in _together(kinds).order_by(*order)[first:end]]


def _together(kinds: "list[QuerySet[Any, Any]]") -> "QuerySet[Any, Any]":
    return kinds[0].union(*kinds[1:], all=True) if len(kinds) > 1 else kinds[0]
