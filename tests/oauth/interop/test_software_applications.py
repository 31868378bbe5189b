"""Applications that sign people in with OpenID Connect, unmodified, set up as their documentation shows.

JupyterHub is used over HTTP, Streamlit and pgAdmin in Chromium, because their pages are made there.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.models import Tenant, User
from tests import cast, software
from tests.oauth.interop import programs
from tests.oauth.interop.person import Person
from tests.served import free_port

pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


def sign_in(page: Page, person: User, *, allow: bool = True) -> None:
    page.locator("input[name=email]").fill(person.email)
    page.locator("input[name=password]").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    if allow:
        page.get_by_role("button", name="Allow").click()


def test_jupyterhub(acme: Tenant, bob: User, tmp_path: Path):
    port = free_port()
    home = f"http://localhost:{port}/hub"
    client, secret = cast.register(acme, redirect_uris=[f"{home}/oauth_callback"])
    configuration = software.FOLDER / "jupyterhub_config.py"
    command: programs.Command = [
        software.executable("jupyterhub"),
        "-m",
        "jupyterhub",
        "--config",
        configuration,
    ]
    given = {"ISSUER": acme.issuer, "CLIENT_ID": client.client_id, "CLIENT_SECRET": secret}

    with programs.running(command, tmp_path, port, JUPYTERHUB_CRYPT_KEY="0f" * 32, **given):
        person = Person(bob.email)
        page = person.visit(f"{home}/oauth_login?next=/hub/home")
        assert person.seen == ["password", "decision"]
        assert page.url == f"{home}/home"
        assert bob.email in page.text

        sign_out = person.get(f"{home}/logout")
        assert sign_out.headers["Location"] == f"{acme.issuer}/oauth/logout"


def test_streamlit(acme: Tenant, bob: User, tmp_path: Path, page: Page):
    port = free_port()
    home = f"http://localhost:{port}"
    callback = f"{home}/oauth2callback"
    client, secret = cast.register(acme, redirect_uris=[callback], algorithm="RS256")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(
        f"""
        [auth]
        redirect_uri = "{callback}"
        cookie_secret = "of this test"
        client_id = "{client.client_id}"
        client_secret = "{secret}"
        server_metadata_url = "{acme.issuer}/.well-known/openid-configuration"
        """
    )
    options = ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command: programs.Command = [
        software.executable("streamlit", "streamlit"),
        "run",
        software.FOLDER / "streamlit_page.py",
    ]

    with programs.running([*command, *options], tmp_path, port):
        page.goto(home)
        page.get_by_role("button", name="Log in").click()
        sign_in(page, bob)
        expect(page.get_by_text(f"Hello, {bob.name}! You are {bob.email}.")).to_be_visible()

        # Its sign-out asks to come back to the callback, which is no sign-out URL of the client.
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(f"{acme.issuer}/oauth/logout*")
        expect(page.get_by_text(callback)).to_be_visible()  # the page says where it does not go
        page.goto(f"{acme.issuer}/account/applications")
        expect(page.locator("input[name=password]")).to_be_visible()


def test_pgadmin_as_a_public_client_and_with_a_secret(acme: Tenant, bob: User, tmp_path: Path, page: Page):
    port = free_port()
    home = f"http://127.0.0.1:{port}"
    addresses: dict[str, Any] = {
        "redirect_uris": [f"{home}/oauth2/authorize"],
        "post_logout_redirect_uris": [f"{home}/"],
    }
    public, _none = cast.register(acme, type="native", name="pgAdmin on a desk", **addresses)
    confidential, secret = cast.register(acme, name="pgAdmin on a server", **addresses)
    shutil.copy(software.FOLDER / "pgadmin4_config.py", tmp_path / "config_local.py")
    given = {
        "ISSUER": acme.issuer,
        "PUBLIC_CLIENT_ID": public.client_id,
        "CLIENT_ID": confidential.client_id,
        "CLIENT_SECRET": secret,
        "FOLDER": str(tmp_path),
        "PYTHONPATH": f"{programs.NAMES}:{tmp_path}",
        "PGADMIN_SETUP_EMAIL": "administrator@example.com",
        "PGADMIN_SETUP_PASSWORD": cast.PASSWORD,
    }

    with programs.running([software.executable("pgadmin4", "pgadmin4")], tmp_path, port, **given):
        page.goto(home)
        for kind in ("Public", "Confidential"):  # the second time where signing out has led to
            page.get_by_role("button", name=kind).click()
            sign_in(page, bob)
            page.wait_for_url(re.compile(f"{home}/browser/"), wait_until="commit")

            page.goto(f"{home}/oauth2/logout", wait_until="commit")
            page.wait_for_url(re.compile(f"{home}/login"))
