"""`manage.py expire`: removes what has expired. Safe to run at any time, and by two schedulers at once."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import CommandParser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from console.management.operations import Operation
from console.models import (
    Client,
    ClientAssertion,
    FailedAttempts,
    Grant,
    RefreshToken,
    RevokedAccessToken,
    SigningKey,
    TokenFamily,
)
from console.models.client import DELETED_KEPT
from console.policy.throttling import WINDOW

ENDED_FAMILIES_KEPT = timedelta(days=30)


class Command(Operation):
    help = "Removes expired codes, tokens, sessions, assertions and keys, in batches."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--batch", type=int, default=1000, help="rows in one transaction (default 1000)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        over = Q(expires_at__lt=now) | Q(ended_at__lt=now - ENDED_FAMILIES_KEPT)
        expired: dict[str, models.QuerySet[Any]] = {
            "codes": Grant._base_manager.filter(expires__lt=now - timedelta(minutes=10)),
            "refresh_tokens": RefreshToken._base_manager.filter(expires_at__lt=now),
            # a family outlives its last access token, so that an ended one is not forgotten while it still matters
            "token_families": TokenFamily._base_manager.filter(over, access_expires_at__lt=now),
            "idle_families": TokenFamily._base_manager.filter(access_expires_at__lt=now, refresh_tokens=None),
            "revoked_access_tokens": RevokedAccessToken._base_manager.filter(expires_at__lt=now),
            "client_assertions": ClientAssertion._base_manager.filter(expires_at__lt=now),
            "signing_keys": SigningKey._base_manager.filter(retires_at__lt=now),
            "failed_attempts": FailedAttempts.objects.filter(window__lt=now - 2 * WINDOW),
            "sessions": Session.objects.filter(expire_date__lt=now),
            "deleted_clients": Client.with_deleted_anywhere.filter(deleted_at__lt=now - DELETED_KEPT),
        }
        removed = {what: self._remove(rows, options["batch"]) for what, rows in expired.items()}
        self.report(
            options,
            {"removed": removed},
            *(f"{what}: {number}" for what, number in removed.items() if number),
        )

    @staticmethod
    def _remove(rows: "models.QuerySet[Any]", batch: int) -> int:
        """Deletes in small transactions. What another scheduler has deleted meanwhile is simply not there any more."""
        removed = 0
        while keys := list(rows.order_by().values_list("pk", flat=True)[:batch]):
            rows.model._base_manager.filter(pk__in=keys).delete()
            removed += len(keys)
        return removed
