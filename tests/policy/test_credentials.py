"""Values that are made, recognised and kept: client IDs, secrets, codes, refresh tokens (S13, ASVS 11.5.1)."""

import re

import pytest

from console.policy import credentials
from console.policy.credentials import Prefix, digest, hint, is_well_formed, make, make_client_id

KEY = b"k" * 32


@pytest.mark.spec("ASVS 5.0", "11.5.1")
@pytest.mark.parametrize("prefix", Prefix)
def test_it_has_a_prefix_256_random_bits_and_a_checksum(prefix):
    made = {make(prefix) for _ in range(200)}

    assert len(made) == 200
    assert all(re.fullmatch(rf"{prefix}[0-9A-Za-z]{{49}}", value) for value in made)
    assert all(is_well_formed(value, prefix) for value in made)
    assert len(credentials.ALPHABET) ** credentials.RANDOM_LENGTH >= 2**256


@pytest.mark.parametrize("prefix", Prefix)
def test_cd08_it_knows_a_changed_value_by_its_checksum(prefix):
    value = make(prefix)
    for place in range(len(value)):
        other = "0" if value[place] != "0" else "1"
        assert not is_well_formed(value[:place] + other + value[place + 1 :], prefix)
    for changed in (
        value[:-1],
        value[1:],
        value + "0",
        value.swapcase(),
        value.upper(),
        f" {value}",
        f"{value}\n",
        "",
    ):
        assert not is_well_formed(changed, prefix)


def test_it_does_not_take_one_kind_for_another():
    for made in Prefix:
        for asked in Prefix:
            assert is_well_formed(make(made), asked) is (made is asked)


@pytest.mark.parametrize(
    "value",
    ["\0" * 53, "\u00e5" * 53, "qas_" + "\uff11" * 49, "qas_" + "\ud800" * 49, "qas_" * 30_000],
    ids=len,
)
def test_it_survives_what_is_no_value_at_all(value):
    assert not is_well_formed(value, Prefix.CLIENT_SECRET)


def test_a_client_id_is_32_hexadecimal_characters_and_never_a_user_id():
    ids = {make_client_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(re.fullmatch(r"[0-9a-f]{32}", client_id) for client_id in ids)


def test_a_hint_gives_away_no_randomness():
    secret = make(Prefix.CLIENT_SECRET)

    assert hint(secret) == secret[-5:]
    assert credentials.HINT_LENGTH < credentials.CHECKSUM_LENGTH


def test_a_digest_depends_on_the_value_and_the_key():
    value = make(Prefix.CLIENT_SECRET)

    assert digest(value, KEY) == digest(value, KEY)
    assert len({digest(value, KEY), digest(value, b"x" * 32), digest(make(Prefix.CLIENT_SECRET), KEY)}) == 3
    assert value not in digest(value, KEY)
    assert not is_well_formed(digest(value, KEY), Prefix.CLIENT_SECRET)
