"""The secrets that an API asks about tokens with (RFC 7662): made, shown once, removed (P10)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import AlreadySent, Api, ApiSecret, LimitReached
from ..policy.roles import Permission
from . import fragments
from .api_lookup import api_to_change, own_api
from .forms import once
from .forms.limits import reached

LATELY = timedelta(days=7)
pages = require_http_methods(["GET", "HEAD", "POST"])


def shown_once(
    request: PageRequest, api: Api, secret: str, *, created: str, again: bool = False
) -> HttpResponse:
    """The only response that holds `secret`. Nothing keeps it, neither here nor in a cache.

    `created` is "api" or "secret". `again`: the form has been sent a second time. The same page then, without the
    secret, says so.
    """
    context = {
        "title": _("The API has been created") if created == "api" else _("New secret"),
        "api": api,
        "secret": secret,
        "created": created,
        "again": again,
        "section": "apis",
    }
    response = fragments.dialog(request, "apis/secret_shown.html", context)
    response["Cache-Control"] = "no-store"
    is_secret(response)
    return response


@needs(Permission.MANAGE_CLIENTS)
@pages
def create(request: PageRequest, api_id: int) -> HttpResponse:
    """Says what a secret is for; POST makes one and shows it, this once."""
    api = own_api(api_id)
    if request.method != "POST":
        return _question(request, api)
    try:
        with once.work(request):
            secret = ApiSecret.add_to(own_api(api_id, lock=True), by=actor(request))[1]
    except AlreadySent:
        return shown_once(request, api, "", created="secret", again=True)
    except LimitReached as limit:
        return _question(request, api, problem=reached(limit))
    return shown_once(request, api, secret, created="secret")


def _question(request: PageRequest, api: Api, problem: str = "") -> HttpResponse:
    limit = settings.LIMITS["api_secrets"]
    context: dict[str, Any] = {
        "title": _("New secret"),
        "api": api,
        "problem": problem,
        "limit": limit,
        "full": len(api.live_secrets) >= limit,
        "once": once.mark(),
        "section": "apis",
    }
    return fragments.dialog(request, "apis/secret_new.html", context, status=422 if problem else 200)


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove(request: PageRequest, api_id: int, secret_id: UUID) -> HttpResponse:
    """Removes a secret after a confirmation that says when it was last used."""
    with api_to_change(request, api_id) as api:
        secret = get_object_or_404(ApiSecret.objects.filter(api=api), pk=secret_id)
        if not secret.removed_at and request.method != "POST":
            return _confirmation(request, api, secret)
        removed = not secret.removed_at and secret.remove(by=actor(request))
    hint = {"hint": secret.hint}
    if removed:
        messages.success(request, _("The secret …%(hint)s has been removed. It no longer works.") % hint)
    else:
        messages.info(request, _("The secret …%(hint)s has already been removed.") % hint)
    return fragments.done(request, reverse("api", args=[api.pk]))


def _confirmation(request: PageRequest, api: Api, secret: ApiSecret) -> HttpResponse:
    idle = timezone.now() - secret.last_used_at if secret.last_used_at else None
    context = {
        "title": _("Remove the secret …%(hint)s?") % {"hint": secret.hint},
        "api": api,
        "secret": secret,
        "last": len(api.live_secrets) == 1,
        "lately": idle is not None and idle < LATELY,
        "section": "apis",
    }
    return fragments.dialog(request, "apis/secret_remove.html", context)
