"""A faster `{% translate %}`: each sentence that stands in a template is looked up once per language and process.

A page has some hundred of them. Django makes a lazy text of each, escapes it and asks the catalogue, every time.
Importing this module, as settings.TEMPLATES does, puts the tag into Django's own library: `{% load i18n %}` gives it.
"""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.templatetags import i18n
from django.utils import translation
from django.utils.safestring import SafeString

register = template.Library()  # of tags that need no loading: none


class Sentence(i18n.TranslateNode):
    """A text that stands in the template itself: what it is in a language depends on nothing else."""

    def __init__(self, found: i18n.TranslateNode) -> None:
        super().__init__(found.filter_expression, found.noop, None, found.message_context)
        self.name = found.asvar
        self.known: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = translation.get_language()
        text = self.known.get(language)
        if text is None:
            text = self.known[language] = SafeString(super().render(context))
        if self.name is None:
            return text
        context[self.name] = text
        return SafeString()


def translate(parser: Parser, token: Token) -> i18n.TranslateNode:
    """`{% translate "…" %}` as Django has it. A variable, a filter or a variable context is asked for each time."""
    found = i18n.do_translate(parser, token)
    text, context = found.filter_expression, found.message_context
    written = isinstance(text.var.literal, str) and not text.filters
    return Sentence(found) if written and (context is None or not context.is_var) else found


i18n.register.tag("translate", translate)
