"""Refresh tokens that name their family (RFC 9700 §4.14.2, S13)."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from console.policy import credentials
from console.policy.refresh_tokens import Named, is_well_formed, make, named, names_family

KEY, OTHER = b"k" * 32, b"o" * 32
LIMIT = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.spec("ASVS 5.0", "11.5.1")
def test_it_has_a_prefix_256_random_bits_and_a_checksum():
    family = uuid4()
    made = {make(family, LIMIT, KEY) for _ in range(200)}

    assert len({value[4:47] for value in made}) == 200
    assert all(re.fullmatch(r"qar_[0-9A-Za-z]{99}", value) for value in made)
    assert all(is_well_formed(value) and names_family(value) for value in made)


@pytest.mark.parametrize(
    "family", [UUID(int=0x48652C6529264487B53ED5778C514403), UUID(int=0), UUID(int=2**128 - 1)], ids=str
)
def test_it_says_which_family_it_is_of_and_until_when_it_lives(family: UUID):
    assert named(make(family, LIMIT, KEY), [OTHER, KEY]) == Named(family, LIMIT)


def test_only_who_has_the_key_makes_one():
    assert named(make(uuid4(), LIMIT, OTHER), [KEY]) is None


def test_cd08_nothing_of_it_can_be_changed():
    value = make(uuid4(), LIMIT, KEY)
    for place in range(len(value)):
        other = "0" if value[place] != "0" else "1"
        changed = value[:place] + other + value[place + 1 :]
        assert not is_well_formed(changed)
        body = changed[: -credentials.CHECKSUM_LENGTH]
        assert named(changed, [KEY]) is None
        # a checksum is no secret
        assert place >= len(body) or named(body + credentials.checksum(body), [KEY]) is None


def test_an_earlier_one_names_nothing_and_stays_good():
    value = credentials.make(credentials.Prefix.REFRESH_TOKEN)
    assert is_well_formed(value)
    assert not names_family(value)
    assert named(value, [KEY]) is None


@pytest.mark.parametrize(
    "value",
    ["", "\0" * 103,
     "\u00e5" * 103, "qar_" + "\uff11" * 99, "qar_" + "\ud800" * 99, "qar_" * 30_000, "qas_" + "0" * 99],
    ids=len,
)  # fmt: skip
def test_it_survives_what_is_no_value_at_all(value: str):
    assert not is_well_formed(value)
    assert named(value, [KEY]) is None
