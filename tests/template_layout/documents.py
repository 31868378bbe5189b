"""A small pretty printer (after Wadler): documents that know where they may be broken, and the lines they become."""

from dataclasses import dataclass, field

WIDTH = 120


@dataclass(frozen=True)
class Line:
    """A place to break. Not broken it is `flat`. `hard`: it is always broken, and so is everything around it."""

    flat: str = " "
    hard: bool = False
    blank: bool = False


@dataclass(frozen=True)
class Indent:
    content: "Document"
    columns: int = 2


@dataclass(frozen=True)
class Group:
    """Broken at all its own places, or at none of them."""

    content: "Document"


@dataclass(frozen=True)
class Fill:
    """Contents and the places between them by turns. A place is broken only if what follows it has no room."""

    parts: list["Document"] = field(hash=False)


@dataclass(frozen=True)
class Either:
    """`flat` if it fits on what is left of the line, otherwise `broken`."""

    flat: "Document"
    broken: "Document"


Document = str | list["Document"] | Line | Indent | Group | Fill | Either
Pending = list[tuple[int, bool, Document]]


def is_hard(document: Document) -> bool:
    """Whether a document cannot be on one line."""
    match document:
        case str():
            return False
        case list():
            return any(map(is_hard, document))
        case Line():
            return document.hard
        case Fill():
            return any(map(is_hard, document.parts))
        case Either():
            return is_hard(document.flat)
        case Indent() | Group():
            return is_hard(document.content)


def fits(room: int, first: tuple[int, bool, Document], rest: Pending) -> bool:
    """Whether `first`, and what follows it up to the next place that will be broken, has room."""
    waiting, pending = len(rest), [first]
    while room >= 0:
        if not pending:
            if not waiting:
                return True
            waiting -= 1
            pending.append(rest[waiting])
        indent, flat, document = pending.pop()
        if isinstance(document, str):
            room -= len(document)
        elif isinstance(document, Line):
            if document.hard or not flat:
                return True
            room -= len(document.flat)
        else:
            flat = flat and not (isinstance(document, Group) and is_hard(document.content))
            pending.extend((indent, flat, each) for each in reversed(_parts(document, flat)))
    return False


def _parts(document: "list[Document] | Indent | Group | Fill | Either", flat: bool) -> list[Document]:
    match document:
        case list():
            return document
        case Indent() | Group():
            return [document.content]
        case Fill():
            return document.parts
        case Either():
            return [document.flat if flat else document.broken]


def written(document: Document) -> str:
    """The text of a document, in lines as short as it allows."""
    output: list[str] = []
    column = 0
    pending: Pending = [(0, False, document)]
    while pending:
        indent, flat, each = pending.pop()
        match each:
            case str():
                output.append(each)
                column += len(each)
            case list():
                pending.extend((indent, flat, part) for part in reversed(each))
            case Line() if flat and not each.hard:
                output.append(each.flat)
                column += len(each.flat)
            case Line():
                output.append(("\n\n" if each.blank else "\n") + " " * indent)
                column = indent
            case Indent():
                pending.append((indent + each.columns, flat, each.content))
            case Group():
                flat = not is_hard(each.content) and fits(
                    WIDTH - column, (indent, True, each.content), pending
                )
                pending.append((indent, flat, each.content))
            case Either():
                flat = not is_hard(each.flat) and fits(WIDTH - column, (indent, True, each.flat), pending)
                pending.append((indent, flat, each.flat if flat else each.broken))
            case Fill():
                _fill(each.parts, indent, flat, WIDTH - column, pending)
    return "".join(output)


def _fill(parts: list[Document], indent: int, flat: bool, room: int, pending: Pending) -> None:
    """Decides about the first content and the place behind it; the others wait."""
    if not parts:
        return
    content = (indent, not is_hard(parts[0]) and fits(room, (indent, True, parts[0]), []), parts[0])
    if len(parts) == 1:
        pending.append((indent, fits(room, (indent, True, parts[0]), pending), parts[0]))
        return
    place, following = parts[1], parts[2]
    after: Pending = [(indent, flat, Fill(parts[3:]))] if len(parts) > 3 else pending
    both: Document = [parts[0], place, following]
    together = not is_hard(both) and fits(
        room, (indent, True, both), after if len(parts) == 3 else [(0, False, parts[3])]
    )
    pending.append((indent, flat, Fill(parts[2:])))
    pending.append((indent, together, place))
    pending.append(content)
