"""`/api/v1/oauth-clients/{clientId}/actions/publish` (S6, Q6)."""

import pytest

from console.models import Client, Tenant, User
from tests import cast
from tests.api.caller import Api, assert_problem, client_path, config_of, events_of, unknown_but_for_trace
from tests.cast import publish

pytestmark = pytest.mark.django_db


def path(client: Client | str) -> str:
    return client_path(client, "actions/publish")


def test_it_publishes_and_says_since_when(
    acme: Tenant, globex: Tenant, alice: User, web_client: tuple[Client, str]
):
    client = web_client[0]
    answer = Api.of(alice).post(path(client))  # as Qlik's libraries send it: no body, no content type

    assert answer.status_code == 201
    client.refresh_from_db()
    assert client.published_at is not None
    since = client.published_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert answer.json() == {"publishedAt": since}
    cast.connect(client, globex)
    [event] = events_of(acme, "client.published")
    assert (event.actor_kind, event.actor_id, event.target_name) == ("user", str(alice.pk), "Web app")


def test_again_it_says_the_same(acme: Tenant, web_client: tuple[Client, str], alice: User):
    api = Api.of(alice)
    answers = [api.post(path(web_client[0])) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(events_of(acme, "client.published")) == 1


def test_a_client_that_only_machines_use_cannot_be_published(
    acme: Tenant, machine_client: tuple[Client, str], alice: User
):
    assert_problem(Api.of(alice).post(path(machine_client[0])), 400, "It has no redirect URL")
    assert not events_of(acme, "client.published")


def test_a_bot_is_the_one_who_did_it(acme: Tenant, web_client: tuple[Client, str]):
    bot = Api.bot(acme)
    bot.post(path(web_client[0]))

    [event] = events_of(acme, "client.published")
    assert (event.actor_kind, event.actor_name) == ("client", "Nightly reload")


@pytest.mark.parametrize("action", ["publish", "unpublish"])
def test_tn01_what_is_not_ones_own_is_as_unknown_as_a_random_one(
    action: str, acme: Tenant, globex: Tenant, alice: User
):
    connected, offered, private = publish(globex), publish(globex), cast.register(globex)[0]
    cast.connect(connected, acme, by=alice)
    api = Api.of(alice)
    body = None if action == "publish" else {"connected": "end"}

    answers = [
        unknown_but_for_trace(api.post(client_path(name, f"actions/{action}"), body))
        for name in (
            "0" * 32, connected.client_id, offered.client_id, private.client_id, "%00", "x" * 3000, "%ff",
        )
    ]  # fmt: skip
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
    assert api.get(config_of(connected)).json()["status"] == "approved"
    assert not events_of(globex, "client.unpublished")
