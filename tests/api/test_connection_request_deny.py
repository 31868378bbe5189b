"""`/api/v1/oauth-connection-requests/{id}/actions/deny` (N6)."""

from typing import Any

import pytest

from console.models import ConnectionRequest, Tenant, User
from tests.api.caller import Api, assert_problem, events_of, odd, request_path
from tests.cast import ask, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def wish(bob: User, globex: Tenant) -> ConnectionRequest:
    return ask(bob, publish(globex))


@pytest.fixture
def api(alice: User) -> Api:
    return Api.of(alice)


def test_it_refuses_with_a_text_for_those_who_asked(
    api: Api, wish: ConnectionRequest, acme: Tenant, alice: User, bob: User, mailoutbox: list[Any]
):
    answer = api.post(request_path(wish, "deny"), {"answer": "  We have\r\none already. 🙂 "})

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["status"], shown["answer"]) == ("denied", "We have\none already. 🙂")
    assert shown["decidedBy"] == str(alice.pk)
    assert shown["requesterCount"] == 1
    [event] = events_of(acme, "connection.denied")
    assert (event.actor_id, event.details) == (str(alice.pk), {"answer": "We have\none already. 🙂"})
    [mail] = mailoutbox
    assert mail.to == [bob.email]
    assert "one already" in mail.body
    assert Api.of(bob, "user_default").get(request_path(wish)).json()["answer"] == shown["answer"]


def test_a_bot_can_refuse(wish: ConnectionRequest, acme: Tenant):
    shown = Api.bot(acme).post(request_path(wish, "deny"), {"answer": "Not by policy."}).json()

    assert shown["decidedBy"] is None
    [event] = events_of(acme, "connection.denied")
    assert (event.actor_kind, event.actor_name) == ("client", "Nightly reload")


@pytest.mark.parametrize(
    "body",
    [
        {},
        *[
            {"answer": value}
            for value in odd(None, 1, True, [], {}, ["No"], "", "   ", "\n", "\u200b", "\u00a0")
        ],
        {"answer": "x" * 1001},
        {"answer": "a\u202eb"},
        {"answer": "a\u0007b"},
        {"answer": "a\u2028b"},
        {"answer": "No.", "reason": "x"},
    ],
)
def test_what_nobody_could_read_is_refused(
    body: object, api: Api, wish: ConnectionRequest, mailoutbox: list[Any]
):
    assert_problem(api.post(request_path(wish, "deny"), body), 400)
    assert api.get(request_path(wish)).json()["status"] == "open"
    assert not mailoutbox


def test_a_thousand_characters_are_kept(api: Api, wish: ConnectionRequest):
    text = "å" * 999 + "🙂"
    assert api.post(request_path(wish, "deny"), {"answer": text}).json()["answer"] == text
