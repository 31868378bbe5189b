"""Mails that wait to be sent: written in the transaction of the act that they tell of, sent beside every request.

A mail server can be slow, away, or accept a connection and say nothing. So nobody sends from a request: a thread of the
server does (background.py), or `manage.py send_mail`. Every mail is taken for a while before it is sent, by compare and
swap, and no transaction is open meanwhile: two senders never send the same one. If a sender dies in that while, the
mail is sent again afterwards.

What a mail says can be a secret, such as a one-time link. It is sealed while it waits, and removed when the mail has
been sent or is given up.
"""

import logging
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.db import models, transaction
from django.utils import timezone

from . import background, sealing
from .action import Action
from .actor import Actor
from .event import Event
from .tenant import Tenant
from .tenant_owned import TenantOwned

MOST_AT_ONCE = 100  # mails of one round
WRITTEN_AT_ONCE = 500  # rows of one statement
TIMEOUT = 10  # seconds for each word of the mail server
TAKEN_FOR = timedelta(minutes=10)  # longer than a mail takes that the server answers at all
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
KEPT = timedelta(days=3)  # as long as a one-time link works

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round of sending came to: numbers of mails."""

    sent: int = 0
    failed: int = 0  # to be tried again
    given_up: int = 0


class Mail(TenantOwned):
    """One mail to one person. Deleted when it has been sent; without its text when it was given up."""

    to = models.CharField(max_length=320)
    sealed = models.TextField(blank=True)  # subject, line end, text
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, default=timezone.now)  # None: given up
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(
        max_length=100, blank=True
    )  # of the last attempt, without the server's own words

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="mail_due"),
            models.Index(fields=["expires_at"], name="mail_expiry"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    # --- Writing -----------------------------------------------------------------------------------------------------

    @classmethod
    def put(
        cls, tenant: Tenant, mails: Iterable[tuple[str, str, str]], *, expires_at: datetime | None = None
    ) -> None:
        """Writes mails, each (address, subject, text), in the transaction of the act. They leave once it is committed.

        `expires_at`: after that there is no sense in them, such as the end of the link in the text.
        """
        expires_at = expires_at or timezone.now() + KEPT
        rows = (
            cls(tenant=tenant, to=to, sealed=_seal(subject, body), expires_at=expires_at)
            for to, subject, body in mails
        )
        cls._base_manager.bulk_create(rows, batch_size=WRITTEN_AT_ONCE)
        transaction.on_commit(background.wake)

    # --- Sending -----------------------------------------------------------------------------------------------------

    @classmethod
    def send_due(cls) -> Sent:
        """Sends what is due, oldest first, at most MOST_AT_ONCE. Ends early if the mail server does not answer.

        Call it outside a transaction.
        """
        numbers = {"sent": 0, "failed": 0, "given_up": 0}
        connection: Any = None
        try:
            for pk in cls._due():
                mail = cls._take(pk)
                if mail is None:
                    continue
                connection = connection or get_connection(timeout=TIMEOUT)
                became = mail._send(connection)
                numbers[became] += 1
                if became == "failed":
                    break  # the others would only wait for the same server: they do that in the next round
        finally:
            _close(connection)
        return Sent(**numbers)

    @classmethod
    def _due(cls) -> list[int]:
        due = cls._base_manager.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
        return list(due.values_list("pk", flat=True)[:MOST_AT_ONCE])

    @classmethod
    def _take(cls, pk: int) -> "Mail | None":
        """Compare and swap: the mail, with its attempt counted; None if another sender was quicker."""
        now = timezone.now()
        taken = cls._base_manager.filter(pk=pk, due_at__lte=now).update(
            due_at=now + TAKEN_FOR, attempts=models.F("attempts") + 1
        )
        return cls._base_manager.select_related("tenant").filter(pk=pk).first() if taken else None

    def _send(self, connection: Any) -> str:
        """One attempt, and what it came to: the name of a field of Sent."""
        if self.expires_at <= timezone.now():
            return self._give_up(self.problem or "Expired")
        try:
            subject, _end, body = sealing.unseal(self.sealed, sealing.MAILS).decode().partition("\n")
            EmailMessage(subject, body, to=[self.to], connection=connection).send()
        except Exception as error:
            _close(connection)
            self.problem = _in_short(error)
            return self._give_up(self.problem) if _is_final(error) else self._try_again()
        self._mine().delete()
        return "sent"

    def _try_again(self) -> str:
        pause = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 10), LONGEST_PAUSE)
        self._mine().update(due_at=timezone.now() + pause, problem=self.problem)
        logger.warning(
            "Mail %s of %s was not sent, attempt %d: %s",
            self.pk,
            self.tenant.alias,
            self.attempts,
            self.problem,
        )
        return "failed"

    def _give_up(self, problem: str) -> str:
        with transaction.atomic():
            if self._mine().update(due_at=None, sealed="", problem=problem, expires_at=timezone.now() + KEPT):
                details = {"email": self.to, "error": problem}
                Event.record(self.tenant, Action.MAIL_FAILED, by=Actor.operator(), details=details)
        logger.error("Mail %s of %s is given up: %s", self.pk, self.tenant.alias, problem)
        return "given_up"

    def _mine(self) -> "models.QuerySet[Mail]":
        """This row, as long as no other sender has taken it since."""
        return Mail._base_manager.filter(pk=self.pk, attempts=self.attempts)

    # --- Reading -----------------------------------------------------------------------------------------------------

    @classmethod
    def waiting(cls) -> int:
        """How many mails of the region are still to be sent."""
        return cls._base_manager.exclude(due_at=None).count()

    @classmethod
    def given_up(cls) -> "models.QuerySet[Mail]":
        """Mails that were not sent and never will be; each is kept for some days, without its text."""
        return cls._base_manager.filter(due_at=None)


def _seal(subject: str, body: str) -> str:
    return sealing.seal(f"{subject}\n{body}".encode(), sealing.MAILS)


def _in_short(error: Exception) -> str:
    """What went wrong, without what the server said: that can repeat the mail."""
    code = _codes(error)
    return f"{type(error).__name__}{f' {code[0]}' if code else ''}"[:100]


def _codes(error: Exception) -> list[int]:
    """The mail server's reply codes, if it gave any (RFC 5321, 4.2)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _is_final(error: Exception) -> bool:
    """Whether the server will never take this mail: a 5xx about its address or its text (RFC 5321, 4.2.1)."""
    about_the_mail = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    codes = _codes(error)
    return about_the_mail and bool(codes) and min(codes) >= 500


def _close(connection: Any) -> None:
    if connection is None:
        return
    try:
        connection.close()
    except Exception:  # it was broken already
        logger.debug("A connection to the mail server could not be closed.", exc_info=True)
