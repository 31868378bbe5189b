"""The order of names that people expect."""

import pytest

from console.policy.natural_order import LENGTH, natural_key

IN_ORDER = [
    "",
    "007",
    "8 a",
    "10",
    "2026-2",
    "2026-10",
    "[test] app",
    "app",
    "App 2",
    "app 10",
    "app 10 b",
    "app 100",
    "Élan",
    "Elba",
    "zeta",
    "Åkeri",
    "Ämne",
    "Ærlig",
    "Öl",
    "Österåker",
    "日本語",
    "🚀",
]


def test_names_are_in_the_order_of_people():
    mixed = IN_ORDER[1::2] + IN_ORDER[::2]

    assert sorted(mixed, key=natural_key) == IN_ORDER


@pytest.mark.parametrize(
    "name", ["x" * 512, "9" * 512, "🚀" * 512, "Å\N{COMBINING ACUTE ACCENT}" * 300, "ﷺ" * 512]
)
def test_a_key_has_a_length_that_is_known_and_letters_that_every_database_sorts_alike(name: str):
    key = natural_key(name)

    assert 0 < len(key) <= LENGTH
    assert set(key) <= set("0123456789abcdef")


def test_case_width_and_spaces_around_it_decide_nothing():
    assert natural_key("  Straße ") == natural_key("STRASSE")
    assert natural_key("\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{FULLWIDTH DIGIT ONE}") == natural_key("a1")
    assert natural_key("A\N{COMBINING RING ABOVE}r") == natural_key("år")
