"""A row that belongs to one tenant: which tenant may save it, and which query may find it (django-scopes)."""

import uuid
from typing import Any

from django.db import models
from django_scopes import ScopedManager, get_scope


class AnotherTenantsRow(Exception):
    """The active tenant would change a row of another tenant."""


class OwnRow:
    """For a model with `tenant`: a row can only be saved by the tenant that it belongs to.

    Rows of other tenants are read in many places: a client with its publisher, a request with the client that it is
    for. What one tenant does to them is written by verbs that cross tenants on purpose, in statements of their own.
    """

    tenant_id: uuid.UUID

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AnotherTenantsRow while another tenant is active (django-scopes)."""
        scope = get_scope()
        active: Any = scope.get("tenant") if scope.get("_enabled", True) else None
        tenants = active if isinstance(active, list | tuple) else [active]
        if active is not None and self.tenant_id not in {tenant.pk for tenant in tenants}:
            raise AnotherTenantsRow
        super().save(*args, **kwargs)  # type: ignore[misc]  # of the model beside it


class TenantOwned(OwnRow, models.Model):
    """A row that belongs to one tenant. Its manager raises unless a tenant is active (django-scopes)."""

    # Without an index of its own: nothing looks for rows by their tenant alone, and no tenant is ever removed.
    tenant = models.ForeignKey("console.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)

    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        abstract = True
