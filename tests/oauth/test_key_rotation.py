"""Signing-key rotation (JW-02, P6): no moment in which a token fails, for a server that keeps the keys for a while."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import jwt
import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Actor, Client, KeyRing, SigningKey, Tenant, User
from tests.oauth.driver import Application
from tests.oauth.outcomes import assert_refused, is_alive

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7517", "5")]
ClientAndSecret = tuple[Client, str]
START = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: the tenant's keys begin when it stands."""
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize("missing", [["ES256"], ["RS256"], ["ES256", "RS256"]], ids=str)
def test_without_a_key_a_program_is_told_to_come_back_and_the_operator_what_to_do(
    app: Application, bobs: Browser, acme: Tenant, missing: list[str], caplog: pytest.LogCaptureFixture
):
    code = app.code(bobs, scope="openid")
    with scope(tenant=acme):
        Client.objects.get(client_id=app.client_id).edit(by=Actor.operator(), algorithm="RS256")
        SigningKey.objects.filter(algorithm__in=missing).delete()
    KeyRing.forget()

    refused = assert_refused(app.exchange(code), "temporarily_unavailable", 503)

    assert refused["errors"][0]["title"] == "Temporarily unavailable"
    [record] = [record for record in caplog.records if record.name == "console.oauth.endpoint"]
    assert record.levelname == "ERROR"
    assert "Tenant acme has no signing key" in record.getMessage()
    assert "manage.py rotate_signing_key acme" in record.getMessage()
    call_command("rotate_signing_key", "acme", stdout=StringIO())
    KeyRing.forget()
    assert app.exchange(code).status_code == 200  # nothing was used up


@pytest.mark.spec("RFC 6749", "5.2")
def test_a_refresh_token_outlives_a_missing_key_too(app: Application, bobs: Browser, acme: Tenant):
    refresh_token = app.tokens(bobs, scope="openid offline_access")["refresh_token"]
    with scope(tenant=acme):
        SigningKey.objects.all().delete()
    KeyRing.forget()

    for _ in range(2):
        assert_refused(app.refresh(refresh_token), "temporarily_unavailable", 503)

    call_command("rotate_signing_key", "acme", stdout=StringIO())
    KeyRing.forget()
    assert app.refresh(refresh_token).status_code == 200


class ResourceServer:
    """A server elsewhere that checks tokens with the published keys, and asks for them as seldom as it is allowed."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.keys: dict[str, Any] = {}
        self.fresh_until = START

    def accepts(self, token: str, audience: str) -> bool:
        now = datetime.now(UTC)
        if now >= self.fresh_until:
            response = self.app.web.get("/.well-known/jwks.json")
            seconds = int(response["Cache-Control"].partition("max-age=")[2])
            self.keys = {key["kid"]: key for key in response.json()["keys"]}
            self.fresh_until = now + timedelta(seconds=seconds)
        key = self.keys.get(jwt.get_unverified_header(token)["kid"])
        if key is None:
            return False
        jwt.decode(token, jwt.PyJWK.from_dict(key), algorithms=[key["alg"]], audience=audience)
        return True


def rotate(*arguments: str) -> dict[str, Any]:
    output = StringIO()
    call_command("rotate_signing_key", *arguments, "--json", stdout=output)
    result: dict[str, Any] = json.loads(output.getvalue())
    return result


def published(app: Application) -> set[str]:
    return {key["kid"] for key in app.web.get("/.well-known/jwks.json").json()["keys"]}


def signs_with(app: Application, bobs: Browser) -> str:
    kid: str = jwt.get_unverified_header(app.tokens(bobs)["access_token"])["kid"]
    return kid


def test_jw02_a_new_key_is_published_before_it_signs(
    clock: TimeMachineFixture, app: Application, bobs: Browser, acme: Tenant
):
    old = published(app)
    before = signs_with(app, bobs)

    rotate("acme")
    KeyRing.forget()  # what a process does within a minute, by itself

    new = published(app) - old
    assert len(new) == 2
    assert published(app) > old
    assert signs_with(app, bobs) == before

    clock.shift(timedelta(minutes=14, seconds=59))
    assert signs_with(app, bobs) == before
    clock.shift(2)
    assert signs_with(app, bobs) in new


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_jw02_every_token_verifies_at_every_moment(
    clock: TimeMachineFixture, acme: Tenant, bob: User, browser: Callable[[User], Browser],
    register: Callable[..., ClientAndSecret], algorithm: str,
):  # fmt: skip
    """Over two rotations, one of them before the keys of the first had begun to sign. Checked every four minutes."""
    app = Application(*register(acme, algorithm=algorithm))
    server = ResourceServer(app)
    in_use: list[tuple[datetime, str, str]] = []
    signed_by = set()
    for minute in range(0, 4 * 60, 4):
        clock.move_to(START + minute * MINUTES, tick=False)
        if minute in {20, 28}:
            rotate("acme")
        KeyRing.forget()
        if minute % 20 == 0:
            bobs = browser(bob)
        tokens = app.tokens(bobs, scope="openid")
        expires = START + (minute + 60) * MINUTES
        in_use.append((expires, tokens["access_token"], app.tenant.issuer))
        in_use.append((expires, tokens["id_token"], app.client_id))
        in_use = [each for each in in_use if each[0] > datetime.now(UTC)]
        signed_by.add(jwt.get_unverified_header(tokens["id_token"])["kid"])

        assert all(server.accepts(token, audience) for _, token, audience in in_use), minute
        assert all(
            is_alive(app, token) for _, token, audience in in_use[::6] if audience == app.tenant.issuer
        )

    assert len(signed_by) == 3


def test_jw02_a_process_that_has_not_heard_of_the_new_key_accepts_what_it_signs(
    clock: TimeMachineFixture, app: Application, bobs: Browser
):
    """It hears of it within a minute; the key waits for fifteen."""
    token = app.tokens(bobs)["access_token"]
    rotate("acme")  # in another process: this one keeps the keys that it has read

    assert is_alive(app, token)
    assert is_alive(app, app.tokens(bobs)["access_token"])
    assert len(published(app)) in {2, 4}


def test_jw02_the_old_key_goes_when_its_last_token_has_expired(
    clock: TimeMachineFixture, app: Application, bobs: Browser, acme: Tenant
):
    old = published(app)
    rotate("acme")
    KeyRing.forget()
    clock.shift(15 * MINUTES - timedelta(seconds=1))
    last = app.tokens(bobs)["access_token"]

    clock.shift(59 * MINUTES)
    call_command("expire", "--json", stdout=StringIO())
    KeyRing.forget()
    assert is_alive(app, last)
    assert old < published(app)

    clock.shift(60 * MINUTES)
    assert published(app).isdisjoint(old)
    call_command("expire", "--json", stdout=StringIO())
    with scope(tenant=acme):
        assert SigningKey.objects.count() == 2


def test_it_rotates_one_tenant_or_all(acme: Tenant, globex: Tenant):
    assert [one["tenant"] for one in rotate("globex")["rotated"]] == ["globex"]

    everyone = rotate()["rotated"]

    assert [one["tenant"] for one in everyone] == ["acme", "globex"]
    for one in everyone:
        assert {key["alg"] for key in one["keys"]} == {"ES256", "RS256"}
        assert all(datetime.fromisoformat(key["signs_from"]) > datetime.now(UTC) for key in one["keys"])


def test_no_document_has_the_private_half(app: Application, acme: Tenant):
    rotate()
    keys = app.web.get("/.well-known/jwks.json").json()["keys"]

    assert sorted(key["alg"] for key in keys) == ["ES256", "ES256", "RS256", "RS256"]
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


def test_a_clock_that_was_set_back_leaves_no_tenant_without_a_signature(
    clock: TimeMachineFixture, app: Application, bob: User, browser: Callable[[User], Browser]
):
    """F11: another machine, ten minutes behind the one that made the tenant."""
    clock.shift(-10 * MINUTES)

    assert is_alive(app, app.tokens(browser(bob))["access_token"])
