"""A caller of the REST API, as an integrator writes one: a token, and JSON over HTTP.

api = Api.of(alice)  # a token of hers with admin_classic
api.get("/api/v1/oauth-connection-requests").json()
Api.bot(acme).post(path, {"connected": "stay"})
"""

import json
from typing import Any
from unittest.mock import ANY

from django_scopes import scope

from console.models import Client, ConnectionRequest, Event, Tenant, User
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.outcomes import bearer

JSON = "application/json"
API = "/api/v1"
REQUESTS = f"{API}/oauth-connection-requests"


class Api:
    """Calls on a tenant's host with one token, or with none."""

    def __init__(self, tenant: Tenant, token: str = "", *, client: Client | None = None) -> None:
        self.tenant, self.token, self.client = tenant, token, client
        self.web = cast.stranger_on(tenant)

    @classmethod
    def of(cls, person: User, granted: str = "admin_classic") -> "Api":
        """With a token that an application got for a person, through the whole flow."""
        client, secret = cast.register(
            person.tenant, name="Their tool", allowed_scopes=granted.split(), consent_method="trusted"
        )
        app = Application(client, secret)
        token = app.tokens(cast.signed_in_as(person), scope=granted)["access_token"]
        return cls(person.tenant, token, client=client)

    @classmethod
    def bot(cls, tenant: Tenant, granted: str = "admin_classic") -> "Api":
        """With a token that a machine client got for itself."""
        client, secret = cast.register(
            tenant, name="Nightly reload", redirect_uris=[], grant_types=["client_credentials"],
            allowed_scopes=granted.split(), consent_method="trusted",
        )  # fmt: skip
        answer = Application(client, secret).token(grant_type="client_credentials", scope=granted)
        return cls(tenant, answer.json()["access_token"], client=client)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: object) -> Any:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)

    def call(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON, **headers: str
    ) -> Any:
        """`body` is sent as JSON, or as it is if it is bytes; None sends neither body nor content type."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = (bearer(self.token) if self.token else {}) | headers
        return self.web.generic(
            method, path, data, content_type="" if body is None else content_type, headers=sent
        )


def client_path(client: Client | str, rest: str) -> str:
    client_id = client if isinstance(client, str) else client.client_id
    return f"{API}/oauth-clients/{client_id}/{rest}"


def config_of(client: Client | str) -> str:
    return client_path(client, "connection-configs/me")


def patch_of(**values: object) -> list[dict[str, object]]:
    return [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]


def request_path(wish: ConnectionRequest | int | str, action: str = "") -> str:
    number = wish.pk if isinstance(wish, ConnectionRequest) else wish
    return f"{REQUESTS}/{number}" + (f"/actions/{action}" if action else "")


def assert_problem(response: Any, status: int, detail: str = "") -> dict[str, Any]:
    """Qlik's error envelope, which nobody may keep. The first error of it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == JSON
    assert response["Cache-Control"] == "no-store"
    body: dict[str, Any] = response.json()
    assert body.keys() == {"errors", "traceId"}
    for error in body["errors"]:
        assert error.items() >= {"code": f"HTTP-{status}", "title": ANY, "status": str(status)}.items()
    first: dict[str, Any] = body["errors"][0]
    assert detail in first.get("detail", "")
    return first


def odd(*values: Any) -> tuple[Any, ...]:
    """Values of every kind that JSON has, none of which is right."""
    return values


def unknown_but_for_trace(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what differs each time: two that are equal tell nothing apart (TN-01)."""
    body = response.json()
    return (
        response.status_code,
        response.content.replace(body["traceId"].encode(), b""),
        dict(response.headers),
    )


def events_of(tenant: Tenant, *actions: str) -> list[Event]:
    """What has happened of that in a tenant, in order."""
    with scope(tenant=tenant):
        return list(Event.objects.filter(action__in=actions).order_by("pk"))
