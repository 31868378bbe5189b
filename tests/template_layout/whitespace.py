"""Where whitespace between two nodes of a template is seen on the page, and where nobody can see it.

It is not seen beside whitespace, and at the edges of block-level elements and of the children of flex containers and
grids. Which classes make such containers is read from the style sheets.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .nodes import Block, Element, Loose, Misnested, Node, Sequence, Space, Text, is_silent, name_of, tree

ROOT = Path(__file__).parents[2]
BLOCK_LEVEL = frozenset({
    "address", "article", "aside", "base", "blockquote", "body", "caption", "col", "colgroup", "dd",
    "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "legend", "li", "link",
    "main", "menu", "meta", "nav", "ol", "optgroup", "option", "p", "pre", "script", "search",
    "section", "style", "summary", "svg", "table", "tbody", "td", "template", "tfoot", "th", "thead",
    "title", "tr", "ul",
})  # fmt: skip
# Their content is copied, or heard without what surrounds it: to the letter.
EXACT_ELEMENTS = frozenset({"code", "title"})
EXACT_CLASSES = frozenset({"visually-hidden"})
WITHOUT_A_PARENT = "components/dialog_layout.html", "components/page_layout.html"


# --- What the style sheets say --------------------------------------------------------------------------------------


@cache
def _style() -> tuple[dict[str, str], set[str], set[str]]:
    """The display of each class that has one; the classes that look different without content (:empty); those whose
    whitespace is shown as it is."""
    displays: dict[str, str] = {}
    emptied: set[str] = set()
    exact: set[str] = set()
    for path in sorted((ROOT / "static/css").glob("*.css")):
        selectors: list[list[str]] = []
        for before, mark in re.findall(
            r"([^{};]*)([{};])", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        ):
            statement = before.strip()
            outer = selectors[-1] if selectors else []
            if mark == "{":
                selectors.append([each.strip() for each in statement.split(",")])
                if "&:empty" in selectors[-1]:
                    emptied |= set(outer)
                continue
            if statement.startswith("display:") and not any(each.startswith("&") for each in outer):
                displays |= dict.fromkeys(outer, statement.removeprefix("display:").split()[0])
            if re.match(r"white-space(-collapse)?:.*\b(pre|preserve|break)", statement):
                exact |= {names[-1] for each in outer if (names := re.findall(r"\.[\w-]+", each))}
            if mark == "}":
                selectors.pop()
    return (
        {name[1:]: display for name, display in displays.items() if re.fullmatch(r"\.[\w-]+", name)},
        {name[1:] for name in emptied if name.startswith(".")},
        {name[1:] for name in exact},
    )


@dataclass(frozen=True)
class Box:
    """How an element behaves: `outer` and `inner` whitespace at its edges is free; none: as if it were not there."""

    outer: bool | None
    inner: bool
    flex: bool
    changes_when_empty: bool = False


def box(element: Element | Loose, in_flex: bool) -> Box:
    if isinstance(element, Loose):
        level = element.name in BLOCK_LEVEL
        return Box(level, level, flex=False)
    displays, emptied, exact_classes = _style()
    mine = {displays[each] for each in element.classes if each in displays}
    if element.classes & EXACT_CLASSES:
        return Box(False, False, flex=False)
    flex = bool(mine & {"flex", "grid", "inline-flex", "inline-grid"})
    level = (
        in_flex
        or bool(mine & {"flex", "grid", "block", "-webkit-box"})
        or element.name in BLOCK_LEVEL
        or "{{" in element.name
    )
    out = element.name == "template" or any(map(element.has, ["popover", "hidden", 'type="hidden"']))
    exact = element.name in EXACT_ELEMENTS or bool(element.classes & exact_classes)
    return Box(
        outer=None if out else level,
        inner=not exact and (level or flex or element.name == "button"),
        flex=flex and not exact,
        changes_when_empty=bool(element.classes & emptied),
    )


def meet(states: list[bool | None]) -> bool | None:
    return None if None in states else all(states)


def either(before: bool | None, after: bool | None) -> bool:
    """Whether whitespace is free between what is carried along from both sides."""
    return None not in (before, after) and bool(before or after)


# --- What stands around a template, and around the blocks that it fills ----------------------------------------------


@dataclass
class Around:
    """Whether whitespace is free where something is inserted: in every place where it is inserted."""

    before: bool = True
    after: bool = True
    flex: bool = True
    changes_when_empty: bool = False
    known: bool = False

    def meet(self, before: bool | None, after: bool | None, flex: bool, empty: bool) -> None:
        self.before = self.before and before is not False
        self.after = self.after and after is not False
        self.flex = self.flex and flex
        self.changes_when_empty = self.changes_when_empty or empty
        self.known = True


@dataclass
class Templates:
    """Every template, and what is around each."""

    trees: dict[str, Sequence] = field(default_factory=dict)
    included: dict[str, Around] = field(default_factory=dict)
    blocks: dict[tuple[str, str], Around] = field(default_factory=dict)

    def around(self, name: str) -> Around:
        return self.included.setdefault(name, Around())

    def around_block(self, parent: str, block: str) -> Around:
        return self.blocks.setdefault((parent, block), Around())


def parents(sequence: Sequence) -> tuple[str, ...]:
    """The templates that a template extends: one, none, or several when it is decided by the view."""
    for node in sequence.nodes:
        if isinstance(node, Text) and name_of(node.source) == "extends":
            found = re.search(r'extends\s+"([^"]+)"', node.source)
            return (found[1],) if found else WITHOUT_A_PARENT
    return ()


def understood(sources: dict[str, str]) -> Templates:
    """These templates, with free whitespace marked and superfluous whitespace left out. Raises `Misnested`."""
    templates = Templates()
    for name, source in sources.items():
        try:
            templates.trees[name] = tree(source)
        except Misnested as problem:
            raise Misnested(f"{name}: {problem}") from problem
    while _learn(templates):
        pass
    for name in templates.trees:
        _Walk(templates, name).clean()
    while _learn(templates):
        pass
    return templates


def _learn(templates: Templates) -> bool:
    """Walks through everything. Says whether something new was found out."""
    before = repr((templates.included, templates.blocks))
    for name in templates.trees:
        _Walk(templates, name).all()
    return repr((templates.included, templates.blocks)) != before


class _Walk:
    """Goes through a template forwards and backwards. What it carries along: whether whitespace here would be free."""

    def __init__(self, templates: Templates, name: str, including: tuple[str, ...] = ()) -> None:
        self.including = including
        self.templates = templates
        self.name = name
        self.tree = templates.trees[name]
        self.removing = False
        self.marking = True
        self.empty_matters = False

    def all(self) -> None:
        for forwards in (True, False):
            self._root(forwards)

    def clean(self) -> None:
        """Takes away what is not seen, one direction after the other: the second sees what the first has left."""
        self.removing = True
        self.all()

    def _root(self, forwards: bool) -> None:
        fills = parents(self.tree)
        if not fills:
            around = (
                self.templates.around(self.name)
                if self.templates.around(self.name).known
                else Around(flex=False)
            )
            start = around.before if forwards else around.after
            if around.changes_when_empty:
                start = False
            self.sequence(self.tree, start, forwards, around.flex)
            return
        self._remove(self.tree)
        for node in self.tree.nodes:
            node.free_before = node.free_after = True
            if isinstance(node, Block):
                self._fill(node, fills, forwards)

    def _fill(self, block: Block, fills: tuple[str, ...], forwards: bool) -> None:
        """A block of a template that extends others: what surrounds it is there, perhaps further up."""
        around, waiting = Around(), list(fills)
        while waiting:
            parent = waiting.pop()
            known = self.templates.blocks.get((parent, block.argument))
            if known is not None and known.known:
                around.meet(known.before, known.after, known.flex, known.changes_when_empty)
            else:
                waiting.extend(parents(self.templates.trees[parent]))
        if not around.known:
            around = Around(before=False, after=False, flex=False)
        own = self.templates.around_block(self.name, block.argument)
        own.meet(around.before, around.after, around.flex, around.changes_when_empty)
        sequence = block.clauses[0][1]
        start = around.before if forwards else around.after
        if around.changes_when_empty and self.may_be_empty(sequence):
            start = False
        self.sequence(sequence, start, forwards, around.flex)

    # --- Sequences ------------------------------------------------------------------------------------------------

    def sequence(self, sequence: Sequence, free: bool | None, forwards: bool, flex: bool) -> bool | None:
        """What is carried along after the last node."""
        self._remove(sequence)
        for node in list(sequence.nodes) if forwards else list(reversed(sequence.nodes)):
            if self.marking:
                node.free_before, node.free_after = (
                    (free, node.free_after) if forwards else (node.free_before, free)
                )
            if isinstance(node, Space):
                # How a file ends is left as it is: what is included behind it may rely on it.
                sealed = None in (node.free_before, node.free_after)
                if (
                    free
                    and self.removing
                    and not sealed
                    and not (sequence is self.tree and node is sequence.nodes[-1])
                ):
                    sequence.nodes.remove(node)
                free = True
            else:
                free = self.node(node, free, forwards, flex)
        if self.marking and forwards:
            sequence.free_end = free
        elif self.marking:
            sequence.free_start = free
        return free

    def _remove(self, sequence: Sequence) -> None:
        """Outside of blocks a template that extends another writes nothing."""
        if self.removing and sequence is self.tree and parents(sequence):
            sequence.nodes = [each for each in sequence.nodes if not isinstance(each, Space)]

    def node(self, node: Node, free: bool | None, forwards: bool, flex: bool) -> bool | None:
        if is_silent(node):
            return free
        match node:
            case Element():
                return self._element(node, free, forwards, flex)
            case Loose():
                return bool(box(node, flex).outer)
            case Block():
                return self._block(node, free, forwards, flex)
            case Text() if name_of(node.source) == "include":
                return self._include(node, free, forwards, flex)
            case Text() if name_of(node.source) == "icon" or node.source.lower().startswith("<!doctype"):
                return True
        return False

    def _element(self, node: Element, free: bool | None, forwards: bool, flex: bool) -> bool | None:
        mine = box(node, flex)
        if flex and node.classes & EXACT_CLASSES:
            self.sequence(node.content or Sequence([]), False, forwards, False)
            return None  # it is out of the flow, and whitespace beside it is a flex item, with a gap
        if node.content is not None:
            empty = mine.changes_when_empty and self.may_be_empty(node.content)
            filled = empty and len(node.content.nodes) == 1 and isinstance(node.content.nodes[0], Block)
            self.empty_matters, before = mine.changes_when_empty and filled, self.empty_matters
            self.sequence(node.content, mine.inner and not empty, forwards, mine.flex)
            self.empty_matters = before
        return free if mine.outer is None else mine.outer

    def _block(self, node: Block, free: bool | None, forwards: bool, flex: bool) -> bool | None:
        if node.name == "block":
            around = self.templates.around_block(self.name, node.argument)
            known = (
                free or self.empty_matters
            )  # its text is the only one there: it decides whether there is any
            around.meet(
                bool(known) if forwards else None, None if forwards else bool(known), flex, self.empty_matters
            )
            self.sequence(node.clauses[0][1], free, forwards, flex)
            return False
        if node.name == "for":
            free_again = bool(free) and self._peek(node.clauses[0][1], free, forwards, flex)
            ends = [self.sequence(node.clauses[0][1], free_again, forwards, flex), free]
            ends += [self.sequence(each, free, forwards, flex) for _, each in node.clauses[1:]]
            return meet(ends)
        ends = [self.sequence(each, free, forwards, flex) for _, each in node.clauses]
        if node.name == "if" and name_of(node.clauses[-1][0]) != "else":
            ends.append(free)
        return meet(ends)

    def _peek(self, sequence: Sequence, free: bool | None, forwards: bool, flex: bool) -> bool | None:
        removing, self.removing = self.removing, False
        end = self.sequence(sequence, free, forwards, flex)
        self.removing = removing
        return end

    def _include(self, node: Text, free: bool | None, forwards: bool, flex: bool) -> bool | None:
        found = re.search(r'include\s+"([^"]+)"', node.source)
        if found is None or found[1] not in self.templates.trees:
            return False
        around = self.templates.around(found[1])
        around.meet(
            bool(free) if forwards else None, None if forwards else bool(free), flex, self.empty_matters
        )
        if self.removing or found[1] == self.name or found[1] in self.including:
            return False  # what is included may be laid out differently itself; or it includes itself
        inner = _Walk(self.templates, found[1], (*self.including, self.name))
        inner.marking = False
        return inner._peek(inner.tree, free, forwards, flex and around.flex)

    def may_be_empty(self, sequence: Sequence) -> bool:
        return all(self._may_be_empty(node) for node in sequence.nodes)

    def _may_be_empty(self, node: Node) -> bool:
        match node:
            case Block(name="if"):
                always = name_of(node.clauses[-1][0]) == "else"
                return not always or any(self.may_be_empty(each) for _, each in node.clauses)
            case Block(name="with"):
                return self.may_be_empty(node.clauses[0][1])
            case Element():
                return False
            case Text():
                written = node.source[0] != "{" or name_of(node.source) in {"translate", "icon"}
                return is_silent(node) or not written
        return isinstance(node, Block) or is_silent(node)
