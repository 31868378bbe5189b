"""What the owner of a client says about it, or a client that registered itself, in rows for people who decide about it
(RFC 7591 §2).

Nothing of it was checked and nothing is fetched: it is text, also where it is an address. A logo that is named by an
address is never loaded: its host would learn who looks at a page, and could show something else tomorrow.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Client, ClientRegistration
from ..policy.client_types import Origin
from ..policy.effective_client import EffectiveClient
from ..policy.registration import Registration

NAMES: dict[str, Promise] = {
    "contacts": _("Contacts"),
    "tos_uri": _("Terms of service"),
    "policy_uri": _("Privacy policy"),
    "logo_uri": _("Logo"),
    "software_id": _("Software"),
    "software_version": _("Software version"),
}


def said(client: Client | EffectiveClient) -> list[tuple[str, list[str]]]:
    """Names and texts; of a client with a metadata document, document_facts.py says them."""
    if client.origin == Origin.TENANT:
        return _of_owner(client.registration)
    if client.origin != Origin.REGISTRATION:
        return []
    rows = ClientRegistration._base_manager.filter(client=client.pk)
    kept = rows.values_list("metadata", flat=True).first() or {}
    return [
        (str(words), value if isinstance(value, list) else [value])
        for name, words in NAMES.items()
        if (value := kept.get(name))
    ]


def _of_owner(registered: Registration) -> list[tuple[str, list[str]]]:
    texts = {
        "tos_uri": registered.terms_url,
        "policy_uri": registered.privacy_url,
        "contacts": registered.contact_email,
    }
    return [(str(NAMES[name]), [text]) for name, text in texts.items() if text]
