"""The row of an OAuth client: its columns, and what it says about itself (S2–S5, Q1–Q5)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from ..policy import client_types, credentials
from ..policy.client_types import AuthMethod, ClientType, Origin
from ..policy.effective_client import EffectiveClient, Generation
from ..policy.natural_order import LENGTH, natural_key
from ..policy.publication import Terms
from ..policy.registration import EDITABLE, Registration
from .api import Api
from .application import Application
from .connection import Connection
from .tenant import Tenant
from .tenant_owned import OwnRow

if TYPE_CHECKING:
    from .client import Client
    from .secret import ClientSecret

# Written out, so that every database finds the index with this condition.
WITHOUT_PLACE = models.Q(
    models.Func(models.F("sort_key"), template="%(expressions)s = ''", output_field=models.BooleanField())
)


class LiveClients(models.Manager["Client"]):
    """Clients that have not been deleted."""

    def get_queryset(self) -> models.QuerySet["Client"]:
        return super().get_queryset().filter(deleted_at=None)


class RegisteredClient(OwnRow, Application):
    """What is kept of a client, to be read. Its type never changes; deleting keeps the row, for the audit log and for
    restoring. The verbs are below it: client_availability.py, client.py."""

    class Type(models.TextChoices):
        WEB = ClientType.WEB.value, _("Web")
        SPA = ClientType.SPA.value, _("Single-page app")
        NATIVE = ClientType.NATIVE.value, _("Native")

    class Algorithm(models.TextChoices):
        ES256 = "ES256", "ES256"
        RS256 = "RS256", "RS256"

    client_id = models.CharField(
        _("client ID"), max_length=255, default=credentials.make_client_id, editable=False
    )
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="clients", db_index=False)
    origin = models.CharField(max_length=12, default=Origin.TENANT.value, db_default=Origin.TENANT.value)
    # The one tenant that a client which registered itself may be used in.
    only_in = models.ForeignKey(
        Tenant,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        null=True,
        blank=True,
        default=None,
    )
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    name = models.CharField(_("name"), max_length=512)
    # Follows the name. "" in a row that a process of an earlier release wrote during an update: it stands first.
    sort_key = models.CharField(max_length=LENGTH, default="", db_default="", editable=False)
    description = models.CharField(_("description"), max_length=4096, blank=True)
    homepage_url = models.CharField(_("homepage"), max_length=2048, blank=True)
    terms_url = models.CharField(
        _("terms of service"), max_length=2048, blank=True, default="", db_default=""
    )
    privacy_url = models.CharField(
        _("privacy policy"), max_length=2048, blank=True, default="", db_default=""
    )
    contact_email = models.CharField(_("contact"), max_length=254, blank=True, default="", db_default="")
    logo = models.CharField(_("logo"), max_length=32, blank=True, default="", db_default="")
    redirect_uris = models.JSONField(_("redirect URLs"), default=list, blank=True)
    post_logout_redirect_uris = models.JSONField(_("sign-out URLs"), default=list, blank=True)
    allowed_origins = models.JSONField(_("allowed origins"), default=list, blank=True)
    allowed_scopes = models.JSONField(_("scopes"), default=list, blank=True)
    grant_types = models.JSONField(default=list, blank=True)
    auth_methods = models.JSONField(default=list, blank=True)
    public_keys = models.JSONField(default=list, blank=True)
    algorithm = models.CharField(
        _("ID token signature"), max_length=5, choices=Algorithm.choices, default=Algorithm.ES256
    )
    # For software that cannot send PKCE. Counts in the owner's tenant only: no other has approved it.
    accepts_no_pkce = models.BooleanField(
        _("authorization requests without PKCE accepted"), default=False, db_default=False
    )
    disabled_at = models.DateTimeField(null=True, blank=True, default=None)
    published_at = models.DateTimeField(null=True, blank=True, default=None)
    # Unpublished, but the tenants that had connected may go on using it.
    stays_connected = models.BooleanField(default=False)
    # Counts how often the client was switched off. What it is given names this number, and lives while it is the same.
    generation = models.PositiveIntegerField(default=0)
    # Counts how often its owner cut off the other tenants.
    shared_generation = models.PositiveIntegerField(default=0, db_default=0)
    # Counts what needs the approval of other tenants again (policy/publication.py).
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True, blank=True, default=None)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    last_used_at = models.DateTimeField(null=True, blank=True, default=None)

    objects: Any = ScopedManager(tenant="tenant", _manager_class=LiveClients)
    with_deleted: Any = ScopedManager(tenant="tenant")

    # What the owner may change after creation, and what the audit log compares.
    EDITABLE = EDITABLE

    class Meta:
        abstract = True
        verbose_name = _("OAuth client")
        verbose_name_plural = _("OAuth clients")
        base_manager_name = "with_deleted_anywhere"
        constraints = [models.UniqueConstraint(fields=["client_id"], name="client_client_id")]
        indexes = [
            models.Index(fields=["tenant", "name"], name="client_by_name"),
            # The list of a tenant's own clients in its usual order, and how many they are.
            models.Index(
                fields=["tenant", "sort_key", "id"],
                condition=models.Q(deleted_at=None),
                name="client_in_order",
            ),
            models.Index(fields=["tenant", "-created_at"], name="client_newest"),
            models.Index(fields=["logo"], name="client_logo"),
            models.Index(fields=["id"], condition=WITHOUT_PLACE, name="client_without_place"),
            models.Index(
                fields=["deleted_at", "id"],
                condition=models.Q(deleted_at__isnull=False),
                name="client_deleted",
            ),
        ]

    with_deleted_anywhere: models.Manager["Client"] = models.Manager()

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """With the name goes what the list is sorted by."""
        written = kwargs.get("update_fields")
        if written is None or "name" in written:
            self.sort_key = natural_key(self.name)
            if written is not None:
                kwargs["update_fields"] = [*written, "sort_key"]
        super().save(*args, **kwargs)

    @property
    def registration(self) -> Registration:
        """What the owner decided about the client, as a value."""
        return Registration.of({"type": self.type} | self._facts())

    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in EDITABLE}

    @property
    def registered_facts(self) -> dict[str, Any]:
        """Its columns that can be changed after it was created, by name."""
        return self._facts()

    def offered_in(self, tenant: Tenant) -> EffectiveClient:
        """The client as `tenant`, which has no connection to it, would get it."""
        return self._in_tenant(tenant.pk, Generation(self.generation, 0, 0, self.shared_generation, True))

    def _in_tenant(
        self,
        tenant_id: UUID,
        generation: Generation,
        consent_method: str = "",
        last_used_here_at: datetime | None = None,
        approved_until: datetime | None = None,
    ) -> EffectiveClient:
        """The client with everything that it is registered for."""
        registration = self.registration
        return EffectiveClient(
            pk=self.pk,
            client_id=self.client_id,
            tenant_id=tenant_id,
            publisher_id=self.tenant_id,
            publisher=self.publisher,
            origin=self.origin,
            created_at=self.created_at,
            enabled=self.is_enabled,
            registration=registration,
            scopes=registration.allowed_scopes,
            redirect_uris=registration.redirect_uris,
            post_logout_redirect_uris=registration.post_logout_redirect_uris,
            grants=registration.grants,
            generation=generation,
            consent_method=consent_method,
            last_used_at=self.last_used_at,
            last_used_here_at=last_used_here_at,
            approved_until=approved_until,
        )

    @property
    def own_connection(self) -> "Connection":
        """The connection of the tenant that owns it."""
        return Connection._base_manager.get(client=self.pk, tenant=self.tenant_id)

    @property
    def confidential(self) -> bool:
        return self.registration.confidential

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None and self.deleted_at is None

    @property
    def live_secrets(self) -> "list[ClientSecret]":
        """The secrets that work now, oldest first. Uses the prefetched set when there is one."""
        return sorted((s for s in self.secrets.all() if s.removed_at is None), key=lambda s: s.created_at)

    @property
    def machine_only(self) -> bool:
        """Whether no person ever signs in with this client."""
        return client_types.serves_machines_alone(self.grant_types, self.redirect_uris)

    @property
    def machine(self) -> bool:
        """Whether the client can get tokens without a person."""
        return self.registration.machine

    @property
    def longest_for_apis(self) -> timedelta:
        """The longest lifetime of a token that it can get for an API; 0 if it has no scopes of one."""
        return Api.longest_lifetime_of(self.tenant, self.allowed_scopes)

    @property
    def own_consent_method(self) -> str:
        """How the users of the tenant that owns the client consent to it."""
        return str(
            Connection.objects.values_list("consent_method", flat=True).get(
                client=self, tenant=self.tenant_id
            )
        )

    @property
    def impersonates(self) -> bool:
        """Whether it can act as any of a tenant's people, administrators included, without them."""
        return client_types.impersonates(self.grant_types)

    @property
    def works_on_devices(self) -> bool:
        """Whether people can sign in to it by a code, in a browser on another device (RFC 8628)."""
        return client_types.works_on_devices(self.grant_types)

    @property
    def terms(self) -> Terms:
        """What another tenant approves when it connects."""
        return self.registration.terms(self.publisher)

    @property
    def publisher(self) -> str:
        """Whose it is: the name of the tenant that owns it; of a metadata document the host that it was read from; ""
        if it registered itself."""
        if self.origin == Origin.DOCUMENT:
            return self.client_id.split("/")[2]
        return "" if self.origin == Origin.REGISTRATION else str(self.tenant.name)

    @property
    def has_owner(self) -> bool:
        """Whether an organisation registered it, and reads what happens to it."""
        return self.origin == Origin.TENANT

    @property
    def told_in(self) -> Tenant:
        """The tenant whose audit log tells what happens to the row: its owner, or where alone it may be used."""
        return self.tenant if self.only_in is None else self.only_in

    def allows_auth_method(self, method: AuthMethod) -> bool:
        return self.registration.allows_auth_method(method)

    def connections_elsewhere(self) -> "models.QuerySet[Connection]":
        """The connections of other tenants. Crosses tenants on purpose: the owner's act reaches them all."""
        return Connection._base_manager.filter(client=self.pk).exclude(tenant=self.tenant_id)

    @classmethod
    def published(cls, tenant: Tenant, client_id: str) -> "Client | None":
        """A client of another tenant that `tenant` could connect to, also one that no organisation registered.

        This look-up crosses tenants on purpose (S6, Q9).
        """
        return (
            cls.with_deleted_anywhere.filter(client_id=client_id, deleted_at=None, published_at__isnull=False)
            .filter(models.Q(only_in=None) | models.Q(only_in=tenant))
            .exclude(tenant=tenant)
            .select_related("tenant")
            .first()
        )
