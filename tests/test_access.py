"""Who may open what: every address states it, and every role is tried on every address (house habit 4, TN-01)."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from console.models import Consent, Event
from console.policy.roles import Permission
from tests.cast import register

PAGES_OF = {
    "alice": set(Permission),
    "carol": {Permission.OWN_ACCOUNT, Permission.READ_CONSOLE},
    "bob": {Permission.OWN_ACCOUNT},
}
# What a request to a page may give to somebody who is allowed to open it: a page, a redirect onwards, a form that
# wants other input, a page that only takes POST.
ALLOWED_STATUS = {200, 302, 303, 405, 422}


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


def path_to(address: URLPattern, *, client_id: str, consent_id: int) -> str:
    """A concrete path for a pattern."""
    values: dict[str, Any] = {
        "client_id": client_id,
        "consent_id": consent_id,
        "secret_id": uuid4(),
        "user_id": uuid4(),
        "connection_id": 10**6,
        "request_id": 10**6,
        "session_id": uuid4(),
    }
    path = str(address.pattern)
    for name, value in values.items():
        for kind in ("str", "int", "uuid"):
            path = path.replace(f"<{kind}:{name}>", str(value))
    assert "<" not in path, f"{path}: say in this test what stands there"
    return "/" + path


@pytest.fixture
def consent_id(in_acme, bob, web_client) -> int:
    client, _ = web_client
    return Consent.objects.create(tenant=bob.tenant, user=bob, client=client, scopes=["profile"]).pk


@pytest.mark.parametrize("address", PAGES, ids=named)
def test_a_stranger_is_sent_to_sign_in(address, acme, stranger, web_client, consent_id) -> None:
    path = path_to(address, client_id=web_client[0].client_id, consent_id=consent_id)
    for answer, status in ((stranger(acme).get(path), 302), (stranger(acme).post(path), 303)):
        assert answer.status_code == status, path
        assert answer["Location"].startswith("/login?next=")


@pytest.mark.spec("RFC 9110", "15.4.4")
@pytest.mark.parametrize("address", PAGES, ids=named)
def test_what_leads_on_after_a_form_is_303(address, alice, browser, web_client, consent_id) -> None:
    sent = {"consent_method": "trusted", "confirm": "on", "language": "sv", "theme": "dark", "name": "x"}
    answer = browser(alice).post(
        path_to(address, client_id=web_client[0].client_id, consent_id=consent_id), sent
    )
    assert answer.status_code not in {301, 302, 307, 308}


@pytest.mark.parametrize("who", PAGES_OF)
@pytest.mark.parametrize("address", PAGES, ids=named)
def test_a_member_needs_the_right_to_open_a_page(
    address, who, request, browser, web_client, consent_id
) -> None:
    path = path_to(address, client_id=web_client[0].client_id, consent_id=consent_id)
    answer = browser(request.getfixturevalue(who)).get(path)
    if Permission(address.callback.access) in PAGES_OF[who]:
        # a secret or a consent that is not theirs is not there; everything else answers
        assert answer.status_code in ALLOWED_STATUS | {404}, path
    else:
        assert answer.status_code == 403, path


@pytest.mark.parametrize("who", ["carol", "bob"])
@pytest.mark.parametrize("address", CONSOLE_PAGES, ids=named)
def test_only_an_administrator_changes_anything(
    address, who, request, browser, in_acme, web_client, consent_id
) -> None:
    here = browser(request.getfixturevalue(who))
    before = Event.objects.count()
    path = path_to(address, client_id=web_client[0].client_id, consent_id=consent_id)
    answer = here.post(
        path, {"action": "add", "name": "x", "consent_method": "trusted", "client": "x", "confirm": "on"}
    )
    assert answer.status_code in {403, 405}, path
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "address", [address for address in PAGES if "client_id" in str(address.pattern)], ids=named
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_tn01_another_tenants_client_is_as_unknown_as_a_random_one(
    address, method, alice, browser, globex, consent_id
) -> None:
    foreign, _ = register(globex, type="web", redirect_uris=["https://globex.example/cb"])
    here = browser(alice)

    def answer(client_id: str) -> tuple[int, bytes]:
        response = getattr(here, method)(path_to(address, client_id=client_id, consent_id=consent_id))
        return response.status_code, response.content.replace(client_id.encode(), b"")

    assert answer(foreign.client_id) == answer("0" * 32)
    # a page that only reads answers 405 to a POST, whoever's client it is about
    assert answer(foreign.client_id)[0] in ({404} if method == "get" else {404, 405})


@pytest.mark.parametrize("address", PAGES, ids=named)
def test_an_administrator_of_another_tenant_is_a_stranger_here(
    address, acme, mallory, browser, web_client, consent_id
) -> None:
    elsewhere: Browser = browser(mallory)
    path = path_to(address, client_id=web_client[0].client_id, consent_id=consent_id)
    answer = elsewhere.get(path, headers={"host": acme.hostnames.get().host})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=")


@pytest.mark.parametrize("address", PAGES, ids=named)
def test_a_suspended_administrator_is_a_stranger(address, alice, browser, web_client, consent_id) -> None:
    here: Browser = browser(alice)
    alice.is_active = False
    alice.save()
    path = path_to(address, client_id=web_client[0].client_id, consent_id=consent_id)
    assert here.get(path)["Location"].startswith("/login?next=")
