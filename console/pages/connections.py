"""The page of a connection to another tenant's client: what this tenant approved, and what has become of it (S9, N5).

It shows no secret of the client and nothing to edit: those belong to its owner. What this tenant can change is in
connection_acts.py, connection_versions.py and consent_methods.py. Its own clients have pages of their own.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..policy import scopes
from ..policy.client_types import impersonates, works_alone, works_on_devices
from ..policy.roles import Permission
from . import approval_form, client_events, client_use, document_facts
from .client_tabs import OutsideTab
from .connection_lookup import foreign_connection
from .connection_page import reach_of, tab_context
from .scope_words import by_area
from .self_description import said


@needs(Permission.READ_CONSOLE)
@require_safe
def details(request: PageRequest, connection_id: int) -> HttpResponse:
    """Shows the publisher, the status here, who approved it, and how it is used in this tenant."""
    connection = foreign_connection(connection_id)
    client, approved = connection.client, connection.approved
    pending = connection.pending()
    context = tab_context(request, connection, OutsideTab.OVERVIEW) | client_use.context_of(client)
    context |= {
        "reach": reach_of(connection),
        "lately": client_events.latest(client),
        "homepage": client.homepage_url,
        "said": said(client),
        "proven": approval_form.is_proven(client.homepage_url, approved.redirect_hosts),
        "hosts": approved.redirect_hosts,
        "gone_hosts": pending.gone_hosts,
        "origins": approved.origins,
        "gone_origins": pending.gone_origins,
        "machine": works_alone(approved.grants),
        "on_devices": works_on_devices(approved.grants),
        "impersonates": impersonates(approved.grants),
        "allowed_number": len(connection.client_here.scopes),
        **document_facts.of(client),
    }
    return render(request, "connections/details.html", context)


@needs(Permission.READ_CONSOLE)
@require_safe
def allowed(request: PageRequest, connection_id: int) -> HttpResponse:
    """Shows what the client may do in this tenant, and what it may not do although it was offered or approved."""
    connection = foreign_connection(connection_id)
    approved = connection.approved
    context = tab_context(request, connection, OutsideTab.SCOPES) | {
        "allowed": by_area(scopes.roots(connection.client_here.scopes)),
        "reduced": by_area(scopes.added(approved.scopes, connection.scopes)),
        "not_offered": by_area(scopes.added(connection.scopes, connection.client.allowed_scopes)),
    }
    return render(request, "connections/allowed.html", context)
