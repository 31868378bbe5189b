"""Signing in and out, and the first password: `/`, `/login`, `/logout`, `/welcome/…` (ASVS V6, V7)."""

import html
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings
from django_scopes import scope

from console.models import Action, Actor, Client, Event, FailedAttempts, Tenant, User
from console.pages.sign_in_attempts import COOKIE
from console.policy import throttling
from tests.cast import PASSWORD, host_of

Browse = Callable[..., Browser]
# The middle of a window of policy/throttling.py.
NOON = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_the_middle_of_a_window() -> Iterator[None]:
    """Failures are counted in windows of the clock: no test may begin in one and end in the next."""
    with time_machine.travel(NOON):
        yield


def sign_in(browser: Browser, email: str, password: str = PASSWORD, **extra: str) -> Any:
    return browser.post("/login", {"email": email, "password": password, **extra})


def without_changing_parts(page: Any) -> str:
    """The page without what differs from one request to the next, and without the address that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page.content.decode())
    return re.sub(r"[a-z]+@[a-z.]+", "", text)


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account/applications").status_code == 200


def test_whose_session_has_ended_is_told_so(browser: Browse, stranger: Browse, acme: Tenant, alice: User):
    words = "Your session has ended"
    chromium = browser(alice)
    Session.objects.all().delete()

    assert words in chromium.get("/login?next=/console/oauth").content.decode()
    assert words not in stranger(acme).get("/login?next=/console/oauth").content.decode()
    assert words not in chromium.get("/login").content.decode()


# --- The start page -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "place"),
    [("alice", "/console"), ("carol", "/console"), ("bob", "/account/applications")],
)
def test_home_leads_everybody_to_the_page_that_is_for_them(request, browser: Browse, person: str, place: str):
    answer = browser(request.getfixturevalue(person)).get("/")

    assert (answer.status_code, answer["Location"]) == (302, place)


def test_home_sends_strangers_to_sign_in_and_back(stranger: Browse, acme: Tenant):
    answer = stranger(acme).get("/")

    assert answer["Location"] == "/login?next=/"


# --- Signing in -----------------------------------------------------------------------------------------------


def test_the_page_says_which_tenant_it_is_of_and_helps_password_managers(stranger: Browse, acme: Tenant):
    page = stranger(acme).get("/login")

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    assert "Acme AB" in text
    assert 'type="email"' in text
    assert 'autocomplete="username"' in text
    assert 'autocomplete="current-password"' in text
    assert "maxlength" not in re.search(r"<input type=\"password\"[^>]*>", text)[0]  # type: ignore[index]


def test_it_begins_a_session_with_a_new_id_and_notes_it(stranger: Browse, acme: Tenant, alice: User):
    browser = stranger(acme)
    planted = browser.session  # an attacker's session, put into the victim's browser
    planted["x"] = "y"
    planted.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(planted.session_key)

    answer = sign_in(browser, "Alice@ACME.example ")

    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()
    assert is_signed_in(browser)
    with scope(tenant=acme):
        event = Event.objects.get(action=Action.SESSION_STARTED)
        assert (event.actor_name, event.address) == ("alice@acme.example", "127.0.0.1")


@pytest.mark.spec("ASVS 5.0", "7.2.4")
def test_who_proves_again_who_they_are_gets_a_new_id_and_the_old_one_is_worth_nothing(
    browser: Browse, stranger: Browse, acme: Tenant, alice: User
):
    theirs = browser(alice)
    before = theirs.cookies[settings.SESSION_COOKIE_NAME].value

    sign_in(theirs, "alice@acme.example")

    assert is_signed_in(theirs)
    assert theirs.cookies[settings.SESSION_COOKIE_NAME].value != before
    copied = stranger(acme)
    copied.cookies[settings.SESSION_COOKIE_NAME] = before
    assert not is_signed_in(copied)


def test_its_cookies_stay_with_the_host_and_out_of_reach_of_scripts(
    stranger: Browse, acme: Tenant, alice: User
):
    answer = sign_in(stranger(acme), "alice@acme.example")

    for name in (settings.SESSION_COOKIE_NAME, COOKIE):
        cookie = answer.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert not cookie["domain"]


def test_an_unknown_address_a_wrong_password_and_an_inactive_user_get_the_same_answer(
    stranger: Browse, acme: Tenant, alice: User, bob: User
):
    User._base_manager.filter(pk=bob.pk).update(is_active=False)

    pages = [
        sign_in(stranger(acme), "nobody@acme.example"),
        sign_in(stranger(acme), "alice@acme.example", "wrong"),
        sign_in(stranger(acme), "bob@acme.example"),
    ]

    assert {page.status_code for page in pages} == {422}
    assert len({without_changing_parts(page) for page in pages}) == 1
    # all but the moment of the answer
    headers = [{**page.headers} | {"Expires": ""} for page in pages]
    assert headers[0] == headers[1] == headers[2]
    assert "Incorrect email or password." in pages[0].content.decode()


def test_every_failure_costs_one_hash(
    stranger: Browse, acme: Tenant, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
):
    User._base_manager.filter(pk=bob.pk).update(is_active=False)
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    for email in ("nobody@acme.example", "alice@acme.example", "bob@acme.example"):
        hashed.clear()
        sign_in(stranger(acme), email, "wrong")
        assert hashed == ["wrong"], email


def test_people_of_another_tenant_are_unknown_here(stranger: Browse, acme: Tenant, mallory: User):
    assert sign_in(stranger(acme), "mallory@globex.example").status_code == 422


def test_a_refusal_is_noted_with_the_address_and_never_with_the_password(
    stranger: Browse, acme: Tenant, alice: User
):
    sign_in(stranger(acme), "alice@acme.example", "hunter2-canary")

    with scope(tenant=acme):
        event = Event.objects.get(action=Action.SESSION_REFUSED)
        assert event.details == {"reason": "wrong_email_or_password", "email": "alice@acme.example"}
        assert event.target_name == "alice@acme.example"
        assert "hunter2-canary" not in str(list(Event.objects.values()))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": "alice@acme.example"},
        {"password": PASSWORD},
        {"email": "alice@acme.example", "password": "x" * 4097},
        {"email": "alice@acme.example", "password": f"{PASSWORD}\0"},
        {"email": "alice@acme.example\0", "password": PASSWORD},
        {"email": f"{'a' * 255}@acme.example", "password": PASSWORD},
        {"email": "' OR 1=1 --", "password": "' OR 1=1 --"},
        {"email": "<script>alert(1)</script>", "password": "x"},
        {"email": "\N{SNOWMAN}", "password": "\N{SNOWMAN}"},
    ],
)
def test_it_answers_bad_input_politely_and_keeps_what_was_typed_except_the_password(
    stranger: Browse, acme: Tenant, alice: User, fields: dict[str, str]
):
    page = stranger(acme).post("/login", fields)

    assert page.status_code == 422
    text = page.content.decode()
    assert "<script>alert" not in text
    assert not re.search(r'<input type="password"[^>]*value=', text)


def test_a_long_password_with_spaces_around_it_is_taken_as_it_is(stranger: Browse, acme: Tenant, alice: User):
    password = f"  {'långt lösenord ' * 200} "
    with scope(tenant=acme):
        alice.choose_password(password, by=Actor.operator())

    assert sign_in(stranger(acme), "alice@acme.example", password.strip()).status_code == 422
    assert sign_in(stranger(acme), "alice@acme.example", password).status_code == 303


def test_a_form_without_its_token_changes_nothing(acme: Tenant, alice: User):
    browser = Browser(enforce_csrf_checks=True, headers={"host": host_of(acme)})

    assert sign_in(browser, "alice@acme.example").status_code == 403
    assert not is_signed_in(browser)


def test_somebody_who_is_signed_in_is_led_on(browser: Browse, alice: User):
    assert browser(alice).get("/login?next=/console/events")["Location"] == "/console/events"


def test_not_you_asks_although_somebody_is_signed_in_and_signs_them_out(
    browser: Browse, alice: User, bob: User
):
    chromium = browser(alice)

    page = chromium.get("/login?switch=1&next=/account/applications")
    answer = chromium.post(
        "/login?switch=1", {"email": bob.email, "password": PASSWORD, "next": "/account/applications"}
    )

    assert "Continue as Alice" in page.content.decode()
    assert answer["Location"] == "/account/applications"
    with scope(tenant=alice.tenant):
        assert Event.objects.get(action=Action.SESSION_ENDED).actor_name == alice.email
    assert "bob@acme.example" in chromium.get("/account/applications").content.decode()


def test_login_hint_fills_in_the_address(stranger: Browse, acme: Tenant):
    direct = stranger(acme).get("/login?login_hint=bob@acme.example")
    inside = stranger(acme).get(
        "/login?" + urlencode({"next": "/oauth/authorize?login_hint=bob@acme.example"})
    )
    hostile = stranger(acme).get(
        "/login?" + urlencode({"login_hint": '"><script>alert(1)</script>' + "a" * 9999})
    )

    assert 'value="bob@acme.example"' in direct.content.decode()
    assert 'value="bob@acme.example"' in inside.content.decode()
    assert "<script>alert" not in hostile.content.decode()


def test_a_part_of_a_page_sends_the_whole_window_to_sign_in_and_back(stranger: Browse, acme: Tenant):
    answer = stranger(acme).get(
        "/login?next=/console/oauth/new",
        headers={"HX-Request": "true", "HX-Current-URL": f"http://{host_of(acme)}/console/oauth?q=x"},
    )

    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/login?next=%2Fconsole%2Foauth%3Fq%3Dx")


# --- Where it leads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\n//evil.example",
        " //evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://evil.example",
        "http://evil.example/",
        "http://acme.localhost:8000@evil.example/",
        "http://acme.localhost:8000.evil.example/",
        "http://acme.localhost:9999/",
        "http://globex.localhost:8000/",
        "http://localhost:8000/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "ftp://acme.localhost:8000/",
        "http:\\\\evil.example",
        "%2F%2Fevil.example",
        "//[::1",
        "/" + "a" * 20_000,
        "",
    ],
)
def test_next_leads_nowhere_but_to_this_host(
    stranger: Browse, acme: Tenant, globex: Tenant, alice: User, address: str
):
    answer = sign_in(stranger(acme), "alice@acme.example", next=address)
    by_link = stranger(acme).post(
        f"/login?{urlencode({'next': address})}", {"email": alice.email, "password": PASSWORD}
    )

    for response in (answer, by_link):
        assert response.status_code == 303
        # Encoded slashes are a relative path, and so stay on this host.
        assert response["Location"] in {"/", "%2F%2Fevil.example"}


@pytest.mark.parametrize(
    "address",
    [
        "/console/oauth?q=a%20b",
        "http://acme.localhost:8000/console/oauth",
        "/oauth/authorize?x=//evil.example",
    ],
)
def test_next_leads_on_within_this_host(stranger: Browse, acme: Tenant, alice: User, address: str):
    assert sign_in(stranger(acme), "alice@acme.example", next=address)["Location"] == address


@pytest.mark.parametrize(
    ("redirect_uri", "targets"),
    [
        ("https://app.example.com/callback", "https:"),
        ("http://localhost:5000/cb", "http://localhost:* http://127.0.0.1:*"),
        ("http://127.0.0.1:5000/cb", "http://localhost:* http://127.0.0.1:*"),
        ("com.example.app:/callback", "com.example.app:"),
        ("javascript:alert(1)", ""),
        ("http://evil.example/", ""),
        ("x; script-src *", ""),
        ("com.example; script-src *:/", ""),
        ("//[", ""),
    ],
)
def test_the_form_may_end_at_the_redirect_uri_that_waits(
    stranger: Browse, acme: Tenant, redirect_uri: str, targets: str
):
    address = "/oauth/authorize?" + urlencode({"redirect_uri": redirect_uri})

    policy = stranger(acme).get("/login?" + urlencode({"next": address}))["Content-Security-Policy"]

    allowed = " ".join(["form-action 'self'", *targets.split()])
    assert f"{allowed};" in f"{policy};"
    assert policy.count("script-src") == 1


def test_the_form_may_end_at_the_only_redirect_uri_of_the_client(
    stranger: Browse, acme: Tenant, web_client: tuple[Client, str]
):
    address = "/oauth/authorize?" + urlencode({"client_id": web_client[0].client_id})

    page = stranger(acme).get("/login?" + urlencode({"next": address}))

    assert "form-action 'self' https:" in page["Content-Security-Policy"]
    assert "To continue to Web app" in page.content.decode()


@pytest.mark.parametrize("client_id", ["\0", "x" * 5000, "unknown"])
def test_an_unknown_client_opens_nothing(stranger: Browse, acme: Tenant, client_id: str):
    page = stranger(acme).get("/login?" + urlencode({"next": f"/oauth/authorize?client_id={client_id}"}))

    assert page.status_code == 200
    assert "form-action 'self';" in f"{page['Content-Security-Policy']};"


# --- Too many attempts ----------------------------------------------------------------------------------------


def fail(browser: Browser, email: str, times: int) -> None:
    for _ in range(times):
        assert sign_in(browser, email, "wrong").status_code == 422


@pytest.mark.parametrize("email", ["alice@acme.example", "nobody@acme.example"])
def test_who_fails_too_often_waits_whether_the_account_exists_or_not(
    stranger: Browse, acme: Tenant, alice: User, email: str
):
    browser = stranger(acme)
    with time_machine.travel(NOON, tick=False) as clock:
        fail(browser, email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)

        page = sign_in(browser, email)
        assert page.status_code == 429
        assert page["Retry-After"] == "600"
        assert "Too many failed attempts. Try again in 10 minutes." in page.content.decode()

        clock.shift(timedelta(minutes=9, seconds=30))
        assert "in 1 minute." in sign_in(browser, email).content.decode()

        clock.shift(timedelta(seconds=30))
        assert sign_in(browser, email).status_code == (303 if "alice" in email else 422)


def test_while_they_wait_no_password_is_hashed(
    stranger: Browse, acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch
):
    browser = stranger(acme)
    fail(browser, alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)

    monkeypatch.setattr("console.pages.sign_in.authenticate", lambda *args, **kwargs: pytest.fail("asked"))

    assert sign_in(browser, alice.email).status_code == 429
    with scope(tenant=acme):
        reasons = set(
            Event.objects.filter(action=Action.SESSION_REFUSED).values_list("details__reason", flat=True)
        )
    assert reasons == {"wrong_email_or_password", "too_many_failed_attempts"}


@pytest.mark.django_db(transaction=True)
def test_of_attempts_at_once_no_more_than_the_limit_have_their_password_looked_at(
    stranger: Browse, acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch
):
    limit = throttling.FAILURES_PER_ACCOUNT_AND_SOURCE
    # Nobody's password has been found wrong before all of them are either being looked at or refused.
    all_are_there = threading.Barrier(limit + 3)
    looked_at: list[str] = []

    def authenticate(request: Any, email: str, password: str) -> None:
        looked_at.append(password)
        all_are_there.wait(30)

    monkeypatch.setattr("console.pages.sign_in.authenticate", authenticate)

    def attempt(number: int) -> int:
        status: int = sign_in(stranger(acme), alice.email, f"guess {number}").status_code
        if status == 429:
            all_are_there.wait(30)
        connection.close()
        return status

    with ThreadPoolExecutor(limit + 3) as threads:
        statuses = Counter(threads.map(attempt, range(limit + 3)))

    assert statuses == {422: limit, 429: 3}
    assert len(looked_at) == limit


def test_success_does_not_count(stranger: Browse, acme: Tenant, alice: User):
    browser = stranger(acme)
    for _ in range(throttling.FAILURES_PER_SOURCE + 1):
        assert sign_in(browser, alice.email).status_code == 303

    assert set(FailedAttempts.objects.values_list("failures", flat=True)) == {0}


def test_an_attempt_that_is_refused_does_not_count_against_others(
    stranger: Browse, acme: Tenant, alice: User, bob: User
):
    """An account that waits does not use up what its whole network has."""
    browser = stranger(acme)
    fail(browser, alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)
    for _ in range(throttling.FAILURES_PER_SOURCE):
        assert sign_in(browser, alice.email).status_code == 429

    assert sign_in(browser, bob.email).status_code == 303


def test_a_stranger_elsewhere_does_not_lock_the_owner_out(stranger: Browse, acme: Tenant, alice: User):
    attacker = stranger(acme)
    attacker.defaults["REMOTE_ADDR"] = "203.0.113.9"
    fail(attacker, alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)

    assert sign_in(attacker, alice.email).status_code == 429
    assert sign_in(stranger(acme), alice.email).status_code == 303


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (
            "198.51.100.1, 203.0.113.9",
            "203.0.113.9",
        ),  # what the browser said of itself, then what the proxy saw
        ("198.51.100.1,203.0.113.9:54321", "203.0.113.9"),
        ("[2001:db8::9]:54321", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("unknown", "unknown"),
        (" , ", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
@pytest.mark.spec("ASVS 5.0", "15.3.4")
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(
    stranger: Browse, acme: Tenant, alice: User, bob: User, forwarded: str, address: str
):
    browser = stranger(acme)
    browser.defaults["HTTP_X_FORWARDED_FOR"] = forwarded

    with override_settings(TRUSTED_PROXIES=1):
        fail(browser, alice.email, 1)
    fail(browser, bob.email, 1)  # nobody is in front of it: anybody can write the header

    with scope(tenant=acme):
        refused = Event.objects.filter(action=Action.SESSION_REFUSED)
        by = dict(refused.values_list("details__email", "address"))
    assert by == {alice.email: address, bob.email: "127.0.0.1"}


def test_a_known_browser_counts_on_its_own(stranger: Browse, acme: Tenant, alice: User):
    home = stranger(acme)
    sign_in(home, alice.email)
    home.post("/logout")
    fail(stranger(acme), alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)  # the same address

    assert sign_in(stranger(acme), alice.email).status_code == 429
    assert sign_in(home, alice.email).status_code == 303

    home.post("/logout")
    fail(home, alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)
    assert sign_in(home, alice.email).status_code == 429  # known is not the same as trusted


def test_a_browser_known_for_one_account_is_a_stranger_to_another(
    stranger: Browse, acme: Tenant, alice: User, bob: User
):
    browser = stranger(acme)
    sign_in(browser, bob.email)
    browser.post("/logout")
    fail(stranger(acme), alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)

    assert sign_in(browser, alice.email).status_code == 429


@pytest.mark.parametrize("forged", ["x", "", "eyJhIjoiYiJ9:1abc:xyz"])
def test_a_forged_known_browser_is_no_known_browser(stranger: Browse, acme: Tenant, alice: User, forged: str):
    fail(stranger(acme), alice.email, throttling.FAILURES_PER_ACCOUNT_AND_SOURCE)
    browser = stranger(acme)
    browser.cookies[COOKIE] = forged

    assert sign_in(browser, alice.email).status_code == 429


def test_one_source_may_not_try_many_accounts(stranger: Browse, acme: Tenant, alice: User):
    with time_machine.travel(NOON, tick=False):
        for _ in range(throttling.FAILURES_PER_SOURCE):
            FailedAttempts.add("source", "127.0.0.1", now=NOON)

        assert sign_in(stranger(acme), alice.email).status_code == 429


def test_an_ipv6_customer_is_one_source(stranger: Browse, acme: Tenant, alice: User):
    for number in range(throttling.FAILURES_PER_ACCOUNT_AND_SOURCE):
        browser = stranger(acme)
        browser.defaults["REMOTE_ADDR"] = f"2001:db8:1:1::{number:x}"
        fail(browser, alice.email, 1)

    browser = stranger(acme)
    browser.defaults["REMOTE_ADDR"] = "2001:db8:1:1:ffff::1"
    assert sign_in(browser, alice.email).status_code == 429


def from_address(browser: Browser, address: str) -> Browser:
    browser.defaults["REMOTE_ADDR"] = address
    return browser


ROTATING = {
    "/64s of one /48": ([f"2001:db8:1:{number:x}::1" for number in range(20)], "2001:db8:1:ffff::1"),
    "/48s of one /32": ([f"2001:db8:{number:x}::1" for number in range(40)], "2001:db8:ffff::1"),
    "addresses of one /24": ([f"203.0.113.{number}" for number in range(20)], "203.0.113.200"),
    "addresses of a NAT64": ([f"64:ff9b::203.0.113.{number}" for number in range(20)], "203.0.113.200"),
}


@pytest.mark.spec("ASVS 5.0", "6.3.1")
@pytest.mark.parametrize(("addresses", "further"), ROTATING.values(), ids=ROTATING)
def test_who_goes_from_one_address_to_the_next_waits_too(
    stranger: Browse, acme: Tenant, alice: User, bob: User, addresses: list[str], further: str
):
    for address in addresses:
        fail(from_address(stranger(acme), address), alice.email, 1)

    assert sign_in(from_address(stranger(acme), further), alice.email).status_code == 429
    assert sign_in(from_address(stranger(acme), further), bob.email).status_code == 303
    assert sign_in(from_address(stranger(acme), "198.51.100.7"), alice.email).status_code == 303


@pytest.mark.parametrize(
    ("network", "limit", "address"),
    [
        ("203.0.113.0/24", 400, "203.0.113.9"),
        ("2001:db8:1:2::/64", 100, "2001:db8:1:2::9"),
        ("2001:db8:1::/48", 400, "2001:db8:1:2::9"),
        ("2001:db8::/32", 2000, "2001:db8:1:2::9"),
    ],
)
def test_a_network_may_not_try_many_accounts(
    stranger: Browse, acme: Tenant, alice: User, network: str, limit: int, address: str
):
    browser = from_address(stranger(acme), address)
    for _ in range(limit - 1):
        FailedAttempts.add("source", network, now=NOON)
    fail(browser, alice.email, 1)

    assert sign_in(browser, alice.email).status_code == 429
    assert sign_in(stranger(acme), alice.email).status_code == 303


@pytest.mark.spec("ASVS 5.0", "6.1.1")
@pytest.mark.parametrize("email", ["alice@acme.example", "nobody@acme.example"])
def test_all_strangers_together_have_so_many_attempts_at_one_account(
    stranger: Browse, acme: Tenant, globex: Tenant, alice: User, bob: User, email: str
):
    home = stranger(acme)
    sign_in(home, alice.email)
    home.post("/logout")
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(throttling.FAILURES_PER_ACCOUNT):
            fail(from_address(stranger(acme), f"203.{number}.113.9"), email, 1)

        new_browser = from_address(stranger(acme), "198.51.100.7")
        page = sign_in(new_browser, email)
        assert page.status_code == 429
        assert "You do not have to wait in a browser" in page.content.decode()
        # Nobody is locked out of where they have been, of other accounts, of other tenants, or for long.
        assert sign_in(home, alice.email).status_code == 303
        assert sign_in(new_browser, bob.email).status_code == 303
        fail(from_address(stranger(globex), "198.51.100.7"), email, 1)
        clock.shift(timedelta(minutes=10))
        assert sign_in(new_browser, email).status_code == (303 if "alice" in email else 422)


def test_a_known_browser_that_waits_is_not_sent_to_itself(stranger: Browse, acme: Tenant, alice: User):
    browser = stranger(acme)
    sign_in(browser, alice.email)
    browser.post("/logout")
    fail(browser, alice.email, throttling.FAILURES_OF_KNOWN_BROWSER)

    page = sign_in(browser, alice.email)
    assert page.status_code == 429
    assert "signed in with before" not in page.content.decode()


def test_attempts_that_may_not_be_made_cost_no_rows_however_many_addresses_they_come_from(
    stranger: Browse, acme: Tenant, alice: User
):
    with time_machine.travel(NOON, tick=False):
        for number in range(20):
            fail(from_address(stranger(acme), f"2001:db8:1:{number:x}::1"), alice.email, 1)
        counters = FailedAttempts.objects.count()

        for number in range(20):
            browser = from_address(stranger(acme), f"2001:db8:1:f{number:x}::1")
            assert sign_in(browser, alice.email).status_code == 429

        assert FailedAttempts.objects.count() == counters
    with scope(tenant=acme):
        [refused] = Event.objects.filter(details__reason="too_many_failed_attempts")
        assert (refused.times, refused.address) == (20, "2001:db8:1::/48")


# --- Sessions -------------------------------------------------------------------------------------------------


def test_a_session_is_worth_nothing_in_another_tenant_and_lives_on_in_its_own(
    browser: Browse, stranger: Browse, alice: User, globex: Tenant
):
    home = browser(alice)
    elsewhere = stranger(globex)
    elsewhere.cookies[settings.SESSION_COOKIE_NAME] = home.cookies[settings.SESSION_COOKIE_NAME].value

    assert elsewhere.get("/account/applications").status_code == 302
    elsewhere.post("/logout")

    assert is_signed_in(home)


def test_a_session_ends_when_it_is_idle_and_in_any_case(browser: Browse, alice: User):
    with time_machine.travel(NOON, tick=False) as clock:
        idle = browser(alice)
        clock.shift(settings.SESSION_IDLE + timedelta(seconds=1))
        assert not is_signed_in(idle)

    with time_machine.travel(NOON, tick=False) as clock:
        busy = browser(alice)
        for _ in range(int(settings.SESSION_ABSOLUTE / timedelta(hours=7))):
            clock.shift(timedelta(hours=7))
            assert is_signed_in(busy)
        clock.shift(timedelta(hours=7))
        assert not is_signed_in(busy)


@pytest.mark.spec("ASVS 5.0", "7.3.1")
@pytest.mark.parametrize("minutes", [1, 2, 3, 45, 480])
@pytest.mark.parametrize("pause", [0.98, 0.6, 0.5, 0.4])
def test_a_session_in_use_goes_on_whatever_the_idle_limit_is(
    browser: Browse, alice: User, minutes: int, pause: float
):
    """`pause`: between two requests, as a part of the limit. The first two requests come close to one another."""
    limit = timedelta(minutes=minutes)
    with override_settings(SESSION_IDLE=limit), time_machine.travel(NOON, tick=False) as clock:
        chromium = browser(alice)
        clock.shift(limit * 0.01)
        assert is_signed_in(chromium)
        for _ in range(3):  # four would be longer than the absolute limit
            clock.shift(limit * pause)
            assert is_signed_in(chromium)

        clock.shift(limit)
        assert not is_signed_in(chromium)


def test_a_session_in_use_costs_no_more_than_one_write_a_minute(browser: Browse, alice: User):
    with time_machine.travel(NOON, tick=False) as clock:
        chromium = browser(alice)
        kept = set(Session.objects.values_list("session_data", flat=True))
        for _ in range(24):
            clock.shift(timedelta(seconds=5))
            assert is_signed_in(chromium)
            kept |= set(Session.objects.values_list("session_data", flat=True))

        assert len(kept) == 3


@pytest.mark.parametrize("change", ["inactive", "password"])
def test_a_session_ends_with_the_account_and_with_the_password(browser: Browse, alice: User, change: str):
    chromium = browser(alice)
    with scope(tenant=alice.tenant):
        if change == "inactive":
            User.objects.filter(pk=alice.pk).update(is_active=False)
        else:
            alice.choose_password("another long password", by=Actor.operator())

    assert not is_signed_in(chromium)


# --- Signing out ----------------------------------------------------------------------------------------------


def test_signing_out_kills_the_session_on_the_server_and_says_so(browser: Browse, alice: User):
    chromium = browser(alice)
    old = chromium.cookies[settings.SESSION_COOKIE_NAME].value

    answer = chromium.post("/logout")
    assert (answer.status_code, answer["Location"]) == (303, "/logout")
    assert "You are signed out" in chromium.get("/logout").content.decode()

    chromium.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not is_signed_in(chromium)
    with scope(tenant=alice.tenant):
        assert Event.objects.filter(action=Action.SESSION_ENDED, actor_id=str(alice.pk)).count() == 1


def test_a_link_only_asks_whether_to_sign_out(browser: Browse, alice: User):
    chromium = browser(alice)

    page = chromium.get("/logout")

    assert "Sign out?" in page.content.decode()
    assert is_signed_in(chromium)


def test_signing_out_needs_the_token_of_the_page(alice: User, browser: Browse):
    chromium = browser(alice)
    chromium.handler.enforce_csrf_checks = True

    assert chromium.post("/logout").status_code == 403
    assert is_signed_in(chromium)


def test_signing_out_twice_is_no_error(stranger: Browse, acme: Tenant):
    assert stranger(acme).post("/logout").status_code == 303
    assert stranger(acme).get("/logout").status_code == 200


# --- The first password ---------------------------------------------------------------------------------------

NEW = "a long enough new password"


@pytest.fixture
def dave(acme: Tenant) -> User:
    with scope(tenant=acme):
        return User.invite(acme, "dave@acme.example", by=Actor.operator())


def link(user: User) -> str:
    return f"/welcome/{user.pk}?token={default_token_generator.make_token(user)}"


def test_the_language_is_changed_on_the_page_of_the_first_password(
    stranger: Browse, acme: Tenant, dave: User
):
    visitor, address = stranger(acme), link(dave)
    page = visitor.get(address).content.decode()
    [back] = re.findall(r'name="next" value="([^"]+)"', page)
    changed = visitor.post("/language", {"language": "sv", "next": back.replace("&amp;", "&")})

    assert (changed.status_code, changed["Location"]) == (303, address)
    assert "Spara och logga in" in visitor.get(address).content.decode()


def test_the_link_lets_them_choose_a_password_once_and_signs_them_in(
    stranger: Browse, acme: Tenant, dave: User
):
    address, chromium = link(dave), stranger(acme)
    page = chromium.get(address)
    assert page.status_code == 200
    assert f'action="{address}"' in page.content.decode()
    assert "dave@acme.example" in page.content.decode()
    assert 'autocomplete="new-password"' in page.content.decode()

    answer = chromium.post(address, {"password": NEW, "password_again": NEW})

    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert is_signed_in(chromium)
    assert stranger(acme).get(address).status_code == 404
    assert stranger(acme).post(address, {"password": "x" * 20, "password_again": "x" * 20}).status_code == 404
    assert sign_in(stranger(acme), dave.email, NEW).status_code == 303


@pytest.mark.parametrize(
    ("password", "again"),
    [
        ("", ""),
        ("short", "short"),
        ("password1234", "password1234"),
        ("dave@acme.example", "dave@acme.example"),
        (NEW, "something else entirely"),
        (NEW, ""),
        ("x" * 4097, "x" * 4097),
        (f"{NEW}\0", f"{NEW}\0"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_a_reason(
    stranger: Browse, acme: Tenant, dave: User, password: str, again: str
):
    address = link(dave)

    page = stranger(acme).post(address, {"password": password, "password_again": again})

    assert page.status_code == 422
    assert "field__error" in page.content.decode()
    assert not re.search(r'<input type="password"[^>]*value=', page.content.decode())
    assert stranger(acme).get(address).status_code == 200


@pytest.mark.spec("ASVS 5.0", "6.2.4")
@pytest.mark.parametrize(
    ("password", "english", "swedish"),
    [
        (
            "letmein12345",
            "a common one, or a common word with little added",
            "ett vanligt lösenord, eller ett vanligt",
        ),
        (
            "Sommar2026!!",
            "a common one, or a common word with little added",
            "ett vanligt lösenord, eller ett vanligt",
        ),
        (
            "Kartoffelpuffer",
            "a common one, or a common word with little added",
            "ett vanligt lösenord, eller ett vanligt",
        ),
        ("aaaaaaaaaaaa", "it repeats the same characters", "det upprepar samma tecken"),
        ("abcdefghijklmn", "it is a sequence of characters", "det är en följd av tecken"),
        ("dave-acme-ab-1", "your name, your email address", "ditt namn, din e-postadress"),
        ("Dave Danielsson", "your name, your email address", "ditt namn, din e-postadress"),
        ("qlikauth2026", "your name, your email address", "ditt namn, din e-postadress"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_in_plain_words(
    stranger: Browse, acme: Tenant, dave: User, password: str, english: str, swedish: str
):
    User._base_manager.filter(pk=dave.pk).update(name="Dave Danielsson")
    for language, words in (("en", english), ("sv", swedish)):
        page = stranger(acme).post(
            link(dave),
            {"password": password, "password_again": password},
            headers={"accept-language": language},
        )

        assert page.status_code == 422
        [told] = page.context["form"].errors["password"]
        assert words in told
        assert told in html.unescape(page.content.decode())
        assert password not in told


def test_a_short_password_is_only_told_to_be_short(stranger: Browse, acme: Tenant, dave: User):
    page = stranger(acme).post(link(dave), {"password": "aaa", "password_again": "aaa"})

    assert len(page.context["form"].errors["password"]) == 1


def test_a_link_that_does_not_work_says_so_and_nothing_more(
    stranger: Browse, acme: Tenant, globex: Tenant, dave: User, mallory: User
):
    good = link(dave)
    token = good.partition("=")[2]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 10)):
        pages = [stranger(acme).get(good)]
    pages += [
        stranger(acme).get(f"/welcome/{dave.pk}?token={token[:-1]}x"),
        stranger(acme).get(f"/welcome/{dave.pk}?token=\N{SNOWMAN}"),
        stranger(acme).get(f"/welcome/{dave.pk}"),
        stranger(acme).get(f"/welcome/00000000-0000-0000-0000-000000000000?token={token}"),
        stranger(acme).get(link(mallory)),
    ]
    User._base_manager.filter(pk=dave.pk).update(is_active=False)
    pages.append(stranger(acme).get(good))

    assert {page.status_code for page in pages} == {404}
    assert len({without_changing_parts(page) for page in pages}) == 1
    assert stranger(globex).get(good).status_code == 404


@pytest.mark.parametrize(
    ("network", "limit"),
    [("2001:db8:1:2::/64", 100), ("2001:db8:1::/48", 400), ("2001:db8::/32", 2000), ("203.0.113.0/24", 400)],
)
def test_who_tries_many_links_waits_and_whose_link_works_does_not(
    stranger: Browse, acme: Tenant, dave: User, alice: User, network: str, limit: int
):
    address = network.partition("/")[0]
    browser = from_address(stranger(acme), address + "9" if ":" in address else "203.0.113.9")
    guess = f"/welcome/{dave.pk}?token=guess"
    with time_machine.travel(NOON, tick=False):
        for _ in range(limit - 1):
            FailedAttempts.add("link", network, now=NOON)
        assert browser.get(guess).status_code == 404

        for page in (browser.get(guess), browser.post(guess, {"password": NEW})):
            assert (page.status_code, page["Retry-After"]) == (429, "600")
            assert "Try again in 10 minutes." in page.content.decode()
        good = link(dave)
        assert browser.get(good).status_code == 200
        assert browser.post(good, {"password": NEW, "password_again": NEW}).status_code == 303
        assert stranger(acme).get(guess).status_code == 404
    with scope(tenant=acme):
        refused = Event.objects.filter(action=Action.SESSION_REFUSED, target_id=str(dave.pk))
        reasons = set(refused.values_list("details__reason", flat=True))
    assert reasons == {"dead_link", "too_many_failed_attempts"}


def test_the_link_works_while_somebody_else_is_signed_in(browser: Browse, alice: User, dave: User):
    chromium = browser(alice)

    chromium.post(link(dave), {"password": NEW, "password_again": NEW})

    assert "dave@acme.example" in chromium.get("/account/applications").content.decode()


@pytest.mark.parametrize(
    "address", ["/", "/login", "/logout", "/welcome/00000000-0000-0000-0000-000000000000"]
)
def test_other_methods_are_refused(browser: Browse, alice: User, address: str):
    assert browser(alice).put(address).status_code == 405
