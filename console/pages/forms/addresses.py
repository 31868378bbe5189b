"""Redirect URLs, sign-out URLs and allowed origins, added one by one to an allow list (S2, Q5)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext

from ...policy import redirect_uris
from ...policy.client_types import traits
from .rows import RowsField

REDIRECT, SIGN_OUT, ORIGIN = "redirect_uris", "post_logout_redirect_uris", "allowed_origins"
LISTS = (REDIRECT, SIGN_OUT, ORIGIN)


def checker(name: str, client_type: str) -> Callable[[str], str]:
    """The check of one address of a list: returns it, or raises ValidationError with the reason."""
    if name == ORIGIN:
        policy: Callable[[str], None] = redirect_uris.check_origin
    else:
        policy = partial(
            redirect_uris.check_redirect_url, private_schemes=traits(client_type).private_schemes
        )

    def check(address: str) -> str:
        try:
            policy(address)
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
            "At most %(most)d origin is possible.", "At most %(most)d origins are possible.", most
        ) % {"most": most}
    return ngettext(
        "At most %(most)d address is possible.", "At most %(most)d addresses are possible.", most
    ) % {"most": most}


def address_field(name: str, client_type: str, **options: Any) -> RowsField:
    """The form field of one list."""
    return RowsField(
        check=checker(name, client_type),
        most=limit(name),
        too_many=_too_many(name),
        repetition=gettext("This is already in the list."),
        **options,
    )
