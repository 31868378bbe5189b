"""The public keys of a client that authenticates with private_key_jwt (Q3)."""

import json
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from ...policy import public_keys
from .rows import RowsField

PRIVATE = re.compile(r'"(?:d|p|q|dp|dq|qi|oth|k)"\s*:|PRIVATE KEY')


def _read(text: str) -> dict[str, str]:
    try:
        return public_keys.parse(text)
    except public_keys.InvalidKey as refused:
        raise ValidationError(gettext(refused.message)) from None


def key_text(value: Any) -> str:
    """A key as its text area shows it. What looks like a private key is never sent back."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    return "" if PRIVATE.search(text) else text


def keys_field(**options: Any) -> RowsField:
    """The form field of the keys."""
    return RowsField(read=_read, **options)
