"""The problems of clients: refusals that somebody can do something about, one row for each different one (N4).

How they are written, and how many there can be: noted_problems.py.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import models, transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone

from ..policy import client_problems
from ..policy.client_problems import About
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .action import Action
from .actor import Actor
from .event import Event
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .client import Client

CALLERS = 5  # different ones that a row names
QUIET_AFTER = timedelta(days=30)  # what has not been seen for so long is no open problem any more
READ_ELSEWHERE = 1_000  # rows of other tenants that are added up, the newest


class Elsewhere(NamedTuple):
    """What other tenants see of one reason: numbers alone."""

    reason: str
    number: int
    tenants: int
    last_at: datetime


class Caller(NamedTuple):
    """Who was refused: from where, what the program says of itself, and when last."""

    address: str
    agent: str
    at: datetime


class Share(models.TextChoices):
    """What strangers choose, what people who were signed in asked, and what nobody chooses are kept apart."""

    STRANGERS = "strangers"
    SIGNED_IN = "signed_in"
    PLAIN = "plain"
    OTHERS = "others"  # the one row for what is not kept


class ClientProblem(TenantOwned):
    """One refusal of a client in one tenant, however often it happened."""

    # Nothing refers to it in the database: expiry removes the rows of a client that is gone.
    client: "models.ForeignKey[Client]" = models.ForeignKey(
        "console.Client", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=32)
    reason = models.CharField(max_length=60)
    grant = models.CharField(max_length=60, blank=True)
    asked = models.CharField(max_length=client_problems.LONGEST_ASKED, blank=True)
    secret_id = models.UUIDField(null=True)
    share = models.CharField(max_length=10, choices=Share.choices)
    source = models.CharField(max_length=32, blank=True)  # a digest of the network that sent the first one
    number = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    callers = models.JSONField(default=list)  # [[address, agent, seconds since 1970], …], the newest first
    ignored_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "tenant", "key"], name="client_problem_once")
        ]
        indexes = [
            models.Index(fields=["last_at"], name="client_problem_expiry"),
            models.Index(fields=["client", "-last_at"], name="client_problem_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.reason} {self.asked}: {self.number}"

    @property
    def about(self) -> About:
        return client_problems.ABOUT.get(self.reason, About.OTHERS)

    @property
    def signed_in(self) -> bool:
        """Whether somebody who was signed in to this tenant has asked it."""
        return self.share == Share.SIGNED_IN

    @property
    def seen_from(self) -> list[Caller]:
        """Who was refused, the last one first; not all, if they were many."""
        return [
            Caller(address, agent, datetime.fromtimestamp(at, UTC)) for address, agent, at in self.callers
        ]

    def add(self, number: int, callers: Iterable[tuple[str, str, float]]) -> None:
        """Counts further refusals, of which `callers` are the last ones. Writes nothing."""
        self.number += number
        newest = {(address, agent): at for address, agent, at in reversed(self.callers)}
        for address, agent, at in callers:
            newest[address, agent] = max(at, newest.pop((address, agent), 0))
            self.last_at = max(self.last_at, datetime.fromtimestamp(at, UTC))
        newest_first = list(newest.items())[::-1]
        ordered = sorted(newest_first, key=lambda item: -item[1])[:CALLERS]
        self.callers = [[address, agent, round(at, 3)] for (address, agent), at in ordered]

    @classmethod
    def of(cls, client_id: int) -> "list[ClientProblem]":
        """Those of a client in the active tenant, the last seen first. There are few (noted_problems.MOST)."""
        return list(cls.objects.filter(client=client_id).order_by("-last_at", "-pk"))

    @classmethod
    def open_ones(
        cls, client: EffectiveClient, problems: "Iterable[ClientProblem]", alive: Collection[UUID]
    ) -> "list[ClientProblem]":
        """Those that nobody has ignored or put right, and that were seen lately. `alive`: the secrets that work."""
        since = timezone.now() - QUIET_AFTER
        return [
            problem
            for problem in problems
            if problem.ignored_at is None and problem.last_at >= since and not problem.is_fixed(client, alive)
        ]

    def is_fixed(self, client: EffectiveClient, alive: Collection[UUID]) -> bool:
        """Whether the client would be given this now. `client` is as it is in this tenant, `alive` its secrets."""
        if self.reason == Reason.APPROVAL_EXPIRED:
            return client.is_approved_at(timezone.now())
        fixed = client_problems.is_fixed(self.reason, self.grant, self.asked, client)
        return fixed or self.secret_id in alive

    @classmethod
    def elsewhere(cls, client: "Client", now: datetime) -> list[Elsewhere]:
        """What other tenants saw of a client in the last 30 days, most often first. Crosses tenants on purpose: the
        owner reads numbers, and nothing that anybody there has written."""
        lately: Any = cls._base_manager.filter(client=client.pk, last_at__gte=now - QUIET_AFTER)
        newest = lately.exclude(tenant=client.tenant_id).order_by("-last_at").values("pk")[:READ_ELSEWHERE]
        found: Any = (
            cls._base_manager.filter(pk__in=list(newest.values_list("pk", flat=True)))
            .values("reason")
            .annotate(n=Sum("number"), tenants=Count("tenant", distinct=True), last=Max("last_at"))
            .order_by("-n", "reason")
        )
        return [Elsewhere(row["reason"], row["n"], row["tenants"], row["last"]) for row in found]

    def ignore(self, *, by: Actor) -> bool:
        """Takes it off the list of open problems for good. False if somebody has done so already."""
        return self._decide(Action.PROBLEM_IGNORED, timezone.now(), by=by)

    def stop_ignoring(self, *, by: Actor) -> bool:
        """Puts it back. False if it was not ignored."""
        return self._decide(Action.PROBLEM_REOPENED, None, by=by)

    def _decide(self, action: Action, moment: datetime | None, *, by: Actor) -> bool:
        with transaction.atomic():
            there = type(self)._base_manager.filter(pk=self.pk, ignored_at__isnull=moment is not None)
            if not there.update(ignored_at=moment):
                return False
            self.ignored_at = moment
            name = {About.REDIRECT: "redirect_uri", About.SCOPES: "left_out"}.get(self.about, "asked")
            details = {"refused_for": self.reason} | ({name: self.asked} if self.asked else {})
            Event.record(self.tenant, action, by=by, target=self.client, details=details)
        return True
