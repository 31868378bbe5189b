"""An event as a sentence in the reader's language. It is made when it is shown, so one log speaks every language."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Action, Client, Connection, Event, User
from ..policy.text import LINE_BREAKS, spelt_out
from . import refusal_sentences
from .forms.choices import GRANTS
from .moments import exactly
from .refusal_reasons import in_words

# What a sentence says already, or what only chooses the sentence.
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
    }
)
GOOD_NEWS = (".created", ".given", ".published", ".enabled", ".approved", ".connected", ".restored")
MAX_VALUE = 300  # characters of one value; the export has all of them

# {actor}, {target}, {person}, {hint}, {version}, {publisher} are put in, each as text that cannot be taken for markup.
SENTENCES: dict[str, Promise | str] = {
    Action.TENANT_CREATED: _("{actor} created the tenant {target}."),
    Action.TENANT_MOVED: _("{actor} gave the tenant {target} other addresses."),
    Action.TENANT_HOST_ADDED: _("{actor} gave the tenant {target} a further host."),
    Action.TENANT_HOST_REMOVED: _("{actor} took a host away from the tenant {target}."),
    Action.SIGNING_KEY_ROTATED: _("{actor} rotated the signing key."),
    Action.USER_CREATED: _("{actor} created the user {target}."),
    Action.USER_LINK_CREATED: _("{actor} created a one-time link for {target}."),
    Action.USER_EMAIL_VERIFIED: _("{actor} vouched for the email address of {target}."),
    Action.USER_PASSWORD_SET: _("{actor} set the password of {target}."),
    Action.USER_PASSWORD_RESET: _("{actor} reset the password of {target}."),
    Action.USER_ROLE_CHANGED: _("{actor} changed the role of {target}."),
    Action.USER_DISABLED: _("{actor} disabled {target}."),
    Action.USER_ENABLED: _("{actor} enabled {target}."),
    Action.USER_SESSIONS_ENDED: _("{actor} ended all sessions of {target}."),
    Action.SESSION_STARTED: _("{target} signed in."),
    Action.SESSION_REFUSED: _("A sign-in as {person} was refused."),
    Action.SESSION_ENDED: _("{target} signed out."),
    Action.CLIENT_CREATED: _("{actor} created {target}."),
    Action.CLIENT_UPDATED: _("{actor} edited {target}."),
    Action.CLIENT_DISABLED: _("{actor} disabled {target}."),
    Action.CLIENT_ENABLED: _("{actor} enabled {target}."),
    Action.CLIENT_PUBLISHED: _("{actor} published {target}."),
    Action.CLIENT_UNPUBLISHED: _("{actor} unpublished {target}."),
    Action.CLIENT_CONNECTED: _("{actor} approved {target} in version {version}."),
    Action.CLIENT_DISCONNECTED: _("{actor} disconnected from {target}."),
    Action.CLIENT_DELETED: _("{actor} deleted {target}."),
    Action.CLIENT_RESTORED: _("{actor} restored {target}."),
    Action.SECRET_CREATED: _("{actor} generated the secret {hint} of {target}."),
    Action.SECRET_REMOVED: _("{actor} removed the secret {hint} of {target}."),
    Action.CONNECTION_REQUESTED: _("{actor} asked for {target} to be connected."),
    Action.CONNECTION_DENIED: _("{actor} refused to connect {target}."),
    Action.CONNECTION_APPROVED: _("{actor} connected {target}, published by {publisher}."),
    Action.CONNECTION_UPDATED: _("{actor} changed the consent method of {target}."),
    Action.CONNECTION_ACCEPTED: _("{actor} accepted version {version} of {target}."),
    Action.CONNECTION_BLOCKED: _("{actor} blocked {target} in this tenant."),
    Action.CONNECTION_UNBLOCKED: _("{actor} unblocked {target}."),
    Action.CONNECTION_REMOVED: _("{actor} removed {target} from this tenant."),
    Action.CONNECTION_CHANGED_BY_OWNER: _("{actor} changed {target}."),
    Action.CONSENT_GIVEN: _("{actor} gave consent to {target}."),
    Action.CONSENT_DENIED: _("{actor} denied {target} what it asked for."),
    Action.CONSENT_WITHDRAWN: _("{actor} withdrew the consent of {person} to {target}."),
    Action.AUTHORIZATION_REFUSED: _("An authorization request of {target} was refused."),
    Action.AUTHORIZATION_NARROWED: _("{target} asked for scopes that it does not have."),
    Action.TOKENS_ISSUED: _("{target} received tokens for {person}."),
    Action.TOKENS_REFUSED: _("A token request of {target} was refused."),
    Action.TOKENS_REUSED: _(
        "{target} presented something that had been used before; the tokens it gave have ended."
    ),
    Action.TOKENS_REVOKED: _("{actor} revoked tokens of {target}."),
    Action.SESSIONS_ENDED: _("The sessions of {target} have ended, as {actor} decided."),
    Action.API_REFUSED: _("An API call with a token of {target} was refused."),
    Action.MAIL_FAILED: _("A mail to {person} could not be sent."),
}
OWN = {
    Action.USER_PASSWORD_SET: _("{actor} chose a password."),
    Action.CONSENT_WITHDRAWN: _("{actor} withdrew their consent to {target}."),
    Action.TOKENS_REVOKED: _("{target} revoked its own tokens."),
}
WITHOUT_PERSON = {
    Action.SESSION_REFUSED: _("A sign-in was refused."),
    Action.TOKENS_ISSUED: _("{target} received a token of its own."),
    Action.CONSENT_WITHDRAWN: _("{actor} withdrew a consent to {target}."),
    Action.MAIL_FAILED: _("A mail could not be sent."),
}
LEFT_OUT_THERE = _("{target} asked for scopes that it does not have, at {actor}.")
SCOPES_CHANGED = _("{actor} changed what {target} may do here.")
TOKENS_OF_PERSON = _("{actor} ended the sessions of {target} for {person}.")
OWN_TOKENS = _("{actor} ended their own sessions of {target}.")
TENANT_BLOCKED_IT = _("{actor} blocked {target}.")
TENANT_UNBLOCKED_IT = _("{actor} unblocked {target}.")
TENANT_CHANGED_SCOPES = _("{actor} changed what {target} may do there.")
# What the publisher of a client did, as a tenant that is connected to it reads it: detail -> value -> sentence.
BY_OWNER: dict[str, dict[bool, Promise]] = {
    "deleted": {True: _("{actor} deleted {target}."), False: _("{actor} restored {target}.")},
    "disabled": {True: _("{actor} disabled {target}."), False: _("{actor} enabled {target}.")},
    "unpublished": {False: _("{actor} published {target}.")},
}
UNPUBLISHED_BY_OWNER: dict[bool, Promise] = {
    True: _("{actor} unpublished {target}; this tenant may go on using it."),
    False: _("{actor} unpublished {target}; this tenant can no longer use it."),
}
OFFERS_VERSION = _("{actor} offers version {version} of {target}, which waits for an administrator here.")
ICONS = {
    "client": "key",
    "secret": "lock",
    "consent": "check",
    "connection": "link",
    "tokens": "swap",
    "session": "user",
    "mail": "warning",
}
DETAILS: dict[str, Promise | str] = {
    "role": _("Role"),
    "email_verified": _("Email address verified"),
    "hosts": _("Hostnames"),
    "type": _("Type"),
    "scope": _("Scopes"),
    "left_out": _("Left out"),
    "redirect_host": _("Answer goes to"),
    "redirect_uri": _("Redirect URL"),
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
    "answer": _("Answer"),
    "publisher": _("Publisher"),
    "redirect_hosts": _("Redirect hosts"),
    "origins": _("Allowed origins"),
    "grants": _("Works without a person"),
    "version": _("Version"),
    "connected_stay": _("Connected tenants may go on"),
    "issuer": _("Issuer"),
    "removed_at": _("Removed"),
    "removed_by": _("Removed by"),
    "given_to": _("Given to"),
    "path": _("Address"),
}
MOMENTS = frozenset({"last_used_at", "removed_at", "signs_from", "accepted_until", "expires_at"})
CHOICES: dict[str, Mapping[str, Promise | str]] = {
    "consent_method": dict(Connection.Method.choices),
    "type": dict(Client.Type.choices),
    "role": dict(User.Role.choices),
    "grants": {value: explained.heading for value, explained in GRANTS},
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what is no longer there and what is there now."""

    label: str
    gone: list[str]
    come: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit log, ready to be shown."""

    happened_at: datetime
    sentence: SafeString
    action: str
    reason: str
    times: int
    address: str
    icon: str
    tone: str
    changes: list[Change]
    details: list[tuple[str, str]]


def line(event: Event) -> Line:
    """An event as it is shown."""
    return Line(
        happened_at=event.happened_at,
        sentence=_sentence(event),
        action=event.action,
        reason=_reason(event),
        times=event.times,
        address=event.address,
        icon="warning" if event.is_refusal else ICONS.get(event.action.split(".")[0], "info"),
        tone=_tone(event),
        changes=list(_changes(event.changes)),
        details=[*_details(event.details), *_reference(event)],
    )


def _sentence(event: Event) -> SafeString:
    person = event.details.get("email") or event.details.get("user") or ""
    if event.action == Action.SESSION_REFUSED:
        person = event.target_name or person
    template = _special(event, str(person)) or SENTENCES.get(event.action, event.action)
    if event.action in WITHOUT_PERSON and not person:
        template = WITHOUT_PERSON[Action(event.action)]
    if template is not OWN_TOKENS and event.action in OWN and event.actor_name in {person, event.target_name}:
        template = OWN[Action(event.action)]
    parts = {
        "actor": spelt_out(event.actor_name) or _nameless(event.actor_kind),
        "target": spelt_out(event.target_name) or gettext("an unknown application"),
        "person": spelt_out(str(person)),
        "hint": f"…\N{WORD JOINER}{event.details.get('hint', '')}",
        "version": str(event.details.get("version", "")),
        "publisher": spelt_out(str(event.details.get("publisher", ""))),
    }
    return format_html(
        str(template), **{name: format_html("<b>{}</b>", text) for name, text in parts.items()}
    )


def _special(event: Event, person: str) -> Promise | None:
    """The sentence of an action that tells of more than one kind of thing; None if the usual one says it."""
    if event.action == Action.AUTHORIZATION_NARROWED and event.actor_kind == Event.Kind.TENANT:
        return LEFT_OUT_THERE
    if event.is_refusal:
        return refusal_sentences.of(event)
    if event.action == Action.CONNECTION_UPDATED and "scopes" in event.changes:
        return SCOPES_CHANGED
    if event.action == Action.CLIENT_DISCONNECTED and event.details.get("blocked"):
        return TENANT_BLOCKED_IT
    if event.action == Action.CLIENT_CONNECTED and event.details.get("unblocked"):
        return TENANT_UNBLOCKED_IT
    if event.action == Action.CLIENT_CONNECTED and event.details.get("narrowed"):
        return TENANT_CHANGED_SCOPES
    if event.action == Action.TOKENS_REVOKED and person and event.actor_kind == Event.Kind.USER:
        return OWN_TOKENS if event.actor_name == person else TOKENS_OF_PERSON
    if event.action == Action.CONNECTION_CHANGED_BY_OWNER:
        return _by_owner(event.details)
    return None


def _by_owner(details: Mapping[str, Any]) -> Promise | None:
    if details.get("unpublished"):
        return UNPUBLISHED_BY_OWNER[bool(details.get("connected_stay"))]
    for name, sentences in BY_OWNER.items():
        if name in details:
            return sentences[bool(details[name])]
    return OFFERS_VERSION if "version" in details else None


def _nameless(kind: str) -> str:
    return (
        gettext("An operator") if kind == Event.Kind.OPERATOR else gettext("Somebody who was not signed in")
    )


def _reason(event: Event) -> str:
    reason = event.details.get("reason")
    if not isinstance(reason, str) or not reason:
        return ""
    return _short(in_words(reason))


def _tone(event: Event) -> str:
    if event.action == Action.TOKENS_REUSED:
        return "danger"
    if event.is_refusal or event.action == Action.MAIL_FAILED:
        return "warning"
    return "success" if event.action.endswith(GOOD_NEWS) else ""


def _changes(changes: Mapping[str, Any]) -> Iterator[Change]:
    for name, pair in changes.items():
        before, after = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
        if isinstance(before, list) or isinstance(after, list):
            old, new = list(_texts(name, before or [])), list(_texts(name, after or []))
            yield Change(
                _label(name),
                [text for text in old if text not in new],
                [text for text in new if text not in old],
            )
        else:
            yield Change(_label(name), [*_texts(name, [before])], [*_texts(name, [after])])


def _details(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in details.items():
        if name not in IN_SENTENCE and value not in (None, "", [], {}):
            values = value if isinstance(value, list) else [value]
            yield _label(name), ", ".join(_texts(name, values))


def _reference(event: Event) -> Iterator[tuple[str, str]]:
    """What the caller was told, so that it can be compared."""
    if event.trace_id:
        yield gettext("Reference"), event.trace_id


def _texts(name: str, values: Iterable[Any]) -> Iterator[str]:
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
        yield _short(text)


def _short(text: str) -> str:
    """As much of a value as a line shows. What is older than the rules for texts is spelt out."""
    return spelt_out(text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…", LINE_BREAKS)


def _label(name: str) -> str:
    if name in DETAILS:
        return str(DETAILS[name])
    try:
        return str(Client._meta.get_field(name).verbose_name)
    except (FieldDoesNotExist, AttributeError):
        return name.replace("_", " ")
