"""`/api/v1/oauth-clients/{clientId}/connection-configs/me`: this tenant's connection to a client (S9, S10, N5, N6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, Connection, Tenant, User
from tests import cast
from tests.api.caller import Api, assert_problem, config_of, events_of, odd, patch_of, unknown_but_for_trace
from tests.cast import publish
from tests.kept import kept
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db
SCOPES = ["openid", "profile", "offline_access", "apps"]


@kept
def theirs(globex: Tenant, acme: Tenant, alice: User) -> Client:
    """Published by globex, connected to acme."""
    client = publish(globex, name="Report portal", allowed_scopes=SCOPES)
    cast.connect(client, acme, by=alice)
    return client


@pytest.fixture
def api(alice: User) -> Api:
    return Api.of(alice)


def stored(client: Client, tenant: Tenant) -> Connection:
    with scope(tenant=tenant):
        found: Connection = Connection.objects.select_related("client").get(client=client)
        return found


def owner_does(client: Client, verb: str, **fields: Any) -> None:
    with scope(tenant=client.tenant):
        getattr(Client.objects.get(pk=client.pk), verb)(by=Actor.operator(), **fields)


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_it_says_how_the_connection_to_anothers_client_stands(api: Api, theirs: Client, acme: Tenant):
    answer = api.get(config_of(theirs))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "no-store"
    config = answer.json()
    assert config.pop("approvedAt").endswith("Z")
    assert config == {
        "status": "approved",
        "consentMethod": "required",
        "scopes": SCOPES,
        "version": 1,
        "expiresAt": None,
    }
    assert api.call("HEAD", config_of(theirs)).content == b""


def test_it_says_how_an_own_client_is_trusted(api: Api, web_client: tuple[Client, str]):
    config = api.get(config_of(web_client[0])).json()

    assert config["status"] == "approved"
    assert config["consentMethod"] == "required"
    assert config["scopes"] == web_client[0].allowed_scopes
    assert not {"pendingVersion", "deletedByOwner"} & config.keys()


def test_it_says_what_has_become_of_it(api: Api, theirs: Client, acme: Tenant, alice: User):
    until = timezone.now() + timedelta(days=3)
    with scope(tenant=acme):
        stored(theirs, acme).remove(by=Actor.operator())
    cast.connect(theirs, acme, by=alice, expires_at=until, allowed=["openid", "apps"])
    owner_does(theirs, "edit", allowed_scopes=[*SCOPES, "spaces.data"])
    with scope(tenant=acme):
        stored(theirs, acme).block(by=Actor.operator())

    config = api.get(config_of(theirs)).json()
    assert config["status"] == "blocked"
    assert config["scopes"] == ["openid", "apps"]
    assert (config["version"], config["pendingVersion"]) == (1, 2)
    assert config["expiresAt"][:19] == until.isoformat()[:19]

    owner_does(theirs, "remove")
    config = api.get(config_of(theirs)).json()
    assert config["deletedByOwner"] is True
    assert "pendingVersion" not in config


def test_a_version_that_was_withdrawn_does_not_wait(api: Api, theirs: Client):
    owner_does(theirs, "edit", allowed_scopes=[*SCOPES, "spaces.data"])
    owner_does(theirs, "unpublish", connected_stay=False)

    assert "pendingVersion" not in api.get(config_of(theirs)).json()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_tn01_what_is_not_connected_is_as_unknown_as_a_random_one(
    method: str, api: Api, globex: Tenant, acme: Tenant, theirs: Client
):
    private = cast.register(globex)[0].client_id
    offered = publish(globex, name="Not connected").client_id
    gone, _secret = cast.register(acme, name="Gone")
    owner_does(gone, "remove")
    body = patch_of(consentMethod="trusted") if method == "PATCH" else None

    answers = [
        unknown_but_for_trace(api.call(method, config_of(name), body))
        for name in ("0" * 32, private, offered, gone.client_id, "%00", "%ff", "é", "x" * 3000, "%ed%a0%80")
    ]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


def test_tn01_each_tenant_sees_its_own_connection(theirs: Client, acme: Tenant, mallory: User, api: Api):
    api.patch(config_of(theirs), patch_of(consentMethod="trusted", scopes=["openid"]))
    owners = Api.of(mallory).get(config_of(theirs)).json()

    assert owners["consentMethod"] == "required"
    assert owners["scopes"] == SCOPES


# --- Changing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/json", "application/json-patch+json"])
def test_it_changes_how_people_consent(
    content_type: str, api: Api, theirs: Client, acme: Tenant, alice: User
):
    body = b'[{"op": "replace", "path": "/consentMethod", "value": "trusted"}]'
    answer = api.call("PATCH", config_of(theirs), body, content_type=content_type)

    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(theirs, acme).consent_method == "trusted"
    [event] = events_of(acme, "connection.updated")
    assert event.changes == {"consent_method": ["required", "trusted"]}
    assert (event.actor_kind, event.actor_id, event.address) == ("user", str(alice.pk), "127.0.0.1")


def test_of_an_own_client_it_changes_that_and_nothing_else(
    api: Api, web_client: tuple[Client, str], acme: Tenant
):
    path = config_of(web_client[0])

    assert api.patch(path, patch_of(consentMethod="trusted")).status_code == 204
    assert stored(web_client[0], acme).consent_method == "trusted"
    assert_problem(api.patch(path, patch_of(status="blocked")), 400, "disable the client")
    assert_problem(api.patch(path, patch_of(scopes=["openid"])), 400, "edit the client")
    assert_problem(api.delete(path), 400, "delete the client")
    assert stored(web_client[0], acme).status == "approved"


def test_it_allows_less_and_again_as_much(api: Api, theirs: Client, acme: Tenant):
    for wanted, left in [
        (["apps:read"], ["openid", "apps:read"]),  # a part of what was approved; who signs in is always known
        (["profile", "apps"], ["openid", "profile", "apps"]),
        (SCOPES, SCOPES),
    ]:
        assert api.patch(config_of(theirs), patch_of(scopes=wanted)).status_code == 204
        assert sorted(api.get(config_of(theirs)).json()["scopes"]) == sorted(left)
    assert len(events_of(acme, "connection.updated")) == 3


@pytest.mark.parametrize("beyond", ["user_default", "admin_classic", "spaces.data", "no-such-scope", "apps "])
def test_it_never_allows_more_than_was_approved(beyond: str, api: Api, theirs: Client, acme: Tenant):
    owner_does(theirs, "edit", allowed_scopes=[*SCOPES, "spaces.data", "user_default", "admin_classic"])

    assert_problem(api.patch(config_of(theirs), patch_of(scopes=["openid", beyond])), 400, "not allowed")
    assert stored(theirs, acme).scopes == SCOPES


def test_it_blocks_and_unblocks_at_once(api: Api, theirs: Client, acme: Tenant, globex: Tenant, bob: User):
    with scope(tenant=globex):
        secret = theirs.secrets.model.add_to(theirs, by=Actor.operator())[1]
    app = Application(theirs, secret, tenant=acme)
    token = app.tokens(cast.signed_in_as(bob), scope="openid")["access_token"]

    assert api.patch(config_of(theirs), patch_of(status="blocked")).status_code == 204
    assert not is_alive(app, token)
    assert api.patch(config_of(theirs), patch_of(status="blocked")).status_code == 204
    assert api.patch(config_of(theirs), patch_of(status="approved")).status_code == 204
    assert not is_alive(app, token)

    events = events_of(acme, "connection.blocked", "connection.unblocked")
    assert [event.action for event in events] == ["connection.blocked", "connection.unblocked"]
    assert events[0].details["sessions_ended"] == 1
    [told] = events_of(globex, "client.disconnected")
    assert (told.actor_kind, told.actor_name) == ("tenant", "Acme AB")


def test_the_operations_of_one_array_happen_together_or_not_at_all(api: Api, theirs: Client, acme: Tenant):
    together = patch_of(scopes=["openid"], consentMethod="trusted", status="blocked")
    for wrong in (patch_of(scopes=["admin_classic"]), patch_of(status="removed")):
        rest = [operation for operation in together if operation["path"] != wrong[0]["path"]]
        assert_problem(api.patch(config_of(theirs), [*rest, *wrong]), 400)
    connection = stored(theirs, acme)
    assert (connection.status, connection.consent_method, connection.scopes) == (
        "approved",
        "required",
        SCOPES,
    )
    assert not events_of(acme, "connection.updated", "connection.blocked")

    assert api.patch(config_of(theirs), together).status_code == 204
    connection = stored(theirs, acme)
    assert (connection.status, connection.consent_method) == ("blocked", "trusted")
    assert connection.scopes == ["openid"]


@pytest.mark.parametrize(
    ("operations", "detail"),
    [
        ({}, "The body must be a JSON array"),
        ([], "must not be empty"),
        (["x"], "Item 0 must be a JSON object"),
        ([{"op": "replace", "path": "/consentMethod"}], "Missing member: value"),
        ([{"path": "/consentMethod", "value": "trusted"}], "Missing member: op"),
        ([{"op": "replace", "value": "trusted"}], "Missing member: path"),
        ([*patch_of(status="blocked"), *patch_of(status="approved")], "must not replace /status twice"),
        ([{**patch_of(status="blocked")[0], "from": "/x"}], "Unknown member: from"),
        *[
            ([{"op": op, "path": "/consentMethod", "value": "trusted"}], "op must be replace")
            for op in odd("add", "remove", "test", "move", "Replace", "", None, 1, ["replace"], {})
        ],
        *[
            ([{"op": "replace", "path": path, "value": "trusted"}], "cannot be replaced")
            for path in odd("", "/", "consentMethod", "/consentmethod", "/scopes/0", "/version", "/approvedAt",
                         "/~0consentMethod", "/consentMethod/", None, 7, ["/status"], {}, "/" + "x" * 5000)
        ],
        *[
            (patch_of(consentMethod=value), "must be required or trusted")
            for value in odd("", "Trusted", "none", None, True, 1, ["trusted"], {"trusted": 1})
        ],
        *[
            (patch_of(status=value), "must be approved or blocked")
            for value in odd("", "removed", "APPROVED", None, False, 0, [])
        ],
        *[
            (patch_of(scopes=value), "value must be a JSON array")
            for value in odd("openid", None, {}, 1, True)
        ],
        *[
            (patch_of(scopes=value), "value[0] must ")
            for value in odd([1], [None], [["openid"]], [""])
        ],
        (patch_of(scopes=["openid", "openid"]), "same string twice"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_a_reason(
    operations: object, detail: str, api: Api, theirs: Client, acme: Tenant
):
    assert_problem(api.patch(config_of(theirs), operations), 400, detail)
    connection = stored(theirs, acme)
    assert (connection.status, connection.consent_method, connection.scopes) == (
        "approved",
        "required",
        SCOPES,
    )


def test_something_must_remain(api: Api, acme: Tenant, globex: Tenant):
    client = publish(globex, allowed_scopes=["apps:read", "profile"])
    cast.connect(client, acme)

    assert_problem(api.patch(config_of(client), patch_of(scopes=[])), 400, "Select at least one thing")


# --- Removing --------------------------------------------------------------------------------------------------------


def test_it_removes_the_connection(api: Api, theirs: Client, acme: Tenant, globex: Tenant, alice: User):
    answer = api.delete(config_of(theirs))

    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(api.get(config_of(theirs)), 404)
    assert_problem(api.delete(config_of(theirs)), 404)
    [event] = events_of(acme, "connection.removed")
    assert event.actor_id == str(alice.pk)
    assert len(events_of(globex, "client.disconnected")) == 1


def test_what_its_owner_has_deleted_can_still_be_removed(api: Api, theirs: Client):
    owner_does(theirs, "remove")

    assert api.delete(config_of(theirs)).status_code == 204


def test_a_bot_is_the_one_who_did_it(acme: Tenant, theirs: Client):
    bot = Api.bot(acme)
    bot.patch(config_of(theirs), patch_of(consentMethod="trusted"))

    [event] = events_of(acme, "connection.updated")
    assert (event.actor_kind, event.actor_name) == ("client", "Nightly reload")


def test_another_tenants_bot_reads_its_own_connection_as_it_is_stored(
    acme: Tenant, globex: Tenant, alice: User
):
    """Its token's client is the narrowed one of this tenant; what is shown is not."""
    client, secret = cast.register(
        globex, **cast.machines_too(allowed_scopes=["admin_classic", "user_default"])
    )
    cast.connect(client, acme, by=alice, consent_method="trusted", allowed=["admin_classic"])
    answer = Application(client, secret, tenant=acme).token(grant_type="client_credentials")
    bot = Api(acme, answer.json().get("access_token", ""))

    config = bot.get(config_of(client)).json()
    assert config["scopes"] == ["admin_classic"]
    assert "pendingVersion" not in config


@pytest.mark.parametrize("addresses", [[], ["https://app.example.com/callback"]])
def test_an_own_machine_stays_trusted(api: Api, acme: Tenant, addresses: list[str]):
    client, _ = cast.register(acme, redirect_uris=addresses, grant_types=["client_credentials"])

    answer = api.patch(config_of(client), patch_of(consentMethod="required"))

    assert_problem(answer, 400)
    assert "must be trusted" in answer.content.decode()
    assert stored(client, acme).consent_method == "trusted"


def test_anothers_machine_may_wait_here(api: Api, acme: Tenant, globex: Tenant, alice: User):
    """Its people go on signing in; that it is one for machines too is its owner's choice."""
    client = publish(globex, **cast.machines_too())
    cast.connect(client, acme, by=alice, consent_method="trusted")

    assert api.patch(config_of(client), patch_of(consentMethod="required")).status_code == 204
    assert stored(client, acme).consent_method == "required"
