"""The audit log: who did what, when, from where, and what changed (Q8, P8). Auditors may read and export it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Event
from ..models.event_reading import Found, Position, Reading, position
from ..policy.roles import Permission
from . import exports
from .event_lines import of_days
from .forms import event_choices
from .forms.event_filter import SHOWN, EventFilter

PAGE = 50
BATCH = 1000
MAX_TYPED = 512
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


@needs(Permission.READ_CONSOLE)
@require_safe
def events(request: PageRequest) -> HttpResponse:
    """Newest first, a page at a time. `before` is the event that the page starts below: new ones never shift it."""
    form = EventFilter(request.GET)
    before = _before(request)
    found = form.reading().page(before, PAGE) if form.is_valid() else Found([])
    context = {
        "title": _("Audit log"),
        "form": form,
        "days": of_days(found.events),
        "older": found.rest and found.rest.pk,
        "before": before and before.pk,
        "searched_to": found.searched_to,
        "filtered": form.is_narrowed,
        "kinds": [(name, text, form["show"].value() == name) for name, (text, _actions) in SHOWN.items()],
        "periods": list(_periods(form)),
    }
    if request.htmx.target == "events":
        return render(request, "audit_log/list.html", context, status=200 if form.is_valid() else 422)
    context |= {"clients": event_choices.clients(""), "people": event_choices.people("")}
    return render(request, "audit_log/events.html", context, status=200 if form.is_valid() else 422)


@needs(Permission.READ_CONSOLE)
@require_safe
def clients(request: PageRequest) -> HttpResponse:
    """What the field for a client offers while somebody types in it: a few options."""
    found = event_choices.clients(_typed(request, "client"))
    return render(request, "audit_log/options.html", {"choices": found})


@needs(Permission.READ_CONSOLE)
@require_safe
def people(request: PageRequest) -> HttpResponse:
    """What the field for who did it offers, likewise."""
    found = event_choices.people(_typed(request, "actor"))
    return render(request, "audit_log/options.html", {"choices": found})


@needs(Permission.READ_CONSOLE)
@require_safe
def export(request: PageRequest) -> StreamingHttpResponse:
    """The same events, all of them, as CSV or as one JSON object a line. Codes and UTC, not sentences: for programs."""
    form = EventFilter(request.GET)
    kind = request.GET.get("format", "csv")
    if kind not in exports.FORMATS or not form.is_valid():
        raise BadRequest
    return exports.download("audit-log", kind, COLUMNS, _rows(form.reading()))


def _periods(form: EventFilter) -> Iterator[tuple[str, str, bool]]:
    """The last days up to now, where the reader is: since when, in words, and whether it is what is shown."""
    today = timezone.localdate()
    for days, text in ((1, _("Today")), (7, _("7 days")), (30, _("30 days"))):
        since = (today - timedelta(days=days - 1)).isoformat()
        yield since, text, form["since"].value() == since and not form["until"].value()


def _before(request: PageRequest) -> Position | None:
    text = request.GET.get("before", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    event: Event | None = Event.objects.filter(pk=int(text)).first()
    return position(event) if event is not None else None


def _typed(request: PageRequest, field: str) -> str:
    """What has been typed so far; nothing if no name could be so."""
    text = request.GET.get(field, "").strip()
    return text if text.isprintable() and len(text) <= MAX_TYPED else ""


def _rows(reading: Reading) -> Iterator[dict[str, Any]]:
    """Every event, in short queries: a slow reader holds no transaction open, and no list of them is in memory."""
    found = reading.page(None, BATCH)
    while True:
        for event in found.events:
            row = {name: getattr(event, name) for name in COLUMNS if name != "outcome"}
            row["happened_at"] = event.happened_at.isoformat()
            row["trace_id"] = event.trace_id or ""
            row["outcome"] = "refused" if event.is_refusal else "done"
            yield {name: row[name] for name in COLUMNS}
        if found.rest is None:
            return
        found = reading.page(found.rest, BATCH)
