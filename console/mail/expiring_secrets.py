"""Mails about client secrets that expire soon: one to each administrator, for all that are due at the same time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext

from ..models import ClientSecret, Mail, Tenant, User
from ..policy import text

LISTED = 20  # secrets in one mail
NAME_LENGTH = 100  # of a name in it


def put(tenant: Tenant, secrets: Sequence[ClientSecret], now: datetime) -> None:
    """Writes the mails of one tenant, in the transaction in which it is noted that people were told.

    In the language of whoever reads it. The secrets come with their clients, the one that expires first first; a mail
    has no sense when the last of them has expired.
    """
    people = User._base_manager.filter(tenant=tenant, role=User.Role.ADMINISTRATOR, is_active=True)
    written: dict[str, tuple[str, str]] = {}  # language -> subject and body
    mails = []
    for person in people.order_by("pk"):
        language = person.language or translation.get_language()
        if language not in written:
            with translation.override(language):
                written[language] = _written(tenant, secrets, now)
        mails.append((person.email, *written[language]))
    Mail.put(tenant, mails, expires_at=secrets[-1].expires_at)


def _written(tenant: Tenant, secrets: Sequence[ClientSecret], now: datetime) -> tuple[str, str]:
    """Subject and text. What people wrote can be older than the rules for it: nothing hidden is sent."""
    first = secrets[0]
    days = _days_left(first, now)
    names = {"client": text.one_line(first.client.name, NAME_LENGTH), "number": len(secrets), "days": days}
    if len(secrets) == 1:
        subject = ngettext(
            "A secret of %(client)s expires in %(days)d day",
            "A secret of %(client)s expires in %(days)d days",
            days,
        )
    else:
        subject = ngettext(
            "%(number)d client secrets expire, the first in %(days)d day",
            "%(number)d client secrets expire, the first in %(days)d days",
            days,
        )
    lines = [
        {
            "client": text.one_line(secret.client.name, NAME_LENGTH),
            "name": secret.name,
            "hint": secret.hint,
            "expires_at": secret.expires_at,
            "days": _days_left(secret, now),
            "address": f"{tenant.issuer}{reverse('secrets', args=[secret.client.client_id])}",
        }
        for secret in secrets[:LISTED]
    ]
    context = {"tenant": tenant, "secrets": lines, "more": len(secrets) - len(lines)}
    body = render_to_string("secrets/mail.txt", context)
    return subject % names, text.spelt_out(body, text.LINE_BREAKS)


def _days_left(secret: ClientSecret, now: datetime) -> int:
    """Days until it expires, the last one begun included."""
    left = secret.expires_at - now if secret.expires_at else timedelta(0)
    return max(1, -(-left // timedelta(days=1)))
