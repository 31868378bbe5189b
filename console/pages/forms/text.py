"""Names and descriptions that people type: any script and emoji, nothing that a person cannot see (S2)."""

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


class TextField(forms.CharField):
    """Several lines. Browsers send a line break as two characters; it is kept as one, and counts as one."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return text.lines(str(super().to_python(value) or ""))


def check_name(name: str) -> None:
    """Raises ValidationError for a name with line breaks or control characters, or with nothing to see in it."""
    if text.is_refused(name):
        raise ValidationError(_("The name must be one line, without control characters."))
    if text.shows_nothing(name):
        raise ValidationError(_("The name needs at least one visible character."))


def check_description(description: str) -> None:
    """Raises ValidationError for control characters other than line breaks."""
    if text.is_refused(description, text.LINE_BREAKS):
        raise ValidationError(_("The text contains characters that cannot be shown."))


def check_homepage(url: str) -> None:
    """Raises ValidationError unless `url` is an address that a person may safely be given as a link."""
    complaint = ValidationError(_("Enter a complete web address that begins with https:// or http://."))
    if len(url) > HOMEPAGE_LENGTH:
        return  # the field says so already
    if not url.isprintable():
        raise complaint
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        raise complaint from None
    if "@" in urlsplit(url).netloc:
        raise ValidationError(_("The address must not contain a user name or password."))
