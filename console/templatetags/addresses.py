"""A faster `{% url %}`: an address is put together once for the same view and the same variable parts.

Every page has some thirty of them. None of ours has a namespace, so that nothing of the request decides.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import Context
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape

register = template.Library()
REMEMBERED = 4096


class Address(defaulttags.URLNode):
    """`{% url "name" part as variable %}` as Django has it, for views without a namespace."""

    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        parts = tuple(part.resolve(context) for part in self.args)
        try:
            found = _address(name, parts, get_urlconf(), get_script_prefix())
        except NoReverseMatch:
            if self.asvar is None:
                raise
            found = ""
        if self.asvar is None:
            return conditional_escape(found) if context.autoescape else found
        context[self.asvar] = found
        return ""


@register.tag
def url(parser: Parser, token: Token) -> defaulttags.URLNode:
    """The address of a view; one with named parts, or in a namespace, is put together anew each time."""
    found = defaulttags.url(parser, token)
    if found.kwargs or ":" in str(found.view_name):
        return found
    return Address(found.view_name, found.args, found.kwargs, found.asvar)


@lru_cache(REMEMBERED, typed=True)
def _address(name: str, parts: tuple[Any, ...], urlconf: str | None, prefix: str) -> str:
    """`urlconf` and `prefix` are those of the request, which `reverse` asks for by itself."""
    return reverse(name, args=parts)
