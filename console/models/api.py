"""An API (resource server) that a tenant registers: what tokens are for, and what their scopes mean (P10, RFC 8707).

What was granted of a scope, or of an API, that is removed stays where it was written, and counts for nothing any more:
whoever issues or judges a token looks at the API as it is then. So removing changes one row, however much was granted.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ..policy import api_rules, apis
from ..policy.apis import ApiScope, TokenRules
from ..policy.registration_problems import InvalidRegistration, Problem
from .action import Action
from .actor import Actor
from .api_identifier import ApiIdentifier
from .api_secret import ApiSecret
from .event import Event
from .limits import LimitReached
from .prepared import PreparedValue
from .registered_api import RegisteredApi
from .tenant import Hostname, Tenant


class ApiGone(Exception):
    """The API has been removed meanwhile."""


class Api(RegisteredApi):
    """An API: registered, edited, published and removed here. Its columns are in registered_api.py."""

    class Meta(RegisteredApi.Meta):
        abstract = False

    @classmethod
    def rules_of(cls, tenant_id: UUID, identifier: str) -> TokenRules | None:
        """How tokens for an API are issued and judged in a tenant; None if the identifier names none there."""
        return _RULES.get(tenant_id, identifier)

    @classmethod
    def all_rules_of(cls, tenant_id: UUID, identifiers: Collection[str]) -> list[TokenRules]:
        """The same of several APIs, of those that the tenant has: one statement."""
        if len(identifiers) == 1:
            found = cls.rules_of(tenant_id, *identifiers)
            return [found] if found else []
        rows = cls.available(tenant_id).filter(identifier__in=identifiers).values_list("rules", flat=True)
        return [rules for rules in map(TokenRules.stored, rows) if rules is not None]

    @classmethod
    def longest_lifetime_of(cls, tenant: Tenant, names: Iterable[str]) -> timedelta:
        """The longest lifetime of a token with some of these scopes for an API; 0 if none of them is of one."""
        lifetimes = [api.lifetime for api in cls.of_scopes(tenant, names).values()]
        return timedelta(seconds=max(lifetimes, default=0))

    @classmethod
    def locked(cls, pk: int) -> "Api":
        """The live API, its row locked to the end of the transaction. Raises ApiGone if it has been removed."""
        api: Api | None = cls.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if api is None:
            raise ApiGone
        return api

    @classmethod
    def check_room(cls, tenant: Tenant) -> None:
        """Raises LimitReached when the tenant has as many APIs as it may; removed ones do not count.

        Only while the tenant is locked does the answer still hold when the next API is written.
        """
        if cls.objects.filter(tenant=tenant).count() >= settings.LIMITS["apis_per_tenant"]:
            raise LimitReached("apis_per_tenant")

    @classmethod
    def register(
        cls,
        tenant: Tenant,
        *,
        by: Actor,
        identifier: str,
        name: str,
        scopes: Iterable[ApiScope],
        description: str = "",
        lifetime: int | None = None,
        algorithm: str = apis.ES256,
    ) -> "tuple[Api, str]":
        """Registers an API of `tenant`, with its first secret. Returns both; the secret exists only this once.

        `lifetime` is in seconds; None is the region's. Raises InvalidRegistration with what may not be registered, by
        field (policy/api_rules.py), and LimitReached when the tenant has as many APIs as it may.
        """
        seconds = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()) if lifetime is None else lifetime
        api = cls(tenant=tenant, identifier=identifier, created_by=by.user)
        api._take_on(
            {
                "name": name,
                "description": description,
                "scopes": tuple(scopes),
                "lifetime": seconds,
                "algorithm": algorithm,
            }
        )
        api._judge()
        with transaction.atomic():
            tenant.lock()
            cls.check_room(tenant)
            if ApiIdentifier.locked(identifier).holder_id not in {None, tenant.pk}:
                raise _taken(api_rules.TAKEN_ELSEWHERE)
            if cls.with_deleted.filter(tenant=tenant, identifier=identifier).exists():
                raise _taken(api_rules.TAKEN_HERE)
            api.save(force_insert=True)
            details = {"identifier": identifier} | api._told()
            Event.record(tenant, Action.API_CREATED, by=by, target=api, details=details)
            return api, ApiSecret.add_to(api, by=by)[1]

    def edit(self, *, by: Actor, **fields: Any) -> bool:
        """Changes what the owner may change (EDITABLE; `scopes` as ApiScope). False if that changes nothing.

        Only `fields` are written. A scope that is not among `scopes` any more is removed: no token is issued with it
        from then on, and those that carry it are not active. Raises InvalidRegistration with what the API may not
        become, and ApiGone if it has been removed.
        """
        with transaction.atomic():
            current = Api.locked(self.pk)
            stored, before = current._facts(), current._told()
            current._take_on(fields)
            current._judge()
            after, told = current._facts(), current._told()
            changes = {name: [before[name], told[name]] for name in after if after[name] != stored[name]}
            for name in (*self.EDITABLE, "rules"):
                setattr(self, name, getattr(current, name))
            if not changes:
                return False
            current.save(update_fields=[*changes, "rules", "updated_at"])
            Event.record(self.tenant, Action.API_UPDATED, by=by, target=self, changes=changes)
        return True

    def publish(self, *, by: Actor) -> bool:
        """Lets every tenant of the region have tokens for the API. False if it is published already.

        Raises InvalidRegistration if another tenant has, or had, an API with this identifier, and ApiGone if this one
        has been removed.
        """
        with transaction.atomic():
            reserved = ApiIdentifier.locked(self.identifier)
            others = Api._base_manager.filter(identifier=self.identifier).exclude(tenant=self.tenant_id)
            if reserved.holder_id not in {None, self.tenant_id} or others.exists():
                raise _taken(api_rules.TAKEN_ELSEWHERE)
            if not self._set_published(timezone.now()):
                Api.locked(self.pk)
                return False
            ApiIdentifier.objects.filter(pk=reserved.pk).update(holder=self.tenant_id)
            Event.record(self.tenant, Action.API_PUBLISHED, by=by, target=self)
        return True

    def unpublish(self, *, by: Actor) -> bool:
        """Takes the API away from the other tenants: what they granted of it counts for nothing until it is published
        again. False if it is not published. The identifier stays this tenant's in the whole region."""
        with transaction.atomic():
            if not self._set_published(None):
                return False
            Event.record(self.tenant, Action.API_UNPUBLISHED, by=by, target=self)
        return True

    def remove(self, *, by: Actor) -> bool:
        """Removes the API: no token is issued for it any more, those that were are not active, and its secrets stop
        working. False if somebody else had already removed it. Its identifier stays taken."""
        with transaction.atomic():
            now = timezone.now()
            if not Api.objects.filter(pk=self.pk).update(deleted_at=now, published_at=None):
                return False
            self.deleted_at, self.published_at = now, None
            details = {"identifier": self.identifier}
            Event.record(self.tenant, Action.API_REMOVED, by=by, target=self, details=details)
        return True

    def _set_published(self, moment: datetime | None) -> bool:
        """Whether that changed anything, of an API that has not been removed."""
        there = Api.objects.filter(pk=self.pk, published_at__isnull=moment is not None)
        if not there.update(published_at=moment):
            return False
        self.published_at = moment
        return True

    def _take_on(self, fields: Mapping[str, Any]) -> None:
        """Sets editable fields; TypeError for a field that may not be set."""
        for name, value in fields.items():
            if name not in self.EDITABLE:
                raise TypeError(f"{name} is not an editable field of an API")
            setattr(self, name, _as_kept(value) if name == "scopes" else value)
        self.rules = TokenRules.of(self.facts).as_text()

    def _judge(self) -> None:
        """Raises InvalidRegistration with what may not be registered so."""
        api_rules.check(
            self.facts,
            most_scopes=settings.LIMITS["scopes_per_api"],
            host_is_taken=self._state.adding and _is_ours(apis.host(self.identifier)),
        )

    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.EDITABLE}

    def _told(self) -> dict[str, Any]:
        """The same for the audit log: each scope as one line."""
        return self._facts() | {"scopes": [scope.in_one_line for scope in self.facts.scopes]}


def _as_kept(scopes: Iterable[ApiScope]) -> list[dict[str, Any]]:
    return [{name: getattr(scope, name) for name in ApiScope.__slots__} for scope in scopes]


def _is_ours(host: str) -> bool:
    """Whether a host is the region's, a tenant's, or one that a tenant could be given."""
    region = settings.REGION_HOST
    return bool(host) and (
        host == region or host.endswith(f".{region}") or Hostname.objects.filter(host=host).exists()
    )


def _taken(sentence: str) -> InvalidRegistration:
    return InvalidRegistration({"identifier": [Problem(api_rules.TAKEN, sentence)]})


_RULES = PreparedValue(
    lambda tenant_id, identifier: Api.available(tenant_id).filter(identifier=identifier),
    *(UUID, str),
    value=lambda api: TokenRules.stored(api.rules),
)
