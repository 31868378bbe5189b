"""Counts that stop: a page says how many there are, or that there are more. Nobody waits for millions."""

from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery


@dataclass(frozen=True, slots=True)
class HowMany:
    """A number of rows. `more` says that there are more than this many."""

    number: int
    more: bool = False


def up_to(most: int, rows: "QuerySet[Any, Any]") -> HowMany:
    """How many rows there are, counted no further than `most`."""
    return known(most, rows.order_by()[: most + 1].count())


def known(most: int, counted: int) -> HowMany:
    """What was counted no further than one beyond `most`."""
    return HowMany(min(counted, most), more=counted > most)


class CountUpTo(Subquery):
    """How many rows a queryset with OuterRef finds, no further than one beyond `most`: for `annotate`, then `known`."""

    template = '(SELECT COUNT(*) FROM (%(subquery)s) "counted")'
    output_field = IntegerField()

    def __init__(self, most: int, rows: "QuerySet[Any, Any]") -> None:
        super().__init__(rows.order_by().values("pk")[: most + 1])
