"""The ends of a publication: of the owner for everybody, of a tenant for itself; each side is told, nobody is named."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, Connection, Consent, Event, NotConnected, approval, reach
from tests import cast
from tests.oauth.driver import Application, answer, asks_for_consent, can_ask
from tests.oauth.outcomes import assert_refused, is_alive

pytestmark = pytest.mark.django_db
SCOPE = "openid offline_access apps:read"


@pytest.fixture
def initech(db, port):
    return cast.found("initech", "Initech", port)


@pytest.fixture
def portal(globex, acme, initech, alice):
    """Published by globex; acme and initech are connected and trust it, for people and for machines."""
    client, secret = cast.register(
        globex, **cast.machines_too(name="Report portal", allowed_scopes=SCOPE.split())
    )
    cast.connect(client, acme, by=alice, consent_method="trusted")
    cast.connect(client, initech, consent_method="trusted")
    with scope(tenant=globex):
        client.own_connection.change_consent_method("trusted", by=Actor.operator())
    return client, secret


class Held:
    """What the application holds in one tenant: tokens of a person, a code, and a token of its own."""

    def __init__(self, portal, tenant, person):
        self.app = Application(*portal, tenant=tenant)
        self.browser = cast.signed_in_as(person)
        self.tokens = self.app.tokens(self.browser, scope=SCOPE)
        self.code = self.app.code(self.browser, scope=SCOPE)
        self.own = self.app.token(grant_type="client_credentials").json()["access_token"]

    def lives(self):
        """Whether all of it works; it must work as a whole or not at all."""
        alive = {is_alive(self.app, self.tokens["access_token"]), is_alive(self.app, self.own)}
        assert len(alive) == 1
        refreshed = self.app.refresh(self.tokens["refresh_token"])
        assert (refreshed.status_code == 200) == (alive == {True}), refreshed.content
        if refreshed.status_code == 200:
            self.tokens = refreshed.json()
        return alive == {True}

    def is_gone_for_good(self):
        """Not only shut out for now: even with the client let in again, nothing of it works."""
        return not self.lives() and self.app.exchange(self.code).status_code == 400


@pytest.fixture
def in_acme_(portal, acme, bob):
    return Held(portal, acme, bob)


@pytest.fixture
def in_initech(portal, initech):
    return Held(portal, initech, cast.join(initech, "edda"))


@pytest.fixture
def at_home(portal, globex, gustav):
    return Held(portal, globex, gustav)


def owner_of(portal, by, act, **arguments):
    with scope(tenant=portal[0].tenant):
        return getattr(Client.with_deleted.get(pk=portal[0].pk), act)(by=Actor(user=by), **arguments)


def consumer(tenant, portal, by, act):
    with scope(tenant=tenant):
        return getattr(Connection.objects.get(client=portal[0]), act)(by=Actor(user=by))


def log(tenant, *actions):
    with scope(tenant=tenant):
        return list(Event.objects.filter(action__in=actions).order_by("id"))


# --- The owner --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off", "on"), [("disable", "enable"), ("remove", "restore")])
def test_tn05_the_owner_switches_it_off_for_everybody_and_nothing_comes_back(
    portal, in_acme_, in_initech, at_home, mallory, off, on
):
    receipt = owner_of(portal, mallory, off)

    assert receipt.sessions == 3
    assert timezone.now() < receipt.accepted_until <= timezone.now() + timedelta(hours=1, seconds=5)
    for held in (in_acme_, in_initech, at_home):
        assert not held.lives()
        assert held.app.authorize(held.browser, scope=SCOPE).status_code == 400
        assert held.app.token(grant_type="client_credentials").status_code == 401

    owner_of(portal, mallory, on)
    for held in (in_acme_, in_initech, at_home):
        assert held.is_gone_for_good()
        assert held.app.token(grant_type="client_credentials").status_code == 200
        assert "code" in answer(held.app.authorize(held.browser, scope=SCOPE))  # connections are as they were


def test_unpublishing_at_once_ends_the_others_and_not_the_owner(
    portal, in_acme_, in_initech, at_home, mallory
):
    receipt = owner_of(portal, mallory, "unpublish", connected_stay=False)

    assert receipt.sessions == 2
    assert at_home.lives()
    for held in (in_acme_, in_initech):
        assert not held.lives()
        assert held.app.authorize(held.browser).status_code == 400
        assert held.app.token(grant_type="client_credentials").status_code == 401

    owner_of(portal, mallory, "publish")
    for held in (in_acme_, in_initech):
        assert held.is_gone_for_good()


def test_those_connected_may_stay_and_nobody_else_comes(portal, in_acme_, mallory, globex, port):
    umbrella = cast.found("umbrella", "Umbrella", port)
    newcomer = cast.signed_in_as(cast.join(umbrella, "otto", "administrator"))
    elsewhere = Application(*portal, tenant=umbrella)

    assert owner_of(portal, mallory, "unpublish", connected_stay=True) is None

    assert in_acme_.lives()
    assert "code" in answer(in_acme_.app.authorize(in_acme_.browser, scope=SCOPE))
    assert elsewhere.authorize(newcomer).status_code == 400


@pytest.mark.parametrize("end", ["unpublish", "remove"])
def test_people_read_that_the_publisher_has_taken_it_away(portal, in_acme_, mallory, port, end):
    umbrella = cast.found("umbrella", "Umbrella", port)
    elsewhere = Application(*portal, tenant=umbrella)
    stranger = cast.signed_in_as(cast.join(umbrella, "otto"))

    owner_of(portal, mallory, end, **({"connected_stay": False} if end == "unpublish" else {}))

    page = in_acme_.app.authorize(in_acme_.browser, scope=SCOPE)
    assert page.status_code == 400
    assert "no longer offers it to Acme AB" in page.content.decode()
    assert [event.details["reason"] for event in log(in_acme_.app.tenant, "authorization.refused")] == [
        "client_withdrawn"
    ]
    # Whoever was never connected learns nothing of it.
    assert "is not known at Umbrella" in elsewhere.authorize(stranger, scope=SCOPE).content.decode()


def test_of_two_administrators_the_first_decides(globex, acme, alice):
    client, _ = cast.register(globex, allowed_scopes=SCOPE.split())
    cast.connect(client, acme, by=alice, allowed=["openid"])
    second = cast.connect(client, acme, by=alice, consent_method="trusted")

    assert (second.scopes, second.consent_method) == (["openid"], "required")
    assert len(log(acme, "connection.approved")) == len(log(globex, "client.connected")) == 1


def test_one_that_stayed_and_is_removed_is_gone(portal, in_acme_, mallory, acme, alice):
    owner_of(portal, mallory, "unpublish", connected_stay=True)
    consumer(acme, portal, alice, "remove")

    assert in_acme_.app.authorize(in_acme_.browser).status_code == 400
    assert not in_acme_.lives()


def test_the_30_days_of_a_restoration(portal, mallory, globex, time_machine):
    owner_of(portal, mallory, "remove")
    time_machine.move_to(timezone.now() + timedelta(days=30, seconds=1), tick=False)

    owner_of(portal, mallory, "restore")

    with scope(tenant=globex):
        assert not Client.objects.filter(pk=portal[0].pk).exists()


def test_the_second_who_ends_it_has_no_receipt(portal, mallory):
    assert owner_of(portal, mallory, "disable") is not None
    assert owner_of(portal, mallory, "disable") is None
    assert owner_of(portal, mallory, "remove") is not None


# --- A tenant that is connected ---------------------------------------------------------------------------------


def test_a_tenant_blocks_for_itself_alone_and_nothing_comes_back(
    portal, in_acme_, in_initech, at_home, acme, alice
):
    receipt = consumer(acme, portal, alice, "block")

    assert receipt.sessions == 1
    assert receipt.accepted_until is not None
    assert not in_acme_.lives()
    assert in_initech.lives()
    assert at_home.lives()

    consumer(acme, portal, alice, "unblock")
    assert in_acme_.is_gone_for_good()
    assert in_acme_.app.token(grant_type="client_credentials").status_code == 200


def test_blocking_keeps_consents_and_removing_forgets_them(portal, acme, alice, bob):
    app = Application(*portal, tenant=acme)
    browser = cast.signed_in_as(bob)
    with scope(tenant=acme):
        Connection.objects.get(client=portal[0]).change_consent_method("required", by=Actor.operator())
    app.code(browser, scope=SCOPE)

    consumer(acme, portal, alice, "block")
    consumer(acme, portal, alice, "unblock")
    assert "code" in answer(app.authorize(browser, scope=SCOPE))

    consumer(acme, portal, alice, "remove")
    assert can_ask(app.authorize(browser, scope=SCOPE))
    cast.connect(portal[0], acme, by=alice)
    assert asks_for_consent(app.authorize(browser, scope=SCOPE))


def test_removing_is_for_itself_alone_and_what_is_connected_again_begins_anew(
    portal, in_acme_, in_initech, at_home, acme, alice
):
    receipt = consumer(acme, portal, alice, "remove")

    assert receipt.sessions == 1
    assert not in_acme_.lives()
    assert in_initech.lives()
    assert at_home.lives()

    cast.connect(portal[0], acme, by=alice, consent_method="trusted")
    assert in_acme_.is_gone_for_good()


def test_machines_stop_when_the_tenant_trusts_no_more(portal, acme, alice):
    app = Application(*portal, tenant=acme)
    token = app.token(grant_type="client_credentials").json()["access_token"]
    with scope(tenant=acme):
        Connection.objects.get(client=portal[0]).change_consent_method("required", by=Actor.operator())

    assert not is_alive(app, token)
    assert_refused(app.token(grant_type="client_credentials"), "unauthorized_client")


def test_removing_twice_is_one_removal(portal, acme, alice):
    with scope(tenant=acme):
        connection = Connection.objects.get(client=portal[0])
        again = Connection.objects.get(client=portal[0])
        connection.remove(by=Actor.operator())
        with pytest.raises(NotConnected):
            again.remove(by=Actor.operator())
    assert len(log(acme, "connection.removed")) == 1


def test_what_another_administrator_removed_meanwhile_changes_nothing(portal, acme, alice):
    with scope(tenant=acme):
        connection = Connection.objects.get(client=portal[0])
        Connection.objects.get(client=portal[0]).remove(by=Actor.operator())
        for change in (
            lambda: connection.reduce_scopes(["openid"], by=Actor.operator()),
            lambda: connection.change_consent_method("required", by=Actor.operator()),
            lambda: connection.block(by=Actor.operator()),
            lambda: connection.unblock(by=Actor.operator()),
        ):
            with pytest.raises(NotConnected):
                change()
        assert not Connection.objects.filter(client=portal[0]).exists()


def test_reach_counts_each_tenant_for_itself(portal, in_acme_, in_initech, at_home, acme):
    everywhere = reach.of_each([portal[0]])[portal[0].pk]
    here = reach.here(portal[0], acme)

    assert (everywhere.tenants, everywhere.people, everywhere.sessions) == (3, 3, 3)
    assert (here.tenants, here.people, here.sessions) == (1, 1, 1)


# --- Both sides of the log --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "arguments", "own", "told"),
    [
        ("disable", {}, "client.disabled", {"disabled": True}),
        ("remove", {}, "client.deleted", {"deleted": True}),
        (
            "unpublish",
            {"connected_stay": True},
            "client.unpublished",
            {"unpublished": True, "connected_stay": True},
        ),
        (
            "unpublish",
            {"connected_stay": False},
            "client.unpublished",
            {"unpublished": True, "connected_stay": False},
        ),
    ],
)
def test_an_act_of_the_owner_is_told_to_every_connected_tenant(
    portal, acme, initech, globex, mallory, act, arguments, own, told
):
    owner_of(portal, mallory, act, **arguments)

    [event] = log(globex, own)
    assert event.actor_name == mallory.email
    for tenant in (acme, initech):
        [event] = log(tenant, "connection.changed_by_owner")
        assert (event.actor_kind, event.actor_id, event.actor_name) == ("tenant", str(globex.pk), "Globex")
        assert event.details == told
        assert event.address == ""
        assert not log(tenant, own)


@pytest.mark.parametrize(
    ("acts", "own", "told", "details"),
    [
        (["block"], "connection.blocked", "client.disconnected", {"blocked": True}),
        (["block", "unblock"], "connection.unblocked", "client.connected", None),
        (["remove"], "connection.removed", "client.disconnected", {"blocked": False}),
    ],
    ids=str,
)
def test_an_act_of_a_connected_tenant_is_told_to_the_owner(
    portal, acme, initech, globex, alice, acts, own, told, details
):
    for act in acts:
        consumer(acme, portal, alice, act)

    assert log(acme, own)[-1].actor_name == alice.email
    event = log(globex, told)[-1]
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("tenant", str(acme.pk), "Acme AB")
    assert details is None or event.details == details
    assert not log(globex, own)
    assert not log(initech, own, told)


def test_tn01_no_log_names_a_person_of_another_tenant(
    portal, in_acme_, in_initech, at_home, acme, initech, globex, alice, mallory
):
    with scope(tenant=acme):
        Connection.objects.get(client=portal[0]).change_consent_method("required", by=Actor(user=alice))
        Connection.objects.get(client=portal[0]).reduce_scopes(["openid"], by=Actor(user=alice))
    in_acme_.app.code(in_acme_.browser, scope="openid")
    with scope(tenant=acme):
        Consent.objects.get().withdraw(by=Actor(user=alice))
    for act in ("block", "unblock", "remove"):
        consumer(acme, portal, alice, act)
    cast.connect(portal[0], acme, by=alice)
    with scope(tenant=globex):
        portal[0].edit(by=Actor(user=mallory), allowed_scopes=[*SCOPE.split(), "apps:export"])
    with scope(tenant=acme):
        connection = Connection.objects.select_related("client__tenant").get(client=portal[0])
        approval.accept_version(connection, by=Actor(user=alice), terms=connection.client.terms)
    for act in ("disable", "enable", "remove", "restore"):
        owner_of(portal, mallory, act)

    people = {acme: ("alice", "bob"), initech: ("edda",), globex: ("mallory", "gustav")}
    for tenant in people:
        with scope(tenant=tenant):
            everything = json.dumps(list(Event.objects.values()), default=str).lower()
        for elsewhere, names in people.items():
            for name in names:
                mail = f"{name}@{elsewhere.alias}.example"
                assert (mail in everything) is (tenant == elsewhere), (tenant, mail)
        with scope(tenant=tenant):
            own = {str(pk) for pk in tenant.__class__.objects.values_list("pk", flat=True)}
            for event in Event.objects.filter(actor_kind="tenant"):
                assert event.actor_id in own
                assert event.address == ""


def test_those_who_stayed_can_be_ended_later(portal, in_acme_, at_home, mallory):
    owner_of(portal, mallory, "unpublish", connected_stay=True)
    receipt = owner_of(portal, mallory, "unpublish", connected_stay=False)

    assert receipt.sessions == 1
    assert at_home.lives()
    assert not in_acme_.lives()
    owner_of(portal, mallory, "publish")
    assert in_acme_.is_gone_for_good()
