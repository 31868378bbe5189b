"""Variables that every template has."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest

from .. import trace
from ..models import ConnectionRequest, User
from ..policy.roles import Permission
from .brand import Brand, brand_of

THEMES = ("light", "dark")
CONSOLE = {
    "console",
    "clients",
    "apis",
    "connection_requests",
    "registration",
    "members",
    "events",
    "tenant_settings",
}


def appearance(request: HttpRequest) -> dict[str, Any]:
    """`trace_id`: the ID of this request, which pages about failures show.

    `theme`: the person's explicit choice, or "" to follow the device. `navigation`: the pages they may open.

    `brand`: how the tenant looks to people (http/brand.py); asked of the database only where it is shown.

    `open_requests`: how many requests wait for an administrator; asked of the database only where it is shown.
    """
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    reads_console = isinstance(user, User) and user.may(Permission.READ_CONSOLE)
    answers = isinstance(user, User) and user.may(Permission.MANAGE_CLIENTS)
    return {
        "trace_id": trace.current(),
        "theme": theme if theme in THEMES else "",
        "navigation": CONSOLE if reads_console else set(),
        "brand": _brand(request),
        "role": user.get_role_display() if isinstance(user, User) else "",
        "open_requests": _open_requests() if answers and request.path.startswith("/console") else 0,
    }


def _brand(request: HttpRequest) -> Callable[[], Brand]:
    """Looks when it is called, once."""

    @cache
    def look() -> Brand:
        return brand_of(getattr(request, "tenant", None))

    return look


def _open_requests() -> Any:
    """Counts when it is called, once."""

    @cache
    def count() -> int:
        return int(ConnectionRequest.objects.filter(status=ConnectionRequest.Status.OPEN).count())

    return count
