"""The row of an API (resource server): its columns, and what it says about itself (P10, RFC 8707)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from ..policy import api_rules, apis, credentials
from .api_secret import ApiSecret
from .tenant import Tenant
from .tenant_owned import OwnRow

if TYPE_CHECKING:
    from .api import Api
    from .user import User


class LiveApis(models.Manager["Api"]):
    """APIs that have not been removed."""

    def get_queryset(self) -> models.QuerySet["Api"]:
        return super().get_queryset().filter(deleted_at=None)


class RegisteredApi(OwnRow, models.Model):
    """What is kept of an API, to be read. Its identifier never changes; removing keeps the row, for the audit log and
    so that the identifier stays taken. The verbs are in api.py."""

    class Algorithm(models.TextChoices):
        ES256 = apis.ES256, "ES256"
        RS256 = apis.RS256, "RS256"

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="apis", db_index=False)
    identifier = models.CharField(_("identifier"), max_length=api_rules.IDENTIFIER_LENGTH)
    name = models.CharField(_("name"), max_length=api_rules.NAME_LENGTH)
    description = models.CharField(_("description"), max_length=api_rules.DESCRIPTION_LENGTH, blank=True)
    scopes = models.JSONField(_("scopes"), default=list)  # policy.apis.ApiScope
    lifetime = models.PositiveIntegerField(_("lifetime of access tokens"))  # seconds
    algorithm = models.CharField(
        _("signature of access tokens"), max_length=5, choices=Algorithm.choices, default=Algorithm.ES256
    )
    # The same for whoever issues tokens (policy.apis.TokenRules), to be read with the client in one statement.
    rules = models.TextField(editable=False)
    introspection_client_id = models.CharField(
        max_length=32, default=credentials.make_client_id, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    created_by: "models.ForeignKey[User | None]" = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, blank=True, default=None)
    deleted_at = models.DateTimeField(null=True, blank=True, default=None)

    if TYPE_CHECKING:
        secrets: Any  # the manager of the relation

    objects: Any = ScopedManager(tenant="tenant", _manager_class=LiveApis)
    with_deleted: Any = ScopedManager(tenant="tenant")

    # What the owner may change after registration, and what the audit log compares.
    EDITABLE = ("name", "description", "scopes", "lifetime", "algorithm")

    class Meta:
        abstract = True
        verbose_name = _("API")
        verbose_name_plural = _("APIs")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "identifier"], name="api_identifier_in_tenant"),
            models.UniqueConstraint(
                fields=["identifier"],
                condition=Q(published_at__isnull=False),
                name="api_published_identifier",
            ),
            models.UniqueConstraint(fields=["introspection_client_id"], name="api_introspection_client_id"),
        ]
        indexes = [
            models.Index(fields=["tenant", "name"], name="api_by_name"),
            models.Index(fields=["identifier"], name="api_by_identifier"),
            models.Index(
                fields=["name"], condition=Q(published_at__isnull=False), name="api_published_by_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    # --- Reading ---------------------------------------------------------------------------------------------------

    @property
    def facts(self) -> apis.Api:
        """What the owner decided about the API, as a value."""
        return apis.Api(
            identifier=self.identifier,
            name=self.name,
            description=self.description,
            scopes=apis.stored_scopes(self.scopes),
            lifetime=self.lifetime,
            algorithm=self.algorithm,
        )

    @property
    def qualified_scopes(self) -> tuple[str, ...]:
        """The qualified names of its scopes: what clients, consents and tokens name."""
        return self.facts.qualified

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def live_secrets(self) -> list[ApiSecret]:
        """The secrets that work now, oldest first. Uses the prefetched set when there is one."""
        return sorted((s for s in self.secrets.all() if s.removed_at is None), key=lambda s: s.created_at)

    @classmethod
    def available(cls, tenant_id: UUID) -> "models.QuerySet[Api]":
        """The APIs that tokens of a tenant can be for: its own, and those that other tenants have published.

        Crosses tenants on purpose: a published API is there for the whole region. An identifier names at most one.
        """
        own, published = Q(tenant=tenant_id), Q(published_at__isnull=False)
        return cls._base_manager.filter(own | published, deleted_at=None)  # type: ignore[return-value]

    @classmethod
    def in_tenant(cls, tenant: Tenant) -> "models.QuerySet[Api]":
        """The APIs whose scopes a client of `tenant` can be given, by name; the owner comes along."""
        return cls.available(tenant.pk).select_related("tenant").order_by("name", "pk")

    @classmethod
    def named(cls, tenant: Tenant, identifier: str) -> "Api | None":
        """The API that an identifier names in `tenant`; None if it names none."""
        return cls.available(tenant.pk).filter(identifier=identifier).select_related("tenant").first()

    @classmethod
    def of_scopes(cls, tenant: Tenant, names: Iterable[str]) -> "dict[str, Api]":
        """The APIs that these scopes are of, by identifier, as far as `tenant` has them: one query, or none."""
        wanted = apis.identifiers(tuple(names))
        if not wanted:
            return {}
        found = cls.available(tenant.pk).filter(identifier__in=wanted).select_related("tenant")
        return {api.identifier: api for api in found}

    @classmethod
    def rules_with(cls, tenant_id: UUID, identifier: str) -> models.Subquery:
        """The same as an expression, for a statement that reads something else too. TokenRules.stored reads it."""
        return models.Subquery(cls.available(tenant_id).filter(identifier=identifier).values("rules")[:1])

    @classmethod
    def known_scopes(cls, tenant: Tenant, names: Iterable[str], *, published: bool = False) -> frozenset[str]:
        """Those of `names` that are scopes of APIs which `tenant` has; of published ones only, if so asked."""
        wanted = frozenset(names)
        found = cls.of_scopes(tenant, wanted).values()
        known = {name for api in found if api.is_published or not published for name in api.qualified_scopes}
        return wanted & known

    @classmethod
    def longest_lifetime(cls, tenant: Tenant) -> int:
        """The longest lifetime of a token for an API, in seconds; 0 if the tenant has none."""
        longest = cls.available(tenant.pk).aggregate(most=models.Max("lifetime"))["most"]
        return int(longest or 0)
