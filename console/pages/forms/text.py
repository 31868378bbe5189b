"""Names and descriptions that people type, as `policy/text.py` has them (S2)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ...policy import text


class NameField(forms.CharField):
    """One line: a name. What a browser sends of the spaces in it is made one each."""

    widget = forms.TextInput(attrs={"dir": "auto"})

    def to_python(self, value: Any) -> str:
        return text.name(str(super().to_python(value) or ""))


class TextField(forms.CharField):
    """Several lines. Browsers send a line break as two characters; it is kept as one, and counts as one."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return text.lines(str(super().to_python(value) or ""))


def check_description(description: str) -> None:
    """Raises ValidationError for a text with something hidden in it, or with nothing to see."""
    try:
        text.check_lines(description)
    except text.InvalidText as refused:
        raise ValidationError(_(refused.message), params={"code": refused.code}) from None


def check_name(name: str) -> None:
    """Raises ValidationError for a name with something hidden in it, or with nothing to see."""
    try:
        text.check_name(name)
    except text.InvalidText as refused:
        raise ValidationError(_(refused.message), params={"code": refused.code}) from None
