"""Refusals as sentences: what was refused, whose it was, and whether that was proven (see event_sentences.py)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Action, Event, recognition
from ..models.event import OTHERS

REFUSED_REMOVED_SECRET = _("The removed secret {hint} of {target} was tried.")
REFUSED_REMOVED_SECRET_ELSEWHERE = _("The removed secret {hint} of {target} was tried in the tenant {actor}.")
REFUSED_SECRET_OF_PUBLISHER = _("A secret of {target} that its publisher has removed was tried.")
REFUSED_OTHERS: dict[str, Promise] = {
    Action.SESSION_REFUSED: _("Further sign-ins were refused."),
    Action.AUTHORIZATION_REFUSED: _("Further authorization requests were refused."),
    Action.TOKENS_REFUSED: _("Further token requests were refused."),
    Action.API_REFUSED: _("Further API calls were refused."),
    Action.TOKENS_REUSED: _("Further reuse was detected."),
}
# What was refused at an endpoint, when its client had proven who it is, and when it had only been named.
REFUSED_AT: dict[tuple[str, bool], Promise] = {
    ("", True): _("A token request in the name of {target} was refused."),
    ("introspection", False): _("An introspection request of {target} was refused."),
    ("introspection", True): _("An introspection request in the name of {target} was refused."),
    ("revocation", False): _("A revocation request of {target} was refused."),
    ("revocation", True): _("A revocation request in the name of {target} was refused."),
}
REFUSED_UNKNOWN_TOKEN = _("An API call was refused.")


def of(event: Event) -> Promise | None:
    """The sentence of a refusal that tells more than its action does; None if the usual one says it."""
    details = event.details
    if details.get("reason") == OTHERS:
        return REFUSED_OTHERS.get(event.action)
    if event.action == Action.API_REFUSED and not event.target_name:
        return REFUSED_UNKNOWN_TOKEN
    if event.action != Action.TOKENS_REFUSED:
        return None
    if details.get("reason") == recognition.REMOVED:
        if "hint" not in details:
            return REFUSED_SECRET_OF_PUBLISHER
        elsewhere = event.actor_kind == Event.Kind.TENANT
        return REFUSED_REMOVED_SECRET_ELSEWHERE if elsewhere else REFUSED_REMOVED_SECRET
    return REFUSED_AT.get((str(details.get("endpoint", "")), bool(details.get("claimed"))))
