"""Deleted clients: those that can still be restored, and restoring one (P7)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Client, LimitReached, reach
from ..models.client import DELETED_KEPT
from ..policy.roles import Permission
from . import fragments
from .client_lookup import back_to_list
from .forms.limits import reached

PER_PAGE = 25

RESTORED = gettext_lazy(
    "“%(name)s” has been restored. Its earlier tokens stay invalid, so users must sign in again."
)


@needs(Permission.READ_CONSOLE)
@require_safe
def deleted(request: PageRequest) -> HttpResponse:
    """Lists the clients that can still be restored, the last one deleted first."""
    clients = Client.with_deleted.filter(deleted_at__gt=timezone.now() - DELETED_KEPT).order_by(
        "-deleted_at", "pk"
    )
    context = {
        "title": _("Deleted clients"),
        "page": Paginator(clients, PER_PAGE).get_page(request.GET.get("page")),
        "days": DELETED_KEPT.days,
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
        "section": "clients",
    }
    return render(request, "clients/deleted.html", context)


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: PageRequest, client_id: str) -> HttpResponse:
    """Restores a deleted client after a confirmation. Its tokens stay revoked. 422 if the tenant is full."""
    if not client_id.isprintable():
        raise Http404
    client: Client = get_object_or_404(Client.with_deleted.select_related("tenant"), client_id=client_id)
    name = {"name": client.name}
    if client.deleted_at is None:
        messages.info(request, _("“%(name)s” is not deleted, or someone has already restored it.") % name)
        return fragments.done(request, back_to_list(request))
    if client.deleted_at <= timezone.now() - DELETED_KEPT:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            restored = client.restore(by=actor(request))
        except LimitReached as limit:
            problem = reached(limit)
        else:
            if restored:
                messages.success(request, RESTORED % name)
            else:
                messages.info(
                    request, _("“%(name)s” is not deleted, or someone has already restored it.") % name
                )
            return fragments.done(request, back_to_list(request))
    context = {
        "title": _("Restore %(name)s?") % name,
        "client": client,
        "secrets": len(client.live_secrets),
        "tenants": reach.served(client).count(),
        "problem": problem,
        "section": "clients",
    }
    return fragments.dialog(request, "clients/restore.html", context, status=422 if problem else 200)
