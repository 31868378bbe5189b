"""What every template knows without being told."""

from typing import Any

from django.http import HttpRequest

THEMES = ("light", "dark")


def appearance(request: HttpRequest) -> dict[str, Any]:
    """`theme`: the person's explicit choice, or "" to follow the device."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else ""}
