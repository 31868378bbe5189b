"""What somebody did, and what was tried in their name: read from the audit log, a bounded part of it at a time."""

import heapq
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ..models import Action, Event, TokenFamily, User
from ..models.event_reading import Criterion, Range, Reading

SIGN_INS = (Action.SESSION_STARTED, Action.SESSION_REFUSED)
# What people read about themselves. Nobody else is named in these: whoever changes an account is not in them.
OWN = (
    *SIGN_INS,
    Action.SESSION_ENDED,
    Action.USER_PASSWORD_SET,
    Action.USER_UPDATED,
    Action.CONSENT_GIVEN,
    Action.CONSENT_DENIED,
    Action.CONSENT_WITHDRAWN,
    Action.TOKENS_REVOKED,
    Action.CONNECTION_REQUESTED,
    Action.INVITATION_ACCEPTED,
)
SORTED = 1_000  # token families of a person that are put in order
NEWEST = 10


def reading(person: User, actions: Iterable[Action]) -> Reading:
    """The events of these actions that a person caused, or that are about their account."""
    acted = Q(actor_kind=Event.Kind.USER, actor_id=str(person.pk))
    about = Q(target_kind="user", target_id=str(person.pk))
    mine = Criterion(acted | about, (Range(acted), Range(about)))
    return Reading(Event.newest_first(), [mine, Criterion.one_of("action", actions)])


def sign_ins_with_clients(person: User) -> list[TokenFamily] | None:
    """The newest sign-ins to applications, of those that are kept; None if there are too many to put in order."""
    begun: list[tuple[datetime, UUID]] = list(
        TokenFamily.objects.filter(user=person).values_list("began_at", "pk")[: SORTED + 1]
    )
    if len(begun) > SORTED:
        return None
    keys = [pk for _began_at, pk in heapq.nlargest(NEWEST, begun)]
    newest = TokenFamily.objects.filter(pk__in=keys).select_related("client__tenant")
    return sorted(newest, key=lambda family: family.began_at, reverse=True)
