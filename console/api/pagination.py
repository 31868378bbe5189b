"""Pages of a list, newest first, as Qlik's API has them: `limit`, and links to the next and the previous page.

A page begins after a row, not at a number: what comes in meanwhile moves nothing from one page to another.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from ..http.requests import TenantRequest
from .bodies import Paging


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the absolute addresses of the page itself and its neighbours."""

    rows: list[Any]
    links: dict[str, str]  # "self", and "next" and "prev" where there is one


def page(request: TenantRequest, rows: "QuerySet[Any]", asked: Paging) -> Page:
    """The page that was asked for. Its neighbours are asked for with the same parameters."""
    found, older, newer = _found(rows, asked.limit, asked.next, asked.prev)
    kept = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
    neighbour = {name: value for name, value in kept.items() if name not in {"next", "prev"}}
    links = {"self": kept}
    if older:
        links["next"] = neighbour | {"next": found[-1].pk}
    if newer:
        links["prev"] = neighbour | {"prev": found[0].pk}
    address = f"{request.tenant.issuer}{request.path}"
    return Page(found, {name: f"{address}?{urlencode(parameters)}" for name, parameters in links.items()})


def _found(
    rows: "QuerySet[Any]", limit: int, after: int | None, before: int | None
) -> tuple[list[Any], bool, bool]:
    """The rows, and whether there are older and newer ones."""
    if before is not None:
        nearest = list(rows.filter(pk__gt=before).order_by("pk")[: limit + 1])
        found = nearest[:limit][::-1]
        older = bool(found) and rows.filter(pk__lt=found[-1].pk).exists()
        return found, older, len(nearest) > limit
    remaining = rows if after is None else rows.filter(pk__lt=after)
    found = list(remaining.order_by("-pk")[: limit + 1])
    newer = after is not None and bool(found) and rows.filter(pk__gt=found[0].pk).exists()
    return found[:limit], len(found) > limit, newer
