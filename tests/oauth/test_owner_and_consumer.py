"""TN-01 to TN-10 between the tenant that owns a published client and one that is connected to it, both ways."""

import json
from uuid import uuid4

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.html import escape
from django_scopes import scope, scopes_disabled

from console.models import Actor, Client, ClientSecret, Connection, ConnectionRequest, Consent, Event
from console.pages.urls import urlpatterns
from tests import cast
from tests.oauth.driver import Application, answer, asks_for_approval, asks_for_consent, can_ask
from tests.oauth.outcomes import bearer, me
from tests.oauth.test_tenant_isolation import UNKNOWN, same

pytestmark = [pytest.mark.django_db, pytest.mark.spec("ASVS 5.0", "8.4.1")]
SCOPES = ["openid", "offline_access", "apps:read"]
PAGES = {str(pattern.name): str(pattern.pattern) for pattern in urlpatterns}
OF_A_CLIENT = [name for name, path in PAGES.items() if "<str:client_id>" in path]
OF_A_CONNECTION = [name for name, path in PAGES.items() if "<int:connection_id>" in path]
ONLY_READ = {
    "client",
    "client_activity",
    "client_problems",
    "client_quick_start",
    "client_scopes",
    "client_settings",
    "connected_tenants",
    "client_grants",
    "client_menu",
    "connection_menu",
    "connection",
    "connection_activity",
    "connection_allowed",
    "connection_grants",
    "connection_problems",
    "secrets",
}  # nothing can be sent there
# But for what the consumer may do with its own people and its own connection, to which `client` leads.
OF_ITS_OWNER_ALONE = [
    (name, method)
    for name in sorted(set(OF_A_CLIENT) - {"grant_withdraw", "consent_method"})
    for method in ("get", "post")
    if (name, method) != ("client", "get")
]
ONLY_SENT = {"client_problem_ignore", "connection_problem_ignore"}  # nothing can be read there
OF_A_REQUEST = [name for name, path in PAGES.items() if "<int:request_id>" in path]


@pytest.fixture
def portal(globex, acme, alice):
    """Owned by globex (mallory), connected to acme (alice)."""
    client, secret = cast.register(
        globex,
        name="Report portal",
        allowed_scopes=SCOPES,
        redirect_uris=[cast.REDIRECT_URL],
        description="Reports",
    )
    cast.connect(client, acme, by=alice)
    return client, secret


@pytest.fixture
def app(portal, acme):
    return Application(*portal, tenant=acme)


@pytest.fixture
def connection(portal, acme):
    with scope(tenant=acme):
        return Connection.objects.get(client=portal[0])


def facts(portal):
    """Everything about the client that only its owner may change."""
    with scopes_disabled():
        client = Client.with_deleted_anywhere.filter(pk=portal[0].pk).values().get()
        secrets = list(ClientSecret.objects.filter(client=portal[0].pk).values("pk", "digest", "removed_at"))
    return {name: value for name, value in client.items() if name != "last_used_at"}, secrets


def everywhere(url_name, portal, **known):
    """The address of a page, with every part that is not given made of what exists in the other tenant."""
    pattern = next(pattern for pattern in urlpatterns if pattern.name == url_name)
    with scopes_disabled():
        secret = ClientSecret.objects.get(client=portal[0].pk)
    values = {
        "client_id": portal[0].client_id,
        "secret_id": secret.pk,
        "section": "grants",
        "problem_id": 987654321,
    } | known
    return reverse(url_name, kwargs={name: values[name] for name in pattern.pattern.converters})


def of_connection(url_name, key):
    """The address of a page about the connection with this number; no problem of a client is there."""
    pattern = next(pattern for pattern in urlpatterns if pattern.name == url_name)
    values = {"connection_id": key, "problem_id": 987654321}
    return reverse(url_name, kwargs={name: values[name] for name in pattern.pattern.converters})


# --- The consumer reaches for what is the owner's ----------------------------------------------------------------


@pytest.mark.parametrize(("url_name", "method"), OF_ITS_OWNER_ALONE)
def test_tn04_no_page_of_a_client_is_there_for_one_that_is_borrowed(portal, browser, alice, url_name, method):
    window, before = browser(alice), facts(portal)

    borrowed = getattr(window, method)(everywhere(url_name, portal))
    unknown = getattr(window, method)(everywhere(url_name, portal, client_id=UNKNOWN))

    refused = url_name in (ONLY_READ if method == "post" else ONLY_SENT)
    assert borrowed.status_code == (405 if refused else 404)
    assert same(borrowed, portal[0].client_id) == same(unknown, UNKNOWN)
    assert facts(portal) == before


def test_tn04_the_address_of_a_borrowed_client_leads_to_the_consumers_own_connection(
    portal, connection, browser, alice, mallory
):
    address = everywhere("client", portal)
    borrowed = browser(alice).get(address)

    assert (borrowed.status_code, borrowed["Location"]) == (302, reverse("connection", args=[connection.pk]))
    assert browser(mallory).get(address).status_code == 200  # the owner has the page itself


@pytest.mark.parametrize("act", ["delete", "disable", "enable"])
def test_tn04_what_is_done_with_several_is_done_with_none_that_is_borrowed(
    portal, web_client, browser, alice, act
):
    before = facts(portal)
    names = ["client_id", "client_ids", "clients", "selected", "id", "ids"]
    for name in names if act == "delete" else ["client", *names]:
        browser(alice).post(
            f"/console/oauth/{act}", {name: [portal[0].client_id], "confirm": "yes", "confirmed": "1"}
        )

    assert facts(portal) == before


@pytest.mark.parametrize(
    "url_name",
    [
        "connection",
        "connection_version",
        "connection_scopes",
        "connection_consent_method",
        "connection_grants",
    ],
)
def test_tn06_nothing_but_what_is_the_tenants_can_be_sent(portal, connection, browser, alice, url_name):
    before = facts(portal)
    forged = {
        "name": "Stolen", "redirect_uris": "https://evil.example/", "client_id": UNKNOWN, "tenant": "acme",
        "published_at": "", "version": "7", "terms": "{}", "status": "approved", "expires_at": "", "secret": "x",
        "generation": "9", "approved_by": "1", "id": "1",
    }  # fmt: skip

    browser(alice).post(reverse(url_name, args=[connection.pk]), forged)

    assert facts(portal) == before
    with scope(tenant=connection.tenant):
        after = Connection.objects.get(pk=connection.pk)
    for name in (
        "client_id",
        "tenant_id",
        "status",
        "version",
        "terms",
        "expires_at",
        "generation",
        "approved_by_id",
    ):
        assert getattr(after, name) == getattr(connection, name), name


def test_tn07_no_page_of_the_consumer_shows_a_secret_or_an_address_to_edit(
    portal, app, connection, browser, alice
):
    client, secret = portal
    with scopes_disabled():
        row = ClientSecret.objects.get(client=client.pk)
    window = browser(alice)
    app.tokens(window, scope="openid")
    for address in (
        "/console",
        "/console/oauth",
        "/console/oauth/configuration",
        "/console/events",
        "/console/events/export",
        *(of_connection(name, connection.pk) for name in OF_A_CONNECTION if name not in ONLY_SENT),
    ):
        response = window.get(address)
        text = b"".join(response) if response.streaming else response.content
        for planted in (secret, row.digest, row.hint, str(row.pk)):
            assert planted.encode() not in text, (address, planted)


def test_tn03_it_stands_in_the_consumers_console_as_one_from_outside(portal, browser, alice):
    page = browser(alice).get("/console/oauth").content.decode()

    assert "Report portal" in page
    assert "Globex" in page
    assert f"/console/oauth/{portal[0].client_id}/" not in page


# --- The owner reaches for what is the consumer's ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("url_name", OF_A_CONNECTION)
def test_tn01_no_page_of_the_consumers_connection_is_there_for_the_owner(
    portal, connection, browser, mallory, url_name, method
):
    window = browser(mallory)

    theirs = getattr(window, method)(of_connection(url_name, connection.pk))
    unknown = getattr(window, method)(of_connection(url_name, 987654321))

    refused = url_name in (ONLY_READ if method == "post" else ONLY_SENT)
    assert theirs.status_code == (405 if refused else 404)
    assert same(theirs, f"/{connection.pk}") == same(unknown, "/987654321")
    with scope(tenant=connection.tenant):
        after = Connection.objects.get(pk=connection.pk)
    assert (after.status, after.scopes, after.version) == ("approved", connection.scopes, 1)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("url_name", OF_A_REQUEST)
def test_tn01_no_request_of_the_consumers_people_is_there_for_the_owner(
    globex, acme, bob, browser, mallory, url_name, method
):
    client, _ = cast.register(globex, name="Other portal")
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    with scope(tenant=acme):
        wish, _ = ConnectionRequest.ask(bob, client, reason="Please", by=Actor(user=bob))

    response = getattr(browser(mallory), method)(
        reverse(url_name, args=[wish.pk]),
        {"answer": "No.", "decision": "approve", "consent_method": "trusted"},
    )

    assert response.status_code == 404
    assert "Please" not in response.content.decode()
    with scope(tenant=acme):
        assert ConnectionRequest.objects.get().status == "open"


def test_tn01_people_and_their_grants_are_their_tenants_own(portal, app, acme, browser, bob, mallory):
    app.tokens(browser(bob), scope="openid")
    window = browser(mallory)

    assert window.get(reverse("member", args=[bob.pk])).status_code == 404
    assert (
        same(window.get(reverse("member", args=[bob.pk])), str(bob.pk))[0]
        == window.get(reverse("member", args=[uuid4()])).status_code
    )
    for method in ("get", "post"):
        withdraw = reverse("grant_withdraw", args=[bob.pk, portal[0].client_id])
        assert getattr(window, method)(withdraw).status_code == 404
    with scope(tenant=acme):
        consent = Consent.objects.get()
    assert window.post(reverse("consent_withdraw", args=[consent.pk])).status_code == 404
    for address in (
        reverse("client_grants", args=[portal[0].client_id]),
        reverse("connected_tenants", args=[portal[0].client_id]),
        reverse("client_edit", args=[portal[0].client_id]),
        reverse("client_unpublish", args=[portal[0].client_id]),
        "/console/people",
        "/console/events",
        "/console/events/export",
        "/console/oauth",
    ):
        response = window.get(address)
        text = (b"".join(response) if response.streaming else response.content).decode()
        for person in ("bob", "alice"):
            assert f"{person}@" not in text, address
            assert person.capitalize() not in text, address
    with scope(tenant=acme):
        assert Consent.objects.exists()


def test_tn05_what_the_owner_takes_away_is_gone_from_the_consumer_at_the_next_request(
    portal, app, browser, bob, globex
):
    tokens = app.tokens(browser(bob), scope="openid offline_access")
    assert me(app, tokens["access_token"]).status_code == 200
    with scope(tenant=globex):
        portal[0].unpublish(by=Actor.operator(), connected_stay=False)

    assert me(app, tokens["access_token"]).status_code == 401
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 401


# --- Tokens across -----------------------------------------------------------------------------------------------


def test_tn02_a_token_of_the_consumer_opens_nothing_of_the_owner_and_the_reverse(
    portal, app, browser, bob, gustav, acme, globex
):
    home = Application(*portal)
    here, there = app.tokens(browser(bob), scope="openid"), home.tokens(browser(gustav), scope="openid")

    for place, token in ((home, here["access_token"]), (app, there["access_token"])):
        assert me(place, token).status_code == 401
        assert place.userinfo(token).status_code == 401
        for header in ("X-Tenant", "X-Forwarded-Host", "X-Tenant-ID"):
            host = cast.host_of(acme if place is home else globex)
            assert (
                place.web.get("/api/v1/users/me", headers=bearer(token) | {header: host}).status_code == 401
            )


def test_tn02_the_client_introspects_only_where_it_asks(portal, app, browser, bob):
    token = app.tokens(browser(bob), scope="openid")["access_token"]

    assert app.introspect(token).json()["active"] is True
    assert Application(*portal).introspect(token).json() == {"active": False}


def test_tn09_a_secret_that_the_owner_removes_stops_in_every_tenant(portal, app, browser, bob, globex):
    code = app.code(browser(bob), scope="openid")
    with scope(tenant=globex):
        ClientSecret.objects.get(client=portal[0]).remove(by=Actor.operator())

    assert app.exchange(code).status_code == 401
    assert app.introspect("x").status_code == 401


# --- What the owner calls itself ----------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "a\r\nSet-Cookie: x=y",
    "{{ request }}{% debug %}",
    "Acme AB <img src=x onerror=alert(1)>",
    "n" * 512,
    "🦄",
    "Асme АВ",  # noqa: RUF001  Cyrillic letters that look like Acme AB
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_tn10_names_are_text_and_the_real_publisher_stands_beside_them(
    globex, acme, browser, alice, bob, name
):
    client, secret = cast.register(globex, allowed_scopes=SCOPES)
    cast.registered_earlier(client, name=name, description=name)
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    app = Application(client, secret, tenant=acme)
    alices, bobs = browser(alice), browser(bob)
    wish = app.authorize(bobs, scope="openid")
    approval = app.authorize(alices, scope="openid")
    assert can_ask(wish)
    assert asks_for_approval(approval)
    app.ask(bobs, wish, name)
    asked = alices.get("/console/requests")
    app.approve(alices, app.authorize(alices, scope="openid"))
    consent = app.authorize(bobs, scope="openid")
    assert asks_for_consent(consent)

    for page in (wish, approval, asked, consent, alices.get("/console/oauth"), alices.get("/console/events")):
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "Set-Cookie" not in page.headers
        assert "csrfmiddlewaretoken&#x27;" not in text
    for page in (wish, approval, consent):
        assert "Globex" in page.content.decode()
        assert "app.example.com" in page.content.decode()
        assert f"<bdi>{escape(name)[:100]}" in page.content.decode()


def test_tn07_nothing_that_is_secret_is_in_the_database_as_it_is(portal, app, browser, bob, time_machine):
    tokens = app.tokens(browser(bob), scope="openid offline_access")
    code = app.code(browser(bob), scope="openid")

    filled = set()
    with scopes_disabled():
        for model in apps.get_app_config("console").get_models():
            rows = list(model._base_manager.values())
            filled |= {model.__name__} if rows else set()
            stored = json.dumps(rows, default=str)
            for planted in (portal[1], tokens["refresh_token"], tokens["access_token"], code):
                assert planted not in stored, model
    assert filled >= {"ClientSecret", "Event", "AuthorizationCode", "RefreshToken", "TokenFamily"}


def test_tn03_what_a_consumer_consented_to_is_no_consent_at_the_owner(
    portal, app, browser, bob, gustav, globex
):
    app.code(browser(bob), scope="openid")

    assert asks_for_consent(Application(*portal).authorize(browser(gustav), scope="openid"))
    assert "code" in answer(app.authorize(browser(bob), scope="openid"))
    with scope(tenant=globex):
        assert not Consent.objects.exists()
        assert not Event.objects.filter(action="consent.given").exists()
