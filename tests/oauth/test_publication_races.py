"""Publishing, approving, consenting and ending at once, in several tenants (F15, F16; ASVS 2.3.4, 15.4.2).

Never a token for a client that is no longer allowed once the act that ended it has returned, never a 500, and what is
left behind fits together.
"""

from collections import Counter

import pytest
from django_scopes import scope

from console.models import (
    Actor,
    AuthorizationCode,
    Client,
    Connection,
    ConnectionRequest,
    ConnectionRequester,
    Consent,
    Event,
    NotPublished,
    TokenFamily,
    approval,
)
from tests import cast
from tests.oauth.driver import Application, asks_for_approval, asks_for_consent, can_ask
from tests.oauth.outcomes import is_alive, rows_follow
from tests.oauth.test_races import at_once, twin

pytestmark = pytest.mark.django_db(transaction=True)
SCOPES = ["openid", "offline_access", "apps:read"]
SCOPE = " ".join(SCOPES)


@pytest.fixture
def portal(globex):
    client, secret = cast.register(globex, name="Report portal", allowed_scopes=SCOPES)
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return client, secret


@pytest.fixture
def app(portal, acme):
    return Application(*portal, tenant=acme)


@pytest.fixture
def administrators(acme, alice):
    return [alice, *(cast.join(acme, name, "administrator") for name in ("dora", "edda"))]


class Flow:
    """One person's way through the whole flow, whatever page comes; notes every answer and every token."""

    def __init__(self, app, person, *, times=1):
        self.app, self.browser, self.times = app, cast.signed_in_as(person), times
        self.statuses: list[int] = []
        self.tokens: list[dict[str, str]] = []

    def note(self, response):
        self.statuses.append(response.status_code)
        return response

    def __call__(self):
        own = twin(self.app)
        for _ in range(self.times):
            response = self.note(own.authorize(self.browser, scope=SCOPE))
            if asks_for_approval(response):
                response = self.note(own.approve(self.browser, response))
                if response.status_code == 303:
                    response = self.note(self.browser.get(response["Location"]))
            if can_ask(response):
                self.note(own.ask(self.browser, response))
            if asks_for_consent(response):
                response = self.note(own.decide(self.browser, response, "allow"))
            if response.status_code in {302, 303} and "code=" in response["Location"]:
                code = response["Location"].partition("code=")[2].partition("&")[0]
                exchanged = self.note(own.exchange(code))
                if exchanged.status_code == 200:
                    self.tokens.append(exchanged.json())
                    refreshed = self.note(own.refresh(self.tokens[-1]["refresh_token"]))
                    if refreshed.status_code == 200:
                        self.tokens.append(refreshed.json())


def fits_together(client, *tenants):
    """What is there in each tenant, after whatever happened."""
    rows_follow()
    for tenant in tenants:
        with scope(tenant=tenant):
            connections = Connection.objects.filter(client=client)
            assert connections.count() <= 1
            if not connections:
                assert not Consent.objects.filter(client=client).exists()
                assert not TokenFamily.objects.filter(client=client, ended_at=None).exists()
            else:
                assert not ConnectionRequest.objects.filter(client=client, status="open").exists()
            assert ConnectionRequest.objects.filter(client=client, status="open").count() <= 1


def all_dead(*flows):
    for flow in flows:
        for tokens in flow.tokens:
            assert not is_alive(flow.app, tokens["access_token"])
            assert flow.app.refresh(tokens["refresh_token"]).status_code in {400, 401}


def none_failed(*flows):
    statuses = Counter(status for flow in flows for status in flow.statuses)
    assert not [status for status in statuses if status >= 500], statuses


# --- F16 --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("checks", "F16")
def test_f16_after_the_last_unpublish_no_tenant_holds_anything(
    portal, acme, globex, port, administrators, bob
):
    initech = cast.found("initech", "Initech", port)
    theirs = Application(*portal, tenant=initech)
    here = Application(*portal, tenant=acme)
    flows = [
        *[Flow(here, person, times=3) for person in (*administrators, bob)],
        Flow(theirs, cast.join(initech, "ines", "administrator"), times=3),
        Flow(theirs, cast.join(initech, "ivan"), times=3),
    ]

    def flicker():
        with scope(tenant=globex):
            client = Client.objects.get(pk=portal[0].pk)
            for _ in range(4):
                client.unpublish(by=Actor.operator(), connected_stay=False)
                client.publish(by=Actor.operator())
            client.unpublish(by=Actor.operator(), connected_stay=False)
        return [twin(app).introspect("x").status_code for app in (here, theirs)]

    *_, after = at_once(*flows, flicker)

    assert after == [401, 401]
    none_failed(*flows)
    all_dead(*flows)
    with scope(tenant=globex):
        portal[0].refresh_from_db()
        portal[0].publish(by=Actor.operator())
    all_dead(*flows)  # not only shut out: what was given before is over
    fits_together(portal[0], acme, initech)
    for tenant in (acme, initech):
        with scope(tenant=tenant):
            assert not TokenFamily.objects.filter(ended_at=None).exists()


@pytest.mark.spec("checks", "F16")
def test_f16_nobody_is_connected_by_an_approval_that_comes_after_the_unpublish(
    app, portal, acme, globex, administrators
):
    pages = [(cast.signed_in_as(person), person) for person in administrators]
    asked = [(browser, app.authorize(browser, scope=SCOPE)) for browser, _ in pages]

    def unpublish():
        with scope(tenant=globex):
            Client.objects.get(pk=portal[0].pk).unpublish(by=Actor.operator(), connected_stay=True)
        with scope(tenant=acme):
            return Connection.objects.filter(client=portal[0]).exists()

    *answers, connected_then = at_once(
        *[lambda browser=browser, page=page: twin(app).approve(browser, page) for browser, page in asked],
        unpublish,
    )

    assert {answer.status_code for answer in answers} <= {200, 303, 400}
    with scope(tenant=acme):
        assert Connection.objects.filter(client=portal[0]).exists() == connected_then
        assert Event.objects.filter(action="connection.approved").exists() == connected_then
    with scope(tenant=globex):
        assert Event.objects.filter(action="client.connected").exists() == connected_then


# --- F15 --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("checks", "F15")
@pytest.mark.parametrize("act", ["remove", "disable"])
def test_f15_an_owner_who_ends_it_while_flows_run_in_another_tenant(
    app, portal, acme, globex, administrators, bob, carol, act
):
    cast.connect(portal[0], acme)
    flows = [Flow(app, person, times=4) for person in (*administrators, bob, carol)]

    def end():
        with scope(tenant=globex):
            getattr(Client.objects.get(pk=portal[0].pk), act)(by=Actor.operator())
        return twin(app).introspect("x").status_code

    *_, after = at_once(*flows, end)

    assert after == 401
    none_failed(*flows)
    all_dead(*flows)
    with scope(tenant=acme):
        assert not TokenFamily.objects.filter(ended_at=None).exists()
    with scope(tenant=globex):
        client = Client.with_deleted.get(pk=portal[0].pk)
        client.restore(by=Actor.operator()) if act == "remove" else client.enable(by=Actor.operator())
    all_dead(*flows)


@pytest.mark.spec("checks", "F15")
@pytest.mark.parametrize("act", ["block", "remove"])
def test_f15_a_tenant_that_cuts_it_off_while_its_own_flows_run(
    app, portal, acme, bob, carol, gustav, globex, act
):
    cast.connect(portal[0], acme)
    here = [Flow(app, person, times=4) for person in (bob, carol)]
    there = Flow(Application(*portal), gustav, times=2)

    def end():
        with scope(tenant=acme):
            getattr(Connection.objects.get(client=portal[0]), act)(by=Actor.operator())
        return twin(app).introspect("x").status_code

    *_, after = at_once(*here, there, end)

    assert after == 401
    none_failed(*here, there)
    all_dead(*here)
    assert len(there.tokens) == 4  # another tenant does not notice
    with scope(tenant=acme):
        assert not TokenFamily.objects.filter(ended_at=None).exists()
        if act == "remove":
            assert not Consent.objects.exists()
            assert not AuthorizationCode.objects.filter(used_at__isnull=False).exists()


def test_no_consent_is_left_behind_by_a_removal(app, portal, acme):
    """Many rounds of the narrow case: everybody says yes in the moment in which the client is removed."""
    people = [cast.join(acme, f"person{number}") for number in range(6)]
    cast.connect(portal[0], acme)
    asked = [(browser, app.authorize(browser, scope=SCOPE)) for browser in map(cast.signed_in_as, people)]

    def remove():
        with scope(tenant=acme):
            Connection.objects.get(client=portal[0]).remove(by=Actor.operator())

    *answers, _ = at_once(
        *[
            lambda browser=browser, page=page: twin(app).decide(browser, page, "allow")
            for browser, page in asked
        ],
        remove,
    )

    assert {answer.status_code for answer in answers} <= {200, 302, 303}
    with scope(tenant=acme):
        assert not Consent.objects.exists()


# --- Administrators at once -------------------------------------------------------------------------------------


def test_administrators_who_approve_at_once_make_one_connection(
    app, portal, acme, globex, administrators, bob
):
    bobs = cast.signed_in_as(bob)
    app.ask(bobs, app.authorize(bobs, scope=SCOPE))
    asked = [
        (browser, app.authorize(browser, scope=SCOPE)) for browser in map(cast.signed_in_as, administrators)
    ]

    answers = at_once(
        *[lambda browser=browser, page=page: twin(app).approve(browser, page) for browser, page in asked]
    )

    assert {answer.status_code for answer in answers} <= {
        200,
        303,
    }  # 200: connected by now, so consent is next
    fits_together(portal[0], acme)
    with scope(tenant=acme):
        assert Connection.objects.filter(client=portal[0]).count() == 1
        assert [each.status for each in ConnectionRequest.objects.all()] == ["approved"]


def test_one_who_approves_and_one_who_refuses_the_request(app, portal, acme, alice, bob):
    bobs = cast.signed_in_as(bob)
    app.ask(bobs, app.authorize(bobs, scope=SCOPE))
    alices = cast.signed_in_as(alice)
    page = app.authorize(alices, scope=SCOPE)

    def refuse():
        with scope(tenant=acme):
            return ConnectionRequest.objects.get().deny("No.", by=Actor.operator())

    approved, refused = at_once(lambda: twin(app).approve(alices, page), refuse)

    assert approved.status_code == 303
    with scope(tenant=acme):
        assert Connection.objects.filter(client=portal[0]).exists()
        assert ConnectionRequest.objects.get().status == ("denied" if refused else "approved")
        assert Event.objects.filter(action="connection.denied").exists() == refused


def test_nobody_waits_for_an_answer_that_was_given(app, portal, acme, alice):
    """People ask in the moment in which an administrator approves."""
    people = [cast.signed_in_as(cast.join(acme, f"person{number}")) for number in range(6)]
    asked = [(browser, app.authorize(browser, scope=SCOPE)) for browser in people]
    alices = cast.signed_in_as(alice)
    page = app.authorize(alices, scope=SCOPE)

    *answers, approved = at_once(
        *[lambda browser=browser, page=page: twin(app).ask(browser, page) for browser, page in asked],
        lambda: twin(app).approve(alices, page),
    )

    assert approved.status_code == 303
    assert {answer.status_code for answer in answers} <= {200, 302, 303}
    fits_together(portal[0], acme)


def test_people_who_ask_at_once_share_one_request(app, acme):
    people = [cast.signed_in_as(cast.join(acme, f"person{number}")) for number in range(8)]
    asked = [(browser, app.authorize(browser, scope=SCOPE)) for browser in people]

    answers = at_once(
        *[lambda browser=browser, page=page: twin(app).ask(browser, page) for browser, page in asked]
    )

    assert Counter(answer.status_code for answer in answers) == {303: 8}
    with scope(tenant=acme):
        assert ConnectionRequest.objects.count() == 1
        assert ConnectionRequester.objects.count() == 8


def test_a_version_that_is_accepted_edited_reduced_and_removed_at_once(portal, acme, globex):
    connection = cast.connect(portal[0], acme)
    with scope(tenant=globex):
        portal[0].edit(by=Actor.operator(), allowed_scopes=[*SCOPES, "apps:export"])

    def accept():
        with scope(tenant=acme):
            read = Connection.objects.select_related("client__tenant").filter(client=portal[0]).first()
            if read is None:
                return "gone"
            try:
                approval.accept_version(read, by=Actor.operator(), terms=read.client.terms)
            except NotPublished:
                return "changed"
            return "accepted"

    def edit():
        with scope(tenant=globex):
            Client.objects.get(pk=portal[0].pk).edit(
                by=Actor.operator(), allowed_scopes=[*SCOPES, "apps:export", "user_default"]
            )

    def reduce():
        with scope(tenant=acme):
            Connection.objects.select_related("client").get(pk=connection.pk).reduce_scopes(
                ["openid"], by=Actor.operator()
            )

    def approve():
        cast.connect(portal[0], acme)

    at_once(accept, accept, edit, reduce, approve, approve)

    with scope(tenant=acme):
        found = Connection.objects.select_related("client__tenant").get(client=portal[0])
        assert set(found.scopes) <= set(found.approved.scopes)
        assert set(found.approved.scopes) <= {*SCOPES, "apps:export", "user_default"}
        if "user_default" in found.approved.scopes:
            assert not found.pending().is_wider
