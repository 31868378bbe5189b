"""The details and changes of an event, in the reader's language: each has a label and values as text."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Client, Connection, OutsidePolicy, RegistrationPolicy, User
from ..policy.text import LINE_BREAKS, spelt_out
from .forms.choices import DEVICE_GRANT, GRANTS
from .moments import exactly
from .refusal_reasons import SENTENCES

MAX_VALUE = 300  # characters of one value; the export has all of them
# Details that are not listed: the sentence of the event has them, or depends on them.
IN_SENTENCE = frozenset(
    {
        "reason",
        "email",
        "user",
        "hint",
        "publisher",
        "blocked",
        "unblocked",
        "disabled",
        "deleted",
        "unpublished",
        "claimed",
        "endpoint",
        "group",
        "without_asking",
    }
)
# Detail or field -> label. A field of a client that is not here has the label of its form.
DETAILS: dict[str, Promise | str] = {
    "role": _("Role"),
    "name": _("Name"),
    "logo": _("Logo"),
    "colour": _("Colour"),
    "support": _("Support contact"),
    "terms_url": _("Terms"),
    "privacy_url": _("Privacy policy"),
    "contact_email": _("Contact"),
    "session_idle": _("Minutes without activity"),
    "session_absolute": _("Minutes that a session lasts"),
    "field": _("Field"),
    "people": _("People"),
    "consents": _("Consents"),
    "group_id": _("Group ID"),
    "email_verified": _("Email address verified"),
    "hosts": _("Hostnames"),
    "type": _("Type"),
    "scope": _("Scopes"),
    "left_out": _("Left out"),
    "refused_for": _("Refused because"),
    "asked": _("Asked for"),
    "redirect_host": _("Answer goes to"),
    "redirect_uri": _("Redirect URL"),
    "device_address": _("Address of the device"),
    "post_logout_redirect_uri": _("Sign-out URL"),
    "client_id": _("Client ID"),
    "grant_type": _("Grant"),
    "last_used_at": _("Last used"),
    "sessions_ended": _("Sessions ended"),
    "counting": _("Sessions are still being counted"),
    "consent_method": _("Consent method"),
    "unconfirmed_schemes": _("Schemes that nobody confirmed"),
    "token": _("Token"),
    "error": _("Error"),
    "impersonation": _("Impersonation"),
    "scopes": _("Scopes"),
    "kid": _("Key ID"),
    "signs_from": _("Signs from"),
    "accepted_until": _("Access tokens may be accepted elsewhere until"),
    "expires_at": _("Approved until"),
    "works_until": _("Link works until"),
    "answer": _("Answer"),
    "publisher": _("Publisher"),
    "redirect_hosts": _("Redirect hosts"),
    "origins": _("Allowed origins"),
    "grants": _("Further grants"),
    "version": _("Version"),
    "connected_stay": _("Connected tenants may go on"),
    "issuer": _("Issuer"),
    "removed_at": _("Removed"),
    "removed_by": _("Removed by"),
    "disabled_at": _("Disabled"),
    "disabled_by": _("Disabled by"),
    "expired_at": _("Expired"),
    "enabled_until": _("Works until"),
    "why": _("Reason"),
    "given_to": _("Given to"),
    "path": _("Address"),
    "identifier": _("Identifier"),
    "lifetime": _("Lifetime of access tokens (seconds)"),
    "exception": _("Exception"),
    "document": _("Metadata document"),
    "member": _("Member of the document"),
    "documents": _("Clients with a metadata document"),
    "allowed_hosts": _("Hosts allowed without asking"),
    "ceiling": _("What they may do at most"),
    "registration_token": _("Initial access token"),
    "most_clients": _("Clients that it may register"),
    "used": _("Clients registered"),
    "valid_until": _("Valid until"),
    "unused_days": _("Days without use"),
    "mode": _("Who may register"),
}
# Their values are dates with a time, in ISO 8601.
MOMENTS = frozenset(
    {
        "last_used_at",
        "removed_at",
        "disabled_at",
        "expired_at",
        "enabled_until",
        "signs_from",
        "accepted_until",
        "expires_at",
        "valid_until",
        "works_until",
    }
)
# Their values are codes: code -> text.
CHOICES: dict[str, Mapping[str, Promise | str]] = {
    "consent_method": dict(Connection.Method.choices),
    "type": dict(Client.Type.choices),
    "role": dict(User.Role.choices),
    "grants": {value: explained.heading for value, explained in [*GRANTS, *DEVICE_GRANT]},
    "documents": dict(OutsidePolicy.Documents.choices),
    "mode": dict(RegistrationPolicy.Mode.choices),
    "refused_for": {reason.value: words for reason, words in SENTENCES.items()},
}

# Fields of an API that are called otherwise than a client's of the same name.
OF_API: dict[str, Promise] = {"algorithm": _("Signature of access tokens")}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that was changed: the values that have gone, and those that have come."""

    label: str
    gone: list[str]
    come: list[str]


def changes_of(changes: Mapping[str, Any], *, of_api: bool = False) -> Iterator[Change]:
    """The changes of an event: of a list, only the members that differ. `changes` maps a field to [before, after].

    `of_api` says that the fields are an API's.
    """
    for name, pair in changes.items():
        before, after = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
        if isinstance(before, list) or isinstance(after, list):
            old, new = list(_texts(name, before or [])), list(_texts(name, after or []))
            yield Change(
                _label(name, of_api),
                [text for text in old if text not in new],
                [text for text in new if text not in old],
            )
        else:
            yield Change(_label(name, of_api), [*_texts(name, [before])], [*_texts(name, [after])])


def details_of(details: Mapping[str, Any], *, of_api: bool = False) -> Iterator[tuple[str, str]]:
    """Label and text of each detail that has a value and is not in the sentence."""
    for name, value in details.items():
        if name not in IN_SENTENCE and value not in (None, "", [], {}):
            values = value if isinstance(value, list) else [value]
            yield _label(name, of_api), ", ".join(_texts(name, values))


def _texts(name: str, values: Iterable[Any]) -> Iterator[str]:
    """The values of the field or detail `name` as texts, without empty ones."""
    for value in values:
        if value in (None, ""):
            continue
        if isinstance(value, dict):  # a public key
            text = str(value.get("kid") or json.dumps(value, ensure_ascii=False))
        elif name in MOMENTS:
            text = exactly(datetime.fromisoformat(value))
        elif isinstance(value, bool):
            text = gettext("yes") if value else gettext("no")
        else:
            text = str(CHOICES.get(name, {}).get(str(value), value))
        yield shortened(text)


def shortened(text: str) -> str:
    """The first MAX_VALUE characters. Hidden ones are spelt out: old events may hold some that are refused today."""
    return spelt_out(text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…", LINE_BREAKS)


def _label(name: str, of_api: bool) -> str:
    if of_api and name in OF_API:
        return str(OF_API[name])
    if name in DETAILS:
        return str(DETAILS[name])
    try:
        return str(Client._meta.get_field(name).verbose_name)
    except (FieldDoesNotExist, AttributeError):
        return name.replace("_", " ")
