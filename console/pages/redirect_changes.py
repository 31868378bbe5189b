"""What a change of a client's redirect URLs and origins takes away: shown before it is saved (N3).

A form that takes away what people use is answered with the same form, the numbers of each address and a box to tick.
Sent again with the boxes ticked, it is saved. What nobody used in the last 30 days needs no answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ..http.requests import PageRequest
from ..models import Client, RedirectUse, redirect_uses

ANSWER = "removes"  # the boxes: each names an address that may go


@dataclass(frozen=True, slots=True)
class Removal:
    """The addresses that a change takes away, with their use in the last 30 days."""

    used: list[RedirectUse]
    unused: list[str]
    answered: frozenset[str]

    @property
    def must_be_asked(self) -> bool:
        """Whether somebody uses one of them, and the person has not said that it may go."""
        return any(use.address not in self.answered for use in self.used)

    @property
    def sentence(self) -> str:
        """For whoever has saved it: which of the addresses nobody used; "" if there is none."""
        if not self.unused:
            return ""
        return _("Not used in 30 days: %(addresses)s.") % {"addresses": ", ".join(self.unused)}


def removal(request: PageRequest, client: Client, fields: Mapping[str, Any]) -> Removal:
    """What would no longer be registered if these fields of the client were saved. Others stay as they are."""
    gone = {
        name: [each for each in getattr(client, name) if each not in fields[name]]
        for name in ("redirect_uris", "allowed_origins")
        if name in fields
    }
    if not any(gone.values()):
        return Removal([], [], frozenset())
    uses = redirect_uses.of(
        client, gone.get("redirect_uris", ()), gone.get("allowed_origins", ()), timezone.now()
    )
    return Removal(
        used=[use for use in uses if use.sign_ins or use.people],
        unused=[use.address for use in uses if not use.sign_ins and not use.people],
        answered=frozenset(request.POST.getlist(ANSWER)),
    )
