"""Counts failed sign-ins and makes those wait who fail too often (ASVS 6.1.1, 6.3.1; policy/throttling.py)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop

from .. import sessions
from ..models import Action, Event, FailedAttempts, Tenant, User
from ..policy import text, throttling
from ..tenancy import current_tenant

COOKIE = f"{settings.COOKIE_PREFIX}known"
SALT = "qlikauth.known-browser"
COOKIE_AGE = timedelta(days=365)
MAX_ACCOUNTS = 5
WRONG = gettext_noop("wrong email or password")
TOO_MANY = gettext_noop("too many failed attempts")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in to one account, known or not: both are treated alike."""

    request: HttpRequest
    tenant: Tenant
    email: str
    source: str
    now: datetime

    @classmethod
    def of(cls, request: HttpRequest, email: str) -> "Attempt":
        tenant = current_tenant()
        browser = _known(request).get(_account(tenant, email))
        source = f"browser {browser}" if browser else throttling.network(sessions.client_address(request))
        return cls(request, tenant, email, source, timezone.now())

    def begin(self) -> timedelta | None:
        """How long to wait before this attempt may be made, or None if it may be made now. Asked before any hashing.

        An attempt that may be made counts as failed until `succeeded` says otherwise: of any number that are made at
        once, no more than the limit get to have their password looked at.
        """
        before = [FailedAttempts.count(*what, now=self.now) for what, _ in self._counted()]
        if wait := self._wait(before):
            return wait
        with transaction.atomic():
            before = [FailedAttempts.add(*what, now=self.now) - 1 for what, _ in self._counted()]
            wait = self._wait(before)
            if wait:
                self._take_back()
        return wait

    def succeeded(self) -> None:
        """The password was right: the attempt does not count."""
        with transaction.atomic():
            self._take_back()

    def failed(self) -> None:
        """Notes the failure, which has been counted. Does the same for an account that does not exist."""
        self.refuse(WRONG)

    def _counted(self) -> list[tuple[tuple[str, ...], int]]:
        """What is counted, and how many failures are too many. Always in this order, so that nobody waits in a ring."""
        account = ("account", str(self.tenant.pk), self.email, self.source)
        return [
            (account, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE),
            (("source", self.source), throttling.FAILURES_PER_SOURCE),
        ]

    def _wait(self, failures: list[int]) -> timedelta | None:
        waits = [
            throttling.wait(number, limit, self.now)
            for number, (_, limit) in zip(failures, self._counted(), strict=True)
        ]
        return next((wait for wait in waits if wait), None)

    def _take_back(self) -> None:
        for what, _ in self._counted():
            FailedAttempts.take_back(*what, now=self.now)

    def refuse(self, reason: str) -> None:
        """Notes the refused attempt in the audit log, without what was typed as the password."""
        Event.refuse(
            self.tenant,
            Action.SESSION_REFUSED,
            by=sessions.actor(self.request),
            target=User.objects.filter(email=self.email).first(),
            reason=reason,
            details={"email": text.spelt_out(self.email)},
        )

    def remember(self, response: HttpResponse) -> None:
        """Lets this browser count on its own from now on, so that a stranger behind its address cannot lock it out."""
        account = _account(self.tenant, self.email)
        known = _known(self.request)
        browser = known.pop(account, None) or secrets.token_urlsafe(16)
        newest = dict([*known.items(), (account, browser)][-MAX_ACCOUNTS:])
        response.set_cookie(
            COOKIE,
            signing.dumps(newest, salt=SALT),
            max_age=COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


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
