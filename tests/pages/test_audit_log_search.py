"""Searching the audit log: what names one thing is found in a log of any length, and nothing reads all of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from console import trace
from console.models import (
    Action,
    Actor,
    Client,
    ClientSecret,
    Connection,
    Event,
    EventKeyword,
    Tenant,
    User,
    event_reading,
)
from console.pages.forms import event_choices
from tests import cast

Browse = Callable[..., Browser]
LIST = "/console/events"
NUMBER = re.compile(r"N:</span> <span class=\"mono\">(\d)<")
FURTHER = re.compile(r'rel="next" href="[^"?]*([^"]*)"')
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
    monkeypatch.setattr(event_reading, "LOOKED_THROUGH", 3)

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
        row, secret = ClientSecret.add_to(web_client[0], by=Actor(alice))
        row.remove(by=Actor(alice))
    many()

    found = page(browser, alice, q=how.format(secret[-5:]))

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


def test_text_is_looked_for_in_the_newest_and_the_page_leads_on(
    acme: Tenant, browser: Browse, alice: User, many: Callable[[], None]
):
    with scope(tenant=acme):
        old = Event.objects.get(action="user.created", target_name=alice.email)
        Event.objects.filter(pk=old.pk).update(happened_at=datetime(2026, 1, 1, tzinfo=UTC))
    many()

    recent = page(browser, alice, q="203.0.113")
    assert "Searched back to" in recent
    assert 0 < sentences(recent) <= 3
    found, pages = "", 0
    further: str | None = LIST + "?q=alice@"
    while further:
        found, pages = str(browser(alice).get(further).content.decode()), pages + 1
        further = next(iter(FURTHER.findall(found)), None)
        further = further and LIST + further.replace("&amp;", "&")
    assert pages > 1
    assert "created the user" in found
    assert "created the user" in page(browser, alice, q="alice@", until="2026-01-02")
    assert "Searched back to" not in page(browser, alice, q="alice@", until="2026-01-02")


def test_a_page_without_a_match_says_how_far_back_it_looked(
    browser: Browse, alice: User, many: Callable[[], None]
):
    many()

    for query in ({"actor": "nobody"}, {"q": "nobody"}, {"q": "nobody", "outcome": "done"}):
        text = page(browser, alice, **query)
        assert "Nothing matches so far." in text
        assert "Searched back to" in text
        assert "No events match these filters." not in text


def test_an_action_that_has_no_such_outcome_is_not_searched_for(
    browser: Browse, alice: User, many: Callable[[], None]
):
    many()

    text = page(browser, alice, action="session.started", outcome="refused")

    assert "No events match these filters." in text


def test_an_export_goes_through_the_whole_log(
    browser: Browse, alice: User, many: Callable[[], None], monkeypatch: pytest.MonkeyPatch
):
    many()
    monkeypatch.setattr("console.pages.audit_log.BATCH", 2)

    answer: Any = browser(alice).get("/console/events/export", {"q": "alice@", "format": "jsonl"})

    exported = b"".join(answer.streaming_content).decode()
    assert '"user.created"' in exported


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


def test_a_part_that_several_clients_have_leads_to_each_of_them(acme: Tenant, browser: Browse, alice: User):
    for number in range(25):
        cast.register(acme, name=f"Report {number:02}")

    answer = browser(alice).get(LIST, {"client": "report", "outcome": "done"})

    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Several clients match. Choose one" in text
    assert 'value="report"' in text
    links = re.findall(r'<a href="([^"]*)">Report (\d\d)</a>', text)
    assert [number for _href, number in links] == [f"{number:02}" for number in range(event_choices.MOST)]
    chosen = browser(alice).get(links[7][0].replace("&amp;", "&")).content.decode()
    assert set(re.findall(r"<b>(Report \d\d)</b>", chosen)) == {"Report 07"}


def test_a_link_with_the_id_of_a_client_shows_its_name(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    text = page(browser, alice, client=web_client[0].client_id)

    assert '<input name="client" value="Web app"' in text
    assert "created <b>Web app</b>" in text


def test_clients_that_share_a_name_are_told_apart(acme: Tenant, browser: Browse, alice: User):
    twins = [cast.register(acme, name="Twin")[0] for _ in range(2)]
    with scope(tenant=acme):
        twins[1].edit(by=Actor(alice), description="the second")

    assert sentences(page(browser, alice, client="twin")) == 5  # of both: nothing else was said
    text = page(browser, alice, client=twins[1].client_id)
    shown = f"Twin ({twins[1].client_id})"
    assert f'<input name="client" value="{shown}"' in text
    assert sentences(text) == 3
    assert sentences(page(browser, alice, client=shown)) == 3
    assert set(options(browser, alice, "clients", client="twin")) == {
        f"Twin ({twin.client_id})" for twin in twins
    }


def options(browser: Browse, person: User, of: str, **typed: str) -> list[str]:
    """What a field offers when something is typed in it."""
    answer = browser(person).get(f"{LIST}/{of}", typed)
    assert answer.status_code == 200
    return re.findall(r'<option value="([^"]*)">', answer.content.decode())


def test_the_page_holds_a_few_clients_and_people_however_many_there_are(
    acme: Tenant, browser: Browse, alice: User
):
    many_clients(acme, 10_000)
    User._base_manager.bulk_create(
        User(tenant=acme, email=f"p{number}@acme.example") for number in range(100)
    )

    text = page(browser, alice)
    assert text.count("<option value") < 2 * event_choices.MOST + 120  # and those of actions and outcomes
    assert text.count('<option value="Report') == event_choices.MOST
    assert options(browser, alice, "clients", client="REPORT 777") == [
        "Report 777",
        *(f"Report 777{last}" for last in range(10)),
    ]
    assert len(options(browser, alice, "clients", client="report")) == event_choices.MOST
    assert len(options(browser, alice, "people", actor="acme.example")) == event_choices.MOST
    assert options(browser, alice, "people", actor="p99@") == ["p99@acme.example"]


def many_clients(tenant: Tenant, number: int) -> None:
    """Clients in the tenant, in few statements."""
    Client._base_manager.bulk_create(
        [Client(tenant=tenant, type="web", name=f"Report {each}") for each in range(number)], batch_size=1000
    )
    made = Client._base_manager.filter(tenant=tenant, name__startswith="Report ")
    connections = [Connection(tenant=tenant, client=client, consent_method="trusted") for client in made]
    Connection._base_manager.bulk_create(connections, batch_size=1000)


@pytest.mark.parametrize("typed", ["", "a", "Web", "@"])
def test_nobody_of_another_tenant_is_offered(
    acme: Tenant,
    browser: Browse,
    alice: User,
    bob: User,
    mallory: User,
    web_client: tuple[Client, str],
    typed: str,
):
    offered = options(browser, mallory, "people", actor=typed) + options(
        browser, mallory, "clients", client=typed
    )

    assert not any("acme" in text or "Web app" in text for text in offered)
    found = browser(mallory).get(LIST, {"client": web_client[0].client_id}).content.decode()
    assert "Web app" not in found
    assert bob.name == "" or bob.name not in page(browser, mallory, actor="bob")


def test_everything_that_one_person_did_is_found_however_old(
    acme: Tenant, browser: Browse, alice: User, bob: User, many: Callable[[], None]
):
    with scope(tenant=acme):
        bob.choose_password("correct horse battery staple", by=Actor(bob))
    many()

    found = page(browser, alice, actor="BOB@acme.example")

    assert "chose a password" in found
    assert sentences(found) == 1
    assert "Searched back to" not in found
    assert '<input name="actor" value="bob@acme.example"' in found


def test_a_part_of_an_address_is_looked_for_and_leads_to_the_people(
    acme: Tenant, browser: Browse, alice: User, bob: User
):
    with scope(tenant=acme):
        bob.choose_password("correct horse battery staple", by=Actor(bob))

    found = page(browser, alice, actor="bob@")

    assert "chose a password" in found
    assert ">bob@acme.example</a>" in found


def test_a_client_acts_too(
    acme: Tenant, browser: Browse, alice: User, web_client: tuple[Client, str], many: Callable[[], None]
):
    with scope(tenant=acme):
        Event.record(acme, Action.TOKENS_ISSUED, by=Actor(client=web_client[0]), target=web_client[0])
    many()

    assert "Web app" in options(browser, alice, "people", actor="web")
    assert sentences(page(browser, alice, actor="Web app")) == 1


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


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"outcome": "refused"}, "event_of_action"),
        ({"action": "client"}, "event_of_action"),
        ({"action": "tokens", "outcome": "refused"}, "event_of_action"),
        ({"actor": "alice@acme.example"}, "event_of_actor"),
        ({"client": "Web app"}, "event_of_target"),
    ],
    ids=str,
)
def test_what_an_index_knows_is_read_from_it(
    browser: Browse, alice: User, refused_url: Client, query: dict[str, str], index: str
):
    """PostgreSQL takes another one while the table is small."""
    with CaptureQueriesContext(connection) as queries:
        page(browser, alice, **query)

    about_events = [each["sql"] for each in queries if 'FROM "console_event"' in each["sql"]]
    assert about_events
    with connection.cursor() as cursor:
        for sql in about_events:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[3] for row in cursor.fetchall()]
            assert len(plan) == 1, plan  # and nothing is sorted
            fetched = (
                "USING INTEGER PRIMARY KEY" in plan[0]
            )  # the rows of a page, when their places are known
            assert fetched or re.search(rf"USING (COVERING )?INDEX {index} ", plan[0])


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
