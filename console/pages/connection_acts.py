"""What an administrator does with a connection to another tenant's client: narrow, block, unblock, remove (N7, N9)."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Connection, Consent, NotConnected, approval_answer, reach
from ..policy import scopes
from ..policy.roles import Permission
from . import approval_form, fragments, receipts
from .connection_lookup import foreign_connection
from .connection_page import address_of, context_of, reach_of, while_connected
from .connection_standing import Stop, standing
from .scope_words import grouped

pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def change_scopes(request: PageRequest, connection_id: int) -> HttpResponse:
    """Allows the client fewer scopes than were approved, or all of them again."""
    connection = foreign_connection(connection_id)
    offered = _choosable(connection)
    shown = approval_form.mac(str(connection.pk), *connection.scopes, terms=connection.approved)
    changed, problem = False, ""
    if request.method == "POST":
        changed = not approval_form.is_answered(request.POST, shown)
        try:
            chosen = approval_answer.chosen_scopes(offered, request.POST.getlist("scopes"))
        except approval_answer.Incomplete as incomplete:
            problem = str(incomplete)
        if not changed and not problem:
            connection.reduce_scopes(chosen, by=actor(request))
            messages.success(
                request, _("The scopes of “%(name)s” have been saved.") % {"name": connection.client.name}
            )
            return fragments.done(request, address_of(connection))
    ticked = (
        request.POST.getlist("scopes")
        if problem and not changed
        else scopes.closure(connection.scopes) & set(offered)
    )
    context = context_of(request, connection, _("Change what it may do")) | {
        "scopes": grouped(offered, ticked),
        "shown": shown,
        "changed": changed,
        "problem": "" if changed else problem,
    }
    return fragments.dialog(
        request, "connections/scopes.html", context, status=422 if request.method == "POST" else 200
    )


def _choosable(connection: Connection) -> list[str]:
    """The scopes that can be ticked: those that were approved, and parts of them that are allowed one by one."""
    approved = connection.approved.scopes
    return [*approved, *(name for name in connection.scopes if name not in approved)]


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def block(request: PageRequest, connection_id: int) -> HttpResponse:
    """Blocks the client in this tenant until it is unblocked, after a confirmation that says what ends."""
    connection = foreign_connection(connection_id)
    name = connection.client.name
    if Stop.BLOCKED in standing(connection).stops:
        messages.info(request, _("“%(name)s” is already blocked.") % {"name": name})
        return fragments.done(request, address_of(connection))
    if request.method != "POST":
        return _confirmation(request, connection, "block", _("Block %(name)s?") % {"name": name})
    receipt = connection.block(by=actor(request))
    return receipts.shown(
        request,
        _("“%(name)s” is blocked") % {"name": name},
        receipt,
        back=address_of(connection),
        text=_("No one in this tenant can use it until it is unblocked. Consents are kept."),
    )


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def unblock(request: PageRequest, connection_id: int) -> HttpResponse:
    """Lets a blocked client in again, with the scopes that it had."""
    connection = foreign_connection(connection_id)
    name = connection.client.name
    if Stop.BLOCKED not in standing(connection).stops:
        messages.info(request, _("“%(name)s” is not blocked.") % {"name": name})
        return fragments.done(request, address_of(connection))
    if request.method != "POST":
        return _confirmation(request, connection, "unblock", _("Unblock %(name)s?") % {"name": name})
    connection.unblock(by=actor(request))
    messages.success(request, _("“%(name)s” is no longer blocked.") % {"name": name})
    return fragments.done(request, address_of(connection))


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove(request: PageRequest, connection_id: int) -> HttpResponse:
    """Removes the connection, after a confirmation. The next sign-in is a first connection again."""
    connection = foreign_connection(connection_id)
    name = connection.client.name
    if request.method != "POST":
        return _confirmation(request, connection, "remove", _("Remove %(name)s?") % {"name": name})
    try:
        receipt = connection.remove(by=actor(request))
    except NotConnected:
        receipt = None  # somebody else was first
    return receipts.shown(
        request,
        _("“%(name)s” is removed") % {"name": name},
        receipt,
        back=reverse("clients"),
        text=_(
            "Consents to it were removed too. An administrator must approve it again before anyone can use "
            "it."
        ),
    )


def _confirmation(request: PageRequest, connection: Connection, act: str, title: str) -> HttpResponse:
    """The dialog that asks before `act`, and says what would end (N9)."""
    context = context_of(request, connection, title) | {
        "reach": reach_of(connection),
        "consents": Consent.given_under(connection.pk)[: reach.MOST].count(),
    }
    return fragments.dialog(request, f"connections/{act}.html", context)
