"""Which programs may register themselves as clients, and the tokens that let them (Q9, RFC 7591)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.addresses import REGISTER_PATH
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import AlreadySent, ClientRegistration, LimitReached, RegistrationPolicy, RegistrationToken
from ..policy import scopes
from ..policy.roles import Permission
from . import fragments
from .forms import once
from .forms.limits import reached
from .forms.registration import PolicyForm, TokenForm
from .scope_words import by_area

SECTION = "registration"
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.READ_CONSOLE)
@require_safe
def overview(request: PageRequest) -> HttpResponse:
    """What the tenant has decided, and its initial access tokens."""
    policy = RegistrationPolicy.of(request.tenant)
    registered = ClientRegistration.objects.filter(tenant=request.tenant)
    context = {
        "title": _("Registration"),
        "section": SECTION,
        "policy": policy,
        "endpoint": f"{request.tenant.issuer}{REGISTER_PATH}",
        "scopes": by_area(scopes.roots(policy.scopes)),
        "any_api": scopes.ANY_API,  # has no name that anybody could send
        "tokens": RegistrationToken.objects.select_related("created_by").order_by("-created_at"),
        "invited": registered.filter(invited=True).count(),
        "others": registered.filter(invited=False).count(),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
    }
    return render(request, "registration/overview.html", context)


@needs(Permission.MANAGE_CLIENTS)
@pages
def edit(request: PageRequest) -> HttpResponse:
    """Changes who may register, how far, and how long an unused client is kept."""
    policy = RegistrationPolicy.of(request.tenant)
    stored = {"mode": policy.mode, "scopes": policy.scopes, "unused_days": policy.unused_days}
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=stored)
    if form.is_valid():
        changed = RegistrationPolicy.decide(
            request.tenant,
            mode=form.cleaned_data["mode"],
            ceiling=form.cleaned_data["scopes"],
            unused_days=form.cleaned_data["unused_days"],
            by=actor(request),
        )
        if changed:
            messages.success(request, _("The settings for registration have been saved."))
        return fragments.done(request, reverse("registration_policy"))
    context = {"title": _("Settings for registration"), "section": SECTION, "form": form}
    return fragments.dialog(request, "registration/edit.html", context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_CLIENTS)
@pages
def new_token(request: PageRequest) -> HttpResponse:
    """Makes an initial access token and shows it, this once."""
    form, problem = TokenForm(request.POST if request.method == "POST" else None), ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            with once.work(request):
                row, token = RegistrationToken.create(
                    request.tenant,
                    by=actor(request),
                    name=given["name"],
                    most_clients=given["most_clients"],
                    scopes=given["scopes"],
                    redirect_hosts=given["redirect_hosts"],
                    expires_at=given["valid_until"],
                )
        except AlreadySent:
            problem = _("This token has already been created. It was shown once and can’t be shown again.")
            messages.info(request, problem)
            return fragments.done(request, reverse("registration_policy"))
        except LimitReached as limit:
            problem = reached(limit)
        else:
            return _shown_once(request, row, token)
    context = {"title": _("New initial access token"), "section": SECTION, "form": form, "problem": problem}
    context["once"] = once.mark()
    return fragments.dialog(
        request, "registration/new_token.html", context, status=422 if form.is_bound else 200
    )


def _shown_once(request: PageRequest, row: RegistrationToken, token: str) -> HttpResponse:
    """The only response that holds `token`. Nothing keeps it, neither here nor in a cache."""
    context: dict[str, Any] = {
        "title": _("The initial access token has been created"),
        "section": SECTION,
        "row": row,
        "token": token,
        "endpoint": f"{request.tenant.issuer}{REGISTER_PATH}",
        "is_on": RegistrationPolicy.of(request.tenant).is_on,
    }
    response = fragments.dialog(request, "registration/shown_once.html", context)
    response["Cache-Control"] = "no-store"
    is_secret(response)
    return response


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove_token(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Removes a token after a confirmation. Clients that were registered with it stay."""
    row: RegistrationToken = get_object_or_404(RegistrationToken.objects.all(), pk=token_id)
    if request.method == "POST":
        row.remove(by=actor(request))
        messages.success(request, _("The token %(name)s has been removed.") % {"name": row.name})
        return fragments.done(request, reverse("registration_policy"))
    context = {"title": _("Remove this token?"), "section": SECTION, "row": row}
    return fragments.dialog(request, "registration/remove_token.html", context)
