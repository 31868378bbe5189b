"""One trace ID for each request: in its answer, on its lines in the log, and on its events."""

import json
import logging
import logging.config
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django_scopes import scope

from console import trace
from console.http.wsgi_request import Handler
from console.models import Client, Event, Tenant, User
from tests.cast import form, stranger_on

Browse = Callable[..., Browser]
TRACE_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(autouse=True)
def _real_ones(one_trace_id: pytest.MonkeyPatch) -> None:
    one_trace_id.undo()


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the log gets, written as a deployment writes it."""
    written: list[str] = []
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    formatter = configurator.configure_formatter(dict(settings.LOGGING["formatters"]["line"]))

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(formatter.format(record))

    handler = Kept()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    "address", ["/oauth/token", "/oauth/introspect", "/oauth/userinfo", "/api/v1/users/me"]
)
def test_a_program_gets_it_in_the_body_and_in_the_header(acme: Tenant, address: str):
    browser = stranger_on(acme)

    answers = [browser.post(address, **form(grant_type="x")) for _ in range(2)]

    ids = [answer.json()["traceId"] for answer in answers]
    assert ids == [answer[trace.HEADER] for answer in answers]
    assert len(set(ids)) == 2
    assert all(TRACE_ID.fullmatch(each) for each in ids)


def test_it_is_on_the_event_that_the_request_causes(acme: Tenant):
    answer = stranger_on(acme).post("/oauth/token", **form(grant_type="x"))

    with scope(tenant=acme):
        assert Event.objects.get(action="tokens.refused").trace_id == answer.json()["traceId"]


@pytest.mark.parametrize("sent", ["traceparent", "X-Trace-Id", "X-Request-Id"])
def test_a_stranger_does_not_choose_it(acme: Tenant, sent: str):
    chosen = "4bf92f3577b34da6a3ce929d0e0e4736"
    value = f"00-{chosen}-00f067aa0ba902b7-01" if sent == "traceparent" else chosen

    answer = stranger_on(acme).get("/healthz", headers={sent: value})

    assert answer[trace.HEADER] != chosen


@pytest.mark.parametrize(
    ("address", "status"), [("/no/such/page", 404), ("/oauth/authorize", 400), ("/console/events", 403)]
)
def test_a_person_reads_it_on_the_page(browser: Browse, bob: User, address: str, status: int):
    page = browser(bob).get(address)

    assert page.status_code == status
    assert f'Reference: <code class="wrap">{page[trace.HEADER]}</code>' in page.content.decode()


def test_a_successful_answer_has_it_too(browser: Browse, alice: User):
    assert TRACE_ID.fullmatch(browser(alice).get("/console/oauth")[trace.HEADER])


def test_every_line_of_the_request_has_it(acme: Tenant, lines: list[str], monkeypatch: pytest.MonkeyPatch):
    def broken(*args: Any, **kwargs: Any) -> None:
        logging.getLogger("console").warning("about to fail")
        raise LookupError("of ours")

    monkeypatch.setattr("console.oauth.token._checked", broken)
    browser = stranger_on(acme)
    browser.raise_request_exception = False

    answer = browser.post("/oauth/token", **form(grant_type="x"))

    assert answer.status_code == 500
    ours = [line for line in lines if "about to fail" in line or "Internal Server Error" in line]
    assert len(ours) == 2
    for line in ours:
        assert f" {answer.json()['traceId']} " in line.splitlines()[0]


def test_a_line_outside_of_a_request_has_none(lines: list[str]):
    logging.getLogger("console").warning("outside")

    assert " console - outside" in lines[-1]


def test_a_request_that_gets_no_further_does_not_have_the_id_of_the_one_before():
    trace.begin()

    with pytest.raises(KeyError):
        Handler()({}, lambda *_: None)

    assert trace.current() == ""


@pytest.mark.django_db(transaction=True)
def test_requests_in_threads_do_not_share_it(acme: Tenant):
    """Two requests are under way in two threads; each has its own ID from beginning to end."""
    met, ids = threading.Barrier(2), []

    def ask() -> None:
        try:
            answer = stranger_on(acme).post("/oauth/token", **form(grant_type="x"))
            ids.append((answer.json()["traceId"], answer[trace.HEADER]))
        finally:
            connection.close()

    before = trace.make

    def together() -> str:
        made = before()
        met.wait(20)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "make", together)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert len({in_body for in_body, _ in ids}) == 2
    assert all(in_body == in_header for in_body, in_header in ids)


def test_what_a_command_does_has_none(acme: Tenant, web_client: tuple[Client, str], capsys: Any):
    call_command("create_user", "acme", "dora@acme.example", "--json")

    assert json.loads(capsys.readouterr().out)
    with scope(tenant=acme):
        event = Event.objects.get(action="user.created", target_name="dora@acme.example")
    assert (event.trace_id, event.actor_kind) == (None, "operator")


def test_an_anonymous_request_over_a_unix_socket_is_nobodys(acme: Tenant):
    browser = stranger_on(acme)
    browser.defaults["REMOTE_ADDR"] = ""

    browser.post("/login", {"email": "nobody@acme.example", "password": "wrong"})

    with scope(tenant=acme):
        event = Event.objects.get(action="session.refused")
    assert (event.actor_kind, event.address) == ("anonymous", "")
