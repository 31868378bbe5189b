"""What a reader of the audit log wants to see of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ...models import Action, Connection, Event
from ...models.action import REFUSALS
from . import event_search

GROUPS: dict[str, Promise | str] = {
    "client": _("OAuth clients"),
    "secret": _("Client secrets"),
    "connection": _("Connections"),
    "consent": _("Consents"),
    "authorization": _("Authorization"),
    "tokens": _("Tokens"),
    "session": _("Sign-in"),
    "api": _("API"),
    "user": _("Users"),
    "signing_key": _("Signing keys"),
    "tenant": _("Tenant"),
    "mail": _("Email"),
}
REFUSED, DONE = "refused", "done"
SUGGESTIONS = 50
SHOWN = 3  # of the names that match


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
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    # Whether text was looked for in the newest events only.
    limited = False

    def suggestions(self) -> list[str]:
        """Names of clients to choose from: those that were registered or connected last."""
        newest = Connection.objects.select_related("client").order_by("-pk")[:SUGGESTIONS]
        return sorted({connection.client.name for connection in newest})

    def clean_client(self) -> list[str]:
        """The keys of the clients meant, as events have them: by client ID, else by name, else by a part of one."""
        text = self.cleaned_data["client"]
        if not text:
            return []
        connections = Connection.objects.select_related("client").order_by("pk")
        for exactly in ({"client__client_id": text}, {"client__name__iexact": text}):
            if found := connections.filter(**exactly)[:SUGGESTIONS]:
                return [str(connection.client.pk) for connection in found]
        partly = connections.filter(client__name__icontains=text)[: SHOWN + 1]
        if not partly:
            raise forms.ValidationError(_("No client of this tenant has this name or client ID."))
        if len(partly) > 1:
            names = ", ".join(connection.client.name for connection in partly[:SHOWN])
            message = _(
                "Several clients match (%(names)s, for example). Write more of the name, or the client ID."
            )
            raise forms.ValidationError(message, params={"names": names})
        return [str(partly[0].client.pk)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end date is before the start date."))
        return cleaned

    def apply(self, events: "QuerySet[Event]") -> "QuerySet[Event]":
        """Narrows `events`; call it on a valid form."""
        wanted = self.cleaned_data
        if wanted["action"]:
            events = events.filter(action__in=actions_of(wanted["action"]) or [wanted["action"]])
        if wanted["client"]:
            events = events.filter(target_kind="client", target_id__in=wanted["client"])
        if wanted["outcome"] == REFUSED:
            events = events.filter(action__in=REFUSALS)
        elif wanted["outcome"] == DONE:
            events = events.exclude(action__in=REFUSALS)
        if since := wanted["since"] and _midnight_before(wanted["since"]):
            events = events.filter(happened_at__gte=since)
        if until := wanted["until"] and _midnight_before(wanted["until"], later=1):
            events = events.filter(happened_at__lt=until)
        return self._searched(events)

    def _searched(self, events: "QuerySet[Event]") -> "QuerySet[Event]":
        """What names one thing is found wherever it is; other text in the newest of the events that are left."""
        text, who = self.cleaned_data["q"], self.cleaned_data["actor"]
        exactly = event_search.named(events, text) if text else None
        if exactly is not None:
            events, text = exactly, ""
        if not text and not who:
            return events
        events, self.limited = event_search.newest(events)
        if who:
            events = events.filter(actor_name__icontains=who)
        return events.filter(event_search.mentions(text)) if text else events


def _midnight_before(day: date, later: int = 0) -> datetime | None:
    """When a day begins where the person is, or one `later` days after; None beyond the first year or the last."""
    try:
        midnight = datetime.combine(day, time.min) + timedelta(days=later)
        return timezone.make_aware(midnight).astimezone(UTC)
    except OverflowError:
        return None
