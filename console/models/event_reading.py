"""Reading the audit log newest first, however long it is, in statements that go through a bounded number of events.

What an index knows is read from it: each value of a criterion is a range that is in the right order already, and the
ranges are merged. Where two criteria meet, or text is looked for, events are read through: the next LOOKED_THROUGH of
the criterion that reaches furthest back. The reader is told how far that was, and goes on from there.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from .event import Event

LOOKED_THROUGH = 5_000  # events in one statement


class Position(NamedTuple):
    """Where an event stands in the log: later ones have greater positions."""

    happened_at: datetime
    pk: int


class Range(NamedTuple):
    """Some events of the log. `in_order`: an index has them newest first; otherwise they are few, and are sorted."""

    only: Q
    in_order: bool = True

    def of(self, events: "QuerySet[Event]") -> "QuerySet[Event]":
        """Those of `events` that are in the range, newest first."""
        events = events.filter(self.only)
        if self.in_order:
            return events
        # The database would rather go through the whole log in its order to find these few.
        return events.order_by(Coalesce("happened_at", "happened_at").desc(), "-id")


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that the events wanted have in common.

    `ranges` together hold exactly these events, and each is read from an index in the order of the log; None if there
    is no such index. `plainly` says the same so that the database checks row by row and takes no index for it.
    """

    plainly: Q
    ranges: tuple[Range, ...] | None = None

    @classmethod
    def one_of(cls, column: str, values: Iterable[str], kind: Q = Q()) -> "Criterion":  # noqa: B008  never changed
        """`column` is action, actor_id or target_id. `kind` holds for the same events: of what kind the ID is."""
        values = sorted(set(values))  # without any, no event meets the criterion
        ranges = tuple(Range(Q(**{column: value}) & kind) for value in values)
        return cls(Q(In(Coalesce(column, column), values)) & kind, ranges)

    @classmethod
    def few(cls, keys: Sequence[int], also: "Criterion | None" = None) -> "Criterion":
        """Events with these keys, a few thousand at most; and those of another criterion."""
        these, scattered = Q(In(Coalesce("pk", "pk"), keys)), Range(Q(pk__in=keys), in_order=False)
        if also is None or also.ranges is None:
            return cls(these, (scattered,))
        return cls(these | also.plainly, (scattered, *also.ranges))


# Above every event. SQLite, when it knows of one index how many rows it saves and not of another that was made later,
# takes that one and sorts the whole log, unless the statement has a limit in time as well.
NEWEST = Position(datetime(9999, 12, 31, tzinfo=UTC), 0)
EVERY_EVENT = Criterion(Q(), (Range(Q()),))


@dataclass(frozen=True, slots=True)
class Found:
    """Some events, newest first. `rest` is the position below which to go on, None at the end of the log.

    `searched_to` is when the oldest event that was read through happened, if that is why there are not more of them.
    """

    events: list[Event]
    rest: Position | None = None
    searched_to: datetime | None = None


def newest_of(tenant_id: UUID, actions: Iterable[str], number: int) -> list[Event]:
    """The newest events about these actions in the active tenant, which has this ID. One statement: of each action the
    index has the newest, so it does not matter how many other events there are."""
    wanted = sorted(actions)
    beyond = connection.ops.adapt_datetimefield_value(NEWEST.happened_at)
    of_tenant = Event._meta.get_field("tenant").get_db_prep_value(tenant_id, connection)
    parameters = [value for action in wanted for value in (of_tenant, str(action), beyond, number)]
    keys = RawSQL(" UNION ALL ".join([_NEWEST_OF_ACTION] * len(wanted)), parameters)  # noqa: S611  a constant
    return list(Event.objects.filter(pk__in=keys).order_by("-happened_at", "-id")[:number])


_NEWEST_OF_ACTION = (
    f'SELECT "id" FROM (SELECT "id" FROM "{Event._meta.db_table}" WHERE "tenant_id" = %s AND "action" = %s '
    'AND "happened_at" <= %s ORDER BY "happened_at" DESC, "id" DESC LIMIT %s) "newest"'
)


def position(event: Event) -> Position:
    """Where `event` stands in the log."""
    return Position(event.happened_at, event.pk)


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody reads of the log: those of `events` that meet all criteria."""

    events: "QuerySet[Event]"
    criteria: Sequence[Criterion] = ()

    def page(self, below: Position | None, size: int) -> Found:
        """At most `size` of them, from `below` on, or from the newest."""
        if any(criterion.ranges == () for criterion in self.criteria):
            return Found([])
        events = _below(self.events, below or NEWEST)
        ordered = [criterion for criterion in self.criteria if criterion.ranges] or [EVERY_EVENT]
        border, read_by = None, ordered[0]
        if any(criterion is not read_by for criterion in self.criteria):
            border, read_by = _furthest(events, ordered)
            events = _down_to(events, border) if border else events
        for other in self.criteria:
            if other is not read_by:
                events = events.filter(other.plainly)
        found = _merged(events, read_by, size + 1)
        if len(found) > size:
            return Found(found[:size], position(found[size - 1]))
        return Found(found, border, border.happened_at if border else None)


def _furthest(events: "QuerySet[Event]", criteria: Sequence[Criterion]) -> tuple[Position | None, Criterion]:
    """The criterion of which LOOKED_THROUGH events reach furthest back, and how far: None is to the end."""
    reached: list[tuple[Position, Criterion]] = []
    for criterion in criteria:
        border = _border(events, criterion)
        if border is None:
            return None, criterion
        reached.append((border, criterion))
    return min(reached, key=lambda each: each[0])


def _border(events: "QuerySet[Event]", criterion: Criterion) -> Position | None:
    """Down to where there are no more than LOOKED_THROUGH events of the criterion; None if these are all."""
    ranges = criterion.ranges or ()
    share, borders = max(1, LOOKED_THROUGH // len(ranges)), []
    for each in ranges:
        places = each.of(events).values_list("happened_at", "pk")[share - 1 : share + 1]
        if len(found := list(places)) > 1:
            borders.append(Position(*found[0]))
    return max(borders, default=None)


def _merged(events: "QuerySet[Event]", criterion: Criterion, size: int) -> list[Event]:
    """The newest of all ranges. An event may be in two of them."""
    ranges = criterion.ranges or ()
    if len(ranges) == 1:
        return list(ranges[0].of(events)[:size])
    # Of dozens of ranges only the places are read: most of what is in them is not among the newest.
    places = [
        [Position(*place) for place in each.of(events).values_list("happened_at", "pk")[:size]]
        for each in ranges
    ]
    newest = list(dict.fromkeys(heapq.merge(*places, reverse=True)))[:size]
    found = events.in_bulk([place.pk for place in newest])
    return [found[place.pk] for place in newest if place.pk in found]


def _below(events: "QuerySet[Event]", place: Position) -> "QuerySet[Event]":
    happened_at, pk = place
    return events.filter(happened_at__lte=happened_at).exclude(happened_at=happened_at, pk__gte=pk)


def _down_to(events: "QuerySet[Event]", place: Position) -> "QuerySet[Event]":
    happened_at, pk = place
    return events.filter(happened_at__gte=happened_at).exclude(happened_at=happened_at, pk__lt=pk)
