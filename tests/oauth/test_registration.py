"""Clients that register themselves (RFC 7591), and manage what they registered (RFC 7592)."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from console.management import expiry
from console.models import (
    Actor,
    Client,
    ClientRegistration,
    Connection,
    Event,
    RegistrationPolicy,
    RegistrationToken,
    Tenant,
    approval,
)
from console.policy import throttling
from tests import cast
from tests.oauth.driver import Application, asks_for_approval, can_ask, later
from tests.oauth.test_races import at_once
from tests.oauth.test_secrets_stay_secret import assert_not_kept, everything_kept

pytestmark = pytest.mark.django_db
PATH = "/oauth/register"
JSON = "application/json"
NATIVE = {
    "client_name": "Agent",
    "redirect_uris": ["http://127.0.0.1/callback"],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
}
WEB = {"client_name": "Portal", "redirect_uris": ["https://portal.example/cb"]}


def decide(tenant: Tenant, mode: str, **changes: Any) -> None:
    policy = RegistrationPolicy.of(tenant)
    usual = {"ceiling": policy.scopes, "unused_days": policy.unused_days} | changes
    with scope(tenant=tenant):
        RegistrationPolicy.decide(tenant, mode=mode, by=Actor.operator(), **usual)


def token_of(person: Any, **changes: Any) -> tuple[RegistrationToken, str]:
    usual: dict[str, Any] = {
        "name": "Build server", "most_clients": 1, "scopes": ["openid", "user_default"], "redirect_hosts": [],
        "expires_at": timezone.now() + timedelta(days=7),
    }  # fmt: skip
    with scope(tenant=person.tenant):
        return RegistrationToken.create(person.tenant, by=Actor(user=person), **usual | changes)


class Program:
    """A program that knows a tenant's host and nothing else."""

    def __init__(self, tenant: Tenant) -> None:
        self.web = cast.stranger_on(tenant)

    def ask(self, method: str, path: str, sent: Any = None, token: str = "", **headers: str) -> Any:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        body = sent if isinstance(sent, bytes | str) else b"" if sent is None else json.dumps(sent)
        return self.web.generic(method, path, body, JSON, headers=authorization | headers)

    def register(self, sent: Any, token: str = "", **headers: str) -> Any:
        return self.ask("POST", PATH, sent, token, **headers)

    def manage(
        self, method: str, registered: dict[str, Any], sent: Any = None, token: str | None = None
    ) -> Any:
        used = registered["registration_access_token"] if token is None else token
        return self.ask(method, f"{PATH}/{registered['client_id']}", sent, used)


@pytest.fixture
def open_acme(acme: Tenant) -> Tenant:
    decide(acme, "open")
    return acme


@pytest.fixture
def region(db: None) -> Browser:
    return Browser(headers={"host": settings.REGION_HOST})


@pytest.fixture
def program(acme: Tenant) -> Program:
    return Program(acme)


def registered(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def kept(answer: dict[str, Any]) -> Client:
    client: Client = Client.with_deleted_anywhere.get(client_id=answer["client_id"])
    return client


def refused(answer: Any, error: str, status: int = 400) -> str:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.content
    return str(answer.json()["error_description"])


def events(tenant: Tenant, action: str) -> list[Event]:
    return list(Event._base_manager.filter(tenant=tenant, action=action).order_by("pk"))


# --- Policy and metadata --------------------------------------------------------------------------


@pytest.mark.spec("RFC 7591", "3")
def test_off_is_the_default_and_nothing_is_there(program, acme):
    assert program.register(NATIVE).status_code == 404
    for document in ("oauth-authorization-server", "openid-configuration"):
        assert "registration_endpoint" not in program.web.get(f"/.well-known/{document}").json()
    assert not Client.with_deleted_anywhere.filter(origin="registration").exists()


@pytest.mark.spec("RFC 8414", "2")
@pytest.mark.parametrize("document", ["oauth-authorization-server", "openid-configuration"])
def test_metadata_names_the_endpoint_while_it_is_on(program, open_acme, globex, document):
    found = program.web.get(f"/.well-known/{document}").json()
    assert found["registration_endpoint"] == f"{open_acme.issuer}{PATH}"
    assert "registration_endpoint" not in Program(globex).web.get(f"/.well-known/{document}").json()


@pytest.mark.spec("RFC 9110", "13.1.2")
def test_a_change_of_the_policy_is_another_document(program, acme):
    path = "/.well-known/oauth-authorization-server"
    before = program.web.get(path)["ETag"]
    assert program.web.get(path, headers={"If-None-Match": before}).status_code == 304
    decide(acme, "token")
    assert program.web.get(path, headers={"If-None-Match": before}).status_code == 200
    decide(acme, "off")
    assert program.web.get(path, headers={"If-None-Match": before}).status_code == 304


def test_the_regions_host_registers_nobody(region, open_acme):
    assert region.post(PATH, json.dumps(NATIVE), content_type=JSON).status_code == 404


# --- Open -------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_an_answer_has_everything_that_was_registered(program, open_acme):
    answer = program.register(NATIVE | {"software_id": "agent", "contacts": ["a@example.com"], "foo": 1})
    found = registered(answer)

    assert answer["Cache-Control"] == "no-store"
    assert not {"client_secret", "foo"} & found.keys()
    assert found["token_endpoint_auth_method"] == "none"
    assert found["grant_types"] == ["authorization_code", "refresh_token"]
    assert found["response_types"] == ["code"]
    assert found["redirect_uris"] == NATIVE["redirect_uris"]
    assert set(found["scope"].split()) == {"openid", "profile", "email", "offline_access", "user_default"}
    assert (found["software_id"], found["contacts"]) == ("agent", ["a@example.com"])
    assert found["registration_client_uri"] == f"{open_acme.issuer}{PATH}/{found['client_id']}"
    client = kept(found)
    assert (client.type, client.publisher, client.only_in) == ("native", "", open_acme)
    assert client.tenant == Tenant.outside()


def test_nobody_can_use_it_until_an_administrator_has_approved_it(program, open_acme, alice, bob):
    client = kept(registered(program.register(NATIVE)))
    app = Application(client, "", tenant=open_acme)
    assert not Connection._base_manager.filter(client=client).exists()
    assert can_ask(app.authorize(cast.signed_in_as(bob)))
    assert asks_for_approval(app.authorize(cast.signed_in_as(alice)))

    with scope(tenant=open_acme):
        approval.approve(open_acme, client, by=Actor(user=alice), consent_method="required")

    assert app.tokens(cast.signed_in_as(bob))["access_token"]


def test_a_client_of_one_tenant_is_unknown_in_another(program, open_acme, globex, mallory):
    decide(globex, "open")
    found = registered(program.register(NATIVE))
    client = kept(found)
    unknown = Application(client, "", tenant=globex).authorize(cast.signed_in_as(mallory))
    nobody = Client(client_id="0" * 32, redirect_uris=client.redirect_uris, type="native")
    random = Application(nobody, "", tenant=globex).authorize(cast.signed_in_as(mallory))

    assert unknown.status_code == random.status_code == 400
    assert Program(globex).manage("GET", found).status_code == 401
    assert Program(globex).manage("DELETE", found).status_code == 401
    assert kept(found).deleted_at is None


@pytest.mark.parametrize(
    ("addresses", "more", "expected"),
    [
        (["http://localhost:3000/cb"], {}, "native"),
        (["com.example.app:/callback"], {}, "native"),
        (["cursor://anysphere.cursor/callback"], {}, "native"),
        (["http://127.0.0.1/", "https://vscode.dev/redirect"], {"application_type": "native"}, "native"),
        (["https://agent.example/cb", "http://127.0.0.1/cb"], {}, "spa"),
        (["https://agent.example/cb"], {}, "spa"),
    ],
)
def test_a_public_client_is_native_or_a_page(program, open_acme, addresses, more, expected):
    client = kept(registered(program.register(NATIVE | {"redirect_uris": addresses} | more)))
    assert client.type == expected
    assert client.allowed_origins == (["https://agent.example"] if expected == "spa" else [])


@pytest.mark.spec("RFC 7591", "2")
def test_a_client_that_says_nothing_of_it_gets_a_secret(program, open_acme, alice, bob):
    found = registered(program.register(WEB))
    client = kept(found)
    assert (found["client_secret_expires_at"], found["token_endpoint_auth_method"]) == (
        0,
        "client_secret_basic",
    )
    assert client.type == "web"
    with scope(tenant=open_acme):
        approval.approve(open_acme, client, by=Actor(user=alice), consent_method="required")
    app = Application(client, found["client_secret"], tenant=open_acme)
    assert app.tokens(cast.signed_in_as(bob))["access_token"]


def test_a_key_instead_of_a_secret(program, open_acme):
    asked = WEB | {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [cast.PUBLIC_KEY]}}
    found = registered(program.register(asked))
    assert found["jwks"]["keys"][0]["kid"] == "1"
    assert "client_secret" not in found
    assert kept(found).auth_methods == ["private_key_jwt"]


def test_scopes_outside_the_ceiling_are_left_out(program, acme):
    decide(acme, "open", ceiling=["openid", "apps:read"])
    found = registered(program.register(NATIVE | {"scope": "openid apps admin_classic unknown"}))
    assert found["scope"].split() == ["openid", "apps:read"]


def test_without_refreshing_there_is_no_offline_access(program, open_acme):
    found = registered(program.register(NATIVE | {"grant_types": ["authorization_code", "implicit"]}))
    assert found["grant_types"] == ["authorization_code"]
    assert "offline_access" not in found["scope"]


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://agent.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://a.example/"}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"https://a{n}.example/" for n in range(6)]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["com.example:/cb"], "token_endpoint_auth_method": "client_secret_post"},
         "invalid_redirect_uri"),
        ({"client_name": "x" * 513}, "invalid_client_metadata"),
        ({"client_name": "Ag\u202eent"}, "invalid_client_metadata"),
        ({"client_name": ["Agent"]}, "invalid_client_metadata"),
        ({"client_uri": "ftp://x"}, "invalid_client_metadata"),
        ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"scope": "admin_classic"}, "invalid_client_metadata"),
        ({"scope": 7}, "invalid_client_metadata"),
        ({"contacts": ["a"] * 2 + [str(n) for n in range(11)]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt", "redirect_uris": WEB["redirect_uris"]},
         "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt", "redirect_uris": WEB["redirect_uris"],
          "jwks_uri": "https://a.example/jwks"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"software_statement": "x.y.z"}, "invalid_software_statement"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_client_is_refused(program, open_acme, changes, error):
    refused(program.register(NATIVE | changes), error)
    assert not Client.with_deleted_anywhere.filter(origin="registration").exists()
    [event] = events(open_acme, "registration.refused")
    assert event.details["error"] == error


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"redirect_uris=x", "application/x-www-form-urlencoded", 415),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"client_name": "a", "client_name": "b"}', JSON, 400),
        (b'{"client_name": "a\\u0000"}', JSON, 400),
        (b'{"client_name": "' + b"x" * 70_000 + b'"}', JSON, 413),
    ],
)
def test_only_unambiguous_json_of_some_size_is_read(program, open_acme, body, content_type, status):
    answer = program.web.generic("POST", PATH, body, content_type)
    refused(answer, "invalid_client_metadata", status)


def test_strangers_cannot_register_without_end(program, open_acme, time_machine):
    for _ in range(throttling.REGISTRATIONS_PER_SOURCE):
        registered(program.register(NATIVE))
    late = program.register(NATIVE)
    refused(late, "temporarily_unavailable", 429)
    assert 0 < int(late["Retry-After"]) <= 901
    later(time_machine, int(late["Retry-After"]))
    registered(program.register(NATIVE))


def test_strangers_fill_no_table_and_take_no_room_from_others(program, open_acme, alice, monkeypatch):
    monkeypatch.setitem(settings.LIMITS, "registered_clients", 2)
    first = registered(program.register(NATIVE))
    registered(program.register(NATIVE))
    refused(program.register(NATIVE), "access_denied", 403)
    registered(program.register(NATIVE, token_of(alice)[1]))
    assert program.manage("DELETE", first).status_code == 204
    registered(program.register(NATIVE))


# --- With an initial access token -------------------------------------------------------------------


@pytest.fixture
def invited_acme(acme: Tenant) -> Tenant:
    decide(acme, "token")
    return acme


@pytest.mark.spec("RFC 7591", "3")
def test_with_a_token_it_is_approved_beforehand(program, invited_acme, alice, bob):
    row, token = token_of(alice)
    client = kept(registered(program.register(NATIVE, token)))

    connection = Connection._base_manager.get(client=client)
    assert (connection.tenant, connection.approved_by, connection.consent_method) == (
        invited_acme, alice, "required",
    )  # fmt: skip
    assert set(connection.scopes) == {"openid", "user_default"}
    for action in ("client.registered", "connection.approved"):
        [event] = events(invited_acme, action)
        assert event.details["registration_token"] == row.name
    app = Application(client, "", tenant=invited_acme)
    assert app.tokens(cast.signed_in_as(bob), scope="openid")["access_token"]


@pytest.mark.spec("RFC 6750", "3")
@pytest.mark.parametrize(
    "problem", ["missing", "unknown", "spent", "expired", "demoted", "removed", "of_globex"]
)
def test_a_token_that_does_not_count_is_401(program, invited_acme, alice, mallory, problem):
    cast.join(invited_acme, "dora", "administrator")
    changes = {"expires_at": timezone.now() - timedelta(seconds=1)} if problem == "expired" else {}
    row, token = token_of(mallory if problem == "of_globex" else alice, **changes)
    match problem:
        case "missing":
            token = ""
        case "unknown":
            token = "qat_" + "x" * 49
        case "spent":
            registered(program.register(NATIVE, token))
        case "demoted":
            type(alice)._base_manager.filter(pk=alice.pk).update(role="auditor")
        case "removed":
            with scope(tenant=invited_acme):
                row.remove(by=Actor.operator())
    before = ClientRegistration._base_manager.count()
    answer = program.register(NATIVE, token)
    refused(answer, "invalid_token", 401)
    assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert ("error=" in answer["WWW-Authenticate"]) == (problem != "missing")
    assert ClientRegistration._base_manager.count() == before
    assert len(events(invited_acme, "registration.refused")) == 1


def test_a_token_says_where_answers_may_go(program, invited_acme, alice):
    _, token = token_of(alice, redirect_hosts=["portal.example"])
    said = refused(
        program.register(WEB | {"redirect_uris": ["https://evil.example/"]}, token), "invalid_redirect_uri"
    )
    assert "evil.example" in said
    registered(program.register(WEB, token))  # what was refused did not use it up


def test_what_is_refused_uses_no_token_up(program, invited_acme, alice):
    row, token = token_of(alice)
    refused(program.register(NATIVE | {"redirect_uris": [f"https://a{n}.example/" for n in range(6)]}, token),
            "invalid_redirect_uri")  # fmt: skip
    row.refresh_from_db()
    assert row.used == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_last_use_of_a_token_one_registers(invited_acme, alice):
    _, token = token_of(alice)
    answers = at_once(*[lambda: Program(invited_acme).register(NATIVE, token).status_code] * 4)
    assert sorted(answers) == [201, 401, 401, 401]
    assert ClientRegistration._base_manager.count() == 1


# --- Management (RFC 7592) --------------------------------------------------------------------------


@pytest.fixture
def mine(program: Program, open_acme: Tenant) -> dict[str, Any]:
    return registered(program.register(WEB))


@pytest.mark.spec("RFC 7592", "2.1")
def test_it_reads_its_registration(program, mine):
    answer = program.manage("GET", mine)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    expected = {name: value for name, value in mine.items() if not name.startswith("client_secret")}
    assert answer.json() == expected


@pytest.mark.spec("RFC 7592", "2")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_wrong_token_is_401(program, mine, method):
    other = registered(program.register(NATIVE))["registration_access_token"]
    for token in ("", "x", other, "qam_" + "0" * 49):
        answer = program.manage(method, mine, {"client_id": mine["client_id"], **WEB}, token=token)
        refused(answer, "invalid_token", 401)
        assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert kept(mine).deleted_at is None


@pytest.mark.spec("RFC 7592", "2.2")
def test_it_replaces_its_registration_and_gets_another_token(program, mine, open_acme):
    changed = WEB | {
        "client_id": mine["client_id"],
        "client_name": "Portal 2",
        "client_uri": "https://portal.example",
    }
    answer = program.manage("PUT", mine, changed)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["client_name"], found["client_uri"]) == ("Portal 2", "https://portal.example")
    assert "client_secret" not in found
    assert found["registration_access_token"] != mine["registration_access_token"]
    assert program.manage("GET", mine).status_code == 401
    assert program.manage("GET", found).json()["client_name"] == "Portal 2"
    [event] = events(open_acme, "client.updated")
    assert event.changes["name"] == ["Portal", "Portal 2"]


@pytest.mark.spec("RFC 7592", "2.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "0" * 32},
        {"client_id": None},
        {"registration_access_token": "x"},
        {"client_secret_expires_at": 0},
        {"client_secret": "qas_wrong"},
        {"token_endpoint_auth_method": "none"},
        {"redirect_uris": ["http://portal.example/"]},
    ],
)
def test_a_replacement_that_does_not_fit_is_refused(program, mine, changes):
    sent = WEB | {"client_id": mine["client_id"]} | changes
    assert program.manage("PUT", mine, sent).status_code == 400
    assert program.manage("GET", mine).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_replacements_at_once_one_counts(program, mine, open_acme):
    sent = [WEB | {"client_id": mine["client_id"], "client_name": f"Portal {n}"} for n in range(4)]
    answers = at_once(*[lambda each=each: Program(open_acme).manage("PUT", mine, each) for each in sent])
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    assert program.manage("GET", won).json()["client_name"] == won["client_name"]


def test_it_may_repeat_its_secret(program, mine):
    sent = WEB | {"client_id": mine["client_id"], "client_secret": mine["client_secret"]}
    assert program.manage("PUT", mine, sent).status_code == 200


def test_what_reaches_further_waits_for_an_administrator(program, invited_acme, alice, bob):
    mine = registered(program.register(WEB, token_of(alice)[1]))
    client = kept(mine)
    sent = WEB | {"client_id": mine["client_id"], "redirect_uris": ["https://evil.example/cb"]}
    assert program.manage("PUT", mine, sent).status_code == 200

    connection = Connection._base_manager.select_related("client__tenant").get(client=client)
    assert connection.pending_version == 2
    [told] = events(invited_acme, "connection.changed_by_owner")
    assert (told.actor_kind, told.actor_name) == ("client", "Portal")
    page = Application(client, "", tenant=invited_acme).authorize(
        cast.signed_in_as(bob), redirect_uri="https://evil.example/cb"
    )
    assert page.status_code == 400


@pytest.mark.spec("RFC 7592", "2.3")
def test_it_deletes_itself_and_is_gone(program, open_acme, mine, alice):
    with scope(tenant=open_acme):
        approval.approve(open_acme, kept(mine), by=Actor(user=alice), consent_method="required")
    app = Application(kept(mine), mine["client_secret"], tenant=open_acme)
    tokens = app.tokens(cast.signed_in_as(alice), scope="openid offline_access")

    answer = program.manage("DELETE", mine)

    assert (answer.status_code, answer.content) == (204, b"")
    assert program.manage("GET", mine).status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code in {400, 401}
    assert len(events(open_acme, "client.deleted")) == 1


def test_a_policy_that_is_off_lets_what_is_there_read_and_leave(program, open_acme, mine):
    decide(open_acme, "off")
    assert program.manage("GET", mine).status_code == 200
    refused(program.manage("PUT", mine, WEB | {"client_id": mine["client_id"]}), "access_denied", 403)
    assert program.manage("DELETE", mine).status_code == 204


# --- What is kept -----------------------------------------------------------------------------------


def test_tokens_and_secrets_are_kept_nowhere(program, acme, alice, caplog):
    caplog.set_level(logging.DEBUG)
    decide(acme, "token")
    _, initial = token_of(alice)
    mine = registered(program.register(WEB, initial))
    changed = program.manage("PUT", mine, WEB | {"client_id": mine["client_id"], "client_secret": "qas_x"})
    program.register(WEB, initial)
    program.register(
        {"redirect_uris": [initial], "client_name": initial, "client_secret": mine["client_secret"]}, initial
    )
    assert changed.status_code == 400
    canaries = {
        "initial access token": initial,
        "registration access token": mine["registration_access_token"],
        "client secret": mine["client_secret"],
    }
    with scopes_disabled():
        assert_not_kept(canaries, everything_kept(), caplog.text)


# --- Given up ---------------------------------------------------------------------------------------


def run_expiry() -> expiry.Summary:
    summary = expiry.run()
    assert summary.failed == {}
    return summary


def test_what_nobody_has_approved_or_used_goes_after_a_while(program, open_acme, bob, time_machine):
    unused, asked_for = (registered(program.register(NATIVE)) for _ in range(2))
    cast.ask(bob, kept(asked_for))
    later(time_machine, timedelta(days=29).total_seconds())
    assert run_expiry().removed["registrations"] == 0
    later(time_machine, timedelta(days=2).total_seconds())
    assert run_expiry().removed["registrations"] == 1

    assert program.manage("GET", unused).status_code == 401
    assert program.manage("GET", asked_for).status_code == 200
    [event] = events(open_acme, "client.expired")
    assert event.target_name == "Agent"
    later(time_machine, 1)
    run_expiry()
    assert not Client.with_deleted_anywhere.filter(client_id=unused["client_id"]).exists()


def test_what_is_approved_stays(program, invited_acme, alice, time_machine):
    mine = registered(program.register(NATIVE, token_of(alice)[1]))
    later(time_machine, timedelta(days=31).total_seconds())
    assert run_expiry().removed["registrations"] == 0
    row = ClientRegistration._base_manager.get()
    assert row.due_at > timezone.now() + timedelta(days=29)
    with scope(tenant=invited_acme):
        Connection.objects.get(client=kept(mine)).remove(by=Actor.operator())
    later(time_machine, timedelta(days=31).total_seconds())
    assert run_expiry().removed["registrations"] == 1


def test_the_tenant_says_how_long(program, acme, time_machine):
    decide(acme, "open", unused_days=2)
    registered(program.register(NATIVE))
    later(time_machine, timedelta(days=3).total_seconds())
    assert run_expiry().removed["registrations"] == 1


def test_fewer_days_count_for_what_is_there(program, open_acme, time_machine):
    registered(program.register(NATIVE))
    decide(open_acme, "open", unused_days=2)
    later(time_machine, timedelta(days=3).total_seconds())
    assert run_expiry().removed["registrations"] == 1


# --- From pages of other origins --------------------------------------------------------------------


@pytest.mark.spec("Fetch", "3.2.2")
def test_where_anybody_may_register_every_page_may(program, acme):
    origin = {"Origin": "https://inspector.example"}
    assert not program.register(NATIVE, **origin).has_header("Access-Control-Allow-Origin")
    decide(acme, "open")
    answer = program.register(NATIVE, **origin)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (201, "*")
    assert not answer.has_header("Access-Control-Allow-Credentials")
    preflight = program.ask("OPTIONS", PATH, **origin, **{"Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert "POST" in preflight["Access-Control-Allow-Methods"]


def test_who_registers_opens_nothing_in_the_region(region, program, open_acme):
    registered(program.register(NATIVE | {"redirect_uris": ["https://spa.example/cb"]}))
    origin = {"Origin": "https://spa.example"}
    assert not region.post("/oauth/token", headers=origin).has_header("Access-Control-Allow-Origin")
