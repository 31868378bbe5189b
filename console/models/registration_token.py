"""Initial access tokens: with one a program registers itself as a client, approved beforehand (RFC 7591 §3)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy import credentials
from ..policy.roles import Permission
from .action import Action
from .actor import Actor
from .event import Event
from .limits import LimitReached
from .sealing import digest, digests
from .tenant import Tenant
from .tenant_owned import TenantOwned

if TYPE_CHECKING:
    from .user import User

NAME_LENGTH = 255
MOST_CLIENTS = 1000  # that one token registers
MOST_HOSTS = 20


class TokenUsedUp(Exception):
    """The token has registered as many clients as it may, has expired, or has been removed."""


class RegistrationToken(TenantOwned):
    """A token as it is stored: digest, hint, what it allows. The token itself is not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    digest = models.CharField(max_length=64, editable=False)
    hint = models.CharField(_("hint"), max_length=credentials.HINT_LENGTH)
    most_clients = models.PositiveIntegerField(_("clients"), default=1)
    used = models.PositiveIntegerField(default=0)
    scopes = models.JSONField(_("scopes"), default=list)
    # The hosts that answers may go to, as people read them (redirect_uris.origin_of); empty for any.
    redirect_hosts = models.JSONField(_("redirect hosts"), default=list)
    expires_at = models.DateTimeField(_("valid until"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, default=None)

    class Meta:
        verbose_name = _("initial access token")
        verbose_name_plural = _("initial access tokens")
        constraints = [models.UniqueConstraint(fields=["digest"], name="registration_token_digest")]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="registration_token_newest"),
            models.Index(fields=["expires_at"], name="registration_token_expiry"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def create(
        cls,
        tenant: Tenant,
        *,
        by: Actor,
        name: str,
        most_clients: int,
        scopes: Sequence[str],
        redirect_hosts: Sequence[str],
        expires_at: datetime,
    ) -> "tuple[RegistrationToken, str]":
        """Makes a token. Returns the row and the plain text, which is stored nowhere.

        Raises LimitReached when the tenant has as many as it may.
        """
        token = credentials.make(credentials.Prefix.INITIAL_ACCESS_TOKEN)
        allows = {
            "most_clients": most_clients,
            "scopes": list(scopes),
            "redirect_hosts": list(redirect_hosts),
        }
        with transaction.atomic():
            tenant.lock()
            if cls.objects.filter(tenant=tenant).count() >= settings.LIMITS["registration_tokens"]:
                raise LimitReached("registration_tokens")
            row = cls.objects.create(
                tenant=tenant,
                name=name,
                digest=digest(token),
                hint=credentials.hint(token),
                expires_at=expires_at,
                created_by=by.user,
                **allows,
            )
            until = expires_at.isoformat(timespec="seconds")
            details = {"registration_token": name, "hint": row.hint, "valid_until": until} | allows
            Event.record(tenant, Action.REGISTRATION_TOKEN_CREATED, by=by, target=row, details=details)
        return row, token

    @classmethod
    def presented(cls, tenant: Tenant, token: str) -> "RegistrationToken | None":
        """The token of `tenant` with this plain text, whether or not it can still be used; None for anything else."""
        if not credentials.is_well_formed(token, credentials.Prefix.INITIAL_ACCESS_TOKEN):
            return None
        rows = cls._base_manager.filter(tenant=tenant, digest__in=digests(token))
        return rows.select_related("created_by").first()

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.most_clients

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_vouched_for(self) -> bool:
        """Whether whoever made it may still approve clients: what it registers is approved in their name."""
        maker = self.created_by
        return maker is not None and maker.is_active and maker.may(Permission.MANAGE_CLIENTS)

    def use(self) -> None:
        """Counts one client, in the transaction that registers it. Of two at once with the last one, one gets it.

        Raises TokenUsedUp.
        """
        now = timezone.now()
        usable = RegistrationToken._base_manager.filter(
            pk=self.pk, used__lt=models.F("most_clients"), expires_at__gt=now
        )
        if not usable.update(used=models.F("used") + 1, last_used_at=now):
            raise TokenUsedUp

    def remove(self, *, by: Actor) -> bool:
        """Removes the token. What was registered with it stays. False if somebody else had removed it already."""
        with transaction.atomic():
            if not RegistrationToken.objects.filter(pk=self.pk).delete()[0]:
                return False
            details = {"registration_token": self.name, "hint": self.hint, "used": self.used}
            Event.record(self.tenant, Action.REGISTRATION_TOKEN_REMOVED, by=by, target=self, details=details)
        return True
