"""Counts failed sign-ins and delays further attempts (ASVS 6.1.1, 6.3.1; policy/throttling.py)."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..http import sessions
from ..http.tenancy import current_tenant
from ..models import Action, Event, FailedAttempts, Tenant, User, use_total
from ..policy import text, throttling
from ..policy.reasons import Reason
from ..policy.uses import Total

COOKIE = f"{settings.COOKIE_PREFIX}known"
SALT = "qlikauth.known-browser"
COOKIE_AGE = timedelta(days=365)
MAX_ACCOUNTS = 5


@dataclass(frozen=True, slots=True)
class Counter:
    """One thing that is counted. `where`: whose failures they are, as the audit log says it."""

    what: tuple[str, ...]
    limit: int
    where: str


@dataclass(frozen=True, slots=True)
class TooMany:
    """An attempt that may not be made now."""

    wait: timedelta
    where: str

    @property
    def minutes(self) -> int:
        return ceil(self.wait.total_seconds() / 60)

    @property
    def seconds(self) -> int:
        return ceil(self.wait.total_seconds())


class Counted:
    """An attempt at something that only its owner should get into, and what it is counted under."""

    def __init__(self, request: HttpRequest, counters: list[Counter]) -> None:
        self.request = request
        self.tenant = current_tenant()
        self.now = timezone.now()
        self.counters = counters  # always locked in the same order, so that no deadlock is possible

    def begin(self) -> TooMany | None:
        """Why this attempt may not be made now, or None if it may. Asked before any hashing.

        An attempt that may be made counts as failed until `succeeded` says otherwise: of any number that are made at
        once, no more than the limit get to have their password looked at.
        """
        names = [counter.what for counter in self.counters]
        if refused := self._too_many(FailedAttempts.counts(*names, now=self.now)):
            return refused
        with transaction.atomic():
            refused = self._too_many([FailedAttempts.add(*what, now=self.now) - 1 for what in names])
            if refused:
                self._take_back()
        return refused

    def succeeded(self) -> None:
        """What was presented was right: the attempt does not count."""
        with transaction.atomic():
            self._take_back()

    def refused(self, refused: TooMany) -> None:
        """Notes an attempt that was not made. Attempts from many addresses are counted on one line of the log."""
        self._note(Reason.TOO_MANY_FAILED_ATTEMPTS, where=refused.where)

    def _note(self, reason: Reason, *, where: str = "") -> None:
        """In the audit log, without what was typed as the password, and in the numbers of the tenant."""
        by = sessions.actor(self.request)
        user, details = self._of()
        Event.refuse(
            self.tenant,
            Action.SESSION_REFUSED,
            by=replace(by, address=where) if where else by,
            target=user,
            reason=reason,
            details=details,
        )
        use_total.note(self.tenant.pk, Total.REFUSAL)

    def _of(self) -> tuple[User | None, dict[str, str]]:
        """Whose account it is, if there is one, and what the audit log tells besides."""
        raise NotImplementedError

    def _too_many(self, failures: list[int]) -> TooMany | None:
        """Of the limits that are reached the widest is reported: it shows where the attempts come from."""
        reached = None
        for number, counter in zip(failures, self.counters, strict=True):
            if wait := throttling.wait(number, counter.limit, self.now):
                reached = TooMany(wait, counter.where)
        return reached

    def _take_back(self) -> None:
        for counter in self.counters:
            FailedAttempts.take_back(*counter.what, now=self.now)


class LinkAttempt(Counted):
    """A one-time link was opened that does not work. One that works is never counted, and never refused."""

    def __init__(self, request: HttpRequest, user: User | None) -> None:
        self.user = user
        networks = throttling.networks(sessions.client_address(request))
        super().__init__(
            request, [Counter(("link", where.name), where.in_all, where.name) for where in networks]
        )

    def failed(self) -> None:
        """Notes the failure, which has been counted."""
        self._note(Reason.DEAD_LINK)

    def _of(self) -> tuple[User | None, dict[str, str]]:
        return self.user, {"email": self.user.email} if self.user else {}


class LinkAsked(Counted):
    """Somebody asks for a one-time link by e-mail. Every time counts, whether the account exists or not."""

    def __init__(self, request: HttpRequest) -> None:
        networks = throttling.networks(sessions.client_address(request))
        super().__init__(
            request, [Counter(("ask", where.name), where.in_all, where.name) for where in networks]
        )

    def _of(self) -> tuple[User | None, dict[str, str]]:
        return None, {}


class MailToAccount(Counted):
    """One e-mail to one account, known or not: nobody fills somebody's mailbox. Who is refused is not told."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        account = ("mail", str(current_tenant().pk), email)
        super().__init__(request, [Counter(account, throttling.MAILS_PER_ACCOUNT, "")])

    def _of(self) -> tuple[User | None, dict[str, str]]:
        return None, {}


class Attempt(Counted):
    """One attempt to sign in to one account, known or not: both are treated alike."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        tenant = current_tenant()
        self.email = email
        self.browser = _known(request).get(_account(tenant, email))
        networks = throttling.networks(sessions.client_address(request))
        account = ("account", str(tenant.pk), email)
        of = (
            _of_known_browser(account, self.browser, networks)
            if self.browser
            else _of_any_other(account, networks)
        )
        super().__init__(request, of)

    def failed(self) -> None:
        """Notes the failure, which has been counted. Does the same for an account that does not exist."""
        self._note(Reason.WRONG_EMAIL_OR_PASSWORD)

    def _of(self) -> tuple[User | None, dict[str, str]]:
        return User.objects.filter(email=self.email).first(), {"email": text.spelt_out(self.email)}

    def remember(self, response: HttpResponse) -> None:
        """Lets this browser count on its own from now on, so that a stranger behind its address cannot lock it out."""
        account = _account(self.tenant, self.email)
        known = _known(self.request)
        known.pop(account, None)
        browser = self.browser or secrets.token_urlsafe(16)
        newest = dict([*known.items(), (account, browser)][-MAX_ACCOUNTS:])
        response.set_cookie(
            COOKIE,
            signing.dumps(newest, salt=SALT),
            max_age=COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _of_known_browser(
    account: tuple[str, ...], browser: str, networks: list[throttling.Network]
) -> list[Counter]:
    """Of this browser at this account alone, wherever it is."""
    return [
        Counter((*account, f"browser {browser}"), throttling.FAILURES_OF_KNOWN_BROWSER, networks[-1].name)
    ]


def _of_any_other(account: tuple[str, ...], networks: list[throttling.Network]) -> list[Counter]:
    """Per account and network, per account wherever it is tried from, and per network whatever account is tried."""
    return [
        *(Counter((*account, where.name), where.per_account, where.name) for where in networks),
        Counter(account, throttling.FAILURES_PER_ACCOUNT, networks[-1].name),
        *(Counter(("source", where.name), where.in_all, where.name) for where in networks),
    ]


def _account(tenant: Tenant, email: str) -> str:
    """How the cookie names an account: enough to find it again, not enough to read it."""
    return hashlib.sha256(f"{tenant.pk}\0{email}".encode()).hexdigest()[:16]


def _known(request: HttpRequest) -> dict[str, str]:
    """account -> the name of this browser for it, from the signed cookie."""
    try:
        known: dict[str, str] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}
    return known


def later(too_many: TooMany, *, known: bool) -> str:
    """What a person is told who has to wait. `known`: in a browser that has signed in to the account before."""
    wait = ngettext(
        "Too many failed attempts. Try again in %(minutes)d minute.",
        "Too many failed attempts. Try again in %(minutes)d minutes.",
        too_many.minutes,
    ) % {"minutes": too_many.minutes}
    if known:
        return wait
    return f"{wait} {_('You do not have to wait in a browser that you have signed in with before.')}"
