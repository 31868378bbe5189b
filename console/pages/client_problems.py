"""The tab of a client's page: what the client was refused, and what to do about it (N4, P12)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Client, ClientProblem, reach
from ..models.client_rules import in_words
from ..policy.client_problems import ABOUT, About
from ..policy.reasons import Reason
from ..policy.registration_problems import InvalidRegistration
from ..policy.roles import Permission
from . import fragments, open_problems, publication
from .client_lookup import client_to_change, own_client
from .client_page import Tab, context_of
from .client_tabs import OutsideTab
from .connection_lookup import foreign_connection
from .connection_page import tab_context
from .problem_words import line, sentences

pages = require_http_methods(["GET", "HEAD", "POST"])
IGNORED = "ignored"  # what `show` says to see those that are ignored


@needs(Permission.READ_CONSOLE)
@require_safe
def problems(request: PageRequest, client_id: str) -> HttpResponse:
    """The open problems of the client in this tenant, and how many there are in others."""
    client = own_client(client_id)
    found = open_problems.of_own(client)
    elsewhere = (
        ClientProblem.elsewhere(client, timezone.now()) if client.tenant_id == request.tenant.pk else []
    )
    context = context_of(request, client, Tab.PROBLEMS) | _listed(request, found)
    context["elsewhere"] = [
        (sentences(each.reason, ABOUT.get(each.reason, About.OTHERS)), each) for each in elsewhere
    ]
    context["ignore_url"] = "client_problem_ignore"
    context["key"] = client.client_id
    return render(request, "clients/problems.html", context)


@needs(Permission.READ_CONSOLE)
@require_safe
def of_connection(request: PageRequest, connection_id: int) -> HttpResponse:
    """The same of a client of another tenant: what it was refused in this one."""
    connection = foreign_connection(connection_id)
    context = tab_context(request, connection, OutsideTab.PROBLEMS)
    context |= _listed(request, open_problems.of_connection(connection))
    context |= {"ignore_url": "connection_problem_ignore", "key": connection.pk, "borrowed": True}
    return render(request, "connections/problems.html", context)


def _listed(request: PageRequest, found: open_problems.Problems) -> dict[str, Any]:
    ignored = request.GET.get("show") == IGNORED
    shown = found.ignored if ignored else found.open
    return {
        "lines": [line(problem, found.here) for problem in shown] if found.here else [],
        "shows_ignored": ignored,
        "ignored": len(found.ignored),
        "open_problems": len(found.open),
    }


# --- Adding what was asked for ---------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
def add_redirect_url(request: PageRequest, client_id: str, problem_id: int) -> HttpResponse:
    """Registers the redirect URL that was refused, after a page that says who asked for it, and from where."""
    with client_to_change(request, client_id) as client:
        problem = _problem(client.pk, problem_id)
        if problem.reason != Reason.REDIRECT_URI_MISMATCH or not problem.asked:
            raise Http404
        back = reverse("client_problems", args=[client.client_id])
        if client.registration.allows_redirect_uri(problem.asked):
            messages.info(request, _("This redirect URL is registered already."))
            return fragments.done(request, back)
        if request.method != "POST":
            return _confirmation(request, client, problem)
        before = client.version
        try:
            client.edit(by=actor(request), redirect_uris=[*client.redirect_uris, problem.asked])
        except InvalidRegistration as invalid:
            wrong = [in_words(each) for found in invalid.problems.values() for each in found]
            return _confirmation(request, client, problem, wrong)
    waits = publication.waiting(client) if client.version != before else ""
    added = _("The redirect URL has been added. The application can sign people in with it from now on.")
    messages.success(request, f"{added} {waits}".strip())
    return fragments.done(request, back)


def _confirmation(
    request: PageRequest, client: Client, problem: ClientProblem, wrong: list[str] | None = None
) -> HttpResponse:
    here = client.own_connection.client_here
    context = {
        "title": _("Add this redirect URL?"),
        "section": "clients",
        "client": client,
        "line": line(problem, here),
        "wrong": wrong or [],
        "others_on_it": client.published_at is not None or reach.served(client).exists(),
    }
    return fragments.dialog(
        request, "clients/problem_add.html", context, status=422 if request.method == "POST" else 200
    )


# --- Ignoring --------------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@require_POST
def ignore(request: PageRequest, client_id: str, problem_id: int) -> HttpResponse:
    """Takes a problem off the list, or puts it back."""
    client = own_client(client_id)
    return _decide(
        request, _problem(client.pk, problem_id), reverse("client_problems", args=[client.client_id])
    )


@needs(Permission.MANAGE_CLIENTS)
@require_POST
def ignore_of_connection(request: PageRequest, connection_id: int, problem_id: int) -> HttpResponse:
    """The same of a client of another tenant: for this tenant alone."""
    connection = foreign_connection(connection_id)
    problem = _problem(connection.client_id, problem_id)
    return _decide(request, problem, reverse("connection_problems", args=[connection.pk]))


def _decide(request: PageRequest, problem: ClientProblem, back: str) -> HttpResponse:
    if request.POST.get("act") == "reopen":
        problem.stop_ignoring(by=actor(request))
        messages.success(request, _("The problem is no longer ignored."))
        return fragments.done(request, back)
    problem.ignore(by=actor(request))
    messages.success(request, _("The problem is ignored from now on. It goes on being counted."))
    return fragments.done(request, back)


def _problem(client_id: int, problem_id: int) -> ClientProblem:
    found: ClientProblem = get_object_or_404(ClientProblem.objects.filter(client=client_id), pk=problem_id)
    return found
