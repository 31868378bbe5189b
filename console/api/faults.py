"""The faults of a request: a sentence for each, with its place in the body or the query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..policy.strict_json import SHOWN

MOST = 10  # that one answer names
DISCRIMINATOR = "path"  # of the operations of a patch: pydantic names its value among the places
Place = Sequence[str | int]

# pydantic's kinds of error (https://docs.pydantic.dev/latest/errors/validation_errors/) in our words. `it` is what the
# value is called.
SENTENCES: dict[str, str] = {
    "missing": "Missing member: {name}.",
    "extra_forbidden": "Unknown member: {name}.",
    "model_type": "{it} must be a JSON object.",
    "model_attributes_type": "{it} must be a JSON object.",
    "list_type": "{it} must be a JSON array.",
    "too_short": "{it} must not be empty.",
    "string_type": "{it} must be a string.",
    "string_too_short": "{it} must not be empty.",
    "bool_type": "{it} must be true or false.",
    "int_type": "{it} must be a whole number.",
    "greater_than_equal": "{it} must be at least {ge}.",
    "less_than_equal": "{it} must be at most {le}.",
    "enum": "{it} must be {expected}.",
    "literal_error": "{it} must be {expected}.",
    "union_tag_not_found": "Missing member: path.",
    "union_tag_invalid": "The path {tag} cannot be replaced. These can: {expected_tags}.",
    "wrong": "{it} {predicate}.",
    "cursor": "Invalid cursor: {name}.",
    "together": "{sentence}",
}
OTHERWISE = "{it}: {message}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence for the integrator; and either where in the body it is (RFC 6901), or which parameter."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    @property
    def source(self) -> dict[str, str]:
        """The member `source` of Qlik's error, {} if it is about no place."""
        places = {"pointer": self.pointer, "parameter": self.parameter}
        return {name: place for name, place in places.items() if place is not None}


def in_body(error: ValidationError, sent: object) -> list[Fault]:
    """The first faults of a body, in its order."""
    found = [(each, _place(each["loc"], sent)) for each in _first(error)]
    return [Fault(_sentence(each, place), pointer=_pointer(place)) for each, place in found]


def in_parameters(error: ValidationError) -> list[Fault]:
    """The first faults of the parameters of an address."""
    return [
        Fault(_sentence(each, each["loc"]), parameter=str(each["loc"][0]) if each["loc"] else None)
        for each in _first(error)
    ]


def _first(error: ValidationError) -> Sequence[Any]:
    return error.errors(include_url=False, include_input=False)[:MOST]


def _place(named: Place, sent: object) -> list[str | int]:
    """Where it is in what was sent: without the values by which pydantic chose one schema of several."""
    place: list[str | int] = []
    for step in named:
        if isinstance(sent, dict) and isinstance(step, str):
            if sent.get(DISCRIMINATOR) == step:
                continue
            sent = sent.get(step)
        elif isinstance(sent, list) and isinstance(step, int):
            sent = sent[step]
        place.append(step)
    return place


def _pointer(place: Place) -> str:
    steps = (str(step)[:SHOWN].replace("~", "~0").replace("/", "~1") for step in place)
    return "".join(f"/{step}" for step in steps)


def _sentence(error: Mapping[str, Any], place: Place) -> str:
    context = {name: _plain(str(value)) for name, value in (error.get("ctx") or {}).items()}
    said = {"it": _called(place), "name": str(place[-1])[:SHOWN] if place else "", "message": error["msg"]}
    return SENTENCES.get(error["type"], OTHERWISE).format(**context | said)


def _plain(listed: str) -> str:
    """Words without the quotation marks in which pydantic lists them. The caller's own are shortened."""
    return listed.replace("'", "") if listed.startswith("'") else listed[:SHOWN] if "/" in listed else listed


def _called(place: Place) -> str:
    """What a value is called: by the name of its member, and its number if it is one of several there."""
    if not place:
        return "The body"
    names = [step for step in place if isinstance(step, str)]
    if not names:
        return f"Item {place[-1]}"
    numbers = place[max(at for at, step in enumerate(place) if isinstance(step, str)) + 1 :]
    return names[-1] + "".join(f"[{number}]" for number in numbers)
