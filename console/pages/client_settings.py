"""The tab of a client's page: its settings, section by section, each edited in its place (P12)."""

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
from .forms.choices import CONSENT_METHODS
from .forms.client_sections import Section, form_of, sections_of


def _context(client: Client) -> dict[str, Any]:
    """What is shown besides the fields. Texts that describe the application are shown as their form has them."""
    return {
        "consent_method": dict(CONSENT_METHODS)[client.own_consent_method],
        "described": form_of(Section.APPLICATION, client),
    }


def _edit_address(client: Client, section: Section) -> str:
    return reverse("client_settings_edit", args=[client.client_id, section.value])


SETTINGS = Place(
    tab=Tab.SETTINGS,
    template="clients/settings.html",
    sections=sections_of,
    address=lambda client: reverse("client_settings", args=[client.client_id]),
    edit_address=_edit_address,
    context=_context,
)


@needs(Permission.READ_CONSOLE)
@require_safe
def settings(request: PageRequest, client_id: str) -> HttpResponse:
    """The sections, to be read."""
    return client_sections.read(request, client_id, SETTINGS)


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, client_id: str, section: str) -> HttpResponseBase:
    """One section as a form; its fields are saved, and no others."""
    return client_sections.edit(request, client_id, SETTINGS, section)
