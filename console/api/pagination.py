"""Pages of a list, newest first, as Qlik's API has them: `limit`, and links to the next and the previous page.

A page begins after a row, not at a number: what comes in meanwhile moves nothing from one page to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from ..requests import TenantRequest
from .errors import Refused

USUAL, MOST = 20, 100
MAX_DIGITS = 18  # of a row's number: what is longer, no database holds


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the absolute addresses of the page itself and its neighbours."""

    rows: list[Any]
    links: dict[str, str]  # "self", and "next" and "prev" where there is one


def parameter(request: TenantRequest, name: str) -> str | None:
    """A parameter of the address. Raises Refused if it stands there more than once."""
    sent = request.GET.getlist(name)
    if len(sent) > 1:
        raise Refused(400, f"{name} stands twice.")
    return sent[0] if sent else None


def number(text: str) -> int | None:
    """The number of a row as it stands in an address; None for anything that cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def page(request: TenantRequest, rows: "QuerySet[Any]", kept: Mapping[str, str]) -> Page:
    """The page that the request asks for. `kept` are the parameters that its neighbours are asked for with too."""
    limit = _limit(request)
    after, before = _place(request, "next"), _place(request, "prev")
    if after is not None and before is not None:
        raise Refused(400, "Ask for next or for prev, not for both.")
    found, older, newer = _found(rows, limit, after, before)
    asked = {**kept, "limit": str(limit)}
    links = {"self": asked | {name: request.GET[name] for name in ("next", "prev") if name in request.GET}}
    if older:
        links["next"] = asked | {"next": str(found[-1].pk)}
    if newer:
        links["prev"] = asked | {"prev": str(found[0].pk)}
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


def _limit(request: TenantRequest) -> int:
    text = parameter(request, "limit")
    limit = USUAL if text is None else number(text)
    if limit is None or not 1 <= limit <= MOST:
        raise Refused(400, f"limit must be a number from 1 to {MOST}.")
    return limit


def _place(request: TenantRequest, name: str) -> int | None:
    text = parameter(request, name)
    if text is None:
        return None
    place = number(text)
    if place is None:
        raise Refused(400, f"{name} is not of a link of this list.")
    return place
