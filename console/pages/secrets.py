"""The tab with a client's secrets: what is known of each, and the path on which one is replaced (S13, P1, N1, N2)."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..models import Client
from ..policy.client_types import AuthMethod
from ..policy.roles import Permission
from . import fragments, secret_rotation, secret_rows
from .client_lookup import own_client
from .client_page import Tab, context_of

CHANGED = "clients-changed"  # makes an open list fetch itself again


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
@require_safe
def secrets(request: PageRequest, client_id: str) -> HttpResponse:
    """The secrets that have not been removed, and the dead ones that are still tried."""
    client, now = own_client(client_id), timezone.now()
    rows = secret_rows.rows(client, now)
    limit = settings.LIMITS["client_secrets"]
    context = context_of(request, client, Tab.SECRETS) | {
        "rows": rows,
        "rotation": secret_rotation.of(rows, now),
        "tried": secret_rows.still_tried(client, now),
        "limit": limit,
        "full": len(rows) >= limit,
        "uses_secrets": client.allows_auth_method(AuthMethod.CLIENT_SECRET),
    }
    return render(request, "secrets/secrets.html", context)
