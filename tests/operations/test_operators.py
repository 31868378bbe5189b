"""Operators list and show what there is, and change hosts and clients, without a browser."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_scopes import scope

from console.http.tenancy import Hosts
from console.models import Actor, Client, Event, Hostname, Tenant, User
from tests.cast import register, stranger_on

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command(*arguments, "--json", stdout=output)
    result: dict[str, Any] = json.loads(output.getvalue())
    return result


def words(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as refusal:
        run(*arguments)
    return str(refusal.value)


def test_tenants_people_and_clients_are_listed(
    acme: Tenant, globex: Tenant, alice: User, bob: User, mallory: User, web_client: tuple[Client, str]
):
    foreign, _secret = register(globex)
    client, secret = web_client

    assert [tenant["alias"] for tenant in run("list_tenants")["tenants"]] == ["acme", "globex"]
    assert [user["email"] for user in run("list_users", "ACME")["users"]] == [alice.email, bob.email]
    assert [row["client_id"] for row in run("list_clients", "acme")["clients"]] == [client.client_id]
    shown = run("show_tenant", "acme")
    assert (shown["users"], shown["clients"], shown["issuer"]) == (2, 1, acme.issuer)
    assert run("show_client", foreign.client_id)["tenant"] == "globex"
    for text in (words("show_client", client.client_id), json.dumps(run("show_client", client.client_id))):
        assert client.client_id in text
        assert secret not in text
    assert alice.email in words("list_users", "acme")


def test_a_long_list_comes_in_pages(acme: Tenant, django_assert_max_num_queries: Any):
    with scope(tenant=acme):
        Client.objects.bulk_create(Client(tenant=acme, type="web", name=f"c{n}") for n in range(250))
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        with django_assert_max_num_queries(2):
            page = run("list_clients", "acme", "--limit", "100", "--after", after)
        assert len(page["clients"]) <= 100
        seen += [row["client_id"] for row in page["clients"]]
        after = page["next"]

    assert len(seen) == len(set(seen)) == 250
    assert "--after" in words("list_clients", "acme")
    for limit in ("0", "1001", "-1"):
        assert "--limit" in refused("list_clients", "acme", "--limit", limit)
    assert "--after" in refused("list_clients", "acme", "--after", "\0")


@pytest.mark.parametrize(
    "arguments",
    [
        ["show_tenant", "nowhere"],
        ["list_users", "nowhere"],
        ["list_clients", "\0"],
        ["show_client", "nothing"],
        ["show_client", "\0"],
        ["disable_client", "nothing"],
        ["enable_client", "nothing"],
        ["add_host", "acme", "a b"],
        ["add_host", "acme", "10.0.0.1:99999"],
        ["add_host", "acme", "localhost:8000"],
        ["add_host", "acme", "globex.localhost:8000"],
        ["move_tenant", "acme", "globex.localhost:8000"],
        ["move_tenant", "acme", "localhost:8000"],
        ["remove_host", "acme", "globex.localhost:8000"],
        ["remove_host", "acme", "acme.localhost:8000"],
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    arguments: list[str], acme: Tenant, globex: Tenant, settings: Any
):
    before = list(Hostname.objects.order_by("host").values_list("host", "tenant"))
    refused(*arguments)
    assert list(Hostname.objects.order_by("host").values_list("host", "tenant")) == before
    assert {tenant.issuer for tenant in Tenant.objects.all()} == {acme.issuer, globex.issuer}


def test_a_host_is_added_and_removed(acme: Tenant):
    assert run("add_host", "acme", "Login.Acme.example:443")["hosts"][1] == "login.acme.example"
    assert run("add_host", "acme", "login.acme.example")["changed"] is False
    assert stranger_on(acme).get("/login", headers={"host": "login.acme.example"}).status_code == 200
    run("remove_host", "acme", "login.acme.example")
    Hosts.forget()
    assert stranger_on(acme).get("/login", headers={"host": "login.acme.example"}).status_code == 404
    with scope(tenant=acme):
        actions = list(Event.objects.order_by("pk").values_list("action", "actor_kind"))[-2:]
    assert actions == [("tenant.host_added", "operator"), ("tenant.host_removed", "operator")]


def test_a_client_is_disabled_and_enabled(acme: Tenant, web_client: tuple[Client, str]):
    client_id = web_client[0].client_id

    assert run("disable_client", client_id)["changed"] is True
    assert run("disable_client", client_id)["changed"] is False
    assert run("show_client", client_id)["disabled"] is True
    assert run("enable_client", client_id)["changed"] is True
    assert run("enable_client", client_id)["changed"] is False
    with scope(tenant=acme):
        assert [event.action for event in Event.objects.order_by("-pk")[:2]] == [
            "client.enabled",
            "client.disabled",
        ]


def test_a_deleted_client_is_not_enabled(acme: Tenant, web_client: tuple[Client, str]):
    client = web_client[0]
    with scope(tenant=acme):
        client.disable(by=Actor.operator())
        client.remove(by=Actor.operator())
        assert client.enable(by=Actor.operator()) is False
    assert "no client" in refused("enable_client", client.client_id)
