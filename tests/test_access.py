"""Who may open what: every address states it, and every role is tried on every address (house habit 4, TN-01)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from django_scopes import scope

from console.models import (
    Actor,
    Api,
    ApiSecret,
    BrowserSession,
    Client,
    ClientSecret,
    Connection,
    Consent,
    Event,
    Tenant,
    UnfinishedAct,
    User,
)
from console.policy.roles import Permission
from tests import cast
from tests.cast import register
from tests.kept import kept
from tests.oauth.driver import Application

PAGES_OF = {
    "alice": set(Permission),
    "carol": {Permission.OWN_ACCOUNT, Permission.READ_CONSOLE},
    "bob": {Permission.OWN_ACCOUNT},
}
# Everybody who may open a page gets the page (200), but for these: a redirect onwards, or an address for POST alone.
OPENED = {
    "home": 302,
    "check_address": 405,
    "clients_enable": 303,  # the client is enabled already
    "own_session_end": 405,
    "own_sessions_end": 405,
    "own_name": 405,
    "group_member_remove": 405,
    "client_problem_ignore": 405,
    "connection_problem_ignore": 405,
}
LED_ON = {("bob", "console")}  # to the applications of somebody who does not read the console
# Of the pages that an auditor reads, those with a form of an administrator's; of those about a client, those without.
CHANGE_TOO = {"client_edit", "connection_version", "outside_clients", "tenant_settings"}
ONLY_READ = {
    "connected_tenants",
    "client_grants",
    "client_menu",
    "client",
    "client_quick_start",
    "client_settings",
}
ONLY_READ |= {"client_scopes", "client_problems", "client_activity", "secrets"}
ONLY_SENT = {"client_problem_ignore"}


def addresses(urlconf: str) -> list[URLPattern]:
    """Every address of a host, however deep it is nested."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                yield pattern

    return list(walk(get_resolver(urlconf).url_patterns))


EVERY_ADDRESS = addresses("qlikauth.urls") + addresses("qlikauth.region_urls")


def stated(address: URLPattern) -> str:
    """Who may call the view, in its own words; "" if it does not say."""
    return str(getattr(address.callback, "access", ""))


PAGES = [address for address in addresses("qlikauth.urls") if stated(address) in set(Permission)]
CONSOLE_PAGES = [page for page in PAGES if stated(page) != Permission.OWN_ACCOUNT]


def named(address: URLPattern) -> str:
    return str(address.name)


@pytest.mark.parametrize("address", EVERY_ADDRESS, ids=named)
def test_every_view_states_who_may_call_it(address: URLPattern) -> None:
    stated = getattr(address.callback, "access", "")
    assert stated, f"{address.pattern} does not say who may call it"
    assert stated in set(Permission) or getattr(address.callback, "login_required", True) is False


Place = dict[str, Any]  # the variable parts of an address, by their names


def path_to(address: URLPattern, place: Place) -> str:
    """A concrete path for a pattern."""
    path = str(address.pattern)
    for name, value in place.items():
        for kind in ("str", "int", "uuid", "path"):
            path = path.replace(f"<{kind}:{name}>", str(value))
    assert "<" not in path, f"{path}: say in this test what stands there"
    return "/" + path


@kept
def place(acme: Tenant, globex: Tenant, bob: User, web_client: tuple[Client, str]) -> Place:
    """Something of acme for every variable part of an address. All of it exists; what is a person's own is bob's."""
    client, _ = web_client
    api, _secret = cast.register_api(acme)
    used, wanted = (cast.publish(globex, name=name) for name in ("Used here", "Wanted here"))
    return {
        "client_id": client.client_id,
        "section": "application",
        "secret_id": ClientSecret._base_manager.get(client=client).pk,
        "api_id": api.pk,
        "user_id": bob.pk,
        "connection_id": cast.connect(used, acme).pk,
        "request_id": cast.ask(bob, wanted).pk,
        "invitation_id": cast.invite(acme, "anna@acme.example").pk,
        "group_id": cast.group(acme, "Finance", bob).pk,
        "problem_id": cast.problem(client).pk,
        "token_id": cast.registration_token(acme).pk,
        "topic": "account",
        **own_things(bob, client),
    }


def own_things(person: User, client: Client) -> Place:
    """What nobody but this person can open: their consent to the client, and a session of theirs."""
    cast.signed_in_as(person)
    with scope(tenant=person.tenant):
        consent = Consent.give(
            person, client, ["profile"], redirect_host="app.example.com", shown={}, by=Actor(user=person)
        )
    return {"consent_id": consent.pk, "session_id": BrowserSession.alive(person)[0].pk}


def in_the_state(address: URLPattern, person: User, place: Place) -> str:
    """The path of an address whose page is about things in one state only; any other path as it is."""
    tenant = person.tenant
    client = cast.register(tenant, name="In a state of its own")[0]
    with scope(tenant=tenant):
        match named(address):
            case "api_secret_remove":
                secret = ApiSecret.objects.get(api=place["api_id"])
                return path_to(address, place | {"secret_id": secret.pk})
            case "api_unpublish":
                Api.objects.get(pk=place["api_id"]).publish(by=cast.OPERATOR)
                return path_to(address, place)
            case "client_restore":
                client.remove(by=cast.OPERATOR)
            case "client_enable":
                client.disable(by=cast.OPERATOR)
            case "client_unpublish":
                client.publish(by=cast.OPERATOR)
            case "connection_unblock":
                Connection.objects.get(pk=place["connection_id"]).block(by=cast.OPERATOR)
                return path_to(address, place)
            case "account_sessions_end":  # of a client that nobody was asked about
                Connection.objects.filter(client=client).update(consent_method="trusted")
                application = Application(client, ClientSecret.add_to(client, by=cast.OPERATOR)[1])
                application.tokens(cast.signed_in_as(person))
            case "receipt":
                act = UnfinishedAct.objects.create(tenant=tenant, user=person, ends="of_person", sessions=1)
                return f"{path_to(address, place)}?act={act.pk}"
            case "clients_delete" | "clients_disable" | "clients_enable":
                return f"{path_to(address, place)}?client={client.client_id}"
            case _:
                return path_to(address, place)
    return path_to(address, place | {"client_id": client.client_id})


@pytest.mark.parametrize("address", PAGES, ids=named)
def test_a_stranger_is_sent_to_sign_in(address, acme, stranger, place) -> None:
    path = path_to(address, place)
    for answer, status in ((stranger(acme).get(path), 302), (stranger(acme).post(path), 303)):
        assert answer.status_code == status, path
        assert answer["Location"].startswith("/login?next=")


@pytest.mark.spec("RFC 9110", "15.4.4")
@pytest.mark.parametrize("address", PAGES, ids=named)
def test_what_leads_on_after_a_form_is_303(address, alice, browser, web_client, place) -> None:
    sent = {"consent_method": "trusted", "confirm": "on", "language": "sv", "theme": "dark", "name": "x"}
    own = place | own_things(alice, web_client[0])
    answer = browser(alice).post(in_the_state(address, alice, own), sent)
    assert answer.status_code not in {301, 302, 307, 308}


@pytest.mark.parametrize("who", PAGES_OF)
@pytest.mark.parametrize("address", PAGES, ids=named)
def test_a_member_needs_the_right_to_open_a_page(address, who, request, browser, web_client, place) -> None:
    person = request.getfixturevalue(who)
    own = place if who == "bob" else place | own_things(person, web_client[0])
    answer = browser(person).get(in_the_state(address, person, own))
    if Permission(address.callback.access) in PAGES_OF[who]:
        led_on = (who, named(address)) in LED_ON
        assert answer.status_code == (302 if led_on else OPENED.get(named(address), 200))
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("who", ["carol", "bob"])
@pytest.mark.parametrize("address", CONSOLE_PAGES, ids=named)
def test_only_an_administrator_changes_anything(address, who, request, browser, in_acme, place) -> None:
    here = browser(request.getfixturevalue(who))
    before = Event.objects.count()
    path = path_to(address, place)
    answer = here.post(
        path, {"action": "add", "name": "x", "consent_method": "trusted", "client": "x", "confirm": "on"}
    )
    refused = Permission(address.callback.access) not in PAGES_OF[who] or named(address) in CHANGE_TOO
    assert answer.status_code == (403 if refused else 405)
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "address", [address for address in PAGES if "client_id" in str(address.pattern)], ids=named
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_tn01_another_tenants_client_is_as_unknown_as_a_random_one(
    address, method, alice, browser, globex, place
) -> None:
    foreign, _ = register(globex, type="web", redirect_uris=["https://globex.example/cb"])
    here = browser(alice)

    def answer(client_id: str) -> tuple[int, bytes]:
        response = getattr(here, method)(path_to(address, place | {"client_id": client_id}))
        return response.status_code, response.content.replace(client_id.encode(), b"")

    assert answer(foreign.client_id) == answer("0" * 32)
    # a page that only reads answers 405 to a POST, whoever's client it is about
    only_reads = named(address) in (ONLY_READ if method == "post" else ONLY_SENT)
    assert answer(foreign.client_id)[0] == (405 if only_reads else 404)


@pytest.mark.parametrize(
    "address", [address for address in PAGES if "api_id" in str(address.pattern)], ids=named
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_tn01_another_tenants_api_is_as_unknown_as_a_random_one(
    address, method, alice, browser, globex, place
) -> None:
    foreign, _ = cast.register_api(globex, "https://theirs.example.com", published=True)
    here = browser(alice)

    def answer(api_id: int) -> tuple[int, bytes]:
        response = getattr(here, method)(path_to(address, place | {"api_id": api_id}))
        return response.status_code, response.content

    assert answer(foreign.pk) == answer(987654)
    only_reads = method == "post" and named(address) == "api"
    assert answer(foreign.pk)[0] == (405 if only_reads else 404)


@pytest.mark.parametrize("address", PAGES, ids=named)
def test_an_administrator_of_another_tenant_is_a_stranger_here(
    address, acme, mallory, browser, place
) -> None:
    elsewhere: Browser = browser(mallory)
    path = path_to(address, place)
    answer = elsewhere.get(path, headers={"host": acme.hostnames.get().host})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=")


@pytest.mark.parametrize("address", PAGES, ids=named)
def test_a_suspended_administrator_is_a_stranger(address, alice, browser, place) -> None:
    here: Browser = browser(alice)
    alice.is_active = False
    alice.save()
    path = path_to(address, place)
    assert here.get(path)["Location"].startswith("/login?next=")
