"""Icons: each is a symbol of one file, so that a page fetches all of them once."""

from functools import cache

from django import template
from django.template.base import FilterExpression, Node, Parser, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class Icon(Node):
    """An icon of a page, by a name or a variable that holds one."""

    def __init__(self, name: FilterExpression) -> None:
        self.name = name

    def render(self, context: Context) -> SafeString:
        return drawn(self.name.resolve(context))


@register.tag
def icon(parser: Parser, token: Token) -> Icon:
    """`{% icon "name" %}`: that symbol of static/icons/sprite.svg. It only decorates: words beside it say the same."""
    _tag, name = token.split_contents()
    return Icon(parser.compile_filter(name))


@cache
def drawn(name: str) -> SafeString:
    """The element. There are as many as the file has symbols; each symbol says how large it is drawn."""
    sprite = static("icons/sprite.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)
