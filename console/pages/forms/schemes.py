"""Private-use schemes without a dot, such as `cursor:`, are registered when somebody confirms them (RFC 8252 §8.6).

Any application on a device can claim one. A person confirms it in the form. A program, which sends the form without
having seen it, is warned, and the audit log says so. What a stored client uses is not asked about again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from ...policy import redirect_uris


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A check box: the scheme that it is about, and whether it is ticked."""

    scheme: str
    ticked: bool


def confirmations(
    addresses: Iterable[str], *, before: Collection[str], ticked: Collection[str]
) -> list[Confirmation]:
    """A check box for each scheme among the entered addresses that was not confirmed before."""
    entered = redirect_uris.short_schemes(addresses)
    return [Confirmation(scheme, scheme in ticked) for scheme in entered if scheme not in before]


def notice(scheme: str) -> str:
    """What is said as soon as an address with such a scheme is added."""
    return gettext(
        "Any application on a device can claim %(scheme)s. You are asked to confirm that when you save."
    ) % {"scheme": f"{scheme}:"}


def warning(unconfirmed: Iterable[str]) -> str:
    """What is said after a program has registered some, about which nobody was asked."""
    return gettext(
        "Any application on a device can claim %(schemes)s and receive the sign-in in this one’s place. A domain name "
        "in reverse, such as com.example.app:/callback, shows whose application it is (RFC 8252, sections 7.1 and 8.6)."
    ) % {"schemes": ", ".join(f"{scheme}:" for scheme in unconfirmed)}
