"""A new version of another tenant's client: what it would change here, and accepting it (N5)."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Connection, NotConnected, NotPublished, approval_answer
from ..models.approval import accept_version
from ..policy import scopes
from ..policy.client_types import impersonates, works_alone, works_on_devices
from ..policy.publication import Difference
from ..policy.roles import Permission
from . import approval_form, fragments
from .connection_lookup import foreign_connection
from .connection_page import address_of, context_of, while_connected
from .connection_standing import standing
from .scope_words import by_area


@needs(Permission.READ_CONSOLE)
@require_http_methods(["GET", "HEAD", "POST"])
def version(request: PageRequest, connection_id: int) -> HttpResponseBase:
    """Shows what the publisher offers now beside what this tenant approved, what is new first. POST accepts it."""
    if request.method == "POST":
        return _accept(request, connection_id)
    return _version_page(request, foreign_connection(connection_id))


@needs(Permission.MANAGE_CLIENTS)
@while_connected
def _accept(request: PageRequest, connection_id: int) -> HttpResponse:
    connection = foreign_connection(connection_id)
    if not standing(connection).waits:
        messages.info(
            request,
            _("“%(name)s” is already up to date. There is no new version to accept.")
            % {"name": connection.client.name},
        )
        return fragments.done(request, address_of(connection))
    terms = connection.client.terms
    if not approval_form.is_answered(request.POST, _version_mac(connection)):
        return _version_page(request, connection, changed=True)
    try:
        approval_answer.check_impersonation(
            connection.pending().new_grants, allowed=approval_answer.IMPERSONATION in request.POST
        )
        accept_version(connection, by=actor(request), terms=terms)
    except approval_answer.Incomplete as problem:
        return _version_page(request, connection, problem=problem)
    except NotPublished:  # changed between reading and saving
        if not Connection.objects.filter(pk=connection_id).exists():
            raise NotConnected from None
        return _version_page(request, foreign_connection(connection_id), changed=True)
    messages.success(
        request, _("The new version of “%(name)s” has been accepted.") % {"name": connection.client.name}
    )
    return fragments.done(request, address_of(connection))


def _version_mac(connection: Connection) -> str:
    """A keyed digest of what is approved and what is offered. Who accepts must have seen both."""
    approved = approval_form.mac(str(connection.pk), terms=connection.approved)
    return approval_form.mac(approved, *connection.scopes, terms=connection.client.terms)


def _version_page(
    request: PageRequest,
    connection: Connection,
    *,
    changed: bool = False,
    problem: approval_answer.Incomplete | None = None,
) -> HttpResponse:
    client, pending = connection.client, connection.pending()
    context = context_of(request, connection, _("New version of %(name)s") % {"name": client.name}) | {
        "pending": pending,
        "machine": works_alone(pending.new_grants),
        "on_devices": works_on_devices(pending.new_grants),
        "impersonates": impersonates(pending.new_grants),
        "no_longer_machine": works_alone(pending.gone_grants),
        "no_longer_on_devices": works_on_devices(pending.gone_grants),
        "no_longer_impersonates": impersonates(pending.gone_grants),
        "new_scopes": by_area(pending.new_scopes),
        "gone_scopes": by_area(pending.gone_scopes),
        "kept_scopes": by_area(_kept(connection, pending)),
        "kept_hosts": [host for host in client.terms.redirect_hosts if host not in pending.new_hosts],
        "kept_origins": [origin for origin in client.terms.origins if origin not in pending.new_origins],
        "shown": _version_mac(connection),
        "changed": changed,
        "problem": problem,
    }
    return render(request, "connections/version.html", context, status=422 if changed or problem else 200)


def _kept(connection: Connection, pending: Difference) -> list[str]:
    """The scopes that the client has here both before and after."""
    return scopes.roots(scopes.added(connection.client.terms.scopes, pending.new_scopes))
