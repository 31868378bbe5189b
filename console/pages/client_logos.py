"""The logo of one of the tenant's own clients: uploaded and removed on a page of its own, because a file cannot be
shown again in a form that comes back with something wrong in another field."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Client, ClientGone, client_logo
from ..models.client_rules import in_words
from ..policy.pictures import Logo
from ..policy.registration_problems import InvalidRegistration
from ..policy.roles import Permission
from . import fragments
from .client_lookup import Deleted, own_client
from .forms.logo import LogoForm


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def logo(request: PageRequest, client_id: str) -> HttpResponse:
    """Shows the logo, takes another, or removes it. Every tenant that uses the client sees the new one at once."""
    client = own_client(client_id)
    form = LogoForm()
    if request.method == "POST":
        removes = "remove" in request.POST
        form = LogoForm(request.POST, request.FILES)
        if removes or form.is_valid():
            picture = None if removes else form.cleaned_data["logo"]
            wrong = _changed(request, client, picture)
            if not wrong:
                return _done(request, client, removes=removes)
            if removes:
                form.errors.clear()  # the missing file is no mistake
            form.add_error(None, wrong)
    context = {
        "title": _("Logo of %(client)s") % {"client": client.name},
        "section": "clients",
        "client": client,
        "form": form,
    }
    return render(request, "clients/logo.html", context, status=422 if form.is_bound else 200)


def _changed(request: PageRequest, client: Client, picture: Logo | None) -> list[str]:
    """Gives the client its logo. If it cannot be changed as it is registered, says why, and nothing is changed."""
    try:
        client_logo.change(client, picture, by=actor(request))
    except ClientGone:  # somebody has deleted it while the picture was drawn
        raise Deleted from None
    except InvalidRegistration as invalid:
        return [in_words(each) for found in invalid.problems.values() for each in found]
    return []


def _done(request: PageRequest, client: Client, *, removes: bool) -> HttpResponse:
    text = _("The logo of %(client)s has been removed.") if removes else _("%(client)s has a new logo.")
    messages.success(request, text % {"client": client.name})
    return fragments.done(request, reverse("client_settings", args=[client.client_id]))
