"""What a reader of the audit log wants to see of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ...models import Action, Event
from ...models.action import REFUSALS
from ...models.event_reading import Criterion, Reading
from . import event_choices, event_search

GROUPS: dict[str, Promise | str] = {
    "client": _("OAuth clients"),
    "secret": _("Client secrets"),
    "problem": _("Problems"),
    "registration": _("Registration"),
    "connection": _("Connections"),
    "outside_clients": _("Outside clients"),
    "consent": _("Consents"),
    "device": _("Devices"),
    "authorization": _("Authorization"),
    "tokens": _("Tokens"),
    "session": _("Sign-in"),
    "api": _("APIs"),
    "user": _("Users"),
    "invitation": _("Invitations"),
    "group": _("Groups"),
    "signing_key": _("Signing keys"),
    "tenant": _("Tenant"),
    "mail": _("Email"),
}
REFUSED, DONE = "refused", "done"
# What is often looked for, each a set of actions. What people and programs do all day long is no change.
FAILURES, SIGN_INS, CHANGES = "failures", "sign-ins", "changes"
EVERYDAY = frozenset({"session", "consent", "device", "authorization", "tokens", "mail"})
SHOWN: dict[str, tuple[Promise | str, frozenset[Action]]] = {
    FAILURES: (_("Failures"), REFUSALS | {Action.MAIL_FAILED}),
    SIGN_INS: (_("Sign-ins"), frozenset({action for action in Action if action.split(".")[0] == "session"})),
    CHANGES: (
        _("Changes"),
        frozenset({action for action in Action if action.split(".")[0] not in EVERYDAY}) - REFUSALS,
    ),
}


def actions_of(group: str) -> list[Action]:
    """Every action whose noun is `group`."""
    return [action for action in Action if action.split(".")[0] == group]


def _action_choices() -> list[Any]:
    grouped = []
    for group, title in GROUPS.items():
        actions = actions_of(group)
        every = [(group, _("All: %(group)s") % {"group": title})] if len(actions) > 1 else []
        grouped.append((title, every + [(action.value, action.label) for action in actions]))
    return [("", _("Every action")), *grouped]


class EventFilter(forms.Form):
    """Every field is optional. `reading` gives the events that were chosen."""

    # What the reader chooses from if a part of a name fits several.
    clients_to_choose: list[event_choices.Choice] = []
    people_to_choose: list[event_choices.Choice] = []

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=2048,  # as long as a redirect URL can be
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "class": "input"}),
    )
    action = forms.ChoiceField(label=_("Action"), required=False, choices=_action_choices)
    client = forms.CharField(
        label=_("OAuth client"),
        required=False,
        max_length=512,
        widget=forms.TextInput(attrs={"list": "clients-of-events", "autocomplete": "off"}),
    )
    actor = forms.CharField(label=_("Who"), required=False, max_length=320)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("Every outcome")),
            (DONE, pgettext_lazy("outcome", "Done")),
            (REFUSED, _("Rejected")),
        ],
    )
    show = forms.ChoiceField(
        label=_("Quick filters"),
        required=False,
        choices=[("", ""), *((name, text) for name, (text, _actions) in SHOWN.items())],
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_client(self) -> list[event_choices.Choice]:
        """The clients meant: by client ID, else by name, else by a part of one."""
        text = self.cleaned_data["client"]
        if not text:
            return []
        found = event_choices.the_client(text)
        if found:
            return found
        partly = event_choices.clients(text)
        if not partly:
            raise forms.ValidationError(_("No client of this tenant has this name or client ID."))
        if len(partly) > 1:
            self.clients_to_choose = partly
            raise forms.ValidationError(_("Several clients match. Choose one, or write more of the name."))
        return partly

    def clean_actor(self) -> list[event_choices.Choice]:
        """Who is meant, if the text names somebody of the tenant; otherwise it is looked for in the events."""
        text = self.cleaned_data["actor"]
        found = event_choices.the_actors(text) if text else []
        if text and not found:
            self.people_to_choose = event_choices.people(text)
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end date is before the start date."))
        self._name_what_was_chosen()
        return cleaned

    def _name_what_was_chosen(self) -> None:
        """The fields show names, also for whoever followed a link with an ID in it."""
        chosen = {name: self.cleaned_data.get(name, []) for name in ("client", "actor")}
        shown = {name: found[0].text for name, found in chosen.items() if len(found) == 1}
        self.data = {**dict(self.data.items()), **shown}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was entered."""
        return any(field.value() for field in self)

    def reading(self) -> Reading:
        """The events that were asked for; call it on a valid form."""
        events, wanted = Event.newest_first(), self.cleaned_data
        if since := wanted["since"] and _midnight_before(wanted["since"]):
            events = events.filter(happened_at__gte=since)
        if until := wanted["until"] and _midnight_before(wanted["until"], later=1):
            events = events.filter(happened_at__lt=until)
        return Reading(events, [*self._of_actions(), *self._of_names(), *self._of_text()])

    def _of_names(self) -> Iterator[Criterion]:
        """The client that an event is about, and who did it."""
        clients, actors = self.cleaned_data["client"], self.cleaned_data["actor"]
        if clients:
            yield event_search.of_clients([choice.pk for choice in clients])
        if actors:
            yield Criterion.one_of("actor_id", [choice.pk for choice in actors])
        elif who := self["actor"].value():
            yield Criterion(Q(actor_name__icontains=who.strip()))

    def _of_text(self) -> Iterator[Criterion]:
        if text := self.cleaned_data["q"]:
            yield event_search.about(text)

    def _of_actions(self) -> Iterator[Criterion]:
        """Action, outcome and what is often looked for: one criterion, because each is a set of actions."""
        action, outcome, show = (self.cleaned_data[name] for name in ("action", "outcome", "show"))
        if outcome == DONE and not action and not show:
            # Not by their ranges: of forty actions nearly every event is one.
            yield Criterion(~Q(action__in=REFUSALS))
        elif action or outcome or show:
            wanted = set(actions_of(action) or [action]) if action else set(Action)
            if outcome:
                wanted = wanted & REFUSALS if outcome == REFUSED else wanted - REFUSALS
            if show:
                wanted &= SHOWN[show][1]
            yield Criterion.one_of("action", wanted)


def _midnight_before(day: date, later: int = 0) -> datetime | None:
    """When a day begins where the person is, or one `later` days after; None beyond the first year or the last."""
    try:
        midnight = datetime.combine(day, time.min) + timedelta(days=later)
        return timezone.make_aware(midnight).astimezone(UTC)
    except OverflowError:
        return None
