"""Pages of a list of people, in the order of what they are called."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from ..models import User
from ..models.user import CALLED
from . import named_pages

PER_PAGE = named_pages.PER_PAGE
PeoplePage = named_pages.NamedPage[User]


def page_of(people: "QuerySet[User]", sent: Mapping[str, Any]) -> PeoplePage:
    """The page that `before` or `after` in the address asks for; the first one if that makes no sense (any more)."""
    return named_pages.page_of(people, CALLED, sent)
