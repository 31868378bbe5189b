"""Many at once: exactly one wins, nobody sees a 5xx, and no limit is passed (F12–F15; ASVS 2.3.4, 15.4.2).

Real threads on a real database. Ten are enough to make every one of these fail when its compare-and-swap or its lock
is taken away.
"""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.test import Client as Browser
from django_scopes import scope

from console.models import (
    Actor,
    AuthorizationCode,
    Client,
    ClientSecret,
    Consent,
    Event,
    LimitReached,
    RefreshToken,
    Tenant,
    TokenFamily,
    User,
)
from console.oauth import bearer_tokens
from tests.oauth.driver import Application, asks_for_consent
from tests.oauth.outcomes import assert_refused, is_alive, me, rows_follow

pytestmark = pytest.mark.django_db(transaction=True)
ClientAndSecret = tuple[Client, str]
Result = TypeVar("Result")
App = TypeVar("App", bound=Application)
SCOPE = "openid offline_access user_default"
THREADS = 10


def at_once(*works: Callable[[], Result]) -> list[Result]:
    """Runs each in a thread of its own, all from one moment on. What one raises is raised here."""
    results: list[Any] = [None] * len(works)
    errors: list[BaseException] = []
    begin = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Result]) -> None:
        try:
            connection.ensure_connection()
            begin.wait(30)
            results[number] = work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def twin(app: App) -> App:
    """The same application on a connection of its own: a test browser belongs to one thread."""
    other: App = object.__new__(type(app))
    other.__dict__.update(app.__dict__)
    other.web = Browser(headers={"host": app.tenant.issuer.split("//")[1]})
    return other


def statuses(responses: list[Any]) -> Counter[int]:
    return Counter(response.status_code for response in responses)


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


# --- Codes and refresh tokens ---------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_cd06_fifty_redemptions_of_one_code_are_one_success(app: Application, bobs: Browser, acme: Tenant):
    code = app.code(bobs, scope=SCOPE)

    def redeem_five_times() -> list[Any]:
        own = twin(app)
        return [own.exchange(code) for _ in range(5)]

    responses = [response for five in at_once(*[redeem_five_times] * THREADS) for response in five]

    assert statuses(responses) == {200: 1, 400: 49}
    tokens = next(response.json() for response in responses if response.status_code == 200)
    assert not is_alive(app, tokens["access_token"])  # the others were replays
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    with scope(tenant=acme):
        assert TokenFamily.objects.count() == 1
        assert RefreshToken.objects.count() == 1


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_f12_many_codes_at_once_are_all_redeemed(app: Application, bobs: Browser):
    codes = [app.code(bobs, scope=SCOPE) for _ in range(THREADS)]

    responses = at_once(*[lambda code=code: twin(app).exchange(code) for code in codes])

    assert statuses(responses) == {200: THREADS}
    assert all(is_alive(app, response.json()["access_token"]) for response in responses)


@pytest.mark.usefixtures("_no_leeway")
@pytest.mark.spec("RFC 9700", "4.14.2")
def test_rt02_twenty_refreshes_at_once_give_at_most_one_pair(app: Application, bobs: Browser, acme: Tenant):
    """Keycloak CVE-2026-1035"""
    refresh_token = app.tokens(bobs, scope=SCOPE)["refresh_token"]

    def refresh_twice() -> list[Any]:
        own = twin(app)
        return [own.refresh(refresh_token) for _ in range(2)]

    responses = [response for two in at_once(*[refresh_twice] * THREADS) for response in two]

    assert statuses(responses) == {200: 1, 400: 19}
    with scope(tenant=acme):
        assert RefreshToken.objects.count() == 2
        assert not TokenFamily.objects.filter(ended_at=None).exists()
    winner = next(response.json() for response in responses if response.status_code == 200)
    assert not is_alive(app, winner["access_token"])


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_rt02_twenty_refreshes_at_once_give_pairs_of_one_family(
    app: Application, bobs: Browser, acme: Tenant
):
    """With the leeway: each of them works, and all end together."""
    tokens = app.tokens(bobs, scope=SCOPE)

    def refresh_twice() -> list[Any]:
        own = twin(app)
        return [own.refresh(tokens["refresh_token"]) for _ in range(2)]

    responses = [response for two in at_once(*[refresh_twice] * THREADS) for response in two]

    assert statuses(responses) == {200: 20}
    pairs = [response.json() for response in responses]
    assert all(is_alive(app, pair["access_token"]) for pair in pairs)
    assert len({pair["refresh_token"] for pair in pairs}) == 20
    assert statuses([app.refresh(pair["refresh_token"]) for pair in pairs]) == {200: 20}
    with scope(tenant=acme):
        assert TokenFamily.objects.count() == 1
    assert app.revoke(pairs[0]["refresh_token"]).status_code == 200
    assert not any(is_alive(app, pair["access_token"]) for pair in pairs)


def test_f13_families_that_are_refreshed_at_once_do_not_disturb_one_another(app: Application, bobs: Browser):
    tokens = [app.tokens(bobs, scope=SCOPE)["refresh_token"] for _ in range(THREADS)]

    def refresh_thrice(token: str) -> list[Any]:
        own, responses = twin(app), []
        for _ in range(3):
            responses.append(own.refresh(token))
            token = responses[-1].json()["refresh_token"]
        return responses

    responses = at_once(*[lambda token=token: refresh_thrice(token) for token in tokens])

    assert statuses([response for three in responses for response in three]) == {200: 3 * THREADS}


@pytest.mark.spec("RFC 7523", "3")
def test_ca01_one_assertion_at_once_is_taken_once(acme: Tenant, register: Callable[..., ClientAndSecret]):
    from tests.oauth.test_rfc7523_private_key_jwt import TYPE, Machine

    machine = Machine(acme, register, "ES256")
    assertion = machine.assertion()

    def ask() -> Any:
        return twin(machine.app).token(
            grant_type="client_credentials",
            client_id=None,
            client_assertion_type=TYPE,
            client_assertion=assertion,
        )

    assert statuses(at_once(*[ask] * THREADS)) == {200: 1, 401: THREADS - 1}


def test_refusals_at_once_are_counted_on_one_row(app: Application, acme: Tenant, time_machine: Any):
    time_machine.move_to("2030-01-01T12:00:00Z", tick=False)

    responses = at_once(*[lambda: twin(app).exchange("qac_nothing")] * THREADS)

    assert statuses(responses) == {400: THREADS}
    with scope(tenant=acme):
        assert [event.times for event in Event.objects.filter(action="tokens.refused")] == [THREADS]


def test_a_token_revoked_by_many_at_once_is_revoked(app: Application, bobs: Browser, acme: Tenant):
    tokens = app.tokens(bobs, scope=SCOPE)

    responses = at_once(
        *[lambda: twin(app).revoke(tokens["access_token"])] * 5,
        *[lambda: twin(app).revoke(tokens["refresh_token"])] * 5,
    )

    assert statuses(responses) == {200: 10}
    assert not is_alive(app, tokens["access_token"])
    with scope(tenant=acme):
        assert Event.objects.filter(action="tokens.revoked", details__token="refresh_token").count() == 1


# --- Secrets and clients --------------------------------------------------------------------------------------


def test_tn09_f14_makers_at_once_do_not_pass_the_limit_of_secrets(web_client: ClientAndSecret, acme: Tenant):
    client, _ = web_client

    def add() -> bool:
        with scope(tenant=acme):
            try:
                ClientSecret.add_to(client, by=Actor.operator())
            except LimitReached:
                return False
        return True

    made = at_once(*[add] * THREADS)

    assert Counter(made) == {True: 4, False: 6}
    with scope(tenant=acme):
        assert ClientSecret.objects.filter(client=client, removed_at=None).count() == 5
        assert Event.objects.filter(action="secret.created").count() == 5


def test_tn09_f14_one_of_many_removes_a_secret(web_client: ClientAndSecret, acme: Tenant):
    client, secret = web_client
    app = Application(client, secret)
    with scope(tenant=acme):
        row = ClientSecret.objects.get(client=client)

    def remove() -> bool:
        with scope(tenant=acme):
            return row.remove(by=Actor.operator())

    removed = at_once(*[remove] * THREADS)

    assert Counter(removed) == {True: 1, False: THREADS - 1}
    assert app.introspect("x").status_code == 401
    with scope(tenant=acme):
        assert Event.objects.filter(action="secret.removed").count() == 1


def test_f14_a_secret_that_is_removed_while_it_is_used_stops(machine_client: ClientAndSecret, acme: Tenant):
    client, secret = machine_client
    app = Application(client, secret)
    with scope(tenant=acme):
        row = ClientSecret.objects.get(client=client)

    def ask() -> list[Any]:
        own = twin(app)
        return [own.token(grant_type="client_credentials") for _ in range(3)]

    def remove() -> list[Any]:
        with scope(tenant=acme):
            row.remove(by=Actor.operator())
        return [twin(app).token(grant_type="client_credentials")]

    *asked, [after] = at_once(*[ask] * 6, remove)

    assert after.status_code == 401
    responses = [response for three in asked for response in three]
    assert set(statuses(responses)) <= {200, 401}
    for response in responses:
        if response.status_code == 200:
            assert me(app, response.json()["access_token"]).status_code == 401


def test_f14_makers_at_once_do_not_pass_the_limit_of_clients(
    acme: Tenant, globex: Tenant, register: Callable[..., ClientAndSecret], settings: Any
):
    settings.LIMITS = settings.LIMITS | {"clients_per_tenant": 4}

    def make(tenant: Tenant) -> bool:
        try:
            register(tenant)
        except LimitReached:
            return False
        return True

    made = at_once(*[lambda: make(acme)] * 7, *[lambda: make(globex)] * 3)

    assert Counter(made) == {True: 7, False: 3}  # four of acme's seven; globex has a limit of its own
    with scope(tenant=acme):
        assert Client.objects.count() == 4
        assert ClientSecret.objects.count() == 4


def test_f15_a_client_that_is_deleted_while_its_flows_run_leaves_nothing_alive(
    app: Application, web_client: ClientAndSecret, browser: Callable[[User], Browser], bob: User, alice: User,
    acme: Tenant,
):  # fmt: skip
    client, _ = web_client
    bobs = browser(bob)
    codes = [app.code(bobs, scope=SCOPE) for _ in range(4)]
    refresh_tokens = [app.tokens(bobs, scope=SCOPE)["refresh_token"] for _ in range(3)]
    given: list[dict[str, Any]] = []

    def note(response: Any) -> Any:
        assert response.status_code < 500
        if response.status_code == 200 and "json" in response["Content-Type"]:
            given.append(response.json())
        return response

    def redeem(code: str) -> Any:
        return note(twin(app).exchange(code))

    def refresh(token: str) -> Any:
        own = twin(app)
        note(own.refresh(token))
        return note(own.refresh(token))

    def sign_in(person: User) -> Any:
        own, window = twin(app), browser(person)
        page = own.authorize(window, scope=SCOPE)
        return page if page.status_code != 200 else own.decide(window, page, "allow")

    def delete() -> Any:
        with scope(tenant=acme):
            client.remove(by=Actor.operator())
        own = twin(app)
        return [own.exchange(codes[0]), own.refresh(refresh_tokens[0]), own.introspect("x")]

    *answers, after = at_once(
        *[lambda code=code: redeem(code) for code in codes],
        *[lambda token=token: refresh(token) for token in refresh_tokens],
        lambda: sign_in(bob),
        lambda: sign_in(alice),
        delete,
    )

    assert all(answer.status_code < 500 for answer in answers)
    assert statuses(after) == {401: 3}
    for tokens in given:
        assert me(app, tokens["access_token"]).status_code == 401
    rows_follow()
    with scope(tenant=acme):
        assert not TokenFamily.objects.filter(ended_at=None).exists()
        assert Event.objects.filter(action="client.deleted").count() == 1
    for answer in answers:  # a code that was sent in the very moment of the deletion is worth nothing
        if answer.status_code == 302 and "code=" in answer["Location"]:
            code = answer["Location"].partition("code=")[2].partition("&")[0]
            assert app.exchange(code).status_code == 401


def test_f15_a_client_that_is_disabled_while_codes_are_redeemed_keeps_none(
    app: Application, web_client: ClientAndSecret, bobs: Browser, acme: Tenant
):
    client, _ = web_client
    codes = [app.code(bobs, scope=SCOPE) for _ in range(THREADS - 1)]

    def disable() -> Any:
        with scope(tenant=acme):
            client.disable(by=Actor.operator())
        return twin(app).exchange(codes[0])

    *responses, after = at_once(
        *[lambda code=code: twin(app).exchange(code) for code in codes],
        disable,
    )

    assert after.status_code == 401
    assert set(statuses(responses)) <= {200, 400, 401}
    rows_follow()
    with scope(tenant=acme):
        client.enable(by=Actor.operator())
        assert not TokenFamily.objects.filter(ended_at=None).exists()
    for code in codes:
        assert_refused(app.exchange(code), "invalid_grant")
    for response in responses:
        if response.status_code == 200:
            assert me(app, response.json()["access_token"]).status_code == 401


class InBetween:
    """Lets something happen once, in the middle of a request: right after `name` of `owner` has been called."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], Any]
    ) -> None:
        inner, self.happened = getattr(owner, name), False

        def called(*args: Any, **kwargs: Any) -> Any:
            result = inner(*args, **kwargs)
            if not self.happened:
                self.happened = True
                act()
            return result

        monkeypatch.setattr(owner, name, called)


def off_and_on(client: Client) -> None:
    """What an administrator does who ends everything, and then goes on."""
    with scope(tenant=client.tenant):
        client.disable(by=Actor.operator())
        client.enable(by=Actor.operator())


def withdrawn(user: User) -> None:
    with scope(tenant=user.tenant):
        Consent.objects.get(user=user).withdraw(by=Actor(user=user))


def test_f15_a_code_that_was_given_on_what_was_ended_meanwhile_is_worth_nothing(
    app: Application,
    bobs: Browser,
    web_client: ClientAndSecret,
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
):
    app.code(bobs, scope=SCOPE)  # from now on nothing is asked
    ended = InBetween(monkeypatch, Consent, "of", lambda: off_and_on(web_client[0]))

    late = app.code(bobs, scope=SCOPE)

    assert ended.happened
    assert_refused(app.exchange(late), "invalid_grant")
    with scope(tenant=acme):
        assert not TokenFamily.objects.exists()
    assert app.exchange(app.code(bobs, scope=SCOPE)).status_code == 200


def test_f15_a_consent_that_is_withdrawn_while_a_code_is_asked_for_is_asked_for_again(
    app: Application, bobs: Browser, bob: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    app.code(bobs, scope=SCOPE)
    ended = InBetween(monkeypatch, Consent, "of", lambda: withdrawn(bob))

    answered = app.authorize(bobs, scope=SCOPE)
    silent = app.authorize(bobs, scope=SCOPE, prompt="none")

    assert ended.happened
    assert answered.status_code == 303
    assert asks_for_consent(bobs.get(answered["Location"]))
    assert "error=consent_required" in silent["Location"]
    with scope(tenant=acme):
        assert not AuthorizationCode.objects.exists()


def test_f15_a_code_that_is_taken_back_while_it_is_redeemed_is_refused_and_no_alarm(
    app: Application, bobs: Browser, bob: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    code = app.code(bobs, scope=SCOPE)
    ended = InBetween(monkeypatch, bearer_tokens, "make", lambda: withdrawn(bob))

    assert_refused(app.exchange(code), "invalid_grant")

    assert ended.happened
    with scope(tenant=acme):
        assert not Event.objects.filter(action="tokens.reused").exists()
        assert not TokenFamily.objects.exists()


def test_keys_that_are_rotated_by_two_operators_at_once_are_rotated_twice(acme: Tenant):
    from console.models import SigningKey

    def rotate() -> int:
        with scope(tenant=acme):
            return len(SigningKey.rotate(acme, by=Actor.operator()))

    assert at_once(rotate, rotate) == [2, 2]
    with scope(tenant=acme):
        assert SigningKey.objects.filter(retires_at=None).count() == 2
        assert SigningKey.objects.count() == 6
