"""Searching the audit log: what names one thing is found in a log of any length, and nothing reads all of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from console import trace
from console.models import Action, Actor, Client, ClientSecret, Event, EventKeyword, Tenant, User
from console.pages.forms import event_filter, event_search
from tests import cast

Browse = Callable[..., Browser]
LIST = "/console/events"
NUMBER = re.compile(r"N:</span> <span class=\"mono\">(\d)<")
STRANGE = "https://evil.example/callback?x=å"


def page(browser: Browse, person: User, **query: str) -> str:
    answer = browser(person).get(LIST, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def sentences(text: str) -> int:
    """How many events are on a page."""
    return text.count('class="timeline__event')


@pytest.fixture
def many(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`many()`: so many younger events that text is no longer looked for in the older ones."""
    monkeypatch.setattr(event_search, "TEXT_SEARCHED", 3)

    def add() -> None:
        with scope(tenant=acme):
            for _ in range(4):
                Event.record(acme, Action.SESSION_STARTED, by=Actor.anonymous("203.0.113.9"))

    return add


@pytest.fixture
def refused_url(acme: Tenant, web_client: tuple[Client, str], stranger: Browse) -> Client:
    stranger(acme).get(
        "/oauth/authorize",
        {"client_id": web_client[0].client_id, "redirect_uri": STRANGE, "response_type": "code"},
    )
    return web_client[0]


@pytest.mark.parametrize(
    "text", [STRANGE, STRANGE.upper(), f"  {STRANGE} ", "evil.example", "EVIL.example"], ids=ascii
)
def test_a_refused_redirect_url_is_found_by_itself_and_by_its_host(
    browser: Browse, alice: User, refused_url: Client, many: Callable[[], None], text: str
):
    many()

    found = page(browser, alice, q=text)

    assert sentences(found) == 1
    assert "An authorization request from <b>Web app</b> was rejected." in found
    assert sentences(page(browser, alice, q="evil.exampl")) == 0  # text, and no longer among the newest


def test_a_long_redirect_url_is_found_although_only_its_beginning_is_kept(
    acme: Tenant, browser: Browse, alice: User, web_client: tuple[Client, str], stranger: Browse
):
    url = "https://evil.example/" + "x" * 1000
    stranger(acme).get(
        "/oauth/authorize",
        {"client_id": web_client[0].client_id, "redirect_uri": url, "response_type": "code"},
    )

    assert sentences(page(browser, alice, q=url)) == 1


def test_a_registered_redirect_url_is_found_in_what_was_changed(
    acme: Tenant, browser: Browse, alice: User, web_client: tuple[Client, str], many: Callable[[], None]
):
    with scope(tenant=acme):
        web_client[0].edit(by=Actor(alice), redirect_uris=["https://new.example/callback"])
    many()

    assert "created <b>Web app</b>" in page(browser, alice, q=cast.REDIRECT_URL)
    assert "edited <b>Web app</b>" in page(browser, alice, q="https://new.example/callback")
    assert sentences(page(browser, alice, q=cast.REDIRECT_URL)) == 2  # made with it, and it was taken away


def test_a_client_id_finds_what_is_about_the_client(
    browser: Browse, alice: User, refused_url: Client, many: Callable[[], None]
):
    many()

    found = page(browser, alice, q=refused_url.client_id)

    assert "An authorization request from <b>Web app</b> was rejected." in found
    assert "created <b>Web app</b>" in found


def test_a_client_id_that_names_nothing_finds_who_tried_it(
    acme: Tenant, browser: Browse, alice: User, stranger: Browse, many: Callable[[], None]
):
    stranger(acme).post("/oauth/token", **cast.form(grant_type="refresh_token", client_id="a" * 32))
    many()

    assert sentences(page(browser, alice, q="A" * 32)) == 1


@pytest.mark.parametrize("how", ["{}", "…{}", "…\N{WORD JOINER}{}"])
def test_the_hint_of_a_secret_finds_what_happened_to_it(
    acme: Tenant,
    browser: Browse,
    alice: User,
    web_client: tuple[Client, str],
    many: Callable[[], None],
    how: str,
):
    with scope(tenant=acme):
        ClientSecret.objects.get().remove(by=Actor(alice))
    many()

    found = page(browser, alice, q=how.format(web_client[1][-5:]))

    assert "generated the secret" in found
    assert "removed the secret" in found
    assert sentences(found) == 2


def test_the_reference_of_an_answer_finds_its_event_and_is_shown_there(
    acme: Tenant,
    browser: Browse,
    alice: User,
    stranger: Browse,
    many: Callable[[], None],
    one_trace_id: pytest.MonkeyPatch,
):
    one_trace_id.undo()
    reader = browser(alice)
    asked = [
        stranger(acme).post("/oauth/token", **cast.form(grant_type="x")).json()["traceId"] for _ in range(2)
    ]
    trace.clear()
    many()

    for trace_id in asked:  # also the second, which is counted on the row of the first
        found = reader.get(LIST, {"q": trace_id}).content.decode()
        assert sentences(found) == 1
        assert asked[0] in found


def test_nothing_of_another_tenant_is_found(
    acme: Tenant, browser: Browse, mallory: User, refused_url: Client, web_client: tuple[Client, str]
):
    with scope(tenant=acme):
        trace_id = str(Event.objects.filter(action="authorization.refused").get().trace_id)
    for text in (STRANGE, refused_url.client_id, web_client[1][-5:]):
        assert sentences(page(browser, mallory, q=text)) == 0
    assert "evil" not in page(browser, mallory, q=trace_id)


def test_a_search_goes_with_the_other_filters(browser: Browse, alice: User, refused_url: Client):
    assert sentences(page(browser, alice, q=STRANGE, outcome="refused")) == 1
    assert sentences(page(browser, alice, q=STRANGE, outcome="done")) == 0
    assert sentences(page(browser, alice, q=STRANGE, until="2020-01-01")) == 0


# --- Text -----------------------------------------------------------------------------------------------------


def test_text_is_looked_for_in_the_newest_and_the_page_says_so(
    acme: Tenant, browser: Browse, alice: User, many: Callable[[], None]
):
    with scope(tenant=acme):
        old = Event.objects.get(action="user.created", target_name=alice.email)
        Event.objects.filter(pk=old.pk).update(happened_at=datetime(2026, 1, 1, tzinfo=UTC))
    many()

    recent = page(browser, alice, q="203.0.113")
    assert "newest 3 events were searched" in recent
    assert "created the user" not in page(browser, alice, q="alice@")
    assert "created the user" in page(browser, alice, q="alice@", until="2026-01-02")
    assert "events were searched" not in page(browser, alice, q="alice@", until="2026-01-02")


def test_who_is_looked_for_in_the_newest_too(browser: Browse, alice: User, many: Callable[[], None]):
    many()

    assert "newest 3 events were searched" in page(browser, alice, actor="nobody")


def test_reading_on_goes_through_what_was_found(
    acme: Tenant, browser: Browse, alice: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.pages.audit_log.PAGE", 2)
    with scope(tenant=acme):
        for number in range(5):
            Event.record(acme, Action.CLIENT_DELETED, by=Actor(alice), details={"hint": "abcde", "n": number})

    first = browser(alice).get(LIST, {"q": "abcde"})
    second = browser(alice).get(LIST, {"q": "abcde", "before": first.context["older"]})

    assert sentences(first.content.decode()) == sentences(second.content.decode()) == 2
    assert not set(NUMBER.findall(first.content.decode())) & set(NUMBER.findall(second.content.decode()))


# --- Clients --------------------------------------------------------------------------------------------------


def test_a_client_is_chosen_by_its_name_a_part_of_it_or_its_id(
    acme: Tenant, browser: Browse, alice: User, refused_url: Client
):
    cast.register(acme, name="Web application two")

    for text in (refused_url.client_id, "Web app", "web APP"):
        assert "created <b>Web app</b>" in page(browser, alice, client=text)
        assert "<b>Web application two</b>" not in page(browser, alice, client=text)
    assert "created <b>Web application two</b>" in page(browser, alice, client="tion two")


def test_a_part_that_several_clients_have_is_asked_about(acme: Tenant, browser: Browse, alice: User):
    for number in range(5):
        cast.register(acme, name=f"Report {number}")

    answer = browser(alice).get(LIST, {"client": "report"})

    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Several clients match (Report 0, Report 1, Report 2, for example)" in text
    assert 'value="report"' in text


def test_the_page_holds_a_few_clients_however_many_there_are(
    acme: Tenant, browser: Browse, alice: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_filter, "SUGGESTIONS", 3)
    for number in range(6):
        cast.register(acme, name=f"Report {number}")

    text = page(browser, alice)

    assert text.count('<option value="Report') == 3
    assert 'list="clients-of-events"' in text


# --- By indexes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [STRANGE, "client", "trace", "hinta"])
def test_no_statement_of_such_a_search_reads_through_the_log(
    acme: Tenant, browser: Browse, alice: User, refused_url: Client, text: str
):
    """The database is asked for its plan of each. On PostgreSQL a small table would be read through all the same."""
    with scope(tenant=acme):
        Event.record(acme, Action.SECRET_REMOVED, by=Actor(alice), details={"hint": "hinta"})
    query = {"client": refused_url.client_id, "trace": "f" * 32}.get(text, text)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(browser, alice, q=query)

    about_events = [each["sql"] for each in queries if 'FROM "console_event' in each["sql"]]
    assert len(about_events) >= 2
    for sql in about_events:
        assert not reads_through(sql), sql


def reads_through(sql: str) -> bool:
    """Whether the plan of a statement goes over a whole table or index of events or their keywords."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[3] for row in cursor.fetchall()]
            through = ("SCAN console_event", "SEARCH console_event USING INDEX event_newest (tenant_id=?)")
            return any(step.startswith(through) for step in plan)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = [row[0] for row in cursor.fetchall()]
    return any("Seq Scan on console_event" in step for step in plan)


def test_an_event_of_everyday_traffic_has_no_keywords(
    acme: Tenant, alice: User, web_client: tuple[Client, str]
):
    with scope(tenant=acme):
        before = EventKeyword.objects.count()
        Event.record(
            acme,
            Action.TOKENS_ISSUED,
            by=Actor(client=web_client[0]),
            target=web_client[0],
            details={"user": alice.email, "scope": "openid"},
        )
        assert EventKeyword.objects.count() == before


@pytest.mark.parametrize(
    ("stored", "language", "text"),
    [
        ("unknown_secret", "en", "Unknown SECRET"),
        ("unknown secret", "en", "Unknown SECRET"),
        ("unknown_secret", "en", "unknown_secret"),
        ("unknown_secret", "sv", "okänd HEMLIGHET"),
        ("unknown secret", "sv", "okänd HEMLIGHET"),
        ("unknown_secret", "sv", "unknown secret"),
        ("unknown client", "en", "does not exist, or this tenant"),
        ("a sentence of an older version", "en", "of an OLDER"),
    ],
)
def test_a_reason_is_found_by_its_words_whenever_it_was_stored(
    acme: Tenant, browser: Browse, alice: User, stored: str, language: str, text: str
):
    with scope(tenant=acme):
        for reason in (stored, "others", ""):
            Event.objects.create(tenant=acme, action=Action.TOKENS_REFUSED, details={"reason": reason})
    chromium = browser(alice)
    chromium.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    assert sentences(chromium.get(LIST, {"q": text}).content.decode()) == 1


def test_the_sentence_of_a_removed_secret_and_of_the_others_does_not_depend_on_when_it_was_stored(
    acme: Tenant, browser: Browse, alice: User
):
    with scope(tenant=acme):
        for reason in ("removed secret", "removed_secret", "others"):
            details = {"reason": reason, "hint": "abcde"}
            Event.objects.create(
                tenant=acme, action=Action.TOKENS_REFUSED, target_name="Reports", details=details
            )

    text = page(browser, alice)

    assert text.count("Someone tried to use the removed secret") == 2
    assert text.count("Removed secret") == 2
    assert text.count("More token requests were rejected.") == 1
