"""A customer organisation of the region, and its hostnames."""

import uuid

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .action import Action
from .actor import Actor
from .event import Event
from .signing_key import SigningKey


def issuer_for(host: str) -> str:
    """The issuer of a canonical host: https, and http for localhost names only (product: Hosts)."""
    name = host.rsplit(":", 1)[0]
    scheme = "http" if name == "localhost" or name.endswith(".localhost") else "https"
    return f"{scheme}://{host}"


def host_of(issuer: object) -> str | None:
    """The host that makes this issuer; None for what is no issuer, and for what no database could look for."""
    if not isinstance(issuer, str) or not issuer.isprintable() or not issuer.isascii():
        return None
    host = issuer.partition("://")[2]
    return host if host and issuer == issuer_for(host) else None


# The alias of the tenant without hosts: see Tenant.outside. With a colon, so that no organisation can have it.
OUTSIDE = "outside:"


class HostTaken(Exception):
    """The host belongs to another tenant."""


class CanonicalHost(Exception):
    """The host makes the tenant's issuer, and cannot be removed."""


class Organisations(models.Manager["Tenant"]):
    """The tenants that are organisations: all but the one that owns the clients nobody registered by hand."""

    def get_queryset(self) -> models.QuerySet["Tenant"]:
        return super().get_queryset().exclude(alias=OUTSIDE)


class Tenant(models.Model):
    """One organisation: its own users, clients, signing keys, issuer and audit log."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alias = models.SlugField(_("alias"), max_length=63, unique=True)
    name = models.CharField(_("name"), max_length=255)
    issuer = models.CharField(_("issuer"), max_length=300, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Organisations()

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def create(cls, alias: str, name: str, hosts: list[str], by: Actor) -> "Tenant":
        """Creates a tenant with its hostnames (the first is canonical) and its first signing keys."""
        hosts = [host.lower() for host in hosts] or [f"{alias}.{settings.REGION_HOST}"]
        tenant = cls(alias=alias, name=name, issuer=issuer_for(hosts[0]))
        keys = SigningKey.generate(tenant)
        with transaction.atomic():
            tenant.save(force_insert=True)
            Hostname.objects.bulk_create(Hostname(tenant=tenant, host=host) for host in dict.fromkeys(hosts))
            SigningKey._base_manager.bulk_create(keys)
            Event.record(tenant, Action.TENANT_CREATED, by=by, target=tenant, details={"hosts": hosts})
        return tenant

    @classmethod
    def outside(cls) -> "Tenant":
        """The owner of clients that no organisation registered: those of metadata documents and registrations (Q9).

        It has no host, no people and no keys, so nothing can be asked of it; other tenants connect to its clients as
        to those of one another. Made when it is first needed.
        """
        defaults = {"name": OUTSIDE, "issuer": f"{OUTSIDE}:"}  # no host makes this issuer
        return cls._base_manager.get_or_create(alias=OUTSIDE, defaults=defaults)[0]

    def seen_at(self, host: str) -> "Tenant":
        """Makes this copy name `host`, one of the tenant's own, as its issuer: what every request there is told.

        An application that was set up with a host compares `iss`, metadata and ID tokens with it (RFC 8414 §3.3,
        RFC 9207 §2.4), also when another host has become the canonical one. The row keeps the canonical issuer.
        """
        self.issuer = issuer_for(host)
        return self

    def issued_as(self, issuer: object) -> bool:
        """Whether `issuer` names this tenant, by whichever of its hosts: tokens of an earlier one stay good."""
        if issuer == self.issuer:
            return True
        host = host_of(issuer)
        return host is not None and Hostname.objects.filter(host=host, tenant=self.pk).exists()

    @classmethod
    def of_issuer(cls, issuer: object) -> "Tenant | None":
        """The tenant of which one host makes this issuer, as it is seen there; None for anything else."""
        host = host_of(issuer)
        hostname = Hostname.objects.filter(host=host).select_related("tenant").first() if host else None
        return hostname.tenant.seen_at(hostname.host) if hostname else None

    def move_to(self, host: str, *, by: Actor) -> bool:
        """Makes `host` canonical, which changes the issuer; False if it is already.

        The hosts that it had before stay aliases. Raises HostTaken if `host` is another tenant's.
        """
        host = host.lower()
        with transaction.atomic():
            self.lock()
            self.refresh_from_db(fields=["issuer"])
            self._take(host)
            before, self.issuer = self.issuer, issuer_for(host)
            if self.issuer == before:
                return False
            self.save(update_fields=["issuer"])
            Event.record(
                self, Action.TENANT_MOVED, by=by, target=self, changes={"issuer": [before, self.issuer]}
            )
        return True

    def add_host(self, host: str, *, by: Actor) -> bool:
        """Adds an alias; False if the tenant has it. Raises HostTaken if `host` is another tenant's."""
        with transaction.atomic():
            added = self._take(host.lower())
            if added:
                Event.record(
                    self, Action.TENANT_HOST_ADDED, by=by, target=self, details={"host": host.lower()}
                )
        return added

    def remove_host(self, host: str, *, by: Actor) -> bool:
        """Removes an alias; False if the tenant does not have it. Raises CanonicalHost for the canonical one."""
        host = host.lower()
        with transaction.atomic():
            self.lock()
            self.refresh_from_db(fields=["issuer"])
            if self.issuer == issuer_for(host):
                raise CanonicalHost
            if not self.hostnames.filter(host=host).delete()[0]:
                return False
            Event.record(self, Action.TENANT_HOST_REMOVED, by=by, target=self, details={"host": host})
        return True

    def _take(self, host: str) -> bool:
        """Makes `host` one of this tenant's, in the transaction of the act; whether it was not."""
        row, added = Hostname.objects.get_or_create(host=host, defaults={"tenant": self})
        if row.tenant_id != self.pk:
            raise HostTaken
        return added

    def lock(self) -> None:
        """Makes other transactions that lock this tenant wait: for limits counted over the whole tenant."""
        Tenant.objects.select_for_update(no_key=True).get(pk=self.pk)


class Hostname(models.Model):
    """A host, with its port if it is not the usual one, under which a tenant is reached. Aliases keep working."""

    host = models.CharField(max_length=260, primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="hostnames")

    def __str__(self) -> str:
        return self.host
