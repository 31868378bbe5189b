"""What should be looked at in how the tenant's clients are set up: reasons and fixes, never a score (N10)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import BadRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_scopes import scope

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Client, Connection, Tenant, client_posture
from ..policy.posture import Finding, Found
from ..policy.roles import Permission
from . import exports
from .posture_words import WORDS, Words, address, page_of

PER_PAGE = 25  # clients
BATCH = 200  # connections that are read at once
READ_AT_MOST = 1000  # of them for one page: further on, the reader asks for the next
COLUMNS = ("client_id", "client_name", "publisher", "finding", "about", "reason", "fix")


class Line(NamedTuple):
    """A finding, in words, with the address where it is mended."""

    found: Found
    words: Words
    address: str


@dataclass(slots=True)
class Judged:
    """A client with findings, and all of them."""

    connection: Connection
    lines: list[Line]

    @property
    def address(self) -> str:
        """Its page."""
        return page_of(self.connection)


@dataclass(slots=True)
class Reading:
    """A page of clients, how often each finding was met, and behind which connection the next page begins."""

    judged: list[Judged] = field(default_factory=list)
    numbers: Counter[Finding] = field(default_factory=Counter)
    read: int = 0
    rest: int | None = None


def lines_of(connection: Connection, found: tuple[Found, ...]) -> list[Line]:
    """The findings of one client as a page shows them."""
    return [Line(one, WORDS[one.finding], address(connection, one)) for one in found]


def of_client(client: Client) -> list[Line]:
    """The findings of one of the tenant's own clients."""
    connection: Connection = Connection.objects.get(client=client.pk)
    connection.client = client
    return lines_of(connection, client_posture.found_of([connection], timezone.now())[connection.pk])


@needs(Permission.READ_CONSOLE)
@require_safe
def posture(request: PageRequest) -> HttpResponse:
    """The clients that have findings, oldest first, a page at a time; `finding` shows those with this one."""
    finding, after = _finding(request), _after(request)
    reading = _read(after, finding, timezone.now())
    context: dict[str, Any] = {
        "title": _("Posture"),
        "section": "posture",
        "reading": reading,
        "kinds": [
            (kind, WORDS[kind].title, reading.numbers[kind]) for kind in Finding if reading.numbers[kind]
        ],
        "finding": finding,
        "after": after,
    }
    return render(request, "posture/posture.html", context)


@needs(Permission.READ_CONSOLE)
@require_safe
def export(request: PageRequest) -> StreamingHttpResponse:
    """The same findings, all of them, one a line."""
    kind = request.GET.get("format", "csv")
    if kind not in exports.FORMATS:
        raise BadRequest
    words = {finding: (str(its.reason), str(its.fix)) for finding, its in WORDS.items()}
    rows = _rows(current_tenant(), _finding(request), words, timezone.now())
    return exports.download("posture", kind, COLUMNS, rows)


def _finding(request: PageRequest) -> Finding | None:
    wanted = request.GET.get("finding", "")
    return Finding(wanted) if wanted in list(Finding) else None


def _after(request: PageRequest) -> int:
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _read(after: int, finding: Finding | None, now: datetime) -> Reading:
    """Reads until the page is full. The first page reads on for the numbers, as far as any page may."""
    reading, last = Reading(), after
    for connection, found in _judged(current_tenant(), after, now):
        if reading.read == READ_AT_MOST:
            reading.rest = reading.rest or last
            break
        reading.read, last = reading.read + 1, connection.pk
        reading.numbers.update(one.finding for one in found)
        if not _is_wanted(found, finding):
            continue
        if len(reading.judged) < PER_PAGE:
            reading.judged.append(Judged(connection, lines_of(connection, found)))
            continue
        reading.rest = reading.rest or reading.judged[-1].connection.pk
        if after:
            break
    return reading


def _is_wanted(found: tuple[Found, ...], finding: Finding | None) -> bool:
    return any(finding in {None, one.finding} for one in found)


def _judged(tenant: Tenant, after: int, now: datetime) -> Iterator[tuple[Connection, tuple[Found, ...]]]:
    """Every client behind a connection, with its findings, in short queries. Outlives the request that it is for."""
    while True:
        with scope(tenant=tenant):
            batch = client_posture.connections_after(after, BATCH)
            found = client_posture.found_of(batch, now) if batch else {}
        if not batch:
            return
        yield from ((connection, found[connection.pk]) for connection in batch)
        after = batch[-1].pk


def _rows(
    tenant: Tenant, finding: Finding | None, words: Mapping[Finding, tuple[str, str]], now: datetime
) -> Iterator[dict[str, Any]]:
    for connection, found in _judged(tenant, 0, now):
        client = connection.client
        for one in found:
            if finding in {None, one.finding}:
                reason, fix = words[one.finding]
                yield {
                    "client_id": client.client_id,
                    "client_name": client.name,
                    "publisher": client.publisher if connection.is_foreign else "",
                    "finding": one.finding.value,
                    "about": " ".join(one.about),
                    "reason": reason,
                    "fix": fix,
                }
