"""Reads what a call sends, strictly: what could mean two things, or nothing, is refused before anything is decided."""

import json
from collections.abc import Collection
from typing import Any

from django.core.exceptions import RequestDataTooBig

from ..requests import TenantRequest
from .errors import Refused

JSON = "application/json"
MAX_LENGTH = 65536
MAX_DEPTH = 8
SHOWN = 50  # characters of the caller's own text that an error repeats


def members(
    request: TenantRequest, *, required: Collection[str] = (), optional: Collection[str] = ()
) -> dict[str, Any]:
    """The members of the JSON object that was sent: all that are required, and none that means nothing here."""
    sent = document(request)
    if not isinstance(sent, dict):
        raise Refused(400, "The body must be a JSON object.")
    check_members(sent, required=required, optional=optional)
    return sent


def check_members(sent: dict[str, Any], *, required: Collection[str], optional: Collection[str] = ()) -> None:
    """Raises Refused unless the object has exactly the members that it should have."""
    unknown = sorted(sent.keys() - {*required, *optional})
    if unknown:
        raise Refused(400, f"Unknown member: {unknown[0][:SHOWN]}.")
    missing = [name for name in required if name not in sent]
    if missing:
        raise Refused(400, f"Missing member: {missing[0]}.")


def document(request: TenantRequest, *, types: Collection[str] = (JSON,)) -> Any:
    """The JSON document that was sent, in which every text can be stored and nothing stands twice."""
    if request.content_type not in types:
        raise Refused(415, f"Send {' or '.join(types)}.")
    try:
        raw = request.body
    except RequestDataTooBig:
        raise Refused(400, "The body is too long.") from None
    if len(raw) > MAX_LENGTH:
        raise Refused(400, "The body is too long.")
    try:
        sent = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise Refused(400, "The body is not JSON in UTF-8.") from None
    _check_texts(sent)
    return sent


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    sent = dict(pairs)
    if len(sent) != len(pairs):
        raise Refused(400, "A member stands twice in one object.")
    return sent


def _no_number(name: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not know (RFC 8259 §6)."""
    raise ValueError(name)


def _check_texts(sent: Any) -> None:
    """Raises Refused for a text with a NUL or half a surrogate pair, and for a document nested too deeply."""
    level = [sent]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _check_text(value)
            elif isinstance(value, dict):
                below += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                below += value
        level = below
    if level:
        raise Refused(400, "The body is nested too deeply.")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Refused(400, "A text contains a NUL character.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(400, "A text contains half a surrogate pair.") from None
