"""Sections of a client's page that are read, and edited in their place: of its settings, and its scopes (P12).

Each section has an address where it is a form. With htmx only that section is swapped, and after saving the page around
it, whose name, marks and tabs may have changed with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Client
from ..policy.roles import Permission
from . import fragments
from .client_editing import Saved, save, tell
from .client_lookup import client_to_change, own_client
from .client_page import Tab, context_of
from .forms import scope_presets
from .forms.client import ClientForm
from .forms.client_sections import Section, form_of
from .forms.conflict import Conflict
from .redirect_changes import Removal
from .secrets import shown_once

TITLES: dict[Section, str | Promise] = {
    Section.APPLICATION: _("Application"),
    Section.ADDRESSES: _("Redirect URLs"),
    Section.AUTHENTICATION: _("Authentication"),
    Section.GRANTS: _("Tokens and grants"),
    Section.SCOPES: _("What it may ask for"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A tab with sections: its template; which sections it has for a client; the address of the tab, and where one
    section is a form; what its template shows besides."""

    tab: Tab
    template: str
    sections: Callable[[Client], list[Section]]
    address: Callable[[Client], str]
    edit_address: Callable[[Client, Section], str]
    context: Callable[[Client], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One section as templates/clients/section.html draws it: to read, or with its form."""

    key: str
    title: str | Promise
    edit: str
    read: str
    form: ClientForm | None = None
    conflict: Conflict | None = None
    removal: Removal | None = None
    takes_focus: bool = False

    @property
    def id(self) -> str:
        """The id of its element, which htmx swaps."""
        return f"section-{self.key}"

    @property
    def values(self) -> str:
        """The template of its values."""
        return f"clients/values_{self.key}.html"

    @property
    def fields(self) -> str:
        """The template of its form's fields."""
        return f"clients/settings_{self.key}.html"


def read(request: PageRequest, client_id: str, place: Place) -> HttpResponse:
    """The tab with every section to read. htmx asks for one of them when its form is left."""
    client = own_client(client_id)
    target = request.htmx.target if request.htmx else None
    left = next((section for section in place.sections(client) if target == f"section-{section}"), None)
    return _page(request, client, place, left, only=left is not None)


@needs(Permission.MANAGE_CLIENTS)
def edit(request: PageRequest, client_id: str, place: Place, key: str) -> HttpResponse:
    """The tab with one section as a form, and saving it: fields of other sections stay as they are stored."""
    if request.method != "POST":
        client = own_client(client_id)
        section = _section(place, client, key)
        return _form(request, client, place, section, form_of(section, client))
    with client_to_change(request, client_id) as client:
        section = _section(place, client, key)
        if picked := scope_presets.picked(request.POST):
            return _form(request, client, place, section, form_of(section, client, typed=picked))
        form = form_of(section, client, request.POST)
        conflict = Conflict.of(form, client)
        saved = None if conflict else save(request, client, form)
        if not isinstance(saved, Saved):
            return _form(request, client, place, section, form, conflict, saved)
    tell(request, client, form, saved)
    if saved.secret:
        return fragments.above(request, shown_once(request, client, saved.secret, created="secret"))
    return _done(request, client, place, section)


def _section(place: Place, client: Client, key: str) -> Section:
    for section in place.sections(client):
        if section == key:
            return section
    raise Http404


def _form(
    request: PageRequest,
    client: Client,
    place: Place,
    section: Section,
    form: ClientForm,
    conflict: Conflict | None = None,
    removal: Removal | None = None,
) -> HttpResponse:
    """The section as a form; with htmx nothing around it."""
    only = bool(request.htmx)
    return _page(request, client, place, section, form=form, conflict=conflict, removal=removal, only=only)


def _done(request: PageRequest, client: Client, place: Place, section: Section) -> HttpResponse:
    """After saving: a redirect to the tab; for htmx the tab itself, which is put in the place of the whole page."""
    address = place.address(client)
    if not request.htmx:
        response: HttpResponse = redirect(f"{address}#section-{section}")
        response.status_code = 303
        return response
    response = _page(request, own_client(client.client_id), place, section)
    response["HX-Retarget"] = response["HX-Reselect"] = "#main"
    response["HX-Reswap"] = "outerHTML show:none"
    return response


def _page(
    request: PageRequest,
    client: Client,
    place: Place,
    at: Section | None = None,
    *,
    form: ClientForm | None = None,
    conflict: Conflict | None = None,
    removal: Removal | None = None,
    only: bool = False,
) -> HttpResponse:
    """The tab, or `only` the section `at`, which takes the focus: as a form if there is one, else to be read."""
    parts = [
        Part(
            key=section.value,
            title=TITLES[section],
            edit=place.edit_address(client, section),
            read=place.address(client),
            form=form if section == at else None,
            conflict=conflict if section == at else None,
            removal=removal if section == at else None,
            takes_focus=section == at,
        )
        for section in place.sections(client)
        if section == at or not only
    ]
    context = context_of(request, client, place.tab) | place.context(client)
    context |= {"parts": parts, "here": place.address(client)}
    template = "clients/section.html" if only else place.template
    context |= {"part": parts[0]} if only else {}
    status = 422 if form and form.is_bound else 200
    return TemplateResponse(request, template, context, status=status)
