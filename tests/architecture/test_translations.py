"""The Swedish catalogue holds every text of the console, and nothing else (S16). It needs no GNU gettext.

What `make messages` would collect is collected here by Python itself: Django turns a template into what a collector
reads, and Python sources are read as syntax trees.
"""

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest
from babel.messages import Catalog, Message, pofile
from django.utils.translation import templatize

from console.pages.refusal_reasons import SENTENCES
from console.policy.reasons import Reason
from console.policy.scope_catalogue import AREAS, CATALOGUE

ROOT = Path(__file__).parents[2]
PO = ROOT / "console/locale/sv/LC_MESSAGES/django.po"
COLLECT = "run `make messages`, translate what is new, and `make catalogues`"

# The names by which a collector knows a text (django.core.management.commands.makemessages), and what they take.
SINGULAR = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop"})
PLURAL = frozenset({"ngettext", "ngettext_lazy"})
CONTEXT = frozenset({"pgettext", "pgettext_lazy"})
CONTEXT_PLURAL = frozenset({"npgettext", "npgettext_lazy"})
KNOWN = SINGULAR | PLURAL | CONTEXT | CONTEXT_PLURAL


class Text(NamedTuple):
    """One text as it stands in a source."""

    context: str | None
    singular: str
    plural: str | None


def text(function: str, arguments: list[str]) -> Text:
    """The text that is meant by a call with these literal arguments."""
    context = arguments.pop(0) if function in CONTEXT | CONTEXT_PLURAL else None
    plural = arguments[1] if function in PLURAL | CONTEXT_PLURAL else None
    return Text(context, arguments[0], plural)


# --- What the sources hold ------------------------------------------------------------------------------------------

LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"(?<!\w)({'|'.join(sorted(KNOWN))})\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)


def in_template(path: Path) -> Iterator[Text]:
    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for function, arguments in CALL.findall(source):
        yield text(function, [ast.literal_eval(literal) for literal in re.findall(LITERAL, arguments)])


def aliases(tree: ast.Module) -> dict[str, str]:
    """Name in this module -> function, for what is imported from a module of translations."""
    return {
        name.asname or name.name: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("translation")
        for name in node.names
        if name.name in KNOWN
    }


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    known = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            yield known[node.func.id], node


def in_module(path: Path) -> Iterator[Text]:
    for function, call in calls(ast.parse(path.read_text(encoding="utf-8"))):
        literals = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        if literals:  # otherwise a text is looked up that was marked elsewhere
            yield text(function, [str(literal) for literal in literals])


def modules() -> list[Path]:
    return [path for folder in ("console", "qlikauth") for path in sorted((ROOT / folder).rglob("*.py"))]


def templates() -> list[Path]:
    return sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})


def every_text() -> dict[Text, str]:
    found: dict[Text, str] = {}
    for reader, paths in ((in_module, modules()), (in_template, templates())):
        for path in paths:
            found |= {each: str(path.relative_to(ROOT)) for each in reader(path)}
    return found


# --- What the catalogue holds ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    with PO.open("rb") as file:
        return pofile.read_po(file, locale="sv", abort_invalid=True)


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def forms(message: Message) -> list[tuple[str, str]]:
    """Source and translation of a message, the plural beside the plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


def as_text(message: Message) -> Text:
    context = message.context or None
    return Text(context, message.id, None) if isinstance(message.id, str) else Text(context, *message.id)


def placeholders(source: str) -> set[str]:
    """Everything in a text that is not words: %(name)s, {name}, markup."""
    braces = {f"{{{name}}}" for _, name, _, _ in _fields(source) if name}
    return {*re.findall(r"%\(\w+\)[sd]", source), *re.findall(r"</?\w+[^>]*>", source), *braces}


def _fields(source: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return [field for field in Formatter().parse(source) if (field[1] or "").isidentifier()]
    except ValueError:  # a text that speaks of braces
        return []


# --- The tests ------------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_exactly_the_texts_of_the_console(catalog: Catalog):
    wanted, there = every_text(), {as_text(message) for message in messages(catalog)}
    with_plural = {(each.context, each.singular) for each in wanted if each.plural}
    alone = {
        each: where
        for each, where in wanted.items()
        if each.plural or (each.context, each.singular) not in with_plural
    }

    assert {each: where for each, where in alone.items() if each not in there} == {}, COLLECT
    assert there - alone.keys() == set(), COLLECT


def test_every_text_is_translated(catalog: Catalog):
    empty = [message.id for message in messages(catalog) if not all(to for _, to in forms(message))]
    guessed = [message.id for message in messages(catalog) if message.fuzzy]

    assert empty == []
    assert guessed == [], "fuzzy: a guess that nobody has looked at"
    assert not catalog.fuzzy
    assert not catalog.obsolete


def test_what_is_put_into_a_text_is_put_into_its_translation(catalog: Catalog):
    wrong = [
        (source, to)
        for message in messages(catalog)
        for source, to in forms(message)
        if placeholders(source) - {"<client secret>"} != placeholders(to) - {"<klienthemlighet>"}
    ]

    assert wrong == []


def test_the_spaces_and_the_full_stop_at_the_ends_are_the_same(catalog: Catalog):
    wrong = [
        (source, to)
        for message in messages(catalog)
        for source, to in forms(message)
        if to.strip() != to
        or source.strip() != source
        or source.endswith((".", "?")) != to.endswith((".", "?"))
    ]

    assert wrong == []


def test_quotation_marks_are_swedish(catalog: Catalog):
    wrong = [to for message in messages(catalog) for _, to in forms(message) if set(to) & {"“", "‘", "…."}]

    assert wrong == []


def test_swedish_has_two_numbers(catalog: Catalog):
    assert catalog.num_plurals == 2
    assert catalog.plural_expr == "(n != 1)"
    assert str(catalog.locale) == "sv"


def test_the_compiled_catalogue_is_that_of_the_source(catalog: Catalog):
    compiled = PO.with_suffix(".mo")
    assert compiled.exists(), "run `make catalogues`"
    with compiled.open("rb") as file:
        translations = GNUTranslations(file)

    for message in messages(catalog):
        if isinstance(message.id, str):
            found = [
                translations.pgettext(message.context, message.id)
                if message.context
                else translations.gettext(message.id)
            ]
        else:
            found = [translations.ngettext(message.id[0], message.id[1], number) for number in (1, 2)]
        assert found == [to for _, to in forms(message)], "run `make catalogues`"


def test_texts_are_marked_by_names_that_a_collector_knows():
    unknown = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules()
        for name in aliases(ast.parse(path.read_text(encoding="utf-8")))
        if name not in KNOWN
    ]

    assert unknown == []


def test_no_text_is_put_together_before_it_is_translated():
    built = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in modules()
        for _, call in calls(ast.parse(path.read_text(encoding="utf-8")))
        for argument in call.args
        if isinstance(argument, (ast.JoinedStr, ast.BinOp))
    ]

    assert built == []


def test_every_scope_is_described_in_swedish(catalog: Catalog):
    shown = [*AREAS.values(), *(text for scope in CATALOGUE for text in (scope.title, scope.description))]

    assert [text for text in shown if not catalog.get(text)] == []


# --- Reasons in the audit log ---------------------------------------------------------------------------------------


def test_every_reason_has_words():
    assert set(SENTENCES) == set(Reason)
