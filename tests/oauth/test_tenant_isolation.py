"""Nothing of one tenant works, or is even known, in another: hosts, sessions, clients, codes and tokens."""

import re

import pytest
from django.conf import settings
from django_scopes import scope

from console.models import Actor, AuthorizationCode, Client, Connection
from tests import cast
from tests.oauth.driver import (
    Application,
    answer,
    asks_for_consent,
    asks_to_sign_in,
    hidden_fields,
    post_form,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("ASVS 5.0", "8.4.1")]

UNKNOWN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def theirs(globex):
    """A client of globex, as somebody would try to use it in globex."""
    return Application(*cast.register(globex, name="Reports", consent_method="trusted"))


@pytest.fixture
def published(globex):
    """A published client of globex that acme has no connection to."""
    client, secret = cast.register(globex, name="Reports", consent_method="trusted")
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    return client, secret


@pytest.fixture
def connected(published, acme):
    """The same client, connected to acme, where it is trusted."""
    cast.connect(published[0], acme, consent_method="trusted")
    return published


def same(response, client_id):
    """An answer without what differs between any two answers: the ID that was sent, forgery and trace tokens."""
    content = response.content.decode().replace(client_id, "ID")
    content = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content)
    content = re.sub(r'"X-CSRFToken": "\w+"|"traceId": "\w+"', "", content)
    headers = {name: value for name, value in response.items() if name not in {"Content-Length", "Expires"}}
    return response.status_code, headers, content


# --- Clients --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["never published", "published no more", "deleted"])
def test_tn03_a_client_that_is_not_published_is_as_good_as_none(
    acme, globex, browser, bob, alice, stranger, whose
):
    pair = cast.register(globex, name="Reports")
    with scope(tenant=globex):
        if whose != "never published":
            pair[0].publish(by=Actor.operator())
        if whose == "published no more":
            pair[0].unpublish(by=Actor.operator(), connected_stay=True)
        if whose == "deleted":
            pair[0].remove(by=Actor.operator())
    there = Application(*pair, tenant=acme)
    for person in (browser(bob), browser(alice), stranger(acme)):
        for changes in (
            {},
            {"prompt": "none"},
            {"redirect_uri": "https://evil.example/"},
            {"redirect_uri": None},
        ):
            known = there.authorize(person, **changes)
            unknown = there.authorize(person, client_id=UNKNOWN, **changes)

            assert known.status_code == 400
            assert "Reports" not in known.content.decode()
            assert same(known, there.client_id) == same(unknown, UNKNOWN)


@pytest.mark.parametrize("whose", ["unpublished", "published"])
def test_tn01_no_other_endpoint_knows_it_either(request, acme, globex, whose):
    client, secret = request.getfixturevalue("published") if whose == "published" else cast.register(globex)
    there = Application(client, secret, tenant=acme)
    nobody = Application(client, secret[:-1] + ("a" if secret[-1] != "a" else "b"), tenant=acme)
    nobody.client_id = UNKNOWN
    for call in (
        lambda app: app.exchange("qac_x"),
        lambda app: app.refresh("qar_x"),
        lambda app: app.token(grant_type="client_credentials"),
        lambda app: app.revoke("x"),
        lambda app: app.introspect("x"),
    ):
        known, unknown = call(there), call(nobody)
        assert known.status_code == 401
        assert same(known, there.client_id) == same(unknown, UNKNOWN)


def test_tn03_a_connected_client_works_under_the_issuer_of_the_tenant(connected, acme, browser, bob):
    app = Application(*connected, tenant=acme)
    person = browser(bob)

    given = answer(app.authorize(person, scope="openid"))
    tokens = app.exchange(given["code"]).json()

    assert given["iss"] == acme.issuer
    assert app.userinfo(tokens["access_token"]).json()["sub"] == str(bob.pk)


def test_tn03_a_published_client_that_is_not_connected_gives_nobody_anything(
    published, acme, browser, bob, alice
):
    there = Application(*published, tenant=acme)

    for person in (browser(bob), browser(alice)):
        page = there.authorize(person)
        assert page.status_code == 200
        assert not asks_for_consent(page)
        silent = there.authorize(person, prompt="none")
        assert (silent.status_code, "Location" in silent) == (400, False)
        assert there.authorize(person, redirect_uri="https://evil.example/").status_code == 400
    with scope(tenant=acme):
        assert not Connection.objects.exists()
        assert not AuthorizationCode.objects.exists()


def test_tn03_a_connection_that_is_blocked_leads_nowhere(connected, acme, browser, bob):
    app = Application(*connected, tenant=acme)
    with scope(tenant=acme):
        Connection.objects.get().block(by=Actor.operator())

    page = app.authorize(browser(bob))

    assert page.status_code == 400
    assert "blocked" in page.content.decode()
    assert "Location" not in page


def test_tn05_a_client_that_is_no_longer_published_works_at_home_only(
    connected, acme, globex, browser, bob, gustav
):
    there, home = Application(*connected, tenant=acme), Application(*connected)
    tokens = there.tokens(browser(bob), scope="openid offline_access")
    Client.with_deleted_anywhere.filter(pk=connected[0].pk).update(published_at=None)

    assert there.authorize(browser(bob)).status_code == 400
    assert there.userinfo(tokens["access_token"]).status_code == 401
    assert there.refresh(tokens["refresh_token"]).status_code == 401
    assert "code" in answer(home.authorize(browser(gustav)))


def test_tn05_a_client_that_its_owner_deletes_ends_everywhere_at_once(connected, acme, globex, browser, bob):
    there = Application(*connected, tenant=acme)
    tokens = there.tokens(browser(bob), scope="openid offline_access")
    code = there.code(browser(bob))
    with scope(tenant=globex):
        connected[0].remove(by=Actor.operator())

    assert there.authorize(browser(bob)).status_code == 400
    assert there.exchange(code).status_code == 401
    assert there.userinfo(tokens["access_token"]).status_code == 401
    assert there.refresh(tokens["refresh_token"]).status_code == 401


def test_tn03_the_consent_method_of_one_tenant_is_not_that_of_another(
    published, acme, globex, browser, bob, gustav
):
    cast.connect(published[0], acme, consent_method="required")

    assert Application(*published, tenant=acme).authorize(browser(bob)).status_code == 200
    assert "code" in answer(Application(*published).authorize(browser(gustav)))


# --- Codes and tokens -----------------------------------------------------------------------------------------------


def test_tn01_a_code_of_one_tenant_is_nothing_in_another(connected, acme, browser, bob, gustav):
    there, home = Application(*connected, tenant=acme), Application(*connected)
    code = there.code(browser(bob))

    assert home.exchange(code).json()["error"] == "invalid_grant"
    assert there.exchange(code).status_code == 200


def test_tn01_a_token_of_one_tenant_is_nothing_in_another(connected, acme, globex, browser, bob):
    there, home = Application(*connected, tenant=acme), Application(*connected)
    tokens = there.tokens(browser(bob), scope="openid offline_access")

    assert home.userinfo(tokens["access_token"]).status_code == 401
    assert home.introspect(tokens["access_token"]).json() == {"active": False}
    assert home.introspect(tokens["refresh_token"]).json() == {"active": False}
    assert home.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert home.revoke(tokens["refresh_token"]).status_code == 200
    assert there.refresh(tokens["refresh_token"]).status_code == 200


# --- Sessions and hosts ---------------------------------------------------------------------------------------------


@pytest.mark.spec("ASVS 5.0", "7.2.1")
def test_tn01_a_session_does_not_count_on_the_host_of_another_tenant(theirs, globex, browser, bob, alice):
    for user in (bob, alice):
        carried = browser(user)
        elsewhere = carried.get(theirs.address(), headers={"host": cast.host_of(globex)})

        assert asks_to_sign_in(elsewhere)


@pytest.mark.spec("ASVS 5.0", "7.2.1")
def test_tn01_a_session_that_was_shown_elsewhere_still_counts_at_home(
    theirs, web_client, acme, globex, browser, bob
):
    person = browser(bob)
    cookie = person.cookies[settings.SESSION_COOKIE_NAME].value
    person.get(theirs.address(), headers={"host": cast.host_of(globex)})

    person.cookies[settings.SESSION_COOKIE_NAME] = cookie  # a real browser keeps the two hosts' cookies apart
    assert Application(*web_client).authorize(person).status_code == 200


def test_tn01_a_consent_page_of_one_tenant_is_no_answer_in_another(
    connected, acme, globex, browser, bob, gustav
):
    with scope(tenant=globex):
        Connection.objects.filter(client=connected[0]).update(consent_method="required")
    with scope(tenant=acme):
        Connection.objects.filter(client=connected[0]).update(consent_method="required")
    page = Application(*connected, tenant=acme).authorize(browser(bob))
    home = Application(*connected)

    response = post_form(browser(gustav), home.address(), {**hidden_fields(page), "decision": "allow"})

    assert response.status_code == 200  # asked again, for himself
    assert "gustav@globex.example" in response.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": "globex"},
        {"tenant_id": "globex"},
        {"host": "globex.localhost:8000"},
        {"iss": "http://globex.localhost:8000"},
        {"user": "gustav@globex.example"},
    ],
    ids=str,
)
def test_tn02_no_parameter_says_which_tenant_it_is(theirs, web_client, globex, gustav, browser, bob, changes):
    app = Application(*web_client)
    given = app.answered(browser(bob), scope="openid", **changes)

    assert given["iss"] == "http://acme.localhost:8000"
    assert app.userinfo(app.exchange(given["code"]).json()["access_token"]).json()["sub"] == str(bob.pk)
    assert theirs.authorize(browser(gustav), **changes)["Location"].count("globex.localhost") == 1


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Original-Host", "X-Host", "X-Tenant", "Forwarded"])
def test_md02_no_header_but_the_host_says_which_tenant_it_is(theirs, globex, browser, bob, header):
    person = browser(bob)
    value = "host=globex.localhost:8000" if header == "Forwarded" else "globex.localhost:8000"

    response = person.get(theirs.address(), headers={header: value})

    assert response.status_code == 400
    assert "not known at Acme AB" in response.content.decode()


def test_tn01_people_with_the_same_address_are_not_the_same(web_client, theirs, globex, browser, bob):
    twin = cast.join(globex, "other")
    with scope(tenant=globex):
        type(twin).objects.filter(pk=twin.pk).update(email=bob.email)
    Application(*web_client).code(browser(bob))

    tokens = theirs.tokens(browser(twin), scope="openid")

    assert theirs.userinfo(tokens["access_token"]).json()["sub"] == str(twin.pk) != str(bob.pk)
