"""What an act has ended, for whoever asked for it and for the audit log (N7)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from .last_use import NOTED_EVERY


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act has ended: sessions, and until when a server that does not introspect may accept a token (N7).

    `acts` are the UnfinishedActs that it is about. While one of them is `unfinished`, `sessions` is the number so far;
    all of them are dead.
    """

    sessions: int
    accepted_until: datetime | None
    acts: tuple[uuid.UUID, ...] = ()
    unfinished: bool = False

    @classmethod
    def together(cls, receipts: "Iterable[Receipt]") -> "Receipt":
        """One receipt for several acts."""
        given = list(receipts)
        until = [receipt.accepted_until for receipt in given if receipt.accepted_until]
        return cls(
            sum(receipt.sessions for receipt in given),
            max(until, default=None),
            tuple(act for receipt in given for act in receipt.acts),
            any(receipt.unfinished for receipt in given),
        )

    def and_machines(
        self, machine: bool, last_used_at: datetime | None, for_apis: timedelta = timedelta(0)
    ) -> "Receipt":
        """Counts in the tokens that a machine got for itself, of which there are no rows.

        `for_apis` is the longest lifetime of those that it can have got for an API.
        """
        if not machine or last_used_at is None:
            return self
        now = timezone.now()
        latest = min(last_used_at + NOTED_EVERY, now)  # a use soon after that is not noted
        until = latest + max(settings.ACCESS_TOKEN_LIFETIME, for_apis)
        if until <= now or (self.accepted_until and self.accepted_until >= until):
            return self
        return replace(self, accepted_until=until)

    @property
    def details(self) -> dict[str, Any]:
        """For the audit log."""
        until = self.accepted_until and self.accepted_until.isoformat(timespec="seconds")
        # An event is never changed: a number that still grows gets an event of its own once it is known.
        counted = {"counting": True} if self.unfinished else {"sessions_ended": self.sessions}
        return counted | {"accepted_until": until}
