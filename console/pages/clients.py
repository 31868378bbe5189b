"""The OAuth page: the tenant's own clients, and those of other tenants that it uses (S1–S5, S9, Q1–Q5, P7)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Actor, Client, Connection, LimitReached, reach
from ..models.client_rules import in_words
from ..policy.client_types import ClientType
from ..policy.consent_rules import ConsentMethod, suits
from ..policy.publication import difference
from ..policy.registration_problems import UNCONFIRMED, InvalidRegistration
from ..policy.registration_rules import address_problem
from ..policy.roles import Permission
from . import fragments, publication
from .chosen_clients import MOST
from .client_lookup import back_to_list, client_to_change, own_client
from .client_rows import rows
from .forms import addresses, problems, schemes
from .forms.client import ClientForm
from .forms.client_search import OPTIONAL, SIZES, USUAL_ORDER, ClientSearch
from .forms.conflict import Conflict
from .forms.limits import reached
from .secrets import shown_once

LIST = "client-list"
SAYS_NOTHING = {"page": "1", "sort": USUAL_ORDER, "size": str(SIZES[0])}
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.OWN_ACCOUNT)
@require_safe
def console(request: PageRequest) -> HttpResponse:
    """The console begins with the OAuth page; people who may not read it go to their applications."""
    return redirect("clients" if request.user.may(Permission.READ_CONSOLE) else "account_applications")


# --- The list --------------------------------------------------------------------------------------------------------


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """The table of clients; for htmx only the region that search, filters, sorting and paging change."""
    search = ClientSearch(request.GET)
    found: Any = search.find(request.tenant)
    page = Paginator(found, search.size).get_page(request.GET.get("page"))
    context = {
        "title": _("OAuth"),
        "search": search,
        "page": page,
        "rows": rows(list(page)),
        "sort": search.sort,
        "sizes": SIZES,
        "columns": [(name, label, name in search.columns) for name, label in OPTIONAL.items()],
        "most": MOST,
        "secret_limit": str(settings.LIMITS["client_secrets"]),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    if not (request.htmx and request.htmx.target == LIST):
        return render(request, "clients/index.html", context)
    response = render(request, "clients/client_list.html", context | {"fragment": True})
    address = _address(request)
    response["HX-Push-Url"] = "false" if address == fragments.current_address(request) else address
    return response


def _address(request: PageRequest) -> str:
    """The address of what the list shows, without parameters that say nothing."""
    query = request.GET.copy()
    for name in list(query):
        if not query[name] or query[name] == SAYS_NOTHING.get(name):
            del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path


# --- Editing ---------------------------------------------------------------------------------------------------------


@needs(Permission.READ_CONSOLE)
@pages
def edit(request: PageRequest, client_id: str) -> HttpResponseBase:
    """The client's fields, to change or, for whoever may not, to read (S4)."""
    if request.method == "POST":
        return _save(request, client_id)
    client = own_client(client_id)
    if request.user.may(Permission.MANAGE_CLIENTS):
        return _form(request, client, ClientForm(client.type, client=client))
    context = {
        "title": client.name,
        "client": client,
        "needs_trust": _needs_trust(client),
        "connected": reach.served(client).count(),
        "section": "clients",
    }
    return fragments.dialog(request, "clients/details.html", context)


@needs(Permission.MANAGE_CLIENTS)
def _save(request: PageRequest, client_id: str) -> HttpResponse:
    """Saves what was entered, unless somebody else has saved since the person opened the form: then it says so."""
    with client_to_change(request, client_id) as client:
        form = ClientForm(client.type, request.POST, client=client)
        conflict = Conflict.of(form, client)
        if conflict or not form.is_valid() or not _stays_publishable(client, form):
            return _form(request, client, form, conflict)
        before = client.terms
        try:
            secret = _edit(client, form, by=actor(request))
        except LimitReached as limit:
            form.add_error(None, reached(limit))
            return _form(request, client, form)
        except InvalidRegistration as invalid:  # somebody else has made it Required meanwhile
            problems.add(form, invalid.problems)
            return _form(request, client, form)
    if form.unconfirmed_schemes:
        messages.warning(request, schemes.warning(form.unconfirmed_schemes))
    wider = difference(before, client.terms).is_wider
    waits = publication.waiting(client) if wider else ""
    if secret:
        if waits:
            messages.info(request, waits)
        return shown_once(request, client, secret, created="secret")
    saved = _("“%(name)s” has been saved.") % {"name": client.name}
    messages.success(request, f"{saved} {waits}".strip())
    return fragments.done(request, back_to_list(request))


@transaction.atomic
def _edit(client: Client, form: ClientForm, *, by: Actor) -> str:
    """Saves the fields, and the consent method if the form asked for it. Returns a new secret, "" if there is none."""
    if form.becomes_trusted:
        own = Connection.objects.get(client=client, tenant=client.tenant_id)
        own.change_consent_method(ConsentMethod.TRUSTED, by=by)
    return client.edit(by=by, **form.about_schemes(), **form.values())


def _needs_trust(client: Client) -> bool:
    """Whether the client gets no token in its own name, because it is Required."""
    return not suits(client.own_consent_method, client.grant_types)


def _stays_publishable(client: Client, form: ClientForm) -> bool:
    """Whether other tenants can still meet a published client after this change; if not, the form says so."""
    if client.published_at and not form.values()["redirect_uris"]:
        form.add_error(
            addresses.REDIRECT,
            _("The client is published, so it needs a redirect URL. Unpublish it first."),
        )
        return False
    return True


def _form(
    request: PageRequest, client: Client, form: ClientForm, conflict: Conflict | None = None
) -> HttpResponse:
    context = {
        "title": _("Edit %(name)s") % {"name": client.name},
        "form": form,
        "client": client,
        "connected": reach.served(client).count(),
        "needs_trust": _needs_trust(client),
        "conflict": conflict,
        "section": "clients",
    }
    return fragments.dialog(request, "clients/edit.html", context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_CLIENTS)
@require_POST
def check_address(request: PageRequest) -> JsonResponse:
    """Says at once whether an address may be added: {"reason": ""}, or 422 with the reason (S2).

    A scheme that must be confirmed is no reason yet: its `notice` says that saving asks about it.
    """
    name, client_type = request.POST.get("name", ""), request.GET.get("type", ClientType.WEB.value)
    if name not in addresses.LISTS or client_type not in list(ClientType):
        raise Http404
    problem = address_problem(
        name,
        request.POST.get("value", "").strip(),
        client_type=client_type,
        confirmed_schemes=request.GET.getlist(addresses.CONFIRMED),
    )
    if problem is None:
        return JsonResponse({"reason": ""})
    if problem.code == UNCONFIRMED:
        return JsonResponse({"reason": "", "notice": schemes.notice(problem.parameters["scheme"])})
    return JsonResponse({"reason": in_words(problem)}, status=422)
