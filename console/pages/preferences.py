"""Language, theme and time zone: a person's choice, kept in a cookie of their browser."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..http.access import needs, open_to
from ..http.context_processors import THEMES
from ..http.requests import PageRequest
from ..models import User
from ..policy import time_zones
from ..policy.roles import Permission
from .next_address import next_address

ANYONE = "anyone: changes only how pages look in their own browser"
YEAR = timedelta(days=365)


@open_to(ANYONE)
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remembers the language in which pages are shown (S16)."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise BadRequest
    user = getattr(request, "user", None)  # the region host has none
    if isinstance(user, User):
        user.reads(chosen)
    return _remember(request, settings.LANGUAGE_COOKIE_NAME, chosen)


@open_to(ANYONE)
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remembers light or dark; `system` forgets the choice, so that the device decides again."""
    chosen = request.POST.get("theme", "")
    if chosen not in (*THEMES, "system"):
        raise BadRequest
    return _remember(request, "theme", chosen if chosen in THEMES else "")


@needs(Permission.OWN_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def time_zone(request: PageRequest) -> HttpResponse:
    """Remembers the time zone in which pages show times; without one it is the device's again."""
    if request.method == "POST":
        chosen = request.POST.get("time_zone", "")
        if chosen and time_zones.zone(chosen) is None:
            raise BadRequest
        messages.success(request, _("The time zone has been saved."))
        return _remember(request, time_zones.CHOSEN_COOKIE, chosen, to=reverse("time_zone"))
    device, chosen = (
        str(time_zones.zone(request.COOKIES.get(name, "")) or "")
        for name in (time_zones.DEVICE_COOKIE, time_zones.CHOSEN_COOKIE)
    )
    context = {
        "title": _("Time zone"),
        "section": "account_applications",
        "names": time_zones.to_choose(),
        "device": device,
        "chosen": chosen,
    }
    return render(request, "account/time_zone.html", context)


def _remember(request: HttpRequest, cookie: str, value: str, to: str = "") -> HttpResponse:
    """To `to`, or back to where the person was, with the cookie set, or gone if there is nothing to remember."""
    response = redirect(to or next_address(request) or "/")
    response.status_code = 303
    if value:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(cookie, value, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(cookie, samesite="Lax")
    return response
