"""How a redirect URL that was asked for differs from one that is registered, part by part (N4).

Redirect URLs are compared character by character (RFC 9700 §4.1.3), so the difference is often a single one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

# RFC 3986, appendix B: it takes any text apart, whatever a stranger wrote.
_PARTS = re.compile(r"(?:([^:/?#]+:))?(//)?((?(2)[^/?#]*|))([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_PORT = re.compile(r":[0-9]*$")
_WEIGHTS = {"scheme": 2, "host": 8, "port": 1, "path": 4, "query": 1, "fragment": 1}


class Said(StrEnum):
    """What there is to say of a difference."""

    HTTP = "http"  # http is asked, https registered
    SCHEME = "scheme"
    HOST = "host"
    HOST_CASE = "host_case"
    PORT = "port"
    SLASH_MORE = "slash_more"
    SLASH_LESS = "slash_less"
    PATH_CASE = "path_case"
    PATH = "path"
    QUERY_MORE = "query_more"
    QUERY_LESS = "query_less"
    QUERY = "query"
    FRAGMENT = "fragment"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of one of the two addresses; `differs` if the other one does not have them there."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Two addresses, each cut into pieces, and what differs, in the order in which it stands in them."""

    asked: tuple[Piece, ...]
    registered: tuple[Piece, ...]
    said: tuple[Said, ...]


def parts_of(url: str) -> dict[str, str]:
    """The parts of an address by name; together they are the address. Takes any text."""
    found = _PARTS.match(url)
    parts = found.groups(default="") if found else ("", "", "", url, "", "")
    scheme, slashes, authority, path, query, fragment = parts
    port = _PORT.search(authority)
    host = authority[: port.start()] if port else authority
    return {
        "scheme": scheme + slashes,
        "host": host,
        "port": port[0] if port else "",
        "path": path,
        "query": query,
        "fragment": fragment,
    }


def nearest(asked: str, registered: Iterable[str]) -> str | None:
    """The registered address that is most like the one asked for; None if there is none."""
    return max(registered, key=lambda each: _likeness(parts_of(asked), parts_of(each)), default=None)


def compare(asked: str, registered: str) -> Difference:
    """What differs between the address that was asked for and one that is registered."""
    mine, theirs = parts_of(asked), parts_of(registered)
    left: list[Piece] = []
    right: list[Piece] = []
    said: list[Said] = []
    for name in _WEIGHTS:
        if mine[name] == theirs[name]:
            left.append(Piece(mine[name], differs=False))
            right.append(Piece(theirs[name], differs=False))
        else:
            left += _cut(mine[name], theirs[name])
            right += _cut(theirs[name], mine[name])
            said.append(_say(name, mine[name], theirs[name]))
    return Difference(_joined(left), _joined(right), tuple(said))


def _likeness(mine: dict[str, str], theirs: dict[str, str]) -> tuple[int, int]:
    """Equal parts first, then equal characters at both ends of what differs."""
    equal = sum(weight for name, weight in _WEIGHTS.items() if mine[name].lower() == theirs[name].lower())
    alike = sum(sum(_ends(mine[name], theirs[name])) for name in ("host", "path"))
    return equal, alike


def _ends(one: str, other: str) -> tuple[int, int]:
    """How many characters are the same from the beginning, and how many of the rest from the end."""
    begin = _same(one, other)
    return begin, _same(one[begin:][::-1], other[begin:][::-1])


def _same(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _cut(text: str, other: str) -> list[Piece]:
    begin, end = _ends(text, other)
    middle = text[begin : len(text) - end]
    return [Piece(text[:begin], False), Piece(middle, True), Piece(text[len(text) - end :], False)]


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Without empty pieces, and neighbours of one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.text and joined and joined[-1].differs == piece.differs:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.differs)
        elif piece.text:
            joined.append(piece)
    return tuple(joined)


def _say(name: str, mine: str, theirs: str) -> Said:
    match name:
        case "scheme":
            return Said.HTTP if (mine, theirs) == ("http://", "https://") else Said.SCHEME
        case "host":
            return Said.HOST_CASE if mine.lower() == theirs.lower() else Said.HOST
        case "port":
            return Said.PORT
        case "path":
            return _of_path(mine, theirs)
        case "query":
            return Said.QUERY_MORE if not theirs else Said.QUERY if mine else Said.QUERY_LESS
        case _:
            return Said.FRAGMENT


def _of_path(mine: str, theirs: str) -> Said:
    if mine == f"{theirs}/":
        return Said.SLASH_MORE
    if theirs == f"{mine}/":
        return Said.SLASH_LESS
    return Said.PATH_CASE if mine.lower() == theirs.lower() else Said.PATH
