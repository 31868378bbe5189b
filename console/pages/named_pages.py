"""Pages of a list in the order of what its rows are called.

A page begins after a row, or ends before one, and not at a number: of a hundred thousand rows none is read that is not
shown. What is in the address is an ID and no name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable

PER_PAGE = 25
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class NamedPage(Generic[Row]):
    """Some rows, and the IDs of those between which and the others the page ends: None where the list does."""

    rows: list[Row]
    previous: UUID | None = None  # the page before this row
    next: UUID | None = None  # the page after this row


def page_of(rows: "QuerySet[Row]", called: Combinable, sent: Mapping[str, Any]) -> NamedPage[Row]:
    """The page that `before` or `after` in the address asks for; the first one if that makes no sense (any more).

    `called` is what orders the rows, with the ID where two are called the same. An index should begin with it.
    """
    named: QuerySet[Any] = rows.annotate(called=called).order_by("called", "pk")
    place = _place(rows, called, sent.get("before", ""))
    if place is not None:
        nearest = list(named.filter(called__lte=place[0]).exclude(_from(*place)).reverse()[: PER_PAGE + 1])
        if len(nearest) > PER_PAGE:
            found = nearest[:PER_PAGE][::-1]
            return NamedPage(found, found[0].pk, found[-1].pk)
    elif (place := _place(rows, called, sent.get("after", ""))) is not None:
        further = named.filter(called__gte=place[0]).exclude(_up_to(*place))
        if found := list(further[: PER_PAGE + 1]):
            return NamedPage(found[:PER_PAGE], found[0].pk, _last(found))
    found = list(named[: PER_PAGE + 1])
    return NamedPage(found[:PER_PAGE], None, _last(found))


def _last(found: list[Any]) -> UUID | None:
    """After which row the next page begins, when one more than a page holds was looked for."""
    return found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None


def _place(rows: "QuerySet[Any]", called: Combinable, sent: object) -> tuple[str, UUID] | None:
    """Where a row of this tenant stands in the order, whether the list has it or not. None for what names none."""
    model: Any = rows.model
    try:
        found: tuple[str, UUID] | None = (
            model.objects.filter(pk=sent).annotate(called=called).values_list("called", "pk").first()
        )
    except ValidationError:
        return None
    return found


def _from(called: str, pk: UUID) -> Q:
    """This row, and which is called the same and stands below."""
    return Q(called=called, pk__gte=pk)


def _up_to(called: str, pk: UUID) -> Q:
    """This row, and which is called the same and stands above."""
    return Q(called=called, pk__lte=pk)
