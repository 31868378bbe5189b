"""`urn:qlik:oauth:user-impersonation` (Q2): a trusted machine acts as one of the tenant's people."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, Connection, Event, Tenant, User
from console.oauth.validator import TenantValidator
from tests.oauth.driver import Application
from tests.oauth.outcomes import JSON, assert_refused, is_alive, me
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "4.5")]
ClientAndSecret = tuple[Client, str]
GRANT = "urn:qlik:oauth:user-impersonation"


@pytest.fixture
def impersonator(acme: Tenant, register: Callable[..., ClientAndSecret]) -> ClientAndSecret:
    return register(
        acme,
        name="Impersonator",
        redirect_uris=[],
        grant_types=[GRANT],
        allowed_scopes=["user_default", "openid", "offline_access"],
        consent_method="trusted",
    )


@pytest.fixture
def app(impersonator: ClientAndSecret) -> Application:
    return Application(*impersonator)


def ask(app: Application, user_lookup: Any = None, **changes: Any) -> Any:
    """As @qlik/api asks: JSON, the person an object in it."""
    sent = {
        "grant_type": GRANT,
        "client_id": app.client_id,
        "client_secret": app.secret,
        "user_lookup": user_lookup,
        **changes,
    }
    return app.web.post("/oauth/token", json.dumps(sent), content_type=JSON)


def test_it_acts_as_the_person(app: Application, bob: User):
    for lookup in (
        {"field": "subject", "value": bob.email},
        {"field": "subject", "value": bob.email.upper()},
        {"field": "userId", "value": str(bob.pk)},
        {"field": "userId", "value": str(bob.pk).upper()},
    ):
        response = ask(app, lookup)
        assert response.status_code == 200, response.content
        tokens = response.json()
        assert tokens.keys() == {"access_token", "token_type", "expires_in", "expires_at", "scope"}
        assert decoded(tokens["access_token"])[1]["sub"] == str(bob.pk)
        assert me(app, tokens["access_token"]).json()["id"] == str(bob.pk)
        assert is_alive(app, tokens["access_token"])


def test_the_person_may_stand_in_a_form_too(app: Application, bob: User):
    lookup = json.dumps({"field": "subject", "value": bob.email})

    assert app.token(grant_type=GRANT, user_lookup=lookup).status_code == 200


AMBIGUOUS = {
    "two values": '{"field": "subject", "value": "alice@acme.example", "value": "bob@acme.example"}',
    "the same value twice": '{"field": "subject", "value": "bob@acme.example", "value": "bob@acme.example"}',
    "two fields": '{"field": "userId", "field": "subject", "value": "bob@acme.example"}',
    "two spellings": '{"field": "subject", "value": "alice@acme.example", "v\\u0061lue": "bob@acme.example"}',
    "deeper down": '{"field": "subject", "value": "bob@acme.example", "x": {"y": 1, "y": 2}}',
    "a number that is none": '{"field": "subject", "value": "bob@acme.example", "x": NaN}',
}


@pytest.mark.spec("RFC 8259", "4")
@pytest.mark.parametrize("lookup", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_whoever_could_be_two_people_is_nobody(app: Application, bob: User, lookup: str):
    """In a form, in a text within JSON, and as an object within JSON."""
    assert_refused(app.token(grant_type=GRANT, user_lookup=lookup), "invalid_request")
    assert_refused(ask(app, lookup), "invalid_request")
    whole = json.dumps({"grant_type": GRANT, "client_id": app.client_id, "client_secret": app.secret})
    body = f'{whole[:-1]}, "user_lookup": {lookup}}}'
    assert_refused(app.web.post("/oauth/token", body, content_type=JSON), "invalid_request")


def test_it_never_gets_a_refresh_token_and_says_when_nobody_signed_in(app: Application, bob: User):
    response = ask(app, {"field": "userId", "value": str(bob.pk)}, scope="openid offline_access")

    assert "refresh_token" not in response.json()
    assert "auth_time" not in decoded(response.json()["access_token"])[1]


def test_it_is_an_event_that_names_the_person(app: Application, bob: User, in_acme: Tenant):
    ask(app, {"field": "userId", "value": str(bob.pk)})

    event = Event.objects.get(action="tokens.issued")
    assert event.details["user"] == bob.email
    assert event.details["impersonation"] is True
    assert event.actor_name == "Impersonator"


NOBODY: dict[str, dict[str, Any]] = {
    "unknown subject": {"field": "subject", "value": "nobody@acme.example"},
    "empty": {"field": "subject", "value": ""},
    "unknown ID": {"field": "userId", "value": "00000000-0000-4000-8000-000000000000"},
    "no ID": {"field": "userId", "value": "1"},
    "wildcard": {"field": "subject", "value": "%"},
    "injection": {"field": "subject", "value": "' OR 1=1 --"},
    "long": {"field": "subject", "value": "x" * 50_000},
}
MALFORMED: dict[str, Any] = {
    "missing": None,
    "empty": {},
    "text": "bob@acme.example",
    "list in a text": "[1]",
    "number in a text": "1",
    "deep in a text": "[" * 20_000,
    "ID with NUL": {"field": "userId", "value": "\0"},
    "NUL": {"field": "subject", "value": "bob@acme.example\0"},
    "lone surrogate": {"field": "subject", "value": "\ud800"},
    "lone surrogate as ID": {"field": "userId", "value": "\ud800"},
    "other field": {"field": "email", "value": "bob@acme.example"},
    "field of the model": {"field": "pk", "value": "1"},
    "look-up of the model": {"field": "email__startswith", "value": "b"},
    "field list": {"field": ["subject"], "value": "x"},
    "field object": {"field": {}, "value": "x"},
    "value missing": {"field": "subject"},
    "value null": {"field": "subject", "value": None},
    "value number": {"field": "userId", "value": 1},
    "value list": {"field": "subject", "value": ["bob@acme.example"]},
}


@pytest.mark.parametrize("way", NOBODY)
def test_it_refuses_somebody_who_is_not_there(app: Application, acme: Tenant, way: str):
    assert_refused(ask(app, NOBODY[way]), "invalid_grant")
    assert why(acme) == "no_such_user"


@pytest.mark.parametrize("way", MALFORMED)
def test_it_refuses_what_names_nobody(app: Application, way: str):
    assert_refused(ask(app, MALFORMED[way]), "invalid_request")


def test_a_malformed_look_up_has_its_reason_in_the_audit_log(app: Application, acme: Tenant):
    ask(app, MALFORMED["other field"])

    assert why(acme) == "user_lookup_malformed"


def why(tenant: Tenant) -> str:
    """The reason of the one refused request, as the audit log holds it."""
    with scope(tenant=tenant):
        return str(Event.objects.get(action="tokens.refused").details["reason"])


def test_it_knows_the_people_of_its_own_tenant_only(app: Application, gustav: User):
    for lookup in ({"field": "userId", "value": str(gustav.pk)}, {"field": "subject", "value": gustav.email}):
        assert_refused(ask(app, lookup), "invalid_grant")


def test_it_ends_with_the_person_and_with_the_trust(
    app: Application, impersonator: ClientAndSecret, bob: User, alice: User, in_acme: Tenant
):
    client, _ = impersonator
    bobs = ask(app, {"field": "userId", "value": str(bob.pk)}).json()["access_token"]
    alices = ask(app, {"field": "userId", "value": str(alice.pk)}).json()["access_token"]

    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert not is_alive(app, bobs)
    assert_refused(ask(app, {"field": "userId", "value": str(bob.pk)}), "invalid_grant")
    assert is_alive(app, alices)

    client.own_connection.change_consent_method("required", by=Actor.operator())
    assert not is_alive(app, alices)
    assert_refused(ask(app, {"field": "userId", "value": str(alice.pk)}), "unauthorized_client")


def test_it_is_for_clients_that_are_registered_for_it(
    machine_client: ClientAndSecret, spa_client: ClientAndSecret, bob: User
):
    lookup = {"field": "userId", "value": str(bob.pk)}

    assert_refused(ask(Application(*machine_client), lookup), "unauthorized_client")
    assert_refused(ask(Application(*spa_client), lookup, client_secret=None), "unauthorized_client")
    assert_refused(ask(Application(machine_client[0], "qas_wrong"), lookup), "invalid_client", 401)


@pytest.mark.parametrize("asked", ["admin_classic", "unheard:of", "user_default email"])
def test_tk09_it_never_gets_more_than_the_client_has(app: Application, bob: User, asked: str):
    response = ask(app, {"field": "userId", "value": str(bob.pk)}, scope=asked)

    assert_refused(response, "invalid_scope")


def test_a_secret_that_is_removed_takes_along_what_was_given_for_it(
    app: Application, bob: User, impersonator: ClientAndSecret, in_acme: Tenant
):
    client, _ = impersonator
    _, second = ClientSecret.add_to(client, by=Actor.operator())
    later = Application(client, second)
    person = {"field": "subject", "value": bob.email}
    for_first, for_second = (ask(each, person).json()["access_token"] for each in (app, later))

    ClientSecret.objects.filter(client=client).earliest("created_at").remove(by=Actor.operator())

    assert me(later, for_first).status_code == 401
    assert later.introspect(for_first).json() == {"active": False}
    assert is_alive(later, for_second)


def test_its_tokens_are_taken_back_like_others(app: Application, bob: User, impersonator: ClientAndSecret):
    token = ask(app, {"field": "userId", "value": str(bob.pk)}).json()["access_token"]
    assert app.revoke(token).status_code == 200
    assert not is_alive(app, token)

    token = ask(app, {"field": "userId", "value": str(bob.pk)}).json()["access_token"]
    with scope(tenant=app.tenant):
        impersonator[0].disable(by=Actor.operator())
        impersonator[0].enable(by=Actor.operator())
    assert not is_alive(app, token)


@pytest.mark.parametrize("end", ["disable", "remove", "block"])
def test_f15_what_was_on_its_way_when_the_client_was_switched_off_does_not_come_back_with_it(
    app: Application, impersonator: ClientAndSecret, bob: User, in_acme: Tenant,
    monkeypatch: pytest.MonkeyPatch, end: str,
):  # fmt: skip
    client, _secret = impersonator
    begin = TenantValidator._begin_impersonation

    def switched_off_first(request: Any, expires: Any) -> None:
        """As when the two meet: the client was let in, and is switched off before its token is there."""
        switch_off_and_on(client, end)
        begin(request, expires)

    monkeypatch.setattr(TenantValidator, "_begin_impersonation", staticmethod(switched_off_first))
    late = ask(app, {"field": "userId", "value": str(bob.pk)}).json()["access_token"]
    monkeypatch.undo()

    assert not is_alive(app, late)
    assert is_alive(app, ask(app, {"field": "userId", "value": str(bob.pk)}).json()["access_token"])


def switch_off_and_on(client: Client, end: str) -> None:
    if end == "disable":
        client.disable(by=Actor.operator())
        client.enable(by=Actor.operator())
    elif end == "remove":
        client.remove(by=Actor.operator())
        client.restore(by=Actor.operator())
    else:
        connection = Connection.objects.select_related("client", "tenant").get(client=client)
        connection.block(by=Actor.operator())
        connection.unblock(by=Actor.operator())
