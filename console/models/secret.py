"""Client secrets: up to five alive per confidential client, each shown once (S3, S13, P1, N1).

A secret can be disabled and enabled again, and it can expire. The token endpoint decides by the row and the clock:
nothing has to run for a secret to end.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from ..policy import brought_credentials, credentials, secret_life
from ..policy.apis import TokenRules
from ..policy.effective_client import EffectiveClient
from ..policy.secret_life import Life
from . import last_use
from .action import Action
from .actor import Actor
from .api import Api
from .connection import Connection
from .event import Event
from .limits import LimitReached
from .prepared import PreparedValue
from .sealing import digest, digests
from .stored_secret import StoredSecret
from .tenant import Tenant

if TYPE_CHECKING:
    from .client import Client


class ClientSecret(StoredSecret):
    """A secret of a client: how it is made, changed, disabled, removed, and found when it is presented."""

    class Meta(StoredSecret.Meta):
        pass

    @classmethod
    def add_to(
        cls,
        client: "Client",
        *,
        by: Actor,
        name: str = "",
        expires_at: datetime | None = None,
        brought: str = "",
    ) -> "tuple[ClientSecret, str]":
        """Adds a secret. Returns the row and the plain text, which is stored nowhere.

        `brought` is one that another server has given out, which brought_credentials.py has judged; "" for a new one.

        Raises LimitReached when the client has as many as it may, disabled and expired ones included, and ClientGone
        if it has been deleted; the client's row is locked while they are counted.
        """
        secret = brought or credentials.make(credentials.Prefix.CLIENT_SECRET)
        with transaction.atomic():
            type(client).locked(client.pk)
            kept = cls.objects.filter(client=client, removed_at=None).count()
            if kept >= settings.LIMITS["client_secrets"]:
                raise LimitReached("client_secrets")
            row = cls.objects.create(
                tenant=client.tenant,
                client=client,
                digest=digest(secret),
                hint=credentials.hint(secret),
                name=name,
                created_by=by.user,
                expires_at=expires_at,
                notice_due_at=secret_life.next_notice(expires_at, timezone.now()),
            )
            details = {"hint": row.hint, "name": name, "valid_until": _iso(expires_at)}
            known = {key: value for key, value in details.items() if value}
            Event.record(client.told_in, Action.SECRET_CREATED, by=by, target=client, details=known)
        return row, secret

    def change(self, *, name: str, expires_at: datetime | None, by: Actor) -> bool:
        """Changes what the secret is called and when it expires. Returns False if that is what it was."""
        with transaction.atomic():
            row = ClientSecret.objects.select_for_update(no_key=True, of=("self",)).get(pk=self.pk)
            changes = {"name": [row.name, name], "valid_until": [_iso(row.expires_at), _iso(expires_at)]}
            changes = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
            if not changes or row.removed_at is not None:
                return False
            now = timezone.now()
            columns: dict[str, Any] = {"name": name, "expires_at": expires_at}
            if "valid_until" in changes:
                columns["notice_due_at"] = secret_life.next_notice(expires_at, now)
            ClientSecret.objects.filter(pk=self.pk).update(**columns)
            self._tell(Action.SECRET_UPDATED, by, changes=changes)
        return True

    def disable(self, *, by: Actor) -> bool:
        """Makes the secret stop working until it is enabled. Returns False if it had been disabled, or was removed."""
        now = timezone.now()
        with transaction.atomic():
            works = models.Q(disabled_at=None) | models.Q(enabled_until__gt=now)
            disabled = ClientSecret.objects.filter(works, pk=self.pk, removed_at=None).update(
                disabled_at=now, disabled_by=by.user, enabled_until=None
            )
            if disabled:
                self._tell(Action.SECRET_DISABLED, by, last_used_at=_iso(self.last_used_at))
        return bool(disabled)

    def enable(self, *, by: Actor, for_a_while: bool = False) -> bool:
        """Makes a disabled secret work again: for good, or for 24 hours and then no longer.

        Returns False if it was not disabled, for a while if it works for now already, or was removed.
        """
        now = timezone.now()
        until = now + secret_life.AGAIN_FOR if for_a_while else None
        with transaction.atomic():
            dead = ClientSecret.objects.filter(pk=self.pk, removed_at=None, disabled_at__isnull=False)
            if for_a_while:
                ended = models.Q(enabled_until=None) | models.Q(enabled_until__lte=now)
                enabled = dead.filter(ended).update(enabled_until=until)
            else:
                enabled = dead.update(disabled_at=None, disabled_by=None, enabled_until=None)
            if enabled:
                self._tell(Action.SECRET_ENABLED, by, enabled_until=_iso(until))
        return bool(enabled)

    def remove(self, *, by: Actor, why: str = "") -> bool:
        """Stops the secret at once, for good. Returns False if somebody else had already removed it.

        `why` is kept in the event. Who is to be asked for it: `needs_reason`.
        """
        with transaction.atomic():
            removed = ClientSecret.objects.filter(pk=self.pk, removed_at=None).update(
                removed_at=timezone.now(), removed_by=by.user, notice_due_at=None
            )
            if removed:
                self._tell(Action.SECRET_REMOVED, by, last_used_at=_iso(self.last_used_at), why=why)
        return bool(removed)

    @classmethod
    def presented(cls, tenant: Tenant, secret: str, api: str = "") -> "PresentedSecret | None":
        """The secret with this plain text that works now, of a client that `tenant` is connected to; else None.

        `api` is the identifier of an API that is read with it, "" for none. One statement, whatever is presented; what
        cannot be a secret costs none. A brought secret has neither our prefix nor our checksum.
        """
        if not brought_credentials.can_be_presented(secret):
            return None
        now = timezone.now()
        for candidate in digests(secret):
            found = (
                _PRESENTED_FOR_API.get(tenant.pk, candidate, api)
                if api
                else _PRESENTED.get(tenant.pk, candidate)
            )
            if found is not None and found.life.works_at(now) and found.client.is_approved_at(now):
                return found
        return None

    @classmethod
    def is_known(cls, secret: str) -> bool:
        """Whether any client of the region has, or had, a secret with this plain text. Crosses tenants on purpose: no
        two clients can share one."""
        return cls._base_manager.filter(digest__in=digests(secret)).exists()

    @classmethod
    def belongs_to(cls, client: "Client", secret: str) -> bool:
        """Whether this is the plain text of a secret of `client` that works now."""
        found: ClientSecret | None = cls._base_manager.filter(
            client=client.pk, removed_at=None, digest__in=digests(secret)
        ).first()
        return found is not None and found.works

    def tried(self, address: str, now: datetime) -> None:
        """Notes that the secret was tried although it does not work: at once, then at most once a minute."""
        ended = self.life.ended_at(now)
        first = ended is not None and self.last_tried_at is not None and self.last_tried_at < ended
        if first or last_use.is_due(self.last_tried_at, now):
            self.last_tried_at, self.last_tried_from = now, address
            last_use.note(ClientSecret, self.pk, last_tried_at=now, last_tried_from=address)

    def _tell(self, action: Action, by: Actor, changes: dict[str, Any] | None = None, **details: Any) -> None:
        known = {name: value for name, value in details.items() if value}
        Event.record(
            self.tenant,
            action,
            by=by,
            target=self.client,
            changes=changes,
            details={"hint": self.hint, "name": self.name, **known}
            if self.name
            else {"hint": self.hint, **known},
        )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


@dataclass(frozen=True, slots=True)
class PresentedSecret:
    """A secret that somebody presented, and the client that it belongs to, as it is in their tenant.

    `api` is the API that was to be read with it; None if there is none of that identifier there.
    """

    id: UUID
    hint: str
    client: EffectiveClient
    last_used_at: datetime | None
    life: Life
    api: TokenRules | None = None

    def note_use(self, now: datetime) -> None:
        """Notes that the secret was used, at most once a minute."""
        if last_use.is_due(self.last_used_at, now):
            first = {"first_used_at": now} if self.last_used_at is None else {}
            last_use.note(ClientSecret, self.id, last_used_at=now, **first)


def _connection_of_secret(tenant_id: UUID, digest: str) -> "models.QuerySet[Connection]":
    return (
        Connection.usable(tenant_id)
        .filter(client__secrets__digest=digest, client__secrets__removed_at=None)
        .annotate(
            secret_id=models.F("client__secrets__id"),
            secret_hint=models.F("client__secrets__hint"),
            secret_used_at=models.F("client__secrets__last_used_at"),
            secret_expires_at=models.F("client__secrets__expires_at"),
            secret_disabled_at=models.F("client__secrets__disabled_at"),
            secret_enabled_until=models.F("client__secrets__enabled_until"),
        )
    )


def _connection_of_secret_and_api(
    tenant_id: UUID, digest: str, identifier: str
) -> "models.QuerySet[Connection]":
    return _connection_of_secret(tenant_id, digest).annotate(api_rules=Api.rules_with(tenant_id, identifier))


def _presented(connection: Any) -> PresentedSecret:
    return PresentedSecret(
        connection.secret_id,
        connection.secret_hint,
        connection.client_here,
        connection.secret_used_at,
        Life(connection.secret_expires_at, connection.secret_disabled_at, connection.secret_enabled_until),
    )


def _presented_for_api(connection: Any) -> PresentedSecret:
    return replace(_presented(connection), api=TokenRules.stored(connection.api_rules))


_PRESENTED = PreparedValue(_connection_of_secret, UUID, str, value=_presented)
_PRESENTED_FOR_API = PreparedValue(_connection_of_secret_and_api, UUID, str, str, value=_presented_for_api)
