"""`/api/v1/oauth-connection-requests` and `…/{id}`: who asks for which client, as far as the caller sees it (N6)."""

from typing import Any

import pytest
from django_scopes import scope

from console.models import Actor, Client, ConnectionRequest, Tenant, User
from tests import cast
from tests.api.caller import REQUESTS, Api, assert_problem, request_path, unknown_but_for_trace
from tests.cast import ask, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(globex: Tenant) -> Client:
    return publish(globex, homepage_url="https://studio.globex.example")


@pytest.fixture
def wish(bob: User, carol: User, studio: Client) -> ConnectionRequest:
    """Bob has asked, and carol has joined him."""
    ask(bob, studio)
    return ask(carol, studio, "Me too")


def deny(wish: ConnectionRequest, by: User, answer: str = "Not now.") -> None:
    with scope(tenant=wish.tenant):
        ConnectionRequest.objects.get(pk=wish.pk).deny(answer, by=Actor(user=by))


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["data"]]


def several(owner: Tenant, person: User, number: int) -> list[str]:
    """Requests for several clients; the newest first, as they are listed."""
    return [str(ask(person, publish(owner, name=f"App {n}")).pk) for n in range(number)][::-1]


# --- One -------------------------------------------------------------------------------------------------------------


def test_an_administrator_sees_who_asked_for_what(
    wish: ConnectionRequest, studio: Client, alice: User, bob: User, carol: User, acme: Tenant
):
    answer = Api.of(alice).get(request_path(wish))

    assert answer.status_code == 200
    shown = answer.json()
    assert shown.pop("createdAt").endswith("Z")
    requesters = shown.pop("requesters")
    assert shown == {
        "id": str(wish.pk),
        "status": "open",
        "clientId": studio.client_id,
        "clientName": "Insight studio",
        "publisher": "Globex",
        "available": True,
        "version": 1,
        "allowedScopes": ["openid", "profile", "offline_access", "apps:read"],
        "allowedGrantTypes": [],
        "redirectHosts": ["studio.globex.example"],
        "allowedOrigins": [],
        "clientUri": "https://studio.globex.example",
        "logoUri": "",
        "requesterCount": 2,
        "links": {"self": {"href": f"{acme.issuer}{request_path(wish)}"}},
    }
    assert [requester.pop("createdAt")[-1] for requester in requesters] == ["Z", "Z"]
    assert requesters == [
        {"userId": str(bob.pk), "name": "Bob", "email": bob.email, "reason": "For the board"},
        {"userId": str(carol.pk), "name": "Carol", "email": carol.email, "reason": "Me too"},
    ]


@pytest.mark.parametrize("granted", ["admin_classic", "user_default"])
def test_who_asked_sees_the_answer_and_nobody_else_in_it(
    granted: str, wish: ConnectionRequest, alice: User, bob: User
):
    deny(wish, alice, "Not this year.")
    shown = Api.of(bob, granted).get(request_path(wish)).json()

    assert (shown["status"], shown["answer"]) == ("denied", "Not this year.")
    assert [requester["userId"] for requester in shown["requesters"]] == [str(bob.pk)]
    assert shown["requesters"][0].keys() == {"userId", "reason", "createdAt"}
    assert not {"requesterCount", "decidedBy"} & shown.keys()
    for other in ("carol", "alice", "Me too", str(alice.pk)):
        assert other not in str(shown)


def test_who_answered_is_told_to_those_who_read_the_console(
    wish: ConnectionRequest, alice: User, carol: User
):
    deny(wish, alice)
    shown = Api.of(carol).get(request_path(wish)).json()

    assert shown["decidedBy"] == str(alice.pk)
    assert shown["decidedAt"].endswith("Z")
    assert shown["requesterCount"] == 2


def test_a_token_for_oneself_shows_an_administrator_what_is_their_own(
    wish: ConnectionRequest, studio: Client, alice: User
):
    api = Api.of(alice, "user_default")
    assert ids(api.get(REQUESTS)) == []
    assert_problem(api.get(request_path(wish)), 404)
    ask(alice, studio)
    assert ids(api.get(REQUESTS)) == [str(wish.pk)]


def test_a_token_for_neither_shows_nothing(wish: ConnectionRequest, alice: User, bob: User):
    for person, needed in ((alice, "admin_classic"), (bob, "user_default")):
        answer = Api.of(person, "openid profile apps:read").get(REQUESTS)
        assert_problem(answer, 403, f"needs the scope {needed}")
        assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]


def test_what_is_not_offered_any_more_is_not_shown(wish: ConnectionRequest, studio: Client, alice: User):
    with scope(tenant=studio.tenant):
        client = Client.objects.get(pk=studio.pk)
        client.unpublish(by=Actor.operator(), connected_stay=False)
        client.edit(by=Actor.operator(), redirect_uris=["https://not-announced.example/cb"])
    shown = Api.of(alice).get(request_path(wish)).json()

    assert shown["available"] is False
    assert not {"allowedScopes", "redirectHosts", "version", "clientUri"} & shown.keys()
    assert "not-announced" not in str(shown)


@pytest.mark.parametrize("action", ["", "approve", "deny"])
def test_tn01_what_is_not_ones_own_is_as_unknown_as_a_random_one(
    action: str, wish: ConnectionRequest, acme: Tenant, alice: User, mallory: User
):
    elsewhere = ask(cast.join(mallory.tenant, "gunnar"), publish(acme))
    api = Api.of(alice)
    bodies = {"approve": {"consentMethod": "required"}, "deny": {"answer": "No"}}

    answers = [
        unknown_but_for_trace(
            api.call("POST" if action else "GET", request_path(number, action), bodies.get(action))
        )
        for number in (
            10**6, elsewhere.pk, 0, "-1", "x", "%00", "1.0", "%C2%B2", "9" * 19, "9" * 5000, 2**63, f"{wish.pk}%20",
        )
    ]  # fmt: skip
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


def test_what_others_asked_for_is_not_there(wish: ConnectionRequest, acme: Tenant):
    api = Api.of(cast.join(acme, "dora"))

    assert ids(api.get(REQUESTS)) == []
    assert_problem(api.get(request_path(wish)), 404)
    assert_problem(api.post(request_path(wish, "approve"), {"consentMethod": "required"}), 403)


# --- All -------------------------------------------------------------------------------------------------------------


def test_each_tenant_lists_its_own(
    wish: ConnectionRequest, acme: Tenant, alice: User, mallory: User, gustav: User
):
    elsewhere = ask(gustav, publish(acme))

    assert ids(Api.of(alice).get(REQUESTS)) == [str(wish.pk)]
    assert ids(Api.of(mallory).get(REQUESTS)) == [str(elsewhere.pk)]
    assert ids(Api.bot(acme).get(REQUESTS)) == [str(wish.pk)]


def test_they_can_be_chosen_by_status(
    wish: ConnectionRequest, acme: Tenant, globex: Tenant, alice: User, bob: User
):
    refused = ask(bob, publish(globex, name="Refused"))
    deny(refused, alice)
    approved = ask(bob, publish(globex, name="Approved"))
    cast.connect(approved.client, acme, by=alice)
    api = Api.of(alice)

    assert ids(api.get(REQUESTS)) == [str(approved.pk), str(refused.pk), str(wish.pk)]
    for status, expected in (("open", wish), ("denied", refused), ("approved", approved)):
        answer = api.get(f"{REQUESTS}?status={status}")
        assert ids(answer) == [str(expected.pk)]
        assert f"status={status}" in answer.json()["links"]["self"]["href"]


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_links_lead_through_all_of_them_and_back(
    who: str, request: pytest.FixtureRequest, acme: Tenant, globex: Tenant, bob: User
):
    expected = several(globex, bob, 7)
    api = Api.of(request.getfixturevalue(who))
    answer, forward = api.get(f"{REQUESTS}?limit=3&status=open"), []
    assert "prev" not in answer.json()["links"]
    while True:
        forward.append(ids(answer))
        links = answer.json()["links"]
        assert all(link["href"].startswith(f"{acme.issuer}{REQUESTS}?") for link in links.values())
        if "next" not in links:
            break
        answer = api.get(links["next"]["href"].removeprefix(acme.issuer))
    assert forward == [expected[:3], expected[3:6], expected[6:]]

    backward = [ids(answer)]
    while "prev" in answer.json()["links"]:
        answer = api.get(answer.json()["links"]["prev"]["href"].removeprefix(acme.issuer))
        backward.insert(0, ids(answer))
        assert "next" in answer.json()["links"]
    assert backward == forward


def test_what_comes_in_meanwhile_moves_nothing(globex: Tenant, acme: Tenant, alice: User, bob: User):
    expected = several(globex, bob, 4)
    api = Api.of(alice)
    first = api.get(f"{REQUESTS}?limit=2").json()
    several(globex, bob, 3)

    following = api.get(first["links"]["next"]["href"].removeprefix(acme.issuer))
    assert ids(following) == expected[2:]
    assert "next" not in following.json()["links"]


def test_twenty_are_a_page(globex: Tenant, alice: User, bob: User):
    several(globex, bob, 21)
    api = Api.of(alice)
    assert len(ids(api.get(REQUESTS))) == 20
    assert len(ids(api.get(f"{REQUESTS}?limit=100"))) == 21


def test_a_page_takes_as_many_queries_as_one_request(
    globex: Tenant, alice: User, bob: User, django_assert_max_num_queries: Any
):
    several(globex, bob, 10)
    api = Api.of(alice)
    api.get(REQUESTS)
    with django_assert_max_num_queries(14):
        api.get(REQUESTS)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        *[(f"limit={text}", "limit") for text in ("0", "101", "-1", "x", "", "1.5", "1e2", "%00", "%C2%B2", "9" * 30)],
        *[(f"status={text}", "status") for text in ("", "closed", "OPEN", "open,denied", "%00", "%ff")],
        *[(f"next={text}", "Invalid cursor: next") for text in ("", "x", "-1", "%00", "9" * 19, "9" * 5000)],
        ("prev=x", "Invalid cursor: prev"),
        ("next=1&prev=1", "not for both"),
        ("limit=1&limit=1", "Duplicate query parameter: limit"),
        ("status=open&status=denied", "Duplicate query parameter: status"),
        ("next=1&next=2", "Duplicate query parameter: next"),
    ],
)  # fmt: skip
def test_a_parameter_that_means_nothing_is_refused(query: str, detail: str, alice: User):
    assert_problem(Api.of(alice).get(f"{REQUESTS}?{query}"), 400, detail)


def test_beyond_the_last_there_is_nothing(wish: ConnectionRequest, alice: User):
    api = Api.of(alice)
    assert ids(api.get(f"{REQUESTS}?next=1")) == []
    assert ids(api.get(f"{REQUESTS}?prev={'9' * 18}")) == []
