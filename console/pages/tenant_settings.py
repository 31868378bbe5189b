"""The tenant's own settings, section by section: how it looks, who helps its people, how long sessions last."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http import brand
from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import Hosts
from ..models import Client, Tenant, TenantSettings
from ..models.tenant import issuer_for
from ..policy.roles import Permission
from .forms.settings_section import Section
from .forms.tenant_settings import SECTIONS


@needs(Permission.READ_CONSOLE)
@require_http_methods(["GET", "HEAD", "POST"])
def tenant_settings(request: PageRequest) -> HttpResponseBase:
    """Everything that the administrators have decided, to change or, for whoever may not, to read."""
    if request.method == "POST":
        return _save(request)
    return _page(request, _stored(request.tenant))


@needs(Permission.MANAGE_TENANT)
def _save(request: PageRequest) -> HttpResponse:
    """Saves one section. The others stay as they are, whatever has been typed into them."""
    kind = next((kind for kind in SECTIONS if kind.part == request.POST.get("section")), None)
    if kind is None:
        raise Http404
    form = kind(_stored(request.tenant), request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form.stored, form)
    with transaction.atomic():
        request.tenant.lock()
        if not form.saw(_stored(request.tenant)):
            return _page(request, form.stored, form, overtaken=True)
        TenantSettings.change(request.tenant, form.facts, by=actor(request), picture=form.picture)
    Hosts.look_again(request.tenant)
    messages.success(request, _("“%(section)s” has been saved.") % {"section": kind.title})
    response = HttpResponseRedirect(f"{reverse('tenant_settings')}#{kind.part}")
    response.status_code = 303
    return response


def _stored(tenant: Tenant) -> TenantSettings:
    """What is in the database now: what this process remembers of the tenant can be some seconds old."""
    found = TenantSettings.of(tenant)
    found.tenant = Tenant.objects.get(pk=tenant.pk)
    return found


def _page(
    request: PageRequest, stored: TenantSettings, sent: Section | None = None, *, overtaken: bool = False
) -> HttpResponse:
    forms = [sent if sent and sent.part == kind.part else kind(stored) for kind in SECTIONS]
    hosts = request.tenant.hostnames.order_by("host").values_list("host", flat=True)
    context: dict[str, Any] = {
        "title": _("Settings"),
        "section": "tenant_settings",
        "forms": forms,
        "overtaken": overtaken,
        "sent": sent,
        "looks": brand.shown(stored),
        "organisation": stored.tenant,
        "published": Client.objects.filter(published_at__isnull=False).exists(),
        "hosts": [(host, issuer_for(host) == stored.tenant.issuer) for host in hosts],
        "may_manage": request.user.may(Permission.MANAGE_TENANT),
    }
    return render(request, "tenant_settings/settings.html", context, status=422 if sent else 200)
