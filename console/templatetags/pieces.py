"""Pieces of a page that depend on the values they are given, and on nothing else: each is written once."""

from functools import lru_cache
from typing import Any, Protocol

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
REMEMBERED = 4096


class Branch(Protocol):
    """A scope to choose, with those that it contains."""

    name: str
    shown: str
    description: str
    checked: bool

    @property
    def children(self) -> "list[Any]": ...


@register.simple_tag
def piece(template_name: str, **values: Any) -> SafeString:
    """`{% piece "components/….html" value=… %}`: an include of a template that knows neither the request nor the
    time. The values can be hashed."""
    return _written(template_name, get_language(), tuple(values.items()))


@register.simple_tag
def scope_branch(scope: Branch, field: str, invalid: str = "") -> SafeString:
    """A scope's check box, and below it those of what it contains. The region has some two hundred of them.

    field: the form's name of it; invalid: the id of what is wrong with the field, which is said of the first one.
    """
    label = piece(
        "components/scope.html",
        name=scope.name,
        shown=scope.shown,
        description=scope.description,
        checked=scope.checked,
        field=field,
        invalid=invalid,
    )
    inside = "".join(scope_branch(child, field) for child in scope.children)
    below = f'<ul class="scopes__list">{inside}</ul>' if inside else ""
    return SafeString(f"<li data-scope>{label}{below}</li>")


@lru_cache(REMEMBERED, typed=True)
def _written(name: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(get_template(name).render(dict(values)).strip())
