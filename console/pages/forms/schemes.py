"""Private-use schemes without a dot, such as `cursor:`, are registered when somebody confirms them (RFC 8252 §8.6).

Any application on a device can claim one. What a stored client uses has been confirmed; nothing else is kept about it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ...models import Client
from ...policy import redirect_uris
from ...policy.client_types import traits


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A check box: the scheme that it is about, and whether it is ticked."""

    scheme: str
    ticked: bool


def confirmed_before(client: Client | None) -> frozenset[str]:
    """The schemes that the stored client uses already."""
    if client is None or not traits(client.type).private_schemes:
        return frozenset()
    return frozenset(redirect_uris.short_schemes([*client.redirect_uris, *client.post_logout_redirect_uris]))


def confirmations(
    addresses: Iterable[str], *, before: Collection[str], ticked: Collection[str]
) -> list[Confirmation]:
    """A check box for each scheme among the entered addresses that was not confirmed before."""
    entered = redirect_uris.short_schemes(addresses)
    return [Confirmation(scheme, scheme in ticked) for scheme in entered if scheme not in before]
