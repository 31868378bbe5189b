"""Logos, of a tenant and of its clients: small pictures that the server has drawn anew (policy/pictures.py).

They stand in the database, not in files: every process serves them, and they move with it. A page names a picture by
its digest, so a browser may keep it for ever.
"""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from ..policy.pictures import Logo
from .client import Client
from .tenant import Tenant
from .tenant_owned import TenantOwned

KEPT = timedelta(hours=1)  # that nothing shows: pages that were open may still ask for it
AT_ONCE = 50  # of those, that go with the next upload


class Picture(TenantOwned):
    """One picture of a tenant. Nothing changes it; another one has another digest."""

    digest = models.CharField(max_length=32)
    content = models.BinaryField()
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="picture_of_tenant")]
        # Pages ask by the digest alone.
        indexes = [models.Index(fields=["digest"], name="picture_digest")]

    def __str__(self) -> str:
        return self.digest

    @classmethod
    def keep(cls, tenant: Tenant, logo: Logo, *, shown: set[str]) -> None:
        """Keeps a picture, in the transaction of the act that shows it, while `tenant` is locked.

        Pictures that nothing shows any more go. `shown` are digests that are shown besides those of clients.
        """
        cls._base_manager.update_or_create(
            tenant=tenant,
            digest=logo.digest,
            defaults={"content": logo.content, "kept_at": timezone.now()},
        )
        of_clients = Client.with_deleted_anywhere.filter(tenant=tenant, logo=models.OuterRef("digest"))
        idle = cls._base_manager.filter(tenant=tenant, kept_at__lt=timezone.now() - KEPT)
        idle = idle.exclude(digest__in=shown).exclude(models.Exists(of_clients))
        keys = list(idle.values_list("pk", flat=True)[:AT_ONCE])
        cls._base_manager.filter(pk__in=keys).delete()

    @classmethod
    def seen_in(cls, tenant: Tenant, digest: str) -> bytes | None:
        """The picture with this digest as far as `tenant` may show it: its own, or the logo of a client of another
        tenant that it is connected to or could connect to (S6). None for any other.

        This look-up crosses tenants on purpose.
        """
        rows = cls._base_manager.filter(digest=digest)
        own = rows.filter(tenant=tenant).values_list("content", flat=True).first()
        if own is not None:
            return bytes(own)
        offered = models.Q(published_at__isnull=False) & (models.Q(only_in=None) | models.Q(only_in=tenant))
        clients = Client.with_deleted_anywhere.filter(logo=digest, deleted_at=None)
        shown = clients.filter(offered | models.Q(connections__tenant=tenant))
        foreign = rows.filter(tenant__in=shown.values("tenant")).values_list("content", flat=True).first()
        return None if foreign is None else bytes(foreign)
