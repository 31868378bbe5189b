"""The log: what happens is one line, whatever a stranger writes (ASVS 16.4.1)."""

import logging
import logging.config
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousOperation

Written = Callable[..., str]


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


def test_the_application_servers_own_lines_are_written_so_too():
    access = settings.LOGGING["loggers"]["qlikauth.access"]

    assert access["handlers"] == ["access"]
    assert not access["propagate"]
