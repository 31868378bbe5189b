"""What a client that registered itself says about itself, in rows for people who decide about it (RFC 7591 §2).

Nothing of it was checked and nothing is fetched: it is text, also where it is an address.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Client, ClientRegistration
from ..policy.client_types import Origin
from ..policy.effective_client import EffectiveClient

NAMES: dict[str, Promise] = {
    "contacts": _("Contacts"),
    "tos_uri": _("Terms of service"),
    "policy_uri": _("Privacy policy"),
    "logo_uri": _("Logo"),
    "software_id": _("Software"),
    "software_version": _("Software version"),
}


def said(client: Client | EffectiveClient) -> list[tuple[str, list[str]]]:
    """Names and texts; [] for a client that did not register itself."""
    if client.origin != Origin.REGISTRATION:
        return []
    rows = ClientRegistration._base_manager.filter(client=client.pk)
    kept = rows.values_list("metadata", flat=True).first() or {}
    return [
        (str(words), value if isinstance(value, list) else [value])
        for name, words in NAMES.items()
        if (value := kept.get(name))
    ]
