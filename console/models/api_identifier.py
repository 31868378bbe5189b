"""The identifiers of APIs, each once for the whole region: so that one names one API wherever it is used (RFC 8707)."""

from django.db import models

from ..policy import api_rules
from .tenant import Tenant


class ApiIdentifier(models.Model):
    """An identifier that some tenant uses. Its row is locked by whoever registers or publishes an API with it.

    `holder` is the tenant that has published it once: nobody else can register it from then on, so that what other
    tenants granted of a published API can never come to mean another one.
    """

    identifier = models.CharField(max_length=api_rules.IDENTIFIER_LENGTH)
    holder = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, default=None, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["identifier"], name="api_identifier")]

    def __str__(self) -> str:
        return self.identifier

    @classmethod
    def locked(cls, identifier: str) -> "ApiIdentifier":
        """The row, made if there is none, and locked to the end of the transaction."""
        cls.objects.get_or_create(identifier=identifier)
        return cls.objects.select_for_update(no_key=True).get(identifier=identifier)
