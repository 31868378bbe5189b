"""Asking for a published client, and the answer: `/console/requests` and `/account/requests` (P2, N6)."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, Connection, ConnectionRequest, Event, Tenant, User
from tests import cast
from tests.cast import ask, publish
from tests.oauth.driver import Application, asks_for_consent, hidden_fields, post_form

pytestmark = pytest.mark.django_db

LIST = "/console/requests"
OWN = "/account/requests"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


@pytest.fixture
def studio(globex: Tenant) -> Client:
    return publish(globex)


@pytest.fixture
def wish(bob: User, alice: User, studio: Client) -> ConnectionRequest:
    return ask(bob, studio)


def approve_at(wish: ConnectionRequest) -> str:
    return f"{LIST}/{wish.pk}/approve"


def deny_at(wish: ConnectionRequest) -> str:
    return f"{LIST}/{wish.pk}/deny"


def approve(admin: Browser, wish: ConnectionRequest, **fields: Any) -> Any:
    usual = {"decision": "approve", "consent_method": "required", "scopes": ["profile", "apps:read"]}
    return admin.post(
        approve_at(wish), {**hidden_fields(admin.get(approve_at(wish)), of="shown"), **usual, **fields}
    )


def stored(wish: ConnectionRequest) -> ConnectionRequest:
    with scope(tenant=wish.tenant):
        return ConnectionRequest.objects.get(pk=wish.pk)


def connections(tenant: Tenant) -> list[Connection]:
    with scope(tenant=tenant):
        return list(Connection.objects.exclude(client__tenant=tenant))


def badge(page: Any) -> list[str]:
    return re.findall(r'navigation__count">\s*(\d+)', text(page))


# --- Asking, inside the sign-in -----------------------------------------------------------------------------------


def test_somebody_who_may_not_approve_is_told_and_can_ask(
    browser: Browse, alice: User, bob: User, carol: User, studio: Client, mailoutbox: list[Any]
):
    app = Application(studio, tenant=bob.tenant)
    here = browser(bob)

    page = app.authorize(here, scope="openid profile")
    assert "Insight studio needs approval" in text(page)
    fields = {**hidden_fields(page), "decision": "ask", "reason": " Quarterly\r\n figures "}
    answer = post_form(here, app.address(scope="openid profile"), fields)

    assert answer["Location"] == OWN
    assert re.search(r"Quarterly\s+figures", text(here.get(OWN)))
    assert "Waiting for an administrator" in text(here.get(OWN))
    assert "We’ve asked your administrators" in text(app.authorize(here, scope="openid profile"))
    assert [mail.to for mail in mailoutbox] == [[alice.email]]  # every administrator, and nobody else
    assert "Insight studio" in mailoutbox[0].subject
    assert f"{bob.tenant.issuer}{LIST}" in mailoutbox[0].body
    assert "Reason: Quarterly figures" in mailoutbox[0].body
    assert not connections(bob.tenant)


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("locmem", "You’ll get an email when they decide."),
        ("console", "You’ll see their decision on this page."),
    ],
)
def test_whoever_asked_is_told_what_comes_next_until_it_is_decided(
    browser: Browse, alice: User, bob: User, wish: ConnectionRequest, settings: Any, backend: str, said: str
):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"

    waiting = text(browser(bob).get(OWN))
    assert browser(alice).post(deny_at(wish), {"answer": "Not now."}).status_code == 303

    assert "We’ve asked your administrators" in waiting
    assert said in waiting
    assert "We’ve asked your administrators" not in text(browser(bob).get(OWN))


def test_several_people_are_one_request_and_one_mail(
    browser: Browse, alice: User, bob: User, carol: User, studio: Client, mailoutbox: list[Any]
):
    for person in (bob, carol, bob):
        here = browser(person)
        app = Application(studio, tenant=bob.tenant)
        page = app.authorize(here, scope="openid")
        if b'value="ask"' in page.content:
            post_form(here, app.address(scope="openid"), {**hidden_fields(page), "decision": "ask"})

    page = text(browser(alice).get(LIST))
    assert page.count("Review and approve") == 1
    assert "2 people" in page
    assert "Bob" in page
    assert "Carol" in page
    assert len(mailoutbox) == 1


def test_everybody_is_written_to_in_their_own_language(
    browser: Browse, alice: User, bob: User, studio: Client, mailoutbox: list[Any]
):
    dora = cast.join(alice.tenant, "dora", "administrator")  # she has not been here: nothing is known of hers
    browser(alice).post("/language", {"language": "en"})
    browser(bob).post("/language", {"language": "sv"})
    here = Browser(headers={"host": cast.host_of(bob.tenant), "accept-language": "sv"})
    here.cookies.update(browser(bob).cookies)
    browser(bob).post("/language", {"language": "sv"})
    app = Application(studio, tenant=bob.tenant)
    page = here.get(app.address(scope="openid"))
    post_form(here, app.address(scope="openid"), {**hidden_fields(page), "decision": "ask"})

    to = {mail.to[0]: f"{mail.subject}\n{mail.body}" for mail in mailoutbox}
    assert "Request to connect" in to[alice.email]
    assert "Bob asks you to connect" in to[alice.email]
    assert "Bob ber dig" in to[dora.email]

    with scope(tenant=bob.tenant):
        [wish] = ConnectionRequest.objects.all()
    browser(alice).post(deny_at(wish), {"answer": "No."})

    assert "har besvarats" in mailoutbox[-1].subject
    assert "En huvudadministratör har" in mailoutbox[-1].body


# --- The list -----------------------------------------------------------------------------------------------------


def test_every_administrator_sees_who_asks_for_what_and_why(
    browser: Browse, alice: User, wish: ConnectionRequest
):
    for admin in (alice, cast.join(alice.tenant, "dora", "administrator")):
        page = browser(admin).get(LIST)
        for words in ("Insight studio", "Globex", "Bob", "For the board", "just now"):
            assert words in text(page)
        assert badge(page) == ["1"]
    assert badge(browser(alice).get("/console/events")) == ["1"]
    assert badge(browser(alice).get("/account/applications")) == []


def test_many_people_who_write_much_do_not_push_the_other_requests_away(
    browser: Browse, alice: User, bob: User, studio: Client
):
    wish = ask(bob, studio, "Please " + "a" * 900 + " THE END")
    for number in range(4):
        ask(cast.join(bob.tenant, f"person{number}"), studio)
    admin = browser(alice)

    listed, asked = text(admin.get(LIST)), text(admin.get(approve_at(wish)))

    assert "THE END" not in listed
    assert "Person2" not in listed
    assert "5 people in total" in listed
    assert "THE END" in asked
    assert asked.index("Person1") < asked.index("<details>") < asked.index("Person2")


def test_open_and_answered_requests_have_pages_of_their_own(
    browser: Browse, alice: User, bob: User, globex: Tenant, settings: Any
):
    settings.LIMITS = settings.LIMITS | {"clients_per_tenant": 100}
    with scope(tenant=bob.tenant):
        for number in range(47):
            wish = ask(bob, publish(globex, name=f"Studio {number:02}"))
            if number < 21:
                wish.deny("No.", by=Actor(user=alice))
    admin = browser(alice)

    first = text(admin.get(LIST))
    further = text(admin.get(f"{LIST}?waiting=2"))

    assert first.count("Review and approve") == 25
    assert "Studio 21<" in first  # it has waited longest
    assert "Studio 46<" not in first
    assert ('href="?waiting=2"' in first, 'href="?page=2"' in first) == (True, True)
    assert further.count("Review and approve") == 1
    assert "Studio 46<" in further
    assert further.count("Denied</span>") == 20
    assert badge(admin.get(LIST)) == ["26"]


def test_without_any_it_says_so(browser: Browse, alice: User):
    page = browser(alice).get(LIST)

    assert "No open requests" in text(page)
    assert badge(page) == []


def test_auditors_read_and_others_do_not(
    browser: Browse, stranger: Any, alice: User, bob: User, carol: User, wish: ConnectionRequest
):
    page = browser(carol).get(LIST)
    assert "For the board" in text(page)
    assert "approve" not in text(page).replace("Approved", "")
    assert badge(page) == []
    for person, address in (
        (carol, approve_at(wish)),
        (carol, deny_at(wish)),
        (bob, LIST),
        (bob, deny_at(wish)),
    ):
        assert browser(person).get(address).status_code == 403
        assert browser(person).post(address, {"decision": "approve", "answer": "No"}).status_code == 403
    assert stranger(bob.tenant).get(LIST).status_code == 302
    assert stored(wish).status == "open"


def test_tn01_a_request_of_another_tenant_is_as_unknown_as_none(
    browser: Browse, mallory: User, wish: ConnectionRequest
):
    there = browser(mallory)

    assert "Insight studio" not in text(there.get(LIST))
    for rest in ("approve", "deny"):
        unknown = there.get(f"{LIST}/{10**9}/{rest}")
        foreign = there.get(f"{LIST}/{wish.pk}/{rest}")
        assert (foreign.status_code, foreign.content) == (404, unknown.content)
        assert there.post(f"{LIST}/{wish.pk}/{rest}", {"answer": "No"}).status_code == 404
    assert stored(wish).status == "open"


def test_it_takes_the_same_queries_for_one_request_and_for_many(
    browser: Browse, alice: User, bob: User, carol: User, globex: Tenant, django_assert_max_num_queries: Any
):
    for number in range(6):
        wish = ask(bob, publish(globex, name=f"Client {number}"))
        ask(carol, wish.client)
        if number % 2:
            with scope(tenant=bob.tenant):
                wish.deny("No", by=Actor(user=alice))
    admin = browser(alice)

    with django_assert_max_num_queries(10):
        assert admin.get(LIST).status_code == 200


# --- Approving ----------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_approved(browser: Browse, alice: User, bob: User, globex: Tenant):
    client = publish(globex, homepage_url="https://elsewhere.example", grant_types=["client_credentials"])

    page = text(browser(alice).get(approve_at(ask(bob, client))))

    for words in ("Globex", "https://elsewhere.example", "Unverified", "studio.globex.example", "For the board",
                  "Stay connected when you’re not using it", "Broad access", "work without a user"):  # fmt: skip
        assert words in page
    for field in (
        'name="consent_method"',
        'name="scopes"',
        'name="until"',
        'name="decision" value="approve"',
    ):
        assert field in page


def test_approving_connects_on_these_terms_and_tells_those_who_asked(
    browser: Browse, alice: User, bob: User, carol: User, wish: ConnectionRequest, mailoutbox: list[Any]
):
    ask(carol, wish.client)
    until = (timezone.localdate() + timedelta(days=20)).isoformat()

    answer = approve(browser(alice), wish, consent_method="trusted", until=until)

    [made] = connections(alice.tenant)
    assert (answer.status_code, answer["Location"]) == (303, f"/console/oauth/connections/{made.pk}")
    assert (made.consent_method, made.approved_by_id) == ("trusted", alice.pk)
    assert made.scopes == ["openid", "profile", "apps:read"]  # who signs in is always known
    assert made.expires_at is not None
    assert made.expires_at.date().isoformat() == until
    answered = stored(wish)
    assert (answered.status, answered.decided_by_id) == ("approved", alice.pk)
    assert {mail.to[0] for mail in mailoutbox} == {bob.email, carol.email}
    assert "is connected to Acme AB now" in mailoutbox[0].body
    assert f"{bob.tenant.issuer}{OWN}" in mailoutbox[0].body
    page = text(browser(bob).get(OWN))
    assert "Approved" in page
    assert "Alice" in page
    assert badge(browser(alice).get(LIST)) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"consent_method": ""}, "Choose a consent method"),
        ({"consent_method": "never"}, "Choose a consent method"),
        ({"until": "2001-01-01"}, "Choose a day after today"),
        ({"until": "2026-02-31"}, "Choose a day after today"),
        ({"until": "soon\0"}, "Choose a day after today"),
    ],
)
def test_an_incomplete_answer_comes_back_as_it_was_entered(
    browser: Browse, alice: User, wish: ConnectionRequest, fields: dict[str, str], words: str
):
    page = approve(browser(alice), wish, **{"scopes": ["apps:read"]} | fields)

    assert page.status_code == 422
    assert words in text(page)
    assert re.findall(r'name="scopes" value="([\w:]+)" checked', text(page)) == ["apps:read"]
    assert not connections(alice.tenant)


def test_something_must_remain(browser: Browse, alice: User, bob: User, globex: Tenant):
    wish = ask(bob, publish(globex, allowed_scopes=["apps:read"]))

    page = approve(browser(alice), wish, scopes=[])

    assert page.status_code == 422
    assert "at least one thing" in text(page)


def test_a_client_that_changes_meanwhile_is_shown_again(
    browser: Browse, alice: User, studio: Client, wish: ConnectionRequest
):
    admin = browser(alice)
    opened = hidden_fields(admin.get(approve_at(wish)), of="shown")
    with scope(tenant=studio.tenant):
        studio.edit(by=Actor.operator(), redirect_uris=["https://evil.example/callback"])

    late = admin.post(approve_at(wish), {**opened, "decision": "approve", "consent_method": "required"})

    assert late.status_code == 422
    assert "Please read it again" in text(late)
    assert "evil.example" in text(late)
    assert not connections(alice.tenant)
    assert (
        admin.post(approve_at(wish), {"decision": "approve", "consent_method": "trusted"}).status_code == 422
    )


@pytest.mark.parametrize("act", ["disable", "unpublish", "remove"])
def test_a_client_that_has_gone_cannot_be_approved(
    browser: Browse, alice: User, studio: Client, wish: ConnectionRequest, act: str
):
    admin = browser(alice)
    opened = hidden_fields(admin.get(approve_at(wish)), of="shown")
    with scope(tenant=studio.tenant):
        getattr(studio, act)(by=Actor.operator(), **({"connected_stay": True} if act == "unpublish" else {}))

    for page in (
        admin.get(approve_at(wish)),
        admin.post(approve_at(wish), {**opened, "decision": "approve", "consent_method": "required"}),
    ):
        assert "It cannot be connected now" in text(page)
        assert 'value="approve"' not in text(page)
    assert "Not available now" in text(admin.get(LIST))
    assert not connections(alice.tenant)
    assert admin.post(deny_at(wish), {"answer": "It is gone"}).status_code == 303


def test_deny_on_the_approval_page_leads_to_the_page_that_asks_why(
    browser: Browse, alice: User, wish: ConnectionRequest
):
    answer = browser(alice).post(approve_at(wish), {"decision": "deny"})

    assert (answer.status_code, answer["Location"]) == (303, deny_at(wish))
    assert stored(wish).status == "open"


# --- Refusing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["", "   ", "x" * 1001, "bad\x07bell", "\0"])
def test_a_refusal_needs_a_text(browser: Browse, alice: User, wish: ConnectionRequest, answer: str):
    page = browser(alice).post(deny_at(wish), {"answer": answer})

    assert page.status_code == 422
    assert 'id="id_answer_error"' in text(page)
    assert stored(wish).status == "open"


def test_a_refusal_is_told_and_listed(
    browser: Browse, alice: User, bob: User, wish: ConnectionRequest, mailoutbox: list[Any]
):
    admin = browser(alice)
    assert "<html" not in text(admin.get(deny_at(wish), headers=DIALOG))

    answer = admin.post(deny_at(wish), {"answer": "We have\r\n<b>another</b> one."}, headers=DIALOG)

    assert (answer.status_code, answer["HX-Redirect"]) == (204, LIST)
    assert [mail.to for mail in mailoutbox] == [[bob.email]]
    assert "has decided not to connect Insight studio" in mailoutbox[0].body
    assert "<b>another</b> one." in mailoutbox[0].body
    for page in (text(admin.get(LIST)), text(browser(bob).get(OWN))):
        assert "Denied" in page
        assert "&lt;b&gt;another&lt;/b&gt; one." in page
        assert "Alice" in page
    with scope(tenant=alice.tenant):
        event = Event.objects.get(action=Action.CONNECTION_DENIED)
    assert (event.actor_name, event.details["answer"]) == (alice.email, "We have\n<b>another</b> one.")
    log = text(admin.get("/console/events"))
    assert "denied the request to connect <b>Insight studio</b>" in log
    assert "asked to connect <b>Insight studio</b>" in log


def test_a_refusal_is_not_told_again_when_somebody_connects_it_later(
    browser: Browse, alice: User, wish: ConnectionRequest, studio: Client, mailoutbox: list[Any]
):
    admin = browser(alice)
    admin.post(deny_at(wish), {"answer": "Not now"})
    mailoutbox.clear()
    app = Application(studio, tenant=alice.tenant)
    page = app.authorize(admin, scope="openid profile")

    answer = post_form(
        admin,
        app.address(scope="openid profile"),
        {**hidden_fields(page), "decision": "approve", "consent_method": "required", "scopes": "profile"},
    )

    assert asks_for_consent(admin.get(answer["Location"]))
    assert connections(alice.tenant)
    assert mailoutbox == []
    assert stored(wish).status == "denied"


def test_an_approval_inside_a_sign_in_answers_the_request_and_leaves_sign_in_to_it(
    browser: Browse, alice: User, bob: User, wish: ConnectionRequest, studio: Client, mailoutbox: list[Any]
):
    admin = browser(alice)
    app = Application(studio, tenant=alice.tenant)
    page = app.authorize(admin, scope="openid profile")
    assert "For the board" in text(page)
    bad = post_form(
        admin,
        app.address(scope="openid profile"),
        {**hidden_fields(page), "decision": "approve", "until": "x"},
    )
    assert bad.status_code == 422

    post_form(
        admin,
        app.address(scope="openid profile"),
        {**hidden_fields(bad), "decision": "approve", "consent_method": "required", "scopes": "profile"},
    )

    assert stored(wish).status == "approved"
    assert [mail.to for mail in mailoutbox] == [[bob.email]]
    [made] = connections(alice.tenant)
    assert made.scopes == ["openid", "profile"]
    assert "Confirm your identity" not in text(page)


def test_a_mail_that_cannot_be_sent_undoes_nothing(
    browser: Browse, alice: User, wish: ConnectionRequest, settings: Any
):
    settings.EMAIL_BACKEND = "tests.pages.no_such_backend.EmailBackend"

    answer = browser(alice).post(deny_at(wish), {"answer": "No"})

    assert answer.status_code == 303
    assert stored(wish).status == "denied"


# --- Two administrators -------------------------------------------------------------------------------------------


def test_the_second_administrator_sees_what_the_first_decided(
    browser: Browse, alice: User, wish: ConnectionRequest, mailoutbox: list[Any]
):
    dora = browser(cast.join(alice.tenant, "dora", "administrator"))
    opened = hidden_fields(dora.get(approve_at(wish)), of="shown")
    browser(alice).post(deny_at(wish), {"answer": "Too expensive"})
    mailoutbox.clear()

    for late in (
        dora.post(approve_at(wish), {**opened, "decision": "approve", "consent_method": "required"}),
        dora.post(deny_at(wish), {"answer": "No"}),
        dora.get(approve_at(wish)),
        dora.get(deny_at(wish)),
    ):
        assert late.status_code == (200 if late.wsgi_request.method == "GET" else 422)
        for words in ("This request has been answered", "Alice", "Denied", "Too expensive"):
            assert words in text(late)
    assert not connections(alice.tenant)
    assert stored(wish).answer == "Too expensive"
    assert mailoutbox == []


def test_a_refusal_after_an_approval_changes_nothing(browser: Browse, alice: User, wish: ConnectionRequest):
    approve(browser(alice), wish)

    late = browser(cast.join(alice.tenant, "dora", "administrator")).post(deny_at(wish), {"answer": "No"})

    assert late.status_code == 422
    assert "Approved" in text(late)
    assert len(connections(alice.tenant)) == 1


@pytest.mark.django_db(transaction=True)
def test_f16_at_once_one_of_two_administrators_decides(
    browser: Browse, alice: User, wish: ConnectionRequest, mailoutbox: list[Any]
):
    """However the two meet: one decision, one mail, never an error, and a connection only if it was an approval."""
    first, second = browser(alice), browser(cast.join(alice.tenant, "dora", "administrator"))
    sealed = hidden_fields(first.get(approve_at(wish)), of="shown")
    approval = {**sealed, "decision": "approve", "consent_method": "required", "scopes": ["profile"]}
    statuses: list[int] = []
    gate = threading.Barrier(2)

    def act(admin: Browser, address: str, fields: dict[str, Any]) -> None:
        try:
            gate.wait()
            statuses.append(admin.post(address, fields).status_code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=act, args=(first, approve_at(wish), approval)),
        threading.Thread(target=act, args=(second, deny_at(wish), {"answer": "No"})),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303, 422]
    assert (stored(wish).status == "approved") == bool(connections(alice.tenant))
    assert len(mailoutbox) == 1


# --- The requester's own page ---------------------------------------------------------------------------------------


def test_the_own_page_shows_nobody_elses(browser: Browse, bob: User, carol: User, wish: ConnectionRequest):
    assert "Insight studio" in text(browser(bob).get(OWN))
    assert "No requests" in text(browser(carol).get(OWN))


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "x\r\nBcc: eve@evil.example", "{{ x }}%(client)s"]
)
def test_tn10_names_and_reasons_are_text_in_pages_and_mails(
    browser: Browse, alice: User, bob: User, globex: Tenant, name: str, mailoutbox: list[Any]
):
    with scope(tenant=bob.tenant):
        User.objects.filter(pk=bob.pk).update(name=name)
    wish = ask(bob, cast.registered_earlier(publish(globex), name=name), reason=name)

    for page in (
        browser(alice).get(LIST),
        browser(alice).get(approve_at(wish)),
        browser(alice).get(deny_at(wish)),
        browser(bob).get(OWN),
    ):
        assert "<script>alert" not in text(page)
        assert "<bdi>" in text(page)
    approve(browser(alice), wish)
    assert [mail.to for mail in mailoutbox] == [[bob.email]]
    assert mailoutbox[0].bcc == []
    assert "\n" not in mailoutbox[0].subject
    assert mailoutbox[0].message()["Bcc"] is None
