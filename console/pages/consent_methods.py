"""Changing the consent method of a connection: of a tenant to its own client, or to one of another tenant (S10)."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Actor, Connection, NeedsTrust, NotConnected
from ..policy.client_types import impersonates, works_alone
from ..policy.roles import Permission
from . import fragments
from .client_tabs import back_to
from .connection_lookup import foreign_connection
from .connection_page import address_of, while_connected
from .forms.consent_method import MACHINE_IS_TRUSTED, ConsentMethodForm

pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def consent_method(request: PageRequest, client_id: str) -> HttpResponse:
    """Asks each user for consent, or trusts the client so that nobody is asked."""
    if not client_id.isprintable():
        raise Http404
    connections = Connection.objects.filter(client__deleted_at=None).select_related("client")
    connection: Connection = get_object_or_404(connections, client__client_id=client_id)
    return _change_consent_method(request, connection, back_to(request, connection.client))


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def connection_consent_method(request: PageRequest, connection_id: int) -> HttpResponse:
    """The same for a client of another tenant, opened from the page of the connection."""
    connection = foreign_connection(connection_id)
    return _change_consent_method(request, connection, address_of(connection))


@transaction.atomic
def _change_consent_method(request: PageRequest, connection: Connection, back: str) -> HttpResponse:
    if request.method == "POST":
        connection = _locked(
            connection
        )  # what is trusted is what it may do now, and nobody widens that meanwhile
    form = ConsentMethodForm(request.POST if request.method == "POST" else None, connection=connection)
    if not (form.is_valid() and _is_saved(form, by=actor(request))):
        context = {
            "title": _("Change consent method"),
            "form": form,
            "client": connection.client,
            "machine": works_alone(connection.machine_grants),
            "impersonates": impersonates(connection.machine_grants),
            "back": back,
            "section": "clients",
        }
        return fragments.dialog(
            request, "connections/consent_method.html", context, status=422 if form.is_bound else 200
        )
    messages.success(
        request,
        _("The consent method of “%(name)s” is now “%(method)s”.")
        % {"name": connection.client.name, "method": connection.get_consent_method_display()},
    )
    return fragments.done(request, back)


def _is_saved(form: ConsentMethodForm, *, by: Actor) -> bool:
    """Saves what was chosen. False if the connection has become one that must be trusted; the form says so then."""
    try:
        form.connection.change_consent_method(form.cleaned_data["consent_method"], by=by)
    except NeedsTrust:
        form.add_error("consent_method", f"{MACHINE_IS_TRUSTED} {_('To stop the client, disable it.')}")
        return False
    return True


def _locked(connection: Connection) -> Connection:
    """The connection as it is stored now, locked until the transaction ends. Raises NotConnected if it is removed."""
    rows = Connection.objects.select_for_update(of=("self",), no_key=True).select_related("client__tenant")
    locked: Connection | None = rows.filter(pk=connection.pk).first()
    if locked is None:
        raise NotConnected
    return locked
