"""What people may write: any language and emoji, and nothing hidden (S2)."""

import pytest

from console.policy import text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

WRITTEN = [
    "Åsa Öberg & Co. \u2013 «AB» …",
    "O\u2019Brien",
    "\u0645\u062d\u0645\u062f \u0639\u0644\u06cc",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: a non-joiner inside a word
    "PDF\u200c\u0647\u0627",
    "क्‍ष",  # Devanagari: a joiner after a virama
    "র‍্যাব",  # Bengali: a joiner before one
    "שָׁלוֹם",
    "ไทย",
    "Việt",
    "a\u0301",
    "한국",
    "日本\u3000株式会社",
    "葛\U000e0100城",  # an ideograph in another form
    "ᠮᠣ\u180bᠩ",
    "\u0600\u0661\u0662\u0663",  # a sign around a number, which can be seen
    FAMILY,
    SCOTLAND,
    "🏳️‍🌈 ❤️‍🔥 👩🏽‍💻 🧑‍⚕️ 🏴‍☠️ 👁️‍🗨️ 🧔‍♂️ 🐈‍⬛",
    "1️⃣ ©️ \u2139\ufe0f ‼️ ↔️ 〰️",
    "🙂\u200d\u2194\ufe0f 🙂\u200d\u2195\ufe0f",  # shakes, and nods
    "〽️ a",
    "र्\u200cय \u0d28\u0d4d\u200d",  # behind a mark on a letter of a script that has joiners
    "🇸🇪",
    "\U0001fae8",  # newer than this Unicode version
    "\U0001fae8\u200d\U0001f525",
    "\u2211 ½ ²",
]
HIDDEN = [
    *"\0\x07\x08\x1b\x7f\x85\x9b",  # control characters
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",  # direction
    *"\u200b\u2060\u2061\u2064\ufeff\u00ad\u180e\u034f",  # nothing
    *"\u115f\u1160\u3164\uffa0\u17b4\u2800\U0001d159\ufffc",  # letters and symbols that show nothing
    *"\U000e0001\U000e0061\U000e007f\U000e0fff",  # tags
    *"\ufe00\ufe0f\U000e0100\u180b",  # variations of nothing
    *"\u200c\u200d",  # joiners between letters that have none
    *"\ufff9\ufffb\U0001d173\U0001bca0\u206a\U00013437",
    *"\ue000\U000f0000\U0010fffd",  # private use
    *"\ud800\udfff",  # half a pair
    *"\u2028\u2029",
    *"\ufdd0\ufffe\uffff\U0001fffe\U0002ffff\u0378\u2065\ufff0\U000e0fff",  # no characters
]


@pytest.mark.parametrize("written", WRITTEN, ids=ascii)
def test_every_language_and_emoji_may_be_written(written: str):
    assert text.name(written).replace(" ", "") == "".join(written.split())
    text.check_name(text.name(written))
    text.check_lines(text.lines(f"{written}\n{written}"))
    assert text.spelt_out(written) == written


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
def test_nothing_hidden_may_be(character: str):
    for written in (f"Acme{character}Portal", f"日本{character}株"):
        if character in "\ufe00\U000e0100" and "日" in written:  # which has other forms
            continue
        for check in (text.check_name, text.check_lines):
            with pytest.raises(text.InvalidText):
                check(written)
        shown = text.spelt_out(written)
        assert character not in shown
        assert ascii(character)[1:-1] in shown


@pytest.mark.parametrize("written", ["a\nb", "a\r\nb", "a\tb", "a\u2028b"])
def test_a_name_is_one_line(written: str):
    with pytest.raises(text.InvalidText, match="one line"):
        text.check_name(written)


def test_several_lines_may_have_line_breaks_and_tabs():
    text.check_lines("a\n\tb")
    text.check_lines("")


@pytest.mark.parametrize("written", ["", "…", "!?", "- \u2013 \u2014", "\u0301"])
def test_a_name_has_something_to_see(written: str):
    with pytest.raises(text.InvalidText, match="at least one visible letter, number or symbol"):
        text.check_name(written)


@pytest.mark.parametrize("written", ["?", "…", "№", "1", "😀", "ᚠ"])
def test_a_sentence_may_be_a_mark(written: str):
    text.check_lines(written)


def test_it_names_the_character_that_nobody_sees():
    with pytest.raises(text.InvalidText) as refused:
        text.check_name("Acme\u202e")
    assert "U+202E" in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "\U0001f3f4\U000e0067\U000e0062\U000e0061\U000e007f",  # a flag that there is not
        SCOTLAND + "\U000e0067",
        "👍\u200d👍\u200d\u200d👍",
        "ab\ufe0fc",
        "e\u0301\u200cx",  # a Latin letter has no joiners, whatever stands on it
        "e\u0301\u200dx",
        "a\u064e\u200cb",
        "\u05d0\u200c\u05d1",  # and neither have Hebrew, Thai, Lao, Ethiopic and Georgian
        "\u05d0\u05b8\u200d\u05d1",
        "\u0e44\u0e17\u200c\u0e22",
        "\u0e81\u200d\u0e82",
        "\u1200\u200c\u1201",
        "\u10d0\u200c\u10d1",
        "1\u00ba\u200c2",
        "x" + "\u0301" * 9,  # marks that cover what stands above
        "\u0645\u06cc\u200c\u200c\u062e\u0648\u0627\u0647\u0645",
    ],
    ids=ascii,
)
def test_what_is_right_in_one_place_is_not_in_another(written: str):
    with pytest.raises(text.InvalidText):
        text.check_name(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Acme   AB ", "Acme AB"),
        ("Acme\u00a0\u2003\u3000AB", "Acme AB"),
        ("Acme\u200c", "Acme"),
        ("\u200dAcme \u200c AB", "Acme AB"),
        ("\u200b", "\u200b"),
    ],
    ids=ascii,
)
def test_the_spaces_of_a_name_are_one_each(written: str, kept: str):
    assert text.name(written) == kept


def test_lines_are_kept_as_lines():
    assert text.lines(" a\r\nb\rc\n\n\n \n\nd  e ") == "a\nb\nc\n\nd  e"


def test_what_must_be_kept_is_spelt_out_and_short():
    assert text.spelt_out("a\x1b[31m\u202e\ud800b") == "a\\x1b[31m\\u202e\\ud800b"
    assert text.spelt_out("a\nb", text.LINE_BREAKS) == "a\nb"
    assert text.one_line(" a\r\n b\x07" + "c" * 99, 10) == "a b\\x07ccc"
