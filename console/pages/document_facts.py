"""What pages say of the metadata document of a client: where it is, when it was read, what it links to (Q9)."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Client, MetadataDocument
from ..policy.client_types import Origin
from ..policy.effective_client import EffectiveClient
from .refusal_reasons import in_words

LABELS: dict[str, Promise] = {
    "policy_uri": _("Privacy policy"),
    "tos_uri": _("Terms of service"),
    "logo_uri": _("Logo"),
}


def of(client: Client | EffectiveClient) -> dict[str, Any]:
    """What templates/approvals/document.html shows; nothing for a client without a document."""
    if client.origin != Origin.DOCUMENT:
        return {}
    document = MetadataDocument.objects.select_related("client").filter(client=client.pk).first()
    if document is None:
        return {}
    links = [(label, document.links[name]) for name, label in LABELS.items() if name in document.links]
    failure = in_words(f"document_{document.failure}") if document.failure else ""
    return {"document": document, "links": links, "failure": failure}
