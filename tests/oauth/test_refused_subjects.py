"""A refusal keeps its subject: the audit log says which client it was about, the answer says nothing (N2)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Actor, Client, ClientSecret, Connection, Event, Tenant, User
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.outcomes import assert_refused

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still: no minute ends in the middle of a test."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def app(machine_client: ClientAndSecret) -> Application:
    return Application(*machine_client)


def ask(app: Application, **sent: str | None) -> Any:
    """A client-credentials request with the credentials in the body; None leaves one out."""
    usual: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
    }
    return app.web.post(
        "/oauth/token", **cast.form(**{name: value for name, value in (usual | sent).items() if value})
    )


def remove_secret(client: Client, by: User | None = None) -> ClientSecret:
    """Removes the client's oldest secret; it has another one then."""
    with scope(tenant=client.tenant):
        row: ClientSecret = ClientSecret.objects.filter(client=client).earliest("created_at")
        ClientSecret.add_to(client, by=cast.OPERATOR)
        row.remove(by=Actor(user=by))
    return row


def refused(tenant: Tenant, action: str = "tokens.refused") -> Event:
    """The one refusal in a tenant's log."""
    with scope(tenant=tenant):
        event: Event = Event.objects.get(action=action)
    return event


def log_of(tenant: Tenant) -> str:
    """All that a tenant's log holds, as text."""
    with scope(tenant=tenant):
        return repr(list(Event.objects.values()))


def test_a_removed_secret_is_recognised_and_the_caller_learns_nothing(
    app: Application, machine_client: ClientAndSecret, acme: Tenant, alice: User
):
    unknown = ask(app, client_secret="qas_" + "0" * 49)
    row = remove_secret(machine_client[0], alice)
    with scope(tenant=acme):
        Event.objects.filter(action="tokens.refused").delete()

    answer = ask(app)

    assert_refused(answer, "invalid_client", 401)
    assert answer.content == unknown.content
    event = refused(acme)
    assert event.target_id == str(machine_client[0].pk)
    assert event.actor_kind == "anonymous"
    assert event.details["reason"] == "removed_secret"
    assert event.details["hint"] == row.hint
    assert event.details["removed_by"] == alice.email
    assert event.details["removed_at"].startswith(f"{timezone.now():%Y-%m-%dT}")


def test_a_removed_secret_alone_names_its_client(
    app: Application, machine_client: ClientAndSecret, acme: Tenant
):
    remove_secret(machine_client[0])

    assert_refused(ask(app, client_id=None), "invalid_client", 401)

    assert refused(acme).target_id == str(machine_client[0].pk)


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_introspection_and_revocation_are_refused_in_the_log_too(
    app: Application, machine_client: ClientAndSecret, acme: Tenant, endpoint: str
):
    row = remove_secret(machine_client[0])

    answer = app.introspect("x") if endpoint == "introspection" else app.revoke("x")

    assert answer.status_code == 401
    event = refused(acme)
    assert event.target_id == str(machine_client[0].pk)
    assert (event.details["endpoint"], event.details["hint"]) == (endpoint, row.hint)


def test_it_takes_no_more_statements_than_an_unknown_secret_and_one_at_most_to_remember(
    app: Application,
    machine_client: ClientAndSecret,
    acme: Tenant,
    django_assert_max_num_queries: Callable[[int], Any],
):
    remove_secret(machine_client[0])
    ask(app)

    with django_assert_max_num_queries(6):  # two look-ups; savepoint, count, release; keyword
        ask(app)


def test_a_secret_names_whose_it_is_whatever_client_id_stands_beside_it(
    app: Application, machine_client: ClientAndSecret, acme: Tenant
):
    other, secret = cast.register(acme, name="Other")

    assert_refused(ask(app, client_secret=secret), "invalid_client", 401)

    event = refused(acme)
    assert (event.target_id, event.details["reason"]) == (str(other.pk), "secret_of_another_client")


def test_a_client_that_is_only_named_is_the_target_but_does_not_act(
    app: Application, machine_client: ClientAndSecret, acme: Tenant
):
    assert_refused(ask(app, client_secret="wrong"), "invalid_client", 401)

    event = refused(acme)
    assert event.target_id == str(machine_client[0].pk)
    assert (event.actor_kind, event.details["claimed"]) == ("anonymous", True)


def test_an_assertion_names_its_client_as_claimed(
    app: Application, machine_client: ClientAndSecret, acme: Tenant
):
    forged = jwt.encode(
        {"sub": app.client_id}, "not the key of this client, and long enough", algorithm="HS256"
    )

    answer = ask(
        app,
        client_id=None,
        client_secret=None,
        client_assertion=forged,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )

    assert_refused(answer, "invalid_client", 401)
    event = refused(acme)
    assert (event.target_id, event.details["claimed"]) == (str(machine_client[0].pk), True)


def test_a_client_id_that_names_nothing_is_kept_only_if_it_can_be_one(app: Application, acme: Tenant):
    ask(app, client_id="a" * 32, client_secret=None)
    ask(app, client_id="qas_misplaced", client_secret=None)
    ask(app, client_id="hunter2", client_secret=None)

    with scope(tenant=acme):
        kept = [
            (event.details.get("client_id"), event.times)
            for event in Event.objects.filter(action="tokens.refused").order_by("pk")
        ]
    assert kept == [("a" * 32, 1), (None, 2)]
    assert "hunter2" not in log_of(acme)
    assert "qas_misplaced" not in log_of(acme)


# --- Where the client stands ----------------------------------------------------------------------------------


def disable(client: Client, connection: Connection) -> None:
    client.disable(by=cast.OPERATOR)


def delete(client: Client, connection: Connection) -> None:
    client.remove(by=cast.OPERATOR)


def withdraw(client: Client, connection: Connection) -> None:
    client.unpublish(by=cast.OPERATOR, connected_stay=False)


def block(client: Client, connection: Connection) -> None:
    connection.block(by=cast.OPERATOR)


def expire(client: Client, connection: Connection) -> None:
    Connection._base_manager.filter(pk=connection.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("credential", ["secret", "name"])
@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (disable, "client_disabled"),
        (delete, "client_deleted"),
        (withdraw, "client_withdrawn"),
        (block, "connection_blocked"),
        (expire, "approval_expired"),
    ],
)
def test_the_log_says_what_stands_against_a_borrowed_client(
    acme: Tenant, globex: Tenant, act: Callable[..., None], reason: str, credential: str
):
    client, secret = cast.register(globex, **cast.machines_too())
    connection = cast.connect(client, acme, consent_method="trusted")
    with scope(tenant=[acme, globex]):
        act(Client.with_deleted_anywhere.get(pk=client.pk), connection)
    app = Application(client, secret, tenant=acme)

    answer = ask(app) if credential == "secret" else ask(app, client_secret="wrong")

    assert_refused(answer, "invalid_client", 401)
    event = refused(acme)
    assert (event.target_id, event.details["reason"]) == (str(client.pk), reason)


# --- Nothing crosses tenants ----------------------------------------------------------------------------------


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("removed", [False, True])
def test_a_secret_of_a_client_that_a_tenant_does_not_know_is_nothing_there(
    acme: Tenant, globex: Tenant, published: bool, removed: bool
):
    client, secret = cast.register(globex, **cast.machines_too(name="Globex reports"))
    if published:
        with scope(tenant=globex):
            client.publish(by=cast.OPERATOR)
    if removed:
        remove_secret(client)
    before = log_of(globex)

    answer = ask(Application(client, secret, tenant=acme))

    assert_refused(answer, "invalid_client", 401)
    event = refused(acme)
    assert (event.target_id, event.details["reason"]) == ("", "unknown_secret")
    assert "Globex" not in log_of(acme)
    assert secret[-5:] not in log_of(acme)
    assert log_of(globex) == before


def test_the_owner_reads_which_removed_secret_is_tried_elsewhere_and_the_other_tenant_does_not(
    acme: Tenant, globex: Tenant, mallory: User
):
    client, secret = cast.register(globex, **cast.machines_too())
    cast.connect(client, acme, consent_method="trusted")
    row = remove_secret(client, mallory)

    app = Application(client, secret, tenant=acme)
    assert_refused(ask(app), "invalid_client", 401)

    here, owners = refused(acme), refused(globex)
    assert here.target_id == owners.target_id == str(client.pk)
    assert here.details.keys() == {"reason", "error", "grant_type"}
    assert mallory.email not in log_of(acme)
    assert (owners.actor_kind, owners.actor_name) == ("tenant", "Acme AB")
    assert (owners.details["hint"], owners.details["removed_by"]) == (row.hint, mallory.email)


# --- Codes, refresh tokens, calls -----------------------------------------------------------------------------


def test_a_code_and_a_refresh_token_of_another_client_say_whose_they_are(
    web_client: ClientAndSecret, acme: Tenant, browser: Callable[..., Browser], bob: User
):
    app = Application(*web_client)
    other = Application(*cast.register(acme, name="Other"))
    tokens = app.tokens(browser(bob), scope="openid offline_access")
    code = app.code(browser(bob), scope="openid")

    assert_refused(other.exchange(code), "invalid_grant")
    assert_refused(other.refresh(tokens["refresh_token"]), "invalid_grant")

    with scope(tenant=acme):
        found = {event.details["reason"]: event for event in Event.objects.filter(action="tokens.refused")}
    assert found.keys() == {"code_of_another_client", "refresh_token_of_another_client"}
    for event in found.values():
        assert event.target_name == "Other"
        assert (event.details["given_to"], event.details["user"]) == ("Web app", bob.email)


def test_an_ended_token_is_refused_in_the_log_with_its_client_and_an_expired_one_is_not(
    app: Application, machine_client: ClientAndSecret, acme: Tenant, clock: TimeMachineFixture
):
    token = ask(app, scope="user_default").json()["access_token"]
    call = {"Authorization": f"Bearer {token}"}
    with scope(tenant=acme):
        machine_client[0].disable(by=cast.OPERATOR)

    assert app.web.get("/api/v1/users/me", headers=call).status_code == 401
    event = refused(acme, "api.refused")
    assert (event.target_id, event.details["reason"]) == (str(machine_client[0].pk), "access_token_ended")

    clock.move_to(timezone.now() + timedelta(hours=2), tick=False)
    assert app.web.get("/api/v1/users/me", headers=call).status_code == 401
    assert refused(acme, "api.refused").times == 1


def test_a_forged_token_is_refused_in_the_log_and_no_token_is_not(app: Application, acme: Tenant):
    app.web.get("/api/v1/users/me")
    app.userinfo("forged")

    event = refused(acme, "api.refused")
    assert (event.target_id, event.details["path"]) == ("", "/oauth/userinfo")


def test_a_refused_authorization_keeps_the_client_id_that_names_nothing(
    acme: Tenant, stranger: Callable[..., Browser]
):
    stranger(acme).get("/oauth/authorize", {"client_id": "a" * 32, "response_type": "code"})

    assert refused(acme, "authorization.refused").details["client_id"] == "a" * 32


# --- The page -------------------------------------------------------------------------------------------------


def test_the_secrets_page_says_that_a_removed_secret_is_still_tried_and_from_where(
    app: Application, machine_client: ClientAndSecret, browser: Callable[..., Browser], alice: User
):
    row = remove_secret(machine_client[0], alice)
    page = f"/console/oauth/{app.client_id}/secrets"
    assert "still being tried" not in browser(alice).get(page).content.decode()
    app.web.defaults["REMOTE_ADDR"] = ADDRESS

    ask(app)

    text = browser(alice).get(page).content.decode()
    assert f"The removed secret …{row.hint} is still being tried" in text
    assert f"from {ADDRESS}" in text
    found = browser(alice).get("/console/events", {"q": row.hint}).content.decode()
    assert "Someone tried to use" in found
