"""The steps by which a client's secret is replaced without a pause, and which of them is next (N1)."""

from datetime import datetime
from enum import StrEnum

from .secret_life import LATELY


class Step(StrEnum):
    """The steps in their order."""

    GENERATE = "generate"
    DEPLOY = "deploy"
    WATCH = "watch"
    DISABLE = "disable"
    REMOVE = "remove"


STEPS = tuple(Step)


def next_step(*, new_is_used: bool, old_works: bool, old_used_at: datetime | None, now: datetime) -> Step:
    """What is to be done next when there is a new secret beside an old one.

    The old one is watched until it has not been used for 24 hours. That says nothing of what uses it once a month.
    """
    if not new_is_used:
        return Step.DEPLOY
    if not old_works:
        return Step.REMOVE
    used_lately = old_used_at is not None and now - old_used_at < LATELY
    return Step.WATCH if used_lately else Step.DISABLE
