"""A connected tenant runs on what it approved: less reaches it at once, more when its administrator accepts (N5)."""

from urllib.parse import urlencode

import pytest
from django_scopes import scope

from console.models import Actor, ClientSecret, Connection, Consent, Event, approval
from tests import cast
from tests.oauth.driver import Application, answer, asks_for_consent, hidden_fields, post_form
from tests.oauth.outcomes import assert_refused, is_alive
from tests.oauth.signed import decoded

pytestmark = pytest.mark.django_db
OFFERED = ["openid", "offline_access", "apps:read", "spaces.shared:read"]
SCOPE = "openid offline_access apps:read"
ELSEWHERE = "https://elsewhere.example/callback"


@pytest.fixture
def portal(globex, acme):
    """Published by globex and connected to acme, where it is trusted."""
    client, secret = cast.register(globex, name="Report portal", allowed_scopes=OFFERED)
    cast.connect(client, acme, consent_method="trusted")
    return client, secret


@pytest.fixture
def app(portal, acme):
    return Application(*portal, tenant=acme)


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def edit(client, **fields):
    with scope(tenant=client.tenant):
        client.edit(by=Actor.operator(), **fields)


def connection_of(acme):
    with scope(tenant=acme):
        return Connection.objects.select_related("client__tenant").exclude(client__tenant=acme).get()


def accept(acme):
    with scope(tenant=acme):
        connection = connection_of(acme)
        approval.accept_version(connection, by=Actor.operator(), terms=connection.client.terms)


def granted(tokens):
    return set(tokens["scope"].split())


# --- Narrower and cosmetic --------------------------------------------------------------------------------------


def test_less_reaches_the_tenant_at_once(app, portal, bobs, acme):
    tokens = app.tokens(bobs, scope=SCOPE)

    edit(portal[0], allowed_scopes=["openid", "offline_access"])

    assert not is_alive(app, tokens["access_token"])
    refreshed = app.refresh(tokens["refresh_token"]).json()
    assert granted(refreshed) == {"openid", "offline_access"}
    assert answer(app.authorize(bobs, scope="apps:read"))["error"] == "invalid_scope"
    assert not connection_of(acme).pending().is_wider


def test_what_the_owner_takes_back_and_offers_again_was_approved_before(app, portal, bobs, acme):
    edit(portal[0], allowed_scopes=["openid"])
    edit(portal[0], allowed_scopes=OFFERED)

    assert granted(app.tokens(bobs, scope=SCOPE)) == set(SCOPE.split())
    assert not connection_of(acme).pending().is_wider


def test_a_redirect_url_that_goes_stops_at_once(app, portal, bobs):
    edit(portal[0], redirect_uris=[cast.REDIRECT_URL + "/new"])

    assert app.authorize(bobs).status_code == 400
    assert "code" in answer(app.authorize(bobs, scope="openid", redirect_uri=cast.REDIRECT_URL + "/new"))


def test_looks_change_nothing(app, portal, bobs, acme, globex):
    edit(portal[0], name="Reports 2", description="New", homepage_url="https://app.example.com/")

    assert "code" in answer(app.authorize(bobs, scope="openid"))
    connection = connection_of(acme)
    assert not connection.pending().is_wider
    assert (connection.client.version, connection.version) == (1, 1)
    with scope(tenant=acme):
        assert not Event.objects.filter(action="connection.changed_by_owner").exists()


@pytest.mark.spec("S6")
def test_secrets_are_replaced_without_anybody_there(app, portal, bobs, acme, globex):
    client, _ = portal
    code = app.code(bobs, scope=SCOPE)
    with scope(tenant=globex):
        _, new = ClientSecret.add_to(client, by=Actor.operator())
    both = Application(client, new, tenant=acme)

    refresh_token = both.exchange(code).json()["refresh_token"]
    refresh_token = app.refresh(refresh_token).json()["refresh_token"]
    with scope(tenant=globex):
        ClientSecret.objects.order_by("created_at")[0].remove(by=Actor.operator())

    assert app.refresh(refresh_token).status_code == 401
    assert both.refresh(refresh_token).status_code == 200
    with scope(tenant=acme):
        assert not Event.objects.filter(action__startswith="secret.").exists()
        assert not Event.objects.filter(action="connection.changed_by_owner").exists()


# --- Wider ------------------------------------------------------------------------------------------------------


def test_a_new_scope_is_left_out_and_the_application_goes_on(
    app, portal, bobs, gustav, browser, acme, globex
):
    tokens = app.tokens(bobs, scope=SCOPE)
    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export"])

    assert is_alive(app, tokens["access_token"])
    assert granted(app.refresh(tokens["refresh_token"]).json()) == set(SCOPE.split())
    assert granted(app.tokens(bobs, scope=SCOPE + " apps:export")) == set(SCOPE.split())
    at_home = Application(*portal)
    assert "apps:export" in granted(at_home.tokens(browser(gustav), scope=SCOPE + " apps:export"))

    accept(acme)
    assert granted(app.tokens(bobs, scope=SCOPE + " apps:export")) == {*SCOPE.split(), "apps:export"}


def test_a_scope_that_grew_leaves_what_was_approved_of_it(app, portal, bobs, acme):
    """The application asks for the new, larger scope everywhere; here it goes on with its part of it."""
    edit(portal[0], allowed_scopes=["openid", "user_default"])

    assert granted(app.tokens(bobs, scope="openid user_default")) == {
        "openid",
        "apps:read",
        "spaces.shared:read",
    }
    accept(acme)
    assert granted(app.tokens(bobs, scope="openid user_default")) == {"openid", "user_default"}


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize("prompt", [None, "none"])
def test_nothing_left_is_an_error_and_never_what_was_not_asked_for(app, portal, bobs, acme, prompt):
    """The owner adds a scope that this tenant has not accepted, and asks for that one alone."""
    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export"])

    given = answer(app.authorize(bobs, scope="apps:export", prompt=prompt))

    assert (given["error"], given["iss"]) == ("invalid_scope", acme.issuer)
    assert "code" not in given


@pytest.mark.spec("RFC 6749", "3.3")
def test_a_code_of_which_nothing_is_left_gives_nothing(app, portal, bobs, acme):
    code = app.code(bobs, scope="apps:read")
    edit(portal[0], allowed_scopes=["openid", "spaces.shared:read"])

    assert_refused(app.exchange(code), "invalid_grant")


def test_a_wider_change_is_a_version_that_both_sides_are_told_of(portal, acme, globex):
    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export"])

    connection = connection_of(acme)
    assert connection.pending().new_scopes == ("apps:export",)
    assert (connection.client.version, connection.version) == (2, 1)
    with scope(tenant=acme):
        event = Event.objects.get(action="connection.changed_by_owner")
        assert (event.actor_kind, event.actor_name, event.details) == ("tenant", "Globex", {"version": 2})

    accept(acme)
    assert connection_of(acme).version == 2
    with scope(tenant=globex):
        told = Event.objects.filter(action="client.connected").last()
        assert (told.actor_kind, told.actor_name, told.details["version"]) == ("tenant", "Acme AB", 2)


def test_a_new_redirect_host_waits_on_a_page_of_its_own(app, portal, bobs, acme):
    edit(portal[0], redirect_uris=[cast.REDIRECT_URL, ELSEWHERE])

    refused = app.authorize(bobs, redirect_uri=ELSEWHERE)
    assert refused.status_code == 400
    assert "has not accepted yet" in refused.content.decode()
    assert "Location" not in refused
    assert "code" in answer(app.authorize(bobs, scope="openid"))  # the one that was approved
    unregistered = app.authorize(bobs, redirect_uri="https://evil.example/").content.decode()
    assert "has not accepted yet" not in unregistered

    accept(acme)
    assert "code" in answer(app.authorize(bobs, scope="openid", redirect_uri=ELSEWHERE))


def test_an_application_that_moved_keeps_its_sessions_where_that_is_not_accepted_yet(globex, acme, bobs):
    """One that machines use too must not be taken for one that only machines use."""
    client, secret = cast.register(globex, **cast.machines_too())
    cast.connect(client, acme, consent_method="trusted")
    app = Application(client, secret, tenant=acme)
    tokens = app.tokens(bobs, scope="openid offline_access")

    edit(client, redirect_uris=[ELSEWHERE])

    assert is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("RP-Initiated Logout", "3")
def test_people_are_not_sent_to_a_new_host_after_signing_out_either(app, portal, bobs, bob, acme):
    gone = "https://elsewhere.example/bye"
    edit(portal[0], post_logout_redirect_uris=[gone])
    query = {"client_id": app.client_id, "post_logout_redirect_uri": gone}

    assert connection_of(acme).pending().new_hosts == ("elsewhere.example",)

    def signed_out(browser):
        page = browser.get("/oauth/logout", query)
        fields = {**hidden_fields(page), "decision": "yes"}
        return post_form(browser, f"/oauth/logout?{urlencode(query)}", fields)

    assert signed_out(bobs).status_code == 200  # signed out, and told why they stay here

    accept(acme)
    assert signed_out(cast.signed_in_as(bob))["Location"] == gone


def test_machine_grants_wait(app, portal, acme, globex):
    with scope(tenant=globex):  # its owner trusts it: otherwise it could not become one for machines
        Connection.objects.filter(client=portal[0]).update(consent_method="trusted")
    edit(portal[0], grant_types=["client_credentials"])

    assert_refused(app.token(grant_type="client_credentials"), "unauthorized_client")
    assert connection_of(acme).pending().new_grants == ("client_credentials",)

    accept(acme)
    assert app.token(grant_type="client_credentials").status_code == 200


def test_a_publisher_with_another_name_is_read_again(app, portal, bobs, acme, globex):
    type(globex).objects.filter(pk=globex.pk).update(name="Initech")

    assert connection_of(acme).pending().publisher == ("Globex", "Initech")
    assert "code" in answer(app.authorize(bobs, scope="openid"))  # nothing stops meanwhile
    accept(acme)
    assert not connection_of(acme).pending().is_wider


@pytest.mark.spec("N8")
def test_people_are_asked_again_when_the_publisher_they_saw_has_another_name(app, bobs, acme, globex):
    with scope(tenant=acme):
        connection_of(acme).change_consent_method("required", by=Actor.operator())
    app.code(bobs, scope="openid")
    assert "code" in answer(app.authorize(bobs, scope="openid"))

    type(globex).objects.filter(pk=globex.pk).update(name="Initech")
    page = app.authorize(bobs, scope="openid")

    assert asks_for_consent(page)
    assert "Initech" in page.content.decode()
    app.allow(bobs, page)
    assert "code" in answer(app.authorize(bobs, scope="openid"))


@pytest.mark.spec("N8")
def test_people_are_asked_again_about_a_redirect_host_that_their_tenant_accepted(app, portal, bobs, acme):
    with scope(tenant=acme):
        connection_of(acme).change_consent_method("required", by=Actor.operator())
    app.code(bobs, scope="openid")
    edit(portal[0], redirect_uris=[cast.REDIRECT_URL, ELSEWHERE])
    accept(acme)

    assert asks_for_consent(app.authorize(bobs, scope="openid", redirect_uri=ELSEWHERE))
    assert "code" in answer(app.authorize(bobs, scope="openid"))


# --- What the tenant takes away ---------------------------------------------------------------------------------


def test_scopes_that_the_tenant_reduces_go_from_tokens_and_refreshes(app, bobs, acme):
    tokens = app.tokens(bobs, scope=SCOPE)

    with scope(tenant=acme):
        connection_of(acme).reduce_scopes(["openid", "offline_access"], by=Actor.operator())

    assert not is_alive(app, tokens["access_token"])
    refreshed = app.refresh(tokens["refresh_token"]).json()
    assert granted(refreshed) == {"openid", "offline_access"}
    assert is_alive(app, refreshed["access_token"])
    assert_refused(app.refresh(refreshed["refresh_token"], scope="apps:read"), "invalid_scope")
    assert granted(app.tokens(bobs, scope=SCOPE)) == {"openid", "offline_access"}


def test_what_was_reduced_comes_back_and_never_beyond_the_approval(app, portal, bobs, acme):
    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export"])
    with scope(tenant=acme):
        connection_of(acme).reduce_scopes(["openid"], by=Actor.operator())
        connection_of(acme).reduce_scopes([*OFFERED, "apps:export", "admin_classic"], by=Actor.operator())

    assert set(connection_of(acme).scopes) == set(OFFERED)
    assert "apps:export" not in granted(app.tokens(bobs, scope=SCOPE + " apps:export"))


def test_accepting_a_version_gives_back_nothing_that_was_reduced(app, portal, bobs, acme):
    with scope(tenant=acme):
        connection_of(acme).reduce_scopes(["openid"], by=Actor.operator())
    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export"])

    accept(acme)

    assert set(connection_of(acme).scopes) == {"openid", "apps:export"}


def test_a_version_that_changed_while_it_was_read_is_not_accepted(portal, acme):
    from console.models import NotPublished

    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export"])
    read = connection_of(acme)
    terms = read.client.terms
    edit(portal[0], allowed_scopes=[*OFFERED, "apps:export", "admin_classic"])

    with scope(tenant=acme), pytest.raises(NotPublished):
        approval.accept_version(read, by=Actor.operator(), terms=terms)
    assert connection_of(acme).version == 1


def test_consents_are_kept_when_less_is_allowed(app, bobs, acme):
    with scope(tenant=acme):
        connection_of(acme).change_consent_method("required", by=Actor.operator())
    app.code(bobs, scope=SCOPE)
    with scope(tenant=acme):
        connection_of(acme).reduce_scopes(["openid"], by=Actor.operator())

    assert "code" in answer(app.authorize(bobs, scope=SCOPE))
    with scope(tenant=acme):
        assert Consent.objects.count() == 1


def test_a_code_that_was_out_when_less_was_allowed_gives_less(app, portal, bobs, acme):
    code = app.code(bobs, scope=SCOPE)
    edit(portal[0], allowed_scopes=["openid", "offline_access"])

    tokens = app.exchange(code).json()

    assert granted(tokens) == {"openid", "offline_access"}
    assert set(decoded(tokens["access_token"])[1]["scope"].split()) == granted(tokens)
    assert is_alive(app, tokens["access_token"])


def test_the_tenant_narrows_what_a_code_gives_too(app, bobs, acme):
    code = app.code(bobs, scope=SCOPE)
    with scope(tenant=acme):
        connection = connection_of(acme)
        connection.reduce_scopes(["openid", "apps:read"], by=Actor.operator())
        issued = app.exchange(code).json()
        [event] = Event.objects.filter(action="tokens.issued")

    assert granted(issued) == {"openid", "apps:read"}
    assert "refresh_token" not in issued
    assert event.details["scope"] == "openid apps:read"


def test_what_is_widened_while_it_is_withdrawn_is_a_version_of_its_own(portal, acme):
    client, _secret = portal
    with scope(tenant=client.tenant):
        client.unpublish(by=Actor.operator(), connected_stay=False)
    edit(client, allowed_scopes=[*OFFERED, "users:read"])
    with scope(tenant=acme):
        assert not [
            e for e in Event.objects.filter(action="connection.changed_by_owner") if "version" in e.details
        ]
    with scope(tenant=client.tenant):
        client.publish(by=Actor.operator())

    connection = connection_of(acme)

    assert connection.pending().is_wider
    assert (connection.version, connection.client.version) == (1, 2)


def test_what_nobody_has_approved_is_version_1_however_often_it_is_edited(globex):
    client, _secret = cast.register(globex, allowed_scopes=["openid"])
    edit(client, allowed_scopes=OFFERED)
    with scope(tenant=globex):
        client.publish(by=Actor.operator())

    assert client.version == 1


def test_access_while_away_ends_when_it_is_no_longer_allowed(app, bobs, acme):
    tokens = app.tokens(bobs, scope=SCOPE)
    with scope(tenant=acme):
        connection_of(acme).reduce_scopes(["openid", "apps:read"], by=Actor.operator())

    assert_refused(app.refresh(tokens["refresh_token"]), "invalid_grant")
    assert app.introspect(tokens["refresh_token"]).json() == {"active": False}

    with scope(tenant=acme):
        connection_of(acme).reduce_scopes(OFFERED, by=Actor.operator())

    assert granted(app.refresh(tokens["refresh_token"]).json()) == set(SCOPE.split())
