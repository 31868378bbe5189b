"""Searching, narrowing and sorting the list of clients. All of it lies in the address, to be bookmarked (P7)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...models import Client, Connection, Tenant
from ...models.outside_connections import OUTSIDE
from ...policy.client_types import ClientType
from ..found_clients import FoundClients, Kind

LONGEST = 200
MOST_WORDS = 8
MACHINE = "machine"
OURS = Q(client__tenant=F("tenant"))
# What own clients are sorted by, and those of other tenants. Of these this tenant knows its own use and when it
# connected, never the owner's dates.
ORDERS: dict[str, tuple[Any, Any]] = {
    "name": (Lower("client__name"), Lower("client__name")),
    "type": (F("client__type"), F("client__type")),
    "last_used": (F("client__last_used_at"), F("last_used_at")),
    "created": (F("client__created_at"), F("approved_at")),
}
USUAL_ORDER = "name"  # "-" before a key turns the order round


class ClientSearch(forms.Form):
    """What the list shows. A value that makes no sense counts as not given: a search never fails."""

    q = forms.CharField(label=_("Search clients"), required=False, max_length=LONGEST)
    type = forms.ChoiceField(
        label=_("Type"),
        required=False,
        choices=[("", _("All types")), *Client.Type.choices, (MACHINE, _("Machine-to-machine"))],
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("Any status")),
            ("enabled", _("Enabled")),
            ("disabled", _("Disabled")),
            ("published", _("Published")),
            ("blocked", _("Blocked")),
            ("gone", _("No longer available")),
        ],
    )
    owner = forms.ChoiceField(
        label=_("Owner"),
        required=False,
        choices=[("", _("Any owner")), ("ours", _("Our clients")), ("outside", _("Outside clients"))],
    )
    consent_method = forms.ChoiceField(
        label=_("Consent method"),
        required=False,
        choices=[("", _("Any consent method")), *Connection.Method.choices],
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="client-%s")
        self.is_valid()
        self.chosen = {name: self.cleaned_data.get(name, "") for name in self.fields}
        sort = data.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in ORDERS and not sort.startswith("--") else USUAL_ORDER

    @property
    def words(self) -> str:
        """What was typed. The template writes the field: Django's widget costs as much as four lines of the list."""
        return str(self.data.get("q", ""))

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The lists to choose from, in the order of the page: plain values, which a template writes at little cost."""
        fields: dict[str, Any] = self.fields
        return [
            {
                "name": name,
                "label": fields[name].label,
                "choices": [(value, str(text)) for value, text in fields[name].choices],
                "chosen": self.chosen[name],
            }
            for name in ("type", "status", "consent_method", "owner")
        ]

    @property
    def sorted(self) -> bool:
        """Whether the order is another than the usual one."""
        return self.sort != USUAL_ORDER

    @property
    def narrows(self) -> bool:
        """Whether anything but everything was asked for; a search that cannot be understood finds nothing."""
        return any(self.chosen.values()) or "q" in self.errors

    def find(self, tenant: Tenant) -> FoundClients:
        """The connections whose clients fit, in the order asked for.

        An own client that was deleted is not found; another tenant's is, so that people see what happened to it.
        """
        own_key, outside_key = ORDERS[self.sort.removeprefix("-")]
        if self._looks_into_clients:
            connections = self._narrowed(Connection.objects.filter(~OURS | Q(client__deleted_at=None)))
            key = own_key if own_key == outside_key else Case(When(OURS, then=own_key), default=outside_key)
            return FoundClients([Kind(connections, key, connections)], self._order())
        own = Connection.objects.filter(client__tenant=tenant.pk, client__deleted_at=None)
        outside = Connection.objects.filter(~OURS, OUTSIDE)
        kinds = {
            "ours": Kind(own, own_key, Client.objects.all()),
            "outside": Kind(outside, outside_key, outside),
        }
        owner = self.chosen["owner"]
        return FoundClients([kinds[owner]] if owner else list(kinds.values()), self._order())

    @property
    def _looks_into_clients(self) -> bool:
        """Whether clients must be read to know if they fit. Then all are read in the order in which they lie, and
        sorted: an index has them in order, each at another place."""
        return "q" in self.errors or any(value for name, value in self.chosen.items() if name != "owner")

    def _narrowed(self, connections: "QuerySet[Connection]") -> "QuerySet[Connection]":
        if "q" in self.errors:
            return connections.none()
        for word in self.chosen["q"].split()[:MOST_WORDS]:
            connections = connections.filter(_about(word))
        connections = connections.filter(self._type(), self._status(), self._owner())
        method = self.chosen["consent_method"]
        return connections.filter(consent_method=method) if method else connections

    def _type(self) -> Q:
        chosen = self.chosen["type"]
        if chosen == MACHINE:
            return Q(client__type=ClientType.WEB.value) & ~Q(client__grant_types=[])
        return Q(client__type=chosen) if chosen else Q()

    def _status(self) -> Q:
        on = Q(client__disabled_at=None)
        expired = Q(expires_at__lte=timezone.now())
        taken_away = ~OURS & (
            Q(client__deleted_at__isnull=False)
            | Q(client__published_at=None, client__stays_connected=False)
            | expired
        )
        blocked = Q(status=Connection.Status.BLOCKED)
        return {
            "enabled": on & ~blocked & ~taken_away,
            "disabled": ~on & ~taken_away,
            "published": OURS & Q(client__published_at__isnull=False),
            "blocked": blocked,
            "gone": taken_away,
        }.get(self.chosen["status"], Q())

    def _owner(self) -> Q:
        return {"ours": OURS, "outside": ~OURS}.get(self.chosen["owner"], Q())

    def _order(self) -> OrderBy:
        """Never used is last, however it is sorted. Nothing else is missing, and an index gives no order of NULLs."""
        nulls_last = True if self.sort.endswith("last_used") else None
        key = F("key")
        return (
            key.desc(nulls_last=nulls_last) if self.sort.startswith("-") else key.asc(nulls_last=nulls_last)
        )


def _about(word: str) -> Q:
    """The word in a name, client ID or description.

    The embedded database folds the case of ASCII letters only: other words are also tried as they are usually written.
    """
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    found = Q()
    for spelling in spellings:
        for column in ("name", "client_id", "description"):
            found |= Q(**{f"client__{column}__icontains": spelling})
    return found
