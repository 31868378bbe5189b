"""The section *APIs*: what tokens of this tenant can be for, and what an API's developer needs (P10)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import current_tenant
from ..models import AlreadySent, Api, LimitReached, Tenant, api_reach
from ..models.counting import up_to
from ..policy import scopes
from ..policy.registration_problems import InvalidRegistration
from ..policy.roles import Permission
from . import api_guides, api_words, fragments, scope_words
from .api_lookup import api_to_change, own_api
from .api_secrets import shown_once
from .forms import once
from .forms.api import ApiForm
from .forms.limits import reached

PER_PAGE = 25
SHOWN_CLIENTS = 10  # of those that have scopes of an API
MOST_CLIENTS = 1_000  # that are counted
LONGEST = 200  # characters of a search
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """The tenant's APIs, after the product's own catalogue. A search never fails: what makes no sense finds nothing."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    every: QuerySet[Api] = Api.objects.order_by("name", "pk")
    found = every.filter(Q(name__icontains=text) | Q(identifier__icontains=text)) if text else every
    counted = found.annotate(number_of_secrets=Count("secrets", filter=Q(secrets__removed_at=None)))
    page = Paginator(counted, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("APIs"),
        "section": "apis",
        "catalogue": api_words.catalogue(current_tenant()),
        "page": page,
        "rows": [(api, api_words.lifetime(api.lifetime)) for api in page],
        "text": text,
        "searchable": bool(text) or page.has_other_pages(),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    return render(request, "apis/index.html", context)


@needs(Permission.READ_CONSOLE)
@require_safe
def catalogue(request: PageRequest) -> HttpResponse:
    """The product's own catalogue of scopes, to be read."""
    context = {
        "title": _("Catalogue of this server"),
        "section": "apis",
        "catalogue": api_words.catalogue(current_tenant()),
        "areas": scope_words.by_area(scopes.SCOPES),
    }
    return render(request, "apis/catalogue.html", context)


@needs(Permission.READ_CONSOLE)
@require_safe
def details(request: PageRequest, api_id: int) -> HttpResponse:
    """One API: settings, scopes, credentials, who uses it, and how it checks tokens."""
    api = own_api(api_id)
    tenant = Tenant.objects.get(pk=current_tenant().pk)  # what is set up now has the canonical issuer
    language = api_guides.language_of(request.GET.get("language", ""))
    clients = api_reach.clients_here(api)
    context = {
        "title": api.name,
        "section": "apis",
        "api": api,
        "lifetime": api_words.lifetime(api.lifetime),
        "scopes": [(scope, api_words.title_of(scope)) for scope in api.facts.scopes],
        "secrets": api.secrets.filter(removed_at=None).select_related("created_by").order_by("created_at"),
        "secret_limit": settings.LIMITS["api_secrets"],
        "clients": clients[:SHOWN_CLIENTS],
        "number_of_clients": up_to(MOST_CLIENTS, clients),
        "elsewhere": api_reach.elsewhere(api) if api.is_published else None,
        "languages": api_guides.LANGUAGES,
        "guide": api_guides.guide(tenant, api, language),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    return render(request, "apis/api.html", context)


@needs(Permission.MANAGE_CLIENTS)
@pages
def create(request: PageRequest) -> HttpResponse:
    """A tenant that has as many APIs as it may is told so first."""
    if request.method != "POST":
        try:
            Api.check_room(current_tenant())
        except LimitReached as limit:
            context = {"title": _("Create API"), "reached": reached(limit), "section": "apis"}
            return fragments.dialog(request, "apis/full.html", context)
        return _new(request, ApiForm())
    if "more" in request.POST:
        return _new(request, ApiForm(typed=request.POST))
    form = ApiForm(request.POST)
    if form.is_valid():
        try:
            with once.work(request) as sent:
                api, secret = Api.register(current_tenant(), by=actor(request), **form.values())
                if sent:
                    sent.note(str(api.pk))
        except AlreadySent as earlier:
            return _created_already(request, earlier.made)
        except LimitReached as limit:
            form.add_error(None, reached(limit))
        except InvalidRegistration as invalid:
            form.refuse(invalid.problems)
        else:
            return shown_once(request, api, secret, created="api")
    return _new(request, form)


def _created_already(request: PageRequest, made: str) -> HttpResponse:
    """The result again, without the secret; the list if the API has been removed meanwhile."""
    api = Api.objects.filter(pk=made).first() if made else None
    if api is not None:
        return shown_once(request, api, "", created="api", again=True)
    messages.info(request, _("This API has already been created."))
    return fragments.done(request, reverse("apis"))


def _new(request: PageRequest, form: ApiForm) -> HttpResponse:
    context = {"title": _("Create API"), "form": form, "once": once.mark(), "section": "apis"}
    return fragments.dialog(request, "apis/new.html", context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_CLIENTS)
@pages
def edit(request: PageRequest, api_id: int) -> HttpResponseBase:
    """Saves what was entered, unless somebody else has saved since the person opened the form: then it says so."""
    if request.method != "POST" or "more" in request.POST:
        api = own_api(api_id)
        return _edit(request, api, ApiForm(api=api, typed=request.POST if request.method == "POST" else None))
    with api_to_change(request, api_id) as api:
        form = ApiForm(request.POST, api=api)
        if form.is_stale:
            form.go_on()
            return _edit(request, api, form, stale=True)
        if not form.is_valid():
            return _edit(request, api, form)
        try:
            changed = api.edit(by=actor(request), **form.values())
        except InvalidRegistration as invalid:
            form.refuse(invalid.problems)
            return _edit(request, api, form)
    if changed:
        messages.success(request, _("“%(name)s” has been saved.") % {"name": api.name})
    return fragments.done(request, reverse("api", args=[api.pk]))


def _edit(request: PageRequest, api: Api, form: ApiForm, **more: Any) -> HttpResponse:
    context = {"title": _("Edit %(name)s") % {"name": api.name}, "api": api, "form": form, "section": "apis"}
    return fragments.dialog(request, "apis/edit.html", context | more, status=422 if form.is_bound else 200)
