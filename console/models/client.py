"""An OAuth client: an application registered by its owner tenant (S2–S5, S12, Q1–Q5)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractApplication

from ..policy import client_types, credentials, redirect_uris, scopes
from ..policy.client_types import AuthMethod, ClientType, GrantType
from ..policy.publication import Terms, difference
from . import client_rules, last_use
from .connection import Connection
from .event import Action, Actor, Event
from .tenant import Tenant
from .toolkit import Checkable
from .unfinished_act import Receipt, UnfinishedAct

if TYPE_CHECKING:
    from .secret import ClientSecret

DELETED_KEPT = timedelta(days=30)


class LimitReached(Exception):
    """One of the limits of Q5 would be passed. `limit` is its name in settings.LIMITS, `number` its value."""

    def __init__(self, limit: str) -> None:
        self.limit = limit
        self.number = settings.LIMITS[limit]
        super().__init__(f"{limit}: at most {self.number}")


class NotPublishable(Exception):
    """A client that only machines use cannot be published."""


class LiveClients(models.Manager["Client"]):
    """Clients that have not been deleted."""

    def get_queryset(self) -> models.QuerySet["Client"]:
        return super().get_queryset().filter(deleted_at=None)


class Client(Checkable, AbstractApplication):
    """A registered application. Its type never changes; deleting keeps the row, for the audit log and for restoring."""

    class Type(models.TextChoices):
        WEB = ClientType.WEB.value, _("Web")
        SPA = ClientType.SPA.value, _("Single-page app")
        NATIVE = ClientType.NATIVE.value, _("Native")

    class Algorithm(models.TextChoices):
        ES256 = "ES256", "ES256"
        RS256 = "RS256", "RS256"

    # What django-oauth-toolkit keeps in these columns has a place of its own here: secrets are a table, grants a list,
    # "skip" is the tenant's consent method, and nobody owns a client but its tenant.
    user = None
    client_secret = None
    hash_client_secret = None
    skip_authorization = None
    authorization_grant_type = None
    registration_source = None
    cimd_expires_at = None
    created = None
    updated = None

    client_id = models.CharField(
        _("client ID"), max_length=255, default=credentials.make_client_id, editable=False
    )
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="clients")
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    name = models.CharField(_("name"), max_length=512)
    description = models.CharField(_("description"), max_length=4096, blank=True)
    homepage_url = models.CharField(_("homepage"), max_length=2048, blank=True)
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
    EDITABLE = (
        "name",
        "description",
        "homepage_url",
        "redirect_uris",
        "post_logout_redirect_uris",
        "allowed_origins",
        "allowed_scopes",
        "grant_types",
        "auth_methods",
        "public_keys",
        "algorithm",
        "accepts_no_pkce",
    )

    class Meta:
        verbose_name = _("OAuth client")
        verbose_name_plural = _("OAuth clients")
        base_manager_name = "with_deleted_anywhere"
        constraints = [models.UniqueConstraint(fields=["client_id"], name="client_client_id")]
        indexes = [
            models.Index(fields=["tenant", "name"], name="client_by_name"),
            models.Index(fields=["tenant", "-created_at"], name="client_newest"),
        ]

    with_deleted_anywhere: models.Manager["Client"] = models.Manager()

    # The relation of the tenant that the request is for, set by `connected_to` and by the console's list.
    connection: "Connection"
    # What the owner registered, when `allowed_scopes` is only what the tenant of the request allows of it.
    offered_scopes: list[str]
    offered_redirect_uris: list[str]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The rules of a registration, in place of django-oauth-toolkit's. ValidationError names each field."""
        client_rules.check(self)

    # --- Reading ---------------------------------------------------------------------------------------------------

    @property
    def confidential(self) -> bool:
        return client_types.traits(self.type).confidential

    @property
    def client_type(self) -> str:
        """What RFC 6749 §2.1 calls it; django-oauth-toolkit asks by this name."""
        return self.CLIENT_CONFIDENTIAL if self.confidential else self.CLIENT_PUBLIC

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
        return self.machine and not self.registered_redirect_uris

    @property
    def machine(self) -> bool:
        """Whether the client can get tokens without a person."""
        return bool(client_types.MACHINE_GRANTS & set(self.grant_types))

    @property
    def impersonates(self) -> bool:
        """Whether it can act as any of a tenant's people, administrators included, without them."""
        return client_types.impersonates(self.grant_types)

    @property
    def registered_redirect_uris(self) -> list[str]:
        """What the owner registered, however much of it the tenant of the request has accepted."""
        registered: list[str] = self.__dict__.get("offered_redirect_uris", self.redirect_uris)
        return registered

    @property
    def granted_grant_types(self) -> set[str]:
        """Every grant the client may use: the machine grants it was registered for, and the code grant for people."""
        people = (
            set()
            if self.machine_only
            else {GrantType.AUTHORIZATION_CODE.value, GrantType.REFRESH_TOKEN.value}
        )
        return people | set(self.grant_types)

    @property
    def generation_here(self) -> str:
        """Changes whenever the client was switched off, by its owner or in the tenant of the request."""
        return self.connection.generation_for(self)

    @property
    def terms(self) -> Terms:
        """What another tenant approves when it connects. Only of a client as its owner registered it."""
        return Terms.of(
            allowed_scopes=self.allowed_scopes,
            redirect_uris_=[*self.redirect_uris, *self.post_logout_redirect_uris],
            grants=self.grant_types,
            publisher=self.tenant.name,
            origins=self.allowed_origins,
        )

    @property
    def restorable_until(self) -> datetime | None:
        """Until when a deleted client can be brought back."""
        return self.deleted_at + DELETED_KEPT if self.deleted_at else None

    @property
    def default_redirect_uri(self) -> str | None:
        """The address to use when a request names none: only if there is exactly one (OAuth 2.1 §4.1.1)."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def needs_pkce_in(self, tenant: Tenant) -> bool:
        """Whether every authorization request in `tenant` must carry a PKCE challenge (RFC 9700 §2.1.1)."""
        return not (self.accepts_no_pkce and self.confidential and self.tenant_id == tenant.pk)

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a code may be sent to `uri` (RFC 9700 §4.1.3, RFC 8252 §7.3)."""
        return any(redirect_uris.matches(uri, registered) for registered in self.redirect_uris)

    def offers_redirect_uri(self, uri: str) -> bool:
        """Whether the owner registered `uri`, though the tenant of the request has not accepted it yet."""
        return any(redirect_uris.matches(uri, registered) for registered in self.offered_redirect_uris)

    def post_logout_redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a person may be sent to `uri` after signing out (RP-Initiated Logout 1.0 §3)."""
        return any(redirect_uris.matches(uri, registered) for registered in self.post_logout_redirect_uris)

    def origin_allowed(self, origin: str) -> bool:
        """Whether a page of `origin` may call the token endpoint for this client."""
        return origin in self.allowed_origins

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether the client is registered for one of `grant_types`, named as in RFC 6749."""
        return bool(self.granted_grant_types & set(grant_types))

    def allows_auth_method(self, method: AuthMethod) -> bool:
        return self.confidential and method in self.auth_methods

    def allows_scopes(self, names: Iterable[str]) -> bool:
        """Whether every scope is within what the client was registered for (Q4)."""
        return scopes.within(names, self.allowed_scopes)

    @property
    def keeps_access(self) -> bool:
        """Whether it may go on while the person is away: without that a refresh token it holds is good for nothing."""
        return self.allows_scopes([scopes.OFFLINE_ACCESS])

    def is_usable(self, request: object) -> bool:
        """Asked by django-oauth-toolkit wherever it loads a client."""
        return self.is_enabled

    def get_allowed_schemes(self) -> list[str]:
        """To which kinds of address a code may be sent: those of its redirect URLs."""
        return sorted({uri.partition(":")[0] for uri in self.redirect_uris})

    @property
    def jwk_key(self) -> NoReturn:
        """No client has a key that signs: what it is given is signed by the tenant (signing_key.py)."""
        raise ImproperlyConfigured("Tokens are signed with the keys of the tenant, not of the client.")

    @classmethod
    def connected_to(cls, tenant: Tenant, client_id: str) -> "Client | None":
        """The client that `client_id` names in `tenant`: its own, or one of another tenant that it is connected to.

        None for any other: unknown, deleted, never connected, blocked, and a published client that was withdrawn.
        """
        return Connection.to_client(tenant, client_id)

    @classmethod
    def published(cls, tenant: Tenant, client_id: str) -> "Client | None":
        """A client of another tenant that `tenant` could connect to. This look-up crosses tenants on purpose (S6)."""
        return (
            cls.with_deleted_anywhere.filter(client_id=client_id, deleted_at=None, published_at__isnull=False)
            .exclude(tenant=tenant)
            .select_related("tenant")
            .first()
        )

    # --- Verbs -----------------------------------------------------------------------------------------------------

    @classmethod
    def register(
        cls, tenant: Tenant, *, by: Actor, type: str, consent_method: str = "required", **fields: Any
    ) -> "tuple[Client, str]":
        """Creates a client of `tenant` with its own connection and, if it uses one, its first secret (S2, S3).

        Returns the client and the secret in plain text, "" if there is none: this is the only time it exists.
        Raises LimitReached when the tenant has as many clients as it may.
        """
        from .secret import ClientSecret

        with transaction.atomic():
            tenant.lock()
            if cls.objects.filter(tenant=tenant).count() >= settings.LIMITS["clients_per_tenant"]:
                raise LimitReached("clients_per_tenant")
            client = cls(tenant=tenant, type=type, algorithm=client_types.traits(type).id_token_algorithm)
            client._assign(fields)
            client.save(force_insert=True)
            _keep_origins(client)
            client.connection = Connection.objects.create(
                tenant=tenant, client=client, consent_method=consent_method, approved_by=by.user
            )
            Event.record(
                tenant,
                Action.CLIENT_CREATED,
                by=by,
                target=client,
                details={"type": type, "consent_method": consent_method} | client._facts(),
            )
            secret = ""
            if client.allows_auth_method(AuthMethod.CLIENT_SECRET):
                secret = ClientSecret.add_to(client, by=by)[1]
        return client, secret

    def edit(self, *, by: Actor, **fields: Any) -> str:
        """Changes what the owner may change. Returns a new secret when the client began to need one, else "".

        Only `fields` are written: what somebody else has changed since this copy was read stays as they left it. A
        scope that is taken away is left out of the tokens that are refreshed from then on.
        """
        from .secret import ClientSecret

        with transaction.atomic():
            current = Client.objects.select_for_update(no_key=True).get(pk=self.pk)
            before, approved_elsewhere = current._facts(), current.terms
            current._assign(fields)
            changes = {
                name: [before[name], after]
                for name, after in current._facts().items()
                if before[name] != after
            }
            self._learn(current)
            if not changes:
                return ""
            offered = current.published_at is not None or current.stays_connected
            # While it is withdrawn nobody runs on it, but those who had approved it come back if it is published again.
            approved = offered or self.connections_elsewhere().exists()
            wider = approved and difference(approved_elsewhere, current.terms).is_wider
            self.version = current.version = current.version + wider
            current.save(update_fields=[*changes, "version", "updated_at"])
            if "allowed_origins" in changes:
                _keep_origins(current)
            Event.record(self.tenant, Action.CLIENT_UPDATED, by=by, target=self, changes=changes)
            if wider and offered:
                self._tell_connected({"version": self.version}, by=by)
            if (
                self.allows_auth_method(AuthMethod.CLIENT_SECRET)
                and not self.secrets.filter(removed_at=None).exists()
            ):
                return ClientSecret.add_to(self, by=by)[1]
        return ""

    def disable(self, *, by: Actor) -> Receipt | None:
        """Stops the client everywhere at once: no new tokens, and those already given are dead (reversible).

        Returns the receipt; None if it was disabled already.
        """
        with transaction.atomic():
            enabled = Client.objects.filter(pk=self.pk, disabled_at=None)
            if not enabled.update(disabled_at=timezone.now(), generation=models.F("generation") + 1):
                return None
            self.refresh_from_db(fields=["disabled_at", "generation"])
            receipt = self._end_everywhere("client disabled", {"disabled": True}, by=by)
            Event.record(self.tenant, Action.CLIENT_DISABLED, by=by, target=self, details=receipt.details)
        return receipt

    def enable(self, *, by: Actor) -> bool:
        """Lets a disabled client work again; False if it is not disabled, or deleted. Tokens that ended stay dead."""
        with transaction.atomic():
            if not Client.objects.filter(pk=self.pk).exclude(disabled_at=None).update(disabled_at=None):
                return False
            self.disabled_at = None
            Event.record(self.tenant, Action.CLIENT_ENABLED, by=by, target=self)
            self._tell_connected({"disabled": False}, by=by)
        return True

    def publish(self, *, by: Actor) -> bool:
        """Makes the client available to every tenant of the region under the same client ID (S6).

        False if it is published already, or deleted.
        Raises NotPublishable for a client that only machines use: nobody of another tenant could sign in with it.
        """
        if self.machine_only:
            raise NotPublishable
        with transaction.atomic():
            now = timezone.now()
            published = Client.objects.filter(pk=self.pk, published_at=None)
            if not published.update(published_at=now, stays_connected=False):
                return False
            self.published_at, self.stays_connected = now, False
            Event.record(self.tenant, Action.CLIENT_PUBLISHED, by=by, target=self)
            self._tell_connected({"unpublished": False}, by=by)
        return True

    def unpublish(self, *, by: Actor, connected_stay: bool) -> Receipt | None:
        """No tenant can connect any more. Those that are connected stay, or end at once (returns the receipt).

        Those that were allowed to stay can be ended later by the same verb; those that were ended stay ended.
        """
        receipt = None
        with transaction.atomic():
            shared = Client.objects.filter(pk=self.pk).exclude(published_at=None, stays_connected=False)
            if connected_stay:
                shared = shared.exclude(published_at=None)
            cut_off = 0 if connected_stay else 1
            if shared.update(
                published_at=None,
                stays_connected=connected_stay,
                shared_generation=models.F("shared_generation") + cut_off,
            ):
                self.refresh_from_db(fields=["published_at", "stays_connected", "shared_generation"])
                told = {"unpublished": True, "connected_stay": connected_stay}
                if connected_stay:
                    self._tell_connected(told, by=by)
                else:
                    receipt = self._end_elsewhere("client unpublished", told, by=by)
                details = {"connected_stay": connected_stay} | (receipt.details if receipt else {})
                Event.record(self.tenant, Action.CLIENT_UNPUBLISHED, by=by, target=self, details=details)
        return receipt

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
            Event.record(self.tenant, Action.CLIENT_DELETED, by=by, target=self, details=receipt.details)
        return receipt

    def restore(self, *, by: Actor) -> bool:
        """Brings a deleted client back as it was, secrets and connections included; no token comes back.

        False if it is not deleted, or has been for too long.
        Raises LimitReached when the tenant has as many clients as it may, meanwhile.
        """
        with transaction.atomic():
            self.tenant.lock()
            if Client.objects.filter(tenant=self.tenant).count() >= settings.LIMITS["clients_per_tenant"]:
                raise LimitReached("clients_per_tenant")
            deleted = Client.with_deleted.filter(pk=self.pk, deleted_at__gt=timezone.now() - DELETED_KEPT)
            if not deleted.update(deleted_at=None):
                return False
            self.deleted_at = None
            Event.record(self.tenant, Action.CLIENT_RESTORED, by=by, target=self)
            self._tell_connected({"deleted": False}, by=by)
        return True

    # What an act of the owner touches beyond the client's own row is done in batches (unfinished_act.py).

    def _end_everywhere(self, reason: str, told: dict[str, Any], *, by: Actor) -> Receipt:
        """Ends what the client holds in every tenant, after its generation has changed, and tells the other tenants."""
        receipt = UnfinishedAct.carry_out(
            UnfinishedAct(
                tenant=self.tenant,
                client=self,
                ends=UnfinishedAct.Ends.EVERYWHERE,
                reason=reason,
                tells=told,
            ),
            by=by,
        )
        return receipt.and_machines(self.machine, self.last_used_at)

    def _end_elsewhere(self, reason: str, told: dict[str, Any], *, by: Actor) -> Receipt:
        """Ends what the client holds in the tenants that do not own it, and tells them."""
        return UnfinishedAct.carry_out(
            UnfinishedAct(
                tenant=self.tenant, client=self, ends=UnfinishedAct.Ends.ELSEWHERE, reason=reason, tells=told
            ),
            by=by,
        )

    def _tell_connected(self, told: dict[str, Any], *, by: Actor) -> None:
        """Writes the other tenants' side of an act of the owner: what changed for them, never who did it."""
        UnfinishedAct.carry_out(UnfinishedAct(tenant=self.tenant, client=self, tells=told), by=by)

    def connections_elsewhere(self) -> "models.QuerySet[Connection]":
        """The connections of other tenants. Crosses tenants on purpose: the owner's act reaches them all."""
        return Connection._base_manager.filter(client=self.pk).exclude(tenant=self.tenant_id)

    def touch(self, now: datetime) -> None:
        """Notes that the client was used, at most once a minute: the hot path stays free of writes."""
        if last_use.is_due(self.last_used_at, now):
            last_use.note(self, last_used_at=now)
        self.connection.touch(now)

    def _assign(self, fields: Mapping[str, Any]) -> None:
        """Sets editable fields and holds the limits of Q5; TypeError for a field that may not be set."""
        for name, value in fields.items():
            if name not in self.EDITABLE:
                raise TypeError(f"{name} is not an editable field of a client")
            setattr(self, name, value)
        for limit, name in (
            ("redirect_urls", "redirect_uris"),
            ("redirect_urls", "post_logout_redirect_uris"),
            ("allowed_origins", "allowed_origins"),
        ):
            if len(getattr(self, name)) > settings.LIMITS[limit]:
                raise LimitReached(limit)

    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.EDITABLE}

    def _learn(self, current: "Client") -> None:
        """Takes on what the owner may change from a copy that was read later."""
        for name, value in current._facts().items():
            setattr(self, name, value)


def _keep_origins(client: Client) -> None:
    from .client_origin import ClientOrigin

    ClientOrigin.keep(client)
