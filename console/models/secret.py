"""Client secrets: up to five alive per confidential client, each shown once (S3, S13, P1)."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy import credentials
from ..policy.apis import TokenRules
from ..policy.effective_client import EffectiveClient
from . import last_use
from .action import Action
from .actor import Actor
from .api import Api
from .connection import Connection
from .event import Event
from .limits import LimitReached
from .prepared import PreparedValue
from .sealing import digest, digests
from .tenant import Tenant
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .client import Client
    from .user import User


class ClientSecret(TenantOwned):
    """A client secret as it is stored: digest, hint, creator, last use. The secret itself is not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("console.Client", on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, editable=False)
    hint = models.CharField(_("hint"), max_length=credentials.HINT_LENGTH)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, default=None)
    # A removed secret keeps its digest, so that the console can tell which one is still being tried.
    removed_at = models.DateTimeField(null=True, default=None)
    removed_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_tried_at = models.DateTimeField(null=True, default=None)  # after it was removed
    last_tried_from = models.CharField(max_length=45, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("client secret")
        verbose_name_plural = _("client secrets")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="secret_digest")]
        indexes = [models.Index(fields=["tenant", "hint"], name="secret_by_hint")]

    def __str__(self) -> str:
        return f"…{self.hint}"

    @classmethod
    def add_to(cls, client: "Client", *, by: Actor) -> "tuple[ClientSecret, str]":
        """Adds a secret. Returns the row and the plain text, which is stored nowhere.

        Raises LimitReached when the client has as many as it may, and ClientGone if it has been deleted; the client's
        row is locked while they are counted.
        """
        secret = credentials.make(credentials.Prefix.CLIENT_SECRET)
        with transaction.atomic():
            type(client).locked(client.pk)
            if (
                cls.objects.filter(client=client, removed_at=None).count()
                >= settings.LIMITS["client_secrets"]
            ):
                raise LimitReached("client_secrets")
            row = cls.objects.create(
                tenant=client.tenant,
                client=client,
                digest=digest(secret),
                hint=credentials.hint(secret),
                created_by=by.user,
            )
            Event.record(
                client.told_in, Action.SECRET_CREATED, by=by, target=client, details={"hint": row.hint}
            )
        return row, secret

    def remove(self, *, by: Actor) -> bool:
        """Stops the secret at once. Returns False if somebody else had already removed it."""
        with transaction.atomic():
            removed = ClientSecret.objects.filter(pk=self.pk, removed_at=None).update(
                removed_at=timezone.now(), removed_by=by.user
            )
            if removed:
                Event.record(
                    self.tenant,
                    Action.SECRET_REMOVED,
                    by=by,
                    target=self.client,
                    details={
                        "hint": self.hint,
                        "last_used_at": self.last_used_at and self.last_used_at.isoformat(),
                    },
                )
        return bool(removed)

    @classmethod
    def presented(cls, tenant: Tenant, secret: str, api: str = "") -> "PresentedSecret | None":
        """The live secret with this plain text, of a client that `tenant` is connected to; None for anything else.

        `api` is the identifier of an API that is read with it, "" for none. One statement, whatever is presented;
        values that cannot be ours cost none.
        """
        if not credentials.is_well_formed(secret, credentials.Prefix.CLIENT_SECRET):
            return None
        for candidate in digests(secret):
            found = (
                _PRESENTED_FOR_API.get(tenant.pk, candidate, api)
                if api
                else _PRESENTED.get(tenant.pk, candidate)
            )
            if found is not None and found.client.is_approved_at(timezone.now()):
                return found
        return None

    @classmethod
    def belongs_to(cls, client: "Client", secret: str) -> bool:
        """Whether this is the plain text of a live secret of `client`."""
        return cls._base_manager.filter(
            client=client.pk, removed_at=None, digest__in=digests(secret)
        ).exists()

    def tried(self, address: str, now: datetime) -> None:
        """Notes that the secret was tried although it has been removed, at most once a minute."""
        if last_use.is_due(self.last_tried_at, now):
            self.last_tried_at, self.last_tried_from = now, address
            last_use.note(ClientSecret, self.pk, last_tried_at=now, last_tried_from=address)


@dataclass(frozen=True, slots=True)
class PresentedSecret:
    """A live secret that somebody presented, and the client that it belongs to, as it is in their tenant.

    `api` is the API that was to be read with it; None if there is none of that identifier there.
    """

    id: UUID
    hint: str
    client: EffectiveClient
    last_used_at: datetime | None
    api: TokenRules | None = None

    def note_use(self, now: datetime) -> None:
        """Notes that the secret was used, at most once a minute."""
        if last_use.is_due(self.last_used_at, now):
            last_use.note(ClientSecret, self.id, last_used_at=now)


def _connection_of_secret(tenant_id: UUID, digest: str) -> "models.QuerySet[Connection]":
    return (
        Connection.usable(tenant_id)
        .filter(client__secrets__digest=digest, client__secrets__removed_at=None)
        .annotate(
            secret_id=models.F("client__secrets__id"),
            secret_hint=models.F("client__secrets__hint"),
            secret_used_at=models.F("client__secrets__last_used_at"),
        )
    )


def _connection_of_secret_and_api(
    tenant_id: UUID, digest: str, identifier: str
) -> "models.QuerySet[Connection]":
    return _connection_of_secret(tenant_id, digest).annotate(api_rules=Api.rules_with(tenant_id, identifier))


def _presented(connection: Any) -> PresentedSecret:
    return PresentedSecret(
        connection.secret_id, connection.secret_hint, connection.client_here, connection.secret_used_at
    )


def _presented_for_api(connection: Any) -> PresentedSecret:
    return replace(_presented(connection), api=TokenRules.stored(connection.api_rules))


_PRESENTED = PreparedValue(_connection_of_secret, UUID, str, value=_presented)
_PRESENTED_FOR_API = PreparedValue(_connection_of_secret_and_api, UUID, str, str, value=_presented_for_api)
