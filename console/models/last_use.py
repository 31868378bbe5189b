"""The time of the last use, written at most once a minute, so that hot paths write rarely and never wait for a lock."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

NOTED_EVERY = timedelta(minutes=1)  # the recorded time can be this much too early


def is_due(noted: datetime | None, now: datetime) -> bool:
    """Whether a use at `now` is to be noted, when `noted` is what was noted last."""
    return noted is None or now - noted > NOTED_EVERY


def note(model: type[models.Model], pk: object, **columns: Any) -> None:
    """Writes `columns` of the row `pk`, unless another transaction holds it: then the next use is noted instead."""
    rows = model._base_manager
    with transaction.atomic():
        free = rows.filter(pk=pk).select_for_update(skip_locked=True, no_key=True).values("pk")
        rows.filter(pk__in=free).update(**columns)
