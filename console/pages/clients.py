"""The OAuth page: the tenant's own clients, and those of other tenants that it uses (S1, S2, S5, S9, P7)."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models.client_rules import in_words
from ..policy.client_types import ClientType
from ..policy.registration_problems import UNCONFIRMED
from ..policy.registration_rules import address_problem
from ..policy.roles import Permission
from . import fragments
from .chosen_clients import MOST
from .client_rows import rows
from .forms import addresses, schemes
from .forms.client_search import OPTIONAL, SIZES, USUAL_ORDER, ClientSearch

LIST = "client-list"
SAYS_NOTHING = {"page": "1", "sort": USUAL_ORDER, "size": str(SIZES[0])}


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


# --- Checking ---------------------------------------------------------------------------------------------------------


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
