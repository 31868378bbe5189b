"""Publishing, unpublishing and removing an API, each after a confirmation that says what happens (P10, N9)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Api, api_reach
from ..models.client_rules import in_words
from ..models.counting import up_to
from ..policy.registration_problems import InvalidRegistration
from ..policy.roles import Permission
from . import fragments
from .api_lookup import api_to_change

SHOWN_CLIENTS = 20
MOST_CLIENTS = 1_000
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.MANAGE_CLIENTS)
@pages
def publish(request: PageRequest, api_id: int) -> HttpResponse:
    """Lets every tenant of the region give its clients scopes of the API."""
    with api_to_change(request, api_id) as api:
        if request.method != "POST":
            return _publish(request, api)
        try:
            published = api.publish(by=actor(request))
        except InvalidRegistration as invalid:
            problem = " ".join(in_words(each) for found in invalid.problems.values() for each in found)
            return _publish(request, api, problem=problem)
    said = _("“%(name)s” is published.") if published else _("“%(name)s” is already published.")
    messages.success(request, said % {"name": api.name})
    return _back(request, api)


def _publish(request: PageRequest, api: Api, problem: str = "") -> HttpResponse:
    context = _context(api, _("Publish %(name)s?")) | {"problem": problem}
    return fragments.dialog(request, "apis/publish.html", context, status=422 if problem else 200)


@needs(Permission.MANAGE_CLIENTS)
@pages
def unpublish(request: PageRequest, api_id: int) -> HttpResponse:
    """Takes the API away from the other tenants, at once."""
    with api_to_change(request, api_id) as api:
        if request.method != "POST":
            context = _context(api, _("Unpublish %(name)s?")) | {"elsewhere": api_reach.elsewhere(api)}
            return fragments.dialog(request, "apis/unpublish.html", context)
        unpublished = api.unpublish(by=actor(request))
    said = _("“%(name)s” is no longer published.") if unpublished else _("“%(name)s” was not published.")
    messages.success(request, said % {"name": api.name})
    return _back(request, api)


@needs(Permission.MANAGE_CLIENTS)
@pages
def remove(request: PageRequest, api_id: int) -> HttpResponse:
    """Removes the API, after a page that names the clients that have its scopes."""
    with api_to_change(request, api_id) as api:
        if request.method != "POST":
            clients = api_reach.clients_here(api)
            context = _context(api, _("Remove %(name)s?")) | {
                "clients": clients[:SHOWN_CLIENTS],
                "number_of_clients": up_to(MOST_CLIENTS, clients),
                "elsewhere": api_reach.elsewhere(api) if api.is_published else None,
            }
            return fragments.dialog(request, "apis/remove.html", context)
        api.remove(by=actor(request))
    messages.success(request, _("“%(name)s” has been removed.") % {"name": api.name})
    return fragments.done(request, reverse("apis"))


def _context(api: Api, title: str) -> dict[str, Any]:
    return {
        "title": title % {"name": api.name},
        "api": api,
        "back": reverse("api", args=[api.pk]),
        "section": "apis",
    }


def _back(request: PageRequest, api: Api) -> HttpResponse:
    return fragments.done(request, reverse("api", args=[api.pk]))
