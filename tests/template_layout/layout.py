"""The layout of a template: where its lines are broken, and how they are indented."""

import re

from .documents import Document, Either, Fill, Group, Indent, Line, is_hard, written
from .nodes import (
    TAG,
    Block,
    Comment,
    Element,
    Loose,
    Node,
    Sequence,
    Space,
    Text,
    Translated,
    is_silent,
    name_of,
)
from .whitespace import BLOCK_LEVEL, either

SOFT, SPACE, HARD, BLANK = Line(""), Line(" "), Line("", hard=True), Line("", hard=True, blank=True)
OPENS = {"if", "for", "with", "block"}
ATTRIBUTE = re.compile(
    rf"""\s+ | \{{%\s*(?:if|elif|else|endif|for|endfor|with|endwith|block|endblock)\b.*?%\}}
      | (?:(?!\{{%\s*(?:if|elif|else|endif|for|endfor|with|endwith|block|endblock)\b)
          (?:{TAG}|"(?:{TAG}|[^"])*"|'(?:{TAG}|[^'])*'|[^\s"']))+""",
    re.VERBOSE | re.DOTALL,
)


def layout(sequence: Sequence, ends: str) -> str:
    """The text of a template. `ends`: how its file ends, a line feed or nothing: that is seen where it is included."""
    return written(content(sequence, top=True)).strip("\n") + ends


# --- Sequences -----------------------------------------------------------------------------------------------


def content(sequence: Sequence, top: bool = False) -> Document:
    """What stands between two tags, from its first node to its last."""
    parts: list[Document] = []  # contents and places by turns
    nodes = sequence.nodes
    previous: Node | None = None
    pending: Space | None = None
    breaks = top or is_structure(sequence)
    for node in nodes:
        if isinstance(node, Space):
            pending = node
            continue
        document = of(node)
        if previous is None:
            parts.append(document)
        else:
            place = _between(previous, pending, node, breaks)
            if place is None:
                last = parts.pop()
                parts.append([*last, document] if isinstance(last, list) else [last, document])
            else:
                parts += [place, document]
        previous, pending = node, None
    return Fill(parts) if parts else ""


def _between(before: Node, space: Space | None, after: Node, breaks: bool) -> Line | None:
    if space is None and not either(after.free_before, before.free_after):
        return None
    if space is None and isinstance(after, Text) and after.source.lower().startswith("<!doctype"):
        return None
    own_lines = is_block(before) or is_block(after) or (is_silent(before) and is_silent(after))
    if space is not None and space.blank and breaks:
        return BLANK
    if breaks and own_lines:
        return HARD
    return SOFT if space is None and (is_block(before) or is_block(after)) else SPACE


def is_block(node: Node) -> bool:
    """Whether it has lines of its own in something that is broken."""
    match node:
        case Element():
            return node.name in BLOCK_LEVEL or "{{" in node.name or node.name == "template"
        case Loose():
            return node.name in BLOCK_LEVEL
        case Block():
            return node.name == "block" or any(
                is_block(each) for _, clause in node.clauses for each in clause.nodes
            )
        case Text():
            return name_of(node.source) in {"extends", "load", "include", "csrf_token"}
    return isinstance(node, Comment)


def is_structure(sequence: Sequence) -> bool:
    """Whether it holds several blocks, or blocks in blocks: it is always broken."""
    nodes = [each for each in sequence.nodes if not isinstance(each, Space)]
    blocks = [each for each in nodes if is_block(each)]
    return bool(blocks and len(nodes) > 1) or any(map(_is_deep, blocks))


def _is_deep(node: Node) -> bool:
    match node:
        case Element() if node.content is not None:
            return any(is_block(each) and not isinstance(each, Text) for each in node.content.nodes)
        case Block():
            return any(is_structure(clause) for _, clause in node.clauses)
    return False


def _edges(sequence: Sequence) -> tuple[Line | None, Line | None]:
    """The places behind the tag before it and in front of the tag after it; none: nothing may stand there."""
    nodes = sequence.nodes
    if not nodes:
        return None, None
    first, last = nodes[0], nodes[-1]
    start = (
        SPACE
        if isinstance(first, Space)
        else SOFT
        if either(first.free_before, sequence.free_start)
        else None
    )
    end = SPACE if isinstance(last, Space) else SOFT if either(last.free_after, sequence.free_end) else None
    return start, end


def enclosed(before: Document, sequence: Sequence, after: Document) -> Document:
    nodes = sequence.nodes
    if not nodes:
        return [before, after]
    if all(isinstance(each, Space) for each in nodes):
        return [before, SPACE, after]
    start, end = _edges(sequence)
    inner = content(sequence)
    if is_structure(sequence) or is_hard(inner):
        start, end = start and HARD, end and HARD
    return [before, Indent([start or "", inner]), end or "", after]


# --- Nodes ---------------------------------------------------------------------------------------------------


def of(node: Node) -> Document:
    match node:
        case Element():
            return _element(node)
        case Loose():
            return f"</{node.name}>" if node.closes else opening(node.name, node.attributes)
        case Block():
            return _block(node)
        case Comment():
            return _comment(node.source)
        case Translated():
            return _translated(node.source)
        case Text():
            return _text(node.source)
    raise TypeError(node)


def _element(node: Element) -> Document:
    start = opening(node.name, node.attributes)
    if node.content is None:
        return start
    if node.verbatim:
        return [start, node.verbatim + f"</{node.name}>"]
    return Group(enclosed(start, node.content, f"</{node.name}>"))


def _block(node: Block) -> Document:
    parts: list[Document] = []
    tags = [*(tag for tag, _ in node.clauses), node.end]
    for number, (tag, sequence) in enumerate(node.clauses):
        parts.append(enclosed(tag, sequence, "") if number < len(node.clauses) else "")
    return Group([*parts, tags[-1]])


def _comment(source: str) -> Document:
    found = re.match(r"(\{%\s*comment\s*%\})(.*)(\{%\s*endcomment\s*%\})$", source, re.DOTALL)
    if found is None:
        return source
    paragraphs = [text.split() for text in re.split(r"(?<=[.:!?])\s*\n", found[2].strip())]
    lines: list[Document] = []
    for words in paragraphs:
        lines += [HARD, _filled(words)] if lines else [_filled(words)]
    edge = HARD if len(paragraphs) > 1 else SOFT
    return Group([found[1], edge, lines, edge, found[3]])


def _filled(words: list[str]) -> Document:
    parts: list[Document] = []
    for word in words:
        parts += [SPACE, word] if parts else [word]
    return Fill(parts)


def _words(text: str) -> list[str]:
    """The words of a text; a tag or a value of Django is never broken."""
    return re.findall(rf"(?:{TAG}|[^\s])+", text)


def _translated(source: str) -> Document:
    found = re.match(r"(\{%.*?%\})(.*)(\{%\s*endblocktranslate\s*%\})$", source, re.DOTALL)
    assert found is not None
    start, text, end = found.groups()
    trimmed = " trimmed" in start
    if not trimmed and (text != text.strip() or "\n" in text):
        return source
    clauses = re.split(r"(\{%\s*plural\s*%\})", text)
    inner: list[Document] = []
    for clause in clauses:
        if clause.startswith("{%") and name_of(clause) == "plural":
            inner += [SOFT, clause]
        else:
            joined = (
                " ".join(line.strip() for line in clause.split("\n") if line.strip()) if trimmed else clause
            )
            if joined != " ".join(_words(joined)):
                return source
            inner.append(Indent([SOFT, _filled(_words(joined))]))
    document = [inner, SOFT, end]
    if trimmed:
        return Group([start, *document])
    return Either(
        source, [re.sub(r"^(\{%\s*blocktranslate)", r"\1 trimmed", start), _broken(inner), HARD, end]
    )


def _broken(documents: list[Document]) -> list[Document]:
    """With every place at an edge broken."""
    return [
        HARD if each is SOFT else Indent([HARD, *each.content[1:]]) if isinstance(each, Indent) else each  # type: ignore[index]
        for each in documents
    ]


def _text(source: str) -> Document:
    """A sentence that is too long for its line is translated with `trimmed`: the same text for a translator."""
    found = re.match(r'\{%\s*translate\s+"((?:[^"\\]|\\.)*)"(?:\s+as\s+(\w+))?\s*%\}$', source)
    if found is None or re.search(r"[\\{}]|^\s|\s$|\s\s", found[1]):
        return source
    start = "{% blocktranslate trimmed" + (f" asvar {found[2]}" if found[2] else "") + " %}"
    return Either(
        source, [start, Indent([HARD, _filled(found[1].split(" "))]), HARD, "{% endblocktranslate %}"]
    )


# --- Tags ----------------------------------------------------------------------------------------------------


def opening(name: str, attributes: str) -> Document:
    if not attributes.strip():
        return f"<{name}>"
    parts = _attributes(attributes)
    parts[-1] = [parts[-1], Either(">", [HARD, ">"])]  # the last resort of what is glued to it
    return Group([f"<{name}", Indent(Fill(parts), 4)])


def _attributes(source: str) -> list[Document]:
    """Attributes with the places between them. `{% if … %}` and what it holds is kept together if it fits."""
    tokens = ATTRIBUTE.findall(source.rstrip())
    assert "".join(tokens) == source.rstrip(), source
    parts: list[Document] = [""]
    level = 0
    for number, token in enumerate(tokens):
        name = name_of(token) if token.startswith("{%") else ""
        if token.isspace() and level:
            ends = re.match(r"\{%\s*(?:end|el)", "".join(tokens[number + 1 : number + 2]))
            parts[-1] = [parts[-1], SPACE if ends else Indent(SPACE)]
        elif token.isspace():
            place = SOFT if _leads_with_space(tokens[number + 1 :]) else SPACE
            parts += [place, ""] if place is SPACE or number else []
        else:
            parts += _place_before(name, level, tokens[number - 1] if number else " ", parts)
            level += (name in OPENS) - name.startswith("end")
            parts[-1] = [parts[-1], _attribute(token)]
    return [Group(part) if number % 2 == 0 else part for number, part in enumerate(parts)]


def _place_before(name: str, level: int, before: str, parts: list[Document]) -> list[Document]:
    """A place in front of a tag of a condition, where what stands before it is complete."""
    if (name.startswith("end") or name in {"elif", "else"}) and before.endswith('"'):
        parts[-1] = [parts[-1], SOFT]
    return [SOFT, ""] if level == 0 and name == "if" and before[-1] in '"}' else []


def _leads_with_space(tokens: list[str]) -> bool:
    """Whether a condition follows that brings its own whitespace, and behind it nothing that needs any."""
    if not tokens or not re.match(r"\{%\s*if\b", tokens[0]):
        return False
    level = 0
    for number, token in enumerate(tokens):
        name = name_of(token) if token.startswith("{%") else ""
        following = tokens[number + 1] if number + 1 < len(tokens) else " "
        level += (name == "if") - (name == "endif")
        if level == 0:
            return following.isspace() or following.startswith("{%")
        if level == 1 and name in {"if", "elif", "else"} and not following.isspace():
            return False
    return False


def _attribute(token: str) -> Document:
    """A long value that is a list may stand on several lines."""
    if len(token) >= 90 and token.startswith(('class="', 'aria-describedby="')):
        return _filled(_words(token))
    if len(token) >= 90 and token.startswith(("content='{", 'hx-trigger="')):
        return _filled(re.split(r"(?<=,) ", " ".join(_words(token))))
    return token
