"""Which passwords are too easy to guess (ASVS 6.2.4, 6.2.11). No rule says which characters one must have (6.2.5).

zxcvbn estimates how many guesses somebody needs who tries common passwords, words, names, rows of keys, dates,
repetitions and the usual letters in disguise first. It knows tens of thousands of leaked passwords and English words;
the Swedish ones, and what is known of the person, are ours.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum

from zxcvbn_rs_py import Warning as Pattern
from zxcvbn_rs_py import zxcvbn

from .swedish_words import WORDS
from .translation import gettext_noop

MIN_LENGTH = 12
ENOUGH = 10  # powers of ten: ten thousand million guesses
TELLING = 2  # so many powers of ten easier for who knows the person: that is the reason to tell
# The estimate takes a quarter of a second for 72 hostile characters, and a sixtieth for these.
LOOKED_AT = 40
DECORATION = 10  # what people put before and after a word: a year, a date, a few digits and signs
PRODUCT = ("qlikauth", "qlik", "oauth")
REPEATED = re.compile(r"^(.+?)\1+$")
NOT_A_LETTER = re.compile(r"[\W\d_]+")


class Weakness(Enum):
    """Why a password is easy to guess, in a sentence that names none of it."""

    COMMON = gettext_noop(
        "This password is easy to guess: it is a common one, or a common word with little added to it."
    )
    PERSONAL = gettext_noop(
        "This password is easy to guess: it is made of your name, your email address or the name of your organisation."
    )
    REPEATED = gettext_noop("This password is easy to guess: it repeats the same characters.")
    IN_A_ROW = gettext_noop(
        "This password is easy to guess: it is a sequence of characters or of neighbouring keys."
    )


REPETITIONS = (
    Pattern.RepeatsLikeAaaAreEasyToGuess,
    Pattern.RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
)
ROWS = (
    Pattern.SequencesLikeAbcAreEasyToGuess,
    Pattern.StraightRowsOfKeysAreEasyToGuess,
    Pattern.ShortKeyboardPatternsAreEasyToGuess,
)


def weakness(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """Why `password` is easy to guess, or None if it is not. `about`: names and addresses that belong to the person."""
    personal = _words([*about, *PRODUCT])
    words = _words_with_little_else(password)
    if words and set(words) <= set(personal):
        return Weakness.PERSONAL
    if "".join(words) in SWEDISH:
        return Weakness.COMMON
    ends = {password[:LOOKED_AT], password[-LOOKED_AT:]}
    found = [_weakness_of(end, personal) for end in ends]
    return None if None in found else found[0]


def _weakness_of(part: str, personal: list[str]) -> Weakness | None:
    known = zxcvbn(part, [*personal, *SWEDISH])
    if known.guesses_log10 >= ENOUGH:
        return None
    if zxcvbn(part, SWEDISH).guesses_log10 >= known.guesses_log10 + TELLING:
        return Weakness.PERSONAL
    pattern = known.feedback.warning if known.feedback else None
    if pattern in REPETITIONS:
        return Weakness.REPEATED
    return Weakness.IN_A_ROW if pattern in ROWS else Weakness.COMMON


def _words(texts: Iterable[str]) -> list[str]:
    """Every text, and the words in it, as a password may have them. Two letters are no word."""
    found: dict[str, None] = {}
    for text in texts:
        whole = unicodedata.normalize("NFC", text).lower()
        words = [word for word in NOT_A_LETTER.split(whole) if word]
        for word in (whole, *words, "".join(words)):
            found |= dict.fromkeys(spelling for spelling in (word, _plain(word)) if len(spelling) > 2)
    return list(found)


def _plain(word: str) -> str:
    """Without the dots and rings: many keyboards have none."""
    return "".join(
        letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter)
    )


def _words_with_little_else(password: str) -> list[str]:
    """The words in `password`, each once; none if there is more than a little before, after and between them."""
    folded = unicodedata.normalize("NFC", password[: 4 * LOOKED_AT]).lower()
    words = [part for part in NOT_A_LETTER.split(folded) if len(part) > 2]
    if len(folded) - sum(map(len, words)) > DECORATION:
        return []
    return list(dict.fromkeys(REPEATED.sub(r"\1", word) for word in words))


SWEDISH = _words(WORDS)
