"""The first page of the console: charts, what needs attention, recent changes, and the first steps (P8)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, SigningKey, Tenant, User, use_count, use_total
from console.policy.uses import Total, Use
from tests import cast
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
PAGE = "/console"
Browse = Callable[[User], Browser]


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    use_count._noted.clear()
    use_total._noted.clear()


def text(answer: Any) -> str:
    """The page without markup, in one line."""
    html = re.sub(
        r"<(script|template|svg|nav|dialog)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def links(answer: Any) -> list[str]:
    """Where the page below its header leads."""
    _head, _, main = answer.content.decode().partition("<main")
    return re.findall(r'<a [^>]*href="([^"]+)"', main)


def note(tenant: Tenant, client: Client, grant: str = "client_credentials", **more: Any) -> None:
    """A use some hours ago, or now."""
    hours, number = more.pop("hours", 0), more.pop("number", 1)
    at = timezone.now() - timedelta(hours=hours)
    use = Use(tenant.pk, client.pk, grant, **more)
    use_count.note(use, address="203.0.113.9", agent="", at=at, number=number)
    use_count.write_noted()


# --- Who sees it -----------------------------------------------------------------------------------------------------


def test_people_who_read_the_console_begin_with_it(browser: Browse, alice: User, carol: User):
    for person in (alice, carol):
        assert browser(person).get("/", follow=True).redirect_chain == [(PAGE, 302)]
        assert browser(person).get(PAGE).status_code == 200


def test_an_ordinary_user_is_led_to_their_applications(browser: Browse, bob: User):
    answer = browser(bob).get(PAGE, follow=True)

    assert answer.redirect_chain == [("/account/applications", 302)]
    assert 'href="/console"' not in answer.content.decode()


def test_after_signing_in_an_administrator_is_there(alice: User, acme: Tenant):
    stranger = cast.stranger_on(acme)
    answer = stranger.post("/login", {"email": alice.email, "password": cast.PASSWORD}, follow=True)

    assert answer.redirect_chain[-1][0] == PAGE


def test_it_is_the_first_place_in_the_navigation(browser: Browse, alice: User):
    html = browser(alice).get(PAGE).content.decode()

    navigation = html.partition('<nav class="navigation"')[2].partition("</nav>")[0]
    assert re.findall(r'<a [^>]*href="([^"]+)"', navigation)[:2] == [PAGE, "/console/oauth"]
    assert re.search(r'href="/console"\s+aria-current="page"', navigation)


# --- Charts ----------------------------------------------------------------------------------------------------------


def test_it_says_how_often_people_signed_in_and_what_was_given_and_refused(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, web_client: tuple[Client, str]
):
    client = web_client[0]
    for days in range(1, 8):
        note(acme, client, "authorization", hours=24 * days, number=200)
        note(acme, client, "authorization", hours=24 * (days + 7), number=100)
    note(acme, client, number=31)
    note(acme, client, outcome="unknown_secret", number=4)
    note(globex, client, number=99)
    use_total.note(acme.pk, Total.REFUSAL)
    use_count.write_noted()

    page = text(browser(alice).get(PAGE))

    assert "application 2,100 1,400 in the last 7 full days, 100% more than in the 7 before" in page
    assert "token endpoint 31 0 in the last 7 full days, 0 in the 7 before" in page
    assert "failed sign-ins 5 0 in the last 7 full days" in page


def test_numbers_stand_in_a_table_too(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]
):
    note(acme, web_client[0], number=1234)

    html = browser(alice).get(PAGE).content.decode()

    table = html.partition('<caption class="visually-hidden">Tokens</caption>')[2].partition("</table>")[0]
    assert re.findall(r"<td>([^<]+)</td>", table) == ["1,234"]
    assert 'aria-label="Tokens: 1234 in 30 days, at most 1234 in one day"' in html


def test_the_number_of_statements_is_that_of_one_client(
    browser: Browse, alice: User, acme: Tenant, django_assert_num_queries: Any
):
    def fill(number: int) -> None:
        for each in range(number):
            client, _secret = cast.register(acme, name=f"Client {each}")
            note(acme, client, outcome="unknown_secret")
            ClientSecret._base_manager.filter(client=client).update(
                created_at=timezone.now() - timedelta(days=100)
            )
            with scope(tenant=acme):
                secret, _plain = ClientSecret.add_to(client, by=cast.OPERATOR)
                secret.remove(by=cast.OPERATOR)
                secret.tried("203.0.113.9", timezone.now())

    admin = browser(alice)
    fill(1)
    admin.get(PAGE)
    with django_assert_num_queries(QUERIES):
        admin.get(PAGE)
    fill(40)
    with django_assert_num_queries(QUERIES):
        page = text(admin.get(PAGE))
    assert "25+ clients are failing" in page


# session, person, 4 of the first steps, totals, changes, 9 of what needs attention, open requests
QUERIES = 19


# --- What needs attention --------------------------------------------------------------------------------------------


def test_nothing_needs_attention(browser: Browse, alice: User, web_client: tuple[Client, str]):
    assert "Nothing needs attention right now." in text(browser(alice).get(PAGE))


def test_a_client_fails_until_it_succeeds(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]
):
    client, admin = web_client[0], browser(alice)
    note(acme, client, hours=2)
    note(acme, client, outcome="unknown_secret", hours=1)

    failing = admin.get(PAGE)
    assert "1 client is failing" in text(failing)
    assert f"/console/oauth/{client.client_id}/problems" in links(failing)

    note(acme, client)
    assert "failing" not in text(admin.get(PAGE))


@pytest.mark.parametrize("hours", [0.1, 25])
def test_a_refusal_beside_a_success_or_long_ago_is_no_failure(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str], hours: float
):
    note(acme, web_client[0], hours=hours + 0.1)
    note(acme, web_client[0], outcome="unknown_secret", hours=hours)

    assert "failing" not in text(browser(alice).get(PAGE))


@pytest.mark.parametrize("verb", ["disable", "remove"])
def test_what_was_switched_off_does_not_fail(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str], verb: str
):
    note(acme, web_client[0], outcome="client_disabled")
    with scope(tenant=acme):
        getattr(web_client[0], verb)(by=cast.OPERATOR)

    assert "failing" not in text(browser(alice).get(PAGE))


def test_another_tenants_client_that_fails_here_leads_to_its_connection(
    browser: Browse, alice: User, mallory: User, acme: Tenant, globex: Tenant
):
    connection = cast.connect(cast.publish(globex), acme)
    note(acme, connection.client, outcome="unknown_secret")

    page = browser(alice).get(PAGE)
    assert "1 client is failing" in text(page)
    assert f"/console/oauth/connections/{connection.pk}" in links(page)
    assert "failing" not in text(browser(mallory).get(PAGE))


def test_a_removed_secret_that_is_tried_is_named_with_its_caller(
    browser: Browse, alice: User, machine_client: tuple[Client, str], acme: Tenant, time_machine: Any
):
    app, admin = Application(*machine_client), browser(alice)
    app.web.defaults["REMOTE_ADDR"] = "203.0.113.9"
    with scope(tenant=acme):
        secret = ClientSecret.objects.get(client=machine_client[0])
        secret.remove(by=Actor.operator())
    assert "no longer works" not in text(admin.get(PAGE))

    app.token(grant_type="client_credentials")

    page = admin.get(PAGE)
    assert "1 secret that no longer works is still being used" in text(page)
    assert f"…{secret.hint}, from 203.0.113.9" in text(page)
    assert f"/console/oauth/{app.client_id}/secrets" in links(page)

    time_machine.move_to(timezone.now() + timedelta(hours=25))
    assert "removed secret" not in text(browser(alice).get(PAGE))


def test_a_machine_that_can_get_no_token_is_named_until_it_is_trusted(
    browser: Browse, alice: User, acme: Tenant
):
    client, _secret = cast.register(acme, name="Nightly", consent_method="required")
    cast.registered_earlier(client, grant_types=["client_credentials"])
    admin = browser(alice)

    page = admin.get(PAGE)
    assert "1 machine client can’t get tokens" in text(page)
    assert f"/console/oauth/{client.client_id}" in links(page)

    admin.post(f"/console/oauth/{client.client_id}/consent-method", {"consent_method": "trusted"})
    assert "can’t get tokens" not in text(admin.get(PAGE))


def test_a_request_is_named_until_it_is_answered(
    browser: Browse, alice: User, bob: User, acme: Tenant, globex: Tenant
):
    request = cast.ask(bob, cast.publish(globex))
    admin = browser(alice)

    page = admin.get(PAGE)
    assert "1 request is waiting" in text(page)
    assert "Insight studio" in text(page)
    assert "/console/requests" in links(page)

    with scope(tenant=acme):
        request.deny("", by=Actor(user=alice))
    assert "request is waiting" not in text(admin.get(PAGE))


def test_a_version_is_named_until_it_is_accepted(browser: Browse, alice: User, acme: Tenant, globex: Tenant):
    client = cast.publish(globex)
    connection = cast.connect(client, acme)
    admin = browser(alice)
    assert "awaiting approval" not in text(admin.get(PAGE))

    with scope(tenant=globex):
        client.edit(by=cast.OPERATOR, allowed_scopes=[*client.allowed_scopes, "apps:export"])
    page = admin.get(PAGE)
    assert "1 new version is awaiting approval" in text(page)
    assert f"/console/oauth/connections/{connection.pk}/version" in links(page)

    with scope(tenant=globex):
        client.edit(by=cast.OPERATOR, allowed_scopes=["openid"])
    assert "awaiting approval" not in text(admin.get(PAGE))


@pytest.mark.parametrize("column", ["last_used_at", "created_at"])
def test_a_secret_that_nobody_uses_is_named_until_it_is_used_or_removed(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str], column: str
):
    secrets, long_ago = (
        ClientSecret._base_manager.filter(client=web_client[0]),
        timezone.now() - timedelta(days=91),
    )
    secrets.update(**{column: long_ago, "created_at": long_ago})
    admin, secret = browser(alice), secrets.get()

    page = admin.get(PAGE)
    assert "1 secret has not been used for 90 days" in text(page)
    assert f"…{secret.hint}" in text(page)
    assert f"/console/oauth/{web_client[0].client_id}/secrets" in links(page)

    secrets.update(last_used_at=timezone.now())
    assert "not been used" not in text(admin.get(PAGE))
    secrets.update(last_used_at=long_ago)
    with scope(tenant=acme):
        secret.remove(by=cast.OPERATOR)
    assert "not been used" not in text(admin.get(PAGE))


def test_keys_of_a_year_are_named_until_they_are_rotated(browser: Browse, alice: User, acme: Tenant):
    with scope(tenant=acme):
        SigningKey.objects.update(created_at=timezone.now() - timedelta(days=366))
    admin = browser(alice)

    page = admin.get(PAGE)
    assert "The signing keys are more than a year old" in text(page)
    assert "manage.py rotate_signing_key acme" in text(page)

    with scope(tenant=acme):
        SigningKey.rotate(acme, by=cast.OPERATOR)
    assert "signing keys are" not in text(admin.get(PAGE))


def test_what_needs_attention_is_the_tenants_own(
    browser: Browse, alice: User, mallory: User, bob: User, acme: Tenant, globex: Tenant
):
    client, _secret = cast.register(globex, name="Theirs")
    cast.registered_earlier(client, grant_types=["client_credentials"])
    note(globex, client, outcome="unknown_secret")
    ClientSecret._base_manager.filter(client=client).update(created_at=timezone.now() - timedelta(days=100))
    with scope(tenant=globex):
        secret, _plain = ClientSecret.add_to(client, by=cast.OPERATOR)
        secret.remove(by=cast.OPERATOR)
        secret.tried("203.0.113.9", timezone.now())
        SigningKey.objects.update(created_at=timezone.now() - timedelta(days=366))

    assert browser(mallory).get(PAGE).content.decode().count('class="attention__title"') == 5
    assert "attention__title" not in browser(alice).get(PAGE).content.decode()
    assert "Theirs" not in browser(alice).get(PAGE).content.decode()


def test_an_auditor_reads_all_of_it(
    browser: Browse, carol: User, acme: Tenant, web_client: tuple[Client, str]
):
    note(acme, web_client[0], outcome="unknown_secret")

    auditor = browser(carol)
    page = auditor.get(PAGE)
    assert "1 client is failing" in text(page)
    for link in links(page):
        assert auditor.get(link).status_code == 200


# --- Recent changes --------------------------------------------------------------------------------------------------


def test_the_last_five_changes_are_shown_without_what_people_do_day_by_day(
    browser: Browse, alice: User, bob: User, acme: Tenant, web_client: tuple[Client, str]
):
    for number in range(6):
        cast.register(acme, name=f"Client {number}", type="spa", allowed_origins=[])
    Application(*web_client).code(browser(bob), scope="user_default")
    cast.stranger_on(acme).post("/login", {"email": bob.email, "password": "wrong horse battery"})

    html = browser(alice).get(PAGE).content.decode()

    changes = html.partition("Recent changes")[2]
    sentences = "".join(re.findall(r"<summary>(.*?)</summary>", changes, flags=re.DOTALL))
    assert [sentences.count(f"Client {number}") for number in range(6)] == [0, 1, 1, 1, 1, 1]
    assert changes.count("<li") == 5


# --- The first steps -------------------------------------------------------------------------------------------------


def steps(answer: Any) -> list[tuple[str, bool]]:
    """The steps, with whether each is ticked off."""
    found = re.findall(r'first-steps__title">(.*?)</h3>', answer.content.decode(), flags=re.DOTALL)
    return [
        (" ".join(re.sub(r"<[^>]+>", "", one).split()).removesuffix(" (done)"), "(done)" in one)
        for one in found
    ]


def test_the_steps_of_an_empty_tenant_tick_themselves_off(browser: Browse, mallory: User, globex: Tenant):
    admin = browser(mallory)
    page = admin.get(PAGE)
    assert steps(page) == [("Create a client", False), ("Try it", False), ("Invite a colleague", False)]
    assert "Needs attention" not in text(page)
    assert "in the last 7 full days" not in text(page)
    assert {"/console/oauth/new", "/console/people/invite"} <= set(links(page))

    client, secret = cast.register(globex)
    page = admin.get(PAGE)
    assert steps(page) == [("Create a client", True), ("Try it", False), ("Invite a colleague", False)]
    assert f"/console/oauth/{client.client_id}/try" in links(page)
    assert "in the last 7 full days" in text(page)

    Application(client, secret, tenant=globex).tokens(admin)
    assert steps(admin.get(PAGE))[1] == ("Try it", True)

    cast.invite(globex, "gina@globex.example")
    assert steps(admin.get(PAGE)) == []


@pytest.mark.usefixtures("bob")
def test_an_auditor_reads_the_steps_and_takes_none(browser: Browse, carol: User):
    page = browser(carol).get(PAGE)

    assert [done for _title, done in steps(page)] == [False, False, True]
    assert "/console/oauth/new" not in links(page)
    assert "A tenant administrator takes these steps." in text(page)
