"""Names and descriptions that people type: any script and emoji, nothing that a person cannot see (S2)."""

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

NAME_LENGTH = 512
DESCRIPTION_LENGTH = 4096
HOMEPAGE_LENGTH = 2048
# Control characters, line and paragraph separators and lone surrogates have no place in a line of text.
REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs"})
# These turn the text around them the other way: a name could read as another one on the consent page.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# A text of nothing but these shows nothing. What this Unicode version does not know yet may well be a new emoji.
INVISIBLE = REFUSED | {"Cf", "Zs", "Mn", "Me"}
LINE_BREAKS = frozenset("\n\t")


class TextField(forms.CharField):
    """Several lines. Browsers send a line break as two characters; it is kept as one, and counts as one."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


def _refused(text: str, allowed: frozenset[str] = frozenset()) -> bool:
    return any(c not in allowed and (c in TURNING or unicodedata.category(c) in REFUSED) for c in text)


def check_name(name: str) -> None:
    """Raises ValidationError for a name with line breaks or control characters, or with nothing to see in it."""
    if _refused(name):
        raise ValidationError(_("The name must be one line, without control characters."))
    if all(unicodedata.category(c) in INVISIBLE for c in name):
        raise ValidationError(_("The name needs at least one visible character."))


def check_description(text: str) -> None:
    """Raises ValidationError for control characters other than line breaks."""
    if _refused(text, LINE_BREAKS):
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
