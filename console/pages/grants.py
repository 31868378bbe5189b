"""The grants of one client's users, and revoking them (P5, N9)."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import current_tenant
from ..models import Client, Connection, Receipt, User, reach
from ..models.counting import HowMany
from ..policy.roles import Permission
from . import fragments, granted, receipts
from .client_lookup import own_client
from .client_page import Tab, context_of
from .client_tabs import OutsideTab
from .connection_lookup import connections_to_others, foreign_connection
from .connection_page import tab_context
from .people_pages import page_of
from .word_search import MemberSearch

FROM_CLIENT = "client"


@needs(Permission.READ_CONSOLE)
@require_safe
def of_client(request: PageRequest, client_id: str) -> HttpResponse:
    """Everybody who has granted something to a client of this tenant."""
    client = own_client(client_id)
    context = context_of(request, client, Tab.PEOPLE) | {"around": "clients/page.html"}
    return _people(request, client, context)


@needs(Permission.READ_CONSOLE)
@require_safe
def of_connection(request: PageRequest, connection_id: int) -> HttpResponse:
    """The same for a client of another tenant: only this tenant's people."""
    connection = foreign_connection(connection_id)
    context = tab_context(request, connection, OutsideTab.PEOPLE) | {"around": "connections/page.html"}
    return _people(request, connection.client, context)


def _people(request: PageRequest, client: Client, context: dict[str, Any]) -> HttpResponse:
    search = MemberSearch(request.GET)
    people, total = granted.holders(client)
    page = page_of(_found(search, people, total), request.GET)
    context |= {
        "search": search,
        "page": page,
        "total": None if search.text else total,
        "grants": granted.of_people(page.rows, client),
        "reach": reach.here(client, current_tenant()),
    }
    return render(request, "grants/people.html", context)


def _found(search: MemberSearch, people: "QuerySet[User]", total: HowMany) -> "QuerySet[User]":
    """Those of `people` who fit. Where many hold a grant and few fit, those who fit are looked for first."""
    if search.text and total.more:
        fitting = list(search.find(User.objects.all()).values_list("pk", flat=True)[: granted.FEW + 1])
        if len(fitting) <= granted.FEW:
            return people.filter(pk__in=fitting)
    return search.find(people)


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PageRequest, user_id: UUID, client_id: str) -> HttpResponse:
    """After a confirmation, revokes somebody's consent and ends every session of the client for them."""
    user, connection = _whose(user_id, client_id)
    client = connection.client
    grant = granted.one(user, client)
    if request.method == "POST":
        receipt = _take_back(request, grant, client) if grant else None
        title = _("%(application)s no longer acts for %(person)s") % {
            "application": client.name,
            "person": user.display_name,
        }
        return receipts.shown(
            request, title, receipt, back=_back(request, user, connection), section="members"
        )
    if grant is None:
        raise Http404
    context: dict[str, Any] = {
        "title": _("Revoke this access?"),
        "section": "members",
        "grant": grant,
        "back": _back(request, user, connection),
    }
    return fragments.dialog(request, "grants/withdraw.html", context)


def _whose(user_id: UUID, client_id: str) -> tuple[User, Connection]:
    if not client_id.isprintable():
        raise Http404
    user: User = get_object_or_404(User.objects.select_related("tenant"), pk=user_id)
    connections = Connection.objects.select_related("client__tenant").filter(client__deleted_at=None)
    connection: Connection = get_object_or_404(connections, client__client_id=client_id)
    return user, connection


def _take_back(request: PageRequest, grant: granted.Grant, client: Client) -> Receipt | None:
    if grant.consent is not None:
        return grant.consent.withdraw(by=actor(request))
    return granted.end_sessions(grant.user, client, reason="ended by an administrator", by=actor(request))


def _back(request: PageRequest, user: User, connection: Connection) -> str:
    """The page that the confirmation was opened from: the client's people, or the person's grants."""
    if request.GET.get("from") != FROM_CLIENT:
        return reverse("member", args=[user.pk])
    if connections_to_others().filter(pk=connection.pk).exists():
        return reverse("connection_grants", args=[connection.pk])
    return reverse("client_grants", args=[connection.client.client_id])
