"""The form with which an administrator approves another tenant's client: what it shows, and what was entered (S9, N6).

It stands in two places: inside an authorization, and among the console's requests.
"""

import json
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from ..models import Client
from ..models.approval_answer import IMPERSONATION, Answer, Incomplete, check_impersonation, chosen_scopes
from ..policy import redirect_uris, text
from ..policy.client_types import impersonates, works_alone, works_on_devices
from ..policy.consent_rules import ConsentMethod
from ..policy.effective_client import EffectiveClient
from ..policy.publication import Terms
from . import document_facts
from .scope_words import grouped
from .self_description import said

REASON_LENGTH = 1000


def form(client: Client | EffectiveClient, sent: QueryDict | None = None) -> dict[str, Any]:
    """What templates/approvals/fields.html shows: the client's terms, and what was entered if the form comes back."""
    terms, homepage = client.terms, client.registration.homepage_url
    return {
        "client": client,
        "publisher": terms.publisher,
        "said": said(client),
        "scopes": grouped(terms.scopes, sent.getlist("scopes") if sent else terms.scopes),
        "redirect_hosts": terms.redirect_hosts,
        "origins": terms.origins,
        "machine": works_alone(terms.grants),
        "on_devices": works_on_devices(terms.grants),
        "impersonates": impersonates(terms.grants),
        "impersonation_ticked": IMPERSONATION in sent if sent else False,
        "homepage": homepage,
        "proven": is_proven(homepage, terms.redirect_hosts),
        "consent_method": sent.get("consent_method", "") if sent else ConsentMethod.REQUIRED.value,
        "until": sent.get("until", "") if sent else "",
        "tomorrow": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "on_device": not client.has_owner
        and not all(redirect_uris.proves_identity(uri) for uri in client.redirect_uris),
    } | document_facts.of(client)


def read(sent: QueryDict, client: Client | EffectiveClient) -> Answer:
    """The answer as it was entered. Raises Incomplete."""
    method = sent.get("consent_method", "")
    if method not in set(ConsentMethod):
        raise Incomplete(_("Choose a consent method."))
    answer = Answer(
        method, chosen_scopes(client.terms.scopes, sent.getlist("scopes")), _until(sent.get("until", ""))
    )
    check_impersonation(client.terms.grants, allowed=IMPERSONATION in sent)
    return answer


def reason(sent: QueryDict) -> str:
    """Why somebody asks for a client, in their own words, "" if they do not say. Raises Incomplete."""
    written = text.lines(sent.get("reason", ""))
    try:
        text.check_lines(written)
    except text.InvalidText as refused:
        raise Incomplete(_(refused.message) % {"code": refused.code}, field="reason") from None
    if len(written) > REASON_LENGTH:
        raise Incomplete(
            _("This is too long: at most %(limit_value)d characters.") % {"limit_value": REASON_LENGTH},
            field="reason",
        )
    return written


def is_proven(homepage: str, hosts: Collection[str]) -> bool:
    """Whether the homepage is where every answer goes: then it is the application's own, whatever its name says.

    One address there among others proves nothing: anybody can register that, and have the answers sent elsewhere.
    """
    return bool(homepage) and set(hosts) == {redirect_uris.origin_of(homepage)}


def mac(*facts: str, terms: Terms) -> str:
    """A keyed digest of what a page shows, for its form: an answer counts only for the terms that were read."""
    shown = "\0".join([*facts, json.dumps(terms.as_json())])
    return salted_hmac("approval", shown, algorithm="sha256").hexdigest()


def is_answered(sent: QueryDict, expected: str) -> bool:
    """Whether the form that was sent is of the page as it is now; `expected` is its mac."""
    return constant_time_compare(sent.get("shown", ""), expected)


def _until(day_sent: str) -> datetime | None:
    """The end of the day until which an approval holds: of the person's day, where they are.

    Raises Incomplete for anything but a day to come.
    """
    if not day_sent:
        return None
    try:
        day = parse_date(day_sent)
    except ValueError:
        day = None
    if day is None or day <= timezone.localdate():
        raise Incomplete(_("Choose a day after today, or leave the date empty."))
    try:
        return timezone.make_aware(datetime.combine(day, time.max)).astimezone(UTC)
    except OverflowError:
        raise Incomplete(_("Choose a day after today, or leave the date empty.")) from None
