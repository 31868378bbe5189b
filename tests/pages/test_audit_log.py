"""The audit log: `/console/events` and its export (Q8, P8)."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.http import StreamingHttpResponse
from django.test import Client as Browser
from django.utils import translation
from django_scopes import scope

from console.models import Action, Actor, Client, Event, Tenant, User
from console.models.action import REFUSALS
from console.pages.audit_log import PAGE
from console.pages.event_lines import line
from console.pages.event_sentences import SENTENCES

Browse = Callable[..., Browser]
LIST = "/console/events"
EXPORT = "/console/events/export"


def note(
    tenant: Tenant, action: Action = Action.CLIENT_CREATED, at: datetime | None = None, **fields: Any
) -> Event:
    usual: dict[str, Any] = {
        "actor_kind": "user",
        "actor_name": "alice@acme.example",
        "target_name": "Reports",
    }
    with scope(tenant=tenant):
        event: Event = Event.objects.create(tenant=tenant, action=action, **usual | fields)
        if at:
            Event.objects.filter(pk=event.pk).update(happened_at=at)
    return event


def names(page: Any) -> list[str]:
    """The targets of the events on a page, as far as they are called T-something."""
    import re

    return re.findall(r"<b>(T-[^<]*)</b>", page.content.decode())


def text_of(response: Any) -> str:
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response.streaming_content).decode()  # type: ignore[arg-type]


def rows_of(response: Any) -> list[dict[str, str]]:
    """The rows of a CSV as a spreadsheet reads them: it begins by saying that it is UTF-8."""
    text = text_of(response)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


# --- Who may --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [LIST, EXPORT])
def test_administrators_and_auditors_may_read_it_and_nobody_else(
    browser: Browse, stranger: Browse, alice: User, carol: User, bob: User, address: str
):
    assert browser(alice).get(address).status_code == 200
    assert browser(carol).get(address).status_code == 200
    assert browser(bob).get(address).status_code == 403
    assert stranger(alice.tenant).get(address).status_code == 302
    assert browser(alice).post(address).status_code == 405


def test_it_holds_nothing_of_another_tenant(browser: Browse, alice: User, mallory: User):
    note(alice.tenant, target_name="T-acme")

    assert names(browser(mallory).get(LIST)) == []
    assert "T-acme" not in text_of(browser(mallory).get(EXPORT))


# --- What it says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_a_sentence_in_both_languages(acme: Tenant, action: Action):
    event = note(acme, action, details={"hint": "abcde", "email": "x@acme.example"})

    assert action in SENTENCES
    for language in ("en", "sv"):
        with translation.override(language):
            sentence = line(event).sentence
            assert "{" not in sentence
            assert sentence.endswith(".")


def test_a_line_says_who_what_when_and_from_where(browser: Browse, alice: User):
    with scope(tenant=alice.tenant):
        Client.register(
            alice.tenant,
            by=Actor(alice, address="203.0.113.7"),
            type="spa",
            name="Reports",
            redirect_uris=["https://reports.example/callback"],
        )

    text = browser(alice).get(LIST).content.decode()

    assert "<b>alice@acme.example</b> created <b>Reports</b>." in text
    assert "from 203.0.113.7" in text
    assert 'datetime="' in text
    assert "now" in text


def test_changes_are_shown_before_and_after(browser: Browse, alice: User, web_client: tuple[Client, str]):
    client = web_client[0]
    with scope(tenant=alice.tenant):
        client.edit(by=Actor(alice), name="New name", redirect_uris=["https://app.example.com/two"])
        client.own_connection.change_consent_method("trusted", by=Actor(alice))

    text = browser(alice).get(LIST).content.decode()

    assert "<del>Web app</del>" in text
    assert "<ins>New name</ins>" in text
    assert "<ins>https://app.example.com/two</ins>" in text
    assert "<del>Required</del>" in text
    assert "<ins>Trusted</ins>" in text


def test_counted_refusals_show_how_often(browser: Browse, alice: User):
    note(alice.tenant, Action.TOKENS_REFUSED, times=318, details={"reason": "client_disabled"})

    text = browser(alice).get(LIST).content.decode()

    assert "×318" in text
    assert "The client is disabled" in text


HOSTILE = "<script>alert(1)</script>{actor}%(x)s\r\n\N{RIGHT-TO-LEFT OVERRIDE}"


def test_whatever_is_in_an_event_is_text(browser: Browse, alice: User):
    note(
        alice.tenant,
        Action.CLIENT_UPDATED,
        actor_name=HOSTILE,
        target_name=HOSTILE,
        address="<b>",
        changes={
            HOSTILE: [HOSTILE, [HOSTILE]],
            "name": "no pair",
            "public_keys": [None, [{"kid": HOSTILE}, {"x": HOSTILE}]],
        },
        details={"reason": HOSTILE, HOSTILE: {"a": HOSTILE}, "scope": [HOSTILE], "hint": HOSTILE},
    )
    note(alice.tenant, Action.SESSION_REFUSED, target_name="", details={"email": HOSTILE})

    page = browser(alice).get(LIST)

    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_a_very_long_value_is_cut(browser: Browse, alice: User):
    note(alice.tenant, Action.CLIENT_UPDATED, changes={"description": ["", "y" * 5000]})
    note(alice.tenant, Action.CONNECTION_REQUESTED, details={"reason": "Z" * 1000})

    text = browser(alice).get(LIST).content.decode()

    assert "y" * 300 + "…" in text
    assert "y" * 301 not in text
    assert "Z" * 300 + "…" in text
    assert "Z" * 301 not in text


# --- Pages ----------------------------------------------------------------------------------------------------


def test_it_is_read_page_by_page_newest_first_and_new_events_shift_nothing(browser: Browse, alice: User):
    chromium = browser(alice)
    with scope(tenant=alice.tenant):
        Event.objects.all().delete()
    for number in range(PAGE + 5):
        note(alice.tenant, target_name=f"T-{number:03}")

    first = chromium.get(LIST)
    assert names(first) == [f"T-{number:03}" for number in range(PAGE + 4, 4, -1)]
    note(alice.tenant, target_name="T-new")

    older = first.context["older"]
    second = chromium.get(f"{LIST}?before={older}")
    assert names(second) == ["T-004", "T-003", "T-002", "T-001", "T-000"]
    assert second.context["older"] is None


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "1e9", "9" * 40, "\N{SUPERSCRIPT TWO}", "1 OR 1=1"])
def test_a_bad_page_is_no_error(browser: Browse, alice: User, before: str):
    assert browser(alice).get(LIST, {"before": before}).status_code == 200


def test_it_takes_the_same_queries_for_few_events_and_for_many(
    browser: Browse, alice: User, django_assert_max_num_queries: Callable[[int], Any]
):
    for _ in range(PAGE):
        note(alice.tenant, target_kind="client", target_id="1")
    chromium = browser(alice)

    with django_assert_max_num_queries(8):
        chromium.get(LIST)


def test_htmx_gets_the_list_alone(browser: Browse, alice: User):
    answer = browser(alice).get(LIST, headers={"HX-Request": "true", "HX-Target": "events"})

    assert answer.content.decode().strip().startswith('<div id="events">')
    assert "HX-Request" in answer["Vary"]


# --- Filters --------------------------------------------------------------------------------------------------


@pytest.fixture
def log(
    alice: User, web_client: tuple[Client, str], register: Callable[..., tuple[Client, str]]
) -> dict[str, str]:
    tenant, client = alice.tenant, web_client[0]
    with scope(tenant=tenant):
        Event.objects.all().delete()
    about = {"target_kind": "client", "target_id": str(client.pk)}
    note(tenant, Action.CLIENT_CREATED, datetime(2026, 1, 1, 12, tzinfo=UTC), target_name="T-client", **about)
    note(
        tenant,
        Action.SECRET_CREATED,
        datetime(2026, 1, 2, 0, 0, tzinfo=UTC),
        target_name="T-secret",
        details={"hint": "a"},
    )
    note(
        tenant,
        Action.TOKENS_REFUSED,
        datetime(2026, 1, 2, 23, 59, 59, tzinfo=UTC),
        target_name="T-refused",
        actor_name="Robot",
        address="203.0.113.7",
        details={"reason": "wrong secret"},
        **about,
    )
    note(
        tenant,
        Action.TOKENS_REVOKED,
        datetime(2026, 1, 3, tzinfo=UTC),
        target_name="T-revoked",
        actor_name="bob@acme.example",
    )
    return {"its client ID": client.client_id}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "revoked refused secret client"),
        ({"action": "tokens"}, "revoked refused"),
        ({"action": "tokens.revoked"}, "revoked"),
        ({"action": "client.created"}, "client"),
        ({"client": "its client ID"}, "refused client"),
        ({"outcome": "refused"}, "refused"),
        ({"outcome": "done"}, "revoked secret client"),
        ({"actor": "ROBOT"}, "refused"),
        ({"actor": "bob@"}, "revoked"),
        ({"since": "2026-01-02"}, "revoked refused secret"),
        ({"until": "2026-01-02"}, "refused secret client"),
        ({"since": "2026-01-02", "until": "2026-01-02"}, "refused secret"),
        ({"q": "203.0.113"}, "refused"),
        ({"q": "wrong SECRET"}, "refused"),
        ({"q": "t-re"}, "revoked refused"),
        ({"q": "%"}, ""),
        ({"q": "nothing like it"}, ""),
        ({"q": "203.0.113", "action": "client"}, ""),
    ],
)
def test_filters_narrow_the_page_and_the_export_alike(
    browser: Browse, alice: User, log: dict[str, str], query: dict[str, str], found: str
):
    query = {name: log.get(value, value) for name, value in query.items()}
    chromium = browser(alice)
    with scope(tenant=alice.tenant):
        Event.objects.filter(action=Action.SESSION_STARTED).delete()
    expected = [f"T-{name}" for name in found.split()]

    assert names(chromium.get(LIST, query)) == expected
    rows = rows_of(chromium.get(EXPORT, query))
    assert [row["target_name"] for row in rows] == expected


@pytest.mark.parametrize(
    "query",
    [
        {"action": "bogus"},
        {"action": "tokens.bogus"},
        {"client": "unknown"},
        {"outcome": "maybe"},
        {"show": "everything"},
        {"since": "yesterday"},
        {"until": "2026-02-30"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"q": "x" * 2049},
        {"q": "nul\0"},
        {"actor": "nul\0"},
    ],
)
def test_a_filter_that_makes_no_sense_is_explained(browser: Browse, alice: User, query: dict[str, str]):
    page = browser(alice).get(LIST, query)

    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert browser(alice).get(EXPORT, query).status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"show": "failures"}, "refused"),
        ({"show": "sign-ins"}, ""),
        ({"show": "changes"}, "secret client"),
        ({"show": "changes", "action": "client"}, "client"),
        ({"show": "changes", "action": "tokens"}, ""),
        ({"show": "changes", "outcome": "refused"}, ""),
        ({"show": "changes", "q": "t-sec"}, "secret"),
        ({"show": "failures", "until": "2026-01-01"}, ""),
        ({"show": "failures", "client": "its client ID"}, "refused"),
    ],
)
def test_what_is_often_looked_for_combines_with_the_filters(
    browser: Browse, alice: User, log: dict[str, str], query: dict[str, str], found: str
):
    query = {name: log.get(value, value) for name, value in query.items()}
    chromium = browser(alice)

    assert names(chromium.get(LIST, query)) == [f"T-{name}" for name in found.split()]
    rows = rows_of(chromium.get(EXPORT, query))
    targets = [row["target_name"] for row in rows if row["target_name"].startswith("T-")]
    assert targets == [f"T-{name}" for name in found.split()]


def test_sign_ins_are_those_to_the_console_and_those_that_failed(browser: Browse, alice: User):
    chromium = browser(alice)
    for action in Action:
        note(alice.tenant, action, target_name=f"T-{action}", details={})

    def shown(name: str) -> set[str]:
        return {row["action"] for row in rows_of(chromium.get(EXPORT, {"show": name}))}

    assert shown("sign-ins") == {"session.started", "session.refused", "session.ended"}
    assert shown("failures") == {action.value for action in REFUSALS} | {"mail.failed"}
    changes = shown("changes")
    assert {"client.updated", "secret.removed", "user.role_changed", "connection.approved"} <= changes
    assert not changes & {"tokens.issued", "session.started", "consent.given", *shown("failures")}


def test_a_preset_is_a_link_that_keeps_the_filters_and_leads_back(browser: Browse, alice: User):
    chromium = browser(alice)
    page = chromium.get(LIST, {"actor": "alice@acme.example", "before": "1"}).content.decode()
    assert f'href="{LIST}?actor=alice%40acme.example&amp;show=failures">Failures' in page

    chosen = " ".join(chromium.get(LIST, {"show": "failures"}).content.decode().split())
    assert f'aria-current="true" href="{LIST}?">' in chosen
    # The form keeps it when something else is searched.
    assert '<input type="hidden" name="show" value="failures" form="event-search">' in chosen


def test_periods_begin_with_the_day_of_the_reader(browser: Browse, alice: User):
    with time_machine.travel(datetime(2026, 3, 9, 20, 0, tzinfo=UTC), tick=False):
        chromium = browser(alice)
        chromium.cookies["time_zone"] = "Asia/Tokyo"
        page = chromium.get(LIST).content.decode()
        week = chromium.get(LIST, {"since": "2026-03-04"}).content.decode()

    for since, text in (("2026-03-10", "Today"), ("2026-03-04", "7 days"), ("2026-02-09", "30 days")):
        assert f'href="{LIST}?since={since}">{text}</a>' in page
    assert f'aria-current="true" href="{LIST}?"' in week
    assert "aria-current" not in page.split('class="chips"')[1].split("</nav>")[0]


def test_the_newest_of_many_kinds_are_a_page_without_reading_all_of_each(browser: Browse, alice: User):
    chromium = browser(alice)
    with scope(tenant=alice.tenant):
        Event.objects.all().delete()
    for number in range(30):
        note(alice.tenant, Action.CLIENT_UPDATED, target_name=f"T-{3 * number:02}")
        note(alice.tenant, Action.SECRET_CREATED, target_name=f"T-{3 * number + 1:02}", details={"hint": "a"})
        note(alice.tenant, Action.CLIENT_DISABLED, target_name=f"T-{3 * number + 2:02}")
        note(alice.tenant, Action.TOKENS_ISSUED, target_name="T-tokens")
    order = [f"T-{number:02}" for number in range(89, -1, -1)]

    first = chromium.get(LIST, {"show": "changes"})
    second = chromium.get(LIST, {"show": "changes", "before": first.context["older"]})

    assert names(first) == order[:PAGE]
    assert names(second) == order[PAGE:]


def test_a_client_of_another_tenant_is_no_choice(
    browser: Browse, alice: User, globex: Tenant, register: Callable[..., tuple[Client, str]]
):
    foreign, _ = register(globex, name="Foreign")

    assert "Foreign" not in browser(alice).get(LIST).content.decode()
    assert browser(alice).get(LIST, {"client": foreign.client_id}).status_code == 422


def test_every_refusal_is_found_by_its_outcome(browser: Browse, alice: User):
    chromium = browser(alice)
    for action in Action:
        note(alice.tenant, action, target_name=f"T-{action}", details={})

    rows = rows_of(chromium.get(EXPORT, {"outcome": "refused"}))

    assert {row["action"] for row in rows} == {action.value for action in REFUSALS}
    assert {row["outcome"] for row in rows} == {"refused"}


# --- Export ---------------------------------------------------------------------------------------------------


def test_the_export_names_itself_and_is_not_kept(browser: Browse, carol: User):
    answer = browser(carol).get(EXPORT)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="acme-audit-log-2')
    assert answer["Cache-Control"] == "no-store"
    assert browser(carol).get(f"{EXPORT}?format=xlsx").status_code == 400


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        '=HYPERLINK("http://evil";"x")',
        " =1",
        "\xa0=1",
        '"=1',
    ],
)
def test_no_cell_of_the_export_is_a_formula(browser: Browse, alice: User, name: str):
    note(alice.tenant, target_name=name, actor_name=name)

    rows = rows_of(browser(alice).get(EXPORT))

    found = [row for row in rows if row["target_name"] == f"'{name}"]
    assert [row["actor_name"] for row in found] == [f"'{name}"]


def test_nor_is_what_a_spreadsheet_makes_of_a_cell_with_semicolons(browser: Browse, alice: User):
    note(alice.tenant, target_name="Åsa;=1+1;x;\t@SUM(A1)", actor_name="a-b;c=d")

    [row] = [row for row in rows_of(browser(alice).get(EXPORT)) if row["target_name"].startswith("Åsa")]

    assert row["target_name"] == "Åsa;'=1+1;x;'\t@SUM(A1)"
    assert row["actor_name"] == "a-b;c=d"


def test_json_lines_hold_every_event_as_it_is(browser: Browse, alice: User):
    chromium = browser(alice)
    name = '=Åse "<b>"\u2028\n'
    event = note(alice.tenant, Action.CLIENT_UPDATED, target_name=name, changes={"name": ["a", "Ö"]})

    lines = text_of(chromium.get(f"{EXPORT}?format=jsonl")).split("\n")

    first = json.loads(lines[0])
    assert (first["id"], first["target_name"], first["changes"]) == (event.pk, name, {"name": ["a", "Ö"]})
    assert datetime.fromisoformat(first["happened_at"]).tzinfo is not None
    assert lines[-1] == ""
    with scope(tenant=alice.tenant):
        assert len(lines) - 1 == Event.objects.count()


def test_the_export_comes_in_batches_and_misses_nothing(
    browser: Browse, alice: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.pages.audit_log.BATCH", 3)
    chromium = browser(alice)
    for number in range(10):
        note(alice.tenant, target_name=f"T-{number}")

    rows = rows_of(chromium.get(EXPORT))

    ids = [int(row["id"]) for row in rows]
    assert ids == sorted(ids, reverse=True)
    with scope(tenant=alice.tenant):
        assert len(ids) == Event.objects.count()


def test_no_secret_is_ever_in_it(browser: Browse, alice: User, web_client: tuple[Client, str]):
    secret = web_client[1]

    for address in (LIST, EXPORT, f"{EXPORT}?format=jsonl"):
        answer = browser(alice).get(address)
        text = text_of(answer) if answer.streaming else answer.content.decode()
        assert secret not in text
        assert secret[-5:] in text  # its hint
