"""A refresh token that was just used gives its client another pair: the answer was lost, or two tabs asked at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings
from time_machine import TimeMachineFixture

from console.models import Actor, Client, Consent, Event, RefreshToken, Tenant, TokenFamily, User
from console.models.refresh_token import MAX_REPEATS
from tests.oauth.driver import Application
from tests.oauth.outcomes import assert_refused, is_alive, rows_follow

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 9700", "4.14.2")]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid email offline_access user_default"


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture(params=["web_client", "spa_client", "native_client"])
def any_app(clock: TimeMachineFixture, request: pytest.FixtureRequest) -> Application:
    return Application(*request.getfixturevalue(request.param))


@pytest.fixture
def app(clock: TimeMachineFixture, web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(clock: TimeMachineFixture, browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


def test_a_lost_answer_is_asked_for_again(
    any_app: Application, bobs: Browser, clock: TimeMachineFixture, in_acme: Tenant
):
    first = any_app.tokens(bobs, scope=SCOPE)
    lost = any_app.refresh(first["refresh_token"]).json()
    clock.shift(9)
    again = any_app.refresh(first["refresh_token"]).json()

    assert set(again["scope"].split()) == set(SCOPE.split())
    for pair in (lost, again):  # two tabs go on, each with its own
        assert is_alive(any_app, pair["access_token"])
        assert any_app.refresh(pair["refresh_token"]).status_code == 200
    assert TokenFamily.objects.count() == 1
    assert not Event.objects.filter(action__in=["tokens.reused", "tokens.refused"]).exists()


@pytest.mark.parametrize(("leeway", "seconds"), [(10, 10), (10, 3600), (60, 61), (0, 0), (0, 1)])
def test_rt01_after_it_reuse_ends_everything(
    any_app: Application, bobs: Browser, clock: TimeMachineFixture, settings: Settings, in_acme: Tenant,
    leeway: int, seconds: int,
):  # fmt: skip
    settings.REFRESH_TOKEN_LEEWAY = timedelta(seconds=leeway)
    first = any_app.tokens(bobs, scope=SCOPE)
    pairs = [any_app.refresh(first["refresh_token"]).json() for _ in range(2 if leeway else 1)]
    clock.shift(seconds)

    assert_refused(any_app.refresh(first["refresh_token"]), "invalid_grant")

    for pair in pairs:
        assert not is_alive(any_app, pair["access_token"])
        assert_refused(any_app.refresh(pair["refresh_token"]), "invalid_grant")
    assert Event.objects.get(action="tokens.reused").details["reason"] == "refresh_token_reused"


def test_the_leeway_begins_at_the_first_use(app: Application, bobs: Browser, clock: TimeMachineFixture):
    """Each further pair does not prolong it."""
    token = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    assert app.refresh(token).status_code == 200
    clock.shift(6)
    assert app.refresh(token).status_code == 200
    clock.shift(6)

    assert_refused(app.refresh(token), "invalid_grant")


def revoke(app: Application, pair: dict[str, Any], user: User) -> None:
    assert app.revoke(pair["refresh_token"]).status_code == 200


def disable_and_enable(app: Application, pair: dict[str, Any], user: User) -> None:
    client = Client.objects.get(client_id=app.client_id)
    client.disable(by=Actor.operator())
    client.enable(by=Actor.operator())


def withdraw(app: Application, pair: dict[str, Any], user: User) -> None:
    consent = Consent.of(user, Client.objects.get(client_id=app.client_id))
    assert consent is not None
    consent.withdraw(by=Actor(user=user))


def choose_another_password(app: Application, pair: dict[str, Any], user: User) -> None:
    user.choose_password("another long password", by=Actor(user=user))


def deactivate(app: Application, pair: dict[str, Any], user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def end_family(app: Application, pair: dict[str, Any], user: User) -> None:
    for family in TokenFamily.objects.all():
        assert family.end(reason="by hand")


@pytest.mark.parametrize(
    "act", [revoke, disable_and_enable, withdraw, choose_another_password, deactivate, end_family]
)
@pytest.mark.parametrize("rows", [False, True])
def test_rt07_there_is_none_for_what_has_ended(
    any_app: Application, bobs: Browser, bob: User, in_acme: Tenant, act: Callable[..., None], rows: bool
):
    """DOT #1816. By its row, and by the generation alone."""
    used = any_app.tokens(bobs, scope=SCOPE)["refresh_token"]
    pair = any_app.refresh(used).json()
    act(any_app, pair, bob)
    if rows:
        rows_follow()

    for token in (used, pair["refresh_token"]):
        assert_refused(any_app.refresh(token), "invalid_grant")
    assert not is_alive(any_app, pair["access_token"])


def test_rt03_it_is_for_its_own_client_alone(
    app: Application, bobs: Browser, acme: Tenant, register: Callable[..., Any], spa_client: ClientAndSecret
):
    used = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    pair = app.refresh(used).json()

    for other in (Application(*register(acme, name="Thief")), Application(*spa_client)):
        assert_refused(other.refresh(used), "invalid_grant")
    assert app.token(grant_type="refresh_token", refresh_token=used, client_id=None).status_code == 200
    unproven = Application(*spa_client)
    assert_refused(unproven.refresh(used, client_id=app.client_id), "invalid_client", 401)
    assert is_alive(app, pair["access_token"])


def test_a_used_one_is_not_active(app: Application, bobs: Browser):
    """The leeway is for whoever has lost an answer; nobody else is told that the token is good."""
    used = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    app.refresh(used)

    assert app.introspect(used).json() == {"active": False}


def test_so_many_pairs_and_no_more(app: Application, bobs: Browser, in_acme: Tenant):
    used = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    pairs = [app.refresh(used) for _ in range(1 + MAX_REPEATS)]
    assert {pair.status_code for pair in pairs} == {200}

    for _ in range(3):
        assert_refused(app.refresh(used), "invalid_grant")

    assert RefreshToken.objects.count() == 2 + MAX_REPEATS
    assert is_alive(app, pairs[0].json()["access_token"])  # what was given goes on


class Between:
    """Does something between the look at a refresh token and its use: what two requests at once can do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
        rotate = RefreshToken.rotate

        def rotate_later(token: RefreshToken, *arguments: Any, **options: Any) -> bool:
            monkeypatch.setattr(RefreshToken, "rotate", rotate)
            act()
            return rotate(token, *arguments, **options)

        monkeypatch.setattr(RefreshToken, "rotate", rotate_later)


@pytest.mark.parametrize(("leeway", "seconds", "status"), [(10, 0, 200), (10, 10, 400), (0, 0, 400)])
def test_rt02_two_requests_that_have_both_seen_it_unused(
    app: Application, bobs: Browser, monkeypatch: pytest.MonkeyPatch, settings: Settings,
    clock: TimeMachineFixture, in_acme: Tenant, leeway: int, seconds: int, status: int,
):  # fmt: skip
    settings.REFRESH_TOKEN_LEEWAY = timedelta(seconds=leeway)
    token = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    others: list[Any] = []

    def other_request() -> None:
        others.append(app.refresh(token))
        clock.shift(seconds)

    Between(monkeypatch, other_request)
    mine = app.refresh(token)

    assert [others[0].status_code, mine.status_code] == [200, status]
    assert is_alive(app, others[0].json()["access_token"]) is (status == 200)


@pytest.mark.parametrize("act", [revoke, end_family])
def test_rt07_one_whose_family_ends_while_it_is_sent_again(
    app: Application, bobs: Browser, bob: User, monkeypatch: pytest.MonkeyPatch, in_acme: Tenant,
    act: Callable[..., None],
):  # fmt: skip
    used = app.tokens(bobs, scope=SCOPE)["refresh_token"]
    pair = app.refresh(used).json()
    Between(monkeypatch, lambda: act(app, pair, bob))

    assert_refused(app.refresh(used), "invalid_grant")
    assert not is_alive(app, pair["access_token"])
