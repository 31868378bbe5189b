"""Names and descriptions that people type, as `policy/text.py` has them (S2)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from ...policy import text

NAME_LENGTH = 512
DESCRIPTION_LENGTH = 4096
HOMEPAGE_LENGTH = 2048


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


def check_name(name: str) -> None:
    """Raises ValidationError for a name of several lines, with something hidden in it, or with nothing to see."""
    _check(text.check_name, name)


def check_description(description: str) -> None:
    """Raises ValidationError for a text with something hidden in it, or with nothing to see."""
    _check(text.check_lines, description)


def _check(check: Callable[[str], None], written: str) -> None:
    try:
        check(written)
    except text.Refused as refused:
        raise ValidationError(_(refused.message), params={"code": refused.code}) from None


def check_homepage(url: str) -> None:
    """Raises ValidationError unless `url` is an address that a person may safely be given as a link."""
    complaint = ValidationError(_("Enter a complete web address that begins with https:// or http://."))
    if len(url) > HOMEPAGE_LENGTH:
        return  # the field says so already
    if not url.isprintable() or text.is_refused(url):
        raise complaint
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        raise complaint from None
    if "@" in urlsplit(url).netloc:
        raise ValidationError(_("The address must not contain a user name or password."))
