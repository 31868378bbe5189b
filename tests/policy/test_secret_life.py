"""When a secret works, when people are told of its end, and which step of a rotation is next (P1, N1)."""

from datetime import UTC, datetime, timedelta

import pytest

from console.policy.secret_life import Life, State, next_notice
from console.policy.secret_rotation import Step, next_step

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("life", "state", "ended"),
    [
        (Life(), State.WORKS, None),
        (Life(expires_at=NOW + SECOND), State.WORKS, None),
        (Life(expires_at=NOW), State.EXPIRED, NOW),
        (Life(disabled_at=NOW - HOUR), State.DISABLED, NOW - HOUR),
        (Life(disabled_at=NOW - HOUR, enabled_until=NOW + SECOND), State.WORKS_FOR_NOW, None),
        (Life(disabled_at=NOW - HOUR, enabled_until=NOW), State.DISABLED, NOW),
        (Life(NOW - DAY, NOW - HOUR, NOW + HOUR), State.EXPIRED, NOW - DAY),
        (Life(NOW - DAY, NOW - HOUR, NOW + HOUR, NOW - SECOND), State.REMOVED, NOW - SECOND),
    ],
)
def test_an_end_counts_from_its_moment_on(life: Life, state: State, ended: datetime | None):
    assert life.state_at(NOW) is state
    assert life.ended_at(NOW) == ended
    assert life.works_at(NOW) is (state in {State.WORKS, State.WORKS_FOR_NOW})


@pytest.mark.parametrize(
    ("left", "before"),
    [(60 * DAY, 30 * DAY), (30 * DAY, 7 * DAY), (8 * DAY, 7 * DAY), (2 * DAY, DAY)],
)
def test_people_are_told_30_days_7_days_and_1_day_before(left: timedelta, before: timedelta):
    assert next_notice(NOW + left, NOW) == NOW + left - before


@pytest.mark.parametrize("expires_at", [None, NOW + DAY, NOW + HOUR, NOW - DAY])
def test_then_there_is_nothing_more_to_tell(expires_at: datetime | None):
    assert next_notice(expires_at, NOW) is None


@pytest.mark.parametrize(
    ("new_is_used", "old_works", "idle", "step"),
    [
        (False, True, None, Step.DEPLOY),
        (False, False, HOUR, Step.DEPLOY),
        (True, True, HOUR, Step.WATCH),
        (True, True, DAY, Step.DISABLE),
        (True, True, None, Step.DISABLE),
        (True, False, SECOND, Step.REMOVE),
    ],
)
def test_the_next_step_follows_from_what_was_seen(
    new_is_used: bool, old_works: bool, idle: timedelta | None, step: Step
):
    used = NOW - idle if idle else None
    found = next_step(new_is_used=new_is_used, old_works=old_works, old_used_at=used, now=NOW)

    assert found is step
