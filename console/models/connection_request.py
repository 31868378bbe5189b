"""People who may not approve ask their administrators to connect a published client (P2, N6).

Several people who ask for one client share one request, so administrators decide once.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..policy.effective_client import EffectiveClient
from .action import Action
from .actor import Actor
from .client import Client
from .connection import Connection, NotPublished
from .event import Event
from .tenant import Tenant
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .user import User

ANSWER_LENGTH = 1000

# Sent with `request` in the transaction of the act: letters are written by whoever listens (console/mail).
request_opened = Signal()
request_answered = Signal()


class AlreadyConnected(Exception):
    """There is nothing to ask for: an administrator has decided about the client already."""


class AlreadyDecided(Exception):
    """Another administrator has answered the request meanwhile."""


class ConnectionRequest(TenantOwned):
    """What a tenant's people ask of its administrators: to connect one client. Open until one of them answers."""

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for an administrator")
        APPROVED = "approved", _("Approved")
        DENIED = "denied", pgettext_lazy("request", "Refused")

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="connection_requests")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, default=None)
    decided_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    answer = models.CharField(_("answer"), max_length=ANSWER_LENGTH, blank=True)

    class Meta:
        verbose_name = _("connection request")
        verbose_name_plural = _("connection requests")
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["tenant", "status", "opened_at"], name="connection_request_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "client"], condition=models.Q(status="open"), name="connection_request_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.client)

    @classmethod
    def ask(
        cls, user: "User", client: Client | EffectiveClient, *, reason: str, by: Actor
    ) -> "tuple[ConnectionRequest, bool]":
        """Opens a request, or joins the one that is open. The flag says whether it was opened just now.

        Raises AlreadyConnected when an administrator has approved the client in this very moment, and NotPublished when
        its owner has taken it away.
        """
        with transaction.atomic():
            # An approval answers the requests that are open; none may be opened behind its back.
            current = Client.with_deleted_anywhere.select_for_update(no_key=True).get(pk=client.pk)
            if not current.is_enabled or current.published_at is None:
                raise NotPublished
            connection = Connection.objects.filter(tenant=user.tenant, client=current).first()
            if connection is not None and not connection.has_expired:
                raise AlreadyConnected
            request, opened = cls.objects.get_or_create(
                tenant=user.tenant, client=current, status=cls.Status.OPEN
            )
            _requester, joined = ConnectionRequester.objects.update_or_create(
                tenant=user.tenant, request=request, user=user, defaults={"reason": reason}
            )
            if joined:
                Event.record(
                    user.tenant,
                    Action.CONNECTION_REQUESTED,
                    by=by,
                    target=current,
                    details={"reason": reason},
                )
            if opened:
                request_opened.send(cls, request=request)
        return request, opened

    def deny(self, answer: str, *, by: Actor) -> bool:
        """Refuses, with a text for those who asked. False if another administrator has answered meanwhile."""
        with transaction.atomic():
            decided = self._decide(self.Status.DENIED, answer, by)
            if decided:
                Event.record(
                    self.tenant,
                    Action.CONNECTION_DENIED,
                    by=by,
                    target=self.client,
                    details={"answer": answer},
                )
        return decided

    @classmethod
    def lock_open(cls, tenant: Tenant, client: Client) -> "list[ConnectionRequest]":
        """The requests of `tenant` that wait for an answer about `client`: nobody else answers them meanwhile."""
        rows = cls.objects.select_for_update(no_key=True)
        return list(rows.filter(tenant=tenant, client=client, status=cls.Status.OPEN))

    def approve(self, *, by: Actor) -> bool:
        """The client was approved, in whatever way: those who asked for it have their answer. False if they had one."""
        return self._decide(self.Status.APPROVED, "", by)

    def _decide(self, status: str, answer: str, by: Actor) -> bool:
        """Compare and swap: of two administrators who decide at once, one does."""
        facts = {"status": status, "answer": answer, "decided_at": timezone.now(), "decided_by": by.user}
        decided = ConnectionRequest.objects.filter(pk=self.pk, status=self.Status.OPEN).update(**facts)
        if decided:
            for name, value in facts.items():
                setattr(self, name, value)
            request_answered.send(type(self), request=self)
        return bool(decided)


class ConnectionRequester(TenantOwned):
    """One person who asked, and why."""

    request = models.ForeignKey(
        ConnectionRequest, on_delete=models.CASCADE, related_name="requesters", db_index=False
    )
    user: "models.ForeignKey[User]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="connection_requests"
    )
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("requester")
        verbose_name_plural = _("requesters")
        ordering = ["asked_at"]
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="requester_of_request")]

    def __str__(self) -> str:
        return str(self.user)
