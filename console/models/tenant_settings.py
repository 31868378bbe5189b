"""What a tenant's administrators decide about the tenant itself: how it looks, who helps, how long sessions last."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..policy.pictures import Logo
from ..policy.session_limits import SessionLimits
from . import background
from .action import Action
from .actor import Actor
from .client import Client
from .connection import Connection
from .event import Event
from .picture import Picture
from .tenant import Tenant
from .tenant_owned import TenantOwned
from .unfinished_act import UnfinishedAct

NAME_LENGTH = 255


def of_region() -> SessionLimits:
    """How long sessions may last in the whole region."""
    return SessionLimits(settings.SESSION_IDLE, settings.SESSION_ABSOLUTE)


class TenantSettings(TenantOwned):
    """A tenant's decision. One that has not decided has the product's own look, and the region's limits.

    The name is a column of the tenant, and changed by the same verb.
    """

    # The digest of a picture; "" for the first letter of the name.
    logo = models.CharField(_("logo"), max_length=32, blank=True, default="")
    colour = models.CharField(_("colour"), max_length=7, blank=True, default="")
    support = models.CharField(_("support contact"), max_length=2048, blank=True, default="")
    terms_url = models.CharField(_("terms of use"), max_length=2048, blank=True, default="")
    privacy_url = models.CharField(_("privacy policy"), max_length=2048, blank=True, default="")
    # Minutes; None as long as the region says.
    session_idle = models.PositiveIntegerField(null=True, default=None)
    session_absolute = models.PositiveIntegerField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="settings_of_tenant")]

    def __str__(self) -> str:
        return str(self.tenant_id)

    @classmethod
    def of(cls, tenant: Tenant) -> "TenantSettings":
        """What `tenant` has decided, or what holds as long as it has not."""
        return cls._base_manager.filter(tenant=tenant).first() or cls(tenant=tenant)

    @property
    def session_limits(self) -> SessionLimits:
        """How long sessions last in this tenant: never longer than the region allows (ASVS 7.3)."""
        region = of_region()
        return SessionLimits(
            _minutes(self.session_idle, region.idle), _minutes(self.session_absolute, region.absolute)
        ).within(region)

    @classmethod
    def change(
        cls, tenant: Tenant, facts: Mapping[str, Any], *, by: Actor, picture: Logo | None = None
    ) -> bool:
        """Writes what is decided from now on: `facts` are columns by name, and `name`. False if all of it was so.

        `picture` is the new logo, if that is what is decided. With another name, tenants that use this one's published
        clients approve them anew: whose a client is, is a part of what they approved (policy/publication.py).
        """
        with transaction.atomic():
            tenant.lock()
            row = cls.of(tenant)
            row.tenant = Tenant._base_manager.get(pk=tenant.pk)
            if picture is not None:
                Picture.keep(tenant, picture, shown={row.logo, picture.digest})
                facts = {**facts, "logo": picture.digest}
            changes = {
                name: [row.value_of(name), value]
                for name, value in facts.items()
                if row.value_of(name) != value
            }
            if not changes:
                return False
            for name, value in facts.items():
                setattr(row.tenant if name == "name" else row, name, value)
            row.save()
            if "name" in changes:
                row.tenant.save(update_fields=["name"])
                tenant.name = row.tenant.name
                _offer_under_new_name(tenant)
            Event.record(tenant, Action.TENANT_UPDATED, by=by, target=tenant, changes=changes)
        return True

    def value_of(self, name: str) -> Any:
        """The value of a column, or the name."""
        return getattr(self.tenant if name == "name" else self, name)


def _minutes(minutes: int | None, usual: timedelta) -> timedelta:
    return usual if minutes is None else timedelta(minutes=minutes)


def _offer_under_new_name(tenant: Tenant) -> None:
    """Makes a new version of every client that other tenants have approved, and tells them afterwards.

    At most as many as a tenant may have clients (settings.LIMITS).
    """
    elsewhere = Connection._base_manager.filter(client=models.OuterRef("pk")).exclude(tenant=tenant)
    offered = models.Q(published_at__isnull=False) | models.Q(stays_connected=True)
    clients = Client.with_deleted_anywhere.filter(tenant=tenant, deleted_at=None)
    approved = list(clients.filter(offered | models.Exists(elsewhere)).values_list("pk", "version"))
    keys = [pk for pk, _version in approved]
    clients.filter(pk__in=keys).update(version=models.F("version") + 1, updated_at=timezone.now())
    UnfinishedAct._base_manager.bulk_create(
        UnfinishedAct(tenant=tenant, client_id=pk, tells={"version": version + 1}) for pk, version in approved
    )
    transaction.on_commit(background.wake)
