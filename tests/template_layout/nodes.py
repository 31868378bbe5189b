"""A template as a tree of elements and of Django's blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
VERBATIM = frozenset({"pre", "textarea", "script", "style"})
BLOCKS = {"if": {"elif", "else"}, "for": {"empty"}, "with": set[str](), "block": set[str]()}
# Tags that write nothing where they stand.
SILENT = frozenset({"load", "extends", "csrf_token"})

TAG = r"\{%.*?%\}|\{\{.*?\}\}"
NAME = r"[A-Za-z][\w-]*(?:\{\{[^}]*\}\})?"
IN_TAG = rf"(?:{TAG}|\"(?:{TAG}|[^\"])*\"|'(?:{TAG}|[^'])*'|[^>\"'])*?"
TOKEN = re.compile(
    rf"""(?P<space>\s+)
      | (?P<comment>\{{%\s*comment\b.*?%\}}.*?\{{%\s*endcomment\s*%\}} | \{{\#.*?\#\}})
      | (?P<translated>\{{%\s*blocktranslate\b.*?%\}}.*?\{{%\s*endblocktranslate\s*%\}})
      | (?P<tag>\{{%.*?%\}})
      | (?P<value>\{{\{{.*?\}}\}})
      | (?P<html_comment><!--.*?-->)
      | (?P<close></\s*{NAME}\s*>)
      | (?P<open><{NAME}{IN_TAG}>)
      | (?P<word>(?:(?!\{{[%{{#])[^\s<]|<(?![A-Za-z/]))+ | <!doctype[^>]*>)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


class Misnested(ValueError):
    """A template whose elements and blocks overlap: it has no tree."""


@dataclass(eq=False)
class Node:
    """Before and after it whitespace is free: nobody can see it, be it there or not. Set by `whitespace`.

    None: it is seen, whatever stands on the other side.
    """

    free_before: bool | None = field(default=False, init=False)
    free_after: bool | None = field(default=False, init=False)


@dataclass(eq=False)
class Text(Node):
    """What is written as it stands: a word, a value, a tag of Django, a comment of HTML."""

    source: str


@dataclass(eq=False)
class Space(Node):
    blank: bool


@dataclass(eq=False)
class Comment(Node):
    source: str


@dataclass(eq=False)
class Translated(Node):
    source: str


@dataclass(eq=False)
class Loose(Node):
    """The start or the end of an element that has its other end in another clause."""

    name: str
    attributes: str
    closes: bool


@dataclass(eq=False)
class Sequence:
    """Nodes between two tags. Behind the first tag, and in front of the second, whitespace is free because of them."""

    nodes: list[Node]
    free_start: bool | None = False
    free_end: bool | None = False


@dataclass(eq=False)
class Element(Node):
    name: str
    attributes: str
    content: Sequence | None  # none: a void element
    verbatim: str = ""

    @property
    def classes(self) -> set[str]:
        """Those that it has in any case."""
        found = re.search(r'\bclass="([^"{]*)(\{%\s*if\b.*?%\} )?(.?)', self.attributes)
        if found is None:
            return set()
        names = found[1].split()
        cut = found[3] == "{" and not found[2] and not found[1].endswith(" ")
        return set(names[:-1] if cut else names)

    def has(self, attribute: str) -> bool:
        return re.search(rf"(?:^|\s){attribute}(?![\w-])", re.sub(TAG, "", self.attributes)) is not None


@dataclass(eq=False)
class Block(Node):
    """if, for, with or block: each clause is what introduces it and what stands in it."""

    name: str
    clauses: list[tuple[str, Sequence]]
    end: str

    @property
    def argument(self) -> str:
        return [*self.clauses[0][0][2:-2].split(), "", ""][1]


def name_of(tag: str) -> str:
    return (tag[2:-2].split() or [""])[0]


def is_silent(node: Node) -> bool:
    """Whether nothing is written where it stands: `{% load %}`, `{% url … as … %}`."""
    if isinstance(node, Comment):
        return True
    if isinstance(node, Translated):
        return re.match(r"\{%[^%]*\sasvar\s", node.source) is not None
    if not isinstance(node, Text) or not node.source.startswith("{%"):
        return False
    name = name_of(node.source)
    return name in SILENT or (
        name in {"translate", "url", "querystring", "firstof"}
        and re.search(r"\sas\s+\w+\s*%\}$", node.source) is not None
    )


def tree(source: str) -> Sequence:
    """The tree of a template. Raises `Misnested`."""
    return _Parser(source).all()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0

    def all(self) -> Sequence:
        sequence, end = self._sequence()
        if end is not None:
            raise Misnested(f"line {self.source.count(chr(10), 0, self.position) + 1}: {end}")
        return sequence

    def _tokens(self) -> Iterator[tuple[str, str]]:
        while self.position < len(self.source):
            match = TOKEN.match(self.source, self.position)
            if match is None or not match.group():
                raise Misnested(f"cannot be read: {self.source[self.position : self.position + 40]!r}")
            self.position = match.end()
            yield str(match.lastgroup), match.group()

    def _sequence(self) -> tuple[Sequence, str | None]:
        """What stands up to a tag that closes something, and that tag."""
        nodes: list[Node] = []
        for kind, text in self._tokens():
            if kind == "close":
                return Sequence(nodes), text
            if kind == "tag":
                name = name_of(text)
                if name in {"elif", "else", "empty"} or name.startswith("end"):
                    return Sequence(nodes), text
                nodes.append(self._block(name, text) if name in BLOCKS else Text(text))
            elif kind == "open":
                nodes.append(self._element(text))
            elif kind == "space":
                nodes.append(Space(blank=text.count("\n") > 1))
            else:
                nodes.append({"comment": Comment, "translated": Translated}.get(kind, Text)(text))
        return Sequence(nodes), None

    def _block(self, name: str, start: str) -> Block:
        clauses, introduced = [], start
        while True:
            sequence, end = self._sequence()
            while end is not None and end.startswith("</"):
                sequence.nodes.append(Loose(end[2:-1].strip(), "", closes=True))
                more, end = self._sequence()
                sequence.nodes.extend(more.nodes)
            clauses.append((introduced, sequence))
            if end is None or not end.startswith("{%"):
                raise Misnested(f"{introduced} ends at {end}")
            if name_of(end) == f"end{name}":
                return Block(name, clauses, end)
            if name_of(end) not in BLOCKS[name]:
                raise Misnested(f"{introduced} ends at {end}")
            introduced = end

    def _element(self, start: str) -> Node:
        found = re.match(rf"<({NAME})(.*?)/?>$", start, re.DOTALL)
        assert found is not None
        name, attributes = found[1], found[2]
        if name in VOID:
            return Element(name, attributes, None)
        if name in VERBATIM:
            end = self.source.index(f"</{name}>", self.position)
            verbatim, self.position = self.source[self.position : end], end + len(name) + 3
            return Element(name, attributes, Sequence([]), verbatim)
        begin = self.position
        sequence, end_tag = self._sequence()
        if end_tag is not None and end_tag.startswith("{%"):
            self.position = begin
            return Loose(name, attributes, closes=False)
        if end_tag is None or end_tag[2:-1].strip() != name:
            raise Misnested(f"{start} ends at {end_tag}")
        return Element(name, attributes, sequence)
