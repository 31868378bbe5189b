"""Pages of a list of people, in the order of what they are called.

A page begins after a person, or ends before one, and not at a number: of a hundred thousand people none is read that is
not shown. What is in the address is an ID and no name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from ..models import User
from ..models.user import CALLED

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people, and the IDs of those between whom and the others the page ends: None where the list does."""

    people: list[User]
    previous: UUID | None = None  # the page before this person
    next: UUID | None = None  # the page after this person


def page_of(people: "QuerySet[User]", sent: Mapping[str, Any]) -> PeoplePage:
    """The page that `before` or `after` in the address asks for; the first one if that makes no sense (any more)."""
    named: QuerySet[Any] = people.annotate(called=CALLED).order_by("called", "pk")
    place = _place(sent.get("before", ""))
    if place is not None:
        nearest = list(named.filter(called__lte=place[0]).exclude(_from(*place)).reverse()[: PER_PAGE + 1])
        if len(nearest) > PER_PAGE:
            found = nearest[:PER_PAGE][::-1]
            return PeoplePage(found, found[0].pk, found[-1].pk)
    elif (place := _place(sent.get("after", ""))) is not None:
        further = named.filter(called__gte=place[0]).exclude(_up_to(*place))
        if found := list(further[: PER_PAGE + 1]):
            return PeoplePage(found[:PER_PAGE], found[0].pk, _last(found))
    found = list(named[: PER_PAGE + 1])
    return PeoplePage(found[:PER_PAGE], None, _last(found))


def _last(found: list[User]) -> UUID | None:
    """After whom the next page begins, when one more than a page holds was looked for."""
    return found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None


def _place(sent: object) -> tuple[str, UUID] | None:
    """Where a person of this tenant stands in the order. None for what names nobody."""
    try:
        return User.objects.filter(pk=sent).annotate(called=CALLED).values_list("called", "pk").first()
    except ValidationError:
        return None


def _from(called: str, pk: UUID) -> Q:
    """This person, and who is called the same and stands below."""
    return Q(called=called, pk__gte=pk)


def _up_to(called: str, pk: UUID) -> Q:
    """This person, and who is called the same and stands above."""
    return Q(called=called, pk__lte=pk)
