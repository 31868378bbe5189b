"""The path on which a secret is replaced, with what was seen at each step (N1): templates/secrets/path.html."""

from dataclasses import dataclass
from datetime import datetime

from ..models.secret_use import Caller
from ..policy.secret_rotation import next_step
from .secret_rows import CALLERS_TOLD, Row, is_tried


@dataclass(frozen=True, slots=True)
class Rotation:
    """The newest secret, the one that it replaces, and the step that is next.

    `left_behind` are callers that used the old one after the new one had come into use, and have not used the new one.
    """

    new: Row
    old: Row
    step: str
    left_behind: list[Caller]
    idle_days: int  # whole days since the old one was used, 0 if it never was
    tried_since: bool  # whether the old one was tried although it does not work


def of(rows: list[Row], now: datetime) -> Rotation | None:
    """The path for the secrets of a client, oldest first. None with fewer than two, or if the newest does not work.

    The old one is the oldest that works; if no other works, the oldest of them.
    """
    if len(rows) < 2 or not rows[-1].works:
        return None
    *others, new = rows
    old = next((row for row in others if row.works), others[0])
    step = next_step(
        new_is_used=new.secret.last_used_at is not None,
        old_works=old.works,
        old_used_at=old.secret.last_used_at,
        now=now,
    )
    used = old.secret.last_used_at
    idle_days = (now - used).days if used else 0
    return Rotation(new, old, step.value, _left_behind(new, old, now), idle_days, is_tried(old.secret, now))


def _left_behind(new: Row, old: Row, now: datetime) -> list[Caller]:
    begun = new.secret.first_used_at
    if begun is None or not old.works:
        return []
    moved = {caller.who for caller in new.callers}
    late = [caller for caller in old.lately.callers if caller.last_at > begun and caller.who not in moved]
    return late[:CALLERS_TOLD]
