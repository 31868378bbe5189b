"""Texts that people write, and programs for them: any script and emoji, nothing that a person cannot see (S2)."""

import unicodedata
from collections.abc import Collection

# Control characters, line and paragraph separators and lone surrogates have no place in a line of text.
REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs"})
# These turn the text around them the other way: a name could read as another one on the consent page.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# A text of nothing but these shows nothing. What this Unicode version does not know yet may well be a new emoji.
INVISIBLE = REFUSED | {"Cf", "Zs", "Mn", "Me"}
LINE_BREAKS = frozenset("\n\t")


def lines(text: str) -> str:
    """Several lines. Browsers send a line break as two characters; it is kept as one, and counts as one."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_refused(text: str, allowed: Collection[str] = ()) -> bool:
    """Whether there is a character in it that cannot be shown, or that misleads; `allowed` are exceptions."""
    return any(c not in allowed and (c in TURNING or unicodedata.category(c) in REFUSED) for c in text)


def shows_nothing(text: str) -> bool:
    """Whether no character of it can be seen."""
    return all(unicodedata.category(c) in INVISIBLE for c in text)
