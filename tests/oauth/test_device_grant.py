"""The device authorization grant: what a device asks and gets, and what it never gets (RFC 8628, DV-01 to DV-05)."""

import base64
import hashlib
import json
import re
from collections import Counter

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from console.management import expiry
from console.models import (
    Action,
    Actor,
    Client,
    Connection,
    Consent,
    DeviceAuthorization,
    Event,
    KeyRing,
    SigningKey,
    TokenFamily,
    User,
)
from console.policy import device_codes
from console.policy.reasons import Reason
from tests import cast
from tests.cast import OPERATOR
from tests.held import Waiting
from tests.oauth.devices import GRANT, SCOPES, Device, decide, enter, let_in, question, registered
from tests.oauth.driver import Application, later
from tests.oauth.outcomes import assert_refused, is_alive
from tests.oauth.signed import decoded
from tests.oauth.test_races import THREADS, at_once, statuses, twin

SIGN_IN = "com.example.app:/callback"  # other tenants meet a client there
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(acme):
    return registered(acme)


@pytest.fixture
def tv(client):
    return Device(client)


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def refusals(tenant):
    """The reasons of what was refused, newest first."""
    with scope(tenant=tenant):
        refused = Event.objects.exclude(details__reason=None).order_by("-pk")
        return [event.details["reason"] for event in refused]


# --- Beginning -------------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8628", "3.2")
def test_dv01_a_device_gets_its_codes(tv, acme):
    response = tv.codes(scope="openid user_default")
    begun = response.json()

    assert response["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", begun["user_code"])
    assert begun["verification_uri"] == f"{acme.issuer}/device"
    assert begun["verification_uri_complete"] == f"{acme.issuer}/device?user_code={begun['user_code']}"
    assert (begun["expires_in"], begun["interval"]) == (900, 5)
    assert begun["device_code"].startswith("qad_")
    assert len(device_codes.ALPHABET) ** device_codes.LENGTH > 2**20
    assert begun.keys() == {
        "device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"
    }  # fmt: skip


def test_no_code_is_kept_as_it_is(tv, acme):
    begun = tv.begin()
    with scope(tenant=acme):
        [row] = DeviceAuthorization.objects.values()
    kept = json.dumps(row, default=str)
    plain = begun["user_code"].replace("-", "")
    assert not any(code in kept for code in (begun["device_code"], begun["user_code"], plain))


@pytest.mark.spec("RFC 8414", "2")
def test_the_metadata_say_where(tv, acme, stranger):
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"):
        document = stranger(acme).get(path).json()
        assert document["device_authorization_endpoint"] == f"{acme.issuer}/oauth/device_authorization"
        assert GRANT in document["grant_types_supported"]


@pytest.mark.parametrize("kind", ["web_client", "spa_client", "native_client"])
def test_a_client_that_is_not_registered_for_it_gets_none(kind, request, acme):
    app = Device(*request.getfixturevalue(kind))
    assert_refused(app.codes(), "unauthorized_client")
    assert refusals(acme) == [Reason.GRANT_NOT_REGISTERED]
    assert_refused(app.token(grant_type=GRANT, device_code="x"), "unauthorized_client")


@pytest.mark.parametrize(
    ("changes", "error", "status"),
    [
        ({"client_id": None}, "invalid_client", 401),
        ({"client_id": "0" * 32}, "invalid_client", 401),
        ({"scope": "nothing:here"}, "invalid_scope", 400),
        ({"scope": "a\tb"}, "invalid_scope", 400),
        ({"scope": ["openid", "profile"]}, "invalid_request", 400),
        ({"client_secret": "qas_x"}, "invalid_client", 401),
    ],
)
def test_what_is_wrong_is_refused_and_logged(tv, acme, changes, error, status):
    assert_refused(tv.codes(**changes), error, status)
    assert len(refusals(acme)) == 1
    with scope(tenant=acme):
        assert not DeviceAuthorization.objects.exists()


def test_only_a_post_of_parameters_in_the_body(tv):
    assert tv.web.get("/oauth/device_authorization").status_code == 405
    assert_refused(tv.post("/oauth/device_authorization?scope=openid", {}, {}), "invalid_request")
    sent = json.dumps({"client_id": tv.client_id, "scope": "openid"})
    assert (
        tv.web.post("/oauth/device_authorization", sent, content_type="application/json").status_code == 200
    )


def test_the_region_has_none(tv, settings):
    """Nothing says which tenant a device means."""
    region = Browser(headers={"host": settings.REGION_HOST})
    form = cast.form(client_id=tv.client_id)
    assert region.post("/oauth/device_authorization", **form).status_code == 404
    document = region.get("/.well-known/oauth-authorization-server").json()
    assert "device_authorization_endpoint" not in document
    form = cast.form(client_id=tv.client_id, grant_type=GRANT, device_code="x")
    assert region.post("/oauth/token", **form).json()["error"] == "unsupported_grant_type"


def test_scopes_that_it_cannot_have_are_left_out(tv, acme, bobs):
    tokens = tv.signed_in(bobs, scope="openid admin_classic user_default")
    assert set(tokens["scope"].split()) == {"user_default", "openid"}
    with scope(tenant=acme):
        narrowed = Event.objects.get(action=Action.AUTHORIZATION_NARROWED)
    assert narrowed.details["left_out"] == ["admin_classic"]


def test_without_scopes_it_asks_for_the_clients(tv, bobs):
    assert tv.signed_in(bobs)["scope"] == "user_default"


def test_nobody_fills_the_table(tv, acme, monkeypatch, time_machine):
    later(time_machine, 0)
    monkeypatch.setattr(device_codes, "BEGUN_PER_ADDRESS", 2)
    tv.begin()
    tv.begin()
    refused = tv.codes()
    assert_refused(refused, "temporarily_unavailable", 429)
    assert refused["Retry-After"] == "60"
    assert refusals(acme) == [Reason.TOO_MANY_DEVICE_CODES]
    with scope(tenant=acme):
        assert DeviceAuthorization.objects.count() == 2
    other = tv.web.post(
        "/oauth/device_authorization", **cast.form(client_id=tv.client_id), REMOTE_ADDR="192.0.2.9"
    )
    assert other.status_code == 200
    monkeypatch.setattr(device_codes, "BEGUN_PER_CLIENT", 3)
    other = tv.web.post(
        "/oauth/device_authorization", **cast.form(client_id=tv.client_id), REMOTE_ADDR="192.0.2.10"
    )
    assert other.status_code == 429
    later(time_machine, 60)
    assert tv.codes().status_code == 200


# --- Polling ---------------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8628", "3.5")
def test_dv02_it_waits_for_the_person(tv, bobs, acme, time_machine):
    later(time_machine, 0)
    begun = tv.begin()
    for _ in range(3):
        assert_refused(tv.poll(begun), "authorization_pending")
        later(time_machine, 5)
    assert refusals(acme) == []  # that somebody must be asked is no refusal
    let_in(bobs, begun)
    assert tv.poll(begun).status_code == 200


@pytest.mark.spec("RFC 8628", "3.5")
def test_dv02_who_polls_too_fast_is_slowed_down(tv, bobs, acme, time_machine):
    later(time_machine, 0)
    begun = tv.begin()
    assert_refused(tv.poll(begun), "authorization_pending")
    later(time_machine, 3)
    assert_refused(tv.poll(begun), "slow_down")
    later(time_machine, 5)  # 8 seconds after the first: it must be 10 now
    assert_refused(tv.poll(begun), "slow_down")
    later(time_machine, 7)
    assert_refused(tv.poll(begun), "authorization_pending")
    with scope(tenant=acme):
        assert DeviceAuthorization.objects.get().interval == 15
    let_in(bobs, begun)
    assert tv.poll(begun).status_code == 200


def test_it_is_not_slowed_down_without_end(tv, acme, time_machine):
    later(time_machine, 0)
    begun = tv.begin()
    for _ in range(20):
        tv.poll(begun)
    with scope(tenant=acme):
        assert DeviceAuthorization.objects.get().interval == device_codes.SLOWEST


@pytest.mark.spec("RFC 8628", "3.5")
def test_dv02_a_denied_one_gets_access_denied(tv, bobs, acme):
    begun = tv.begin()
    page = let_in(bobs, begun, "deny")
    assert "was not let in" in page.content.decode()
    assert_refused(tv.poll(begun), "access_denied")
    with scope(tenant=acme):
        denied = Event.objects.get(action=Action.DEVICE_DENIED)
        assert not Consent.objects.exists()
    assert (denied.actor_name, denied.target_name) == ("bob@acme.example", "Television")


@pytest.mark.spec("RFC 8628", "3.5")
@pytest.mark.parametrize("answer", ["", "allow", "deny"])
def test_dv02_an_expired_one_gets_expired_token(tv, bobs, acme, time_machine, answer):
    begun = tv.begin()
    if answer:
        let_in(bobs, begun, answer)
    later(time_machine, 901)
    assert_refused(tv.poll(begun), "expired_token")
    assert refusals(acme) == [Reason.DEVICE_CODE_EXPIRED]


@pytest.mark.spec("RFC 8628", "3.4")
def test_dv02_a_second_use_ends_what_the_first_gave(tv, bobs, acme):
    begun = tv.let_in(bobs, scope="openid offline_access user_default")
    tokens = tv.poll(begun).json()
    assert is_alive(tv, tokens["access_token"])

    assert_refused(tv.poll(begun), "invalid_grant")

    assert not is_alive(tv, tokens["access_token"])
    assert_refused(tv.refresh(tokens["refresh_token"]), "invalid_grant")
    with scope(tenant=acme):
        assert Event.objects.filter(action=Action.TOKENS_REUSED).count() == 1


def test_a_device_code_of_another_client_is_refused_and_stays(tv, bobs, acme):
    begun = tv.let_in(bobs)
    other = Device(registered(acme, name="Other"))
    assert_refused(other.poll(begun), "invalid_grant")
    assert refusals(acme) == [Reason.CODE_OF_ANOTHER_CLIENT]
    assert tv.poll(begun).status_code == 200
    assert_refused(other.poll(begun), "invalid_grant")  # a stranger ends nothing
    with scope(tenant=acme):
        assert not TokenFamily.objects.exclude(ended_at=None).exists()


def test_a_device_code_of_another_tenant_is_unknown(bobs, globex, acme):
    shared = registered(acme, redirect_uris=[SIGN_IN])
    begun = Device(shared).let_in(bobs)
    cast.connect(shared, globex)
    there = Device(shared, tenant=globex)
    assert_refused(there.poll(begun), "invalid_grant")
    assert refusals(globex) == [Reason.DEVICE_CODE_UNKNOWN]


@pytest.mark.parametrize("code", ["x", "qad_" + "0" * 49, "qad_\u00e5"])
def test_an_unknown_device_code_is_refused(tv, acme, code):
    assert_refused(tv.token(grant_type=GRANT, device_code=code), "invalid_grant")
    assert refusals(acme) == [Reason.DEVICE_CODE_UNKNOWN]


def test_a_device_code_must_be_sent(tv, acme):
    assert_refused(tv.token(grant_type=GRANT), "invalid_request")
    assert refusals(acme) == [Reason.DEVICE_CODE_MISSING]


def test_dv05_no_kind_of_code_passes_for_another(acme, bobs, bob):
    """Keycloak CVE-2026-4282"""
    both = registered(acme, redirect_uris=[SIGN_IN])
    tv, app = Device(both), Application(both)
    begun = tv.let_in(bobs, scope="offline_access user_default")
    code = app.code(bobs)
    tokens = tv.signed_in(bobs, scope="offline_access user_default")

    assert_refused(app.exchange(begun["device_code"]), "invalid_grant")
    assert_refused(app.refresh(begun["device_code"]), "invalid_grant")
    assert_refused(app.exchange(begun["user_code"]), "invalid_grant")
    for other in (code, tokens["refresh_token"], tokens["access_token"], begun["user_code"]):
        assert_refused(tv.token(grant_type=GRANT, device_code=other), "invalid_grant")
    for other in (begun["device_code"], code):
        assert enter(bobs, other).status_code == 422
    assert tv.poll(begun).status_code == 200
    assert app.exchange(code).status_code == 200


@pytest.mark.parametrize("status", ["pending", "too fast", "hammering", "allowed", "unknown"])
def test_polling_is_cheap(tv, bobs, acme, status, time_machine):
    later(time_machine, 0)
    begun = tv.begin()
    if status == "allowed":
        let_in(bobs, begun)
    if status in {"too fast", "hammering"}:
        tv.poll(begun)
    if status == "hammering":
        with scope(tenant=acme):
            DeviceAuthorization.objects.update(interval=device_codes.SLOWEST)
    if status == "unknown":
        begun = begun | {"device_code": "qad_nothing"}
    tv.poll(tv.begin())  # statements and keys are ready
    with CaptureQueriesContext(connection) as asked:
        tv.poll(begun)
    about = [query["sql"] for query in asked if "deviceauthorization" in query["sql"]]
    reads = [sql for sql in about if sql.startswith("SELECT")]
    writes = [sql for sql in about if not sql.startswith("SELECT")]
    expected = {
        "pending": (1, 1),
        "too fast": (1, 1),
        "hammering": (1, 0),
        "allowed": (1, 1),
        "unknown": (0, 0),
    }
    assert (len(reads), len(writes)) == expected[status]


# --- Tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
def test_it_gets_what_a_code_gets(tv, bobs, bob, acme):
    tokens = tv.signed_in(bobs, scope=" ".join(SCOPES))
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert set(tokens["scope"].split()) == set(SCOPES)
    access, identity = decoded(tokens["access_token"])[1], decoded(tokens["id_token"])[1]
    assert access["sub"] == identity["sub"] == str(bob.pk)
    assert access["auth_time"] == identity["auth_time"]
    assert (identity["aud"], identity["iss"], identity["email"]) == (tv.client_id, acme.issuer, bob.email)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")
    assert is_alive(tv, tokens["access_token"])
    refreshed = tv.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200
    with scope(tenant=acme):
        family = TokenFamily.objects.get()
        issued = Event.objects.get(action=Action.TOKENS_ISSUED)
        assert Client.objects.get(pk=family.client_id).last_used_at is not None
    assert (family.grant_type, family.user_id) == (GRANT, bob.pk)
    assert issued.details["user"] == bob.email


def test_no_more_tokens_than_were_asked_for(tv, bobs):
    assert tv.signed_in(bobs, scope="user_default").keys() == {
        "access_token", "expires_in", "token_type", "scope"
    }  # fmt: skip


def test_labels_are_kept(tv, bobs, acme):
    begun = tv.let_in(bobs)
    tv.poll(begun, deviceType="tv", description="Living\troom")
    with scope(tenant=acme):
        family = TokenFamily.objects.get()
    assert (family.device_type, family.description) == ("tv", "Living room")


def test_a_date_for_those_who_ask_in_json(tv, bobs):
    begun = tv.let_in(bobs)
    sent = {"grant_type": GRANT, "device_code": begun["device_code"], "client_id": tv.client_id}
    answer = tv.web.post("/oauth/token", json.dumps(sent), content_type="application/json").json()
    assert answer["expires_at"].endswith("Z")


def test_nothing_is_used_up_without_a_key(tv, bobs, acme):
    begun = tv.let_in(bobs)
    keys = SigningKey._base_manager.filter(tenant=acme)
    saved = list(keys)
    keys.delete()
    KeyRing.forget()
    assert_refused(tv.poll(begun), "temporarily_unavailable", 503)
    SigningKey._base_manager.bulk_create(saved)
    KeyRing.forget()
    assert tv.poll(begun).status_code == 200


# --- What ends it ----------------------------------------------------------------------------------------------------


def act(what, client, acme, bob):
    with scope(tenant=acme):
        own = Client.objects.get(pk=client.pk)
        match what:
            case "client disabled":
                own.disable(by=OPERATOR)
            case "client deleted":
                own.remove(by=OPERATOR)
            case "grant taken away":
                own.edit(by=OPERATOR, grant_types=[], redirect_uris=[SIGN_IN])
            case "scopes taken away":
                own.edit(by=OPERATOR, allowed_scopes=["openid"])
            case "person disabled":
                User.objects.get(pk=bob.pk).disable(by=OPERATOR)
            case "person's sessions ended":
                User.objects.get(pk=bob.pk).end_sessions(by=OPERATOR)
            case "password changed":
                User.objects.get(pk=bob.pk).choose_password(
                    "correct horse battery stapler", by=Actor(user=bob)
                )
            case "consent withdrawn":
                Consent.objects.get(client=client, user=bob).withdraw(by=Actor(user=bob))
            case "client disabled for a moment":
                own.disable(by=OPERATOR)
                Client.objects.get(pk=client.pk).enable(by=OPERATOR)


@pytest.mark.parametrize(
    ("what", "error", "status"),
    [
        ("client disabled", "invalid_client", 401),
        ("client deleted", "invalid_client", 401),
        ("grant taken away", "unauthorized_client", 400),
        ("scopes taken away", "invalid_grant", 400),
        ("person disabled", "invalid_grant", 400),
        ("person's sessions ended", "invalid_grant", 400),
        ("password changed", "invalid_grant", 400),
        ("consent withdrawn", "invalid_grant", 400),
        ("client disabled for a moment", "invalid_grant", 400),
    ],
)
def test_what_was_allowed_ends_with_what_it_stands_on(tv, client, bobs, bob, acme, what, error, status):
    begun = tv.let_in(bobs, scope="user_default")
    act(what, client, acme, bob)
    assert_refused(tv.poll(begun), error, status)
    with scope(tenant=acme):
        assert not TokenFamily.objects.exists()


@pytest.mark.parametrize(
    "what",
    ["client disabled", "client deleted", "grant taken away", "person disabled", "person's sessions ended"],
)
def test_tokens_end_with_what_they_stand_on(tv, client, bobs, bob, acme, what):
    tokens = tv.signed_in(bobs, scope="offline_access user_default")
    act(what, client, acme, bob)
    assert not is_alive(tv, tokens["access_token"])
    assert tv.refresh(tokens["refresh_token"]).status_code in {400, 401}


@pytest.fixture
def portal(globex, acme, alice):
    """Owned by globex, for devices, connected to acme."""
    client = registered(
        globex, name="Their television", redirect_uris=[SIGN_IN], allowed_scopes=["openid", "apps:read"]
    )
    return client, cast.connect(client, acme, by=alice)


def test_another_tenants_client_works_where_it_is_connected(portal, bobs, acme):
    tv = Device(portal[0], tenant=acme)
    assert decoded(tv.signed_in(bobs, scope="openid apps:read")["access_token"])[1]["iss"] == acme.issuer


def test_another_tenants_client_is_refused_where_it_is_not_connected(globex, acme):
    tv = Device(
        cast.publish(globex, type="native", redirect_uris=[SIGN_IN], grant_types=[GRANT]), tenant=acme
    )
    assert_refused(tv.codes(), "invalid_client", 401)
    assert_refused(tv.token(grant_type=GRANT, device_code="x"), "invalid_client", 401)


@pytest.mark.parametrize("what", ["blocked", "removed", "expired", "unpublished", "not approved"])
@pytest.mark.parametrize("when", ["before it begins", "before the answer", "before the poll"])
def test_the_rules_of_the_connection_hold_at_every_step(portal, bobs, acme, globex, what, when, time_machine):
    client, connected = portal
    tv = Device(client, tenant=acme)
    later(time_machine, 0)

    def end():
        with scope(tenant=acme):
            here = Connection.objects.get(pk=connected.pk)
            if what == "blocked":
                here.block(by=OPERATOR)
            elif what == "removed":
                here.remove(by=OPERATOR)
            elif what == "expired":
                Connection.objects.filter(pk=here.pk).update(expires_at="2020-01-01T00:00Z")
            elif what == "not approved":
                terms = here.terms | {"grants": []}
                Connection.objects.filter(pk=here.pk).update(terms=terms)
        if what == "unpublished":
            with scope(tenant=globex):
                Client.objects.get(pk=client.pk).unpublish(by=OPERATOR, connected_stay=False)

    error = ("unauthorized_client", 400) if what == "not approved" else ("invalid_client", 401)
    if when == "before it begins":
        end()
        assert_refused(tv.codes(), *error)
        return
    begun = tv.begin(scope="apps:read")
    if when == "before the answer":
        end()
        page = question(bobs, begun)
        assert page.status_code == 400
        assert 'value="allow"' not in page.content.decode()
        return
    let_in(bobs, begun)
    end()
    assert_refused(tv.poll(begun), *error)


def test_a_connection_that_was_made_anew_gives_nothing_of_the_old_one(portal, bobs, acme):
    client, connected = portal
    tv = Device(client, tenant=acme)
    begun = tv.let_in(bobs, scope="apps:read")
    with scope(tenant=acme):
        Connection.objects.get(pk=connected.pk).remove(by=OPERATOR)
    cast.connect(client, acme)
    assert_refused(tv.poll(begun), "invalid_grant")


def test_rows_are_removed_once_no_replay_has_to_be_noticed(tv, bobs, acme, time_machine):
    later(time_machine, 0)
    begun = tv.let_in(bobs)
    later(time_machine, 899)
    tokens = tv.poll(begun).json()
    tv.begin()

    def left():
        expiry.run(seconds=60)
        with scope(tenant=acme):
            return DeviceAuthorization.objects.count()

    later(time_machine, 9 * 60)
    assert left() == 2
    assert_refused(tv.poll(begun), "invalid_grant")
    assert not is_alive(tv, tokens["access_token"])  # the replay was noticed
    later(time_machine, 2 * 60)
    assert left() == 1
    later(time_machine, 3600)
    assert left() == 0
    assert_refused(tv.poll(begun), "invalid_grant")


# --- At once ---------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_answer_waits_for_the_end_of_the_connection(tv, client, browser, bob, acme):
    window, begun = browser(bob), tv.begin()
    page = question(window, begun)
    with transaction.atomic():
        with scope(tenant=acme):
            Connection.objects.get(client=client).block(by=OPERATOR)
        answer = Waiting(lambda: decide(window, page, "allow"))
        answer.until_it_waits()
    assert answer.result().status_code == 303
    assert_refused(tv.poll(begun), "invalid_client", 401)
    with scope(tenant=acme):
        assert DeviceAuthorization.objects.get().status == "pending"
        assert not Consent.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("RFC 8628", "3.5")
def test_of_many_polls_at_once_one_gets_the_tokens(tv, browser, bob, acme):
    begun = tv.let_in(browser(bob), scope="openid offline_access user_default")

    responses = at_once(*[lambda: twin(tv).poll(begun)] * THREADS)

    assert statuses(responses) == {200: 1, 400: THREADS - 1}
    [tokens] = [response.json() for response in responses if response.status_code == 200]
    assert not is_alive(tv, tokens["access_token"])  # the others were replays
    with scope(tenant=acme):
        assert TokenFamily.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_polls_at_once_one_was_in_time(tv):
    begun = tv.begin()

    responses = at_once(*[lambda: twin(tv).poll(begun)] * THREADS)

    errors = Counter(response.json()["error"] for response in responses)
    assert errors == {"authorization_pending": 1, "slow_down": THREADS - 1}


@pytest.mark.django_db(transaction=True)
def test_dv04_of_many_who_enter_one_code_one_may_answer(tv, browser, bob, carol):
    begun = tv.begin()
    windows = [browser(person) for person in (bob, carol) for _ in range(4)]

    responses = at_once(*[lambda window=window: enter(window, begun) for window in windows])

    assert statuses(responses) == {303: 4, 422: 4}
    assert {response.status_code for response in responses[:4]} != {
        response.status_code for response in responses[4:]
    }


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(tv, browser, bob, acme):
    window, begun = browser(bob), tv.begin()
    page = question(window, begun)
    others = [browser(bob) for _ in range(2)]
    for other in others:
        other.cookies = window.cookies

    at_once(*[lambda w=w, d=d: decide(w, page, d) for w, d in zip(others, ("allow", "deny"), strict=True)])

    with scope(tenant=acme):
        told = list(Event.objects.filter(action__startswith="device.").values_list("action", flat=True))
        consents = Consent.objects.count()
    assert len(told) == 1
    assert consents == (told == [Action.DEVICE_ALLOWED])
    assert tv.poll(begun).status_code == (200 if consents else 400)
