"""The scopes of an API, each in a row of its own: name, texts, and how it may be asked for (P10)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...models.client_rules import in_words
from ...policy import text
from ...policy.apis import ApiScope
from ...policy.registration_problems import Problem

# Value of a scope -> label and example of its input.
WORDS: dict[str, tuple[str | Promise, str]] = {
    "name": (_("Name"), "orders:read"),
    "text": (_("What it allows"), "Read orders"),
    "text_sv": (_("In Swedish (optional)"), "Läsa beställningar"),
}
MARKS: dict[str, str | Promise] = {
    "sensitive": _("Broad access: marked when users are asked"),
    "admin": _("Only administrators of the tenant can allow it"),
    "by_name": _("Only when an application asks for it by name"),
}
NUMBERED = re.compile(r"([0-9]{1,4})-name")


class MemberRefused(ValidationError):
    """What is wrong with one value of one row. `row` is its place in the list, `member` the name of the value."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(in_words(problem), code="row")
        self.row = problem.place
        self.member = str(problem.parameters.get("member", "name"))


@dataclass(frozen=True, slots=True)
class RowText:
    """One input of a row. `member` is the value of the scope that it is for."""

    member: str
    label: str | Promise
    value: str
    error: str
    example: str


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One row as the form shows it. `number` is part of the names of its inputs; `errors` are by member."""

    number: int
    scope: ApiScope
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> list[RowText]:
        """The inputs for text, in the order in which they are shown."""
        return [
            RowText(member, label, str(getattr(self.scope, member)), self.errors.get(member, ""), example)
            for member, (label, example) in WORDS.items()
        ]

    @property
    def marks(self) -> list[tuple[str, str | Promise, bool]]:
        """Name, label and state of each box."""
        return [(mark, label, bool(getattr(self.scope, mark))) for mark, label in MARKS.items()]


class ScopeRows(forms.Widget):
    """Reads the numbered inputs of the rows, in the order of their numbers. A row without any text was left over."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[ApiScope]:
        keys = (
            NUMBERED.fullmatch(key.removeprefix(f"{name}-")) for key in data if key.startswith(f"{name}-")
        )
        numbers = sorted({found[1] for found in keys if found}, key=int)
        return [row for row in (_row(data, f"{name}-{number}-") for number in numbers) if _is_entered(row)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


def _row(data: Any, prefix: str) -> ApiScope:
    values: dict[str, Any] = {member: text.name(str(data.get(prefix + member, ""))) for member in WORDS}
    values |= {member: bool(data.get(prefix + member)) for member in MARKS}
    return ApiScope(**values)


def _is_entered(row: ApiScope) -> bool:
    return any(getattr(row, member) for member in WORDS)


class ScopeRowsField(forms.Field):
    """A list of ApiScope. What they may be is no matter of the field."""

    widget = ScopeRows

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> list[ApiScope]:
        return list(value or [])


def rows_of(bound: BoundField, *, blank: int) -> list[ScopeRow]:
    """The rows as entered (or stored), each with what is wrong with it, and `blank` empty ones to fill in."""
    entered: list[ApiScope] = list(bound.value() or [])
    errors: dict[int, dict[str, str]] = {}
    for error in _errors(bound):
        if isinstance(error, MemberRefused) and error.row is not None:
            errors.setdefault(error.row, {}).setdefault(error.member, error.messages[0])
    scopes = [*entered, *[ApiScope(name="")] * blank]
    return [ScopeRow(number, scope, errors.get(number, {})) for number, scope in enumerate(scopes)]


def list_errors(bound: BoundField) -> list[str]:
    """What is wrong with the list as a whole."""
    return [
        message
        for error in _errors(bound)
        if not isinstance(error, MemberRefused)
        for message in error.messages
    ]


def refused(problems: Iterable[Problem]) -> list[ValidationError]:
    """The errors of the field: of a row, or of the list."""
    return [
        ValidationError(in_words(problem)) if problem.place is None else MemberRefused(problem)
        for problem in problems
    ]


def _errors(bound: BoundField) -> list[ValidationError]:
    return list(bound.form.errors.as_data().get(bound.name, []))
