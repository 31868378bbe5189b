"""Requests to connect a published client: administrators answer them, whoever asked sees the answer (P2, N6)."""

from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import current_tenant
from ..mail.one_time_links import mail_works
from ..models import Connection, ConnectionRequest, ConnectionRequester, NotPublished, approval_answer
from ..policy.roles import Permission
from . import approval_form, fragments
from .forms.refusal import RefusalForm

DECIDED_PER_PAGE = 20
WAITING_PER_PAGE = 25
OPEN = ConnectionRequest.Status.OPEN
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """Every open request, the longest waiting first; below, what was decided."""
    requests = ConnectionRequest.objects.values_list("pk", flat=True)
    number = ConnectionRequest.objects.aggregate(
        open=Count("pk", filter=Q(status=OPEN)), decided=Count("pk", filter=~Q(status=OPEN))
    )
    waiting = requests.filter(status=OPEN).order_by("opened_at", "pk")
    decided = requests.exclude(status=OPEN).order_by("-decided_at", "-pk")
    shown = {
        "waiting": _page(waiting, WAITING_PER_PAGE, number["open"], request.GET.get("waiting")),
        "page": _page(decided, DECIDED_PER_PAGE, number["decided"], request.GET.get("page")),
    }
    _fetch(*shown.values())
    context = shown | {
        "title": _("Requests"),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    return render(request, "requests/listing.html", context)


def _page(
    keys: "QuerySet[ConnectionRequest, int]", per_page: int, number: int, asked: str | None
) -> Page[Any]:
    """A page of keys of requests whose number is known already: counting both kinds takes one query."""
    pages = Paginator(keys, per_page)
    pages.count = number
    return pages.get_page(asked)


def _fetch(*pages: Page[Any]) -> None:
    """Puts requests where their keys are: of those that stand on other pages nobody asks who wanted them."""
    keys = [list(page.object_list) for page in pages]
    requests = ConnectionRequest.objects.filter(pk__in=chain(*keys))
    found = {row.pk: row for row in approval_answer.with_requesters(requests)}
    for page, chosen in zip(pages, keys, strict=True):
        page.object_list = [found[pk] for pk in chosen if pk in found]


@needs(Permission.MANAGE_CLIENTS)
@pages
def approve(request: PageRequest, request_id: int) -> HttpResponse:
    """The approval page, for a request: what the client is and wants, and on what conditions it is let in."""
    if request.POST.get("decision") == "deny":
        return fragments.done(request, reverse("connection_request_deny", args=[request_id]))
    requested = _requested(request_id)
    if requested.status != OPEN:
        return _decided(request, requested)
    if not approval_answer.available(requested.client):
        return _approval_page(request, requested)
    if request.method != "POST":
        return _approval_page(request, requested)
    if not approval_form.is_answered(request.POST, _mac(requested)):
        return _approval_page(request, requested, changed=True)
    try:
        answer = approval_form.read(request.POST, requested.client)
        connection = approval_answer.approve(
            current_tenant(),
            requested.client,
            answer,
            by=actor(request),
            request=requested,
        )
    except approval_answer.Incomplete as problem:
        return _approval_page(request, requested, problem=problem)
    except approval_answer.AlreadyDecided:
        return _decided(request, _requested(request_id))
    except NotPublished:  # changed between reading and saving
        return _approval_page(request, _requested(request_id), changed=True)
    messages.success(
        request,
        _("“%(name)s” is connected. Everyone who asked is notified.") % {"name": requested.client.name},
    )
    return fragments.done(request, reverse("connection", args=[connection.pk]))


def _mac(requested: ConnectionRequest) -> str:
    return approval_form.mac(
        "request",
        str(requested.pk),
        requested.client.name,
        terms=requested.client.terms,
    )


def _approval_page(
    request: PageRequest,
    requested: ConnectionRequest,
    *,
    changed: bool = False,
    problem: approval_answer.Incomplete | None = None,
) -> HttpResponse:
    context = approval_form.form(requested.client, request.POST if problem else None) | {
        "title": _("Connect %(name)s?") % {"name": requested.client.name},
        "section": "connection_requests",
        "connection_request": requested,
        "available": approval_answer.available(requested.client),
        "blocked": Connection.objects.filter(
            client=requested.client, status=Connection.Status.BLOCKED
        ).exists(),
        "shown": _mac(requested),
        "changed": changed,
        "problem": problem,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "requests/approve.html", context, status=status)


@needs(Permission.MANAGE_CLIENTS)
@pages
def deny(request: PageRequest, request_id: int) -> HttpResponse:
    """Refuses a request, with a text for those who asked."""
    requested = _requested(request_id)
    if requested.status != OPEN:
        return _decided(request, requested)
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {
            "title": _("Deny this request?"),
            "section": "connection_requests",
            "connection_request": requested,
            "form": form,
        }
        return fragments.dialog(request, "requests/deny.html", context, status=422 if form.is_bound else 200)
    if not requested.deny(form.cleaned_data["answer"], by=actor(request)):
        return _decided(request, _requested(request_id))
    messages.success(
        request,
        _("The request for “%(name)s” is denied. Everyone who asked is notified.")
        % {"name": requested.client.name},
    )
    return fragments.done(request, reverse("connection_requests"))


def _requested(request_id: int) -> ConnectionRequest:
    requested: ConnectionRequest = get_object_or_404(
        approval_answer.with_requesters(ConnectionRequest.objects.select_related("tenant")), pk=request_id
    )
    return requested


def _decided(request: PageRequest, requested: ConnectionRequest) -> HttpResponse:
    """Somebody has answered: who, when and what, instead of a form that would come too late."""
    context = {
        "title": _("This request has been answered"),
        "section": "connection_requests",
        "connection_request": requested,
    }
    return fragments.dialog(
        request, "requests/decided.html", context, status=422 if request.method == "POST" else 200
    )


@needs(Permission.OWN_ACCOUNT)
@require_safe
def own(request: PageRequest) -> HttpResponse:
    """What this person asked for, its status, and the answer."""
    asked = (
        ConnectionRequester.objects.filter(user=request.user)
        .select_related("request__client__tenant", "request__decided_by")
        .order_by("-asked_at", "-pk")
    )
    page = Paginator(asked, DECIDED_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Your requests"),
        "page": page,
        "waiting": asked.filter(request__status=OPEN).exists(),
        "by_email": mail_works(),
    }
    return render(request, "requests/own.html", context)
