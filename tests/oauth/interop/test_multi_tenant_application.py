"""The multi-tenant example application as a program of its own, and a person who goes all the way with it (S8, S9).

Region, hostname, sign-in, approval, consent, callback, API: over HTTP alone, as a browser without JavaScript would.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django_scopes import scope

from console.models import Actor, Connection, Tenant, User
from tests import cast

APPLICATION = Path(__file__).parents[3] / "examples" / "multi_tenant" / "app.py"
SCOPES = ["openid", "profile", "email", "offline_access", "apps:read"]
pytestmark = pytest.mark.usefixtures("local_names")


@contextmanager
def running(**configuration: str) -> Iterator[None]:
    """The application; it prints a line once it listens."""
    with subprocess.Popen(
        [sys.executable, APPLICATION], env=os.environ | configuration, stdout=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout
            assert "Multi-tenant application" in program.stdout.readline()
            yield
        finally:
            program.terminate()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


class _Forms(HTMLParser):
    """Every form of a page: its action, the values it sends if nothing is changed, and the names of its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]], set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), [], set()))
        elif tag in {"input", "button"} and self.forms and given.get("name"):
            self.forms[-1][2].add(given["name"])
            kind = given.get("type", "submit" if tag == "button" else "text")
            if kind == "hidden" or (kind in {"checkbox", "radio"} and "checked" in given):
                self.forms[-1][1].append((given["name"], given.get("value", "on")))


class Person:
    """A person at a browser: fills in each form that comes, until none of these comes any more."""

    def __init__(self, user: User, hostname: str, consent_method: str = "required") -> None:
        self.browser = requests.Session()
        self.answers: dict[str, dict[str, str]] = {
            "hostname": {"hostname": hostname},
            "password": {"email": user.email, "password": cast.PASSWORD},
            "consent_method": {"decision": "approve", "consent_method": consent_method},
            "decision": {"decision": "allow"},
        }
        self.seen: list[str] = []

    def follow(self, response: requests.Response, *, until: str = "") -> requests.Response:
        for _ in range(25):
            if response.is_redirect:
                response = self.get(urljoin(response.url, response.headers["Location"]))
                continue
            assert response.status_code == 200, (response.status_code, response.url, response.text[:1000])
            reader = _Forms()
            reader.feed(response.text)
            found = next(
                ((form, name) for name in self.answers for form in reader.forms if name in form[2]), None
            )
            if found is None:
                return response
            (action, sent, _names), name = found
            self.seen.append(name)
            if name == until:
                return response
            fields = [pair for pair in sent if pair[0] not in self.answers[name]] + list(
                self.answers[name].items()
            )
            response = self.browser.post(
                urljoin(response.url, action), fields, allow_redirects=False, timeout=30
            )
        raise AssertionError(f"no end in sight at {response.url}")

    def get(self, url: str) -> requests.Response:
        return self.browser.get(url, allow_redirects=False, timeout=30)


@pytest.fixture
def portal(globex: Tenant, port: int) -> Iterator[str]:
    """The address of the application, which globex publishes and which knows only the region."""
    own = free_port()
    client, secret = cast.register(
        globex,
        name="Report portal",
        allowed_scopes=SCOPES,
        redirect_uris=[f"http://localhost:{own}/callback"],
    )
    with scope(tenant=globex):
        client.publish(by=Actor.operator())
    with running(
        REGION=f"http://localhost:{port}", CLIENT_ID=client.client_id, CLIENT_SECRET=secret, PORT=str(own)
    ):
        yield f"http://localhost:{own}"


@pytest.mark.spec("S8")
def test_the_whole_way_from_the_outside_site_to_the_api(
    portal: str, acme: Tenant, globex: Tenant, alice: User, bob: User, gustav: User
):
    alices = Person(alice, f"{acme.issuer}/console/oauth")
    page = alices.follow(alices.get(f"{portal}/sign-in"))

    assert alices.seen == ["hostname", "password", "consent_method", "decision"]
    assert page.url == f"{portal}/"
    assert "Signed in as Alice" in page.text
    assert acme.issuer in page.text
    assert str(acme.pk) in page.text  # what the tenant's API says
    with scope(tenant=acme):
        connection = Connection.objects.get()
    assert (connection.approved_by, connection.consent_method) == (alice, "required")

    bobs = Person(bob, "acme")
    assert "Signed in as Bob" in bobs.follow(bobs.get(f"{portal}/sign-in")).text
    assert bobs.seen == ["hostname", "password", "decision"]

    gustavs = Person(gustav, "globex")
    page = gustavs.follow(gustavs.get(f"{portal}/sign-in"))
    assert globex.issuer in page.text


@pytest.mark.spec("RFC 6749", "6")
def test_it_refreshes_at_the_region_and_follows_what_the_tenant_allows(
    portal: str, acme: Tenant, alice: User
):
    person = Person(alice, "acme")
    assert "<code>apps:read</code>" in person.follow(person.get(f"{portal}/sign-in")).text
    with scope(tenant=acme):
        connection = Connection.objects.select_related("client__tenant", "tenant").get()
        connection.reduce_scopes(["openid", "profile", "offline_access"], by=Actor.operator())

    page = person.follow(person.browser.post(f"{portal}/refresh", allow_redirects=False, timeout=30))
    assert "Signed in as Alice" in page.text
    assert "<code>offline_access</code>" in page.text
    assert "<code>apps:read</code>" not in page.text

    with scope(tenant=acme):
        connection.block(by=Actor.operator())
    refused = person.browser.post(f"{portal}/refresh", allow_redirects=False, timeout=30)
    assert refused.status_code == 400
    assert "You were not signed in" in refused.text
    assert "Signed in as" not in person.follow(person.get(f"{portal}/")).text


@pytest.mark.spec("RFC 9207", "2.4")
def test_answers_that_name_another_tenant_or_belong_to_nobody_are_refused(
    portal: str, acme: Tenant, globex: Tenant, alice: User
):
    person = Person(alice, "acme", consent_method="trusted")
    person.follow(person.get(f"{portal}/sign-in"))
    response = person.get(f"{portal}/sign-in")
    while urlsplit(response.headers.get("Location", "")).path != "/callback":
        if response.is_redirect:
            response = person.get(urljoin(response.url, response.headers["Location"]))
        else:
            response = _choose(person, response)
    genuine = response.headers["Location"]

    mixed_up = person.get(genuine.replace("acme.localhost", "globex.localhost"))
    assert mixed_up.status_code == 400
    assert "names another tenant" in mixed_up.text
    again = person.get(genuine)
    assert again.status_code == 400
    assert "does not belong to a sign-in" in again.text


def _choose(person: Person, page: requests.Response) -> requests.Response:
    reader = _Forms()
    reader.feed(page.text)
    action, sent, _ = next(form for form in reader.forms if "hostname" in form[2])
    fields: list[tuple[str, Any]] = [*sent, ("hostname", "acme")]
    return person.browser.post(urljoin(page.url, action), fields, allow_redirects=False, timeout=30)


def test_somebody_who_may_not_approve_is_told_so(portal: str, acme: Tenant, bob: User):
    bobs = Person(bob, "acme")

    page = bobs.follow(bobs.get(f"{portal}/sign-in"), until="decision")

    assert "needs an administrator" in page.text
