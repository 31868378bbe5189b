"""The limits that keep a tenant small enough to be looked after (Q5)."""

from django.conf import settings


class LimitReached(Exception):
    """One of the limits of Q5 would be passed. `limit` is its name in settings.LIMITS, `number` its value."""

    def __init__(self, limit: str) -> None:
        self.limit = limit
        self.number = settings.LIMITS[limit]
        super().__init__(f"{limit}: at most {self.number}")
