"""A secret that is disabled, expired or past its 24 hours is refused as one that never was, and is counted (P1, N2)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Actor, Client, ClientSecret, Event, Tenant, UseCount, User, use_count
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.outcomes import assert_refused

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
CALLER = "203.0.113.9"
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNKNOWN = "qas_" + "0" * 49
OPERATOR = Actor.operator()


@pytest.fixture(autouse=True)
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still, and nothing noted before."""
    time_machine.move_to(START, tick=False)
    use_count._noted.clear()
    return time_machine


@pytest.fixture
def app(machine_client: ClientAndSecret) -> Application:
    application = Application(*machine_client)
    application.web.defaults |= {"REMOTE_ADDR": CALLER, "HTTP_USER_AGENT": "reports/1.0"}
    return application


@pytest.fixture
def secret(machine_client: ClientAndSecret) -> ClientSecret:
    return row_of(machine_client[0])


def row_of(client: Client) -> ClientSecret:
    found: ClientSecret = ClientSecret._base_manager.select_related("client", "tenant").get(client=client)
    return found


def ask(app: Application, secret: str = "", **more: str) -> Any:
    sent = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": secret or app.secret,
    }
    return app.web.post("/oauth/token", **cast.form(**sent, **more))


def disable(secret: ClientSecret) -> None:
    with scope(tenant=secret.tenant):
        secret.disable(by=OPERATOR)


def expire(secret: ClientSecret) -> None:
    ClientSecret._base_manager.filter(pk=secret.pk).update(expires_at=START)


def outlive_its_day(secret: ClientSecret) -> None:
    ClientSecret._base_manager.filter(pk=secret.pk).update(disabled_at=START - 2 * DAY, enabled_until=START)


def remove(secret: ClientSecret) -> None:
    with scope(tenant=secret.tenant):
        secret.remove(by=OPERATOR)


ENDS = [
    (disable, "disabled_secret"),
    (expire, "expired_secret"),
    (outlive_its_day, "disabled_secret"),
    (remove, "removed_secret"),
]


@pytest.mark.parametrize(("end", "reason"), ENDS)
def test_a_dead_secret_is_answered_byte_for_byte_like_an_unknown_one(
    app: Application, secret: ClientSecret, acme: Tenant, end: Callable[[ClientSecret], None], reason: str
):
    assert ask(app).status_code == 200
    unknown = ask(app, UNKNOWN)
    end(secret)

    answer = ask(app)

    assert_refused(answer, "invalid_client", 401)
    assert answer.content == unknown.content
    assert set(answer.headers.items()) == set(unknown.headers.items())
    with scope(tenant=acme):
        event = Event.objects.filter(action="tokens.refused").latest("pk")
    assert (event.details["reason"], event.details["hint"]) == (reason, secret.hint)
    assert event.target_id == str(secret.client_id)


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
@pytest.mark.parametrize(("end", "reason"), ENDS)
def test_no_endpoint_takes_it(
    app: Application, secret: ClientSecret, end: Callable[[ClientSecret], None], reason: str, endpoint: str
):
    end(secret)

    assert getattr(app, endpoint)("x").status_code == 401


@pytest.mark.parametrize(("end", "reason"), ENDS)
def test_it_costs_as_many_statements_as_a_removed_one(
    app: Application, secret: ClientSecret, end: Callable[[ClientSecret], None], reason: str
):
    end(secret)
    ask(app)

    with CaptureQueriesContext(connection) as made:
        ask(app)

    assert len(made) == 6  # two look-ups; savepoint, count, release; keyword


@pytest.mark.parametrize("api", ["", cast.ORDERS])
def test_a_secret_is_found_in_one_statement_whatever_it_is(
    secret: ClientSecret, machine_client: ClientAndSecret, acme: Tenant, api: str
):
    for end in (None, disable, expire, outlive_its_day, remove):
        if end:
            end(secret)
        with CaptureQueriesContext(connection) as made:
            found = ClientSecret.presented(acme, machine_client[1], api)
        assert len(made) == 1
        assert (found is not None) is (end is None)


def test_it_is_counted_with_its_caller_and_the_day(
    app: Application, secret: ClientSecret, acme: Tenant, clock: TimeMachineFixture
):
    disable(secret)
    for _ in range(3):
        ask(app)
    clock.shift(timedelta(minutes=2))
    app.web.defaults |= {"REMOTE_ADDR": "203.0.113.10"}
    ask(app)
    use_count.write_noted()

    with scope(tenant=acme):
        [row] = UseCount.objects.filter(span=UseCount.Span.DAY)
    assert (row.outcome, row.secret_id, row.number) == ("disabled_secret", secret.pk, 4)
    assert (row.last_address, row.last_agent) == ("203.0.113.10", "reports/1.0")
    tried = row_of(secret.client)
    assert (tried.last_tried_at, tried.last_tried_from) == (START + timedelta(minutes=2), "203.0.113.10")
    assert tried.last_used_at is None


# --- Enabled again ------------------------------------------------------------------------------------------------


def test_enabled_again_it_works_and_ends_by_itself_after_24_hours(
    app: Application, secret: ClientSecret, clock: TimeMachineFixture
):
    disable(secret)
    with scope(tenant=secret.tenant):
        assert secret.enable(by=OPERATOR, for_a_while=True)
    assert ask(app).status_code == 200

    clock.shift(DAY - timedelta(seconds=1))
    assert ask(app).status_code == 200

    clock.shift(timedelta(seconds=1))
    assert ask(app).status_code == 401


def test_enabled_for_good_it_goes_on(app: Application, secret: ClientSecret, clock: TimeMachineFixture):
    disable(secret)
    with scope(tenant=secret.tenant):
        assert secret.enable(by=OPERATOR)
    clock.shift(10 * DAY)

    assert ask(app).status_code == 200


def test_a_secret_expires_at_its_moment(app: Application, secret: ClientSecret, clock: TimeMachineFixture):
    with scope(tenant=secret.tenant):
        secret.change(name="", expires_at=START + HOUR, by=OPERATOR)

    clock.shift(HOUR - timedelta(seconds=1))
    assert ask(app).status_code == 200
    clock.shift(timedelta(seconds=1))
    assert ask(app).status_code == 401


# --- What a use tells -----------------------------------------------------------------------------------------------


def test_the_first_use_is_kept(app: Application, secret: ClientSecret, clock: TimeMachineFixture):
    ask(app)
    clock.shift(HOUR)
    ask(app)

    row = row_of(secret.client)
    assert (row.first_used_at, row.last_used_at) == (START, START + HOUR)


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_a_secret_that_gets_no_token_is_used_too(
    app: Application, secret: ClientSecret, acme: Tenant, endpoint: str
):
    assert getattr(app, endpoint)("x").status_code == 200
    use_count.write_noted()

    assert row_of(secret.client).last_used_at == START
    with scope(tenant=acme):
        assert UseCount.objects.filter(secret_id=secret.pk, outcome="", span="day").get().number == 1


# --- Nothing crosses tenants ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "reason"), ENDS)
def test_another_tenant_learns_no_hint_and_no_person(
    acme: Tenant, globex: Tenant, mallory: User, end: Callable[[ClientSecret], None], reason: str
):
    client, plain = cast.register(globex, **cast.machines_too())
    cast.connect(client, acme, consent_method="trusted")
    row = row_of(client)
    end(row)
    ClientSecret._base_manager.filter(pk=row.pk).update(disabled_by=mallory, removed_by=mallory)

    assert_refused(ask(Application(client, plain, tenant=acme)), "invalid_client", 401)

    with scope(tenant=acme):
        here = Event.objects.get(action="tokens.refused")
        log = repr(list(Event.objects.values()))
    assert here.details.keys() == {"reason", "error", "grant_type"}
    assert here.details["reason"] == reason
    assert mallory.email not in log
    with scope(tenant=globex):
        owners = Event.objects.get(action="tokens.refused")
    assert (owners.actor_kind, owners.details["hint"]) == ("tenant", row.hint)
