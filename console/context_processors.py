"""What every template knows without being told."""

from typing import Any

from django.http import HttpRequest

from .models import User
from .policy.roles import Permission

THEMES = ("light", "dark")


def appearance(request: HttpRequest) -> dict[str, Any]:
    """`theme`: the person's explicit choice, or "" to follow the device. `navigation`: the pages they may open."""
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    reads_console = isinstance(user, User) and user.may(Permission.READ_CONSOLE)
    return {
        "theme": theme if theme in THEMES else "",
        "navigation": {"clients", "events"} if reads_console else set(),
        "role": user.get_role_display() if isinstance(user, User) else "",
    }
