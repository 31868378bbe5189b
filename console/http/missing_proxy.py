"""Detects a public region whose proxy does not send X-Forwarded-Proto: an error instead of a redirect loop."""

import logging
import time

from django.conf import settings
from django.http import HttpRequest

log = logging.getLogger(__name__)
HEADER = "X-Forwarded-Proto"
EVERY = 60  # seconds between two lines of a process
UNSET = (
    "The proxy in front of this server is not believed: set QLIKAUTH_TRUSTED_PROXIES to the number of proxies, and let "
    "the outermost one send X-Forwarded-Proto."
)
UNSAID = (
    "The proxy in front of this server does not say X-Forwarded-Proto: let it send this header. "
    "QLIKAUTH_TRUSTED_PROXIES says how many proxies are believed."
)
_logged_at: list[float] = []


def found(request: HttpRequest) -> str:
    """What an operator has to set, if nobody says whether this request came by https; "" if a proxy says so.

    This server never speaks https itself: without a proxy's word every redirect to https would come back the same.
    """
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) is None:
        return _logged(UNSET)
    return "" if HEADER in request.headers else _logged(UNSAID)


def forget() -> None:
    """Logs the next one at once, for tests."""
    _logged_at.clear()


def _logged(sentence: str) -> str:
    now = time.monotonic()
    if not _logged_at or now - _logged_at[-1] >= EVERY:
        _logged_at[:] = [now]
        log.warning(sentence)
    return sentence
