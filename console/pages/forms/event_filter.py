"""What a reader of the audit log wants to see of it."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ...models import Action, Connection, Event
from ...models.event import REFUSALS

GROUPS: dict[str, Promise | str] = {
    "client": _("OAuth clients"),
    "secret": _("Client secrets"),
    "connection": _("Connections"),
    "consent": _("Consents"),
    "authorization": _("Authorization"),
    "tokens": _("Tokens"),
    "session": _("Sign-in"),
    "user": _("Users"),
    "signing_key": _("Signing keys"),
    "tenant": _("Tenant"),
}
REFUSED, DONE = "refused", "done"


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
    """Every field is optional. `apply` narrows a query by what was chosen."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "class": "input"}),
    )
    action = forms.ChoiceField(label=_("Action"), required=False, choices=_action_choices)
    client = forms.ChoiceField(label=_("OAuth client"), required=False)
    actor = forms.CharField(label=_("Who"), required=False, max_length=320)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Every outcome")), (DONE, pgettext_lazy("outcome", "Done")), (REFUSED, _("Refused"))],
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients = {
            connection.client.client_id: connection.client
            for connection in Connection.objects.select_related("client").order_by(
                "client__name", "client_id"
            )
        }
        names = [(client_id, client.name) for client_id, client in self.clients.items()]
        self.fields["client"].choices = [("", _("Every OAuth client")), *names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    def apply(self, events: "QuerySet[Event]") -> "QuerySet[Event]":
        """Narrows `events`; call it on a valid form."""
        wanted = self.cleaned_data
        if wanted["action"]:
            events = events.filter(action__in=actions_of(wanted["action"]) or [wanted["action"]])
        if wanted["client"]:
            events = events.filter(target_kind="client", target_id=str(self.clients[wanted["client"]].pk))
        if wanted["outcome"] == REFUSED:
            events = events.filter(action__in=REFUSALS)
        elif wanted["outcome"] == DONE:
            events = events.exclude(action__in=REFUSALS)
        if wanted["actor"]:
            events = events.filter(actor_name__icontains=wanted["actor"])
        if wanted["since"]:
            events = events.filter(happened_at__gte=_midnight(wanted["since"]))
        if wanted["until"]:
            events = events.filter(happened_at__lt=_midnight(wanted["until"] + timedelta(days=1)))
        return events.filter(_mentions(wanted["q"])) if wanted["q"] else events


def _mentions(text: str) -> Q:
    return (
        Q(actor_name__icontains=text)
        | Q(target_name__icontains=text)
        | Q(address__icontains=text)
        | Q(details__email__icontains=text)
        | Q(details__user__icontains=text)
        | Q(details__reason__icontains=text)
    )


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
