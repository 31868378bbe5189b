"""No client decides about itself: not about its own connection, nor its publisher's other clients (S9, N6)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scope

from console.api.authentication import MANAGING
from console.api.resources import READS, needs_right, resource
from console.api.urls import RESOURCES
from console.models import Client, Connection, ConnectionRequest, Event, Tenant, User
from tests import cast
from tests.api.caller import Api, assert_problem, client_path, config_of, patch_of, request_path
from tests.kept import kept
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
IMPERSONATION = "urn:qlik:oauth:user-impersonation"
RULE = "cannot change itself, nor other clients of its publisher"

# Every write of the API: (name of the address, method) -> the path to it, and a body that would be carried out.
WRITES: dict[tuple[str, str], tuple[Callable[[Client, ConnectionRequest], str], Any]] = {
    ("api_connection_config", "PATCH"): (lambda c, w: config_of(c), patch_of(consentMethod="required")),
    ("api_connection_config", "DELETE"): (lambda c, w: config_of(c), None),
    ("api_publish", "POST"): (lambda c, w: client_path(c, "actions/publish"), None),
    ("api_unpublish", "POST"): (lambda c, w: client_path(c, "actions/unpublish"), {"connected": "end"}),
    ("api_approve", "POST"): (lambda c, w: request_path(w, "approve"), {"consentMethod": "required"}),
    ("api_deny", "POST"): (lambda c, w: request_path(w, "deny"), {"answer": "No."}),
}
every_write = pytest.mark.parametrize("write", WRITES, ids="-".join)


def call(api: Api, write: tuple[str, str], client: Client, wish: ConnectionRequest) -> Any:
    path, body = WRITES[write]
    return api.call(write[1], path(client, wish), body)


@kept
def tool(globex: Tenant, acme: Tenant, alice: User) -> tuple[Client, str]:
    """A client of globex that acme trusts with everything, and its secret."""
    client, secret = cast.register(
        globex, name="Their tool", allowed_scopes=["admin_classic"], grant_types=["client_credentials", IMPERSONATION]
    )  # fmt: skip
    cast.connect(client, acme, by=alice, consent_method="trusted")
    return client, secret


@kept
def sibling(globex: Tenant, acme: Tenant, alice: User) -> Client:
    """Another client of the same publisher."""
    client = cast.publish(globex, name="Their other tool")
    cast.connect(client, acme, by=alice)
    return client


def of_a_machine(tool: tuple[Client, str], alice: User) -> str:
    app = Application(*tool, tenant=alice.tenant)
    return str(app.token(grant_type="client_credentials", scope="admin_classic").json()["access_token"])


def of_an_administrator(tool: tuple[Client, str], alice: User) -> str:
    app = Application(*tool, tenant=alice.tenant)
    return str(app.tokens(cast.signed_in_as(alice), scope="admin_classic")["access_token"])


def of_an_administrator_it_acts_as(tool: tuple[Client, str], alice: User) -> str:
    lookup = json.dumps({"field": "userId", "value": str(alice.pk)})
    app = Application(*tool, tenant=alice.tenant)
    got = app.token(grant_type=IMPERSONATION, user_lookup=lookup, scope="admin_classic")
    return str(got.json()["access_token"])


every_token = pytest.mark.parametrize(
    "token_of", [of_a_machine, of_an_administrator, of_an_administrator_it_acts_as]
)


def wish_for(client: Client, bob: User) -> ConnectionRequest:
    """A request that is open although the client is connected: it was blocked, say, and people asked again."""
    with scope(tenant=bob.tenant):
        return ConnectionRequest.objects.create(tenant=bob.tenant, client=client)


def decided(tenant: Tenant) -> int:
    with scope(tenant=tenant):
        return Event.objects.exclude(action__in=["tokens.issued", "session.started"]).count()


def test_every_write_is_tried_here() -> None:
    walked = {
        (str(address.name), method)
        for address in RESOURCES
        for method in vars(address.callback)["rights"]
        if method not in READS
    }
    assert walked == WRITES.keys()


def test_an_operation_that_does_not_say_what_it_changes_cannot_be_offered() -> None:
    @needs_right(MANAGING)
    def careless(request: Any, caller: Any) -> Any: ...

    with pytest.raises(TypeError, match="careless"):
        resource(POST=careless)


@every_write
@every_token
@pytest.mark.parametrize("which", ["own", "sibling"])
def test_a_foreign_client_decides_about_no_client_of_its_publisher(
    which: str,
    token_of: Callable[..., str],
    write: tuple[str, str],
    tool: tuple[Client, str],
    sibling: Client,
    alice: User,
    bob: User,
) -> None:
    client = tool[0] if which == "own" else sibling
    wish, api = wish_for(client, bob), Api(alice.tenant, token_of(tool, alice))
    before = decided(alice.tenant)

    assert_problem(call(api, write, client, wish), 403, RULE)
    assert decided(alice.tenant) == before
    assert api.get(config_of(client)).status_code == api.get(request_path(wish)).status_code == 200


@every_token
def test_it_may_decide_about_others_as_its_token_allows(
    token_of: Callable[..., str], tool: tuple[Client, str], alice: User, bob: User
) -> None:
    acme, api = alice.tenant, Api(alice.tenant, token_of(tool, alice))
    initech = cast.found("initech", "Initech", 8000)
    other, ours = cast.publish(initech), cast.register(acme)[0]

    assert api.post(client_path(ours, "actions/publish")).status_code == 201
    assert (
        api.post(request_path(cast.ask(bob, other), "approve"), {"consentMethod": "required"}).status_code
        == 200
    )
    assert api.patch(config_of(other), patch_of(consentMethod="trusted")).status_code == 204
    assert api.delete(config_of(other)).status_code == 204


@every_write
def test_what_is_not_there_is_not_found_as_before(
    write: tuple[str, str], tool: tuple[Client, str], globex: Tenant, alice: User
) -> None:
    """A client of its publisher that has nothing to do with this tenant is as unknown as any other."""
    hidden, _secret = cast.register(globex, name="Not shown to anybody")
    path, body = WRITES[write]
    api = Api(alice.tenant, of_a_machine(tool, alice))
    for name in (hidden.client_id, "0" * 32, "%00"):
        address = path(Client(client_id=name), ConnectionRequest(pk=10**9))
        assert_problem(api.call(write[1], address, body), 404)


@pytest.mark.parametrize("write", [write for write in WRITES if write[1] != "DELETE"][:3], ids="-".join)
def test_a_tenants_own_tool_decides_about_its_other_clients_and_not_about_itself(
    write: tuple[str, str], acme: Tenant, alice: User, bob: User, globex: Tenant
) -> None:
    api = Api.of(alice)
    assert api.client is not None
    ours, wish = cast.register(acme)[0], cast.ask(bob, cast.publish(globex))

    assert call(api, write, ours, wish).status_code in {200, 201, 204}
    assert_problem(call(api, write, api.client, wish), 403, RULE)
    with scope(tenant=acme):
        assert Connection.objects.get(client=api.client).consent_method == "trusted"
        assert Client.objects.get(pk=api.client.pk).published_at is None


def test_the_right_and_the_scope_come_first(tool: tuple[Client, str], acme: Tenant, bob: User) -> None:
    """Nobody learns by the rule whose client it is who may not change it anyway."""
    token = Application(*tool, tenant=acme).tokens(cast.signed_in_as(bob), scope="admin_classic")
    answer = Api(acme, token["access_token"]).patch(config_of(tool[0]), patch_of(consentMethod="required"))
    assert_problem(answer, 403, "Your role")
