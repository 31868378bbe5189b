"""An OAuth client: an application registered by its owner tenant (S2–S5, S12, Q1–Q5)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from ..policy import apis, client_types, registration_rules
from ..policy.client_types import AuthMethod, ClientType, Origin
from ..policy.publication import Terms, difference
from ..policy.registration import Registration
from ..policy.registration_problems import UNCONFIRMED
from ..policy.registration_rules import ApiScopes
from . import client_rules
from .action import Action
from .actor import Actor
from .client_availability import AvailableClient
from .client_origin import ClientOrigin
from .connection import Connection
from .event import Event
from .limits import LimitReached
from .receipt import Receipt
from .secret import ClientSecret
from .tenant import Tenant

DELETED_KEPT = timedelta(days=30)


class ClientGone(Exception):
    """The client has been deleted meanwhile."""


class Client(AvailableClient):
    """A registered application: registered, edited, deleted and restored here.

    Its columns and what it says about itself are in registered_client.py, what switches it on and off in
    client_availability.py.
    """

    class Meta(AvailableClient.Meta):
        abstract = False

    def clean(self) -> None:
        """The rules of a registration, in place of django-oauth-toolkit's. ValidationError names each field.

        Asks the database nothing, and so takes every scheme without a dot as confirmed, and every scope of an API as
        known: `register` and `edit` ask.
        """
        names = self.allowed_scopes if isinstance(self.allowed_scopes, list | tuple) else []
        known = ApiScopes(known=frozenset(filter(apis.is_qualified, names)))
        found = {
            name: judged
            for name, problems in registration_rules.problems(
                self.registration, limits=client_rules.limits(), api_scopes=known
            ).items()
            if (judged := [problem for problem in problems if problem.code != UNCONFIRMED])
        }
        if found:
            raise client_rules.validation_error(found, self)

    @property
    def restorable_until(self) -> datetime | None:
        """Until when a deleted client can be brought back."""
        return self.deleted_at + DELETED_KEPT if self.deleted_at else None

    @classmethod
    def check_room(cls, tenant: Tenant) -> None:
        """Raises LimitReached when the tenant has as many clients as it may (Q5); deleted ones do not count.

        Only while the tenant is locked does the answer still hold when the next client is written.
        """
        if cls.objects.filter(tenant=tenant).count() >= settings.LIMITS["clients_per_tenant"]:
            raise LimitReached("clients_per_tenant")

    @classmethod
    def locked(cls, pk: int) -> "Client":
        """The live client, its row locked to the end of the transaction. Raises ClientGone if it has been deleted."""
        client: Client | None = cls.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if client is None:
            raise ClientGone
        return client

    @classmethod
    def register(
        cls,
        tenant: Tenant,
        *,
        by: Actor,
        type: str,
        consent_method: str = "required",
        confirmed_schemes: Collection[str] = (),
        unconfirmed_schemes: Collection[str] = (),
        brought_id: str = "",
        brought_secret: str = "",
        **fields: Any,
    ) -> "tuple[Client, str]":
        """Creates a client of `tenant` with its own connection and, if it uses one, its first secret (S2, S3).

        `confirmed_schemes` are private schemes without a dot that somebody has confirmed; `unconfirmed_schemes` are
        taken too, though nobody was asked, and the event says so. `brought_id` and `brought_secret` are what another
        server gave out (brought_credentials.py judges them); IntegrityError if one is taken. Returns the client and the
        secret in plain text, "" if there is none: this is the only time it exists. Raises InvalidRegistration with what
        may not be registered, and LimitReached when the tenant has as many clients as it may.
        """
        if type in list(ClientType):
            fields = {"algorithm": client_types.traits(type).id_token_algorithm} | fields
        client = cls(tenant=tenant, type=type, **({"client_id": brought_id} if brought_id else {}))
        client._assign(fields)
        unasked = client._judge(consent_method, None, confirmed_schemes, unconfirmed_schemes)
        with transaction.atomic():
            tenant.lock()
            cls.check_room(tenant)
            client.save(force_insert=True)
            ClientOrigin.keep(client)
            Connection.objects.create(
                tenant=tenant, client=client, consent_method=consent_method, approved_by=by.user
            )
            details = {"type": type, "consent_method": consent_method} | unasked | client._facts()
            Event.record(tenant, Action.CLIENT_CREATED, by=by, target=client, details=details)
            return client, client._first_secret(by, brought_secret)

    @classmethod
    def take_in(
        cls, only_in: Tenant, *, by: Actor, type: str, told: Mapping[str, Any], **fields: Any
    ) -> "tuple[Client, str]":
        """Creates a client that has registered itself, for `only_in` alone (RFC 7591): nobody has approved it yet.

        `told` is what the event says besides. Private schemes without a dot are taken, though nobody was asked: whoever
        approves it reads them. Returns the client and its first secret, "" if it uses none. Raises InvalidRegistration.
        How many there may be, whoever calls says.
        """
        client = cls(tenant=Tenant.outside(), origin=Origin.REGISTRATION.value, only_in=only_in, type=type)
        client._assign({"algorithm": client_types.traits(type).id_token_algorithm} | fields)
        unasked = client._judge(None, None, (), registration_rules.short_schemes(client.registration))
        client.published_at = timezone.now()
        with transaction.atomic():
            client.save(force_insert=True)
            ClientOrigin.keep(client)
            details = {"type": type, **told, **unasked, **client._facts()}
            Event.record(only_in, Action.CLIENT_REGISTERED, by=by, target=client, details=details)
            return client, client._first_secret(by)

    def edit(
        self,
        *,
        by: Actor,
        confirmed_schemes: Collection[str] = (),
        unconfirmed_schemes: Collection[str] = (),
        **fields: Any,
    ) -> str:
        """Changes what the owner may change. Returns a new secret when the client began to need one, else "".

        Only `fields` are written: what somebody else has changed since this copy was read stays as they left it. A
        scope that is taken away is left out of the tokens that are refreshed from then on. Schemes as in `register`;
        those that are stored have been confirmed. Raises InvalidRegistration with what the client may not become, and
        ClientGone if it has been deleted.
        """
        with transaction.atomic():
            current = Client.locked(self.pk)
            stored, before, approved_elsewhere = current.registration, current._facts(), current.terms
            current._assign(fields)
            unasked = current._judge(
                current._consent_method_to_suit(), stored, confirmed_schemes, unconfirmed_schemes
            )
            changes = {
                name: [before[name], after]
                for name, after in current._facts().items()
                if before[name] != after
            }
            self._learn(current)
            if not changes:
                return ""
            tell = self._write(current, changes, approved_elsewhere)
            Event.record(
                self.told_in, Action.CLIENT_UPDATED, by=by, target=self, changes=changes, details=unasked
            )
            if tell:
                self._tell_connected({"version": self.version}, by=by)
            return self._first_secret(by)

    def remove(self, *, by: Actor) -> Receipt | None:
        """Deletes the client (S12): every token ends, its secrets stop working, nobody can connect to it any more.

        Returns the receipt; None if it was deleted already. For 30 days it can be restored.
        """
        with transaction.atomic():
            there = Client.objects.filter(pk=self.pk)
            if not there.update(deleted_at=timezone.now(), generation=models.F("generation") + 1):
                return None
            self.refresh_from_db(fields=["deleted_at", "generation"])
            receipt = self._end_everywhere("client deleted", {"deleted": True}, by=by)
            Event.record(self.told_in, Action.CLIENT_DELETED, by=by, target=self, details=receipt.details)
        return receipt

    def restore(self, *, by: Actor) -> bool:
        """Brings a deleted client back as it was, secrets and connections included; no token comes back.

        False if it is not deleted, or has been for too long.
        Raises LimitReached when the tenant has as many clients as it may, meanwhile.
        """
        with transaction.atomic():
            self.tenant.lock()
            Client.check_room(self.tenant)
            deleted = Client.with_deleted.filter(pk=self.pk, deleted_at__gt=timezone.now() - DELETED_KEPT)
            if not deleted.update(deleted_at=None):
                return False
            self.deleted_at = None
            Event.record(self.tenant, Action.CLIENT_RESTORED, by=by, target=self)
            self._tell_connected({"deleted": False}, by=by)
        return True

    def _assign(self, fields: Mapping[str, Any]) -> None:
        """Sets editable fields; TypeError for a field that may not be set."""
        for name, value in fields.items():
            if name not in self.EDITABLE:
                raise TypeError(f"{name} is not an editable field of a client")
            setattr(self, name, value)

    def _judge(
        self,
        consent_method: str | None,
        before: Registration | None,
        confirmed: Collection[str],
        unconfirmed: Collection[str],
    ) -> dict[str, Any]:
        """Raises InvalidRegistration with what may not be registered. Returns what the event says of it: the schemes
        of `unconfirmed` that are used from now on."""
        registration = self.registration
        registration_rules.check(
            registration,
            limits=client_rules.limits(),
            consent_method=consent_method,
            confirmed_schemes={*confirmed, *unconfirmed},
            api_scopes=client_rules.api_scopes(
                self.tenant,
                self.allowed_scopes,
                offered=self.published_at is not None or self.stays_connected,
            ),
            before=before,
        )
        known = {*confirmed, *(registration_rules.short_schemes(before) if before else ())}
        unasked = [name for name in registration_rules.short_schemes(registration) if name not in known]
        return {"unconfirmed_schemes": unasked} if unasked else {}

    def _consent_method_to_suit(self) -> str | None:
        """The owner's consent method if the grants must suit it, and locks it: it stays what it was."""
        if not isinstance(self.grant_types, list) or not client_types.works_alone(self.grant_types):
            return None
        own = Connection.objects.select_for_update(no_key=True).get(client=self, tenant=self.tenant_id)
        return str(own.consent_method)

    def _write(self, current: "Client", changes: Mapping[str, Any], approved_elsewhere: Terms) -> bool:
        """Writes the changes. Returns whether the other tenants are offered a version that they have to approve."""
        offered = current.published_at is not None or current.stays_connected
        # While it is withdrawn nobody runs on it, but those who had approved it come back if it is published again.
        approved = offered or self.connections_elsewhere().exists()
        wider = approved and difference(approved_elsewhere, current.terms).is_wider
        self.version = current.version = current.version + wider
        current.save(update_fields=[*changes, "version", "updated_at"])
        if "allowed_origins" in changes:
            ClientOrigin.keep(current)
        return wider and offered

    def _first_secret(self, by: Actor, brought: str = "") -> str:
        """A secret for a client that uses one and has none; "" for any other."""

        if (
            self.allows_auth_method(AuthMethod.CLIENT_SECRET)
            and not self.secrets.filter(removed_at=None).exists()
        ):
            return ClientSecret.add_to(self, by=by, brought=brought)[1]
        return ""

    def _learn(self, current: "Client") -> None:
        """Takes on what the owner may change from a copy that was read later."""
        for name, value in current._facts().items():
            setattr(self, name, value)
