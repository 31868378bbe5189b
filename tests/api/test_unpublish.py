"""`/api/v1/oauth-clients/{clientId}/actions/unpublish`: what Qlik has not; the answer is a receipt (S6, N7)."""

from datetime import datetime

import pytest
from django_scopes import scope

from console.models import Actor, Client, Connection, Tenant, User
from tests import cast
from tests.api.caller import Api, assert_problem, client_path, events_of
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db
NOTHING = {"tenants": 0, "sessionsEnded": 0, "acceptedUntil": None}


@pytest.fixture
def shared(acme: Tenant, globex: Tenant, gustav: User) -> tuple[Client, str]:
    """Acme's, published, connected to globex."""
    client, secret = cast.register(acme, name="Shared")
    cast.connect(client, globex)
    return client, secret


def path(client: Client) -> str:
    return client_path(client, "actions/unpublish")


def test_it_ends_what_other_tenants_have_and_says_what_ended(
    acme: Tenant, globex: Tenant, shared: tuple[Client, str], alice: User, gustav: User, bob: User
):
    theirs, ours = Application(*shared, tenant=globex), Application(*shared)
    token = theirs.tokens(cast.signed_in_as(gustav))["access_token"]
    own = ours.tokens(cast.signed_in_as(bob))["access_token"]

    answer = Api.of(alice).post(path(shared[0]), {"connected": "end"})

    assert answer.status_code == 200
    receipt = answer.json()
    assert (receipt["tenants"], receipt["sessionsEnded"]) == (1, 1)
    assert datetime.fromisoformat(receipt["acceptedUntil"]) > datetime.now().astimezone()
    assert not is_alive(theirs, token)
    assert is_alive(ours, own)
    [event] = events_of(acme, "client.unpublished")
    assert (event.actor_id, event.details["sessions_ended"]) == (str(alice.pk), 1)
    [told] = events_of(globex, "connection.changed_by_owner")[-1:]
    assert (told.actor_kind, told.actor_name) == ("tenant", "Acme AB")


def test_those_that_are_connected_may_stay(
    shared: tuple[Client, str], globex: Tenant, alice: User, gustav: User
):
    theirs = Application(*shared, tenant=globex)
    token = theirs.tokens(cast.signed_in_as(gustav))["access_token"]
    api = Api.of(alice)

    assert api.post(path(shared[0]), {"connected": "stay"}).json() == NOTHING
    assert is_alive(theirs, token)
    assert api.post(path(shared[0]), {"connected": "end"}).json()["sessionsEnded"] == 1
    assert not is_alive(theirs, token)


@pytest.mark.parametrize("again", ["stay", "end"])
def test_once_they_have_ended_no_call_brings_them_back(
    again: str, acme: Tenant, globex: Tenant, shared: tuple[Client, str], alice: User
):
    api = Api.of(alice)
    api.post(path(shared[0]), {"connected": "end"})

    answer = api.post(path(shared[0]), {"connected": again})

    assert (answer.status_code, answer.json()) == (200, NOTHING)
    assert Connection.to_client(globex, shared[0].client_id) is None
    assert len(events_of(acme, "client.unpublished")) == 1
    with scope(tenant=acme):
        client = Client.objects.get(pk=shared[0].pk)
        client.unpublish(by=Actor.operator(), connected_stay=True)
    assert Connection.to_client(globex, shared[0].client_id) is None


@pytest.mark.parametrize("connected", ["stay", "end"])
def test_what_was_never_published_has_nothing_to_end(
    connected: str, acme: Tenant, web_client: tuple[Client, str], alice: User
):
    answer = Api.of(alice).post(path(web_client[0]), {"connected": connected})

    assert (answer.status_code, answer.json()) == (200, NOTHING)
    assert not events_of(acme, "client.unpublished")


@pytest.mark.parametrize("body", [{}, {"connected": None}])
def test_it_must_be_said_what_becomes_of_them(body: object, shared: tuple[Client, str], alice: User):
    assert_problem(Api.of(alice).post(path(shared[0]), body), 400, "connected")


@pytest.mark.parametrize("value", ["", "End", "both", True, 0, [], ["end"], {"end": 1}])
def test_it_takes_two_words(value: object, acme: Tenant, shared: tuple[Client, str], alice: User):
    assert_problem(Api.of(alice).post(path(shared[0]), {"connected": value}), 400, "must be stay or end")
    assert not events_of(acme, "client.unpublished")


def test_without_a_body_it_does_nothing(acme: Tenant, shared: tuple[Client, str], alice: User):
    assert_problem(Api.of(alice).post(path(shared[0])), 415)
    assert not events_of(acme, "client.unpublished")
