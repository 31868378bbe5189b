"""`manage.py expire`: removes what has expired, and finishes what acts have left to be done row by row.

Safe to run at any time, and by two schedulers at once.
"""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import CommandError, CommandParser
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from console.management.operations import Operation
from console.models import (
    AuthorizationCode,
    Client,
    ClientAssertion,
    Connection,
    Consent,
    Event,
    FailedAttempts,
    Mail,
    RefreshToken,
    RevokedAccessToken,
    SentForm,
    SigningKey,
    TokenFamily,
    UnfinishedAct,
    UsedAnswer,
)
from console.models.client import DELETED_KEPT
from console.models.refusal_count import RefusalCount
from console.policy.throttling import WINDOW

ENDED_FAMILIES_KEPT = timedelta(days=30)
FINISHED_ACTS_KEPT = timedelta(days=30)


class Command(Operation):
    help = "Removes expired codes, tokens, sessions, assertions and keys, in batches."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--batch", type=int, default=1000, help="rows in one transaction (default 1000, at most 10000)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= 10_000:
            raise CommandError("--batch must be a number from 1 to 10000.")
        finished = UnfinishedAct.finish_all()
        now = timezone.now()
        over = Q(expires_at__lt=now) | Q(ended_at__lt=now - ENDED_FAMILIES_KEPT)
        expired: dict[str, models.QuerySet[Any]] = {
            "codes": AuthorizationCode._base_manager.filter(expires__lt=now - timedelta(minutes=10)),
            "refresh_tokens": RefreshToken._base_manager.filter(expires_at__lt=now),
            # a family outlives its last access token, so that an ended one is not forgotten while it still matters
            "token_families": TokenFamily._base_manager.filter(over, access_expires_at__lt=now),
            "idle_families": TokenFamily._base_manager.filter(access_expires_at__lt=now, refresh_tokens=None),
            "revoked_access_tokens": RevokedAccessToken._base_manager.filter(expires_at__lt=now),
            "client_assertions": ClientAssertion._base_manager.filter(expires_at__lt=now),
            "sent_forms": SentForm._base_manager.filter(expires_at__lt=now),
            "used_answers": UsedAnswer._base_manager.filter(expires_at__lt=now),
            "signing_keys": SigningKey._base_manager.filter(retires_at__lt=now),
            "failed_attempts": FailedAttempts.objects.filter(window__lt=now - 2 * WINDOW),
            "refusal_counts": RefusalCount.objects.filter(minute__lt=now - timedelta(minutes=10)),
            "given_up_mails": Mail.given_up().filter(expires_at__lt=now),
            "sessions": Session.objects.filter(expire_date__lt=now),
            "events": Event.expired(now),
            "finished_acts": UnfinishedAct._base_manager.filter(finished_at__lt=now - FINISHED_ACTS_KEPT),
        }
        removed = {what: self._remove(rows, options["batch"]) for what, rows in expired.items()}
        deleted = Client.with_deleted_anywhere.filter(deleted_at__lt=now - DELETED_KEPT)
        for client in deleted.only("pk").iterator():
            self._remove_what_is_of(client, options["batch"])
        removed["deleted_clients"] = self._remove(deleted, options["batch"])
        self.report(
            options,
            {"removed": removed, "acts_finished": finished},
            *(f"{what}: {number}" for what, number in removed.items() if number),
            *([f"acts_finished: {finished}"] if finished else []),
        )

    @staticmethod
    def _remove_what_is_of(client: Client, batch: int) -> None:
        """What there can be a million of goes before the client does: its own cascade must fit in one transaction."""
        for rows in (
            TokenFamily._base_manager.filter(client=client),
            AuthorizationCode._base_manager.filter(application=client),
            Consent._base_manager.filter(client=client),
            Connection._base_manager.filter(client=client),
        ):
            more = True
            while more:
                with transaction.atomic():
                    free = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:batch]
                    more = bool(rows.model._base_manager.filter(pk__in=list(free)).delete()[0])

    @staticmethod
    def _remove(rows: "models.QuerySet[Any]", batch: int) -> int:
        """Deletes in small transactions, each in the order of keys, so that two schedulers never wait for each other.

        Rows are asked again whether they have expired: one that was prolonged meanwhile stays. What another scheduler
        has taken is left to it.
        """
        removed, last = 0, None
        while True:
            with transaction.atomic():
                further = rows.filter(pk__gt=last) if last is not None else rows
                keys = list(further.order_by("pk").values_list("pk", flat=True)[:batch])
                if not keys:
                    return removed
                last = keys[-1]
                deleted = rows.filter(pk__in=_mine(rows, keys)).delete()[1]
                removed += deleted.get(rows.model._meta.label, 0)


def _mine(rows: "models.QuerySet[Any]", keys: list[Any]) -> list[Any]:
    """Those of `keys` that no other transaction has locked, locked for this one (SQLite has one writer anyway)."""
    free = rows.model._base_manager.filter(pk__in=keys).select_for_update(skip_locked=True)
    return list(free.values_list("pk", flat=True))
