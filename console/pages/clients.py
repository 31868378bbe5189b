"""The OAuth page: the tenant's own clients (S1–S5, S12, Q1–Q5, P7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..access import needs
from ..models import Client, ClientSecret, Connection, LimitReached, TokenFamily
from ..policy.client_types import ClientType
from ..policy.roles import Permission
from ..requests import PageRequest
from ..sessions import actor
from ..tenancy import current_tenant
from . import fragments
from .client_lookup import back_to_list, own_client
from .forms import addresses, once
from .forms.client import ClientForm, TypeForm
from .forms.client_search import USUAL_ORDER, ClientSearch
from .forms.conflict import Conflict
from .forms.limits import reached
from .secrets import shown_once

PER_PAGE = 25
LIST = "client-list"
SAYS_NOTHING = {"page": "1", "sort": USUAL_ORDER}
NEW = {
    ClientType.WEB: gettext_lazy("Create web client"),
    ClientType.SPA: gettext_lazy("Create single-page app client"),
    ClientType.NATIVE: gettext_lazy("Create native client"),
}
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.READ_CONSOLE)
@require_safe
def console(request: PageRequest) -> HttpResponse:
    """The console begins with the OAuth page."""
    return redirect("clients")


# --- The list --------------------------------------------------------------------------------------------------------


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """The table of clients; for htmx only the region that search, filters, sorting and paging change."""
    search = ClientSearch(request.GET)
    page = Paginator(search.find(_own_connections()), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("OAuth"),
        "search": search,
        "page": page,
        "sort": search.sort,
        "secret_limit": settings.LIMITS["client_secrets"],
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    if not (request.htmx and request.htmx.target == LIST):
        return render(request, "clients/index.html", context)
    response = render(request, "clients/client_list.html", context | {"fragment": True})
    address = _address(request)
    response["HX-Push-Url"] = "false" if address == request.htmx.current_url_abs_path else address
    return response


def _own_connections() -> "QuerySet[Connection]":
    """This tenant's relation to each client of its own, with the number of live secrets: one query for a page."""
    live = ClientSecret.objects.filter(client=OuterRef("client"), removed_at=None).order_by()
    number = live.values("client").annotate(number=Count("pk")).values("number")
    own: QuerySet[Connection] = Connection.objects.filter(
        client__tenant=current_tenant(), client__deleted_at=None
    )
    return own.select_related("client").annotate(secret_count=Coalesce(Subquery(number), 0))


def _address(request: PageRequest) -> str:
    """The address of what the list shows, without parameters that say nothing."""
    query = request.GET.copy()
    for name in list(query):
        if not query[name] or query[name] == SAYS_NOTHING.get(name):
            del query[name]
    return f"{request.path}?{query.urlencode()}" if query else request.path


# --- Creating and editing --------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
def create(request: PageRequest) -> HttpResponse:
    """First the type, then the fields of that type; then the client ID and secret, this once (S2, S3)."""
    wanted = request.POST.get("type", request.GET.get("type"))
    if wanted is None and request.method != "POST":
        return _choose_type(request, TypeForm())
    choice = TypeForm({"type": wanted})
    if not choice.is_valid():
        return _choose_type(request, choice)
    if once.was_sent(request):
        messages.info(
            request, _("That client had been created already. A secret is shown only once and is not kept.")
        )
        return fragments.done(request, back_to_list(request))
    form = ClientForm(choice.cleaned_data["type"], request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            client, secret = Client.register(
                current_tenant(),
                by=actor(request),
                type=form.client_type,
                consent_method=form.cleaned_data["consent_method"],
                **form.values(),
            )
        except LimitReached as limit:
            form.add_error(None, reached(limit))
        else:
            once.sent(request)
            return shown_once(request, client, secret, created="client")
    return _form(request, "clients/new.html", form)


def _choose_type(request: PageRequest, form: TypeForm) -> HttpResponse:
    context = {"title": _("Create OAuth client"), "form": form, "section": "clients"}
    return fragments.dialog(request, "clients/type.html", context, status=422 if form.is_bound else 200)


@needs(Permission.READ_CONSOLE)
@pages
def edit(request: PageRequest, client_id: str) -> HttpResponseBase:
    """The client's fields, to change or, for whoever may not, to read (S4)."""
    if request.method == "POST":
        return _save(request, client_id)
    client = own_client(client_id)
    if request.user.may(Permission.MANAGE_CLIENTS):
        return _form(request, "clients/edit.html", ClientForm(client.type, client=client))
    return fragments.dialog(
        request, "clients/details.html", {"title": client.name, "client": client, "section": "clients"}
    )


@needs(Permission.MANAGE_CLIENTS)
def _save(request: PageRequest, client_id: str) -> HttpResponse:
    """Saves what was entered, unless somebody else has saved since the person opened the form: then it says so."""
    with transaction.atomic():
        client = own_client(client_id, lock=True)
        form = ClientForm(client.type, request.POST, client=client)
        conflict = Conflict.of(form, client)
        if conflict or not form.is_valid():
            return _form(request, "clients/edit.html", form, conflict=conflict)
        try:
            secret = client.edit(by=actor(request), **form.values())
        except LimitReached as limit:
            form.add_error(None, reached(limit))
            return _form(request, "clients/edit.html", form)
    if secret:
        return shown_once(request, client, secret, created="secret")
    messages.success(request, _("“%(name)s” has been saved.") % {"name": client.name})
    return fragments.done(request, back_to_list(request))


def _form(request: PageRequest, template: str, form: ClientForm, **context: Any) -> HttpResponse:
    title = (
        _("Edit %(name)s") % {"name": form.client.name} if form.client else NEW[ClientType(form.client_type)]
    )
    context |= {
        "title": title,
        "form": form,
        "client": form.client,
        "once": once.mark(),
        "section": "clients",
    }
    return fragments.dialog(request, template, context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_CLIENTS)
@require_POST
def check_address(request: PageRequest) -> JsonResponse:
    """Says at once whether an address may be added: {"reason": ""}, or 422 with the reason (S2)."""
    name, client_type = request.POST.get("name", ""), request.GET.get("type", ClientType.WEB.value)
    if name not in addresses.LISTS or client_type not in list(ClientType):
        raise Http404
    try:
        addresses.checker(name, client_type)(request.POST.get("value", "").strip())
    except ValidationError as error:
        return JsonResponse({"reason": error.messages[0]}, status=422)
    return JsonResponse({"reason": ""})


# --- Disabling, enabling, deleting -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends with a client (N9)."""

    client: Client
    sessions: int
    people: int
    secrets: int


def _endings(clients: Sequence[Client]) -> list[Ending]:
    """What ends with each of `clients`: two queries, however many there are."""
    alive = TokenFamily.alive_of(clients).order_by().values("client")
    families = {
        row["client"]: row
        for row in alive.annotate(sessions=Count("pk"), people=Count("user", distinct=True))
    }
    secrets = ClientSecret.objects.filter(client__in=clients, removed_at=None).order_by().values("client")
    numbers = {row["client"]: row["number"] for row in secrets.annotate(number=Count("pk"))}
    none = {"sessions": 0, "people": 0}
    return [
        Ending(
            client,
            sessions=families.get(client.pk, none)["sessions"],
            people=families.get(client.pk, none)["people"],
            secrets=numbers.get(client.pk, 0),
        )
        for client in clients
    ]


@needs(Permission.MANAGE_CLIENTS)
@pages
def delete(request: PageRequest) -> HttpResponse:
    """Deletes one client or several, in one step, after one confirmation that says what ends (S12)."""
    asked = set((request.POST if request.method == "POST" else request.GET).getlist("client"))
    if not asked:
        messages.info(request, _("Choose the clients to delete first."))
        return fragments.done(request, back_to_list(request))
    clients = list(
        Client.objects.filter(client_id__in=[value for value in asked if value.isprintable()]).order_by(
            "name"
        )
    )
    if not clients:
        raise Http404
    gone = len(asked) - len(clients)
    if request.method != "POST":
        title = ngettext("Delete this client?", "Delete %(number)d clients?", len(clients)) % {
            "number": len(clients)
        }
        minutes = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds() // 60)
        context = {
            "title": title,
            "endings": _endings(clients),
            "gone": gone,
            "token_minutes": minutes,
            "section": "clients",
        }
        return fragments.dialog(request, "clients/delete.html", context)
    with transaction.atomic():
        for client in clients:
            client.remove(by=actor(request))
    messages.success(request, _deleted(clients, gone))
    return fragments.done(request, back_to_list(request))


def _deleted(clients: Sequence[Client], gone: int) -> str:
    if len(clients) == 1:
        text = _("“%(name)s” has been deleted.") % {"name": clients[0].name}
    else:
        text = ngettext("%(number)d client deleted.", "%(number)d clients deleted.", len(clients)) % {
            "number": len(clients)
        }
    if not gone:
        return text
    rest = ngettext("%(number)d had already been deleted.", "%(number)d had already been deleted.", gone) % {
        "number": gone
    }
    return f"{text} {rest}"


@needs(Permission.MANAGE_CLIENTS)
@pages
def disable(request: PageRequest, client_id: str) -> HttpResponse:
    """Stops a client at once, after a confirmation that says what ends."""
    client = own_client(client_id)
    if request.method != "POST":
        title = _("Disable %(name)s?") % {"name": client.name}
        context = {"title": title, "ending": _endings([client])[0], "client": client, "section": "clients"}
        return fragments.dialog(request, "clients/disable.html", context)
    client.disable(by=actor(request))
    messages.success(request, _("“%(name)s” is disabled. It gets no more tokens.") % {"name": client.name})
    return fragments.done(request, back_to_list(request))


@needs(Permission.MANAGE_CLIENTS)
@pages
def enable(request: PageRequest, client_id: str) -> HttpResponse:
    """Lets a disabled client work again."""
    client = own_client(client_id)
    if request.method != "POST":
        title = _("Enable %(name)s?") % {"name": client.name}
        return fragments.dialog(
            request, "clients/enable.html", {"title": title, "client": client, "section": "clients"}
        )
    client.enable(by=actor(request))
    messages.success(request, _("“%(name)s” is enabled again.") % {"name": client.name})
    return fragments.done(request, back_to_list(request))
