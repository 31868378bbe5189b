"""Redirect URLs, sign-out URLs and allowed origins, added one by one to an allow list (S2, Q5)."""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext

from ...policy import redirect_uris
from ...policy.client_types import traits
from .rows import Rows, RowsField

REDIRECT, SIGN_OUT, ORIGIN = "redirect_uris", "post_logout_redirect_uris", "allowed_origins"
LISTS = (REDIRECT, SIGN_OUT, ORIGIN)
# Schemes that the person has confirmed, origins that they have ticked, and that they were offered some.
CONFIRMED, TICKED, OFFERED = "confirmed_schemes", "offered_origins", "origins_offered"

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


class Unconfirmed(ValidationError):
    """An address whose scheme a person must confirm first. `notice` says so before anything is saved."""

    def __init__(self, refused: redirect_uris.Unproven) -> None:
        super().__init__(gettext(refused.message))
        self.notice = gettext(
            "Any application on a device can claim %(scheme)s. You are asked to confirm that when you save."
        ) % {"scheme": f"{refused.scheme}:"}


class SplitRows(list[str]):
    """Rows of which some stood in one row together: the person has not seen them one by one yet."""


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


class AddressesField(RowsField):
    """A list of addresses. Rows that were split are shown once before they count: where an answer may go is exact."""

    def clean(self, value: Any) -> list[Any]:
        cleaned = super().clean(value)
        if isinstance(value, SplitRows):
            raise ValidationError(
                gettext(
                    "You entered several addresses in one row. They are now in separate rows. Check them, "
                    "then save."
                )
            )
        return cleaned


def checker(name: str, client_type: str, confirmed: Collection[str] = ()) -> Callable[[str], str]:
    """The check of one address of a list: returns it, or raises ValidationError with the reason.

    `confirmed` are the schemes without a dot that a person has confirmed (RFC 8252 §8.6).
    """
    if name == ORIGIN:
        policy: Callable[[str], None] = redirect_uris.check_origin
    else:
        policy = partial(
            redirect_uris.check_redirect_url,
            private_schemes=traits(client_type).private_schemes,
            confirmed_schemes=confirmed,
        )

    def check(address: str) -> str:
        try:
            policy(address)
        except redirect_uris.Unproven as unproven:
            raise Unconfirmed(unproven) from None
        except redirect_uris.Refused as refused:
            raise ValidationError(gettext(refused.message)) from None
        return address

    return check


def limit(name: str) -> int:
    """How many addresses a list may hold."""
    return int(settings.LIMITS["allowed_origins" if name == ORIGIN else "redirect_urls"])


def _too_many(name: str) -> str:
    most = limit(name)
    if name == ORIGIN:
        return ngettext(
            "You can add at most %(most)d origin.", "You can add at most %(most)d origins.", most
        ) % {"most": most}
    return ngettext(
        "You can add at most %(most)d address.", "You can add at most %(most)d addresses.", most
    ) % {"most": most}


def address_field(name: str, client_type: str, confirmed: Collection[str] = (), **options: Any) -> RowsField:
    """The form field of one list."""
    return AddressesField(
        check=checker(name, client_type, confirmed),
        widget=OriginRows if name == ORIGIN else AddressRows,
        most=limit(name),
        too_many=_too_many(name),
        repetition=gettext("This is already in the list."),
        **options,
    )
