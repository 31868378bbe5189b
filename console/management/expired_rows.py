"""Batches of rows, each in a transaction of its own."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import models, transaction

from console.models import ClientRegistration

Rows = models.QuerySet[Any]
# Takes locked rows of one batch, the time and the size of a batch; gives how many it removed, and whether it is done
# with all of them.
Remove = Callable[[Rows, datetime, int], tuple[int, bool]]


def remove_all(rows: Rows, now: datetime, batch: int) -> tuple[int, bool]:
    """Deletes all of `rows`."""
    return rows.delete()[1].get(rows.model._meta.label, 0), True


def remove_unused(rows: Rows, now: datetime, _batch: int) -> tuple[int, bool]:
    """Removes the clients of those registrations that nobody has approved or used for long enough."""
    return ClientRegistration.give_up_unused(rows, now), True


def before(
    rows: Rows, column: str, limit: datetime, now: datetime, batch: int, remove: Remove = remove_all
) -> Iterator[int]:
    """Goes through those of `rows` whose `column`, which has an index, is earlier than `limit`, from the earliest on.

    `remove` must delete a row or move its `column` beyond `limit`. Gives the number of each batch. What was prolonged
    meanwhile is not among them: PostgreSQL asks again when it locks a row, and SQLite has one writer.

    Each batch looks once more at the place of the one before. PostgreSQL marks the entries of an index that it finds
    to lead to removed rows, and passes them at no cost from then on: else the first look of the next run would be at
    the rows of all batches, in one statement.
    """
    due, places, more = rows.filter(**{f"{column}__lt": limit}).order_by(column), deque[Any](maxlen=2), True
    while more:
        further = due.filter(**{f"{column}__gte": places[0]}) if places else due
        with transaction.atomic():
            locked = further.select_for_update(skip_locked=True)
            found = list(locked.values_list("pk", column)[:batch])
            removed, complete = 0, True
            if found:
                keys = [pk for pk, _moment in found]
                removed, complete = remove(rows.model._base_manager.filter(pk__in=keys), now, batch)
        if found and complete:
            places.append(found[0][1])
        more = len(found) == batch or not complete
        if found:
            yield removed


def of_each(rows: Rows, batch: int) -> Iterator[int]:
    """Deletes all of `rows` in the order of their keys: an index must begin with what they have in common."""
    last, more = None, True
    while more:
        further = rows if last is None else rows.filter(pk__gt=last)
        with transaction.atomic():
            locked = further.order_by("pk").select_for_update(skip_locked=True)
            keys = list(locked.values_list("pk", flat=True)[:batch])
            removed = rows.model._base_manager.filter(pk__in=keys).delete()[0] if keys else 0
        last, more = keys[-1] if keys else None, len(keys) == batch
        if keys:
            yield removed
