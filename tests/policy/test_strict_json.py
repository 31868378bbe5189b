"""JSON that has one meaning, for the protocol and for the REST API alike."""

import pytest

from console.policy.reasons import Reason
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
    ("sent", "sentence", "reason"),
    [
        (b"", "The body is not JSON in UTF-8.", Reason.NOT_JSON),
        (b"{} {}", "The body is not JSON in UTF-8.", Reason.NOT_JSON),
        (b'"\xff"', "The body is not JSON in UTF-8.", Reason.NOT_JSON),
        (b"\xef\xbb\xbf{}", "The body is not JSON in UTF-8.", Reason.NOT_JSON),
        (b'"\x00"', "The body is not JSON in UTF-8.", Reason.NOT_JSON),
        (b"9" * 5000, "The body is not JSON in UTF-8.", Reason.NOT_JSON),
        (b"[NaN]", "NaN is not a number in JSON.", Reason.JSON_NUMBER_UNKNOWN),
        (b"-Infinity", "-Infinity is not a number in JSON.", Reason.JSON_NUMBER_UNKNOWN),
        (b"1e999", "A number is too large.", Reason.JSON_NUMBER_TOO_LARGE),
        (b"[-1e999]", "A number is too large.", Reason.JSON_NUMBER_TOO_LARGE),
        (b'{"a": 1, "\\u0061": 1}', "Duplicate member: a.", Reason.JSON_MEMBER_REPEATED),
        (b'[{"b": {"a": 1, "a": 1}}]', "Duplicate member: a.", Reason.JSON_MEMBER_REPEATED),
        (
            b'{"' + b"x" * 99 + b'": 1, "' + b"x" * 99 + b'": 1}',
            f"Duplicate member: {'x' * 50}.",
            Reason.JSON_MEMBER_REPEATED,
        ),
        (rb'["\u0000"]', "A text contains a NUL character.", Reason.NUL_CHARACTER),
        (rb'{"\u0000": 1}', "A text contains a NUL character.", Reason.NUL_CHARACTER),
        (rb'"\udc00"', "A text contains half a surrogate pair.", Reason.JSON_HALF_A_SURROGATE_PAIR),
        (
            rb'{"\ud800": 1, "\ud800": 1}',
            "A text contains half a surrogate pair.",
            Reason.JSON_HALF_A_SURROGATE_PAIR,
        ),
        (
            b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH,
            "The body is nested too deeply.",
            Reason.JSON_NESTED_TOO_DEEPLY,
        ),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "The body is nested too deeply.", Reason.JSON_NESTED_TOO_DEEPLY),
        (b"[" * 30_000 + b"]" * 30_000, "The body is nested too deeply.", Reason.JSON_NESTED_TOO_DEEPLY),
    ],
)
def test_it_refuses_anything_else_in_a_sentence(sent: bytes, sentence: str, reason: Reason):
    with pytest.raises(InvalidJSON) as refused:
        decode(sent)
    assert str(refused.value) == sentence
    assert refused.value.reason is reason
