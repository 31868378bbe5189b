"""Redirect URLs, sign-out URLs and allowed origins, added one by one to an allow list (S2, Q5)."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...models import client_rules
from ...policy.registration import ADDRESSES
from .rows import Rows, RowsField

LISTS = ADDRESSES
REDIRECT, SIGN_OUT, ORIGIN = LISTS
# Schemes that the person has confirmed, and that our page was there to ask about them.
CONFIRMED, ASKED = "confirmed_schemes", "schemes_asked"
# Origins that they have ticked, and that they were offered some.
TICKED, OFFERED = "offered_origins", "origins_offered"
SPLIT = _("You entered several addresses in one row. They are now in separate rows. Check them, then save.")

MAX_PASTED = 5000  # characters; a longer row is one address, which is too long
# A comma or semicolon may also stand in an address: it separates two only where another one begins.
SEPARATOR = re.compile(r"[\r\n]+|(?<![\s,;])[\s,;]+(?=[a-z][a-z0-9+.-]*:/)", re.IGNORECASE)
# Pasted lines, of which the browser has removed the line breaks.
JOINED = re.compile(r"([a-z][a-z0-9+.-]*://[^?#]*?[a-z0-9])(https?://.*)", re.IGNORECASE)


def split(pasted: str) -> list[str]:
    """The addresses of one row: several, if a list of them was pasted into it. [] if it is empty."""
    if len(pasted) > MAX_PASTED:
        return [pasted]
    found = []
    for part in SEPARATOR.split(pasted):
        rest = part.strip().rstrip(",;")
        while joined := JOINED.fullmatch(rest):
            found.append(joined[1])
            rest = joined[2]
        found.append(rest)
    return [address for address in found if address]


class SplitRows(list[str]):
    """Rows of which some stood in one row together: the person has not seen them one by one yet, and where an answer
    may go is exact."""


class AddressRows(Rows):
    """Rows of addresses. A list that was pasted into one row becomes a row each."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        rows = [split(row) for row in super().value_from_datadict(data, files, name)]
        addresses = [address for row in rows for address in row]
        return SplitRows(addresses) if any(len(row) > 1 for row in rows) else addresses


class OriginRows(AddressRows):
    """Rows of origins. Those that were offered and ticked become rows too, after those that were typed."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        typed = super().value_from_datadict(data, files, name)
        typed += [origin for origin in dict.fromkeys(data.getlist(TICKED)) if origin not in typed]
        return typed


def limit(name: str) -> int:
    """How many addresses a list may hold."""
    return client_rules.limits().of(name)


def address_field(name: str, **options: Any) -> RowsField:
    """The form field of one list."""
    return RowsField(widget=OriginRows if name == ORIGIN else AddressRows, **options)
