"""A client that has registered itself: what it said, how it manages itself, when it is given up (RFC 7591, RFC 7592).

The client is a row like any other, which belongs to no organisation (Tenant.outside) and may be used in one tenant
alone. What is of the registration stands here, in the log and the scope of that tenant.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from ..policy import credentials
from ..policy.consent_rules import ConsentMethod
from . import approval
from .action import Action
from .actor import Actor
from .client import DELETED_KEPT, Client, ClientGone
from .connection import Connection
from .connection_request import ConnectionRequest
from .event import Event
from .limits import LimitReached
from .registration_policy import RegistrationPolicy
from .registration_token import RegistrationToken
from .sealing import digest, digests
from .tenant import Tenant
from .tenant_owned import TenantOwned

LOOKS_AGAIN = timedelta(hours=1)  # at a client that another transaction is at work on
LOOKS_EVERY = timedelta(days=1)  # at one that nobody has approved: the policy may say fewer days by then


class Registered(NamedTuple):
    """A registration, and what is shown once: the client secret, "" if there is none, and the access token."""

    row: "ClientRegistration"
    secret: str
    access_token: str


class ClientRegistration(TenantOwned):
    """The registration of one client in the tenant that it registered in."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="brought")
    # Of the registration access token, with which the client reads, changes and deletes its own registration.
    digest = models.CharField(max_length=64, editable=False)
    # Whether it came with an initial access token; which one, while that has not been removed.
    invited = models.BooleanField(default=False)
    token = models.ForeignKey(
        RegistrationToken, on_delete=models.SET_NULL, null=True, related_name="registrations"
    )
    # What a client says about itself besides its columns, as it said it.
    metadata = models.JSONField(default=dict)
    registered_at = models.DateTimeField(default=timezone.now)
    # When it is asked next whether anybody uses the client.
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [models.UniqueConstraint(fields=["digest"], name="client_registration_digest")]
        indexes = [
            models.Index(fields=["tenant", "invited"], name="client_registration_count"),
            models.Index(fields=["due_at"], name="client_registration_due"),
        ]

    def __str__(self) -> str:
        return str(self.client)

    @classmethod
    def register(
        cls,
        policy: RegistrationPolicy,
        fields: Mapping[str, Any],
        metadata: Mapping[str, Any],
        *,
        token: RegistrationToken | None,
        by: Actor,
    ) -> Registered:
        """Registers a client in the tenant of `policy`. `fields` are those of Client.take_in.

        With a token the tenant is connected to it at once, in the name of whoever made the token; without, nobody can
        use it until an administrator has approved it. Raises InvalidRegistration, TokenUsedUp, and LimitReached when as
        many as there may be have registered: strangers take no room from those who bring a token.
        """
        tenant = policy.tenant
        access_token = credentials.make(credentials.Prefix.REGISTRATION_ACCESS_TOKEN)
        told = {"registration_token": token.name} if token else {}
        with _both(tenant), transaction.atomic():
            if token is not None:
                token.use()
            tenant.lock()
            cls.check_room(tenant, invited=token is not None)
            client, secret = Client.take_in(tenant, by=by, told=told, **fields)
            row = cls.objects.create(
                tenant=tenant,
                client=client,
                digest=digest(access_token),
                invited=token is not None,
                token=token,
                metadata=dict(metadata),
                due_at=timezone.now() + LOOKS_EVERY,
            )
            if token is not None:
                maker, required = Actor(user=token.created_by), ConsentMethod.REQUIRED.value
                approval.approve(tenant, client, by=maker, consent_method=required, told=told)
        return Registered(row, secret, access_token)

    @classmethod
    def check_room(cls, tenant: Tenant, *, invited: bool) -> None:
        """Raises LimitReached when as many clients have registered as may. Holds while the tenant is locked."""
        rows = cls.objects.filter(tenant=tenant, invited=invited)
        if rows.count() >= settings.LIMITS["registered_clients"]:
            raise LimitReached("registered_clients")

    @classmethod
    def presented(cls, tenant: Tenant, client_id: str, access_token: str) -> "ClientRegistration | None":
        """The registration of this client whose token this is, in `tenant`; None for anything else."""
        if not credentials.is_well_formed(access_token, credentials.Prefix.REGISTRATION_ACCESS_TOKEN):
            return None
        rows = cls._base_manager.filter(tenant=tenant, digest__in=digests(access_token))
        found: ClientRegistration | None = (
            rows.filter(client__client_id=client_id, client__deleted_at=None)
            .select_related("client__tenant", "client__only_in", "tenant")
            .first()
        )
        return found

    def replace(self, fields: Mapping[str, Any], metadata: Mapping[str, Any], *, by: Actor) -> Registered:
        """Takes what the client says now in place of what it said (RFC 7592 §2.2), and gives it another token.

        What reaches further than was approved waits for an administrator, as with any client. Raises
        InvalidRegistration, and ClientGone if it has been deleted or replaced meanwhile.
        """
        access_token = credentials.make(credentials.Prefix.REGISTRATION_ACCESS_TOKEN)
        with _both(self.tenant), transaction.atomic():
            secret = self.client.edit(by=by, **fields)
            # Of two at once that have the same token, the one that comes second has one that no longer counts.
            mine = ClientRegistration._base_manager.filter(pk=self.pk, digest=self.digest)
            self.metadata, self.digest = dict(metadata), digest(access_token)
            if not mine.update(metadata=self.metadata, digest=self.digest):
                raise ClientGone
        return Registered(self, secret, access_token)

    def remove(self, *, by: Actor) -> None:
        """Deletes the client at its own wish (RFC 7592 §2.3): everything that it was given ends at once."""
        with _both(self.tenant), transaction.atomic():
            self.client.remove(by=by)
            if not Connection.objects.filter(client=self.client).exists():
                _forget([self.client.pk])
            ClientRegistration.objects.filter(pk=self.pk).delete()

    # --- Given up --------------------------------------------------------------------------------------------------

    @classmethod
    def give_up_unused(cls, rows: "models.QuerySet[ClientRegistration]", now: datetime) -> int:
        """Removes the clients of `rows`, which are locked, that no tenant has approved and nobody has used for as long
        as their tenant's policy says. Of the others it says when to look again. Returns how many it removed.
        """
        found = {row.client_id: row for row in rows.select_related("tenant")}
        tenants = {row.tenant_id for row in found.values()}
        policies = {row.tenant_id: row for row in RegistrationPolicy._base_manager.filter(tenant__in=tenants)}
        # Whoever approves a client or asks for it locks it first: what is not seen here comes after its deletion.
        locked = Client.with_deleted_anywhere.filter(pk__in=found).select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        )
        clients = {client.pk: client for client in locked}
        wanted = _wanted(clients)
        unused: list[Client] = []
        for pk, row in found.items():
            kept = policies.get(row.tenant_id, RegistrationPolicy()).unused_kept
            client = clients.get(pk)
            if client is None:
                row._look_again(now + LOOKS_AGAIN)
            elif pk in wanted:
                row._look_again(now + kept)
            elif (until := max(row.registered_at, client.last_used_at or row.registered_at) + kept) > now:
                row._look_again(min(until, now + LOOKS_EVERY))
            else:
                unused.append(client)
        _forget([client.pk for client in unused])
        cls._base_manager.filter(client__in=unused).delete()
        for client in unused:
            found[client.pk]._tell_expired(client, now)
        return len(unused)

    def _look_again(self, moment: datetime) -> None:
        ClientRegistration._base_manager.filter(pk=self.pk).update(due_at=moment)

    def _tell_expired(self, client: Client, now: datetime) -> None:
        details = {"unused_days": (now - self.registered_at).days}
        Event.record(self.tenant, Action.CLIENT_EXPIRED, by=Actor.operator(), target=client, details=details)


def _wanted(clients: Mapping[int, Client]) -> set[int]:
    """Those that a tenant is connected to, or that people wait for."""
    connected = Connection._base_manager.filter(client__in=clients).values_list("client", flat=True)
    asked = ConnectionRequest._base_manager.filter(
        client__in=clients, status=ConnectionRequest.Status.OPEN
    ).values_list("client", flat=True)
    return {int(pk) for pk in (*connected, *asked)}


def _forget(clients: list[int]) -> None:
    """Deletes clients that no tenant is connected to. Nobody could restore them: their rows go with the next run."""
    long_ago = timezone.now() - DELETED_KEPT
    Client.with_deleted_anywhere.filter(pk__in=clients).update(
        deleted_at=long_ago, generation=models.F("generation") + 1
    )


@contextmanager
def _both(tenant: Tenant) -> Iterator[None]:
    """The rows of the tenant, and those that belong to no organisation."""
    with scope(tenant=[Tenant.outside(), tenant]):
        yield
