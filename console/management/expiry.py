"""Removes what has expired, in batches: for `manage.py expire`, and for the servers (ServerRuns).

Each category goes through its own index by expiry, and looks again only at what the last two batches have passed: what
was removed stays in the index until it is vacuumed. Every batch is a transaction of its own, so nothing is lost when a
run is stopped. Rows that another transaction holds are left to the next run.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from console.models import (
    AuthorizationCode,
    ClientAssertion,
    ClientProblem,
    ClientRegistration,
    ClientSecret,
    DeviceAuthorization,
    Event,
    FailedAttempts,
    Group,
    Invitation,
    Mail,
    MetadataDocument,
    RedirectUser,
    RefreshToken,
    RegistrationToken,
    RevokedAccessToken,
    ScopeUse,
    SentForm,
    SigningKey,
    TokenFamily,
    UnfinishedAct,
    UseCount,
    UsedAnswer,
    UseTotal,
)
from console.models.expiry_run import JITTER, ExpiryRun, ImplausibleClock
from console.models.group import remove_members
from console.models.invitation import KEPT as INVITATIONS_KEPT
from console.models.refusal_count import RefusalCount
from console.policy.throttling import WINDOW

from .expired_documents import remove_documents
from .expired_families import remove_clients, remove_families
from .expired_rows import Remove, Rows, before, remove_all, remove_unused
from .places_in_list import give
from .secret_notices import announce

FINISHED_ACTS_KEPT = timedelta(days=30)
CODES_KEPT = timedelta(minutes=10)  # so that a replay is noticed
COUNTS_KEPT = timedelta(minutes=10)
HOURS_KEPT = timedelta(days=14)  # that the numbers of single hours are kept; those of days: a setting
REGISTRATION_TOKENS_KEPT = timedelta(days=30)  # expired ones, in the list of the console
BATCH = 200  # rows in one transaction: each may take three reads from a disk
PAUSE = 0.02  # seconds between two batches: others get their turn
FIRST_LOOK = 30  # seconds, up to twice of it: servers begin together
LOOKS_EVERY = 60  # seconds between two looks of one process whether a run is due

logger = logging.getLogger(__name__)


@dataclass
class Summary:
    """What a run came to. `failed` has the error of each category that failed; `finished` is False if time was up."""

    removed: dict[str, int] = field(default_factory=dict)
    acts_finished: int = 0
    secrets_announced: int = 0  # whose expiry administrators were told of by mail
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    finished: bool = True

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(
    *,
    batch: int = BATCH,
    seconds: float | None = None,
    trust_clock: bool = False,
    tell: Callable[[str], object] = logger.info,
) -> Summary:
    """Removes what has expired and finishes what acts have left, until all is done or the time is up.

    A category that fails is named in the summary, and the others are done all the same. `tell` gets a line for each
    category that had something to do. Raises ImplausibleClock, see ExpiryRun.begin.
    """
    began = time.monotonic()

    def over() -> bool:
        return seconds is not None and time.monotonic() - began >= seconds

    now = ExpiryRun.begin(trusting=trust_clock)
    summary = Summary()
    _try(summary, "acts", tell, partial(_finish_acts, summary, over, tell))
    _try(summary, "secret_notices", tell, partial(_announce, summary, now, batch, over, tell))
    _try(summary, "places_in_list", tell, partial(_give_places, batch, over, tell))
    for name, batches in _categories(now, batch).items():
        summary.removed[name] = 0
        _try(summary, name, tell, partial(_go, summary, name, batches, over))
        if summary.removed[name]:
            tell(f"{name}: {summary.removed[name]} removed")
    summary.seconds = round(time.monotonic() - began, 3)
    return summary


def _finish_acts(summary: Summary, over: Callable[[], bool], tell: Callable[[str], object]) -> None:
    summary.acts_finished = UnfinishedAct.finish_all(over)
    if summary.acts_finished:
        tell(f"acts: {summary.acts_finished} finished")


def _announce(
    summary: Summary, now: datetime, batch: int, over: Callable[[], bool], tell: Callable[[str], object]
) -> None:
    """Tells administrators of secrets that expire soon. What there is no time for is left to the next run."""
    batches = before(ClientSecret._base_manager.all(), "notice_due_at", now, now, batch, announce)
    while not over():
        told = next(batches, None)
        if told is None:
            break
        summary.secrets_announced += told
    if summary.secrets_announced:
        tell(f"secrets: {summary.secrets_announced} announced that expire soon")


def _give_places(batch: int, over: Callable[[], bool], tell: Callable[[str], object]) -> None:
    """During an update older processes register clients without one. What there is no time for: the next run."""
    given = 0
    for number in give(batch):
        given += number
        if over():
            break
    if given:
        tell(f"clients: {given} got their place in the list")


def _try(summary: Summary, name: str, tell: Callable[[str], object], work: Callable[[], None]) -> None:
    try:
        work()
    except Exception as error:
        # The first line alone: in the others a database repeats what stands in the row.
        words = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        summary.failed[name] = words
        tell(f"{name}: failed, {words}")
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # the next category gets a new one, if this one was lost


def _go(summary: Summary, name: str, batches: Iterator[int], over: Callable[[], bool]) -> None:
    while not over():
        removed = next(batches, None)
        if removed is None:
            return
        summary.removed[name] += removed
        time.sleep(PAUSE if removed else 0)
    summary.finished = False


# --- What expires -------------------------------------------------------------------------------------------------


def _categories(now: datetime, batch: int) -> dict[str, Iterator[int]]:
    """The categories in their order, each with its batches: how many rows each of them has removed."""

    def by(
        column: str, rows: Rows, kept: timedelta = timedelta(0), remove: Remove = remove_all
    ) -> Iterator[int]:
        return before(rows, column, now - kept, now, batch, remove)

    categories = {
        "codes": by("expires", AuthorizationCode._base_manager.all(), CODES_KEPT),
        "device_authorizations": by("expires_at", DeviceAuthorization._base_manager.all(), CODES_KEPT),
        "refresh_tokens": by("expires_at", RefreshToken._base_manager.all()),
        "token_families": by("kept_until", TokenFamily._base_manager.all(), remove=remove_families),
        "revoked_access_tokens": by("expires_at", RevokedAccessToken._base_manager.all()),
        "client_assertions": by("expires_at", ClientAssertion._base_manager.all()),
        "sent_forms": by("expires_at", SentForm._base_manager.all()),
        "used_answers": by("expires_at", UsedAnswer._base_manager.all()),
        "signing_keys": by("retires_at", SigningKey._base_manager.all()),
        "failed_attempts": by("window", FailedAttempts.objects.all(), 2 * WINDOW),
        "refusal_counts": by("minute", RefusalCount.objects.all(), COUNTS_KEPT),
        "given_up_mails": by("expires_at", Mail.given_up()),
        "sessions": by("expire_date", Session.objects.all()),
        "finished_acts": by("finished_at", UnfinishedAct._base_manager.all(), FINISHED_ACTS_KEPT),
        "invitations": by("expires_at", Invitation._base_manager.all(), INVITATIONS_KEPT),
        "deleted_groups": by("deleted_at", Group._base_manager.all(), remove=remove_members),
        **_of_uses(by),
        "registrations": by("due_at", ClientRegistration._base_manager.all(), remove=remove_unused),
        "registration_tokens": by(
            "expires_at", RegistrationToken._base_manager.all(), REGISTRATION_TOKENS_KEPT
        ),
        "deleted_clients": remove_clients(now, batch),
        "unused_documents": by("kept_until", MetadataDocument.objects.all(), remove=remove_documents),
    }
    if settings.EVENTS_KEPT is not None:
        categories["events"] = by("happened_at", Event._base_manager.all(), settings.EVENTS_KEPT)
    return categories


def _of_uses(by: Callable[..., Iterator[int]]) -> dict[str, Iterator[int]]:
    """What is counted of the use of clients."""
    kept = settings.USES_KEPT
    return {
        "hourly_uses": by("begins_at", _uses(UseCount.Span.HOUR), HOURS_KEPT),
        "daily_uses": by("begins_at", _uses(UseCount.Span.DAY), kept),
        "scope_uses": by("last_on", ScopeUse._base_manager.all(), kept),
        "use_totals": by("begins_at", UseTotal._base_manager.all(), kept),
        "client_problems": by("last_at", ClientProblem._base_manager.all(), kept),
        "redirect_users": by("last_at", RedirectUser._base_manager.all(), kept),
    }


def _uses(span: UseCount.Span) -> Rows:
    return UseCount._base_manager.filter(span=span)


# --- In a server --------------------------------------------------------------------------------------------------


class ServerRuns:
    """Work beside requests (models/background.py): runs when it is due, if no other server or worker has taken it.

    Its thread is asked often, and looks into the database once a minute. It may end with its process at any moment.
    """

    def __init__(self, first_look: float | None = None) -> None:
        """`first_look`: seconds until this process looks for the first time; chosen at random if None."""
        wait = FIRST_LOOK + secrets.randbelow(FIRST_LOOK) if first_look is None else first_look
        self.next_look = time.monotonic() + wait

    def __call__(self) -> Summary | None:
        """One look. Returns what was done; None if it was not due here. What failed is in the log."""
        every: timedelta = settings.EXPIRE_EVERY
        if not every or time.monotonic() < self.next_look:
            return None
        self.next_look = time.monotonic() + LOOKS_EVERY
        if not ExpiryRun.take(every):
            return None
        try:
            # Not longer than until the next one is due, which may be another server's.
            summary = run(seconds=every.total_seconds() * (1 - 2 * JITTER))
        except ImplausibleClock as error:
            logger.warning("Nothing is removed. %s If it is right: manage.py expire --trust-clock", error)
            return None
        for name, words in summary.failed.items():
            logger.error("Removing what has expired failed: %s: %s", name, words)
        return summary
