"""What removes what has expired: `manage.py expire`, and the servers by themselves."""

import asyncio
import io
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope
from pytest_django import Settings
from time_machine import TimeMachineFixture

from console.management.expiry import ServerRuns
from console.models import (
    Actor,
    AuthorizationCode,
    Client,
    ClientAssertion,
    Connection,
    Consent,
    Event,
    ExpiryRun,
    FailedAttempts,
    RefreshToken,
    RevokedAccessToken,
    SentForm,
    Tenant,
    TokenFamily,
    UnfinishedAct,
    UsedAnswer,
    User,
    background,
)
from console.policy import credentials, refresh_tokens
from qlikauth.server import front
from tests import cast, postgres
from tests.cast import register, stranger_on
from tests.oauth.driver import Application, challenge_of
from tests.oauth.outcomes import assert_refused, is_alive

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
SCOPE = "openid offline_access user_default"
DAY = timedelta(days=1)


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


class Ran:
    """What one `manage.py expire --json` said, and whether it failed."""

    def __init__(self, *arguments: str) -> None:
        output, errors, self.refusal = io.StringIO(), io.StringIO(), ""
        try:
            call_command("expire", *arguments, "--json", stdout=output, stderr=errors)
        except CommandError as refused:
            self.refusal = str(refused)
        self.said: dict[str, Any] = json.loads(output.getvalue() or "{}")
        self.progress = errors.getvalue().splitlines()


def removed_by(*arguments: str) -> dict[str, int]:
    ran = Ran(*arguments)
    assert ran.refusal == ""
    assert ran.said["failed"] == {}
    removed: dict[str, int] = ran.said["removed"]
    return removed


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


def test_expire_removes_what_is_over_and_nothing_that_lives(
    clock: TimeMachineFixture, app: Application, bobs: Browser, bob: User, in_acme: Tenant,
    browser: Callable[[User], Browser],
):  # fmt: skip
    app.code(bobs)  # never redeemed
    without_refreshing = app.tokens(bobs, scope="openid")
    idle = app.tokens(bobs, scope=SCOPE)
    app.revoke(app.tokens(bobs, scope="openid")["access_token"])
    stranger_on(in_acme).post("/login", {"email": bob.email, "password": "wrong"})
    ClientAssertion.use(client_of(app), "jti", datetime.now(UTC) + timedelta(minutes=5))
    assert sum(removed_by().values()) == 0

    clock.shift(29 * DAY)
    alive = app.tokens(browser(bob), scope=SCOPE)
    clock.shift(2 * DAY)
    fresh_code = app.code(browser(bob))
    removed = removed_by("--batch", "2")

    assert removed["codes"] == 5
    assert removed["refresh_tokens"] == 1
    assert removed["token_families"] == 3
    assert removed["revoked_access_tokens"] == removed["client_assertions"] == 1
    assert removed["failed_attempts"] >= 1
    assert removed["sessions"] >= 1
    assert removed["deleted_clients"] == removed["signing_keys"] == 0
    assert not is_alive(app, without_refreshing["access_token"])
    assert app.refresh(idle["refresh_token"]).status_code == 400
    assert app.exchange(fresh_code).status_code == 200
    assert app.refresh(alive["refresh_token"]).status_code == 200
    assert AuthorizationCode.objects.count() == 1
    assert Consent.objects.count() == 1
    assert not RevokedAccessToken.objects.exists()
    assert not FailedAttempts.objects.exists()
    assert Session.objects.count() == 1


def client_of(app: Application) -> Client:
    client: Client = Client.with_deleted.get(client_id=app.client_id)
    return client


def test_expire_keeps_what_makes_a_replay_known(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    code = app.code(bobs, scope=SCOPE)
    first = app.exchange(code).json()
    second = app.refresh(first["refresh_token"]).json()
    clock.shift(30)
    removed_by()
    assert app.exchange(code).status_code == 400  # noticed: it ended the family
    assert app.refresh(second["refresh_token"]).status_code == 400

    first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    clock.shift(29 * DAY)
    removed_by()
    assert app.refresh(first["refresh_token"]).status_code == 400
    assert app.refresh(second["refresh_token"]).status_code == 400


def test_expire_does_not_revive_what_was_revoked(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    tokens = app.tokens(bobs, scope=SCOPE)
    app.revoke(tokens["access_token"])
    for _ in range(13):
        clock.shift(timedelta(minutes=5))
        removed_by()
        assert not is_alive(app, tokens["access_token"])


def test_expire_forgets_a_deleted_client_after_a_month(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    app.tokens(bobs, scope=SCOPE)
    client_of(app).remove(by=Actor.operator())
    clock.shift(29 * DAY)
    assert removed_by()["deleted_clients"] == 0

    clock.shift(2 * DAY)
    assert removed_by()["deleted_clients"] == 1

    assert not Client.with_deleted.exists()
    assert not Consent.objects.exists()
    assert not TokenFamily.objects.exists()
    assert Event.objects.filter(action="client.deleted", target_name="Web app").exists()


@pytest.mark.parametrize("batch", ["0", "-1", "10001", "x", "1.5", ""])
def test_expire_refuses_a_batch_that_is_none(db: None, batch: str):
    with pytest.raises((CommandError, SystemExit)):
        call_command("expire", f"--batch={batch}")


def test_expire_works_in_batches(acme: Tenant, django_assert_max_num_queries: Callable[..., Any]):
    over = datetime.now(UTC) - DAY
    with scope(tenant=acme):
        RevokedAccessToken.objects.bulk_create(
            RevokedAccessToken(tenant=acme, jti=f"{number:05}", expires_at=over) for number in range(250)
        )

    assert removed_by("--batch", "100")["revoked_access_tokens"] == 250


@pytest.mark.django_db(transaction=True)
def test_f25_two_schedulers_at_once_remove_everything_once(
    acme: Tenant, web_client: ClientAndSecret, bob: User
):
    over = datetime.now(UTC) - 200 * DAY
    client, _ = web_client
    with scope(tenant=acme):
        families = TokenFamily.objects.bulk_create(
            TokenFamily(
                tenant=acme, client=client, user=bob, grant_type="authorization_code", scope="openid",
                access_expires_at=over, expires_at=over,
            )
            for _ in range(200)
        )  # fmt: skip
        RefreshToken.objects.bulk_create(
            RefreshToken(
                tenant=acme, family=family, user=bob, application=client, expires_at=over,
                token_checksum=challenge_of(str(number)),
            )
            for number, family in enumerate(families)
        )  # fmt: skip
    removed: list[dict[str, int]] = []
    begin = threading.Barrier(3)

    def schedule() -> None:
        try:
            begin.wait(30)
            removed.append(removed_by("--batch", "20"))
        finally:
            connection.close()

    threads = [threading.Thread(target=schedule) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(removed) == 3
    assert sum(each["refresh_tokens"] for each in removed) == 200
    assert sum(each["token_families"] for each in removed) == 200
    with scope(tenant=acme):
        assert not TokenFamily.objects.exists()
        assert not RefreshToken.objects.exists()


# --- Used refresh tokens --------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 9700", "4.14.2")
@pytest.mark.parametrize("days", [2, 29])
def test_a_used_refresh_token_is_kept_for_a_day_and_its_reuse_noticed_for_as_long_as_it_would_have_lived(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant, days: int
):
    first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    clock.shift(timedelta(hours=23))
    assert removed_by()["refresh_tokens"] == 0
    clock.shift(timedelta(hours=2))
    assert removed_by()["refresh_tokens"] == 1
    clock.shift((days - 1) * DAY - timedelta(hours=1))
    third = app.refresh(second["refresh_token"]).json()

    assert_refused(app.refresh(first["refresh_token"]), "invalid_grant")

    assert not is_alive(app, third["access_token"])
    assert_refused(app.refresh(third["refresh_token"]), "invalid_grant")
    event = Event.objects.get(action="tokens.reused")
    assert event.details == {"reason": "refresh_token_reused", "user": "bob@acme.example"}


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_nobody_but_its_client_ends_a_family_with_a_token_that_has_no_row_any_more(
    clock: TimeMachineFixture,
    app: Application,
    bobs: Browser,
    in_acme: Tenant,
    spa_client: ClientAndSecret,
):
    first = app.tokens(bobs, scope=SCOPE)
    clock.shift(timedelta(hours=1))
    second = app.refresh(first["refresh_token"]).json()
    clock.shift(2 * DAY)
    removed_by()

    assert_refused(Application(*spa_client).refresh(first["refresh_token"]), "invalid_grant")
    family = TokenFamily.objects.get()
    forged = refresh_tokens.make(family.pk, family.expires_at, b"the key of another deployment")
    assert_refused(app.refresh(forged), "invalid_grant")
    assert app.refresh(second["refresh_token"]).status_code == 200
    assert not Event.objects.filter(action="tokens.reused").exists()


def test_whoever_revokes_a_token_that_has_no_row_any_more_ends_its_family(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    clock.shift(2 * DAY)
    removed_by()
    assert app.introspect(first["refresh_token"]).json() == {"active": False}

    assert app.revoke(first["refresh_token"]).status_code == 200

    assert_refused(app.refresh(second["refresh_token"]), "invalid_grant")


def test_one_that_expired_unused_is_unknown_and_ends_nothing(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    first = app.tokens(bobs, scope=SCOPE)
    lost = app.refresh(first["refresh_token"]).json()
    second = app.refresh(first["refresh_token"]).json()  # within the leeway
    clock.shift(20 * DAY)
    third = app.refresh(second["refresh_token"]).json()
    clock.shift(11 * DAY)
    removed_by()

    assert_refused(app.refresh(lost["refresh_token"]), "invalid_grant")
    assert app.refresh(third["refresh_token"]).status_code == 200


def test_a_token_that_does_not_name_its_family_is_kept_until_it_expires(
    clock: TimeMachineFixture,
    app: Application,
    bobs: Browser,
    in_acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
):
    """As they were given before."""
    with monkeypatch.context() as earlier:
        earlier.setattr(
            RefreshToken, "make", lambda family: credentials.make(credentials.Prefix.REFRESH_TOKEN)
        )
        first = app.tokens(bobs, scope=SCOPE)
    second = app.refresh(first["refresh_token"]).json()
    clock.shift(29 * DAY)
    assert removed_by()["refresh_tokens"] == 0

    assert_refused(app.refresh(first["refresh_token"]), "invalid_grant")
    assert_refused(app.refresh(second["refresh_token"]), "invalid_grant")
    assert Event.objects.filter(action="tokens.reused").exists()


# --- Families -------------------------------------------------------------------------------------------------


def test_a_family_lives_as_long_as_it_is_refreshed_however_often_expire_runs(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    tokens = app.tokens(bobs, scope=SCOPE)
    for _ in range(5):
        clock.shift(29 * DAY)
        assert removed_by()["token_families"] == 0
        tokens = app.refresh(tokens["refresh_token"]).json()
    clock.shift(32 * DAY)
    removed = removed_by()
    assert (removed["refresh_tokens"], removed["token_families"]) == (2, 1)  # the last, and the one before


def test_a_family_that_does_not_know_until_when_it_is_kept_is_kept_as_long_as_it_must(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    """An older process has written its row, or has refreshed it."""
    tokens = app.tokens(bobs, scope=SCOPE)
    plain = app.tokens(bobs, scope="openid")
    for field in ("default", "db_default"):
        TokenFamily._base_manager.update(kept_until=getattr(TokenFamily._meta.get_field("kept_until"), field))
        assert removed_by()["token_families"] == 0
    assert is_alive(app, plain["access_token"])
    clock.shift(2 * DAY)
    assert removed_by()["token_families"] == 1
    TokenFamily._base_manager.update(kept_until=timezone.now() - DAY)
    assert removed_by()["token_families"] == 0
    clock.shift(27 * DAY)
    assert removed_by()["token_families"] == 0
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_family_that_ended_is_forgotten_after_a_month_even_if_its_tokens_would_live_longer(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant, settings: Settings
):
    settings.REFRESH_TOKEN_IDLE = timedelta(days=100)
    tokens, ended = app.tokens(bobs, scope=SCOPE), app.tokens(bobs, scope=SCOPE)
    app.revoke(ended["refresh_token"])
    clock.shift(29 * DAY)
    assert removed_by()["token_families"] == 0
    clock.shift(2 * DAY)
    assert removed_by("--batch", "1")["token_families"] == 1
    assert app.refresh(tokens["refresh_token"]).status_code == 200


# --- Each category for itself ---------------------------------------------------------------------------------


@pytest.fixture
def expired(acme: Tenant) -> Callable[[int], None]:
    """`expired(5)`: so many expired rows of three kinds."""

    def make(number: int) -> None:
        over = timezone.now() - DAY
        kinds: list[tuple[Any, str]] = [
            (RevokedAccessToken, "jti"),
            (SentForm, "digest"),
            (UsedAnswer, "digest"),
        ]
        for model, key in kinds:
            model._base_manager.bulk_create(
                model(tenant=acme, expires_at=over + timedelta(seconds=place), **{key: f"{place:05}"})
                for place in range(number)
            )

    return make


def test_what_fails_is_named_and_the_others_are_done(expired: Callable[[int], None]):
    expired(3)

    def breaks(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "console_sentform" in sql or "console_unfinishedact" in sql:
            raise OperationalError("canceling statement\nDETAIL: Key (digest)=(secret)")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(breaks):
        ran = Ran()

    words = "OperationalError: canceling statement"
    assert ran.refusal == "Failed: acts, sent_forms, finished_acts. Everything else was done."
    assert ran.said["failed"] == dict.fromkeys(("acts", "sent_forms", "finished_acts"), words)
    assert ran.said["removed"]["revoked_access_tokens"] == ran.said["removed"]["used_answers"] == 3
    assert ran.progress == [
        f"acts: failed, {words}",
        "revoked_access_tokens: 3 removed",
        f"sent_forms: failed, {words}",
        "used_answers: 3 removed",
        f"finished_acts: failed, {words}",
    ]
    assert removed_by()["sent_forms"] == 3


def test_time_that_is_up_ends_it_between_two_batches_and_the_next_run_goes_on(
    expired: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
):
    expired(10)
    moments = iter(range(1000))
    with monkeypatch.context() as patch:
        patch.setattr("console.management.expiry.time.monotonic", lambda: float(next(moments)))
        patch.setattr("console.management.expiry.time.sleep", lambda seconds: None)
        ran = Ran("--batch", "2", "--seconds", "8")
    assert ran.refusal == ""
    assert ran.said["finished"] is False
    first = sum(ran.said["removed"].values())
    assert 0 < first < 30
    assert first % 2 == 0

    ran = Ran("--batch", "2")

    assert ran.said["finished"] is True
    assert sum(ran.said["removed"].values()) == 30 - first


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "x"])
def test_a_time_that_is_none_is_refused(db: None, seconds: str):
    with pytest.raises((CommandError, SystemExit)):
        call_command("expire", f"--seconds={seconds}")


def test_it_says_nothing_when_there_is_nothing_to_do(db: None):
    ran = Ran()
    assert ran.progress == []
    assert ran.said["finished"] is True
    assert ran.said["seconds"] >= 0
    output = io.StringIO()
    call_command("expire", stdout=output, stderr=output)
    assert output.getvalue() == ""


def test_what_stops_it_loses_nothing(expired: Callable[[int], None], monkeypatch: pytest.MonkeyPatch):
    expired(6)

    def stops(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("console.management.expiry.time.sleep", stops)
        with pytest.raises(KeyboardInterrupt):
            call_command("expire", "--batch=2", stderr=io.StringIO())
    assert RevokedAccessToken._base_manager.count() == 4
    assert removed_by()["revoked_access_tokens"] == 4


def test_rows_of_the_same_moment_are_all_removed(acme: Tenant):
    over = timezone.now() - DAY
    SentForm._base_manager.bulk_create(
        SentForm(tenant=acme, digest=f"{place}", expires_at=over) for place in range(7)
    )

    assert removed_by("--batch", "2")["sent_forms"] == 7


@pytest.fixture
def server_of_its_own(transactional_db: None) -> Iterator[None]:
    """An empty database on a server where nobody else works: while another test's transaction is open anywhere on a
    server, no entry of an index is marked."""
    told = connection.settings_dict
    shared = {name: told[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{shared['NAME']}").geturl()
    own = postgres.start()
    try:
        own.run(
            "psql", "-q", "-d", "postgres", given=own.run("pg_dump", "--schema-only", "--no-owner", address)
        )
        connection.close()
        told.update(HOST=str(own.directory), PORT="", USER="postgres", PASSWORD="", NAME="postgres")
        yield
    finally:
        connection.close()
        told.update(shared)
        own.stop()


@pytest.mark.postgresql
@pytest.mark.usefixtures("server_of_its_own")
def test_the_next_run_does_not_pass_all_that_one_has_removed():
    """An index keeps the entries of removed rows. Only marked ones are passed without a look at each row's place."""
    acme, over = cast.found("acme", "Acme AB", 8000), timezone.now() - DAY
    SentForm._base_manager.bulk_create(
        SentForm(tenant=acme, digest=f"{place}", expires_at=over + timedelta(seconds=place * 379 % 1000))
        for place in range(1000)
    )
    # As a long table is read, and with the commits that servers make: only one that is on disk marks a row as dead.
    settings = {"enable_seqscan": "off", "enable_bitmapscan": "off", "synchronous_commit": "on"}
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f"SET {name} = {value}")
        assert removed_by("--batch", "100")["sent_forms"] == 1000
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
            "SELECT * FROM console_sentform WHERE expires_at < now() ORDER BY expires_at LIMIT 100"
        )
        [[[plan]]] = cursor.fetchall()
        for name in settings:
            cursor.execute(f"RESET {name}")

    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < 500


def test_what_there_is_much_of_goes_before_a_deleted_client(
    clock: TimeMachineFixture, app: Application, bobs: Browser, in_acme: Tenant
):
    app.tokens(bobs, scope=SCOPE)
    kept = app.tokens(bobs, scope=SCOPE)
    client_of(app).remove(by=Actor.operator())
    assert not is_alive(app, kept["access_token"])
    clock.shift(31 * DAY)

    assert removed_by("--batch", "1")["deleted_clients"] == 1
    assert not Connection._base_manager.exists()
    assert not Consent._base_manager.exists()
    assert not RefreshToken._base_manager.exists()


# --- The clock ------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_a_process_whose_clock_is_400_days_ahead_removes_nothing(
    bobs: Browser, app: Application, time_machine: TimeMachineFixture, one_clock: pytest.MonkeyPatch
):
    one_clock.undo()
    tokens = app.tokens(bobs, scope=SCOPE)
    sessions = Session.objects.count()
    now = datetime.now(UTC)

    time_machine.move_to(now + 400 * DAY)
    assert sum(removed_by().values()) == 0

    time_machine.move_to(now)
    assert Session.objects.count() == sessions
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.postgresql
def test_a_process_whose_clock_is_behind_removes_what_the_database_says_has_expired(
    expired: Callable[[int], None], time_machine: TimeMachineFixture, one_clock: pytest.MonkeyPatch
):
    one_clock.undo()
    expired(2)
    time_machine.move_to(datetime.now(UTC) - 400 * DAY)

    assert removed_by()["sent_forms"] == 2


@pytest.mark.sqlite
@pytest.mark.parametrize("has_run", [True, False], ids=["after a run", "before any run"])
def test_a_clock_that_is_400_days_ahead_removes_nothing_unless_it_is_trusted(
    clock: TimeMachineFixture, bobs: Browser, app: Application, has_run: bool
):
    app.tokens(bobs, scope=SCOPE)
    if has_run:
        removed_by()
    sessions = Session.objects.count()
    clock.shift(400 * DAY)

    for _ in range(2):  # a refusal is no run
        ran = Ran()
        assert "clock" in ran.refusal
        assert "2030-01-01" in ran.refusal
        assert "--trust-clock" in ran.refusal
        assert ran.said == {}
        assert Session.objects.count() == sessions

    assert removed_by("--trust-clock")["sessions"] == sessions
    clock.shift(DAY)
    removed_by()


@pytest.mark.sqlite
def test_an_event_under_a_wrong_clock_does_not_make_it_right(
    clock: TimeMachineFixture, in_acme: Tenant, app: Application, expired: Callable[[int], None]
):
    removed_by()
    clock.shift(400 * DAY)
    client_of(app).disable(by=Actor.operator())
    assert Event.objects.order_by("-pk")[0].happened_at.year == 2031

    assert Ran().refusal


# --- In a server ----------------------------------------------------------------------------------------------


def test_a_server_runs_it_when_it_is_due_and_not_before(
    clock: TimeMachineFixture, expired: Callable[[int], None], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    expired(2)
    server, other = ServerRuns(0), ServerRuns(0)

    done = server()
    assert done is not None
    assert done.removed["sent_forms"] == 2
    assert "sent_forms: 2 removed" in caplog.messages
    assert other() is None
    assert server() is None

    clock.shift(timedelta(minutes=50))
    assert ServerRuns(0)() is None
    clock.shift(timedelta(minutes=20))
    assert ServerRuns(0)() is not None
    assert ServerRuns(0)() is None


def test_a_server_does_not_look_at_once(expired: Callable[[int], None]):
    expired(2)
    assert ServerRuns()() is None
    assert not ExpiryRun.objects.exists()


def test_a_server_leaves_it_alone_when_it_is_told_to(expired: Callable[[int], None], settings: Settings):
    settings.EXPIRE_EVERY = timedelta(0)
    assert ServerRuns(0)() is None
    assert not ExpiryRun.objects.exists()


def test_the_next_run_is_due_again_when_the_clock_was_ahead_for_a_while(clock: TimeMachineFixture, db: None):
    clock.shift(30 * DAY)
    assert ServerRuns(0)() is not None
    clock.shift(-30 * DAY)
    assert ServerRuns(0)() is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_servers_one_runs_it(db: None):
    done: list[bool] = []
    begin = threading.Barrier(4)

    def serve() -> None:
        server = ServerRuns(0)
        try:
            begin.wait(30)
            done.append(server() is not None)
        finally:
            connection.close()

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [False, False, False, True]


def test_a_failure_in_a_server_is_logged_and_stops_nothing(
    expired: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("console.models.background.connections.close_all", lambda: None)
    expired(1)

    def breaks(over: Any) -> int:
        raise OperationalError("it is away")

    monkeypatch.setattr(UnfinishedAct, "finish_all", breaks)

    assert background.once(ServerRuns(0)) is True

    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["Removing what has expired failed: acts: OperationalError: it is away"]
    assert SentForm._base_manager.count() == 0


@pytest.mark.sqlite
def test_a_server_says_that_its_clock_cannot_be_right(
    clock: TimeMachineFixture, expired: Callable[[int], None], caplog: pytest.LogCaptureFixture
):
    assert ServerRuns(0)() is not None
    expired(1)
    clock.shift(400 * DAY)

    assert ServerRuns(0)() is None

    assert "manage.py expire --trust-clock" in caplog.text
    assert SentForm._base_manager.count() == 1


def test_serve_does_this_beside_requests(monkeypatch: pytest.MonkeyPatch):
    started: list[Any] = []
    monkeypatch.setattr(background, "start", lambda *works: started.extend(works))

    async def load() -> None:
        front.load("qlikauth.wsgi:application", 1)  # its threads wait for work, and end with this process

    asyncio.run(load())

    assert any(isinstance(work, ServerRuns) for work in started)


def test_clients_that_an_older_process_has_registered_get_their_place_in_the_list(
    acme: Tenant, globex: Tenant
):
    """During an update it writes rows that do not know what the list is sorted by."""
    for name, tenant in (("Client 10", acme), ("Client 9", globex), ("Client 1", acme)):
        register(tenant, name=name)
    there = Client.with_deleted_anywhere.filter(name__startswith="Client ")
    there.update(sort_key="")

    ran = Ran("--batch", "2")

    in_order = there.order_by("sort_key").values_list("name", flat=True)
    assert list(in_order) == ["Client 1", "Client 9", "Client 10"]
    assert ran.progress == ["clients: 3 got their place in the list"]
    assert Ran().progress == []
