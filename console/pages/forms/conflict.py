"""Two people edit one client: the second to save is told what the first one changed (optimistic concurrency)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise

from ...models import Action, Client, Event
from .client import ClientForm, version_of

KEY_NAMES = ("kid", "alg")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that somebody else has changed."""

    label: str | Promise
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What was saved since the form was opened, by whom and when."""

    who: str
    when: datetime
    changes: list[Change]

    @classmethod
    def of(cls, form: ClientForm, client: Client) -> "Conflict | None":
        """The conflict, if the form was opened on an older state. The form then goes on from the present state, so that
        saving once more overwrites knowingly."""
        opened_on = form.data.get("version", "")
        if not opened_on or opened_on == version_of(client):
            return None
        form.go_on_from(version_of(client))
        events = _events_since(client, opened_on)
        fields: dict[str, list[Any]] = {}
        for event in events:
            for name, (before, after) in event.changes.items():
                fields.setdefault(name, [before, after])[1] = after
        changes = [
            Change(_label(form, name), _words(old), _words(new))
            for name, (old, new) in fields.items()
            if old != new
        ]
        last = events[-1] if events else None
        return cls(who=last.actor_name if last else "", when=client.updated_at, changes=changes)


def _events_since(client: Client, opened_on: str) -> list[Event]:
    """The edits after the state that the form was opened on.

    The event of a state is written just after the state itself, so the first one found is the one that made it.
    """
    try:
        since = parse_datetime(opened_on)
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        return []
    told = Event.objects.filter(
        target_id=str(client.pk),
        action__in=[Action.CLIENT_CREATED, Action.CLIENT_UPDATED],
        happened_at__gte=since,
    )
    return list(told.order_by("id"))[1:]


def _label(form: ClientForm, name: str) -> str | Promise:
    if name in form.fields:
        return form.fields[name].label or name
    return str(Client._meta.get_field(name).verbose_name)  # the logo has a page of its own


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(value[name]) for name in KEY_NAMES if name in value)
    return str(value)
