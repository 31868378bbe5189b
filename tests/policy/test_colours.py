"""One colour becomes readable everywhere: every ninth of each channel is tried, and thousands at random (WCAG 2.2)."""

import random
from itertools import product

import pytest

from console.policy import colours
from console.policy.colours import BLACK, DARK_GROUNDS, LIGHT_GROUNDS, WHITE, contrast

CHANNEL = range(0, 256, 17)
GRID = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product(CHANNEL, repeat=3)]
ANY = random.Random(22)  # noqa: S311  nothing secret
AT_RANDOM = [f"#{ANY.randrange(1 << 24):06x}" for _ in range(3000)]
EVERY = [*GRID, *AT_RANDOM]


@pytest.mark.spec("WCAG 2.2", "1.4.3")
@pytest.mark.parametrize(("one", "other", "ratio"), [
    (BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ("#777777", WHITE, 4.48), ("#767676", WHITE, 4.54),
    ("#0000ff", WHITE, 8.59), ("#ff0000", BLACK, 5.25),
])  # fmt: skip
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(one, other) == contrast(other, one)


@pytest.mark.spec("WCAG 2.2", "1.4.3")
@pytest.mark.parametrize("shades", [colours.on_light, colours.on_dark])
def test_whatever_is_chosen_can_be_read(shades):
    grounds = LIGHT_GROUNDS if shades is colours.on_light else DARK_GROUNDS
    for colour in EVERY:
        made = shades(colour)
        assert contrast(made.accent, made.on_accent) >= 4.5, colour
        assert contrast(made.hover, made.on_accent) >= 4.5, colour
        for ground in (*grounds, made.soft):
            assert contrast(made.text, ground) >= 4.5, (colour, ground)
        assert contrast(made.edge or made.accent, grounds[0]) >= 3, colour


@pytest.mark.spec("WCAG 2.2", "1.4.3")
def test_ordinary_text_can_be_read_on_the_tinted_ground():
    for colour in EVERY:
        assert contrast("#555861", colours.on_light(colour).soft) >= 4.5, colour
        assert contrast("#abadb6", colours.on_dark(colour).soft) >= 4.5, colour


def test_a_colour_that_can_be_read_is_shown_as_it_was_chosen():
    for colour in EVERY:
        assert colours.on_light(colour).accent == colour
        if contrast(colour, WHITE) >= 4.5:
            assert colours.on_light(colour).on_accent == WHITE
    assert colours.on_light("#1d4ed8").text == "#1d4ed8"
    assert colours.on_light("#ffdd00").on_accent == BLACK
    assert colours.on_dark("#000000").accent != BLACK


@pytest.mark.parametrize(("written", "kept"), [
    ("#1D4ED8", "#1d4ed8"), ("1d4ed8", "#1d4ed8"), (" #abc ", "#aabbcc"), ("FfF", "#ffffff"),
])  # fmt: skip
def test_how_a_colour_may_be_written(written: str, kept: str):
    assert colours.parsed(written) == kept


@pytest.mark.parametrize("written", [
    "", "#", "red", "#12345", "#1234567", "#12345g", "rgb(1,2,3)", "#fff;}", "#١٢٣٤٥٦", "#fff\n#fff", "##ffffff",
])  # fmt: skip
def test_what_is_no_colour_is_refused(written: str):
    with pytest.raises(colours.InvalidColour):
        colours.parsed(written)
