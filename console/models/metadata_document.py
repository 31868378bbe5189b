"""A Client ID Metadata Document that was read, and the client that it describes (Q9).

The client is a row of Tenant.outside() whose client ID is the URL. Tenants connect to it as to one that another tenant
has published, so what a changed document widens waits for their administrators, and the rest flows through.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django_scopes import scope

from ..policy import registration_rules
from ..policy.client_types import Origin
from ..policy.metadata_documents import STALE_AT_MOST, TRIED_AGAIN_AFTER, Described
from ..policy.registration import EDITABLE
from .actor import Actor
from .client import Client, ClientGone
from .client_origin import ClientOrigin
from .tenant import Tenant

UNUSED_KEPT = timedelta(days=7)


class MetadataDocument(models.Model):
    """When the document of a client was read, and how long that holds. Read across tenants: it is the same for all."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, primary_key=True, related_name="document")
    fetched_at = models.DateTimeField()
    fresh_until = models.DateTimeField()
    # The last attempt since then, if it failed, and why: a failure of http/outbound.py, or INVALID.
    failed_at = models.DateTimeField(null=True, default=None)
    failure = models.CharField(max_length=20, blank=True, default="")
    links = models.JSONField(default=dict)  # addresses for people: client_uri, policy_uri, tos_uri, logo_uri
    # Then `expire` looks whether a tenant still has anything to do with it.
    kept_until = models.DateTimeField()

    INVALID = "invalid"

    class Meta:
        indexes = [models.Index(fields=["kept_until"], name="metadata_document_kept")]

    def __str__(self) -> str:
        return self.url

    @property
    def url(self) -> str:
        """Where the document is: the client ID."""
        return str(self.client.client_id)

    @classmethod
    def of(cls, url: str) -> "MetadataDocument | None":
        """The document that was read from `url`; None if none was."""
        return cls.objects.select_related("client__tenant").filter(client__client_id=url).first()

    def is_fresh(self, now: datetime) -> bool:
        """Whether it need not be read again."""
        return now < self.fresh_until

    def counts(self, now: datetime) -> bool:
        """Whether the client may still be used as it was read, if the document cannot be read again."""
        return now < self.fresh_until + STALE_AT_MOST

    def was_tried_just_now(self, now: datetime) -> bool:
        """Whether reading it again has failed so recently that nobody need wait for it once more."""
        return self.failed_at is not None and now < self.failed_at + TRIED_AGAIN_AFTER

    @classmethod
    def keep(cls, url: str, described: Described, *, fresh_for: timedelta) -> "MetadataDocument":
        """Takes on what was read from `url` just now: a client that is new, or as it has changed.

        Raises InvalidRegistration if the client may not become so.
        """
        outside = Tenant.outside()
        with scope(tenant=outside):
            try:
                with transaction.atomic():
                    return cls._keep(outside, url, described, fresh_for)
            except (
                IntegrityError,
                ClientGone,
            ):  # somebody else came with it at the same time, or `expire` removed it
                with transaction.atomic():
                    return cls._keep(outside, url, described, fresh_for)

    @classmethod
    def _keep(
        cls, outside: Tenant, url: str, described: Described, fresh_for: timedelta
    ) -> "MetadataDocument":
        fields = _columns(described)
        client = Client.objects.filter(client_id=url).first()
        if client is None:
            client = cls._bring(outside, url, described.registration.type, fields)
        else:
            short = registration_rules.short_schemes(described.registration)
            client.edit(by=Actor(client=client), unconfirmed_schemes=short, **fields)
        now = timezone.now()
        facts: dict[str, Any] = {
            "fetched_at": now,
            "fresh_until": now + fresh_for,
            "failed_at": None,
            "failure": "",
            "links": described.links,
            "kept_until": now + UNUSED_KEPT,
        }
        return cls.objects.update_or_create(client=client, defaults=facts)[0]

    @classmethod
    def _bring(cls, outside: Tenant, url: str, kind: str, fields: Mapping[str, Any]) -> Client:
        client = Client(
            tenant=outside,
            origin=Origin.DOCUMENT.value,
            client_id=url,
            type=kind,
            published_at=timezone.now(),
            **fields,
        )
        client.save(force_insert=True)
        ClientOrigin.keep(client)
        return client

    def failed(self, failure: str) -> None:
        """Notes that the document could not be read again, and why."""
        self.failed_at, self.failure = timezone.now(), failure
        self.save(update_fields=["failed_at", "failure"])


def _columns(described: Described) -> dict[str, Any]:
    """What of the registration is edited, as columns of a client have it."""
    values = {name: getattr(described.registration, name) for name in EDITABLE}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
