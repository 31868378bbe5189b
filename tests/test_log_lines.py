"""The log: what happens is one line, whatever a stranger writes (ASVS 16.4.1)."""

import json
import logging
import logging.config
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.test import RequestFactory

from console import trace
from console.http.log_lines import JsonLine

Written = Callable[..., str]
ROOT = Path(__file__).parents[1]


@pytest.fixture(params=["line", "access"])
def written(request: pytest.FixtureRequest) -> Written:
    """`written("GET %s", path, name="django.request")`: the text that a deployment's log gets."""
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    formatter = configurator.configure_formatter(dict(settings.LOGGING["formatters"][request.param]))

    def write(message: str, *args: Any, **fields: Any) -> str:
        record = {"name": "qlikauth.access", "levelname": "INFO", "msg": message, "args": args}
        return str(formatter.format(logging.makeLogRecord(record | fields)))

    return write


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("/a\nb", "/a\\nb"),
        ("/a\r\n2026-01-01 INFO all is well", "/a\\r\\n2026-01-01 INFO all is well"),
        ("/a\x1b[31mb", "/a\\x1b[31mb"),
        ("/a\x00b", "/a\\x00b"),
        ("/a\x85b\u2028c\u202ed", "/a\\x85b\\u2028c\\u202ed"),
        ("/a\ud800", "/a\\ud800"),
        ("/a\u3164\u2800\ufe0fb", "/a\\u3164\\u2800\\ufe0fb"),
        ("/åäö?%20", "/åäö?%20"),
    ],
    ids=ascii,
)
def test_an_address_cannot_begin_a_line_of_its_own_or_steer_a_terminal(
    written: Written, sent: str, seen: str
):
    line = written('"GET %s" 404', sent)

    assert line.endswith(f'"GET {seen}" 404')
    assert line.isprintable()


def test_an_error_of_ours_keeps_the_lines_of_its_traceback(written: Written):
    try:
        raise LookupError("of ours")
    except LookupError:
        text = written("Internal Server Error: %s", "/a\nb", exc_info=sys.exc_info())

    first, *traceback = text.splitlines()
    assert first.endswith("Internal Server Error: /a\\nb")
    assert traceback[-1] == "LookupError: of ours"


def test_a_hostile_request_is_one_line(written: Written):
    try:
        raise SuspiciousOperation("too many fields")
    except SuspiciousOperation:
        text = written("too many fields", name="django.security.TooManyFieldsSent", exc_info=sys.exc_info())

    assert len(text.splitlines()) == 1


def test_a_line_about_a_request_has_the_id_that_the_application_server_says(written: Written):
    """It writes the line outside of the request, and none for what it answered alone."""
    of_another = trace.begin()
    try:
        lines = [written("GET /", trace_id=said) for said in ("4bf92f35", "")]
        objects = [in_json(msg="GET /", trace_id=said) for said in ("4bf92f35", "")]
    finally:
        trace.clear()

    assert " 4bf92f35 " in lines[0]
    assert of_another not in "".join(lines)
    assert [each["trace_id"] for each in objects] == ["4bf92f35", None]


def test_each_line_has_its_own_time(written: Written):
    times = [1_800_000_000.25, 1_800_000_000.5, 1_800_000_001.25, 1_800_000_000.75]

    lines = [written("x", created=created, msecs=created % 1 * 1000) for created in times]

    ends = ["0,250", "0,500", "1,250", "0,750"]
    assert [line.split()[1][-5:] for line in lines] == ends


def test_the_application_servers_own_lines_are_written_so_too():
    access = settings.LOGGING["loggers"]["qlikauth.access"]

    assert access["handlers"] == ["access"]
    assert not access["propagate"]


def in_json(**fields: Any) -> dict[str, Any]:
    """A record as JSON, of one line in ASCII."""
    record = {"name": "django.request", "levelname": "ERROR", "created": 1_800_000_000.25} | fields
    line = JsonLine().format(logging.makeLogRecord(record))
    assert line.isascii()
    assert line.isprintable()
    return json.loads(line)


def test_a_line_can_be_json_with_its_parts_by_name():
    trace_id = trace.begin()
    try:
        line = in_json(msg="GET %s", args=("/å",))
    finally:
        trace.clear()

    assert line == {
        "time": "2027-01-15T08:00:00.250+00:00",
        "level": "ERROR",
        "logger": "django.request",
        "trace_id": trace_id,
        "message": "GET /å",
    }
    assert in_json(msg="x")["trace_id"] is None


@pytest.mark.parametrize(
    "sent", ["/a\nb", "/a\x1b[31mb", '/"}\n{"level": "x"}', "/a\ud800", "/a\u202eb", "/\x7f"]
)
def test_nothing_that_a_stranger_sends_is_more_than_text_in_json(sent: str):
    access = {"client_address": sent, "method": sent, "path": sent, "status": 404, "milliseconds": 1.5}
    line = in_json(name="qlikauth.access", msg='"GET %s" 404', args=(sent,), **access)

    assert line.keys() == {"time", "level", "logger", "trace_id", "message", *access}
    assert (line["status"], line["milliseconds"]) == (404, 1.5)
    for part in ("message", "path", "method", "client_address"):
        assert line[part].isprintable()
        line[part].encode()


def test_in_json_a_traceback_is_one_text_and_a_strangers_is_none():
    try:
        raise LookupError("of ours\x1b")
    except LookupError:
        ours = in_json(msg="x", exc_info=sys.exc_info())
        strangers = in_json(msg="x", name="django.security.X", exc_info=sys.exc_info())

    assert ours["exception"].splitlines()[0] == "Traceback (most recent call last):"
    assert ours["exception"].splitlines()[-1] == "LookupError: of ours\\x1b"
    assert "exception" not in strangers


def test_what_django_adds_to_a_record_is_not_in_json():
    """The request among it: how that is written has the address with the query string."""
    request = RequestFactory().get("/oauth/authorize?code=qac_secret")
    assert "qac_secret" not in str(in_json(msg="x", request=request, status_code=500, code="qac_secret"))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("wanted", "formatter"), [("json", "JsonLine"), ("", "OneLine"), ("TEXT", "OneLine")]
)
def test_an_operator_chooses_how_lines_are_written(wanted: str, formatter: str, tmp_path: Path):
    program = (
        "import django, logging; django.setup();"
        "print(*{type(h.formatter).__name__ for n in ('', 'qlikauth.access') for h in logging.getLogger(n).handlers})"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "qlikauth.settings",
        "QLIKAUTH_VAR": str(tmp_path),
        "QLIKAUTH_LOG_FORMAT": wanted,
    }
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [formatter]
