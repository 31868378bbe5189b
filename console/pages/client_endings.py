"""Deleting, disabling and enabling clients, and removing connections to those of other tenants (S12, P7, N7, N9)."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Actor, Connection, NotConnected, Receipt
from ..models.client import DELETED_KEPT
from ..policy.roles import Permission
from . import fragments, receipts
from .chosen_clients import Chosen, already_gone, asked, back, refused
from .client_lookup import back_to_list, client_to_change
from .client_reach import endings, leavings
from .client_tabs import back_to

pages = require_http_methods(["GET", "HEAD", "POST"])


# --- Deleting ---------------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
def delete(request: PageRequest) -> HttpResponse:
    """Deletes own clients and removes connections, one or several, after one confirmation that says what ends (S12)."""
    ids = asked(request)
    if answer := refused(request, ids, _("Choose the clients to delete first.")):
        return answer
    chosen = Chosen.of(ids)
    if request.method == "POST":
        # Each in a transaction of its own: an error with one does not bring back those before it.
        ended = [client.remove(by=actor(request)) for client in chosen.clients]
        ended += [_remove(connection, actor(request)) for connection in chosen.connections]
        return receipts.shown(
            request,
            _deleted(chosen),
            receipts.together(ended),
            back=back_to_list(request),
            text=_afterwards(chosen),
        )
    if not chosen:
        return back(request, already_gone(chosen.gone))
    context = {
        "title": _question(chosen),
        "chosen": chosen,
        "endings": endings(chosen.clients),
        "leavings": leavings(chosen.connections),
        "section": "clients",
    }
    return fragments.dialog(request, "clients/delete.html", context)


def _remove(connection: Connection, by: Actor) -> Receipt | None:
    """Removes the connection. Returns the receipt; None if another administrator has removed it meanwhile."""
    try:
        return connection.remove(by=by)
    except NotConnected:
        return None


def _question(chosen: Chosen) -> str:
    number = {"number": len(chosen)}
    if not chosen.connections:
        return ngettext("Delete this client?", "Delete %(number)d clients?", len(chosen)) % number
    if not chosen.clients:
        return ngettext("Remove this connection?", "Remove %(number)d connections?", len(chosen)) % number
    return _("Delete or remove %(number)d clients?") % number


def _deleted(chosen: Chosen) -> str:
    """The heading of the receipt."""
    if not chosen:
        return _("There was nothing to delete")
    if len(chosen) == 1:
        text = _("“%(name)s” has been deleted") if chosen.clients else _("“%(name)s” has been removed")
        return text % {"name": (chosen.clients or [chosen.connections[0].client])[0].name}
    if not chosen.connections:
        return _("%(number)d clients deleted") % {"number": len(chosen.clients)}
    if not chosen.clients:
        return _("%(number)d connections removed") % {"number": len(chosen.connections)}
    return _("%(clients)d deleted, %(connections)d removed") % {
        "clients": len(chosen.clients),
        "connections": len(chosen.connections),
    }


def _afterwards(chosen: Chosen) -> str:
    """The text of the receipt: whether it can be undone, and how many others had deleted before."""
    sentences = []
    if chosen.clients:
        until = date_format(timezone.localtime(timezone.now() + DELETED_KEPT), "DATE_FORMAT")
        sentences.append(
            ngettext(
                "You can restore it from the deleted clients until %(day)s.",
                "You can restore them from the deleted clients until %(day)s.",
                len(chosen.clients),
            )
            % {"day": until}
        )
    if chosen.connections:
        sentences.append(
            _("An administrator must approve a removed connection again before anyone can use the client.")
        )
    if chosen.gone:
        sentences.append(already_gone(chosen.gone))
    return " ".join(sentences)


# --- Disabling and enabling -------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
def disable(request: PageRequest, client_id: str) -> HttpResponse:
    """Stops a client at once, after a confirmation that says what ends."""
    with client_to_change(request, client_id) as client:
        if request.method != "POST":
            context = {
                "title": _("Disable %(name)s?") % {"name": client.name},
                "ending": endings([client])[0],
                "client": client,
                "back": back_to(request, client),
                "section": "clients",
            }
            return fragments.dialog(request, "clients/disable.html", context)
        receipt = client.disable(by=actor(request))
    return receipts.shown(
        request,
        _("“%(name)s” is disabled") % {"name": client.name},
        receipt,
        back=back_to(request, client),
        text=_("It can’t get tokens until you enable it."),
    )


@needs(Permission.MANAGE_CLIENTS)
@pages
def enable(request: PageRequest, client_id: str) -> HttpResponse:
    """Lets a disabled client work again."""
    with client_to_change(request, client_id) as client:
        if request.method != "POST":
            title = _("Enable %(name)s?") % {"name": client.name}
            context = {
                "title": title,
                "client": client,
                "section": "clients",
                "back": back_to(request, client),
            }
            return fragments.dialog(request, "clients/enable.html", context)
        enabled = client.enable(by=actor(request))
    if enabled:
        messages.success(request, _("“%(name)s” is enabled again.") % {"name": client.name})
    else:
        messages.info(request, _("“%(name)s” was not disabled.") % {"name": client.name})
    return fragments.done(request, back_to(request, client))
