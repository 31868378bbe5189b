"""Refusals as sentences: what was refused, whose it was, and whether that was proven (see event_sentences.py)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Action, Event
from ..policy.reasons import Reason
from .refusal_reasons import known

# A secret that does not work: in the log of the client's owner, there if it was tried in another tenant, and in the log
# of that tenant.
DEAD_SECRETS: dict[Reason, tuple[Promise, Promise, Promise]] = {
    Reason.REMOVED_SECRET: (
        _("Someone tried to use the removed secret {hint} of {target}."),
        _("Someone tried to use the removed secret {hint} of {target} in the tenant {actor}."),
        _("Someone tried to use a secret of {target} that its publisher has removed."),
    ),
    Reason.DISABLED_SECRET: (
        _("Someone tried to use the disabled secret {hint} of {target}."),
        _("Someone tried to use the disabled secret {hint} of {target} in the tenant {actor}."),
        _("Someone tried to use a secret of {target} that its publisher has disabled."),
    ),
    Reason.EXPIRED_SECRET: (
        _("Someone tried to use the expired secret {hint} of {target}."),
        _("Someone tried to use the expired secret {hint} of {target} in the tenant {actor}."),
        _("Someone tried to use a secret of {target} that has expired."),
    ),
}
REFUSED_OTHERS: dict[str, Promise] = {
    Action.SESSION_REFUSED: _("More sign-ins failed."),
    Action.AUTHORIZATION_REFUSED: _("More authorization requests were rejected."),
    Action.TOKENS_REFUSED: _("More token requests were rejected."),
    Action.API_REFUSED: _("More API calls were rejected."),
    Action.TOKENS_REUSED: _("More reuse was detected."),
    Action.REGISTRATION_REFUSED: _("More registrations were rejected."),
}
# What was refused at an endpoint, when its client had proven who it is, and when it had only been named.
REFUSED_AT: dict[tuple[str, bool], Promise] = {
    ("", True): _("A token request claiming to be from {target} was rejected."),
    ("device", False): _("A request from a device with {target} was rejected."),
    ("device", True): _("A request from a device claiming to be {target} was rejected."),
    ("introspection", False): _("An introspection request from {target} was rejected."),
    ("introspection", True): _("An introspection request claiming to be from {target} was rejected."),
    ("revocation", False): _("A revocation request from {target} was rejected."),
    ("revocation", True): _("A revocation request claiming to be from {target} was rejected."),
}
REFUSED_UNKNOWN_TOKEN = _("An API call was rejected.")
REFUSED_ITSELF = _("A change that {target} wanted to make to its own registration was rejected.")


def of(event: Event) -> Promise | None:
    """The sentence of a refusal that tells more than its action does; None if the usual one says it."""
    details, reason = event.details, known(event.details.get("reason"))
    if reason is Reason.OTHERS:
        return REFUSED_OTHERS.get(event.action)
    if event.action == Action.API_REFUSED and not event.target_name:
        return REFUSED_UNKNOWN_TOKEN
    if event.action == Action.REGISTRATION_REFUSED and event.target_name:
        return REFUSED_ITSELF
    if event.action != Action.TOKENS_REFUSED:
        return None
    if reason in DEAD_SECRETS:
        own, elsewhere, of_publisher = DEAD_SECRETS[reason]
        if "hint" not in details:
            return of_publisher
        return elsewhere if event.actor_kind == Event.Kind.TENANT else own
    return REFUSED_AT.get((str(details.get("endpoint", "")), bool(details.get("claimed"))))
