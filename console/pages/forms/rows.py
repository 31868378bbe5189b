"""A field that is a list of values, each in a row of its own with its own error beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField


class RowRefused(ValidationError):
    """What is wrong with one row. `row` is its place in the list."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message, code="row")
        self.row = row


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the form shows it again."""

    value: str
    error: str = ""


class Rows(forms.Widget):
    """Reads a repeated input; empty ones are those that were left over."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value.strip() for value in data.getlist(name) if value.strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class RowsField(forms.Field):
    """Cleans every row with `check`, so that the person sees everything that is wrong at once.

    `check` takes the text of a row and returns its value, or raises ValidationError. `repeated` gives what may occur
    only once, `too_many` the sentence for more than `most` rows.
    """

    widget = Rows

    def __init__(
        self,
        *,
        check: Callable[[str], Any],
        most: int,
        too_many: str,
        repeated: Callable[[Any], Any] = lambda value: value,
        repetition: str,
        **options: Any,
    ) -> None:
        super().__init__(required=False, **options)
        self.check, self.most, self.too_many = check, most, too_many
        self.repeated, self.repetition = repeated, repetition

    def clean(self, value: Any) -> list[Any]:
        texts: list[str] = value or []
        cleaned: list[Any] = []
        errors: list[ValidationError] = []
        seen = set()
        for place, text in enumerate(texts):
            try:
                cleaned.append(self.check(text))
            except ValidationError as error:
                errors.append(RowRefused(error.messages[0], place))
                continue
            mark = self.repeated(cleaned[-1])
            if mark in seen:
                errors.append(RowRefused(self.repetition, place))
            seen.add(mark)
        if len(texts) > self.most:
            errors.append(ValidationError(self.too_many))
        if errors:
            raise ValidationError(errors)
        return cleaned


def _errors(bound: BoundField) -> list[ValidationError]:
    return list(bound.form.errors.as_data().get(bound.name, []))


def rows_of(bound: BoundField, text: Callable[[Any], str] = str) -> list[Row]:
    """The rows of a field as entered (or stored), each with its error."""
    errors = {error.row: str(error.message) for error in _errors(bound) if isinstance(error, RowRefused)}
    return [Row(text(value), errors.get(place, "")) for place, value in enumerate(bound.value() or [])]


def list_errors(bound: BoundField) -> list[str]:
    """What is wrong with the list as a whole."""
    return [
        message for error in _errors(bound) if not isinstance(error, RowRefused) for message in error.messages
    ]
