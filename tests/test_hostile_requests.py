"""Requests that no browser and no library sends: each gets an answer of ours, and none is an error of ours (F22)."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client as Browser

from console.http.wsgi_request import Request
from console.models import Client, Tenant, User
from qlikauth.wsgi import application
from tests.cast import PASSWORD, host_of

Browse = Callable[..., Browser]
Send = Callable[..., tuple[int, str]]

# Names that Python has a codec for. Some are not for text, some decode to something else than what was sent.
CHARSETS = ["hex", "rot13", "base64", "zlib", "undefined", "punycode", "utf-16", "utf-7"]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def send(acme: Tenant) -> Iterator[Send]:
    """`send(path, body, NAME=…)`: a request as the application server hands it over gives status and text.

    Keywords replace what the server usually says. The connection of the test outlives it, as with Django's own client.
    """

    def sent(path: str, body: bytes | None = None, **environ: Any) -> tuple[int, str]:
        usual = {
            "REQUEST_METHOD": "GET" if body is None else "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": urlsplit(path).path,
            "QUERY_STRING": urlsplit(path).query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "HTTP_HOST": host_of(acme),
            "CONTENT_LENGTH": str(len(body or b"")),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body or b""),
            "wsgi.input_terminated": True,
        }
        status: list[str] = []

        def start(line: str, headers: Any, exc_info: Any = None, /) -> Callable[[bytes], object]:
            status.append(line)
            return text.append

        text: list[bytes] = []
        answer = application(usual | environ, start)
        text += answer
        answer.close()
        return int(status[0].split()[0]), b"".join(text).decode()

    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield sent
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("charset", CHARSETS)
def test_an_address_is_utf8_whatever_charset_a_request_names(send: Send, charset: str):
    status, page = send(
        "/login?login_hint=%C3%A5sa%40acme.example", CONTENT_TYPE=f"text/plain; charset={charset}"
    )

    assert status == 200
    assert 'value="åsa@acme.example"' in page


@pytest.mark.parametrize("charset", [*CHARSETS, "iso-8859-1"])
@pytest.mark.parametrize("kind", [FORM, "application/json"])
def test_a_token_request_is_utf8_whatever_charset_it_names(send: Send, charset: str, kind: str):
    body = b"grant_type=x" if kind == FORM else b'{"grant_type": "x"}'

    status, answer = send("/oauth/token", body, CONTENT_TYPE=f"{kind}; charset={charset}")

    assert (status, json.loads(answer)["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, "hostname=%C3%A5sa"),
        (
            "multipart/form-data; boundary=x",
            '--x\r\nContent-Disposition: form-data; name="hostname"\r\n\r\nåsa\r\n--x--\r\n',
        ),
    ],
)
def test_a_form_is_utf8_whatever_charset_it_names(charset: str, kind: str, body: str):
    raw = body.encode()
    request = Request(
        {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": f"{kind}; charset={charset}",
            "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": BytesIO(raw),
        }
    )

    assert request.POST.dict() == {"hostname": "åsa"}


@pytest.mark.spec("RFC 9112", "7.1")
@pytest.mark.parametrize(
    ("kind", "body"),
    [(FORM, b"grant_type=x"), ("application/json", b'{"grant_type": "x"}')],
)
def test_a_body_without_a_stated_length_is_read_to_its_end(send: Send, kind: str, body: bytes):
    status, answer = send(
        "/oauth/token", body, CONTENT_TYPE=kind, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"
    )

    assert (status, json.loads(answer)["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("length", [65_537, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, 2_000_000])
def test_a_body_without_a_stated_length_is_not_read_without_end(send: Send, length: int):
    body = b"grant_type=".ljust(length, b"x")

    status, answer = send("/oauth/token", body, CONTENT_TYPE=FORM, CONTENT_LENGTH="")

    assert (status, json.loads(answer)["error_description"]) == (413, "The request is too long.")


def test_a_body_that_no_server_ends_is_not_waited_for(send: Send):
    """PEP 3333: without a length, and without a server that says otherwise, there is none."""
    status, answer = send(
        "/oauth/token",
        b"grant_type=x",
        CONTENT_TYPE=FORM,
        CONTENT_LENGTH="",
        **{"wsgi.input_terminated": False},
    )

    assert (status, json.loads(answer)["error_description"]) == (400, "grant_type is missing.")


@pytest.mark.parametrize(
    "cookie",
    ['"\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"', '"\\377\\376aaaaaaaaaaaaa"', "a" * 5000, "A" * 32, "x", ""],
)
def test_a_session_cookie_that_is_none_of_ours_is_as_good_as_none(
    stranger: Browse, acme: Tenant, cookie: str
):
    browser = stranger(acme)
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}

    assert browser.get("/login", headers=headers).status_code == 200
    assert browser.get("/console/oauth", headers=headers)["Location"] == "/login?next=/console/oauth"


@pytest.mark.parametrize("address", ["http://[::1", "//[", "http://acme.localhost:8000]/", "\\"])
def test_htmx_that_names_no_address_is_led_home(
    stranger: Browse, browser: Browse, acme: Tenant, alice: User, web_client: tuple[Client, str], address: str
):
    headers = {"HX-Request": "true", "HX-Current-URL": address}

    asked = stranger(acme).get("/login", headers=headers)
    listed = browser(alice).get("/console/oauth?q=x", headers=headers)
    edited = browser(alice).get(f"/console/oauth/{web_client[0].client_id}/edit", headers=headers)

    assert asked["HX-Redirect"] == "/login?next=%2F"
    assert (listed.status_code, edited.status_code) == (200, 200)


@pytest.mark.parametrize(
    "place", ["home", "login", "nothing", "[]=1", "%", "..//evil.example", "\N{SNOWMAN}"]
)
def test_what_is_no_address_leads_home_and_is_never_the_name_of_a_view(
    stranger: Browse, browser: Browse, acme: Tenant, alice: User, place: str
):
    theirs = browser(alice)
    answers = [
        theirs.get("/login", {"next": place}),
        theirs.post("/language", {"language": "en", "next": place}),
        theirs.post("/theme", {"theme": "dark", "next": place}),
        stranger(acme).post("/login", {"email": alice.email, "password": PASSWORD, "next": place}),
    ]

    assert {answer["Location"] for answer in answers} == {"/"}


@pytest.mark.parametrize("client_id", ["%00", "%0a", "%ff", "a%00b"])
def test_tn01_no_page_of_a_client_takes_an_id_that_cannot_be_one(
    browser: Browse, alice: User, client_id: str
):
    theirs = browser(alice)
    pages = ("edit", "disable", "enable", "restore", "publish", "unpublish", "tenants", "consent-method")

    for page in (*pages, "secrets", "try", "grants"):
        answer = theirs.get(f"/console/oauth/{client_id}/{page}")
        assert answer.status_code == 404, page
