"""The audit log: what happened in a tenant, who did it, from where, and what changed (Q8, P8).

An event is written in the transaction of the act that it tells of, so neither exists without the other. Its text is
made when it is shown, so it is in the reader's language. Secrets and tokens are never part of it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from .. import trace
from ..policy.client_types import Origin
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .action import REFUSALS, Action
from .actor import Actor, Kind
from .event_keyword import EventKeyword, keywords
from .prepared_writes import insert
from .refusal_count import Place, RefusalCount
from .statements import Statement

if TYPE_CHECKING:
    from .tenant import Tenant

TRACES_KEPT = 50  # repetitions of one refusal that are found by their trace ID


class Event(models.Model):
    """One line of a tenant's audit log. Never changed, except that repeated refusals are counted."""

    Kind = Kind

    tenant = models.ForeignKey("console.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    happened_at = models.DateTimeField(default=timezone.now)
    action = models.CharField(
        max_length=40
    )  # an Action; no choices here, so that a new one needs no migration
    actor_kind = models.CharField(max_length=10, choices=Kind.choices)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=320, blank=True)
    address = models.CharField(max_length=45, blank=True)
    target_kind = models.CharField(max_length=20, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=512, blank=True)
    # field -> [before, after]
    changes = models.JSONField(default=dict, blank=True)
    details = models.JSONField(default=dict, blank=True)
    # The request that caused it; None for a command's.
    trace_id = models.CharField(max_length=trace.LENGTH, null=True, default=None)  # noqa: DJ001  quick to add to a long log
    # The same refusal again within a minute is counted on its row: a flood must not fill the disk.
    times = models.PositiveIntegerField(default=1)
    repeats = models.CharField(max_length=64, null=True, default=None, editable=False)  # noqa: DJ001  unique or nothing

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["tenant", "-happened_at", "-id"], name="event_newest"),
            models.Index(fields=["tenant", "target_id", "-happened_at", "-id"], name="event_of_target"),
            models.Index(fields=["tenant", "action", "-happened_at", "-id"], name="event_of_action"),
            models.Index(fields=["tenant", "actor_id", "-happened_at", "-id"], name="event_of_actor"),
            models.Index(fields=["tenant", "trace_id"], name="event_of_trace"),
            models.Index(fields=["happened_at"], name="event_by_time"),
        ]
        constraints = [models.UniqueConstraint(fields=["repeats"], name="event_repeats")]

    def __str__(self) -> str:
        return f"{self.happened_at:%Y-%m-%d %H:%M:%S} {self.action} {self.target_name}"

    @classmethod
    def newest_first(cls) -> "models.QuerySet[Event]":
        """The tenant's log. A period and the order are read from one index, so that neither scans the rest."""
        return cls.objects.order_by("-happened_at", "-id")

    @property
    def is_refusal(self) -> bool:
        return self.action in REFUSALS

    @classmethod
    def record(
        cls,
        tenant: "Tenant",
        action: Action,
        *,
        by: Actor,
        target: models.Model | EffectiveClient | None = None,
        changes: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes one event. Call it inside the transaction of what it tells of."""
        event = cls.of(tenant, action, by=by, target=target, changes=changes, details=details)
        texts = keywords(event.changes, event.details)
        written = insert(event, RETURNING if texts else "")
        if texts:
            EventKeyword.keep(tenant.pk, written[0], texts)

    @classmethod
    def of(
        cls,
        tenant: "Tenant",
        action: Action,
        *,
        by: Actor,
        target: models.Model | EffectiveClient | None = None,
        changes: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> "Event":
        """An event that is not written yet. Whoever writes it without `record` sees that it has no keywords."""
        return cls(
            tenant_id=tenant.pk,
            action=action,
            **_columns(by, target),
            changes=changes or {},
            details={**(details or {}), **_document(target)},
            trace_id=trace.current() or None,
        )

    @classmethod
    def record_in_each(
        cls,
        tenants: "Iterable[Tenant]",
        action: Action,
        *,
        by: Actor,
        target: models.Model | EffectiveClient,
        details: Mapping[str, Any],
        happened_at: datetime,
    ) -> None:
        """Writes the same event in the logs of several tenants, in one statement."""
        columns = _columns(by, target)
        cls._base_manager.bulk_create(
            cls(
                tenant=tenant,
                action=action,
                **columns,
                details={**details, **_document(target)},
                happened_at=happened_at,
                trace_id=trace.current() or None,
            )
            for tenant in tenants
        )

    @classmethod
    def refuse(
        cls,
        tenant: "Tenant",
        action: Action,
        *,
        by: Actor,
        reason: Reason,
        target: models.Model | EffectiveClient | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Writes a refused attempt, or counts it on the row of the same refusal in the same minute.

        Two refusals are the same if they would read the same. As many different ones of a minute as refusal_count.py
        allows have a row each; the rest of them are counted together. Call it last in a transaction: it locks what it
        counts.
        """
        now = datetime.now(UTC)
        event = cls(
            tenant=tenant,
            action=action,
            happened_at=now,
            **_columns(by, target),
            details={"reason": reason.value, **(details or {}), **_document(target)},
            trace_id=trace.current() or None,
        )
        with transaction.atomic():
            event._count()

    def _count(self) -> None:
        """Finds the row on which this refusal is counted, or becomes it."""
        minute = self.happened_at.replace(second=0, microsecond=0)
        self.repeats = self._sameness(minute)
        if self._count_again():
            return
        source = (self.tenant_id, self.action, self.address, minute)
        place = RefusalCount.take(*source)
        if place is not Place.FREE:
            self._become_the_others(place, minute)
        event_id, times = insert(self, ONE_MORE)
        if place is Place.FREE and times > 1:  # the same refusal at the same time was first
            RefusalCount.give_back(*source)
        self._make_findable(event_id, times)

    def _count_again(self) -> bool:
        """Counts a refusal that has its row: one statement."""
        row = _AGAIN.first([self.repeats])
        if row is not None:
            self._make_findable(*row.values())
        return row is not None

    def _make_findable(self, event_id: int, times: int) -> None:
        """The row by its own trace ID and keywords; the first repetitions by theirs."""
        texts = keywords({}, self.details) if times == 1 else []
        if self.trace_id and 1 < times <= TRACES_KEPT:
            texts.append(self.trace_id)
        if texts:
            EventKeyword.keep(self.tenant_id, event_id, texts)

    def _become_the_others(self, full: Place, minute: datetime) -> None:
        """The row of those that have none: of one source, or, once the tenant's are used up, of everywhere."""
        address = self.address if full is Place.SOURCE_FULL else ""
        for name, value in _columns(Actor.anonymous(address), None).items():
            setattr(self, name, value)
        self.details = {"reason": Reason.OTHERS.value}
        self.repeats = self._sameness(minute)

    def _sameness(self, minute: datetime) -> str:
        """Equal for two refusals that would read the same, trace ID aside."""
        columns = [self.actor_kind, self.actor_id, self.address, self.target_kind, self.target_id]
        same = [str(self.tenant_id), self.action, *columns, minute.isoformat(), self.details]
        return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()


# One statement, no race, on both databases.
RETURNING = 'RETURNING "id", "times"'
_AGAIN = Statement(
    f'UPDATE "{Event._meta.db_table}" SET "times" = "times" + 1 WHERE "repeats" = %s {RETURNING}'
)
ONE_MORE = f'ON CONFLICT ("repeats") DO UPDATE SET "times" = "{Event._meta.db_table}"."times" + 1 {RETURNING}'


def _columns(by: Actor, target: models.Model | EffectiveClient | None) -> dict[str, str]:
    acting = by.user or by.client or by.tenant
    return {
        "actor_kind": by.kind,
        "actor_id": str(acting.pk) if acting else "",
        "actor_name": by.name,
        "address": by.address,
        "target_kind": _kind(target) if target else "",
        "target_id": str(target.pk) if target else "",
        "target_name": str(target)[:512] if target else "",
    }


def _document(target: models.Model | EffectiveClient | None) -> dict[str, str]:
    """The URL of a metadata document, in each event about its client: its name is only what the document says."""
    is_one = target is not None and getattr(target, "origin", "") == Origin.DOCUMENT
    return {"document": str(target.client_id)} if is_one else {}  # type: ignore[union-attr]


def _kind(target: models.Model | EffectiveClient) -> str:
    return "client" if isinstance(target, EffectiveClient) else target._meta.model_name or ""
