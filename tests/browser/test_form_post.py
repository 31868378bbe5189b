"""`response_mode=form_post` in Chromium: the application gets the answer by POST, with scripts and without."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Page, expect

from console.models import Tenant, User
from tests.cast import register
from tests.oauth.driver import Application

STATE = """<b>"it's" & å</b>"""


class Callback(BaseHTTPRequestHandler):
    """The redirect URL of an application that notes what is posted to it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.headers["Origin"], dict(parse_qsl(body))))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Application</title><link rel=icon href=data:,><p>Welcome")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def application() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Callback) as server:
        server.got = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_answer_is_posted(
    new_page: Callable[..., Page],
    signed_in: Callable[[Page, User], Page],
    acme: Tenant,
    bob: User,
    application: HTTPServer,
    scripts: bool,
) -> None:
    address = f"http://localhost:{application.server_port}/callback"
    app = Application(*register(acme, redirect_uris=[address]), redirect_uri=address)
    page = signed_in(new_page(java_script_enabled=scripts), bob)

    page.goto(f"{acme.issuer}{app.address(response_mode='form_post', state=STATE)}")
    page.get_by_role("button", name="Allow").click()
    if not scripts:
        page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("Welcome")).to_be_visible()
    [(origin, answer)] = application.got  # type: ignore[attr-defined]
    assert origin == acme.issuer
    assert set(answer) == {"code", "state", "iss"}
    assert answer["state"] == STATE
