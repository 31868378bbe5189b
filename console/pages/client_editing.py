"""Changing a client: its whole form in a dialog (S4), and what its sections share with it (P12)."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Actor, Client, Connection, LimitReached, reach
from ..policy.consent_rules import ConsentMethod, suits
from ..policy.publication import difference
from ..policy.registration_problems import InvalidRegistration
from ..policy.roles import Permission
from . import fragments, publication, redirect_changes
from .client_lookup import client_to_change, own_client
from .client_tabs import back_to
from .forms import addresses, problems, schemes, scope_presets
from .forms.client import ClientForm
from .forms.conflict import Conflict
from .forms.limits import reached
from .redirect_changes import Removal
from .secrets import shown_once

pages = require_http_methods(["GET", "HEAD", "POST"])


# --- The whole form --------------------------------------------------------------------------------------------------


@needs(Permission.READ_CONSOLE)
@pages
def edit(request: PageRequest, client_id: str) -> HttpResponseBase:
    """The client's fields, to change or, for whoever may not, to read (S4)."""
    if request.method == "POST":
        return _edited(request, client_id)
    client = own_client(client_id)
    if request.user.may(Permission.MANAGE_CLIENTS):
        return _form(request, client, ClientForm(client.type, client=client))
    context = {
        "title": client.name,
        "client": client,
        "needs_trust": needs_trust(client),
        "connected": reach.served(client).count(),
        "section": "clients",
    }
    return fragments.dialog(request, "clients/details.html", context)


@needs(Permission.MANAGE_CLIENTS)
def _edited(request: PageRequest, client_id: str) -> HttpResponse:
    """Saves what was entered, unless somebody else has saved since the person opened the form: then it says so."""
    with client_to_change(request, client_id) as client:
        if picked := scope_presets.picked(request.POST):
            return _form(request, client, ClientForm(client.type, client=client, typed=picked))
        form = ClientForm(client.type, request.POST, client=client)
        conflict = Conflict.of(form, client)
        saved = None if conflict else save(request, client, form)
        if not isinstance(saved, Saved):
            return _form(request, client, form, conflict, saved)
    tell(request, client, form, saved)
    if saved.secret:
        return shown_once(request, client, saved.secret, created="secret")
    return fragments.done(request, back_to(request, client))


def _form(
    request: PageRequest,
    client: Client,
    form: ClientForm,
    conflict: Conflict | None = None,
    removal: Removal | None = None,
) -> HttpResponse:
    context = {
        "title": _("Edit %(name)s") % {"name": client.name},
        "form": form,
        "client": client,
        "connected": reach.served(client).count(),
        "needs_trust": needs_trust(client),
        "conflict": conflict,
        "removal": removal,
        "section": "clients",
    }
    return fragments.dialog(request, "clients/edit.html", context, status=422 if form.is_bound else 200)


def needs_trust(client: Client) -> bool:
    """Whether the client gets no token in its own name, because it is Required."""
    return not suits(client.own_consent_method, client.grant_types)


# --- Saving ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of saving: a secret that the client began to need, "" if none; whether other tenants must approve;
    which addresses went."""

    secret: str
    is_wider: bool
    removal: Removal


def save(request: PageRequest, client: Client, form: ClientForm) -> Saved | Removal | None:
    """Saves the fields of a form that was sent. None if that cannot be, and the form says why; a Removal if the person
    must first say that these addresses may go (N3). The row is locked."""
    if not (form.is_valid() and _stays_publishable(client, form)):
        return None
    removal = redirect_changes.removal(request, client, form.values())
    if removal.must_be_asked:
        return removal
    before = client.terms
    try:
        secret = _save(client, form, by=actor(request))
    except LimitReached as limit:
        form.add_error(None, reached(limit))
    except InvalidRegistration as invalid:  # somebody else has made it Required meanwhile
        problems.add(form, invalid.problems)
    else:
        return Saved(secret, difference(before, client.terms).is_wider, removal)
    return None


@transaction.atomic
def _save(client: Client, form: ClientForm, *, by: Actor) -> str:
    """Saves the fields, and the consent method if the form asked for it. Returns a new secret, "" if there is none."""
    if form.becomes_trusted:
        own = Connection.objects.get(client=client, tenant=client.tenant_id)
        own.change_consent_method(ConsentMethod.TRUSTED, by=by)
    return client.edit(by=by, **form.about_schemes(), **form.values())


def _stays_publishable(client: Client, form: ClientForm) -> bool:
    """Whether other tenants can still meet a published client after this change; if not, the form says so."""
    if client.published_at and not form.becomes.redirect_uris:
        form.add_error(
            addresses.REDIRECT if addresses.REDIRECT in form.fields else None,
            _("The client is published, so it needs a redirect URL. Unpublish it first."),
        )
        return False
    return True


def tell(request: PageRequest, client: Client, form: ClientForm, saved: Saved) -> None:
    """Says on the next page what was saved, and which tenants keep what they approved until they accept it."""
    if form.unconfirmed_schemes:
        messages.warning(request, schemes.warning(form.unconfirmed_schemes))
    waits = publication.waiting(client) if saved.is_wider else ""
    if not saved.secret:
        done = _("“%(name)s” has been saved.") % {"name": client.name}
        messages.success(request, " ".join(filter(None, (done, saved.removal.sentence, waits))))
    elif waits:
        messages.info(request, waits)
