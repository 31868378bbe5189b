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
    """A list of values. `read` takes the text of a row and returns its value, or raises ValidationError; every row is
    read, so that the person sees everything that is wrong at once. What the values may be is no matter of the field.
    """

    widget = Rows

    def __init__(self, *, read: Callable[[str], Any] | None = None, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.read = read

    def clean(self, value: Any) -> list[Any]:
        texts: list[str] = value or []
        if self.read is None:
            return texts
        values: list[Any] = []
        errors: list[ValidationError] = []
        for place, text in enumerate(texts):
            try:
                values.append(self.read(text))
            except ValidationError as error:
                errors.append(RowRefused(error.messages[0], place))
        if errors:
            raise ValidationError(errors)
        return values


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
