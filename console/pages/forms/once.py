"""A form that makes something must not make it twice when its answer is reloaded (S3)."""

import secrets

from ...requests import PageRequest

FIELD = "once"
SENT = "sent_forms"
REMEMBERED = 20


def mark() -> str:
    """A mark for one copy of a form, for its hidden field."""
    return secrets.token_urlsafe(12)


def was_sent(request: PageRequest) -> bool:
    """Whether this copy of the form has done its work already. A form without a mark never has."""
    return request.POST.get(FIELD, "") in request.session.get(SENT, ())


def sent(request: PageRequest) -> None:
    """Remembers that this copy of the form has done its work."""
    value = request.POST.get(FIELD, "")[:64]
    if value:
        request.session[SENT] = [*request.session.get(SENT, ())[-REMEMBERED + 1 :], value]
