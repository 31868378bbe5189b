"""Searching, narrowing and sorting the list of clients. All of it lies in the address, to be bookmarked (P7)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...models import Client, Connection, Tenant
from ...models.outside_connections import OUTSIDE
from ...policy.client_types import ClientType
from ..found_clients import FoundClients, Kind
from . import client_words

LONGEST = 200
MOST_WORDS = 8
MACHINE = "machine"
# What own clients are sorted by, and those of other tenants. Of these this tenant knows its own use and when it
# connected, never the owner's dates.
ORDERS = {
    "name": ("sort_key", "client__sort_key"),
    "type": ("type", "client__type"),
    "last_used": ("last_used_at", "last_used_at"),
    "created": ("created_at", "approved_at"),
}
INDEXED = frozenset({"name", "created"})  # orders in which an index has own clients
USUAL_ORDER = "name"  # "-" before a key turns the order round
# Says nothing, but makes SQLite read a tenant's clients in the order in which they were made, and so as they lie.
EVER = datetime(9999, 12, 31, tzinfo=UTC)
SIZES = (25, 50, 100)  # rows of a page
OPTIONAL = {"secrets": _("Secrets"), "added": _("Added")}  # columns


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
        size = data.get("size", "")
        self.size = int(size) if size in map(str, SIZES) else SIZES[0]
        several = getattr(data, "getlist", lambda name: [data[name]] if name in data else [])
        self.columns = [name for name in OPTIONAL if name in several("columns")]

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
        """The clients that fit, in the order asked for.

        An own client that was deleted is not found; another tenant's is, so that people see what happened to it.
        """
        if "q" in self.errors:
            return FoundClients([])
        own_key, outside_key = ORDERS[self.sort.removeprefix("-")]
        # An index has them in order, each at another place: what is read anyway is better read as it lies, and sorted.
        key = Coalesce(own_key, own_key) if self._reads_every_client else F(own_key)
        kinds = {
            "ours": Kind(self._own(), key),
            "outside": Kind(self._outside(tenant), F(outside_key), "client_id", "client__tenant"),
        }
        owner = self.chosen["owner"]
        # Never used is last, however it is sorted. Nothing else is missing, and an index gives no order of NULLs.
        return FoundClients(
            [kinds[owner]] if owner else list(kinds.values()),
            backwards=self.sort.startswith("-"),
            nulls_last=self.sort.endswith("last_used"),
            at_once=self._looks_into_clients,
        )

    @property
    def _looks_into_clients(self) -> bool:
        """Whether clients must be read to know if they fit."""
        return any(value for name, value in self.chosen.items() if name != "owner")

    @property
    def _reads_every_client(self) -> bool:
        return self._looks_into_clients or self.sort.removeprefix("-") not in INDEXED

    def _own(self) -> "QuerySet[Client]":
        clients: QuerySet[Client] = Client.objects.filter(self._type(""), self._status_of_own())
        if self._reads_every_client:
            clients = clients.filter(created_at__lte=EVER)
        for word in self._words():
            clients = clients.filter(client_words.of_own(word))
        if method := self.chosen["consent_method"]:
            clients = clients.filter(pk__in=Connection.objects.filter(consent_method=method).values("client"))
        return clients

    def _outside(self, tenant: Tenant) -> "QuerySet[Connection]":
        connections: QuerySet[Connection] = Connection.objects.filter(~Q(client__tenant=tenant.pk), OUTSIDE)
        connections = connections.filter(self._type("client__"), self._status_of_outside())
        for word in self._words():
            connections = connections.filter(client_words.of_outside(word))
        if method := self.chosen["consent_method"]:
            connections = connections.filter(consent_method=method)
        return connections

    def _words(self) -> list[str]:
        return list(self.chosen["q"].split()[:MOST_WORDS])

    def _type(self, client: str) -> Q:
        """client: what stands before the name of a column of the client."""
        chosen = self.chosen["type"]
        if chosen == MACHINE:
            return Q(**{f"{client}type": ClientType.WEB.value}) & ~Q(**{f"{client}grant_types": []})
        return Q(**{f"{client}type": chosen}) if chosen else Q()

    def _status_of_own(self) -> Q:
        nothing = Q(pk__in=[])
        return {
            "enabled": Q(disabled_at=None),
            "disabled": Q(disabled_at__isnull=False),
            "published": Q(published_at__isnull=False),
            "blocked": nothing,
            "gone": nothing,
        }.get(self.chosen["status"], Q())

    def _status_of_outside(self) -> Q:
        on, blocked = Q(client__disabled_at=None), Q(status=Connection.Status.BLOCKED)
        taken_away = (
            Q(client__deleted_at__isnull=False)
            | Q(client__published_at=None, client__stays_connected=False)
            | Q(expires_at__lte=timezone.now())
        )
        return {
            "enabled": on & ~blocked & ~taken_away,
            "disabled": ~on & ~taken_away,
            "published": Q(pk__in=[]),
            "blocked": blocked,
            "gone": taken_away,
        }.get(self.chosen["status"], Q())
