"""An act that ends access decides at once, however many sessions and tenants it touches; their rows follow in batches.

A batch is made small here, so that a handful of sessions are more than one transaction takes.
"""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, Connection, Consent, Event, TokenFamily, UnfinishedAct
from console.models import unfinished_act as acts
from tests import cast
from tests.kept import kept
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db
SCOPES = ["openid", "offline_access", "apps:read"]
SCOPE = " ".join(SCOPES)
SESSIONS = 5


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(acts, "BATCH", 2)
    monkeypatch.setattr(acts, "PAUSE", 0)


@kept
def portal(globex):
    client, secret = cast.register(globex, name="Report portal", allowed_scopes=SCOPES)
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return client, secret


@kept
def connected(portal, acme, alice):
    return cast.connect(portal[0], acme, by=alice)


@pytest.fixture
def app(portal, connected, acme):
    return Application(*portal, tenant=acme)


@pytest.fixture
def sessions(app, bob):
    browser = cast.signed_in_as(bob)
    return [app.tokens(browser, scope=SCOPE) for _ in range(SESSIONS)]


def owner(portal):
    return Client.with_deleted_anywhere.select_related("tenant").get(pk=portal[0].pk)


def in_globex(portal, act, **arguments):
    with scope(tenant=portal[0].tenant):
        return getattr(owner(portal), act)(by=Actor.operator(), **arguments)


def in_acme_(portal, acme, act):
    with scope(tenant=acme):
        connection = Connection.objects.select_related("client__tenant", "tenant").get(client=portal[0])
        return getattr(connection, act)(by=Actor.operator())


def withdraw(acme, bob):
    with scope(tenant=acme):
        return (
            Consent.objects.select_related("user", "client", "tenant")
            .get(user=bob)
            .withdraw(by=Actor.operator())
        )


def progress_of(*acts):
    return f"{reverse('receipt')}?{urlencode([('act', act.pk) for act in acts])}"


def live_rows(client=None):
    return TokenFamily._base_manager.filter(ended_at=None).count()


ENDS = {
    "disable": (
        lambda portal, acme, bob: in_globex(portal, "disable"),
        lambda portal, acme: in_globex(portal, "enable"),
    ),
    "delete": (
        lambda portal, acme, bob: in_globex(portal, "remove"),
        lambda portal, acme: in_globex(portal, "restore"),
    ),
    "unpublish": (
        lambda portal, acme, bob: in_globex(portal, "unpublish", connected_stay=False),
        lambda portal, acme: in_globex(portal, "publish"),
    ),
    "block": (
        lambda portal, acme, bob: in_acme_(portal, acme, "block"),
        lambda portal, acme: in_acme_(portal, acme, "unblock"),
    ),
    "remove": (
        lambda portal, acme, bob: in_acme_(portal, acme, "remove"),
        lambda portal, acme: cast.connect(owner(portal), acme),
    ),
    "withdraw": (lambda portal, acme, bob: withdraw(acme, bob), lambda portal, acme: None),
    "password": (
        lambda portal, acme, bob: bob.choose_password("a quite long one 7", by=Actor.operator()),
        lambda portal, acme: None,
    ),
}


def all_dead(app, sessions):
    return not any(
        is_alive(app, tokens["access_token"]) or app.refresh(tokens["refresh_token"]).status_code == 200
        for tokens in sessions
    )


@pytest.mark.spec("ASVS", "7.4.2")
@pytest.mark.parametrize("name", ENDS)
def test_every_session_is_dead_before_its_row_says_so(name, app, sessions, portal, acme, bob):
    end, begin_again = ENDS[name]

    end(portal, acme, bob)

    assert live_rows() == SESSIONS - 2, "one batch, and no more, was done in the act's own transaction"
    assert all_dead(app, sessions)
    begin_again(portal, acme)
    assert all_dead(app, sessions)


@pytest.mark.parametrize("name", ENDS)
def test_what_begins_afterwards_lives_while_the_earlier_rows_are_ended(
    name, app, sessions, portal, acme, bob
):
    end, begin_again = ENDS[name]
    end(portal, acme, bob)
    begin_again(portal, acme)
    fresh = app.tokens(cast.signed_in_as(bob), scope=SCOPE)

    call_command("expire")

    assert live_rows() == 1
    assert is_alive(app, fresh["access_token"])
    assert app.refresh(fresh["refresh_token"]).status_code == 200
    assert all_dead(app, sessions)


@pytest.mark.parametrize("name", ["disable", "block", "remove"])
def test_the_owner_keeps_what_another_tenant_ends_and_the_other_way_round(
    name, app, sessions, portal, acme, globex, gustav, bob
):
    at_home = Application(*portal, tenant=globex)
    own = at_home.tokens(cast.signed_in_as(gustav), scope=SCOPE)

    ENDS[name][0](portal, acme, bob)
    call_command("expire")

    assert is_alive(at_home, own["access_token"]) == (name != "disable")


def test_a_crash_costs_nothing_but_time(app, sessions, portal, monkeypatch):
    in_globex(portal, "disable")
    done = acts.UnfinishedAct._batch

    def fails_once(act):
        monkeypatch.setattr(acts.UnfinishedAct, "_batch", done)
        done(act)
        raise KeyboardInterrupt

    monkeypatch.setattr(acts.UnfinishedAct, "_batch", fails_once)
    with pytest.raises(KeyboardInterrupt):
        call_command("expire")

    assert live_rows() == SESSIONS - 2, "the batch that was interrupted left nothing behind"
    call_command("expire")

    assert live_rows() == 0
    assert UnfinishedAct._base_manager.get().sessions == SESSIONS


def test_the_number_gets_an_event_of_its_own_when_it_is_known(app, sessions, portal, globex):
    in_globex(portal, "disable")
    call_command("expire")
    call_command("expire")

    with scope(tenant=globex):
        disabled = Event.objects.get(action=Action.CLIENT_DISABLED)
        ended = Event.objects.get(action=Action.SESSIONS_ENDED)
    assert disabled.details["counting"] is True
    assert "sessions_ended" not in disabled.details
    assert ended.details["sessions_ended"] == SESSIONS
    assert ended.target_name == "Report portal"


def test_the_receipt_shows_how_far_it_has_come(app, sessions, portal, globex, mallory):
    browser = cast.signed_in_as(mallory)
    page = browser.post(reverse("client_disable", args=[portal[0].client_id]))
    assert b"Access has ended" in page.content
    address = progress_of(UnfinishedAct._base_manager.get())
    assert address.encode() in page.content

    assert b"2 so far" in browser.get(address).content
    call_command("expire")

    page = browser.get(address)
    assert b"5 sessions have ended" in page.content
    assert b"hx-get" not in browser.get(address, headers={"HX-Request": "true"}).content


def test_several_that_are_deleted_together_have_one_receipt(app, sessions, portal, globex, mallory):
    second, secret = cast.register(globex, name="Second", allowed_scopes=SCOPES)
    other = Application(second, secret, tenant=globex)
    for _ in range(4):
        other.tokens(cast.signed_in_as(mallory), scope=SCOPE)

    browser = cast.signed_in_as(mallory)
    page = browser.post(reverse("clients_delete"), {"client": [portal[0].client_id, second.client_id]})
    assert b"4 so far" in page.content
    call_command("expire")

    address = progress_of(*UnfinishedAct._base_manager.order_by("decided_at"))
    assert b"9 sessions have ended" in browser.get(address).content


@pytest.mark.parametrize("query", ["", "?act=", "?act=x", "?act=00000000-0000-0000-0000-000000000000"])
def test_a_receipt_of_nothing_is_not_there(query, globex, mallory):
    assert cast.signed_in_as(mallory).get(reverse("receipt") + query).status_code == 404


def test_nobody_else_sees_how_far_it_has_come(app, sessions, portal, alice, bob, acme):
    in_globex(portal, "disable")
    of_globex = progress_of(UnfinishedAct._base_manager.get())
    assert cast.signed_in_as(alice).get(of_globex).status_code == 404

    withdrawn = ENDS["password"][0](portal, acme, bob)
    assert withdrawn is None
    of_bob = progress_of(UnfinishedAct._base_manager.get(user=bob))
    bob.refresh_from_db()
    assert cast.signed_in_as(bob).get(of_bob).status_code == 200
    assert cast.signed_in_as(alice).get(of_bob).status_code == 200
    assert cast.signed_in_as(cast.join(acme, "edda")).get(of_bob).status_code == 404


def test_every_connected_tenant_is_told_once_in_batches(portal, connected, port):
    tenants = [cast.found(f"t{number}", f"Tenant {number}", port) for number in range(4)]
    for tenant in tenants:
        cast.connect(portal[0], tenant)

    in_globex(portal, "disable")
    told = Event._base_manager.filter(action=Action.CONNECTION_CHANGED_BY_OWNER, details={"disabled": True})
    assert told.count() == 2
    call_command("expire")

    assert told.values("tenant").distinct().count() == told.count() == 5
    assert {event.actor_name for event in told} == {"Globex"}


def test_consents_under_a_removed_connection_count_no_more_and_follow_in_batches(
    app, portal, acme, alice, bob
):
    people = [alice, bob, *(cast.join(acme, name) for name in ("dora", "edda", "fred"))]
    for person in people:
        app.tokens(cast.signed_in_as(person), scope=SCOPE)

    in_acme_(portal, acme, "remove")

    assert Consent._base_manager.count() == 5
    with scope(tenant=acme):
        assert not Consent.objects.exists()
    cast.connect(owner(portal), acme)
    left = Consent._base_manager.select_related("user").order_by("pk")[0]
    browser = cast.signed_in_as(left.user)
    page = app.authorize(browser, scope=SCOPE)
    assert page.status_code == 200, "asked again"
    app.allow(browser, page)
    call_command("expire")
    with scope(tenant=acme):
        assert [consent.user for consent in Consent.objects.all()] == [left.user]


def test_a_finished_act_is_forgotten_after_a_month(app, sessions, portal, time_machine):
    in_globex(portal, "disable")
    for later in (timedelta(0), acts.SETTLED * 2, timedelta(days=31)):
        time_machine.move_to(timezone.now() + later)
        call_command("expire")

    assert not UnfinishedAct._base_manager.exists()


def test_a_page_that_asks_before_an_end_counts_no_further_than_it_must(
    app, sessions, portal, mallory, monkeypatch
):
    monkeypatch.setattr("console.models.reach.MOST", 3)
    page = cast.signed_in_as(mallory).get(reverse("client_disable", args=[portal[0].client_id]))

    assert "More than 3 active sessions" in page.content.decode()


def test_an_edit_writes_only_what_was_changed(globex, portal):
    mine, theirs = owner(portal), owner(portal)
    with scope(tenant=globex):
        theirs.edit(by=Actor.operator(), name="Renamed by somebody else")
        mine.edit(by=Actor.operator(), description="Mine")
        assert mine.name == "Renamed by somebody else"
        assert owner(portal).name == "Renamed by somebody else"
        assert Event.objects.filter(action=Action.CLIENT_UPDATED).latest("pk").changes == {
            "description": ["", "Mine"]
        }


def test_deleting_several_keeps_each_that_was_done(portal, globex, mallory, monkeypatch):
    second, _secret = cast.register(globex, name="Second")
    done = Client.remove

    def fails_at_the_second(self, **arguments):
        if self.pk == second.pk:
            raise KeyboardInterrupt
        return done(self, **arguments)

    monkeypatch.setattr(Client, "remove", fails_at_the_second)
    browser: Browser = cast.signed_in_as(mallory)
    with pytest.raises(KeyboardInterrupt):
        browser.post(reverse("clients_delete"), {"client": [portal[0].client_id, second.client_id]})

    assert owner(portal).deleted_at is not None


def test_until_when_counts_a_machine_token_whose_use_was_not_noted(acme, time_machine):
    client, secret = cast.register(acme, grant_types=["client_credentials"], consent_method="trusted")
    app, began = Application(client, secret), timezone.now()
    time_machine.move_to(began, tick=False)
    assert app.token(grant_type="client_credentials").status_code == 200
    time_machine.move_to(began + timedelta(seconds=50), tick=False)
    assert app.token(grant_type="client_credentials").status_code == 200
    time_machine.move_to(began + timedelta(hours=1, seconds=10), tick=False)

    with scope(tenant=acme):
        receipt = Client.objects.select_related("tenant").get().disable(by=Actor.operator())

    assert receipt.accepted_until >= began + timedelta(hours=1, seconds=50)
