"""Language and theme: a person's choice, kept in a cookie of their browser."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ..access import open_to
from ..context_processors import THEMES
from ..models import User
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


def _remember(request: HttpRequest, cookie: str, value: str) -> HttpResponse:
    """Back to where the person was, with the cookie set, or gone if there is nothing to remember."""
    response = redirect(next_address(request) or "/")
    response.status_code = 303
    if value:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(cookie, value, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(cookie, samesite="Lax")
    return response
