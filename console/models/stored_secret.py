"""A client secret as it is stored, and what can be said of it (S13, P1, N1)."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy import credentials, secret_life
from ..policy.secret_life import Life, State
from .tenant import Tenant
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .user import User

NAME_LENGTH = 60
UNUSED_SINCE = Coalesce("last_used_at", "created_at")


class StoredSecret(TenantOwned):
    """Digest, hint, name, creator, what ends it, and its use. The secret itself is not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("console.Client", on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, editable=False)
    hint = models.CharField(_("hint"), max_length=credentials.HINT_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    first_used_at = models.DateTimeField(null=True, default=None)  # unknown of those used before it was noted
    last_used_at = models.DateTimeField(_("last used"), null=True, default=None)
    expires_at = models.DateTimeField(null=True, default=None)
    notice_due_at = models.DateTimeField(null=True, default=None)  # when people are told next that it expires
    disabled_at = models.DateTimeField(null=True, default=None)
    disabled_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    enabled_until = models.DateTimeField(null=True, default=None)  # of a disabled one: works until then
    # A removed secret keeps its digest, so that the console can tell which one is still being tried.
    removed_at = models.DateTimeField(null=True, default=None)
    removed_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_tried_at = models.DateTimeField(null=True, default=None)  # when it did not work
    last_tried_from = models.CharField(max_length=45, blank=True, default="", db_default="")

    class Meta:
        abstract = True
        verbose_name = _("client secret")
        verbose_name_plural = _("client secrets")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="secret_digest")]
        indexes = [
            models.Index(
                fields=["notice_due_at"],
                name="secret_notice_due",
                condition=models.Q(notice_due_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "expires_at"],
                name="secret_expiring",
                condition=models.Q(expires_at__isnull=False, removed_at=None),
            ),
            models.Index(fields=["tenant", "hint"], name="secret_by_hint"),
            models.Index("tenant", UNUSED_SINCE, condition=models.Q(removed_at=None), name="secret_unused"),
            models.Index(
                fields=["tenant", "last_tried_at"],
                name="secret_tried",
                condition=models.Q(last_tried_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.hint}"

    @property
    def life(self) -> Life:
        return Life(self.expires_at, self.disabled_at, self.enabled_until, self.removed_at)

    @property
    def state(self) -> State:
        """What it is now."""
        return self.life.state_at(timezone.now())

    @property
    def works(self) -> bool:
        return self.life.works_at(timezone.now())

    def is_used_lately(self, now: datetime) -> bool:
        """Whether it was used in the last 24 hours."""
        return self.last_used_at is not None and now - self.last_used_at < secret_life.LATELY

    def unused_successor(self, now: datetime) -> "Self | None":
        """The newest secret that is newer and works, if none of the newer ones has ever been used; else None."""
        newer = type(self).objects.filter(
            client=self.client_id, removed_at=None, created_at__gt=self.created_at
        )
        following = [secret for secret in newer.order_by("-created_at") if secret.life.works_at(now)]
        if any(secret.last_used_at is not None for secret in following):
            return None
        return following[0] if following else None

    def needs_reason(self, now: datetime) -> bool:
        """Whether a person who removes it must say why: it is in use, or what replaces it has never been used (N1).

        Pages ask for it. Whoever cannot be asked, such as a command or a program, removes without.
        """
        return self.is_used_lately(now) or self.unused_successor(now) is not None

    @classmethod
    def expiring(cls, tenant: Tenant, within: timedelta) -> "models.QuerySet[Self]":
        """Secrets of the tenant's clients that work and expire within this time, the first one first.

        Those of deleted clients are not among them. With their clients; take a slice.
        """
        now = timezone.now()
        soon = cls._base_manager.filter(
            tenant=tenant, removed_at=None, expires_at__gt=now, expires_at__lte=now + within
        )
        on = models.Q(disabled_at=None) | models.Q(enabled_until__gt=now)
        found: models.QuerySet[Self] = (
            soon.filter(on, client__deleted_at=None).select_related("client").order_by("expires_at")
        )
        return found

    @classmethod
    def still_tried(cls, tenant: Tenant, within: timedelta) -> "models.QuerySet[Self]":
        """Secrets of the tenant's clients that did not work when they were tried within this time, latest first.

        A secret that works again by now is among them: ask it. With their clients; take a slice.
        """
        found: models.QuerySet[Self] = (
            cls._base_manager.filter(tenant=tenant, last_tried_at__gt=timezone.now() - within)
            .select_related("client")
            .order_by("-last_tried_at")
        )
        return found
