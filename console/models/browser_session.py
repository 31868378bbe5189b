"""A session of a person with a browser, as its owner sees it. Django's session holds the rest; both end together."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import timezone

from .action import Action
from .actor import Actor
from .event import Event
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .user import User

BATCH = 500  # rows that end in one transaction
LONGEST = 300  # of what a browser says about itself


class BrowserSession(TenantOwned):
    """Where and since when somebody is signed in. Alive while Django's session is, under the person's generation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="+")
    generation = models.PositiveIntegerField()
    began_at = models.DateTimeField(default=timezone.now)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=LONGEST, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-began_at"], name="browser_session_of_user")]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def note(cls, user: "User", session_key: str, *, address: str, agent: str) -> None:
        """Notes that a stored session belongs to this person. `agent`: what the browser says about itself."""
        cls._base_manager.create(
            tenant_id=user.tenant_id,
            user=user,
            session_id=session_key,
            generation=user.generation,
            address=address,
            agent="".join(letter for letter in agent if letter.isprintable())[:LONGEST],
        )

    @classmethod
    def alive(cls, user: "User") -> "models.QuerySet[BrowserSession]":
        """Those of this person that have not ended, newest first. A session can be idle for too long all the same."""
        alive = cls._base_manager.filter(
            user=user, generation=user.generation, session__expire_date__gt=timezone.now()
        )
        return alive.select_related("session").order_by("-began_at", "pk")

    def end(self, *, by: Actor) -> None:
        """Ends this one: its browser is signed out with the next request."""
        with transaction.atomic():
            Session.objects.filter(pk=self.session_id).delete()
            Event.record(self.tenant, Action.SESSION_ENDED, by=by, target=self.user)

    @classmethod
    def end_others(cls, user: "User", session_key: str, *, by: Actor) -> int:
        """Ends every session of this person but the one with `session_key`, in batches; how many."""
        others, ended = cls.alive(user).exclude(session=session_key), 0
        while keys := list(others.values_list("session", flat=True)[:BATCH]):
            with transaction.atomic():
                Session.objects.filter(pk__in=keys).delete()
                Event.record(
                    user.tenant,
                    Action.SESSION_ENDED,
                    by=by,
                    target=user,
                    details={"sessions_ended": len(keys)},
                )
            ended += len(keys)
        return ended
