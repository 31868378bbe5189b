"""An OAuth client: an application registered by its owner tenant (S2–S5, S12, Q1–Q5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager
from oauth2_provider.models import AbstractApplication

from ..policy import client_types, credentials, redirect_uris
from ..policy.client_types import AuthMethod, ClientType
from ..policy.consent_rules import suits
from ..policy.effective_client import EffectiveClient, Generation
from ..policy.publication import Terms, difference
from ..policy.registration import Registration
from . import client_rules
from .action import Action
from .actor import Actor
from .client_origin import ClientOrigin
from .connection import Connection, NeedsTrust
from .event import Event
from .limits import LimitReached
from .receipt import Receipt
from .secret import ClientSecret
from .tenant import Tenant
from .tenant_owned import OwnRow
from .toolkit import Checkable
from .unfinished_act import UnfinishedAct

DELETED_KEPT = timedelta(days=30)


class NotPublishable(Exception):
    """A client that only machines use cannot be published."""


class LiveClients(models.Manager["Client"]):
    """Clients that have not been deleted."""

    def get_queryset(self) -> models.QuerySet["Client"]:
        return super().get_queryset().filter(deleted_at=None)


class Client(OwnRow, Checkable, AbstractApplication):
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

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The rules of a registration, in place of django-oauth-toolkit's. ValidationError names each field."""
        client_rules.check(self)

    # --- Reading ---------------------------------------------------------------------------------------------------

    @property
    def registration(self) -> Registration:
        """What the owner decided about the client, as a value."""
        return Registration(
            type=self.type,
            name=self.name,
            description=self.description,
            homepage_url=self.homepage_url,
            redirect_uris=tuple(self.redirect_uris),
            post_logout_redirect_uris=tuple(self.post_logout_redirect_uris),
            allowed_origins=tuple(self.allowed_origins),
            allowed_scopes=tuple(self.allowed_scopes),
            grant_types=tuple(self.grant_types),
            auth_methods=tuple(self.auth_methods),
            public_keys=tuple(self.public_keys),
            algorithm=self.algorithm,
            accepts_no_pkce=self.accepts_no_pkce,
        )

    def offered_in(self, tenant: Tenant) -> EffectiveClient:
        """The client as `tenant`, which has no connection to it, would get it."""
        return self._in_tenant(tenant.pk, Generation(self.generation, 0, 0, self.shared_generation, True))

    def _in_tenant(
        self,
        tenant_id: UUID,
        generation: Generation,
        consent_method: str = "",
        last_used_here_at: datetime | None = None,
    ) -> EffectiveClient:
        """The client with everything that it is registered for."""
        registration = self.registration
        return EffectiveClient(
            pk=self.pk,
            client_id=self.client_id,
            tenant_id=tenant_id,
            publisher_id=self.tenant_id,
            publisher=self.tenant.name,
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
        )

    @property
    def own_connection(self) -> "Connection":
        """The connection of the tenant that owns it."""
        return Connection._base_manager.get(client=self.pk, tenant=self.tenant_id)

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
        return self.registration.machine_only

    @property
    def machine(self) -> bool:
        """Whether the client can get tokens without a person."""
        return bool(client_types.MACHINE_GRANTS & set(self.grant_types))

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
    def terms(self) -> Terms:
        """What another tenant approves when it connects."""
        return self.registration.terms(self.tenant.name)

    @property
    def restorable_until(self) -> datetime | None:
        """Until when a deleted client can be brought back."""
        return self.deleted_at + DELETED_KEPT if self.deleted_at else None

    @property
    def default_redirect_uri(self) -> str | None:
        """The address to use when a request names none; django-oauth-toolkit asks by this name."""
        return self.registration.default_redirect_uri

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a code may be sent to `uri`; django-oauth-toolkit asks by this name."""
        return self.registration.allows_redirect_uri(uri)

    def post_logout_redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a person may be sent to `uri` after signing out; django-oauth-toolkit asks by this name."""
        return any(redirect_uris.matches(uri, registered) for registered in self.post_logout_redirect_uris)

    def origin_allowed(self, origin: str) -> bool:
        """Whether a page of `origin` may call the token endpoint; django-oauth-toolkit asks by this name."""
        return origin in self.allowed_origins

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether it is registered for one of `grant_types`; django-oauth-toolkit asks by this name."""
        return bool(self.registration.grants & set(grant_types))

    def allows_auth_method(self, method: AuthMethod) -> bool:
        return self.registration.allows_auth_method(method)

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
    def published(cls, tenant: Tenant, client_id: str) -> "Client | None":
        """A client of another tenant that `tenant` could connect to. This look-up crosses tenants on purpose (S6)."""
        return (
            cls.with_deleted_anywhere.filter(client_id=client_id, deleted_at=None, published_at__isnull=False)
            .exclude(tenant=tenant)
            .select_related("tenant")
            .first()
        )

    @classmethod
    def check_room(cls, tenant: Tenant) -> None:
        """Raises LimitReached when the tenant has as many clients as it may (Q5); deleted ones do not count.

        Only while the tenant is locked does the answer still hold when the next client is written.
        """
        if cls.objects.filter(tenant=tenant).count() >= settings.LIMITS["clients_per_tenant"]:
            raise LimitReached("clients_per_tenant")

    # --- Verbs -----------------------------------------------------------------------------------------------------

    @classmethod
    def register(
        cls, tenant: Tenant, *, by: Actor, type: str, consent_method: str = "required", **fields: Any
    ) -> "tuple[Client, str]":
        """Creates a client of `tenant` with its own connection and, if it uses one, its first secret (S2, S3).

        Returns the client and the secret in plain text, "" if there is none: this is the only time it exists.
        Raises LimitReached when the tenant has as many clients as it may, and NeedsTrust when the client would get
        tokens in its own name and be Required.
        """
        if not suits(consent_method, fields.get("grant_types", ())):
            raise NeedsTrust
        with transaction.atomic():
            tenant.lock()
            cls.check_room(tenant)
            client = cls(tenant=tenant, type=type, algorithm=client_types.traits(type).id_token_algorithm)
            client._assign(fields)
            client.save(force_insert=True)
            ClientOrigin.keep(client)
            Connection.objects.create(
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
        scope that is taken away is left out of the tokens that are refreshed from then on. Raises NeedsTrust when the
        client would get tokens in its own name and is Required.
        """
        with transaction.atomic():
            current = Client.objects.select_for_update(no_key=True).get(pk=self.pk)
            before, approved_elsewhere = current._facts(), current.terms
            current._assign(fields)
            changes = {
                name: [before[name], after]
                for name, after in current._facts().items()
                if before[name] != after
            }
            current._check_consent_method()
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
                ClientOrigin.keep(current)
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
            Client.check_room(self.tenant)
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

    def _check_consent_method(self) -> None:
        """Raises NeedsTrust if the owner's consent method does not suit the grants. Locks it: it stays what it was."""
        if client_types.works_alone(self.grant_types):
            own = Connection.objects.select_for_update(no_key=True).get(client=self, tenant=self.tenant_id)
            if not suits(own.consent_method, self.grant_types):
                raise NeedsTrust

    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.EDITABLE}

    def _learn(self, current: "Client") -> None:
        """Takes on what the owner may change from a copy that was read later."""
        for name, value in current._facts().items():
            setattr(self, name, value)
