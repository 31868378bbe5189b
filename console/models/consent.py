"""What one person has allowed one client in one tenant, and what they were shown when they did (S10, N8)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from ..policy import scopes
from ..policy.consent_rules import Earlier
from ..policy.effective_client import EffectiveClient
from .action import Action
from .actor import Actor
from .connection import Connection, NotConnected
from .event import Event
from .prepared import PreparedQuery
from .tenant_owned import TenantOwned
from .token_family import TokenFamily

if TYPE_CHECKING:
    from .client import Client
    from .receipt import Receipt
    from .user import User


def _is_there() -> models.Exists:
    return models.Exists(Connection._base_manager.filter(pk=models.OuterRef("connection_id")))


class StandingConsents(models.Manager["Consent"]):
    """Consents under a connection that has not been removed since."""

    def get_queryset(self) -> models.QuerySet["Consent"]:
        return super().get_queryset().filter(_is_there())


class Consent(TenantOwned):
    """The union of the scopes granted so far. Withdrawing deletes the row; the audit log keeps the history."""

    user: "models.ForeignKey[User]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents", db_index=False
    )
    client = models.ForeignKey(
        "console.Client", on_delete=models.CASCADE, related_name="consents", db_index=False
    )
    # Under which it was given. A connection that is removed does not wait for its consents to be deleted: they count
    # only while it is there, and nothing refers to it in the database.
    connection = models.ForeignKey(
        Connection, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    scopes = models.JSONField(_("scopes"), default=list)
    redirect_hosts = models.JSONField(default=list)
    # The page as the person saw it last: application, publisher, redirect host, scopes, language.
    shown = models.JSONField(default=dict)
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects: Any = ScopedManager(tenant="tenant", _manager_class=StandingConsents)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [models.UniqueConstraint(fields=["user", "client"], name="consent_of_user")]
        indexes = [
            models.Index(fields=["client", "id"], name="consent_of_client"),
            models.Index(fields=["client", "tenant", "user"], name="consent_to_client"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} – {self.client_id}"

    @property
    def earlier(self) -> Earlier:
        return Earlier(
            scopes=frozenset(self.scopes),
            redirect_hosts=frozenset(self.redirect_hosts),
            publisher=str(self.shown.get("publisher", "")),
        )

    @classmethod
    def of(cls, user: "User", client: EffectiveClient) -> "Consent | None":
        """What `user` has granted `client`, if anything."""
        return _CONSENT.first(user.pk, client.pk)

    @classmethod
    def given_under(cls, connection_id: int) -> "models.QuerySet[Consent]":
        """Every consent that names a connection, also one that has been removed."""
        return cls._base_manager.filter(connection=connection_id)

    @classmethod
    def give(
        cls,
        user: "User",
        client: "Client | EffectiveClient",
        granted: Iterable[str],
        *,
        redirect_host: str,
        shown: Mapping[str, Any],
        by: Actor,
    ) -> "Consent":
        """Adds scopes to what the person has granted. Two answers at once add up; neither is lost.

        Raises NotConnected when the tenant has removed or blocked the client just now. `redirect_host`: "" for devices.
        """
        with transaction.atomic():
            approved = Connection.objects.select_for_update(no_key=True).filter(
                tenant=user.tenant, client=client.pk, status=Connection.Status.APPROVED
            )
            connection = approved.first()
            if connection is None:
                raise NotConnected
            given = cls._base_manager.filter(user=user, client=client.pk)
            given.exclude(connection=connection).delete()  # under one that was removed, and not deleted yet
            consent, created = given.select_for_update(no_key=True).get_or_create(
                user=user, client_id=client.pk, defaults={"tenant": user.tenant, "connection": connection}
            )
            before = list(consent.scopes)
            consent.scopes = scopes.join({*consent.scopes, *granted}).split()
            consent.redirect_hosts = sorted({*consent.redirect_hosts, redirect_host} - {""})
            consent.shown = dict(shown)
            consent.save()
            Event.record(
                user.tenant,
                Action.CONSENT_GIVEN,
                by=by,
                target=client,
                changes={"scopes": [None if created else before, consent.scopes]},
                details={"redirect_host": redirect_host},
            )
        return consent

    def withdraw(self, *, by: Actor) -> "Receipt | None":
        """Takes the consent back: every token that the client holds for this person in this tenant ends (P5).

        Returns the receipt; None if somebody else had already withdrawn it.
        """
        with transaction.atomic():
            if not Consent.objects.filter(pk=self.pk).delete()[0]:
                return None
            receipt = TokenFamily.end_of_user(self.user, self.client, reason="consent withdrawn", by=by)
            Event.record(
                self.tenant,
                Action.CONSENT_WITHDRAWN,
                by=by,
                target=self.client,
                changes={"scopes": [self.scopes, None]},
                details={"user": self.user.email} | receipt.details,
            )
        return receipt


_CONSENT = PreparedQuery(
    lambda user_pk, client_pk: Consent._base_manager.filter(_is_there(), user=user_pk, client=client_pk),
    UUID,
    int,
)
