"""What is wrong with a registration, as a value that a form, a command and an API can each put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

UNCONFIRMED = "unconfirmed_scheme"
NEEDS_TRUST = "needs_trust"
ONLY_WEB = "only_web"  # a public client cannot have it
ONLY_NATIVE = "only_native"  # only a native client can have it
TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that may not be registered so. `code` names it for programs.

    `message` is an English sentence, to be translated when it is shown and then filled in with `parameters`. If
    `plural` is given, it is the sentence for more than one, and the parameter `most` is the number that decides.
    `place` is the entry of a list that it is about, counted from 0; None if it is about the field.
    """

    code: str
    message: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    plural: str = ""
    place: int | None = None

    def at(self, place: int) -> "Problem":
        """The same of one entry of a list."""
        return replace(self, place=place)

    def __str__(self) -> str:
        """The sentence in English."""
        one = not self.plural or self.parameters["most"] == 1
        return self.filled_in(self.message if one else self.plural)

    def filled_in(self, sentence: str) -> str:
        """A translation of the sentence with the parameters in it."""
        return sentence % self.parameters if self.parameters else sentence


Problems = Mapping[str, list[Problem]]


class InvalidRegistration(ValueError):
    """A client may not be registered so. `problems` says why, by the name of the field."""

    def __init__(self, problems: Problems) -> None:
        super().__init__("; ".join(f"{name}: {each}" for name, found in problems.items() for each in found))
        self.problems = problems
