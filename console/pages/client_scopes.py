"""The tab of a client's page: what it may ask for, in words, and the picker to change it (P12, Q4)."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Client
from ..policy.roles import Permission
from . import client_sections
from .client_page import Tab
from .client_sections import Place
from .forms.client_sections import Section
from .scope_words import by_area


def _context(client: Client) -> dict[str, Any]:
    return {"areas": by_area(client.allowed_scopes)}


SCOPES = Place(
    tab=Tab.SCOPES,
    template="clients/scopes.html",
    sections=lambda _: [Section.SCOPES],
    address=lambda client: reverse("client_scopes", args=[client.client_id]),
    edit_address=lambda client, _: reverse("client_scopes_edit", args=[client.client_id]),
    context=_context,
)


@needs(Permission.READ_CONSOLE)
@require_safe
def scopes(request: PageRequest, client_id: str) -> HttpResponse:
    """What it may ask for, grouped."""
    return client_sections.read(request, client_id, SCOPES)


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, client_id: str) -> HttpResponseBase:
    """The scopes as a picker."""
    return client_sections.edit(request, client_id, SCOPES, Section.SCOPES.value)
