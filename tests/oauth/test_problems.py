"""Which refusals become problems of a client, with what was asked and by whom (N4)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import (
    Actor,
    Client,
    ClientProblem,
    ClientSecret,
    RedirectUser,
    Tenant,
    User,
    noted,
    redirect_user,
    redirect_uses,
)
from tests import cast
from tests.cast import connect, publish, stranger_on
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
ClientAndSecret = tuple[Client, str]
Browse = Callable[..., Browser]
CALLER = "203.0.113.9"
WRONG = "https://app.example.com/callback/"


def problems(tenant: Tenant, client: Client) -> list[ClientProblem]:
    noted.write_all()
    with scope(tenant=tenant):
        return ClientProblem.of(client.pk)


def facts(found: list[ClientProblem]) -> set[tuple[str, str, str]]:
    return {(problem.reason, problem.grant, problem.asked) for problem in found}


def test_a_wrong_redirect_url(web_client: ClientAndSecret, acme: Tenant, browser: Browse, bob: User):
    app = Application(*web_client)
    stranger = stranger_on(acme)
    stranger.defaults |= {"REMOTE_ADDR": CALLER, "HTTP_USER_AGENT": "Firefox"}
    for _ in range(2):
        app.authorize(stranger, redirect_uri=WRONG)
    [problem] = problems(acme, web_client[0])
    assert (problem.reason, problem.asked, problem.number, problem.signed_in) == (
        "redirect_uri_mismatch",
        WRONG,
        2,
        False,
    )
    assert [each[:2] for each in problem.seen_from] == [(CALLER, "Firefox")]

    app.authorize(browser(bob), redirect_uri=WRONG)
    assert [each.signed_in for each in problems(acme, web_client[0])] == [True]


@pytest.mark.parametrize(
    "address", ["x" * 5000, "https://a.example/\x1b[31m\n", "https://a.example/\u202eåäö", "\ufffd", "a\0b"]
)
def test_whatever_a_stranger_writes_is_short_and_printable(address, web_client, acme):
    Application(*web_client).authorize(stranger_on(acme), redirect_uri=address)
    for problem in problems(acme, web_client[0]):
        assert len(problem.asked) <= 512
        assert problem.asked.isprintable()


def test_scopes_that_were_left_out(web_client: ClientAndSecret, acme: Tenant, browser: Browse, bob: User):
    app = Application(*web_client)
    app.code(browser(bob), scope="user_default admin_classic")
    app.authorize(browser(bob), scope="admin_classic")
    assert facts(problems(acme, web_client[0])) == {
        ("scopes_left_out", "authorization", "admin_classic"),
        ("no_scope_left", "authorization", "admin_classic"),
    }


def test_refused_secrets(machine_client: ClientAndSecret, acme: Tenant):
    client, secret = machine_client
    app = Application(client, secret)
    with scope(tenant=acme):
        row = ClientSecret.objects.get(client=client)
        row.remove(by=Actor.operator())
    app.token(grant_type="client_credentials")
    Application(client, "some other secret").token(grant_type="client_credentials")

    found = problems(acme, client)
    assert facts(found) == {
        ("removed_secret", "client_credentials", row.hint),
        ("unknown_secret", "client_credentials", ""),
    }
    assert {problem.secret_id for problem in found} == {row.pk, None}


def test_grants_and_pkce(web_client: ClientAndSecret, acme: Tenant, browser: Browse, bob: User):
    app = Application(*web_client)
    app.token(grant_type="client_credentials")
    app.token(grant_type="password")
    app.authorize(browser(bob), code_challenge=None, code_challenge_method=None)
    assert facts(problems(acme, web_client[0])) == {
        ("grant_not_registered", "client_credentials", ""),
        ("code_challenge_missing", "authorization", ""),
    }


def test_daily_use_is_no_problem(web_client: ClientAndSecret, acme: Tenant, browser: Browse, bob: User):
    app = Application(*web_client)
    app.token(grant_type="authorization_code", code="qac_x", redirect_uri=app.redirect_uri)
    app.token(grant_type="refresh_token", refresh_token="x")
    app.authorize(stranger_on(acme), prompt="none")
    app.authorize(browser(bob), client_id="unknown")
    assert problems(acme, web_client[0]) == []


def test_each_tenant_has_its_own(acme: Tenant, globex: Tenant, browser: Browse, bob: User):
    client = publish(globex)
    connect(client, acme)
    Application(client, tenant=acme).authorize(browser(bob), redirect_uri="https://acme.example/cb")

    assert len(problems(acme, client)) == 1
    assert problems(globex, client) == []
    with scope(tenant=globex):
        [elsewhere] = ClientProblem.elsewhere(client, timezone.now())
    assert elsewhere[:3] == ("redirect_uri_mismatch", 1, 1)


# --- Which people come back to which redirect URL -------------------------------------------------------------------


def uses(client: Client, *addresses: str, origins: tuple[str, ...] = ()) -> dict[str, Any]:
    noted.write_all()
    found = redirect_uses.of(client, addresses, origins, timezone.now())
    return {use.address: (use.sign_ins, use.people, use.tenants) for use in found}


def test_sign_ins_and_people_of_a_redirect_url(
    acme: Tenant, globex: Tenant, browser: Browse, bob: User, carol: User, gustav: User
):
    client = publish(globex)
    connect(client, acme)
    [address] = client.redirect_uris
    assert uses(client, address) == {address: (0, 0, 0)}
    for person in (bob, bob, carol):
        Application(client, tenant=acme).code(browser(person), scope="apps:read")
    Application(client, tenant=globex).code(browser(gustav), scope="apps:read")

    origin = "/".join(address.split("/")[:3])
    with scope(tenant=globex):
        assert uses(client, address, "https://unused.example/", origins=(origin,)) == {
            address: (4, 3, 2),
            "https://unused.example/": (0, 0, 0),
            origin: (4, 3, 2),
        }


def test_a_free_port_is_not_another_address(acme: Tenant, browser: Browse, bob: User):
    client, _ = cast.register(acme, type="native", redirect_uris=["http://127.0.0.1/cb"])
    app, person = Application(client), browser(bob)
    for port in (5001, 5002):
        app.code(person, redirect_uri=f"http://127.0.0.1:{port}/cb", scope="user_default")
    with scope(tenant=acme):
        assert uses(client, "http://127.0.0.1/cb") == {"http://127.0.0.1/cb": (2, 1, 1)}


def test_a_person_is_written_once_a_day(acme: Tenant, bob: User, time_machine: Any):
    def at(day: int, hour: int) -> Any:
        time_machine.move_to(f"2026-11-{day}T{hour}:00:00Z", tick=False)
        redirect_user.note(acme.pk, 7, "https://a.example/", bob.pk)
        noted.write_all()
        return RedirectUser._base_manager.get().last_at

    first = at(28, 10)
    assert at(28, 15) == first
    assert at(29, 10) > first


def test_an_erased_person_is_gone(
    web_client: ClientAndSecret, acme: Tenant, browser: Browse, bob: User, alice: User
):
    app = Application(*web_client)
    for person in (bob, alice):
        app.code(browser(person), scope="user_default")
    app.authorize(stranger_on(acme), redirect_uri="https://a.example/?hint=bob%40acme.example")
    app.authorize(stranger_on(acme), redirect_uri=WRONG)
    noted.write_all()
    User._base_manager.filter(pk=bob.pk).update(is_active=False)
    call_command("erase_person", "acme", bob.email)

    assert [row.user_id for row in RedirectUser._base_manager.all()] == [alice.pk]
    assert [row.asked for row in problems(acme, web_client[0])] == [WRONG]


def test_both_expire_and_go_with_the_client(
    web_client: ClientAndSecret, acme: Tenant, browser: Browse, bob: User, time_machine: Any
):
    time_machine.move_to("2026-11-28T10:00:00Z", tick=False)
    app = Application(*web_client)
    app.code(browser(bob), scope="user_default")
    app.authorize(stranger_on(acme), redirect_uri=WRONG)
    noted.write_all()
    other, _ = cast.register(acme, name="Other")
    Application(other).authorize(stranger_on(acme), redirect_uri=WRONG)
    noted.write_all()
    with scope(tenant=acme):
        web_client[0].remove(by=cast.OPERATOR)
    time_machine.shift(40 * 24 * 3600)
    call_command("expire")
    assert [row.client_id for row in ClientProblem._base_manager.all()] == [other.pk]
    assert not RedirectUser._base_manager.exists()
    time_machine.shift(365 * 24 * 3600)
    call_command("expire", "--trust-clock")
    assert not ClientProblem._base_manager.exists()
