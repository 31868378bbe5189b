"""Reads JSON strictly: what two parsers could read differently is refused (RFC 8259 §4, §6)."""

import json
import math

from .reasons import Reason

MAX_DEPTH = 8  # of arrays and objects in one another
SHOWN = 50  # characters of the sender's own text that a message repeats


class InvalidJSON(ValueError):
    """`str()` is a sentence for the sender, which may repeat a name that was sent. `reason` has nothing of it."""

    def __init__(self, kind: str, reason: Reason, name: str = "") -> None:
        super().__init__(f"{kind}: {name[:SHOWN]}." if name else f"{kind}.")
        self.reason = reason


def decode(sent: bytes | str) -> object:
    """The value of a JSON document: dict, list, str, int, float, bool or None.

    Raises InvalidJSON for anything but JSON in UTF-8, for a name that an object has more than once, for NaN, Infinity
    and numbers beyond what can be counted with, for a text with a NUL or half a surrogate pair, which no database
    keeps, and for a document that is nested more than MAX_DEPTH deep.
    """
    try:
        text = sent if isinstance(sent, str) else sent.decode("utf-8")
        decoded: object = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except InvalidJSON:
        raise
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are ones, and so is a number of 5,000 digits
        raise InvalidJSON("The body is not JSON in UTF-8", Reason.NOT_JSON) from None
    _check(decoded)
    return decoded


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            _check_text(name)
            raise InvalidJSON("Duplicate member", Reason.JSON_MEMBER_REPEATED, name)
        members[name] = value
    return members


def _no_number(name: str) -> object:
    raise InvalidJSON(f"{name} is not a number in JSON", Reason.JSON_NUMBER_UNKNOWN)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise InvalidJSON("A number is too large", Reason.JSON_NUMBER_TOO_LARGE)
    return number


def _check(decoded: object) -> None:
    level = [decoded]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, dict):
                below += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                below += value
        level = below
    if level:
        raise _too_deep()


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidJSON("A text contains a NUL character", Reason.NUL_CHARACTER)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidJSON("A text contains half a surrogate pair", Reason.JSON_HALF_A_SURROGATE_PAIR)


def _too_deep() -> InvalidJSON:
    return InvalidJSON("The body is nested too deeply", Reason.JSON_NESTED_TOO_DEEPLY)
