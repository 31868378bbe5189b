"""A tenant's side of a connection: what it approved, and the few things it may change about it (S9, S10, N5, N9).

Of another tenant's client there is no secret to see here, no redirect URL to edit and nothing to publish: only what
this tenant allows. Its own clients have pages of their own.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import approvals
from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Actor, Connection, Consent, NeedsTrust, NotConnected, NotPublished, Reach, reach
from ..models.approval import accept_version
from ..policy import scopes
from ..policy.client_types import impersonates, works_alone
from ..policy.publication import Difference
from ..policy.roles import Permission
from ..scope_words import by_area, grouped
from . import fragments, receipts
from .client_lookup import back_to_list
from .connection_lookup import foreign_connection
from .connection_standing import Stop, standing
from .forms.consent_method import MACHINE_IS_TRUSTED, ConsentMethodForm

Given = ParamSpec("Given")
pages = require_http_methods(["GET", "HEAD", "POST"])


def while_connected(
    view: Callable[Concatenate[PageRequest, Given], HttpResponse],
) -> Callable[Concatenate[PageRequest, Given], HttpResponse]:
    """A change that comes too late, after the connection has been removed, says so, and never that it was saved."""

    @wraps(view)
    def told(request: PageRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotConnected:
            messages.warning(
                request, _("Somebody has removed this connection meanwhile, so nothing was changed.")
            )
            return fragments.done(request, reverse("clients"))

    return told


# --- Looking ---------------------------------------------------------------------------------------------------------


@needs(Permission.READ_CONSOLE)
@require_safe
def details(request: PageRequest, connection_id: int) -> HttpResponse:
    """Whose client it is, what it may do here, who approved that, and what has become of it."""
    connection = foreign_connection(connection_id)
    client, approved = connection.client, connection.approved
    pending = connection.pending()
    context = _context(request, connection, client.name) | {
        "reach": _reach(connection),
        "homepage": client.homepage_url,
        "proven": approvals.is_proven(client.homepage_url, approved.redirect_hosts),
        "hosts": approved.redirect_hosts,
        "gone_hosts": pending.gone_hosts,
        "origins": approved.origins,
        "gone_origins": pending.gone_origins,
        "machine": works_alone(approved.grants),
        "impersonates": impersonates(approved.grants),
        "allowed": by_area(scopes.roots(connection.client_here.scopes)),
        "reduced": by_area(scopes.added(approved.scopes, connection.scopes)),
        "not_offered": by_area(scopes.added(connection.scopes, client.allowed_scopes)),
    }
    return render(request, "connections/details.html", context)


def _context(request: PageRequest, connection: Connection, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "section": "clients",
        "connection": connection,
        "client": connection.client,
        "publisher": connection.client.tenant,
        "standing": standing(connection),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }


# --- Changing --------------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def consent_method(request: PageRequest, client_id: str) -> HttpResponse:
    """Asks each user for consent, or trusts the client so that nobody is asked."""
    if not client_id.isprintable():
        raise Http404
    connections = Connection.objects.filter(client__deleted_at=None).select_related("client")
    connection: Connection = get_object_or_404(connections, client__client_id=client_id)
    return _change_consent_method(request, connection, back_to_list(request))


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def connection_consent_method(request: PageRequest, connection_id: int) -> HttpResponse:
    """The same for a client of another tenant, from its own page."""
    connection = foreign_connection(connection_id)
    return _change_consent_method(request, connection, _page_of(connection))


@transaction.atomic
def _change_consent_method(request: PageRequest, connection: Connection, back: str) -> HttpResponse:
    if request.method == "POST":
        connection = _locked(connection)  # what it may do here is not widened between the tick and the trust
    form = ConsentMethodForm(request.POST if request.method == "POST" else None, connection=connection)
    if not (form.is_valid() and _consents(form, by=actor(request))):
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


def _consents(form: ConsentMethodForm, *, by: Actor) -> bool:
    """Saves what was chosen; False if the form must say that a machine cannot be Required."""
    try:
        form.connection.change_consent_method(form.cleaned_data["consent_method"], by=by)
    except NeedsTrust:
        form.add_error("consent_method", f"{MACHINE_IS_TRUSTED} {_('To stop the client, disable it.')}")
        return False
    return True


def _locked(connection: Connection) -> Connection:
    """The connection as it is stored, until the transaction ends. NotConnected if it has been removed meanwhile."""
    rows = Connection.objects.select_for_update(of=("self",), no_key=True).select_related("client__tenant")
    locked: Connection | None = rows.filter(pk=connection.pk).first()
    if locked is None:
        raise NotConnected
    return locked


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def change_scopes(request: PageRequest, connection_id: int) -> HttpResponse:
    """Allows the client less than was approved, or again as much."""
    connection = foreign_connection(connection_id)
    offered = _choosable(connection)
    seal = approvals.seal(str(connection.pk), *connection.scopes, terms=connection.approved)
    changed, problem = False, ""
    if request.method == "POST":
        changed = not approvals.is_sealed(request.POST, seal)
        try:
            chosen = approvals.chosen_scopes(offered, request.POST.getlist("scopes"))
        except approvals.Incomplete as incomplete:
            problem = str(incomplete)
        if not changed and not problem:
            connection.reduce_scopes(chosen, by=actor(request))
            messages.success(
                request, _("What “%(name)s” may do here has been saved.") % {"name": connection.client.name}
            )
            return fragments.done(request, _page_of(connection))
    ticked = (
        request.POST.getlist("scopes")
        if problem and not changed
        else scopes.closure(connection.scopes) & set(offered)
    )
    context = _context(request, connection, _("Change what it may do")) | {
        "scopes": grouped(offered, ticked),
        "shown": seal,
        "changed": changed,
        "problem": "" if changed else problem,
    }
    return fragments.dialog(
        request, "connections/scopes.html", context, status=422 if request.method == "POST" else 200
    )


def _choosable(connection: Connection) -> list[str]:
    """Everything that was approved, and parts of it that are allowed by name."""
    approved = connection.approved.scopes
    return [*approved, *(name for name in connection.scopes if name not in approved)]


@needs(Permission.READ_CONSOLE)
@pages
def version(request: PageRequest, connection_id: int) -> HttpResponseBase:
    """What the publisher offers now, beside what this tenant approved: what is new stands first (N5)."""
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
            _("There is nothing new of “%(name)s” to accept: it is up to date here.")
            % {"name": connection.client.name},
        )
        return fragments.done(request, _page_of(connection))
    terms = connection.client.terms
    if not approvals.is_sealed(request.POST, _version_seal(connection)):
        return _version_page(request, connection, changed=True)
    try:
        approvals.check_impersonation(
            connection.pending().new_grants, allowed=approvals.IMPERSONATION in request.POST
        )
        accept_version(connection, by=actor(request), terms=terms)
    except approvals.Incomplete as problem:
        return _version_page(request, connection, problem=problem)
    except NotPublished:  # changed between reading and saving
        if not Connection.objects.filter(pk=connection_id).exists():
            raise NotConnected from None
        return _version_page(request, foreign_connection(connection_id), changed=True)
    messages.success(
        request, _("The new version of “%(name)s” has been accepted.") % {"name": connection.client.name}
    )
    return fragments.done(request, _page_of(connection))


def _version_seal(connection: Connection) -> str:
    """Over both sides of the page: what is approved, and what is offered."""
    approved = approvals.seal(str(connection.pk), terms=connection.approved)
    return approvals.seal(approved, *connection.scopes, terms=connection.client.terms)


def _version_page(
    request: PageRequest,
    connection: Connection,
    *,
    changed: bool = False,
    problem: approvals.Incomplete | None = None,
) -> HttpResponse:
    client, pending = connection.client, connection.pending()
    context = _context(request, connection, _("New version of %(name)s") % {"name": client.name}) | {
        "pending": pending,
        "machine": works_alone(pending.new_grants),
        "impersonates": impersonates(pending.new_grants),
        "no_longer_machine": works_alone(pending.gone_grants),
        "no_longer_impersonates": impersonates(pending.gone_grants),
        "new_scopes": by_area(pending.new_scopes),
        "gone_scopes": by_area(pending.gone_scopes),
        "kept_scopes": by_area(_kept(connection, pending)),
        "kept_hosts": [host for host in client.terms.redirect_hosts if host not in pending.new_hosts],
        "kept_origins": [origin for origin in client.terms.origins if origin not in pending.new_origins],
        "shown": _version_seal(connection),
        "changed": changed,
        "problem": problem,
    }
    return render(request, "connections/version.html", context, status=422 if changed or problem else 200)


def _kept(connection: Connection, pending: Difference) -> list[str]:
    """What it may do here either way."""
    return scopes.roots(scopes.added(connection.client.terms.scopes, pending.new_scopes))


# --- Ending ----------------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def block(request: PageRequest, connection_id: int) -> HttpResponse:
    """Cuts the client off from this tenant, until it is unblocked."""
    connection = foreign_connection(connection_id)
    name = connection.client.name
    if Stop.BLOCKED in standing(connection).stops:
        messages.info(request, _("“%(name)s” is blocked already.") % {"name": name})
        return fragments.done(request, _page_of(connection))
    if request.method != "POST":
        return _confirmation(request, connection, "block", _("Block %(name)s?") % {"name": name})
    receipt = connection.block(by=actor(request))
    return receipts.shown(
        request,
        _("“%(name)s” is blocked") % {"name": name},
        receipt,
        back=_page_of(connection),
        text=_(
            "Nobody of this tenant can use it until it is unblocked. What people have granted it is kept."
        ),
    )


@needs(Permission.MANAGE_CLIENTS)
@pages
@while_connected
def unblock(request: PageRequest, connection_id: int) -> HttpResponse:
    """Lets the client in again, on what was approved before."""
    connection = foreign_connection(connection_id)
    name = connection.client.name
    if Stop.BLOCKED not in standing(connection).stops:
        messages.info(request, _("“%(name)s” is not blocked.") % {"name": name})
        return fragments.done(request, _page_of(connection))
    if request.method != "POST":
        return _confirmation(request, connection, "unblock", _("Unblock %(name)s?") % {"name": name})
    connection.unblock(by=actor(request))
    messages.success(request, _("“%(name)s” is no longer blocked.") % {"name": name})
    return fragments.done(request, _page_of(connection))


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove(request: PageRequest, connection_id: int) -> HttpResponse:
    """Ends the relation; the next attempt is a first connection again."""
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
            "What people had granted it is gone too. If somebody uses it again, an administrator must approve it first."
        ),
    )


def _confirmation(request: PageRequest, connection: Connection, act: str, title: str) -> HttpResponse:
    """Asks before an end, and says what it would touch (N9)."""
    context = _context(request, connection, title) | {
        "reach": _reach(connection),
        "consents": Consent.given_under(connection.pk)[: reach.MOST].count(),
    }
    return fragments.dialog(request, f"connections/{act}.html", context)


def _reach(connection: Connection) -> Reach:
    return reach.last_used(reach.here(connection.client, connection.tenant), connection.last_used_at)


def _page_of(connection: Connection) -> str:
    return reverse("connection", args=[connection.pk])
