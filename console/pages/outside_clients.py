"""Whether clients that no organisation registered can come to this tenant, and which of them without asking (Q9)."""

import json

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import OutsidePolicy
from ..policy import scopes
from ..policy.roles import Permission
from . import fragments
from .forms.outside_clients import OutsideClientsForm
from .scope_words import grouped


@needs(Permission.READ_CONSOLE)
@require_http_methods(["GET", "HEAD", "POST"])
def outside_clients(request: PageRequest) -> HttpResponseBase:
    """What the tenant has decided, to change or, for whoever may not, to read."""
    if request.method == "POST":
        return _save(request)
    policy = OutsidePolicy.of(request.tenant)
    return _page(request, policy, OutsideClientsForm(policy=policy))


@needs(Permission.MANAGE_CLIENTS)
def _save(request: PageRequest) -> HttpResponse:
    policy = OutsidePolicy.of(request.tenant)
    if not constant_time_compare(request.POST.get("shown", ""), _mac(policy)):
        return _page(request, policy, OutsideClientsForm(policy=policy), changed=True)
    form = OutsideClientsForm(request.POST, policy=policy)
    if not form.is_valid():
        return _page(request, policy, form, status=422)
    OutsidePolicy.decide(request.tenant, by=actor(request), **form.values)
    messages.success(request, _("The rule for outside clients has been saved."))
    return fragments.done(request, reverse("outside_clients"))


def _page(
    request: PageRequest,
    policy: OutsidePolicy,
    form: OutsideClientsForm,
    *,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": _("Outside clients"),
        "section": "clients",
        "policy": policy,
        "form": form,
        "ceiling": grouped(scopes.roots(policy.ceiling)),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
        "in_region": settings.METADATA_DOCUMENTS,
        "shown": _mac(policy),
        "changed": changed,
    }
    return render(request, "outside_clients/outside_clients.html", context, status=422 if changed else status)


def _mac(policy: OutsidePolicy) -> str:
    """A keyed digest of what a page shows: who saves has seen what is changed."""
    shown = json.dumps([str(policy.tenant_id), policy.documents, policy.allowed_hosts, policy.ceiling])
    return salted_hmac("outside clients", shown, algorithm="sha256").hexdigest()
