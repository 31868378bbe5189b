"""Erasing a person from the audit log of a tenant. The events stay, and say that it was a deleted person.

The whole log is read through in batches, by the index that has it in order: an address can stand in any column, and
no index by address has to be kept for a rare act. Each batch is a transaction of its own. Whatever interrupts it, the
next run finds what is left, and a run that finds nothing changes nothing.
"""

import json
import re
import uuid
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Cast
from django.db.models.lookups import IContains
from django.utils.crypto import salted_hmac

from .action import Action
from .actor import Actor, Kind
from .client_problem import ClientProblem
from .event import Event
from .event_keyword import EventKeyword, keywords, word
from .event_reading import Criterion, Position, Reading
from .redirect_user import RedirectUser
from .tenant import Tenant
from .user import User

BATCH = 500  # events that are changed in one transaction
PERSON = "user"  # what an event calls a person that it is about
ERASED = "erased"  # what stands in the place of an address within a longer text
# Details that name the person whom an event is about, besides its target.
NAMING = ("user", "email")
# Before and behind an address: what would make it part of another one.
BEFORE, BEHIND = r"(?<![\w.!#$%&'*+/=?^`{|}~-])", r"(?![\w-]|\.\w)"
# In the query of an address on the web: a name stands before it, and its @ may be written as %40.
IN_QUERY = r"(?<=[=&/?])"
COLUMNS = [
    *("actor_id", "actor_name", "address", "target_id", "target_name"),
    *("changes", "details", "repeats"),
]


class StillActive(Exception):
    """The person may still sign in: whatever they do would be written with their name again."""


def erase_person(tenant: Tenant, email: str, *, by: Actor) -> int:
    """Erases name, addresses and ID of the person with this e-mail address from the log of `tenant`, whether they have
    an account or not any more; the number of events that were changed. Erasing is an event itself, without the person.

    The ID becomes another one, the same in each event: what one person did stays recognisable as that. Raises
    StillActive.
    """
    person = User._base_manager.filter(tenant=tenant, email=email.lower()).first()
    if person is not None and person.is_active:
        raise StillActive
    return _Erasure(tenant, email.lower(), person).run(by)


class _Erasure:
    def __init__(self, tenant: Tenant, email: str, person: User | None) -> None:
        self.tenant, self.email = tenant, email
        self.ids = [str(person.pk)] if person else []
        names = {person.name, f"{person.given_name} {person.family_name}".strip()} if person else set()
        self.names = [re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE) for name in names if name]
        address = re.escape(email).replace("@", "(?:@|%40)")
        whole = "|".join([f"(?:{BEFORE}|{IN_QUERY}){address}{BEHIND}", *self.ids])
        self.traces = re.compile(whole, re.IGNORECASE)

    def run(self, by: Actor) -> int:
        """Batch after batch, from the newest event to the oldest."""
        self._forget_refusals()
        events = Event._base_manager.filter(tenant=self.tenant).order_by("-happened_at", "-id")
        reading = Reading(events, [Criterion(self._may_name())])
        erased, below = 0, None
        while True:
            changed, below = self._batch(reading, below, by=None if erased else by)
            erased += changed
            if below is None:
                return erased

    def _forget_refusals(self) -> None:
        """What is kept beside the log: where the person was sent back to, and refusals that name them."""
        RedirectUser._base_manager.filter(user_id__in=list(map(uuid.UUID, self.ids))).delete()
        for address in (self.email, self.email.replace("@", "%40")):
            ClientProblem._base_manager.filter(tenant=self.tenant, asked__icontains=address).delete()

    def _batch(
        self, reading: Reading, below: Position | None, *, by: Actor | None
    ) -> tuple[int, Position | None]:
        """`by` has the act written down, in the transaction in which something is erased for the first time."""
        with transaction.atomic():
            found = reading.page(below, BATCH)
            changed = [event for event in found.events if self._erase(event)]
            Event._base_manager.bulk_update(changed, COLUMNS)
            self._forget_keywords(changed)
            if changed and by is not None:
                Event.record(self.tenant, Action.USER_ERASED, by=by)
        return len(changed), found.rest

    def _may_name(self) -> Q:
        """Whatever has the address or the ID in it; also of another address of which this one is a part."""
        texts = {self.email, json.dumps(self.email)[1:-1], self.email.replace("@", "%40"), *self.ids}
        columns = ["actor_id", "actor_name", "target_id", "target_name"]
        sought = Q()
        for text in texts:
            for name in columns:
                sought |= Q(**{f"{name}__icontains": text})
            for name in ("changes", "details"):
                sought |= Q(IContains(Cast(name, models.TextField()), text))
        return sought

    def _erase(self, event: Event) -> bool:
        """Takes the person out of an event. False if it was somebody else with a similar address."""
        before = [getattr(event, name) for name in COLUMNS]
        acted = event.actor_kind == Kind.USER and self._is(event.actor_id, event.actor_name)
        about = event.target_kind == PERSON and self._is(event.target_id, event.target_name)
        named = any(self._names_alone(event.details.get(name)) for name in NAMING)
        if acted:
            event.actor_id, event.actor_name = _another(event.actor_id), ""
        if about:
            event.target_id, event.target_name = _another(event.target_id), ""
        # Where it came from: from the person, unless somebody else did it who has a name.
        if acted or ((about or named) and event.actor_kind in (Kind.ANONYMOUS, Kind.CLIENT)):
            event.address = ""
        patterns = [self.traces, *(self.names if acted or about or named else [])]
        event.actor_name = _without(event.actor_name, patterns) or ""
        event.target_name = _without(event.target_name, patterns) or ""
        event.changes = _without(event.changes, patterns)
        event.details = _without(event.details, patterns)
        if [getattr(event, name) for name in COLUMNS] == before:
            return False
        event.repeats = None  # a digest of what was there
        return True

    def _is(self, key: str, name: str) -> bool:
        return key in self.ids or name.lower() == self.email

    def _names_alone(self, value: Any) -> bool:
        return isinstance(value, str) and value.lower() == self.email

    def _forget_keywords(self, events: list[Event]) -> None:
        """Of each event those words stay that what is left of it gives."""
        kept = {event.pk: set(map(word, keywords(event.changes, event.details))) for event in events}
        rows = EventKeyword._base_manager.filter(event__in=list(kept)).values_list("pk", "event", "word")
        gone = [pk for pk, event, said in rows if said not in kept[event]]
        EventKeyword._base_manager.filter(pk__in=gone).delete()


def _another(key: str) -> str:
    """An ID in the place of a person's: equal for equal ones, and it leads nobody back who has not the region's key."""
    return str(uuid.UUID(salted_hmac(__name__, key, algorithm="sha256").hexdigest()[:32])) if key else ""


def _without(value: Any, patterns: list[re.Pattern[str]]) -> Any:
    """A value without what the patterns match, however deep: None if it is nothing else."""
    if isinstance(value, dict):
        return {name: _without(each, patterns) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, patterns) for each in value]
    if not isinstance(value, str):
        return value
    for pattern in patterns:
        if pattern.fullmatch(value):
            return None
        value = pattern.sub(ERASED, value)
    return value
