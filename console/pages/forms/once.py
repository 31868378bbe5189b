"""A form that makes something must not make it twice when it is sent twice, one after the other or at once (S3)."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from ...http.requests import PageRequest
from ...models import SentForm

FIELD = "once"


def mark() -> str:
    """An idempotency key for one rendered form, for its hidden field."""
    return secrets.token_urlsafe(12)


@contextmanager
def work(request: PageRequest) -> Iterator[SentForm | None]:
    """A transaction for the work of this copy of the form: of several requests that send it, one gets in.

    Gives the row to note the outcome in; None for a form without a mark, which may do its work any number of times.
    Raises AlreadySent for every request but the first that succeeds.
    """
    value = request.POST.get(FIELD, "")
    with transaction.atomic():
        yield SentForm.take(request.user, request.path, value) if value else None
