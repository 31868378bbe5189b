"""One colour of an organisation, made into all that a page needs of it, in light and dark, each pair readable.

Contrast is that of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio): at least 4.5:1 for text, 3:1 for what
is only looked at. The colour itself is shown as it was chosen wherever that can be read; elsewhere it is made darker or
lighter until it can.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from .translation import gettext_noop

WHITE, BLACK = "#ffffff", "#000000"
FOR_TEXT = 4.5
FOR_SHAPES = 3.0
# What lies under the colour on our pages (static/css/tokens.css):
# the surface, and the one that differs most from it.
LIGHT_GROUNDS = ("#ffffff", "#f1efeb")
DARK_GROUNDS = ("#15171e", "#21232c")
HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
STEPS = 50  # from a colour to black or white
SOFT_LIGHT, SOFT_DARK = 0.08, 0.16  # how much of the colour is in a ground that is only tinted
HOVER = 0.12  # how far a button moves from its text under a pointer

NOT_A_COLOUR = gettext_noop("Enter a colour as # and six digits, such as #1d4ed8.")


class InvalidColour(ValueError):
    """What was entered is no colour. `message` is a sentence for the person, to be translated when shown."""

    message = NOT_A_COLOUR


class Shades(NamedTuple):
    """A colour on one kind of page, light or dark; each is `#rrggbb`."""

    accent: str  # the ground of a button
    hover: str
    on_accent: str  # the text on it: black or white
    edge: str  # the border of a button, if it does not stand out by itself; "" if it does
    text: str  # of a link
    soft: str  # a tinted ground
    line: str  # a tinted border


def parsed(written: str) -> str:
    """The colour as `#rrggbb`, from `#RRGGBB` or `#RGB`, with or without #. Raises InvalidColour."""
    found = HEX.fullmatch(written.strip())
    if found is None:
        raise InvalidColour
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, from 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How well one can be told from the other, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """The text on this ground: white if it can be read, else black. One of the two always has 4.5:1."""
    return WHITE if contrast(colour, WHITE) >= FOR_TEXT else BLACK


def on_light(colour: str) -> Shades:
    """The colour on light pages."""
    return _shades(colour, colour, LIGHT_GROUNDS, towards=BLACK, soft=SOFT_LIGHT)


def on_dark(colour: str) -> Shades:
    """The colour on dark pages: a button that would be lost in the dark is made lighter."""
    accent = _until(colour, WHITE, DARK_GROUNDS, FOR_SHAPES)
    return _shades(colour, accent, DARK_GROUNDS, towards=WHITE, soft=SOFT_DARK)


def _shades(colour: str, accent: str, grounds: tuple[str, ...], *, towards: str, soft: float) -> Shades:
    ink = ink_on(accent)
    tinted = mixed(grounds[0], colour, soft)
    edge = mixed(accent, towards, 0.5) if contrast(accent, grounds[0]) < FOR_SHAPES else ""
    return Shades(
        accent=accent,
        hover=mixed(accent, BLACK if ink == WHITE else WHITE, HOVER),
        on_accent=ink,
        edge=edge,
        text=_until(colour, towards, (*grounds, tinted), FOR_TEXT),
        soft=tinted,
        line=mixed(grounds[0], colour, 0.4),
    )


def mixed(one: str, other: str, part: float) -> str:
    """`one` with `part` (0 to 1) of `other` in it."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def _until(colour: str, towards: str, grounds: Iterable[str], enough: float) -> str:
    """The colour, moved towards black or white until it stands out from all these grounds."""
    known = list(grounds)
    steps = (mixed(colour, towards, step / STEPS) for step in range(STEPS + 1))
    return next(made for made in steps if all(contrast(made, ground) >= enough for ground in known))


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
