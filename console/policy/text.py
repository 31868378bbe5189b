"""What people, and programs for them, may write where others read it: any language and emoji, nothing hidden (S2).

Two kinds of text: a *name* is one line with something to see in it; *lines* may be several. What cannot be seen, or
turns the text around it, is refused where somebody can be told. Where nobody can (a log, an audit log), it is kept
spelt out, as `\\u202e`. The properties are those of the Unicode Character Database.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator

from .translation import gettext_noop

LINE_BREAKS = frozenset("\n\t")

# Control characters, private use, lone surrogates, line and paragraph separators.
_REFUSED = frozenset({"Cc", "Co", "Cs", "Zl", "Zp"})
# Format characters that can be seen: the signs that Arabic and its relatives put around numbers.
_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
# Letters and symbols that show nothing: fillers, the empty Braille pattern, a note without a head, an object's place.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U00016fe4\U0001d159")
# Where a character that this Unicode version does not know yet is a new emoji or ideograph, and can be seen.
_NEW = ((0x1F000, 0x1FAFF), (0x20000, 0x3FFFD))
_JOINERS = frozenset("\u200c\u200d")
# Scripts without capitals in which a joiner shows nothing either: how the names of their letters begin.
_NEVER_JOINED = ("HEBREW", "THAI", "LAO", "ETHIOPIC", "GEORGIAN", "CHEROKEE", "CANADIAN", "YI", "VAI")
_VIRAMA = 9  # the combining class of the mark that takes a letter's vowel away
_ORDINALS = frozenset("\u00aa\u00ba")  # Latin letters that have no case
_EMOJI_STYLE = frozenset("\ufe0e\ufe0f")
_STYLED = frozenset("#*0123456789\u203c\u2049\u2139\u3030\u303d")  # that are no symbols, and can be emoji
_MONGOLIAN_VARIANTS = frozenset("\u180b\u180c\u180d\u180e\u180f")
# The flags of England, Scotland and Wales: the only use that tag characters have.
_TAGGED_FLAG = re.compile(
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
    "|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
_MOST_MARKS = 8  # on one letter: more of them cover what stands around it
_SPACES = re.compile(r"[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_IDLE_JOINERS = re.compile(r"(?<!\S)[\u200c\u200d]+|[\u200c\u200d]+(?!\S)")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_SOMETHING = ("L", "N", "S")
_ANYTHING = (*_SOMETHING, "P")

ONE_LINE = gettext_noop("This must be one line.")
HIDDEN = gettext_noop("The text contains an invisible or misleading character, %(code)s: remove it.")
NOTHING = gettext_noop("Enter at least one visible letter, number or symbol.")


class InvalidText(ValueError):
    """A text that may not be kept. `message` is a sentence for the person, to be translated when shown and then filled
    in with `code`, by which they can look up a character that they cannot see."""

    def __init__(self, message: str, character: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = f"U+{ord(character):04X}" if character else ""

    def __str__(self) -> str:
        return self.message % {"code": self.code}


def check_name(text: str) -> None:
    """Raises InvalidText unless it is one line, with something to see in it and nothing hidden."""
    if any(character in LINE_BREAKS or character in "\r\u2028\u2029" for character in text):
        raise InvalidText(ONE_LINE)
    _check_shown(text, _SOMETHING)


def check_lines(text: str) -> None:
    """Raises InvalidText for a text with something hidden in it, or with nothing to see. An empty one is valid."""
    if text:
        _check_shown(text, _ANYTHING, LINE_BREAKS)


def _check_shown(text: str, visible: tuple[str, ...], allowed: Collection[str] = ()) -> None:
    character = next((character for _, character in _hidden(text) if character not in allowed), "")
    if character:
        raise InvalidText(HIDDEN, character)
    if not any(unicodedata.category(c).startswith(visible) or _is_new(c) for c in text):
        raise InvalidText(NOTHING)


def name(text: str) -> str:
    """A name as it is kept: one space between words, of whatever kind they were, and none around them."""
    return _SPACES.sub(" ", _without_idle_joiners(text)).strip()


def lines(text: str) -> str:
    """Several lines as they are kept. Browsers send a line break as two characters; it is kept as one, and counts as
    one. No more than one empty line stands between two that are not."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _without_idle_joiners(_BLANK_LINES.sub("\n\n", text)).strip()


def _without_idle_joiners(text: str) -> str:
    """Without the joiners at the ends of words, but for one that makes another letter, as in Malayalam."""

    def kept(joiners: re.Match[str]) -> str:
        return joiners[0] if len(joiners[0]) == 1 and _ends_word(text, joiners.start()) else ""

    return _IDLE_JOINERS.sub(kept, text)


def is_refused(text: str, allowed: Collection[str] = ()) -> bool:
    """Whether there is a character in it that cannot be seen, or that misleads; `allowed` are exceptions."""
    return any(character not in allowed for _, character in _hidden(text))


def spelt_out(text: str, allowed: Collection[str] = ()) -> str:
    """The text with everything that would be refused spelt out: for where it must be kept, whatever it is."""
    hidden = {place for place, character in _hidden(text) if character not in allowed}
    return (
        "".join(ascii(c)[1:-1] if place in hidden else c for place, c in enumerate(text)) if hidden else text
    )


def one_line(text: str, most: int) -> str:
    """What a stranger wrote, for a line among others: spaces and breaks become one space, the rest is spelt out."""
    return spelt_out(" ".join(text.split()))[:most]


def _hidden(text: str) -> Iterator[tuple[int, str]]:
    """Each character that may not stand where it stands, with its place."""
    if text.isascii() and text.isprintable():
        return
    flags = {place for flag in _TAGGED_FLAG.finditer(text) for place in range(*flag.span())}
    marks = 0
    for place, character in enumerate(text):
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks > _MOST_MARKS or (place not in flags and not _may_stand(text, place)):
            yield place, character


def _may_stand(text: str, place: int) -> bool:
    character = text[place]
    if character in _JOINERS:
        return _joins(text, place)
    if _is_variation(character):
        return _has_variants(text[place - 1] if place else "", character)
    if character in _BLANK or unicodedata.category(character) in _REFUSED:
        return False
    if unicodedata.category(character) == "Cf":
        return character in _SIGNS
    return unicodedata.category(character) != "Cn" or _is_new(character)


def _is_new(character: str) -> bool:
    """Whether it is one of those that a later Unicode version has, and that can be seen. The last two of a plane are
    none."""
    number = ord(character)
    return (
        unicodedata.category(character) == "Cn"
        and number & 0xFFFE != 0xFFFE
        and any(first <= number <= last for first, last in _NEW)
    )


def _joins(text: str, place: int) -> bool:
    """Whether a (non-)joiner does something here: in the scripts that have it, and between the parts of an emoji."""
    if not 0 < place < len(text) - 1 or text[place + 1].isspace():
        return _ends_word(text, place)
    before, after = text[place - 1], text[place + 1]
    if not _can_be_joined(before) or not _can_be_joined(after):
        return False
    emoji = text[place] == "\u200d" and _is_pictograph(after) and not before.isalnum()
    return emoji or _needs_joiners(_base(text, place - 1)) or _needs_joiners(after)


def _ends_word(text: str, place: int) -> bool:
    """Whether a joiner at the end of a word changes how the letter before it is written: it stands after a virama."""
    return (
        place > 0
        and text[place] == "\u200d"
        and unicodedata.combining(text[place - 1]) == _VIRAMA
        and _needs_joiners(_base(text, place - 1))
    )


def _base(text: str, place: int) -> str:
    """What the marks at `place` stand on: a letter with accents has the script of the letter."""
    while place and unicodedata.category(text[place]) in {"Mn", "Mc", "Me"}:
        place -= 1
    return text[place]


def _can_be_joined(character: str) -> bool:
    return unicodedata.category(character)[0] in {"L", "M", "N", "S"} or _is_new(character)


def _needs_joiners(character: str) -> bool:
    """Persian, Indic and other scripts without capitals. An ideograph or a syllable of Korean or kana needs none."""
    if unicodedata.category(character) != "Lo" or character in _ORDINALS:
        return False
    wide = unicodedata.east_asian_width(character) in {"W", "F"}
    return not wide and not unicodedata.name(character, "").startswith(_NEVER_JOINED)


def _is_pictograph(character: str) -> bool:
    return unicodedata.category(character) == "So" or character in "\u2194\u2640\u2642" or _is_new(character)


def _is_variation(character: str) -> bool:
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or character in _MONGOLIAN_VARIANTS
    )


def _has_variants(base: str, selector: str) -> bool:
    """Whether a character can be shown in more ways than one: emoji as text or picture, ideographs, Mongolian."""
    if not base or base in _BLANK:
        return False
    if selector in _EMOJI_STYLE:
        return unicodedata.category(base) in {"So", "Sm"} or base in _STYLED
    if selector in _MONGOLIAN_VARIANTS:
        return "\u1820" <= base <= "\u18aa"
    return unicodedata.category(base) == "Lo" and unicodedata.east_asian_width(base) == "W"
