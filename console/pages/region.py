"""The start page of the region host. It belongs to no tenant, and never says which tenants there are."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import open_to
from .preferences import language, theme

__all__ = ["language", "start", "theme"]


@open_to("anyone: says what this host is, and nothing about who is here")
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Says what this host is and where a person's own console is."""
    return render(request, "region/start.html", {"title": _("You are at the region address")})
