"""An administrator's approval of another tenant's client: what the form offers, and what an answer to it says (S9, N6).

The form stands in two places: inside an authorization request, and among the console's requests. Both read it here.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Prefetch, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from .mail.connection_requests import tell_requesters
from .models import (
    Actor,
    Client,
    Connection,
    ConnectionRequest,
    ConnectionRequester,
    Tenant,
    approval,
)
from .models import (
    AlreadyDecided as AlreadyDecided,
)
from .policy import redirect_uris, scopes, text
from .policy.client_types import impersonates, works_alone
from .policy.consent_rules import ConsentMethod
from .policy.effective_client import EffectiveClient
from .policy.publication import Terms
from .scope_words import grouped

# The field, and the member of the API, with which an administrator lets a client act as any of the tenant's people.
IMPERSONATION = "impersonation"
REASON_LENGTH = 1000
MOST_NAMED = 10  # people of one request that a page names; the others are counted


class Incomplete(ValueError):
    """The form must be filled in otherwise. The message is for the person, in their language.

    `field` is what it is about, if it should stand beside that; "" for a message about the whole form.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Answer:
    """What an administrator approves."""

    consent_method: str
    allowed: list[str]
    until: datetime | None


def form(client: Client | EffectiveClient, sent: QueryDict | None = None) -> dict[str, Any]:
    """What templates/approvals/fields.html shows: the client's terms, and what was entered if the form comes back."""
    terms, homepage = client.terms, client.registration.homepage_url
    return {
        "client": client,
        "publisher": terms.publisher,
        "scopes": grouped(terms.scopes, sent.getlist("scopes") if sent else terms.scopes),
        "redirect_hosts": terms.redirect_hosts,
        "origins": terms.origins,
        "machine": works_alone(terms.grants),
        "impersonates": impersonates(terms.grants),
        "impersonation_ticked": IMPERSONATION in sent if sent else False,
        "homepage": homepage,
        "proven": is_proven(homepage, terms.redirect_hosts),
        "consent_method": sent.get("consent_method", "") if sent else ConsentMethod.REQUIRED.value,
        "until": sent.get("until", "") if sent else "",
        "tomorrow": (timezone.localdate() + timedelta(days=1)).isoformat(),
    }


def read(sent: QueryDict, client: Client | EffectiveClient) -> Answer:
    """The answer as it was entered. Raises Incomplete."""
    method = sent.get("consent_method", "")
    if method not in set(ConsentMethod):
        raise Incomplete(_("Choose how your people consent."))
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
    except text.Refused as refused:
        raise Incomplete(_(refused.message) % {"code": refused.code}, field="reason") from None
    if len(written) > REASON_LENGTH:
        raise Incomplete(
            _("This is too long: at most %(limit_value)d characters.") % {"limit_value": REASON_LENGTH},
            field="reason",
        )
    return written


def check_impersonation(grants: Collection[str], *, allowed: bool) -> None:
    """Raises Incomplete if a client with these grants would act as people and nobody has said that it may.

    A yes to the application is not enough for that: it would act as administrators too.
    """
    if impersonates(grants) and not allowed:
        raise Incomplete(
            _(
                "Tick this box if it may act as any of this tenant’s people. Without that, nothing is changed."
            ),
            field=IMPERSONATION,
        )


def chosen_scopes(offered: Collection[str], ticked: Collection[str]) -> list[str]:
    """The scopes that remain of those offered. Who signs in is always known, so `openid` is not there to be unticked.

    Raises Incomplete when nothing remains.
    """
    identity = {scopes.OPENID} & set(offered)
    remaining = scopes.common(offered, (set(ticked) & set(offered)) | identity)
    if offered and not remaining:
        raise Incomplete(_("Leave it at least one thing that it may do."))
    return remaining


def begins_when_trusted(connection: Connection) -> bool:
    """Whether another tenant's client can begin to act as people here when its consent method becomes Trusted."""
    waits = connection.consent_method != ConsentMethod.TRUSTED
    return connection.is_foreign and waits and impersonates(connection.machine_grants)


def approve(
    tenant: Tenant,
    client: Client | EffectiveClient,
    answer: Answer,
    *,
    by: Actor,
    wish: ConnectionRequest | None = None,
) -> Connection:
    """Connects the client as it was answered, and tells those who had asked for it.

    `wish` is the request that the administrator answers, if they came from one. Raises AlreadyDecided when somebody
    else has answered it, and NotPublished when the client has gone or is no longer what was shown.
    """
    with transaction.atomic():
        connection, answered = approval.approve(
            tenant,
            client,
            by=by,
            consent_method=answer.consent_method,
            allowed=answer.allowed,
            expires_at=answer.until,
            terms=client.terms,
            request=wish,
        )
        for request in answered:
            tell_requesters(request)
    return connection


def available(client: Client) -> bool:
    """Whether the client can be connected to now."""
    return client.is_enabled and client.published_at is not None


def with_requesters(requests: "QuerySet[ConnectionRequest]") -> "QuerySet[ConnectionRequest]":
    """Requests with their client, `people` (how many asked) and `named` (the first of them), in two queries."""
    first = ConnectionRequester.objects.select_related("user").order_by("asked_at", "pk")[:MOST_NAMED]
    return (
        requests.select_related("client__tenant", "decided_by")
        .annotate(people=Count("requesters"))
        .prefetch_related(Prefetch("requesters", queryset=first, to_attr="named"))
    )


def open_request(client: Client | EffectiveClient) -> ConnectionRequest | None:
    """The request that waits for an answer about this client, if people of this tenant have asked for it."""
    waiting = ConnectionRequest.objects.filter(client=client.pk, status=ConnectionRequest.Status.OPEN)
    return with_requesters(waiting).first()


def is_proven(homepage: str, hosts: Collection[str]) -> bool:
    """Whether the homepage is where every answer goes: then it is the application's own, whatever its name says.

    One address there among others proves nothing: anybody can register that, and have the answers sent elsewhere.
    """
    return bool(homepage) and set(hosts) == {redirect_uris.origin_of(homepage)}


def seal(*facts: str, terms: Terms) -> str:
    """A seal over what a page shows, for its form: an answer counts only for the terms that were read."""
    shown = "\0".join([*facts, json.dumps(terms.as_json())])
    return salted_hmac("approval", shown, algorithm="sha256").hexdigest()


def is_sealed(sent: QueryDict, expected: str) -> bool:
    """Whether the form that was sent is of the page as it is now."""
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
