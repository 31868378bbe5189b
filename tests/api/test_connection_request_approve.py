"""`/api/v1/oauth-connection-requests/{id}/actions/approve` (S9, N6)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope

from console.models import (
    Actor,
    Client,
    Connection,
    ConnectionRequest,
    NotPublished,
    Tenant,
    User,
    approval_answer,
)
from tests import cast
from tests.api.caller import Api, assert_problem, config_of, events_of, odd, request_path
from tests.cast import ask, publish
from tests.kept import kept

pytestmark = pytest.mark.django_db
REQUIRED: dict[str, Any] = {"consentMethod": "required"}


@kept
def studio(globex: Tenant) -> Client:
    return publish(globex)


@kept
def wish(bob: User, studio: Client) -> ConnectionRequest:
    return ask(bob, studio)


@pytest.fixture
def api(alice: User) -> Api:
    return Api.of(alice)


def connections(tenant: Tenant) -> list[Connection]:
    with scope(tenant=tenant):
        return list(Connection.objects.exclude(client__tenant=tenant))


def owner_does(client: Client, verb: str, **fields: Any) -> None:
    with scope(tenant=client.tenant):
        getattr(Client.objects.get(pk=client.pk), verb)(by=Actor.operator(), **fields)


def test_it_connects_what_was_asked_for_and_tells_those_who_asked(
    api: Api,
    wish: ConnectionRequest,
    acme: Tenant,
    globex: Tenant,
    alice: User,
    bob: User,
    mailoutbox: list[Any],
):
    answer = api.post(request_path(wish, "approve"), REQUIRED)

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["id"], shown["status"], shown["decidedBy"]) == (str(wish.pk), "approved", str(alice.pk))
    [connection] = connections(acme)
    assert connection.consent_method == "required"
    assert connection.scopes == ["openid", "profile", "offline_access", "apps:read"]
    assert (connection.expires_at, connection.approved_by_id) == (None, alice.pk)
    [event] = events_of(acme, "connection.approved")
    assert (event.actor_kind, event.actor_id, event.address) == ("user", str(alice.pk), "127.0.0.1")
    assert [told.actor_name for told in events_of(globex, "client.connected")] == ["Acme AB"]
    assert [mail.to for mail in mailoutbox] == [[bob.email]]
    assert api.get(config_of(wish.client)).json()["status"] == "approved"


def test_it_lets_in_with_less_and_until_a_moment(api: Api, wish: ConnectionRequest, acme: Tenant):
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    body = {
        "consentMethod": "trusted",
        "scopes": ["apps:read"],
        "expiresAt": until.isoformat().replace("+00:00", "Z"),
        "version": 1,
    }
    assert api.post(request_path(wish, "approve"), body).status_code == 200
    [connection] = connections(acme)
    assert connection.consent_method == "trusted"
    assert connection.scopes == ["openid", "apps:read"]  # who signs in is always known
    assert connection.expires_at == until


def test_a_moment_of_another_time_zone_is_the_same_moment(api: Api, wish: ConnectionRequest, acme: Tenant):
    body = REQUIRED | {"expiresAt": "2999-12-31T23:30:00.5+02:00"}
    assert api.post(request_path(wish, "approve"), body).status_code == 200
    assert connections(acme)[0].expires_at == datetime(2999, 12, 31, 21, 30, 0, 500000, UTC)


def test_a_bot_can_answer(wish: ConnectionRequest, acme: Tenant):
    shown = Api.bot(acme).post(request_path(wish, "approve"), REQUIRED | {"expiresAt": None}).json()

    assert (shown["status"], shown["decidedBy"]) == ("approved", None)
    [event] = events_of(acme, "connection.approved")
    assert (event.actor_kind, event.actor_name) == ("client", "Nightly reload")


def test_the_mail_is_in_the_language_of_who_reads_it_whatever_page_was_answered_before(
    api: Api, wish: ConnectionRequest, mailoutbox: list[Any]
):
    api.web.get("/login", headers={"accept-language": "sv"})
    api.post(request_path(wish, "approve"), REQUIRED)

    assert "has been answered" in mailoutbox[0].subject


@pytest.mark.parametrize("before", ["approve", "deny"])
def test_what_somebody_has_answered_is_not_answered_again(
    before: str, api: Api, wish: ConnectionRequest, acme: Tenant, mailoutbox: list[Any]
):
    first = {"approve": REQUIRED, "deny": {"answer": "No."}}[before]
    api.post(request_path(wish, before), first)
    mailoutbox.clear()

    for action, body in (("approve", REQUIRED), ("deny", {"answer": "No."})):
        assert_problem(api.post(request_path(wish, action), body), 409, "already been answered")
    assert len(connections(acme)) == (before == "approve")
    assert len(events_of(acme, "connection.approved", "connection.denied")) == 1
    assert not mailoutbox


@pytest.mark.parametrize("verb", ["unpublish", "disable", "remove"])
def test_what_is_not_there_any_more_is_not_connected(
    verb: str, api: Api, wish: ConnectionRequest, studio: Client, acme: Tenant
):
    owner_does(studio, verb, **({"connected_stay": True} if verb == "unpublish" else {}))

    assert_problem(api.post(request_path(wish, "approve"), REQUIRED), 409, "no longer available")
    assert not connections(acme)
    assert api.post(request_path(wish, "deny"), {"answer": "It has gone."}).status_code == 200


def test_what_is_not_what_was_read_is_not_connected(
    api: Api, wish: ConnectionRequest, studio: Client, acme: Tenant
):
    read = api.get(request_path(wish)).json()
    owner_does(studio, "edit", redirect_uris=["https://elsewhere.example/callback"])
    body = REQUIRED | {"version": read["version"], "scopes": read["allowedScopes"]}

    assert_problem(api.post(request_path(wish, "approve"), body), 409, "has changed")
    assert not connections(acme)
    body["version"] = api.get(request_path(wish)).json()["version"]
    assert api.post(request_path(wish, "approve"), body).status_code == 200


@pytest.mark.parametrize(
    ("happens", "detail"),
    [
        (approval_answer.AlreadyDecided, "already been answered"),
        (NotPublished, "changed"),
        (Client.DoesNotExist, "changed"),
    ],
)
def test_what_happens_in_the_same_moment_is_a_conflict(
    happens: type[Exception], detail: str, api: Api, wish: ConnectionRequest, monkeypatch: pytest.MonkeyPatch
):
    def raced(*_args: Any, **_kwargs: Any) -> None:
        raise happens

    monkeypatch.setattr(approval_answer, "approve", raced)
    assert_problem(api.post(request_path(wish, "approve"), REQUIRED), 409, detail)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"scopes": ["openid"]}, "Missing member: consentMethod"),
        (REQUIRED | {"expiresAd": None}, "Unknown member: expiresAd"),
        (REQUIRED | {"scopes": ["openid", "admin_classic"]}, "not allowed"),
        (REQUIRED | {"scopes": ["user_default"]}, "not allowed"),
        (REQUIRED | {"scopes": ["apps:read", "apps:read"]}, "twice"),
        *[({"consentMethod": value}, "must be required or trusted") for value in odd("", "Required", None, 1, [], {})],
        *[(REQUIRED | {"scopes": value}, "scopes must be a JSON array") for value in odd(None, "openid", {})],
        *[(REQUIRED | {"scopes": value}, "scopes[0] must ") for value in odd([1], [[]], [""])],
        *[(REQUIRED | {"version": value}, "whole number") for value in odd(None, "1", 1.0, True, [])],
        *[
            (REQUIRED | {"expiresAt": value}, "expiresAt must be")
            for value in odd("", "tomorrow", "2999-01-01", "2999-01-01T00:00:00", "2999-13-01T00:00:00Z",
                          "2999-02-30T00:00:00Z", "20990101T000000Z", "2999-01-01 00:00:00Z", 32503680000, True, [],
                          "9999-12-31T23:59:59-12:00", "2999-01-01T00:00:00+99:00", "2999-01-01T25:00:00Z",
                          "2000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "\uff12999-01-01T00:00:00Z")
        ],
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(
    body: dict[str, Any], detail: str, api: Api, wish: ConnectionRequest, acme: Tenant
):
    assert_problem(api.post(request_path(wish, "approve"), body), 400, detail)
    assert not connections(acme)
    assert api.get(request_path(wish)).json()["status"] == "open"


def test_something_must_remain(api: Api, globex: Tenant, bob: User):
    wish = ask(bob, publish(globex, allowed_scopes=["profile", "apps:read"]))
    body: dict[str, Any] = REQUIRED | {"scopes": []}

    assert_problem(api.post(request_path(wish, "approve"), body), 400, "Select at least one thing")


def test_tn01_another_tenant_approves_for_itself_alone(wish: ConnectionRequest, mallory: User, acme: Tenant):
    answer = Api.of(mallory).post(request_path(wish, "approve"), REQUIRED)

    assert_problem(answer, 404)
    assert not connections(acme)


def test_asking_and_approving_write_what_the_pages_write(
    api: Api, wish: ConnectionRequest, studio: Client, acme: Tenant, alice: User
):
    api.post(request_path(wish, "approve"), REQUIRED)
    [by_api] = events_of(acme, "connection.approved")
    api.delete(config_of(studio))
    cast.connect(studio, acme, by=alice)
    by_verb = events_of(acme, "connection.approved")[-1]

    assert (by_api.details, by_api.changes, by_api.target_id) == (
        by_verb.details,
        by_verb.changes,
        by_verb.target_id,
    )
