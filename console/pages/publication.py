"""Publishing: whether other tenants may connect to a client, and which of them have (S6, S7, N5, N9)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Client, Connection, NotPublishable, TokenFamily, reach
from ..models.counting import CountUpTo, HowMany, known
from ..policy import scopes
from ..policy.client_types import impersonates, works_alone, works_on_devices
from ..policy.publication import Difference
from ..policy.roles import Permission
from . import fragments, receipts
from .approval_form import is_proven
from .client_lookup import client_to_change, own_client
from .client_page import Tab, context_of
from .client_tabs import back_to
from .forms.client_state import version_of
from .forms.unpublication import UnpublicationForm
from .scope_words import grouped

PER_PAGE = 25
LATELY = timedelta(days=30)
MOST = 1_000  # sign-ins and sessions of a tenant that are counted
NAMED = 3
COMPARED = 100  # tenants whose approval is compared with what the client is now, after an edit
pages = require_http_methods(["GET", "HEAD", "POST"])


# --- Publishing ------------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
def publish(request: PageRequest, client_id: str) -> HttpResponse:
    """Says what publishing means and what other tenants will see; then publishes what was read."""
    with client_to_change(request, client_id) as client:
        if client.published_at:
            messages.info(request, _("“%(name)s” is already published.") % {"name": client.name})
            return fragments.done(request, back_to(request, client))
        if request.method != "POST":
            return _publishing(request, client)
        if request.POST.get("version", version_of(client)) != version_of(client):
            return _publishing(request, client, changed=True, status=422)
        try:
            client.publish(by=actor(request))
        except NotPublishable:
            return _publishing(request, client, status=422)
    messages.success(
        request,
        _("“%(name)s” is published. Every tenant of the region can connect to it under the same client ID.")
        % {"name": client.name},
    )
    return fragments.done(request, back_to(request, client))


def _publishing(
    request: PageRequest, client: Client, *, changed: bool = False, status: int = 200
) -> HttpResponse:
    apis = client.apis_not_published() if client.redirect_uris else ()
    if not client.redirect_uris or apis:
        title = _("%(name)s cannot be published") % {"name": client.name}
        context: dict[str, Any] = {"title": title, "client": client, "section": "clients", "apis": apis}
        context["back"] = back_to(request, client)
        return fragments.dialog(request, "publication/not_publishable.html", context, status=status)
    terms = client.terms
    context = {
        "title": _("Publish %(name)s?") % {"name": client.name},
        "client": client,
        "version": version_of(client),
        "changed": changed,
        "terms": terms,
        "machine": works_alone(terms.grants),
        "on_devices": works_on_devices(terms.grants),
        "impersonates": impersonates(terms.grants),
        "areas": grouped(scopes.roots(terms.scopes)),
        "homepage_proven": is_proven(client.homepage_url, terms.redirect_hosts),
        "returning": reach.served(client).count(),
        "section": "clients",
        "back": back_to(request, client),
    }
    return fragments.dialog(request, "publication/publish.html", context, status=status)


# --- Unpublishing ----------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE_CLIENTS)
@pages
def unpublish(request: PageRequest, client_id: str) -> HttpResponse:
    """Nobody can connect any more; those that are connected stay or end at once, as the owner chooses."""
    with client_to_change(request, client_id) as client:
        if not client.published_at and not client.stays_connected:
            messages.info(request, _("“%(name)s” is not published.") % {"name": client.name})
            return fragments.done(request, back_to(request, client))
        number = reach.served(client).count()
        form = UnpublicationForm(request.POST if request.method == "POST" else None, asked=number > 0)
        if not form.is_valid():
            return _unpublishing(request, client, form, number)
        receipt = client.unpublish(by=actor(request), connected_stay=form.connected_stay)
    name = {"name": client.name}
    if form.connected_stay or not number:
        messages.success(request, _("“%(name)s” is unpublished. No new tenants can connect to it.") % name)
        return fragments.done(request, back_to(request, client))
    return receipts.shown(
        request,
        _("“%(name)s” is unpublished") % name,
        receipt,
        back=back_to(request, client),
        text=ngettext(
            "%(number)d tenant was disconnected, and no tenant can connect any more.",
            "%(number)d tenants were disconnected, and no tenant can connect any more.",
            number,
        )
        % {"number": number},
    )


def _unpublishing(request: PageRequest, client: Client, form: UnpublicationForm, number: int) -> HttpResponse:
    context = {
        "title": _("Unpublish %(name)s?") % {"name": client.name},
        "client": client,
        "form": form,
        "connected": number,
        "reach": reach.elsewhere(client),
        "section": "clients",
        "back": back_to(request, client),
    }
    return fragments.dialog(
        request, "publication/unpublish.html", context, status=422 if form.is_bound else 200
    )


# --- Who is connected ------------------------------------------------------------------------------------------------

WAITS_FOR: dict[Promise, Callable[[Difference], object]] = {
    gettext_lazy("new scopes"): lambda change: change.new_scopes,
    gettext_lazy("new redirect hosts"): lambda change: change.new_hosts,
    gettext_lazy("new allowed origins"): lambda change: change.new_origins,
    gettext_lazy("work without a user"): lambda change: works_alone(change.new_grants),
    gettext_lazy("sign-in with a code"): lambda change: works_on_devices(change.new_grants),
    gettext_lazy("acting as any of its users"): lambda change: impersonates(change.new_grants),
    gettext_lazy("another publisher"): lambda change: change.publisher,
}


@dataclass(frozen=True, slots=True)
class Connected:
    """One tenant's use of a client, as its owner may see it: numbers, and none of its people."""

    connection: Connection
    sign_ins: HowMany
    sessions: HowMany
    offered: int
    waits: str  # what it has not accepted yet, in words; "" if it runs on what is offered
    ended: bool

    @property
    def narrowed(self) -> bool:
        """Whether its administrators allow fewer scopes than it approved."""
        allowed = scopes.closure(self.connection.scopes)
        return not allowed.issuperset(self.connection.approved.scopes)


@needs(Permission.READ_CONSOLE)
@require_safe
def connected_tenants(request: PageRequest, client_id: str) -> HttpResponse:
    """The tenants that are connected to a client: since when, on which version and scopes, how much they use it."""
    client = own_client(client_id)
    connected = reach.connected(client).select_related("tenant").order_by("tenant__name", "pk")
    page = Paginator(connected, PER_PAGE).get_page(request.GET.get("page"))
    use = _use(client, page)
    context = context_of(request, client, Tab.TENANTS) | {
        "page": page,
        "tenants": [_seen_by_owner(client, connection, *use[connection.pk]) for connection in page],
    }
    return render(request, "publication/tenants.html", context)


def _use(client: Client, page: Iterable[Connection]) -> dict[int, tuple[HowMany, HowMany]]:
    """connection -> how many sessions its people began lately, and how many are active: one query for a page."""
    now = timezone.now()
    families = TokenFamily._base_manager.filter(client=client, tenant=OuterRef("tenant"))
    rows = Connection._base_manager.filter(pk__in=[connection.pk for connection in page]).annotate(
        begun=CountUpTo(MOST, families.filter(began_at__gt=now - LATELY)),
        live=CountUpTo(MOST, families.filter(ended_at=None, expires_at__gt=now)),
    )
    counted = rows.values_list("pk", "begun", "live")
    return {pk: (known(MOST, begun), known(MOST, live)) for pk, begun, live in counted}


def _seen_by_owner(client: Client, connection: Connection, sign_ins: HowMany, sessions: HowMany) -> Connected:
    connection.client = client
    change = connection.pending()
    return Connected(
        connection,
        sign_ins=sign_ins,
        sessions=sessions,
        offered=len(client.allowed_scopes),
        waits=_in_words(change) if change.is_wider else "",
        ended=client.published_at is None and not client.stays_connected,
    )


def _in_words(change: Difference) -> str:
    return ", ".join(str(words) for words, is_new in WAITS_FOR.items() if is_new(change))


# --- After an edit ---------------------------------------------------------------------------------------------------


def waiting(client: Client) -> str:
    """Which tenants go on with what they approved until they accept what the client is now; "" if none does (N5)."""
    earlier = reach.served(client).filter(version__lt=client.version).select_related("tenant")
    names = []
    for connection in earlier.order_by("tenant__name")[:COMPARED]:
        connection.client = client
        if connection.pending().is_wider:
            names.append(connection.tenant.name)
    if not names:
        return ""
    # Beyond those that are compared one by one, whoever approved an earlier version counts.
    number = len(names) + max(earlier.count() - COMPARED, 0)
    listed = ", ".join(names[:NAMED]) + (" …" if number > NAMED else "")
    return ngettext(
        "%(number)d tenant keeps what it approved until it accepts the new version: %(names)s.",
        "%(number)d tenants keep what they approved until they accept the new version: %(names)s.",
        number,
    ) % {"number": number, "names": listed}
