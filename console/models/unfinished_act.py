"""The remaining row-by-row work of an act: sessions to end, consents to delete, tenants to inform.

An act such as disabling a client is one short transaction, however much it touches. It changes the generation that
every look compares with, and from then on nothing that was given earlier is accepted anywhere. The rows follow: the
first ones in that transaction, the others in batches afterwards, by a thread of the server (background.py) or by
`manage.py expire`.
Every batch is a transaction of its own and notes how far it has come, so nothing is lost in a crash.

A request that was at work during the act can still commit a session under the old generation. It is dead, but its row
does not say so yet: therefore an act that ends sessions looks once more when it is committed, and again when no such
request can be left.

Whatever ends sessions stands above this module, and so do sessions, connections and consents. An act finds their rows
by the relations of its client and its person.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from . import background
from .action import Action
from .actor import Actor
from .event import Event
from .receipt import Receipt
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .client import Client
    from .token_family import TokenFamily
    from .user import User

BATCH = 500  # rows of one kind in one transaction: some 30 ms
ENDED_KEPT = timedelta(days=30)  # how long a family's row says that it has ended, at most
SETTLED = timedelta(minutes=5)  # longer than any request: what was at work during the act has ended by then
PAUSE = 0.02  # seconds between two batches: others get their turn, and whoever holds a row may let it go


class UnfinishedAct(TenantOwned):
    """One act with more rows than its own transaction takes. Kept for a while after it is finished, for its receipt."""

    class Ends(models.TextChoices):
        """Which sessions end. Never shown."""

        NOTHING = ""
        EVERYWHERE = "everywhere"  # of a client in every tenant
        ELSEWHERE = "elsewhere"  # of a client in the tenants that do not own it
        IN_TENANT = "in_tenant"  # of a client in one tenant
        OF_PERSON = "of_person"  # of a person with every client
        OF_USER = "of_user"  # of a person with one client

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client: "models.ForeignKey[Client | None]" = models.ForeignKey(
        "console.Client", on_delete=models.CASCADE, null=True, default=None, related_name="+"
    )
    user: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, default=None, related_name="+"
    )
    ends = models.CharField(max_length=10, default=Ends.NOTHING, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    # The connection that was removed: the consents given under it go with it.
    removed_connection = models.BigIntegerField(null=True, default=None)
    # What the other tenants that are connected to the client are told; None if they are not told anything.
    tells = models.JSONField(null=True, default=None)
    decided_at = models.DateTimeField(default=timezone.now)
    actor_user: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, default=None, related_name="+"
    )
    actor_client: "models.ForeignKey[Client | None]" = models.ForeignKey(
        "console.Client", on_delete=models.SET_NULL, null=True, default=None, related_name="+"
    )
    actor_address = models.CharField(max_length=45, blank=True)
    actor_is_operator = models.BooleanField(default=False)
    # How far it has come.
    sessions = models.PositiveIntegerField(default=0)
    accepted_until = models.DateTimeField(null=True, default=None)
    ended_to = models.UUIDField(null=True, default=None)
    told_to = models.BigIntegerField(default=0)
    passed_at = models.DateTimeField(null=True, default=None)  # came to the end for the first time
    finished_at = models.DateTimeField(null=True, default=None)  # and found nothing new once it was settled

    class Meta:
        indexes = [
            models.Index(fields=["user", "client"], condition=Q(passed_at=None), name="act_of_user"),
            models.Index(fields=["finished_at"], name="act_finished"),
        ]

    def __str__(self) -> str:
        return self.reason

    # --- The act's own transaction ---------------------------------------------------------------------------------

    @classmethod
    def carry_out(cls, act: "UnfinishedAct", *, by: Actor) -> Receipt:
        """Does the first rows of `act` now, and sees to it that the others follow once the transaction is committed.

        Call it in the transaction of the act, after what decides has been changed.
        """
        done = act._end_sessions() and act._tell()
        if done and not act.ends:
            return Receipt(0, None)
        act.actor_user, act.actor_client_id = by.user, by.client.pk if by.client else None
        act.actor_address, act.actor_is_operator = by.address, by.is_operator
        act.passed_at = act.decided_at if done else None
        act.save(force_insert=True)
        if done:
            transaction.on_commit(act._look_again)
            return act.receipt
        transaction.on_commit(background.wake)
        # What has not been looked at yet may have been given a token this very moment.
        latest = timezone.now() + settings.ACCESS_TOKEN_LIFETIME if act.ends else None
        return replace(act.receipt, accepted_until=latest)

    # --- Afterwards --------------------------------------------------------------------------------------------------

    @classmethod
    def finish_all(cls, over: Callable[[], bool] = lambda: False) -> int:
        """Does what is left of every act, oldest first; how many. What another process is doing is left to it.

        `over` is asked after each batch whether that is enough for now.
        """
        due = Q(passed_at=None) | Q(decided_at__lt=timezone.now() - SETTLED)
        acts = cls._base_manager.filter(due, finished_at=None).order_by("decided_at")
        return sum(cls._finish(pk, over) for pk in list(acts.values_list("pk", flat=True)))

    @classmethod
    def _finish(cls, pk: uuid.UUID, over: Callable[[], bool]) -> bool:
        """Batch after batch, to the end. False if another process is at it, or it is enough for now."""
        complete: bool | None = None
        while not over() and (complete := cls._next_batch(pk)) is False:
            time.sleep(PAUSE)
        return bool(complete)

    @classmethod
    def _next_batch(cls, pk: uuid.UUID) -> bool | None:
        """One batch in a transaction of its own. True if nothing is left, None if another process is at it."""
        with transaction.atomic():
            rows = cls._base_manager.select_for_update(skip_locked=True, no_key=True, of=("self",))
            act = rows.select_related("client__tenant", "user", "tenant").filter(pk=pk).first()
            if act is None or act.finished_at is not None:
                return None
            complete = act._batch()
            if complete:
                act._pass()
            act.save()
        return complete

    def _look_again(self) -> None:
        self._next_batch(self.pk)

    def _pass(self) -> None:
        now = timezone.now()
        if not self.ends or self._is_settled:
            self.finished_at = now
        if self.passed_at is not None:
            return
        self.passed_at = now
        if self.ends:
            by = Actor(
                user=self.actor_user,
                client=self.actor_client,
                address=self.actor_address,
                is_operator=self.actor_is_operator,
            )
            details = Receipt(self.sessions, self.accepted_until).details
            target = self.client or self.user
            Event.record(self.tenant, Action.SESSIONS_ENDED, by=by, target=target, details=details)

    @property
    def _is_settled(self) -> bool:
        return timezone.now() - self.decided_at > SETTLED

    # --- One batch ---------------------------------------------------------------------------------------------------

    def _batch(self) -> bool:
        """Does as much as one transaction should. True if nothing is left.

        Consents under a removed connection count no more: they are never deleted in the act's own transaction, where
        those who are just using one would have to wait.
        """
        return self._end_sessions() and self._tell() and self._delete_consents()

    def _end_sessions(self) -> bool:
        """In the order of keys, so that no batch looks again at what an earlier one has passed."""
        if not self.ends:
            return True
        families = self._families()
        further = families.filter(pk__gt=self.ended_to) if self.ended_to else families
        # Not those that another transaction holds: the act must not wait for a token that is being made.
        free = further.order_by("pk").select_for_update(skip_locked=True, no_key=True, of=("self",))
        found = list(free.values_list("pk", "access_expires_at")[:BATCH])
        if found:
            now, self.ended_to = timezone.now(), found[-1][0]
            rows = families.model._base_manager.filter(pk__in=[pk for pk, _until in found], ended_at=None)
            self.sessions += rows.update(**self.end_of_family(now, self.reason))
            latest = max(until for _pk, until in found)
            if latest > now:
                self.accepted_until = max(latest, self.accepted_until or latest)
        if len(found) == BATCH:
            return False
        self.ended_to = None
        # What was held, and what was only just being given, is left to the look when the act is settled. Only that one
        # makes sure: on PostgreSQL it reads past every row that this act has ended, until they are vacuumed.
        return not self._is_settled or not families.exists()

    def _families(self) -> "models.QuerySet[TokenFamily]":
        """What has not been ended yet. Crosses tenants on purpose: a client's owner ends it everywhere.

        What was given under the present generation is left alone: the client may have been switched on again since.
        """
        client: Any = self.client
        user: Any = self.user
        live = (user or client).token_families.model._base_manager.filter(ended_at=None)
        if user is not None:
            if client is None:
                return live.filter(user=user, user_generation__lt=user.generation)
            return live.filter(user=user, client=client, began_at__lte=self.decided_at)
        live = live.filter(client=client)
        if self.ends == self.Ends.EVERYWHERE:
            return live.exclude(generation__startswith=f"{client.generation}.")
        if self.ends == self.Ends.ELSEWHERE:
            return live.exclude(tenant=client.tenant_id).exclude(
                generation__startswith=f"{client.generation}.",
                generation__endswith=f"/{client.shared_generation}",
            )
        connections = client.connections.model._base_manager
        present = connections.filter(tenant=self.tenant_id, client=client).first()
        live = live.filter(tenant=self.tenant_id)
        return live.exclude(generation=str(present.generation_for(client))) if present else live

    def _delete_consents(self) -> bool:
        if self.removed_connection is None or self.client is None:
            return True
        consents = self.client.consents.model
        given = consents.given_under(self.removed_connection).order_by("pk")
        keys = list(given.values_list("pk", flat=True)[:BATCH])
        consents._base_manager.filter(pk__in=keys).delete()
        return len(keys) < BATCH

    def _tell(self) -> bool:
        """Writes the other tenants' side of an act of the owner: what changed for them, never who did it."""
        if self.tells is None or self.client is None:
            return True
        told = list(
            self.client.connections_elsewhere()
            .filter(pk__gt=self.told_to)
            .select_related("tenant")
            .order_by("pk")[:BATCH]
        )
        if told:
            self.told_to = told[-1].pk
            Event.record_in_each(
                [connection.tenant for connection in told],
                Action.CONNECTION_CHANGED_BY_OWNER,
                # Of a client without an owner it can only be said that it changed.
                by=Actor(tenant=self.client.tenant) if self.client.has_owner else Actor(client=self.client),
                target=self.client,
                details=self.tells,
                happened_at=self.decided_at,
            )
        return len(told) < BATCH

    @staticmethod
    def end_of_family(now: datetime, reason: str) -> dict[str, Any]:
        """What a family's row says when it has ended: until when it is kept, too."""
        kept_until = Least("kept_until", Value(now + ENDED_KEPT, models.DateTimeField()))
        return {"ended_at": now, "ended_reason": reason, "kept_until": kept_until}

    # --- Reading -----------------------------------------------------------------------------------------------------

    @property
    def receipt(self) -> Receipt:
        """What it has ended so far."""
        return Receipt(self.sessions, self.accepted_until, (self.pk,), unfinished=self.passed_at is None)

    @classmethod
    def ending_of_user(cls, user: str, client: str, began_at: str) -> "models.QuerySet[UnfinishedAct]":
        """For Exists(): acts that are ending the sessions which a person (column `user`) had with a client then."""
        return cls._base_manager.filter(
            user=OuterRef(user),
            client=OuterRef(client),
            decided_at__gte=OuterRef(began_at),
            passed_at=None,
        )
