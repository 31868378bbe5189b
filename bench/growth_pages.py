"""What of the console, of the REST API and of the commands lists or counts rows, by name and address."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .exchange import Answer, Ask, basic
from .operations import Target

API = "Reader of the API"
LAST = 999_999


@dataclass(frozen=True)
class Places:
    """What the addresses name. A region without rows lacks some of it: those are None."""

    application: str
    other: str | None
    connection: int | None
    person: str | None
    last_person: str | None
    last_holder: str | None
    last_event: int | None
    request: int | None
    token: str

    @classmethod
    def of(cls, target: Target, call: Callable[[Ask], Answer]) -> "Places":
        """As the region is now."""
        from django_scopes import scope

        from console.models import (
            Actor,
            Client,
            ClientSecret,
            Connection,
            ConnectionRequest,
            Event,
            Tenant,
            User,
        )

        tenant = Tenant.objects.get(alias="acme")
        with scope(tenant=tenant):
            reader = Client.objects.select_related("tenant").get(name=API)
            ClientSecret.objects.filter(client=reader).delete()
            own = basic(reader.client_id, ClientSecret.add_to(reader, by=Actor.operator())[1])
            form = {"grant_type": "client_credentials", "scope": "admin_classic"}
            token = call(Ask.post(target.host, target.token_path, form, [own])).json()["access_token"]
            ordinary = Client.objects.filter(published_at=None, name__contains=" application ")
            foreign = Connection.objects.exclude(client__tenant=tenant).order_by("pk")

            def some(rows: Any, name: str = "pk") -> Any:
                return rows.values_list(name, flat=True).first()

            return cls(
                application=target.application.client_id,
                other=some(ordinary.order_by("pk"), "client_id"),
                connection=some(foreign),
                person=some(User.objects.filter(email="person-7@example.com")),
                last_person=some(User.objects.exclude(name="").order_by("-name")),
                last_holder=some(
                    User.objects.filter(consents__isnull=False).exclude(name="").order_by("-name")
                ),
                last_event=some(Event.objects.order_by("happened_at")),
                request=some(ConnectionRequest.objects.filter(status="open")),
                token=token,
            )

    def rights(self, path: str) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {self.token}")] if path.startswith("/api/") else []


def _clients(places: Places) -> Iterator[tuple[str, str | None]]:
    oauth, client = "/console/oauth", f"/console/oauth/{places.application}"
    yield "OAuth, first page", oauth
    yield "OAuth, last page", f"{oauth}?page={LAST}"
    yield "OAuth, last used", f"{oauth}?sort=-last_used"
    yield "OAuth, search", f"{oauth}?q=application+77"
    yield "OAuth, search, nothing found", f"{oauth}?q=nothing-like-it"
    yield "OAuth, outside clients", f"{oauth}?owner=outside"
    yield "deleted clients", f"{oauth}/deleted"
    yield "new client", f"{oauth}/new"
    yield "configuration", f"{oauth}/configuration"
    yield "client, edit", f"{client}/edit"
    yield "client, disable", f"{client}/disable"
    yield "client, unpublish", f"{client}/unpublish"
    yield "client, secrets", f"{client}/secrets"
    yield "client, delete", f"{oauth}/delete?client={places.application}"
    yield "client, delete 25", places.other and f"{oauth}/delete?{_some_clients(places)}"
    yield "client, publish", places.other and f"{oauth}/{places.other}/publish"
    yield "connected tenants, first page", f"{client}/tenants"
    yield "connected tenants, last page", f"{client}/tenants?page={LAST}"
    yield "people of the popular client", f"{client}/grants"
    yield "people of the popular client, last page", _after(f"{client}/grants", places.last_holder)
    yield "people of the popular client, search", f"{client}/grants?q=name+77"
    yield "people of the popular client, nothing found", f"{client}/grants?q=nothing-like-it"
    yield "people of another client", places.other and f"{oauth}/{places.other}/grants"
    yield "connection", places.connection and f"{oauth}/connections/{places.connection}"
    yield "connection, people", places.connection and f"{oauth}/connections/{places.connection}/grants"
    yield "connection, remove", places.connection and f"{oauth}/connections/{places.connection}/remove"


def _others(places: Places) -> Iterator[tuple[str, str | None]]:
    people = "/console/people"
    yield "overview", "/console"
    yield "people, first page", people
    yield "people, last page", _after(people, places.last_person)
    yield "people, search", f"{people}?q=name+77"
    yield "people, search, nothing found", f"{people}?q=nothing-like-it"
    yield "person", places.person and f"{people}/{places.person}"
    yield "person, disable", places.person and f"{people}/{places.person}/disable"
    yield "requests, first page", "/console/requests"
    yield "requests, last page", f"/console/requests?page={LAST}&waiting={LAST}"
    yield "request, approve", places.request and f"/console/requests/{places.request}/approve"
    yield "audit log, first page", "/console/events"
    yield "audit log, last page", places.last_event and f"/console/events?before={places.last_event}"
    yield "audit log, search", "/console/events?q=nothing-like-it"
    yield "account", "/account"
    yield "account, applications", "/account/applications"
    yield "account, applications, last page", f"/account/applications?page={LAST}"
    yield "account, requests", "/account/requests"
    yield "API, requests", "/api/v1/oauth-connection-requests"
    yield "API, open requests", "/api/v1/oauth-connection-requests?status=open&limit=100"


def pages(places: Places) -> Iterator[tuple[str, str | None]]:
    """Name and address; None for what needs a row that is not there."""
    yield from _clients(places)
    yield from _others(places)


def commands(places: Places) -> Iterator[tuple[str, list[str]]]:
    """Name and words."""
    yield "list_tenants", ["list_tenants"]
    yield "list_clients", ["list_clients", "acme"]
    yield "list_users", ["list_users", "acme"]
    yield "list_users --after", ["list_users", "acme", "--after", "person-9"]


def _after(path: str, anchor: str | None) -> str | None:
    """The last page, however it is asked for: by number, or as what precedes the last row."""
    return anchor and f"{path}?page={LAST}&before={anchor}"


def _some_clients(places: Places) -> str:
    from console.models import Client, Tenant

    owner = Tenant.objects.get(alias="acme")
    found = Client.with_deleted_anywhere.filter(tenant=owner, deleted_at=None).order_by("pk")
    return "&".join(f"client={client_id}" for client_id in found.values_list("client_id", flat=True)[:25])
