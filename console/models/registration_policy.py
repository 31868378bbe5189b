"""Whether programs may register themselves as clients in a tenant, and how far they may reach (Q9, RFC 7591)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..policy import scopes
from .action import Action
from .actor import Actor
from .event import Event
from .tenant import Tenant
from .tenant_owned import TenantOwned

UNUSED_DAYS = 30
MOST_UNUSED_DAYS = 365


def usual_scopes() -> list[str]:
    """What a client that registers itself may ask for, unless the tenant decides otherwise."""
    return [*scopes.ADVERTISED, scopes.ANY_API]


class RegistrationPolicy(TenantOwned):
    """What a tenant has decided. One that has decided nothing has no row: `of` gives what then holds."""

    class Mode(models.TextChoices):
        OFF = "off", pgettext_lazy("registration", "Off")
        TOKEN = "token", _("With an initial access token")
        OPEN = "open", _("Open")

    mode = models.CharField(_("who may register"), max_length=10, choices=Mode.choices, default=Mode.OFF)
    scopes = models.JSONField(_("scopes"), default=usual_scopes)
    unused_days = models.PositiveIntegerField(
        _("days that an unused client is kept"), default=UNUSED_DAYS, db_default=UNUSED_DAYS
    )

    class Meta:
        verbose_name = _("registration policy")
        verbose_name_plural = _("registration policies")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="registration_policy_of_tenant")]

    def __str__(self) -> str:
        return self.mode

    @classmethod
    def of(cls, tenant: Tenant) -> "RegistrationPolicy":
        """What holds in a tenant; a row that is not stored if it has decided nothing."""
        found: RegistrationPolicy = cls._base_manager.filter(tenant=tenant).first() or cls()
        found.tenant = tenant
        return found

    @property
    def is_on(self) -> bool:
        """Whether a client can register at all."""
        return self.mode != self.Mode.OFF

    @property
    def unused_kept(self) -> timedelta:
        """How long a client is kept that nobody has approved or used."""
        return timedelta(days=self.unused_days)

    @classmethod
    def decide(
        cls, tenant: Tenant, *, mode: str, ceiling: Sequence[str], unused_days: int, by: Actor
    ) -> bool:
        """Writes what an administrator has decided; False if that was decided already.

        What has been registered stays, and keeps the scopes that it has.
        """
        decided: dict[str, Any] = {"mode": mode, "scopes": list(ceiling), "unused_days": unused_days}
        with transaction.atomic():
            tenant.lock()  # of two administrators the second one changes what the first one decided
            policy = cls.of(tenant)
            before = {name: getattr(policy, name) for name in decided}
            changes = {
                name: [before[name], value] for name, value in decided.items() if before[name] != value
            }
            if not changes:
                return False
            for name, value in decided.items():
                setattr(policy, name, value)
            policy.save()
            Event.record(tenant, Action.REGISTRATION_CHANGED, by=by, changes=changes)
        return True
