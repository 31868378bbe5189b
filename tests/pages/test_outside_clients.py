"""Whether clients with a metadata document may come: who decides, who reads it, and what pages say of them (Q9)."""

import pytest
from django_scopes import scope

from console.models import Connection, Event, OutsidePolicy
from console.policy.metadata_documents import USUAL_SCOPES
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.internet import AGENT, Internet
from tests.oauth.test_metadata_documents import agent

pytestmark = pytest.mark.django_db
PAGE = "/console/outside-clients"


@pytest.fixture
def internet():
    made = Internet()
    made.says(policy_uri="https://agent.example.com/privacy")
    with made.is_there():
        yield made


def fields(page, **changes):
    usual = {
        "shown": page.context["shown"],
        "documents": "ask",
        "allowed_hosts": "",
        "ceiling": list(USUAL_SCOPES),
    }
    return usual | changes


def decided(browser, **changes):
    return browser.post(PAGE, fields(browser.get(PAGE), **changes))


# --- The tenant's decision ----------------------------------------------------------------------------------------


def test_a_tenant_that_has_not_decided_asks_its_administrators(browser, alice):
    page = browser(alice).get(PAGE)

    assert page.context["form"]["documents"].value() == "ask"
    assert page.context["form"]["ceiling"].value() == list(USUAL_SCOPES)


def test_an_administrator_decides_and_the_audit_log_says_what(browser, alice, acme):
    here = browser(alice)
    saved = decided(here, allowed_hosts="Agent.example.com\r\n\r\nb.example.com\r\n", ceiling=["openid"])

    assert (saved.status_code, saved["Location"]) == (303, PAGE)
    policy = OutsidePolicy.of(acme)
    assert (policy.documents, policy.allowed_hosts, policy.ceiling) == (
        "ask",
        ["agent.example.com", "b.example.com"],
        ["openid"],
    )
    with scope(tenant=acme):
        event = Event.objects.get(action="outside_clients.decided")
    assert event.actor_id == str(alice.pk)
    assert event.changes["allowed_hosts"] == [[], ["agent.example.com", "b.example.com"]]
    log = here.get("/console/events").content.decode()
    assert "changed which outside clients may come here" in log
    assert "agent.example.com" in log


def test_what_stays_as_it_is_writes_no_event(browser, alice, acme):
    assert decided(browser(alice)).status_code == 303
    with scope(tenant=acme):
        assert not Event.objects.filter(action="outside_clients.decided").exists()


@pytest.mark.parametrize(
    "hosts", ["localhost", "127.0.0.1", "https://agent.example.com", "agent", "*.example.com", "a.example.com:443",
              "bücher.example", "169.254.169.254", "\n".join(f"a{number}.example.com" for number in range(101))]
)  # fmt: skip
def test_what_is_no_public_host_is_shown_again(browser, alice, acme, hosts):
    page = decided(browser(alice), allowed_hosts=hosts)

    assert page.status_code == 422
    assert page.context["form"].errors["allowed_hosts"]
    assert hosts.splitlines()[0] in page.content.decode()
    assert OutsidePolicy.of(acme).allowed_hosts == []


def test_scopes_that_there_are_not_are_not_kept(browser, alice, acme):
    decided(browser(alice), ceiling=["openid", "nonsense"])

    assert OutsidePolicy.of(acme).ceiling == ["openid"]


def test_who_has_not_seen_what_somebody_else_decided_decides_again(browser, alice, acme):
    here = browser(alice)
    opened = here.get(PAGE)
    decided(here, documents="off")
    late = here.post(PAGE, fields(opened, allowed_hosts="agent.example.com"))

    assert late.status_code == 422
    assert "Someone has changed this" in late.content.decode()
    assert (OutsidePolicy.of(acme).documents, OutsidePolicy.of(acme).allowed_hosts) == ("off", [])


def test_an_auditor_reads_and_changes_nothing(browser, alice, carol, acme):
    decided(browser(alice), allowed_hosts="agent.example.com")
    here = browser(carol)
    page = here.get(PAGE)

    assert "agent.example.com" in page.content.decode()
    assert b'method="post" action="/console/outside-clients"' not in page.content
    assert here.post(PAGE, {"documents": "off", "shown": page.context["shown"]}).status_code == 403
    assert OutsidePolicy.of(acme).documents == "ask"


def test_a_tenant_sees_and_changes_its_own_alone(browser, alice, mallory, globex):
    decided(browser(alice), documents="off", allowed_hosts="agent.example.com")

    page = browser(mallory).get(PAGE)
    assert page.context["form"]["documents"].value() == "ask"
    assert OutsidePolicy.of(globex).allowed_hosts == []


def test_it_says_that_the_region_has_it_off(browser, alice, settings):
    settings.METADATA_DOCUMENTS = False

    assert "Switched off for the whole region" in browser(alice).get(PAGE).content.decode()


# --- What pages say of such a client ------------------------------------------------------------------------------


@pytest.fixture
def connection(internet, acme, alice, browser):
    app, here = agent(acme), browser(alice)
    app.approve(here, app.authorize(here))
    with scope(tenant=acme):
        return Connection.objects.get(client__client_id=AGENT)


def test_the_approval_page_names_host_and_url(internet, acme, alice, browser):
    page = agent(acme).authorize(browser(alice)).content.decode()

    assert "Described by a document at <b><bdi>agent.example.com</bdi></b>" in page
    assert AGENT in page
    assert "another organisation" not in page
    assert "Any program on a user’s device can receive what is sent there." in page


def test_the_consent_page_names_the_url_and_warns_of_the_device(internet, connection, acme, alice, browser):
    page = agent(acme).authorize(browser(alice)).content.decode()

    assert "Described by a document at <b><bdi>agent.example.com</bdi></b>" in page
    assert AGENT in page
    assert "Any program on your device can receive what is sent there." in page


def test_the_connections_page_says_where_it_is_and_when_it_was_read(connection, alice, browser):
    page = browser(alice).get(f"/console/oauth/connections/{connection.pk}").content.decode()

    assert "Described by a document at <b><bdi>agent.example.com</bdi></b>" in page
    assert AGENT in page
    assert "Privacy policy" in page
    assert 'href="https://agent.example.com/privacy"' not in page


def test_lists_name_the_host(connection, alice, browser):
    page = browser(alice).get("/console/oauth?owner=outside").content.decode()

    assert "agent.example.com" in page
    assert "outside:" not in page


def test_the_log_names_the_url(connection, alice, browser):
    assert AGENT in browser(alice).get("/console/events").content.decode()


def test_the_log_is_searched_by_the_url(connection, alice, browser):
    page = browser(alice).get("/console/events", {"q": AGENT}).content.decode()

    assert "<b>Agent</b>" in page
    assert "signed in" not in page


def test_a_person_sees_and_withdraws_what_they_gave(connection, acme, bob, browser):
    here, app = browser(bob), agent(acme)
    app.answered(here, scope="openid")
    page = here.get("/account/applications").content.decode()

    assert "Described by a document at <bdi>agent.example.com</bdi>" in page


def test_an_administrator_withdraws_a_persons_grant_of_it(connection, acme, alice, bob, browser):
    app = agent(acme)
    app.answered(browser(bob), scope="openid")
    here = browser(alice)
    people = here.get(f"/console/oauth/connections/{connection.pk}/grants")
    path = f"/console/people/{bob.pk}/grants/{AGENT}/withdraw"

    assert path in people.content.decode()
    assert here.get(path).status_code == 200
    assert here.post(path).status_code in {200, 303}
    assert app.authorize(browser(bob), scope="openid").status_code == 200


def test_a_person_ends_the_sessions_of_a_trusted_one(connection, acme, alice, bob, browser):
    with scope(tenant=acme):
        connection.change_consent_method("trusted", by=cast.OPERATOR)
    here, app = browser(bob), agent(acme)
    app.exchange(app.code(here, scope="openid"))
    path = f"/account/applications/{AGENT}/end"

    assert path in here.get("/account/applications").content.decode()
    assert here.get(path).status_code == 200


def test_the_api_finds_it_by_its_url(connection, acme, machine_client):
    app = Application(*machine_client)
    token = app.token(grant_type="client_credentials", scope="admin_classic").json()["access_token"]
    answer = cast.stranger_on(acme).get(
        f"/api/v1/oauth-clients/{AGENT.replace('/', '%2F')}/connection-configs/me",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "approved"
