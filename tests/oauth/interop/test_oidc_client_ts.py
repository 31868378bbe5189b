"""oidc-client-ts, unmodified, in Chromium: a single-page app at an origin of its own, which the region must let in."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from console.models import Tenant, User
from tests import cast, node
from tests.oauth.interop import programs
from tests.served import free_port

pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


@contextmanager
def serving(issuer: str, client_id: str, port: int) -> Iterator[None]:
    """The application, at every address of its origin."""
    library = node.packages() / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.js"
    application = Path(__file__).with_name("spa.js")
    document = (
        f'<!doctype html><html lang="en" data-issuer="{issuer}" data-client="{client_id}">'
        f"<title>Application</title><script>{library.read_text()}</script>"
        f"<script>{application.read_text()}</script></html>"
    )

    class Application(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(document.encode())

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("localhost", port), Application) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def test_a_sign_in_and_a_sign_out_that_revokes(acme: Tenant, bob: User, page: Page):
    port = free_port()
    home = f"http://localhost:{port}"
    client, _none = cast.register(
        acme,
        type="spa",
        redirect_uris=[f"{home}/callback"],
        post_logout_redirect_uris=[f"{home}/signed-out"],
        allowed_origins=[home],
    )
    with serving(acme.issuer, client.client_id, port):
        use(page, home, acme, bob)


def use(page: Page, home: str, acme: Tenant, bob: User) -> None:
    page.goto(f"{home}/")
    page.evaluate("void manager.signinRedirect()")
    page.locator("input[name=email]").fill(bob.email)
    page.locator("input[name=password]").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{home}/callback?*")

    user = page.evaluate("manager.signinCallback()")
    assert user["profile"]["sub"] == str(bob.pk)
    assert user["profile"]["email"] == bob.email
    renewed = page.evaluate("manager.signinSilent()")  # with the refresh token
    assert renewed["refresh_token"] != user["refresh_token"]
    assert renewed["access_token"] != user["access_token"]
    assert not programs.is_over(acme, renewed["access_token"])

    with page.expect_request(f"{acme.issuer}/oauth/revoke") as revocation:
        page.evaluate("void manager.signoutRedirect()")
    page.wait_for_url(f"{home}/signed-out")
    assert revocation.value.response().status == 200  # type: ignore[union-attr]
    assert page.evaluate("manager.getUser()") is None
    assert programs.is_over(acme, renewed["access_token"])

    page.evaluate("void manager.signinRedirect()")
    expect(page.locator("input[name=password]")).to_be_visible()
