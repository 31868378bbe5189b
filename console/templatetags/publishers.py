"""Whose a client is, where a publisher's name would stand (Q9).

Behind a metadata document stands its host and nothing else; a client that registered itself has nobody behind it.
"""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ..http import brand
from ..models import Client
from ..policy.client_types import Origin
from ..policy.effective_client import EffectiveClient

register = template.Library()


@register.filter
def whose(publisher: str) -> str:
    """The publisher's name; of a client without one, that it registered itself."""
    return publisher or gettext("Registered by itself")


@register.filter
def logo_path(digest: str) -> str:
    """Where the logo with this digest is; "" for none."""
    return brand.logo_path(digest)


@register.simple_tag
def published_by(client: Client | EffectiveClient, among: str = "") -> SafeString:
    """`{% published_by client %}`: whose a client of somebody else is, in words.

    `among`: "others" if it is said that the publisher is another organisation, "sentence" the same as a whole sentence,
    "region" one that names the region.
    """
    full = among in {"sentence", "region"}
    if client.origin == Origin.REGISTRATION:
        itself = gettext("Registered by itself: no organisation vouches for it.") if full else whose("")
        return SafeString(escape(itself))
    if client.origin == Origin.DOCUMENT:
        described = (
            gettext("Described by a document at <b><bdi>%(host)s</bdi></b>. Nobody has checked its name.")
            if full
            else gettext("Described by a document at <bdi>%(host)s</bdi>")
        )
        return SafeString(described % {"host": escape(client.publisher)})
    sentence = {
        "others": gettext("Published by <bdi>%(tenant)s</bdi>, another organisation"),
        "sentence": gettext("Published by <bdi>%(tenant)s</bdi>, another organisation."),
        "region": gettext("Published by <bdi>%(tenant)s</bdi>, another organisation in this region."),
    }.get(among, gettext("Published by <bdi>%(tenant)s</bdi>"))
    return SafeString(sentence % {"tenant": escape(client.publisher)})
