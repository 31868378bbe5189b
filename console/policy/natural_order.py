"""The order in which people expect names: number 2 before number 10, and å, ä, ö after z as in Swedish."""

import re
import unicodedata

LENGTH = 128  # of a key: what is kept of a name decides unless two are equal for some sixty letters
DIGITS = re.compile(r"[0-9]+")
LONGEST_NUMBER = 99  # digits
# The three letters after z, and those of other languages that Swedish sorts with them. What stands right behind z in
# Unicode is free for them: as themselves braces are signs like any other.
LETTERS = str.maketrans(
    {"{": "(", "|": "(", "}": "(", "~": "("} | {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"}
)


def natural_key(name: str) -> str:
    """A text that sorts as `name` should, in the order of its characters: "" for a name without any.

    It has digits and the letters a to f only, so that every database sorts it alike, whatever its language.
    """
    composed = unicodedata.normalize("NFKC", name).casefold().strip()
    plain = "".join(map(_plain, composed.translate(LETTERS)))
    return DIGITS.sub(_number, plain).encode()[: LENGTH // 2].hex()


def _plain(letter: str) -> str:
    """The letter without an accent, which decides nothing."""
    return unicodedata.normalize("NFD", letter)[0]


def _number(digits: re.Match[str]) -> str:
    """Its length before the number: longer ones are greater."""
    number = (digits[0].lstrip("0") or "0")[:LONGEST_NUMBER]
    return f"{len(number):02}{number}"
