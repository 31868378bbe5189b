"""What is done with a client's secrets: generated, edited, disabled, enabled, removed (S3, S13, P1, N1)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import AlreadySent, Client, ClientSecret, LimitReached
from ..policy.client_types import AuthMethod
from ..policy.roles import Permission
from . import fragments
from .client_lookup import client_to_change, own_client
from .forms import once
from .forms.limits import reached
from .forms.secret import SecretForm
from .forms.secret_end import SecretEndForm
from .secrets import shown_once

FOR_A_WHILE = "a-day"
LATELY = timedelta(days=7)  # a use within it is shown as what it is: the secret is in use
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.MANAGE_CLIENTS)
@pages
def generate(request: PageRequest, client_id: str) -> HttpResponse:
    """Makes a further secret and shows it, this once."""
    client = own_client(client_id)
    form = SecretForm(request.POST if request.method == "POST" else None)
    if not client.allows_auth_method(AuthMethod.CLIENT_SECRET):
        return _asked(request, client, form, problem=_("This client does not authenticate with a secret."))
    if not form.is_valid():
        return _asked(request, client, form)
    try:
        with once.work(request):
            client = own_client(client_id, lock=True)  # 404 if somebody deletes it in this moment
            secret = ClientSecret.add_to(client, by=actor(request), **_columns(form))[1]
    except AlreadySent:
        said = _("This secret has already been created. It was shown once and can’t be shown again.")
        return _asked(request, client, SecretForm(), notice=said)
    except LimitReached as limit:
        return _asked(request, client, form, problem=reached(limit))
    return shown_once(request, client, secret, created="secret")


def _columns(form: SecretForm) -> dict[str, Any]:
    return {"name": form.cleaned_data["name"], "expires_at": form.cleaned_data["expires_on"]}


def _asked(
    request: PageRequest, client: Client, form: SecretForm, *, problem: str = "", notice: str = ""
) -> HttpResponse:
    """The form for a new secret; with the status 422 if it was sent and did not do."""
    refused = request.method == "POST" and (bool(problem) or not form.is_valid()) and not notice
    context = {
        "title": _("Generate new client secret"),
        "client": client,
        "form": form,
        "problem": problem,
        "notice": notice,
        "once": once.mark(),
        "section": "clients",
    }
    return fragments.dialog(request, "secrets/new.html", context, status=422 if refused else 200)


@needs(Permission.MANAGE_CLIENTS)
@pages
def edit(request: PageRequest, client_id: str, secret_id: UUID) -> HttpResponse:
    """Changes where a secret is said to be deployed, and until when it works."""
    with client_to_change(request, client_id) as client:
        secret = _of(client, secret_id)
        if secret.removed_at:
            return _back(request, client, _is_gone(secret))
        form = SecretForm(request.POST if request.method == "POST" else None, secret=secret)
        if not form.is_valid():
            title = _("Edit the secret …%(hint)s") % {"hint": secret.hint}
            return _dialog(request, "secrets/edit.html", client, secret, title, form)
        secret.change(by=actor(request), **_columns(form))
    return _back(request, client, _("The secret …%(hint)s has been saved.") % {"hint": secret.hint})


@needs(Permission.MANAGE_CLIENTS)
@pages
def disable(request: PageRequest, client_id: str, secret_id: UUID) -> HttpResponse:
    """Makes a secret stop working until it is enabled, after a confirmation that says when it was last used."""
    with client_to_change(request, client_id) as client:
        secret = _of(client, secret_id)
        if secret.removed_at:
            return _back(request, client, _is_gone(secret))
        form = SecretEndForm(
            request.POST if request.method == "POST" else None, last=_is_the_last_that_works(secret)
        )
        if not form.is_valid():
            title = _("Disable the secret …%(hint)s?") % {"hint": secret.hint}
            return _dialog(request, "secrets/disable.html", client, secret, title, form)
        done = secret.disable(by=actor(request))
    said = (
        _("The secret …%(hint)s is disabled. It can be enabled again.")
        if done
        else _("The secret …%(hint)s was already disabled.")
    )
    return _back(request, client, said % {"hint": secret.hint})


@needs(Permission.MANAGE_CLIENTS)
@pages
def enable(request: PageRequest, client_id: str, secret_id: UUID) -> HttpResponse:
    """Makes a disabled secret work again: for 24 hours, or until it is disabled."""
    client = own_client(client_id)
    secret = _of(client, secret_id)
    if secret.removed_at:
        return _back(request, client, _is_gone(secret))
    if request.method != "POST":
        title = _("Enable the secret …%(hint)s?") % {"hint": secret.hint}
        return _dialog(request, "secrets/enable.html", client, secret, title)
    for_a_while = request.POST.get("for") == FOR_A_WHILE
    if not secret.enable(by=actor(request), for_a_while=for_a_while):
        said = _("The secret …%(hint)s was already enabled.")
    elif for_a_while:
        said = _("The secret …%(hint)s works again for 24 hours.")
    else:
        said = _("The secret …%(hint)s is enabled.")
    return _back(request, client, said % {"hint": secret.hint})


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove(request: PageRequest, client_id: str, secret_id: UUID) -> HttpResponse:
    """Removes a secret for good: the last one knowingly, one that is in use only with a reason (N1)."""
    with client_to_change(request, client_id) as client:
        secret = _of(client, secret_id)
        if secret.removed_at:
            return _back(request, client, _is_gone(secret))
        form = SecretEndForm(
            request.POST if request.method == "POST" else None,
            last=_is_the_last_that_works(secret),
            needs_reason=secret.needs_reason(timezone.now()),
        )
        if not form.is_valid():
            title = _("Remove the secret …%(hint)s?") % {"hint": secret.hint}
            return _dialog(request, "secrets/remove.html", client, secret, title, form)
        secret.remove(by=actor(request), why=form.cleaned_data.get("why", ""))
    said = _("The secret …%(hint)s has been removed. It no longer works.")
    return _back(request, client, said % {"hint": secret.hint})


def _of(client: Client, secret_id: UUID) -> ClientSecret:
    found: ClientSecret = get_object_or_404(ClientSecret.objects.filter(client=client), pk=secret_id)
    found.client = client
    return found


def _is_gone(secret: ClientSecret) -> str:
    return _("The secret …%(hint)s has already been removed.") % {"hint": secret.hint}


def _is_the_last_that_works(secret: ClientSecret) -> bool:
    others = ClientSecret.objects.filter(client=secret.client_id, removed_at=None).exclude(pk=secret.pk)
    return secret.works and not any(other.works for other in others)


def _dialog(
    request: PageRequest,
    template: str,
    client: Client,
    secret: ClientSecret,
    title: str,
    form: Any = None,
) -> HttpResponse:
    """The page of one act; with the status 422 if its form was sent and did not do."""
    now = timezone.now()
    idle = now - secret.last_used_at if secret.last_used_at else None
    context = {
        "title": title,
        "client": client,
        "secret": secret,
        "form": form,
        "lately": idle is not None and idle < LATELY,
        "idle_days": idle.days if idle else 0,
        "successor": secret.unused_successor(now),
        "section": "clients",
    }
    return fragments.dialog(request, template, context, status=422 if form and form.is_bound else 200)


def _back(request: PageRequest, client: Client, notice: str) -> HttpResponse:
    """To the client's secrets, which say what was done."""
    messages.success(request, notice)
    return fragments.done(request, reverse("secrets", args=[client.client_id]))
