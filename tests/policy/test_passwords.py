"""Which passwords are too easy to guess (ASVS 6.2.4, 6.2.5, 6.2.11)."""

import time

import pytest

from console.policy.passwords import MIN_LENGTH, Weakness, weakness

ALICE = ["alice.andersson@acme.example", "Alice Andersson", "Acme AB", "acme", "acme.eu.example.com"]
EASY = {
    Weakness.REPEATED: ["aaaaaaaaaaaa", "abcabcabcabc", "åäöåäöåäöåäö", "            ", "letmeinletmein", "!" * 4096],
    Weakness.IN_A_ROW: ["abcdefghijklmn", "98765432109876", "zyxwvutsrqponm"],
    Weakness.COMMON: [
        "123456789012", "letmein12345", "password1234", "Password2026!", "P@ssw0rd1234", "qwertyuiopas", "1q2w3e4r5t6y",
        "zaq1xsw2cde3", "!QAZ2wsx#EDC", "iloveyou2024!", "footballfan99", "Admin1234567!", "changeme2026!",
        "trustno1trustno1!", "monkeydragon12", "20261128abcd", "Sommar2026!!", "Hösten-2026!", "Hosten2026!!",
        "Vinter2025/2026", "lösenord1234", "L0senord!234", "Välkommen123!", "valkommen1234", "Stockholm2026!",
        "Djurgården1891", "sommar sommar", "Midsommar2026", "NyttLösenord1!", "asdfghjklöäå", "  password  ",
        "password" * 500, "Qlik12345678!", "nosssredna2026",
    ],
    Weakness.PERSONAL: [
        "alice.andersson@acme.example", "AliceAndersson1", "alice1985alice", "Andersson2026!", "acmeacme2026",
        "Acme-AB-2026!", "qlikauth2026", "alice.acme.1", "acme.eu.example.com",
    ],
}  # fmt: skip
HARD = [
    "correct horse battery staple", "another long password", "grönkatt7blåmåne", "kyrkogata trumpet", "xK9-fLq2Vb7z",
    "vjqzhpwmtkxd", "837465019283746501", "fraktur-vedbod-ananas",
    "a" * 60 + "kyrkogata trumpet grönkatt", "kyrkogata trumpet grönkatt" + "a" * 60,
    "sommar 83749 lykta", "alice keeps purple umbrellas", "\N{SNOWMAN}\N{PILE OF POO}gul lampa tre",
]  # fmt: skip


@pytest.mark.spec("ASVS 5.0", "6.2.4")
@pytest.mark.parametrize(
    "password", [each for passwords in EASY.values() for each in passwords], ids=lambda each: ascii(each)[:40]
)
def test_it_refuses_what_is_tried_first(password):
    assert len(password) >= MIN_LENGTH
    assert weakness(password, ALICE) is not None


@pytest.mark.parametrize("found", [Weakness.REPEATED, Weakness.IN_A_ROW, Weakness.PERSONAL])
def test_it_says_why(found):
    for password in EASY[found]:
        assert weakness(password, ALICE) is found, password


@pytest.mark.parametrize("password", HARD, ids=lambda each: ascii(each)[:40])
@pytest.mark.spec("ASVS 5.0", "6.2.5")
def test_it_takes_what_is_not_whatever_characters_it_has(password):
    assert weakness(password, ALICE) is None


def test_what_is_known_of_one_person_is_not_held_against_another():
    assert weakness("Andersson-tornado-8", ["mallory@globex.example", "Mallory"]) is None
    assert weakness("globexmallory", ["mallory@globex.example"]) is Weakness.PERSONAL
    assert weakness("globexmallory", ALICE) is not Weakness.PERSONAL


@pytest.mark.parametrize(
    "about", [[], [""], ["ab"], ["!"], ["å" * 255], ["<script>"] * 50], ids=lambda about: ascii(about)[:20]
)
def test_it_copes_with_whatever_a_name_is(about):
    assert weakness("kyrkogata trumpet", about) is None


@pytest.mark.parametrize(
    "part", ["4@8({[<369€!|1$5+7%20", "p4$$w0rd", "()", "a4@", "å1", "\N{PILE OF POO}", "\0"]
)
def test_it_is_done_in_a_moment_however_long_and_odd_the_password_is(part):
    began = time.process_time()
    weakness((part * 4096)[:4096], ALICE)

    assert time.process_time() - began < 1
