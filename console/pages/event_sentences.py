"""An event as a sentence. It is made when it is shown, in the language of the reader."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Action, Event
from ..policy.text import spelt_out
from . import refusal_sentences

# The usual sentence of each action. {actor}, {target}, {person}, {hint}, {version}, {publisher} and {group} are filled
# in, each escaped and in bold.
SENTENCES: dict[str, Promise | str] = {
    Action.TENANT_CREATED: _("{actor} created the tenant {target}."),
    Action.TENANT_UPDATED: _("{actor} changed the settings of {target}."),
    Action.TENANT_MOVED: _("{actor} changed the hostnames of the tenant {target}."),
    Action.TENANT_HOST_ADDED: _("{actor} added a host to the tenant {target}."),
    Action.TENANT_HOST_REMOVED: _("{actor} removed a host from the tenant {target}."),
    Action.SIGNING_KEY_ROTATED: _("{actor} rotated the signing key."),
    Action.USER_CREATED: _("{actor} created the user {target}."),
    Action.USER_LINK_CREATED: _("{actor} created a one-time link for {target}."),
    Action.USER_EMAIL_VERIFIED: _("{actor} marked the email address of {target} as verified."),
    Action.USER_PASSWORD_SET: _("{actor} set the password of {target}."),
    Action.USER_PASSWORD_RESET: _("{actor} reset the password of {target}."),
    Action.USER_ROLE_CHANGED: _("{actor} changed the role of {target}."),
    Action.USER_DISABLED: _("{actor} disabled {target}."),
    Action.USER_ENABLED: _("{actor} enabled {target}."),
    Action.USER_SESSIONS_ENDED: _("{actor} ended all sessions of {target}."),
    Action.USER_ERASED: _("{actor} erased the personal data of a deleted person from the audit log."),
    Action.USER_UPDATED: _("{actor} edited the profile of {target}."),
    Action.USER_GRANTS_WITHDRAWN: _("{actor} revoked every grant of {target}."),
    Action.INVITATION_SENT: _("{actor} invited {target}."),
    Action.INVITATION_RESENT: _("{actor} sent {target} the invitation again."),
    Action.INVITATION_WITHDRAWN: _("{actor} withdrew the invitation of {target}."),
    Action.INVITATION_ACCEPTED: _("{target} accepted the invitation."),
    Action.GROUP_CREATED: _("{actor} created the group {target}."),
    Action.GROUP_UPDATED: _("{actor} edited the group {target}."),
    Action.GROUP_DELETED: _("{actor} deleted the group {target}."),
    Action.GROUP_MEMBER_ADDED: _("{actor} added {target} to the group {group}."),
    Action.GROUP_MEMBER_REMOVED: _("{actor} removed {target} from the group {group}."),
    Action.SESSION_STARTED: _("{target} signed in."),
    Action.SESSION_REFUSED: _("Sign-in failed for {person}."),
    Action.SESSION_ENDED: _("{target} signed out."),
    Action.CLIENT_CREATED: _("{actor} created {target}."),
    Action.CLIENT_UPDATED: _("{actor} edited {target}."),
    Action.CLIENT_DISABLED: _("{actor} disabled {target}."),
    Action.CLIENT_ENABLED: _("{actor} enabled {target}."),
    Action.CLIENT_PUBLISHED: _("{actor} published {target}."),
    Action.CLIENT_UNPUBLISHED: _("{actor} unpublished {target}."),
    Action.CLIENT_CONNECTED: _("{actor} approved version {version} of {target}."),
    Action.CLIENT_DISCONNECTED: _("{actor} disconnected from {target}."),
    Action.CLIENT_DELETED: _("{actor} deleted {target}."),
    Action.CLIENT_RESTORED: _("{actor} restored {target}."),
    Action.CLIENT_REGISTERED: _("{target} registered itself."),
    Action.CLIENT_EXPIRED: _(
        "{target} was deleted: it had registered itself, and nobody approved or used it."
    ),
    Action.REGISTRATION_CHANGED: _("{actor} changed who may register clients, and how."),
    Action.REGISTRATION_REFUSED: _("A program could not register itself as a client."),
    Action.REGISTRATION_TOKEN_CREATED: _("{actor} made the initial access token {target}, {hint}."),
    Action.REGISTRATION_TOKEN_REMOVED: _("{actor} removed the initial access token {target}, {hint}."),
    Action.PROBLEM_IGNORED: _("{actor} ignored a problem of {target}."),
    Action.PROBLEM_REOPENED: _("{actor} stopped ignoring a problem of {target}."),
    Action.SECRET_CREATED: _("{actor} generated the secret {hint} of {target}."),
    Action.SECRET_UPDATED: _("{actor} edited the secret {hint} of {target}."),
    Action.SECRET_DISABLED: _("{actor} disabled the secret {hint} of {target}."),
    Action.SECRET_ENABLED: _("{actor} enabled the secret {hint} of {target}."),
    Action.SECRET_REMOVED: _("{actor} removed the secret {hint} of {target}."),
    Action.CONNECTION_REQUESTED: _("{actor} asked to connect {target}."),
    Action.CONNECTION_DENIED: _("{actor} denied the request to connect {target}."),
    Action.CONNECTION_APPROVED: _("{actor} connected {target}, published by {publisher}."),
    Action.CONNECTION_UPDATED: _("{actor} changed the consent method of {target}."),
    Action.CONNECTION_ACCEPTED: _("{actor} accepted version {version} of {target}."),
    Action.CONNECTION_BLOCKED: _("{actor} blocked {target} in this tenant."),
    Action.CONNECTION_UNBLOCKED: _("{actor} unblocked {target}."),
    Action.CONNECTION_REMOVED: _("{actor} removed {target} from this tenant."),
    Action.CONNECTION_CHANGED_BY_OWNER: _("{actor} changed {target}."),
    Action.OUTSIDE_CLIENTS_DECIDED: _("{actor} changed which outside clients may come here."),
    Action.CONSENT_GIVEN: _("{actor} gave consent to {target}."),
    Action.CONSENT_DENIED: _("{actor} denied consent to {target}."),
    Action.CONSENT_WITHDRAWN: _("{actor} revoked the consent of {person} to {target}."),
    Action.DEVICE_ALLOWED: _("{actor} allowed {target} on a device."),
    Action.DEVICE_DENIED: _("{actor} did not allow {target} on a device."),
    Action.AUTHORIZATION_REFUSED: _("An authorization request from {target} was rejected."),
    Action.AUTHORIZATION_NARROWED: _("{target} asked for scopes that it does not have."),
    Action.TOKENS_ISSUED: _("{target} received tokens for {person}."),
    Action.TOKENS_REFUSED: _("A token request from {target} was rejected."),
    Action.TOKENS_REUSED: _("{target} reused a one-time code or token. All tokens from it were revoked."),
    Action.TOKENS_REVOKED: _("{actor} revoked tokens of {target}."),
    Action.SESSIONS_ENDED: _("All sessions of {target} have ended, as requested by {actor}."),
    Action.API_CREATED: _("{actor} registered the API {target}."),
    Action.API_UPDATED: _("{actor} edited the API {target}."),
    Action.API_PUBLISHED: _("{actor} published the API {target}."),
    Action.API_UNPUBLISHED: _("{actor} unpublished the API {target}."),
    Action.API_REMOVED: _("{actor} removed the API {target}."),
    Action.API_SECRET_CREATED: _("{actor} generated the secret {hint} of the API {target}."),
    Action.API_SECRET_REMOVED: _("{actor} removed the secret {hint} of the API {target}."),
    Action.API_REFUSED: _("An API call with a token of {target} was rejected."),
    Action.MAIL_FAILED: _("An email to {person} could not be sent."),
}
# The person did it to themselves.
OWN = {
    Action.USER_PASSWORD_SET: _("{actor} chose a password."),
    Action.USER_UPDATED: _("{actor} edited their own profile."),
    Action.CONSENT_WITHDRAWN: _("{actor} revoked their consent to {target}."),
    Action.TOKENS_REVOKED: _("{target} revoked its own tokens."),
}
# The event names no person.
WITHOUT_PERSON = {
    Action.SESSION_REFUSED: _("A sign-in failed."),
    Action.TOKENS_ISSUED: _("{target} received a token of its own."),
    Action.CONSENT_WITHDRAWN: _("{actor} revoked a consent to {target}."),
    Action.MAIL_FAILED: _("An email could not be sent."),
}
PERSON = "user"  # the kind of a target
LEFT_OUT_THERE = _("{target} asked for scopes that it does not have, at {actor}.")
CONNECTED_WITHOUT_ASKING = _(
    "{actor} came with {target}, published by {publisher}. It was connected because its host is allowed."
)
ENABLED_FOR_A_DAY = _("{actor} enabled the secret {hint} of {target} for 24 hours.")
SCOPES_CHANGED = _("{actor} changed what {target} may do here.")
TOKENS_OF_PERSON = _("{actor} ended the sessions of {target} for {person}.")
OWN_TOKENS = _("{actor} ended their own sessions of {target}.")
TENANT_BLOCKED_IT = _("{actor} blocked {target}.")
TENANT_UNBLOCKED_IT = _("{actor} unblocked {target}.")
TENANT_CHANGED_SCOPES = _("{actor} changed what {target} may do there.")
# A client that registered itself: what it does to its own registration, and what others do with it.
ITSELF: dict[str, Promise] = {
    Action.CLIENT_UPDATED: _("{target} changed its own registration."),
    Action.CLIENT_DELETED: _("{target} deleted its own registration."),
    Action.SECRET_CREATED: _("{target} received the secret {hint}."),
}
REGISTERED_WITH_TOKEN = _("{target} registered itself with an initial access token.")
CONNECTED_BY_TOKEN = _("{target} was connected with an initial access token that {actor} had made.")
CONNECTED_WITHOUT_PUBLISHER = _("{actor} connected {target}, which had registered itself.")
ITSELF_OFFERS_VERSION = _(
    "{target} now asks for more, in version {version}. An administrator must approve it here."
)
ITSELF_IS_GONE = _("{target} is no longer offered.")
WITHOUT_OWNER: dict[bool, Promise] = {True: _("{target} was disabled."), False: _("{target} was enabled.")}
# What the publisher of a client did, in the log of a tenant that is connected to it: detail -> its value -> sentence.
BY_OWNER: dict[str, dict[bool, Promise]] = {
    "deleted": {True: _("{actor} deleted {target}."), False: _("{actor} restored {target}.")},
    "disabled": {True: _("{actor} disabled {target}."), False: _("{actor} enabled {target}.")},
    "unpublished": {False: _("{actor} published {target}.")},
}
UNPUBLISHED_BY_OWNER: dict[bool, Promise] = {
    True: _("{actor} unpublished {target}; this tenant can keep using it."),
    False: _("{actor} unpublished {target}; this tenant can no longer use it."),
}
OFFERS_VERSION = _("{actor} offers version {version} of {target}. An administrator must approve it here.")


def sentence(event: Event) -> SafeString:
    """The sentence of an event, as HTML."""
    person = _person(event)
    template = _special(event, person) or SENTENCES.get(event.action, event.action)
    if event.action in WITHOUT_PERSON and not person:
        template = WITHOUT_PERSON[Action(event.action)]
    if template is not OWN_TOKENS and event.action in OWN and _is_own(event, person):
        template = OWN[Action(event.action)]
    nameless = _nameless_target(event.target_kind)
    parts = {
        "actor": doer(event),
        "target": spelt_out(event.target_name)
        or (capfirst(nameless) if str(template).startswith("{target}") else nameless),
        "person": spelt_out(person),
        "hint": f"…\N{WORD JOINER}{event.details.get('hint', '')}",
        "version": str(event.details.get("version", "")),
        "publisher": spelt_out(str(event.details.get("publisher", ""))),
        "group": spelt_out(str(event.details.get("group", ""))),
    }
    return format_html(
        str(template), **{name: format_html("<b>{}</b>", text) for name, text in parts.items()}
    )


def doer(event: Event) -> str:
    """Who did what the event tells of, by name or in words."""
    return spelt_out(event.actor_name) or _nameless(event.actor_kind)


def _person(event: Event) -> str:
    """The person whom an event is about besides its target, "" if there is none."""
    named = [event.details[name] for name in ("email", "user") if name in event.details]
    if event.action == Action.SESSION_REFUSED and (event.target_name or event.target_kind):
        named.insert(0, event.target_name)
    told = next((str(name) for name in named if name), "")
    return told or (gettext("a deleted person") if named else "")


def _is_own(event: Event, person: str) -> bool:
    """Whether somebody did it to themselves. Erased people have no names, but each has an ID."""
    if event.actor_kind == Event.Kind.USER and not event.actor_name:
        return event.target_kind == PERSON and event.actor_id == event.target_id
    return event.actor_name in {person, event.target_name}


def _special(event: Event, person: str) -> Promise | None:
    """The sentence that fits better than the usual one of the action, because of a detail; None if there is none."""
    if event.action == Action.AUTHORIZATION_NARROWED and event.actor_kind == Event.Kind.TENANT:
        return LEFT_OUT_THERE
    if event.is_refusal:
        return refusal_sentences.of(event)
    if event.action == Action.CONNECTION_APPROVED and event.details.get("without_asking"):
        return CONNECTED_WITHOUT_ASKING
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
        return (
            _by_owner(event.details) if event.actor_kind == Event.Kind.TENANT else _by_itself(event.details)
        )
    return _of_registration(event)


def _of_registration(event: Event) -> Promise | None:
    """What a client that registered itself did, or what was done with it; and what was done with a secret."""
    if event.actor_kind == Event.Kind.CLIENT and event.actor_id == event.target_id:
        return ITSELF.get(event.action)
    if event.action == Action.SECRET_CREATED and event.actor_kind == Event.Kind.ANONYMOUS:
        return ITSELF[event.action]
    if event.action == Action.SECRET_ENABLED and event.details.get("enabled_until"):
        return ENABLED_FOR_A_DAY
    if event.action == Action.CLIENT_REGISTERED and "registration_token" in event.details:
        return REGISTERED_WITH_TOKEN
    if event.action == Action.CONNECTION_APPROVED and not event.details.get("publisher"):
        return CONNECTED_BY_TOKEN if "registration_token" in event.details else CONNECTED_WITHOUT_PUBLISHER
    return None


def _by_itself(details: Mapping[str, Any]) -> Promise | None:
    """What became of a client without an owner that this tenant is connected to."""
    if "disabled" in details:
        return WITHOUT_OWNER[bool(details["disabled"])]
    return ITSELF_OFFERS_VERSION if "version" in details else ITSELF_IS_GONE


def _by_owner(details: Mapping[str, Any]) -> Promise | None:
    """What the publisher did with a client that this tenant is connected to."""
    if details.get("unpublished"):
        return UNPUBLISHED_BY_OWNER[bool(details.get("connected_stay"))]
    for name, sentences in BY_OWNER.items():
        if name in details:
            return sentences[bool(details[name])]
    return OFFERS_VERSION if "version" in details else None


def _nameless(kind: str) -> str:
    """What an actor without a name is called."""
    if kind == Event.Kind.USER:
        return gettext("A deleted person")
    return gettext("An operator") if kind == Event.Kind.OPERATOR else gettext("Someone who was not signed in")


def _nameless_target(kind: str) -> str:
    """What a target without a name is called: a person whom somebody erased, or a client that was never found out."""
    return gettext("a deleted person") if kind == PERSON else gettext("an unknown application")
