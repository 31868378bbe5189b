"""Sign-in sessions: bound to the tenant they began in, limited in time, fresh when something asks for it.

All surfaces use them; the meaning of what is kept in a session is known here and nowhere else.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from ..models import Actor, BrowserSession, Tenant, User
from ..models.tenant_settings import of_region
from ..policy.session_limits import SessionLimits
from .requests import TenantRequest
from .tenancy import settings_of

TENANT = "tenant"
AUTH_TIME = "auth_time"
SEEN = "seen"
FRESH_FOR = "fresh_for"
WAITING_COOKIE = f"{settings.COOKIE_PREFIX}waiting"
WAITING_SALT = "qlikauth.waiting-for-a-fresh-sign-in"
WAITS_FOR = timedelta(
    hours=1
)  # how long a request can wait for a sign-in, and how long the sign-in is fresh for it
MOST_WAITING = 20
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
    fresh_for = [*request.session.get(FRESH_FOR, ()), *_waiting(request)][-MOST_WAITING:]
    before = request.session.session_key
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if request.session.session_key == before:  # the same person again: Django would go on with the old one
        request.session.cycle_key()
    now = timezone.now().timestamp()
    request.session[TENANT] = str(user.tenant_id)
    request.session[AUTH_TIME] = request.session[SEEN] = now
    # This sign-in is a fresh one for whatever was waiting when it was made, whoever was signed in before.
    request.session[FRESH_FOR] = fresh_for
    _keep_waiting(request, {})
    user.signed_in(translation.get_language(), by=actor(request))
    _note(request, user)


def renew(request: HttpRequest, user: User) -> None:
    """Keeps this session when the person has changed their own password, which ends all others: under a new id."""
    auth.update_session_auth_hash(request, user)
    _note(request, user)


def _note(request: HttpRequest, user: User) -> None:
    request.session.save()  # what is listed has to be stored
    BrowserSession.note(
        user,
        str(request.session.session_key),
        address=client_address(request),
        agent=request.headers.get("User-Agent", ""),
    )


def end(request: HttpRequest, **details: str) -> None:
    """Signs out: deletes the session on the server, not only the cookie (ASVS 7.4.1).

    `details` are for the audit log.
    """
    if isinstance(request.user, User):
        request.user.signed_out(by=actor(request), details=details)
    auth.logout(request)


def belongs_here(session: Any, tenant: Tenant | None) -> bool:
    """Whether a session began in this tenant and is within its idle and absolute limits (ASVS 7.3).

    None is the region's own host, where nobody signs in.
    """
    if TENANT not in session:
        return auth.SESSION_KEY not in session  # an anonymous session has nothing to protect
    if tenant is None or session[TENANT] != str(tenant.pk):
        return False
    now, limits = timezone.now().timestamp(), settings_of(tenant).session_limits
    return bool(
        now - session.get(SEEN, 0) < limits.idle.total_seconds()
        and now - session.get(AUTH_TIME, 0) < limits.absolute.total_seconds()
    )


def seen(session: Any, tenant: Tenant | None) -> None:
    """Notes activity, at most once a minute; more often only where a session may be idle for less than an hour."""
    if SEEN not in session:
        return
    now = timezone.now().timestamp()
    limits: SessionLimits = settings_of(tenant).session_limits if tenant else of_region()
    every = min(SEEN_EVERY, limits.idle / SEEN_PRECISION)
    if now - session[SEEN] >= every.total_seconds():
        session[SEEN] = now


def auth_time(request: HttpRequest) -> datetime:
    """When the person last proved who they are (`auth_time`, OpenID Connect Core §2)."""
    return datetime.fromtimestamp(request.session.get(AUTH_TIME, 0), tz=UTC)


def reauthenticated(request: TenantRequest, what: str) -> bool:
    """Whether the person has signed in since `what` first asked for a fresh sign-in. The first call begins the wait.

    Who has not signed in has no session, and gets none for asking: what waits is in a signed cookie, and only a
    sign-in moves it into the session (`begin`). An earlier cookie, put back, makes no earlier sign-in a fresh one.
    """
    key = _key(request, what)
    age = timezone.now() - auth_time(request)
    if key in request.session.get(FRESH_FOR, ()) and age < WAITS_FOR:
        return request.user.is_authenticated
    waiting = _waiting(request)
    if key not in waiting:
        newest = sorted(waiting.items(), key=lambda item: item[1])[-MOST_WAITING + 1 :]
        _keep_waiting(request, dict(newest) | {key: int(timezone.now().timestamp())})
    return False


def answered(request: TenantRequest, what: str) -> None:
    """`what` has had its answer: if it comes again, it asks for a fresh sign-in again."""
    key, fresh_for = _key(request, what), request.session.get(FRESH_FOR, [])
    if key in fresh_for:
        request.session[FRESH_FOR] = [other for other in fresh_for if other != key]


def remember_what_waits(request: HttpRequest, response: HttpResponse) -> None:
    """Puts what `reauthenticated` and `begin` have changed into the browser's cookie."""
    waiting: dict[str, int] | None = getattr(request, "waits_for_a_fresh_sign_in", None)
    if waiting:
        response.set_cookie(
            WAITING_COOKIE,
            signing.dumps(waiting, salt=WAITING_SALT),
            max_age=WAITS_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    elif waiting is not None and WAITING_COOKIE in request.COOKIES:
        response.delete_cookie(WAITING_COOKIE, samesite="Lax")


def _waiting(request: HttpRequest) -> dict[str, int]:
    """What waits in this browser for a fresh sign-in, and when it first asked (seconds since 1970)."""
    changed: dict[str, int] | None = getattr(request, "waits_for_a_fresh_sign_in", None)
    if changed is not None:
        return changed
    cookie = request.COOKIES.get(WAITING_COOKIE, "")
    try:
        waiting: dict[str, int] = signing.loads(cookie, salt=WAITING_SALT, max_age=WAITS_FOR)
    except signing.BadSignature:
        return {}
    oldest = (timezone.now() - WAITS_FOR).timestamp()
    return {key: asked for key, asked in waiting.items() if asked > oldest}


def _keep_waiting(request: HttpRequest, waiting: dict[str, int]) -> None:
    request.waits_for_a_fresh_sign_in = waiting  # type: ignore[attr-defined]


def _key(request: TenantRequest, what: str) -> str:
    """How cookie and session name `what`: short, and of this tenant alone."""
    return hashlib.sha256(f"{request.tenant.pk}\0{what}".encode()).hexdigest()[:32]
