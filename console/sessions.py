"""Sign-in sessions: bound to the tenant they began in, limited in time, fresh when something asks for it.

All surfaces use them; the meaning of what is kept in a session is known here and nowhere else.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.utils import timezone, translation

from .models import Actor, User

TENANT = "tenant"
AUTH_TIME = "auth_time"
SEEN = "seen"
REAUTHENTICATE = "reauthenticate"
MAX_REAUTHENTICATIONS = 20
WITH_PORT = re.compile(r"(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]+)?")
SEEN_EVERY = timedelta(minutes=1)  # an active session costs at most one write a minute
SEEN_PRECISION = 60  # and what is not written is never more than this part of the idle limit


def client_address(request: HttpRequest) -> str:
    """The address of the browser or program, past as many proxies as the operator trusts and no further."""
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            return _without_port(hops[-settings.TRUSTED_PROXIES])[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def _without_port(hop: str) -> str:
    """Some proxies write the port as well. It differs from one connection to the next, and says nothing about who."""
    matched = WITH_PORT.fullmatch(hop)
    return (matched["v4"] or matched["v6"]) if matched else hop


def actor(request: HttpRequest) -> Actor:
    """Who acts in this request."""
    user = getattr(request, "user", None)
    return Actor(user=user if isinstance(user, User) else None, address=client_address(request))


def begin(request: HttpRequest, user: User) -> None:
    """Signs `user` in: a new session id (ASVS 7.2.4), bound to the tenant, with the moment of authentication."""
    waiting, before = request.session.get(REAUTHENTICATE, {}), request.session.session_key
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if request.session.session_key == before:  # the same person again: Django would go on with the old one
        request.session.cycle_key()
    now = timezone.now().timestamp()
    request.session[TENANT] = str(user.tenant_id)
    request.session[AUTH_TIME] = request.session[SEEN] = now
    # Signing in as somebody else empties the session; a request that waits for a fresh sign-in must not be forgotten.
    request.session[REAUTHENTICATE] = waiting
    user.signed_in(translation.get_language(), by=actor(request))


def end(request: HttpRequest) -> None:
    """Signs out: the session is gone from the server, not only from the browser (ASVS 7.4.1)."""
    if isinstance(request.user, User):
        request.user.signed_out(by=actor(request))
    auth.logout(request)


def belongs_here(session: Any, tenant_id: str) -> bool:
    """Whether a session began in this tenant and is within its idle and absolute limits (ASVS 7.3)."""
    if TENANT not in session:
        return auth.SESSION_KEY not in session  # nobody has signed in: nothing to protect yet
    now = timezone.now().timestamp()
    return (
        session[TENANT] == tenant_id
        and now - session.get(SEEN, 0) < settings.SESSION_IDLE.total_seconds()
        and now - session.get(AUTH_TIME, 0) < settings.SESSION_ABSOLUTE.total_seconds()
    )


def seen(session: Any) -> None:
    """Notes activity, at most once a minute; more often only where a session may be idle for less than an hour."""
    now = timezone.now().timestamp()
    every = min(SEEN_EVERY, settings.SESSION_IDLE / SEEN_PRECISION)
    if SEEN in session and now - session[SEEN] >= every.total_seconds():
        session[SEEN] = now


def auth_time(request: HttpRequest) -> datetime:
    """When the person last proved who they are (`auth_time`, OpenID Connect Core §2)."""
    return datetime.fromtimestamp(request.session.get(AUTH_TIME, 0), tz=UTC)


def reauthenticated(request: HttpRequest, what: str) -> bool:
    """Whether the person has signed in since `what` first asked for a fresh sign-in. The first call begins the wait.

    The answer comes from the session, so it cannot be had by editing the address.
    """
    waiting: dict[str, float] = request.session.get(REAUTHENTICATE, {})
    if what in waiting:
        return request.user.is_authenticated and request.session.get(AUTH_TIME, 0) >= waiting[what]
    newest = sorted(waiting.items(), key=lambda item: item[1])[-MAX_REAUTHENTICATIONS + 1 :]
    request.session[REAUTHENTICATE] = dict(newest) | {what: timezone.now().timestamp()}
    return False


def answered(request: HttpRequest, what: str) -> None:
    """`what` has had its answer: if it comes again, it asks for a fresh sign-in again."""
    waiting: dict[str, float] = request.session.get(REAUTHENTICATE, {})
    if what in waiting:
        request.session[REAUTHENTICATE] = {key: asked for key, asked in waiting.items() if key != what}
