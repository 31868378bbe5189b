"""JSON that has one meaning, for the protocol and for the REST API alike."""

import pytest

from console.policy.strict_json import MAX_DEPTH, InvalidJSON, decode


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (
            b'{"a": [1, -2.5e3, true, null, "\xc3\xa5 \\ud83d\\ude42"]}',
            {"a": [1, -2500.0, True, None, "å 🙂"]},
        ),
        (b' "x" ', "x"),
        (b'{"a": {"b": 1}, "b": {"a": 1}}', {"a": {"b": 1}, "b": {"a": 1}}),
        ("[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1), [[[[[[[1]]]]]]]),
    ],
)
def test_it_reads_what_has_one_meaning(sent: bytes | str, value: object):
    assert decode(sent) == value


@pytest.mark.spec("RFC 8259", "4")
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"", "The body is not JSON in UTF-8."),
        (b"{} {}", "The body is not JSON in UTF-8."),
        (b'"\xff"', "The body is not JSON in UTF-8."),
        (b"\xef\xbb\xbf{}", "The body is not JSON in UTF-8."),
        (b'"\x00"', "The body is not JSON in UTF-8."),
        (b"9" * 5000, "The body is not JSON in UTF-8."),
        (b"[NaN]", "NaN is not a number in JSON."),
        (b"-Infinity", "-Infinity is not a number in JSON."),
        (b"1e999", "A number is too large."),
        (b"[-1e999]", "A number is too large."),
        (b'{"a": 1, "\\u0061": 1}', "Duplicate member: a."),
        (b'[{"b": {"a": 1, "a": 1}}]', "Duplicate member: a."),
        (b'{"' + b"x" * 99 + b'": 1, "' + b"x" * 99 + b'": 1}', f"Duplicate member: {'x' * 50}."),
        (rb'["\u0000"]', "A text contains a NUL character."),
        (rb'{"\u0000": 1}', "A text contains a NUL character."),
        (rb'"\udc00"', "A text contains half a surrogate pair."),
        (rb'{"\ud800": 1, "\ud800": 1}', "A text contains half a surrogate pair."),
        (b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH, "The body is nested too deeply."),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "The body is nested too deeply."),
        (b"[" * 30_000 + b"]" * 30_000, "The body is nested too deeply."),
    ],
)
def test_it_refuses_anything_else_in_a_sentence(sent: bytes, sentence: str):
    with pytest.raises(InvalidJSON) as refused:
        decode(sent)
    assert str(refused.value) == sentence
    assert "x" * 20 not in refused.value.kind
