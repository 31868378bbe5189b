"""The audit log: who did what, when, from where, and what changed (Q8, P8). Auditors may read and export it."""

import csv
import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import Event
from ..policy.roles import Permission
from .event_lines import line
from .forms import event_search
from .forms.event_filter import EventFilter

PAGE = 50
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else, and spoil å, ä and ö
BATCH = 1000
COLUMNS = (
    "id",
    "happened_at",
    "action",
    "outcome",
    "times",
    "actor_kind",
    "actor_id",
    "actor_name",
    "address",
    "target_kind",
    "target_id",
    "target_name",
    "changes",
    "details",
    "trace_id",
)
# What a spreadsheet would take for a formula (OWASP, CSV injection): at the beginning of a cell, and behind a semicolon
# or a line end, where some split cells. Full width counts too.
FORMULA = re.compile(r"""(^|[;\t\r\n])(["'\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n])""")


@needs(Permission.READ_CONSOLE)
@require_safe
def events(request: PageRequest) -> HttpResponse:
    """Newest first, a page at a time. `before` is the event that the page starts below: new ones never shift it."""
    form = EventFilter(request.GET)
    before = _before(request)
    found: list[Event] = []
    if form.is_valid():
        query = form.apply(Event.newest_first())
        found = list((before.earlier(query) if before else query)[: PAGE + 1])
    shown = found[:PAGE]
    days = [
        (day, [line(event) for event in of_day])
        for day, of_day in groupby(shown, key=lambda event: timezone.localtime(event.happened_at).date())
    ]
    context = {
        "title": _("Audit log"),
        "form": form,
        "days": days,
        "older": shown[-1].pk if len(found) > PAGE else None,
        "before": before and before.pk,
        "searched": event_search.TEXT_SEARCHED if form.limited else 0,
        "filtered": form.is_valid() and any(form.cleaned_data.values()),
    }
    template = "audit_log/list.html" if request.htmx.target == "events" else "audit_log/events.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@needs(Permission.READ_CONSOLE)
@require_safe
def export(request: PageRequest) -> StreamingHttpResponse:
    """The same events, all of them, as CSV or as one JSON object a line. Codes and UTC, not sentences: for programs."""
    form = EventFilter(request.GET)
    kind = request.GET.get("format", "csv")
    if kind not in {"csv", "jsonl"} or not form.is_valid():
        raise BadRequest
    rows = _rows(form.apply(Event.newest_first()))
    if kind == "csv":
        response = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
    else:
        response = StreamingHttpResponse(_json_lines(rows), content_type="application/jsonl; charset=utf-8")
    name = f"{current_tenant().alias}-audit-log-{timezone.now():%Y-%m-%d}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _before(request: PageRequest) -> Event | None:
    text = request.GET.get("before", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    event: Event | None = Event.objects.filter(pk=int(text)).first()
    return event


def _rows(events: "QuerySet[Event]") -> Iterator[dict[str, Any]]:
    """Every event, in short queries: a slow reader holds no transaction open, and no list of them is in memory."""
    batch = list(events[:BATCH])
    while batch:
        for event in batch:
            row = {name: getattr(event, name) for name in COLUMNS if name != "outcome"}
            row["happened_at"] = event.happened_at.isoformat()
            row["trace_id"] = event.trace_id or ""
            row["outcome"] = "refused" if event.is_refusal else "done"
            yield {name: row[name] for name in COLUMNS}
        batch = list(batch[-1].earlier(events)[:BATCH]) if len(batch) == BATCH else []


class _Echo:
    """A file that hands back what is written to it, so that each line leaves as it is made."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(row[name]) for name in COLUMNS])


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return FORMULA.sub(r"\1'\2", text)


def _json_lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"
