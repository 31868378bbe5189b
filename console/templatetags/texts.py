"""A faster `{% translate %}` and `{% blocktranslate %}`: a text of a template is looked up once per language.

A page has some hundred of each. Django makes a lazy text, escapes it and asks the catalogue, every time. Importing this
module, as settings.TEMPLATES does, puts the tags into Django's own library: `{% load i18n %}` gives them.
"""

from django import template
from django.template.base import Parser, Token, render_value_in_context
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


class Passage(i18n.BlockTranslateNode):
    """A text with gaps, of one form whatever the number: only the gaps are filled anew each time."""

    def __init__(self, found: i18n.BlockTranslateNode) -> None:
        super().__init__(
            found.extra_context,
            found.singular,
            trimmed=found.trimmed,
            asvar=found.asvar,
        )
        self.written, self.gaps = self.render_token_list(self.singular)
        self.known: dict[str | None, str] = {}

    def render(self, context: Context, nested: bool = False) -> str:
        language = translation.get_language()
        text = self.known.get(language)
        if text is None:
            text = self.known[language] = translation.gettext(self.written)
        own = {name: value.resolve(context) for name, value in self.extra_context.items()}
        try:
            filled = text % {
                name: render_value_in_context(own[name] if name in own else context[name], context)
                for name in self.gaps
            }
        except (
            KeyError,
            ValueError,
        ):  # a gap that nothing fills, or a translation with another: Django's business
            rendered: str = super().render(context, nested)
            return rendered
        if self.asvar is None:
            return filled
        context[self.asvar] = SafeString(filled)
        return ""


def translate(parser: Parser, token: Token) -> i18n.TranslateNode:
    """`{% translate "…" %}` as Django has it. A variable, a filter or a variable context is asked for each time."""
    found = i18n.do_translate(parser, token)
    text, context = found.filter_expression, found.message_context
    written = isinstance(text.var.literal, str) and not text.filters
    return Sentence(found) if written and (context is None or not context.is_var) else found


def blocktranslate(parser: Parser, token: Token) -> i18n.BlockTranslateNode:
    """`{% blocktranslate %}…` as Django has it. One with a plural or a context is asked for each time."""
    found = i18n.do_block_translate(parser, token)
    return found if found.plural or found.message_context else Passage(found)


i18n.register.tag("translate", translate)
i18n.register.tag("blocktranslate", blocktranslate)
