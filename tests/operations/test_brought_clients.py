"""Clients that move here from another server, with the client ID and the secret that devices in the field carry."""

import base64
import io
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from console.models import Client, ClientProblem, ClientSecret, Event, Tenant, User, noted
from console.policy import credentials
from tests import cast
from tests.cast import stranger_on
from tests.oauth.driver import Application
from tests.operations.test_commands import MACHINE, refused, run

pytestmark = pytest.mark.django_db
ID = "reports@legacy.example.com"
SECRET = '  k3$Q~ "x&=+%/9zPq!Lw7\\vT5 '
WEB = ["--type", "web", "--redirect-url", "https://app.example.com/callback"]


def bring(monkeypatch: pytest.MonkeyPatch, *options: str, secret: str = SECRET, tenant: str = "acme") -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    return run("create_client", tenant, "Reports", *options, "--client-secret-stdin")


@pytest.fixture
def machine(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> Application:
    created = bring(monkeypatch, *MACHINE, "--client-id", ID)
    assert created["client_id"] == ID
    assert "client_secret" not in created
    with scope(tenant=acme):
        return Application(Client.objects.get(client_id=ID), SECRET)


def basic(client_id: str, secret: str) -> str:
    """As RFC 6749 §2.3.1 writes it."""
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_both_work_at_every_endpoint_and_in_both_ways(machine: Application, acme: Tenant):
    web = stranger_on(acme)
    header: dict[str, Any] = {"HTTP_AUTHORIZATION": basic(ID, SECRET)}
    grant = {"grant_type": "client_credentials"}
    in_body = {"client_id": ID, "client_secret": SECRET}
    tokens = web.post("/oauth/token", **cast.form(**grant), **header)
    assert tokens.status_code == 200, tokens.content
    assert web.post("/oauth/token", **cast.form(**grant, **in_body)).status_code == 200
    assert web.post("/oauth/token", grant | in_body, content_type="application/json").status_code == 200
    token = tokens.json()["access_token"]
    assert web.post("/oauth/introspect", **cast.form(token=token), **header).json()["active"] is True
    assert web.post("/oauth/revoke", **cast.form(token=token), **header).status_code == 200
    assert web.post("/oauth/introspect", **cast.form(token=token, **in_body)).json() == {"active": False}


def test_people_sign_in_to_it(acme: Tenant, bob: User, browser: Any, monkeypatch: pytest.MonkeyPatch):
    scopes = ["--scope", "user_default", "--scope", "offline_access"]
    created = bring(monkeypatch, *WEB, *scopes, "--client-id", "y+z@~1")
    with scope(tenant=acme):
        app = Application(Client.objects.get(client_id=created["client_id"]), SECRET)
    tokens = app.exchange(app.code(browser(bob), scope="user_default offline_access")).json()
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_software_that_leaves_out_the_encoding_of_basic_gets_in_too(machine: Application, acme: Tenant):
    raw = "Basic " + base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
    grant = cast.form(grant_type="client_credentials")
    assert stranger_on(acme).post("/oauth/token", **grant, HTTP_AUTHORIZATION=raw).status_code == 200
    wrong = "Basic " + base64.b64encode(f"{ID}:{SECRET}+".encode()).decode()
    assert stranger_on(acme).post("/oauth/token", **grant, HTTP_AUTHORIZATION=wrong).status_code == 401


def test_its_pages_and_its_hint_are_there(machine: Application, alice: User, browser: Any):
    window = browser(alice)
    assert f'href="/console/oauth/{ID}"' in window.get("/console/oauth").content.decode()
    for tab in ("", "/settings", "/scopes", "/problems", "/activity", "/edit"):
        assert window.get(f"/console/oauth/{ID}{tab}").status_code == 200, tab
    page = window.get(f"/console/oauth/{ID}/secrets").content.decode()
    assert "<code>…\\vT5 </code>" in page


def test_the_secret_is_kept_as_a_digest_and_is_in_no_event(machine: Application, acme: Tenant):
    with scope(tenant=acme):
        secret = ClientSecret.objects.get()
        events = list(Event.objects.values())
    assert SECRET not in repr((secret.__dict__, events))
    assert (secret.hint, len(secret.digest)) == (SECRET[-5:], 64)


def test_a_wrong_secret_is_one_statement_more_whoever_made_the_right_one(machine: Application, acme: Tenant):
    _other, made = cast.register(acme, name="Other")

    def statements(secret: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            ClientSecret.presented(acme, secret)
        return [query["sql"].partition("WHERE")[0] for query in captured]

    unknown = [credentials.make(credentials.Prefix.CLIENT_SECRET), "k3Q9zPqLw7vX2mN8bT4rYz", "x"]
    asked = [statements(secret) for secret in (SECRET, made, *unknown)]
    assert len(asked[0]) == 1
    assert all(each == asked[0] for each in asked)
    assert statements("a\nb") == statements("å" * 30) == statements("x" * 513) == []


def test_a_refused_attempt_is_told_of_its_client(machine: Application, acme: Tenant):
    web = stranger_on(acme)
    wrong = cast.form(grant_type="client_credentials", client_id=ID, client_secret="not the one")
    assert web.post("/oauth/token", **wrong).status_code == 401
    noted.write_all()
    [problem] = ClientProblem._base_manager.all()
    assert problem.reason == "unknown_secret"
    with scope(tenant=acme):
        secret = ClientSecret.objects.get()
        secret.remove(by=cast.OPERATOR)
    assert machine.token(grant_type="client_credentials").status_code == 401
    noted.write_all()
    assert {each.reason for each in ClientProblem._base_manager.all()} == {"unknown_secret", "removed_secret"}


def test_it_is_found_in_the_log_by_its_id(machine: Application, alice: User, browser: Any):
    page = browser(alice).get("/console/events", {"q": ID}).content.decode()
    assert "created <b>Reports</b>" in page
    assert "created <b>Reports</b>" in browser(alice).get("/console/events", {"client": ID}).content.decode()


@pytest.mark.parametrize(
    ("options", "secret", "told"),
    [
        ([*WEB, "--client-id", ID], SECRET, f"The client ID {ID} is taken"),
        ([*WEB, "--client-id", "other"], SECRET, "has this secret, or had it"),
        ([*WEB, "--client-id", "new"], "x" * 40, "cannot be a client ID"),
        ([*WEB, "--client-id", "https://app.example.com/"], "x" * 40, "metadata document"),
        (WEB, "too short", "too easy to guess"),
        (WEB, "", "No client secret"),
        (WEB, "k3Q9zPqLw7vX2mN8bT4rYz\nmore", "printable ASCII"),
        (["--type", "spa", *WEB[2:]], SECRET, "does not authenticate with a secret"),
    ],
)
def test_what_may_not_be_brought_is_refused_and_nothing_is_made(
    machine: Application,
    globex: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    secret: str,
    told: str,
):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n" if secret else ""))
    refusal = refused("create_client", "globex", "Other", *options, "--client-secret-stdin")
    assert told in refusal
    assert not secret or secret not in refusal
    with scope(tenant=globex):
        assert not Client.objects.exists()


def test_a_public_client_brings_its_id_alone(acme: Tenant):
    created = run("create_client", "acme", "Tv", "--type", "native", *WEB[2:], "--client-id", "tv-app_01")
    assert created == {"client_id": "tv-app_01"} | {
        name: created[name] for name in created if name != "client_id"
    }
