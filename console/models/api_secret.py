"""Secrets of APIs: up to five alive per API, each shown once. With one, an API asks about tokens (RFC 7662)."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy import credentials
from . import last_use
from .action import Action
from .actor import Actor
from .event import Event
from .limits import LimitReached
from .prepared import PreparedQuery
from .sealing import digest, digests
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .api import Api
    from .user import User


class ApiSecret(TenantOwned):
    """A secret of an API as it is stored: digest, hint, creator, last use. The secret itself is not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    api = models.ForeignKey("console.Api", on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, editable=False)
    hint = models.CharField(_("hint"), max_length=credentials.HINT_LENGTH)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, default=None)
    removed_at = models.DateTimeField(null=True, default=None)
    removed_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("secret of an API")
        verbose_name_plural = _("secrets of APIs")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_secret_digest")]

    def __str__(self) -> str:
        return f"…{self.hint}"

    @classmethod
    def add_to(cls, api: "Api", *, by: Actor) -> "tuple[ApiSecret, str]":
        """Adds a secret. Returns the row and the plain text, which is stored nowhere.

        Raises LimitReached when the API has as many as it may, and ApiGone if it has been removed; the API's row is
        locked while they are counted.
        """
        secret = credentials.make(credentials.Prefix.API_SECRET)
        with transaction.atomic():
            type(api).locked(api.pk)
            if cls.objects.filter(api=api, removed_at=None).count() >= settings.LIMITS["api_secrets"]:
                raise LimitReached("api_secrets")
            row = cls.objects.create(
                tenant=api.tenant,
                api=api,
                digest=digest(secret),
                hint=credentials.hint(secret),
                created_by=by.user,
            )
            details = {"hint": row.hint}
            Event.record(api.tenant, Action.API_SECRET_CREATED, by=by, target=api, details=details)
        return row, secret

    def remove(self, *, by: Actor) -> bool:
        """Stops the secret at once. Returns False if somebody else had already removed it."""
        with transaction.atomic():
            live = ApiSecret.objects.filter(pk=self.pk, removed_at=None)
            removed = live.update(removed_at=timezone.now(), removed_by=by.user)
            if removed:
                used = self.last_used_at and self.last_used_at.isoformat()
                details = {"hint": self.hint, "last_used_at": used}
                Event.record(self.tenant, Action.API_SECRET_REMOVED, by=by, target=self.api, details=details)
        return bool(removed)

    @classmethod
    def presented(cls, tenant_id: UUID, secret: str) -> "PresentedApiSecret | None":
        """The live secret with this plain text, of an API that the tenant can have tokens for: its own, or a
        published one. None for anything else. One statement."""
        if not credentials.is_well_formed(secret, credentials.Prefix.API_SECRET):
            return None
        for candidate in digests(secret):
            row: Any = _PRESENTED.first(tenant_id, candidate)
            if row is not None:
                api = row.api
                return PresentedApiSecret(
                    row.pk, api.identifier, api.introspection_client_id, api, row.last_used_at
                )
        return None


@dataclass(frozen=True, slots=True)
class PresentedApiSecret:
    """A live secret that somebody presented, and the API that it belongs to."""

    id: UUID
    identifier: str
    introspection_client_id: str
    api: "Api"
    last_used_at: datetime | None

    def note_use(self, now: datetime) -> None:
        """Notes that the secret was used, at most once a minute."""
        if last_use.is_due(self.last_used_at, now):
            last_use.note(ApiSecret, self.id, last_used_at=now)


_PRESENTED = PreparedQuery(
    lambda tenant_id, digest: ApiSecret._base_manager.filter(
        models.Q(api__tenant=tenant_id) | models.Q(api__published_at__isnull=False),
        digest=digest,
        removed_at=None,
        api__deleted_at=None,
    ).select_related("api"),
    UUID,
    str,
)
