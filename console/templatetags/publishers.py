"""Whose a client is, where a publisher's name would stand. One that registered itself has none:
nobody vouches for it."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()


@register.filter
def whose(publisher: str) -> str:
    """The publisher's name; of a client without one, that it registered itself."""
    return publisher or gettext("Registered by itself")


@register.simple_tag
def published_by(publisher: str, among: str = "") -> SafeString:
    """`{% published_by client.publisher %}`: whose a client is, in words.

    `among`: "others" if it is said that the publisher is another organisation, "sentence" the same with a full stop,
    "region" one that names the region.
    """
    if not publisher:
        full = among in {"sentence", "region"}
        itself = gettext("Registered by itself: no organisation vouches for it.") if full else whose("")
        return SafeString(escape(itself))
    sentence = {
        "others": gettext("Published by <bdi>%(tenant)s</bdi>, another organisation"),
        "sentence": gettext("Published by <bdi>%(tenant)s</bdi>, another organisation."),
        "region": gettext("Published by <bdi>%(tenant)s</bdi>, another organisation in this region."),
    }.get(among, gettext("Published by <bdi>%(tenant)s</bdi>"))
    return SafeString(sentence % {"tenant": escape(publisher)})
