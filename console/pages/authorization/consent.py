"""What the consent page says: who asks, for which tenant, as whom, for what, and where the answer goes (P4)."""

from collections.abc import Collection
from datetime import timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.utils.translation import ngettext

from ...oauth.authorization_request import AuthorizationRequest
from ...policy import redirect_uris, scopes
from ...policy.consent_rules import Question
from ..scope_words import apis_of, grouped


def context(asked: AuthorizationRequest, question: Question) -> dict[str, Any]:
    """Everything the template shows. Scopes that another requested one contains are not repeated."""
    shown = scopes.roots(asked.scopes)
    new = [name for name in shown if name in question.new_scopes]
    return {
        "client": asked.client,
        "publisher": asked.client.publisher,
        "account": asked.user,
        "redirect_host": redirect_uris.origin_of(asked.redirect_uri),
        "redirect_uri": asked.redirect_uri,
        "question": question,
        "any_program": not asked.client.has_owner and not redirect_uris.proves_identity(asked.redirect_uri),
        "new": grouped(new),
        "known": grouped(name for name in shown if name not in new),
        **how_long(asked.scopes),
    }


def how_long(granted: Collection[str]) -> dict[str, Any]:
    """How long the access lasts: a token, or as long as it is renewed without the person (ASVS 10.7.2)."""
    if scopes.OFFLINE_ACCESS not in granted:
        lifetimes = [timedelta(seconds=api.lifetime) for api in apis_of(granted).values()]
        if not lifetimes or any(scopes.OF_API not in name for name in granted):
            lifetimes.append(settings.ACCESS_TOKEN_LIFETIME)
        return {"lasts": _in_words(max(lifetimes))}
    unused = settings.REFRESH_TOKEN_IDLE
    return {
        "keeps_access": True,
        "lasts": _in_words(settings.REFRESH_TOKEN_ABSOLUTE),
        "unused": _in_words(unused) if unused < settings.REFRESH_TOKEN_ABSOLUTE else "",
    }


def _in_words(span: timedelta) -> str:
    """A length of time in the largest unit that says it exactly; minutes are rounded up."""
    minutes = ceil(span.total_seconds() / 60)
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("%(number)d day", "%(number)d days", days) % {"number": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(number)d hour", "%(number)d hours", hours) % {"number": hours}
    return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
