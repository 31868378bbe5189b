"""The secrets of a client: made, shown once, removed (S3, S13, P1)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import AlreadySent, Client, ClientSecret, LimitReached, UseCount
from ..policy.client_types import AuthMethod
from ..policy.roles import Permission
from ..policy.uses import SecretUse
from . import fragments
from .client_lookup import client_to_change, own_client
from .forms import once
from .forms.limits import reached
from .forms.secret_removal import SecretRemovalForm

LATELY = timedelta(days=7)
COUNTED_DAYS = 30
STILL_TRIED = 5  # removed secrets that are told of
CHANGED = "clients-changed"  # makes an open list of clients fetch itself again
pages = require_http_methods(["GET", "HEAD", "POST"])


def shown_once(
    request: PageRequest,
    client: Client,
    secret: str,
    *,
    created: str,
    again: bool = False,
    warning: str = "",
    environment: str = "",
) -> HttpResponse:
    """The only response that holds `secret`. Nothing keeps it, neither here nor in a cache.

    `again`: the form has been sent a second time. The same page then, without the secret, says so. `warning` is what
    whoever created the client should know about it, `environment` the client as lines of a .env file.
    """
    title = _("The client has been created") if created == "client" else _("New client secret")
    context = {
        "title": title,
        "client": client,
        "secret": secret,
        "created": created,
        "again": again,
        "warning": warning,
        "environment": environment,
        "section": "clients",
    }
    response = fragments.dialog(request, "secrets/shown_once.html", context)
    response["Cache-Control"] = "no-store"
    is_secret(response)
    response["HX-Trigger"] = CHANGED
    return response


@needs(Permission.READ_CONSOLE)
@pages
def manage(request: PageRequest, client_id: str) -> HttpResponseBase:
    """The live secrets: hint, by whom and when, last used."""
    if request.method == "POST":
        return _add(request, client_id)
    return _secrets(request, own_client(client_id))


@needs(Permission.MANAGE_CLIENTS)
def _add(request: PageRequest, client_id: str) -> HttpResponse:
    """Makes a further secret and shows it, this once."""
    client = own_client(client_id)
    if request.POST.get("action") != "add":
        return _secrets(request, client, status=422)
    if not client.allows_auth_method(AuthMethod.CLIENT_SECRET):
        return _secrets(
            request, client, problem=_("This client does not authenticate with a secret."), status=422
        )
    try:
        with once.work(request):
            client = own_client(client_id, lock=True)  # 404 if somebody deletes it in this moment
            secret = ClientSecret.add_to(client, by=actor(request))[1]
    except AlreadySent:
        return _secrets(
            request,
            client,
            notice=_("This secret has already been created. It was shown once and can’t be shown again."),
        )
    except LimitReached as limit:
        return _secrets(request, client, problem=reached(limit), status=422)
    return shown_once(request, client, secret, created="secret")


def _secrets(request: PageRequest, client: Client, *, status: int = 200, **context: Any) -> HttpResponse:
    secrets = list(client.secrets.filter(removed_at=None).select_related("created_by").order_by("created_at"))
    limit = settings.LIMITS["client_secrets"]
    context |= {
        "title": _("Client secrets"),
        "client": client,
        "secrets": _with_uses(client, secrets),
        "tried": _still_tried(client),
        "limit": limit,
        "full": len(secrets) >= limit,
        "uses_secrets": client.allows_auth_method(AuthMethod.CLIENT_SECRET),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
        "once": once.mark(),
        "section": "clients",
    }
    return fragments.dialog(request, "secrets/secrets.html", context, status=status)


def _with_uses(client: Client, secrets: list[ClientSecret]) -> list[tuple[ClientSecret, SecretUse | None]]:
    """Each secret with how often it was used lately, and by whom (N1); None if it was not."""
    counted = UseCount.of_secrets(client.pk, COUNTED_DAYS, timezone.now())
    return [(secret, counted.get(secret.pk)) for secret in secrets]


def _still_tried(client: Client) -> list[ClientSecret]:
    """Removed secrets that something has not stopped using (N2), the one that was tried last first."""
    removed = client.secrets.exclude(removed_at=None).filter(last_tried_at__gt=timezone.now() - LATELY)
    return list(removed.order_by("-last_tried_at")[:STILL_TRIED])


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove(request: PageRequest, client_id: str, secret_id: UUID) -> HttpResponse:
    """Removes a secret after a confirmation that says when it was last used; the last one only knowingly."""
    with client_to_change(request, client_id) as client:
        secret = get_object_or_404(ClientSecret.objects.filter(client=client), pk=secret_id)
        if secret.removed_at:
            return _after(
                request, client, _("The secret …%(hint)s has already been removed.") % {"hint": secret.hint}
            )
        last = len(client.live_secrets) == 1
        form = SecretRemovalForm(request.POST if request.method == "POST" else None, last=last)
        if not form.is_valid():
            return _confirmation(request, client, secret, form)
        secret.remove(by=actor(request))
    return _after(
        request,
        client,
        _("The secret …%(hint)s has been removed. It no longer works.") % {"hint": secret.hint},
    )


def _confirmation(
    request: PageRequest, client: Client, secret: ClientSecret, form: SecretRemovalForm
) -> HttpResponse:
    idle = timezone.now() - secret.last_used_at if secret.last_used_at else None
    context = {
        "title": _("Remove the secret …%(hint)s?") % {"hint": secret.hint},
        "client": client,
        "secret": secret,
        "form": form,
        "last": "acknowledge" in form.fields,
        "lately": idle is not None and idle < LATELY,
        "idle_days": idle.days if idle else 0,
        "section": "clients",
    }
    return fragments.dialog(request, "secrets/remove.html", context, status=422 if form.is_bound else 200)


def _after(request: PageRequest, client: Client, notice: str) -> HttpResponse:
    """Back to the secrets: in the dialog that is open, or on their own page."""
    if fragments.in_dialog(request):
        response = _secrets(request, client, notice=notice)
        response["HX-Trigger"] = CHANGED
        return response
    messages.success(request, notice)
    return fragments.done(request, reverse("secrets", args=[client.client_id]))
