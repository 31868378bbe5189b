"""What django-oauth-toolkit calls an access token, an ID token and a device grant. None of them has a table.

Access tokens and ID tokens are signed and self-contained; what a device asks is a DeviceAuthorization, with no code in
the clear. django-oauth-toolkit still asks for a model of each, so that its own functions can look for rows
(`oauth2_provider.models.clear_expired`).
"""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import NotSupportedError, models, transaction
from django_scopes import ScopedManager, scopes_disabled
from oauth2_provider.models import AbstractAccessToken, AbstractDeviceGrant, AbstractIDToken

from ..policy.scopes import SCOPES
from .action import Action
from .actor import Actor
from .event import Event
from .tenant import Tenant
from .token_family import TokenFamily


class Checkable:
    """For a model whose `full_clean` needs no active tenant: what is unique is unique in the whole region."""

    def validate_unique(self, exclude: Any = None) -> None:
        with scopes_disabled():
            super().validate_unique(exclude)  # type: ignore[misc]  # of the model

    def validate_constraints(self, exclude: Any = None) -> None:
        with scopes_disabled():
            super().validate_constraints(exclude)  # type: ignore[misc]  # of the model


def _relation(to: str | type[models.Model], **options: Any) -> "models.ForeignKey[Any]":
    """A relation that the database does not know: deleting the row that it leads to asks nothing about it."""
    return models.ForeignKey(
        to, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", **options
    )


class AccessToken(Checkable, AbstractAccessToken):
    """The last access token of a family, as the row of the family describes it.

    A family of one person's tokens is the smallest thing that can be taken back (token_family.py), so it is what
    django-oauth-toolkit finds when it looks for an access token. Rows are made and changed by TokenFamily alone.
    """

    token = None
    token_checksum = None
    source_refresh_token = None
    id_token = None
    resource = None
    created = None
    updated = None

    id = models.UUIDField(primary_key=True)
    tenant = _relation(Tenant)
    application = _relation(settings.OAUTH2_PROVIDER_APPLICATION_MODEL, db_column="client_id")
    user = _relation(settings.AUTH_USER_MODEL)
    expires = models.DateTimeField(db_column="access_expires_at")
    ended_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        managed = False
        db_table = "console_tokenfamily"

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise NotSupportedError("An access token is signed and given, not saved.")

    def is_expired(self) -> bool:
        """Whether it has expired, or its family has ended."""
        return self.ended_at is not None or super().is_expired()

    def revoke(self) -> None:
        """Ends the family: the access token, and every other token that the same authorization gave."""
        end_family(self.pk)

    @property
    def scopes(self) -> dict[str, str]:
        """The scopes that it carries, with what each allows, in English."""
        carried = self.scope.split()
        return {name: scope.description for name, scope in SCOPES.items() if name in carried}


def end_family(family_id: uuid.UUID | None) -> None:
    """What django-oauth-toolkit's functions revoke is a whole family, in the active tenant. Does nothing if it is over.

    The pages and endpoints have verbs of their own (token_family.py): whoever calls those functions is the operator.
    """
    with transaction.atomic():
        for family in TokenFamily.objects.select_related("tenant", "client").filter(pk=family_id):
            if family.end(reason="revoked by the operator"):
                Event.record(
                    family.tenant,
                    Action.TOKENS_REVOKED,
                    by=Actor.operator(),
                    target=family.client,
                    details={"token": "refresh_token"},
                )


class NoRows(models.Manager[Any]):
    """Finds nothing, and asks the database nothing."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().none()


class NotKept(models.Model):
    """A model that has no rows."""

    objects: Any = NoRows()

    class Meta:
        abstract = True
        managed = False
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise NotSupportedError(f"{self._meta.object_name}: qlikauth keeps none.")


class IDToken(NotKept, AbstractIDToken):
    """An ID token is signed and given; no server asks for it again."""

    application = _relation(settings.OAUTH2_PROVIDER_APPLICATION_MODEL, null=True)
    user = _relation(settings.AUTH_USER_MODEL, null=True)
    access_token = _relation(AccessToken, null=True)  # django-oauth-toolkit looks for it by this name

    class Meta(NotKept.Meta):
        abstract = False


class DeviceGrant(NotKept, AbstractDeviceGrant):
    """What a device asks (RFC 8628) is a DeviceAuthorization; django-oauth-toolkit's views are not offered."""

    user = _relation(settings.AUTH_USER_MODEL, null=True)

    class Meta(NotKept.Meta):
        abstract = False
