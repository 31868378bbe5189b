"""What is asked for, shown, consented to and given: one list all the way (RFC 6749 §3.3).

What cannot be given is left out, the client's owner reads what it was, and nothing that was not asked for comes in its
place.
"""

import itertools
import re
import time

import pytest
from django_scopes import scope

from console.models import Actor, Connection, Consent, Event
from console.policy import scopes
from tests import cast
from tests.oauth.driver import STATE, Application, answer, asks_for_consent
from tests.oauth.outcomes import assert_refused
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "3.3")]

OFFERED = ["openid", "offline_access", "apps", "apps:read", "email", "user_default"]
UNIVERSE = ["openid", "offline_access", "apps", "apps:read", "email", "user_default", "users", "no:such"]


def titles(page):
    """The scopes that a consent page shows."""
    return set(re.findall(r'consent__scope-title">\s*([^<]+?)\s*(?:<span|</div)', page.content.decode()))


def titles_of(names):
    return {scopes.SCOPES[name].title for name in scopes.roots(names) if name != "openid"}


def granted(response):
    assert response.status_code == 200, response.content
    body = response.json()
    assert set(decoded(body["access_token"])[1]["scope"].split()) == set(body["scope"].split())
    return set(body["scope"].split())


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_a_refusal_names_the_scopes_and_stays_short(acme, browser, bob):
    app = Application(*cast.register(acme))
    asked_for = ["admin_classic", *(f"no:{'x' * 100}:{number}" for number in range(70))]

    given = answer(app.authorize(browser(bob), scope=" ".join(asked_for)))

    assert given["error"] == "invalid_scope"
    assert "admin_classic no:xx" in given["error_description"]
    assert given["error_description"].endswith("...")
    assert len(given["error_description"]) < 800
    with scope(tenant=acme):
        assert Event.objects.get(action="authorization.refused").details["left_out"][0] == "admin_classic"


REQUESTS = [
    " ".join(names)
    for size in (1, 2, 3)
    for number, names in enumerate(itertools.combinations(UNIVERSE, size))
    if size < 3 or number % 4 == 0
]
APPROVED = {
    "at home": None,
    "all of it": OFFERED,
    "less": ["openid", "offline_access", "apps:read"],
    "another thing": ["openid", "email"],
}


@pytest.mark.parametrize("approved", APPROVED.values(), ids=APPROVED)
def test_page_consent_code_token_and_refreshed_token_say_the_same(acme, globex, browser, bob, approved):
    """Whatever is asked for: never more than that, and never more than was allowed here."""
    client, secret = cast.register(acme if approved is None else globex, allowed_scopes=OFFERED)
    if approved is not None:
        cast.connect(client, acme, allowed=approved)
    app, person = Application(client, secret, tenant=acme), browser(bob)
    for requested in REQUESTS:
        with scope(tenant=acme):
            Consent.objects.all().delete()
        page = app.authorize(person, scope=requested)
        if not asks_for_consent(page):
            given = answer(page)
            assert (given["error"], given["state"], given["iss"]) == ("invalid_scope", STATE, acme.issuer)
            continue
        code = app.allow(person, page)["code"]
        with scope(tenant=acme):
            consented = set(Consent.objects.get().scopes)
        response = app.exchange(code)

        tokens = granted(response)

        assert tokens == consented, requested
        assert titles(page) == titles_of(tokens), requested
        assert tokens
        assert scopes.within(tokens, requested.split()), requested
        assert scopes.within(tokens, approved or OFFERED), requested
        if "offline_access" in tokens:
            assert granted(app.refresh(response.json()["refresh_token"])) == tokens, requested
        else:
            assert "refresh_token" not in response.json()


@pytest.mark.parametrize("allowed", [["openid"], [], ["offline_access", "openid"]], ids=str)
def test_a_client_with_next_to_nothing_gets_next_to_nothing(acme, browser, bob, allowed):
    app, person = Application(*cast.register(acme, allowed_scopes=allowed)), browser(bob)

    assert app.tokens(person, scope=None)["scope"] == ""
    assert answer(app.authorize(person, scope="user_default"))["error"] == "invalid_scope"
    if "openid" in allowed:
        assert app.tokens(person, scope="openid user_default")["scope"] == "openid"


def test_what_one_tenant_unticked_cannot_be_had_by_asking_for_it_alone(acme, globex, browser, bob):
    client, secret = cast.register(globex, allowed_scopes=["openid", "apps:read", "apps:export"])
    cast.connect(client, acme, allowed=["openid", "apps:read"])
    app, person = Application(client, secret, tenant=acme), browser(bob)

    for prompt in (None, "none", "consent"):
        assert answer(app.authorize(person, scope="apps:export", prompt=prompt))["error"] == "invalid_scope"
    assert app.tokens(person, scope="openid apps:export")["scope"] == "openid"


# --- At the token endpoint, where nothing is left out -----------------------------------------------------------------


@pytest.fixture
def machine(machine_client):
    return Application(*machine_client)


@pytest.mark.parametrize("requested", [" ", "   ", "no:such", "user_default no:such", "\0"], ids=repr)
def test_tk09_a_machine_is_told_and_gets_nothing_instead(machine, requested):
    response = machine.token(grant_type="client_credentials", scope=requested)

    assert response.status_code == 400
    assert response.json()["error"] in {"invalid_scope", "invalid_request"}


@pytest.mark.parametrize(
    "requested", [" user_default", "user_default  admin_classic ", "user_default user_default"]
)
def test_tk09_blanks_between_scopes_mean_nothing(machine, requested):
    response = machine.token(grant_type="client_credentials", scope=requested)

    assert granted(response) == set(requested.split())


def test_tk09_a_machine_without_scopes_gets_none(acme):
    machine = Application(
        *cast.register(
            acme,
            redirect_uris=[],
            grant_types=["client_credentials"],
            allowed_scopes=[],
            consent_method="trusted",
        )
    )

    assert machine.token(grant_type="client_credentials").json()["scope"] == ""
    assert_refused(machine.token(grant_type="client_credentials", scope="user_default"), "invalid_scope")


@pytest.mark.parametrize("requested", [" ", "email", "no:such", "apps:read no:such"], ids=repr)
def test_rt04_a_refresh_gives_no_more_and_nothing_instead(acme, browser, bob, requested):
    app = Application(*cast.register(acme, allowed_scopes=OFFERED))
    refresh_token = app.tokens(browser(bob), scope="offline_access apps:read")["refresh_token"]

    assert_refused(app.refresh(refresh_token, scope=requested), "invalid_scope")
    assert granted(app.refresh(refresh_token, scope="")) == {"offline_access", "apps:read"}


# --- What is left out is told ---------------------------------------------------------------------------------------


def left_out(tenant):
    with scope(tenant=tenant):
        return list(Event.objects.filter(action="authorization.narrowed"))


def test_az21_the_owner_reads_what_was_asked_for_and_left_out(acme, browser, bob, alice):
    app = Application(*cast.register(acme, consent_method="trusted"))

    tokens = app.tokens(browser(bob), scope="user_default admin_classic no:such")

    assert tokens["scope"] == "user_default"
    [event] = left_out(acme)
    assert event.details["left_out"] == ["admin_classic", "no:such"]
    assert event.details["scope"] == "user_default"
    assert event.actor_name == bob.email
    log = browser(alice).get("/console/events").content.decode()
    assert "asked for scopes that it does not have" in log
    assert "admin_classic, no:such" in log


def test_az21_nothing_is_written_when_nothing_was_left_out(acme, browser, bob):
    app = Application(*cast.register(acme, consent_method="trusted"))
    person = browser(bob)

    app.code(person, scope="user_default")
    app.code(person, scope=None)

    assert left_out(acme) == []


def test_az21_a_request_of_which_nothing_is_left_says_what_it_was(acme, browser, bob):
    app = Application(*cast.register(acme, consent_method="trusted"))

    app.authorize(browser(bob), scope="admin_classic no:such")

    with scope(tenant=acme):
        event = Event.objects.get(action="authorization.refused")
    assert event.details["left_out"] == ["admin_classic", "no:such"]
    assert left_out(acme) == []


@pytest.mark.parametrize("requested", ["openid no:such", "no:such"])
def test_az21_the_publisher_reads_it_and_nothing_of_the_other_tenants_people(
    acme, globex, browser, bob, mallory, requested
):
    client, secret = cast.register(globex, name="Portal", allowed_scopes=["openid"])
    cast.connect(client, acme, consent_method="trusted")
    app = Application(client, secret, tenant=acme)

    app.authorize(browser(bob), scope=requested)

    assert left_out(acme) == []
    [event] = left_out(globex)
    assert (event.actor_kind, event.actor_name, event.address) == ("tenant", "Acme AB", "")
    assert event.details["left_out"] == ["no:such"]
    assert bob.email not in str(vars(event))
    assert "Acme AB" in browser(mallory).get("/console/events").content.decode()


def test_az21_before_a_tenant_has_approved_the_publisher_learns_nothing(acme, globex, browser, bob):
    app = Application(cast.publish(globex), tenant=acme)

    app.authorize(browser(bob), scope="openid no:such")
    app.authorize(browser(bob), scope="no:such")

    assert left_out(globex) == []


def test_az21_many_requests_are_one_row_of_a_bounded_length(acme, browser, bob, time_machine):
    time_machine.move_to("2030-01-01T12:00:00Z", tick=False)
    app = Application(*cast.register(acme, consent_method="trusted"))
    person = browser(bob)
    for number in range(20):
        many = " ".join(f"{'x' * 80}{number}{each}" for each in range(90))
        app.code(person, scope=f"user_default {many}")

    [event] = left_out(acme)
    assert event.times == 20
    assert len(event.details["left_out"]) == 11
    assert len(str(event.details)) < 2000


@pytest.mark.parametrize("unit", ["s{n}", "apps{n} user_default", "user_default"])
def test_az21_the_longest_scope_is_answered_within_a_second(acme, globex, browser, bob, unit):
    """Keycloak CVE-2026-4634. Before and beyond the limit of length."""
    client, secret = cast.register(
        globex, allowed_scopes=[name for name in scopes.SCOPES if name != "openid"]
    )
    cast.connect(client, acme, consent_method="trusted", allowed=["apps:read"])
    app, person = Application(client, secret, tenant=acme), browser(bob)
    app.authorize(person)
    for length in (8000, 100_000):
        requested = " ".join(unit.replace("{n}", str(number)) for number in range(length))[:length]

        began = time.perf_counter()
        response = app.authorize(person, scope=requested)
        took = time.perf_counter() - began

        assert response.status_code in {302, 400}
        assert took < 1


def test_n5_what_the_tenant_takes_away_is_not_what_the_client_lacks(acme, globex, browser, bob):
    """Its owner has registered it: that this tenant allows less is known on the client's own page."""
    client, secret = cast.register(globex, allowed_scopes=["openid", "apps:read"])
    cast.connect(client, acme, consent_method="trusted")
    with scope(tenant=acme):
        Connection.objects.get(client=client).reduce_scopes(["openid"], by=Actor.operator())

    app = Application(client, secret, tenant=acme)
    assert app.tokens(browser(bob), scope="openid apps:read")["scope"] == "openid"
    assert left_out(globex) == []
