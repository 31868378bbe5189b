"""The body of a program's request, of a length that can be read."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

MAX_LENGTH = 65536  # bytes


class TooLong(Exception):
    """The body has more than MAX_LENGTH bytes: 413."""


def raw(request: HttpRequest) -> bytes:
    """The body as it was sent. Raises TooLong."""
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLong from None
    if len(body) > MAX_LENGTH:
        raise TooLong
    return body
