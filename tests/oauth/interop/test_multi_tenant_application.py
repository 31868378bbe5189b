"""The multi-tenant example application as a program of its own, and a person who goes all the way with it (S8, S9).

Region, hostname, sign-in, approval, consent, callback, API: over HTTP alone, as a browser without JavaScript would.
"""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django_scopes import scope

from console.models import Actor, Connection, Tenant, User
from tests import cast
from tests.example_programs import running
from tests.oauth.interop.person import Forms, Person
from tests.served import free_port

SCOPES = ["openid", "profile", "email", "offline_access", "apps:read"]
pytestmark = pytest.mark.usefixtures("local_names")


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
        "multi_tenant",
        REGION=f"http://localhost:{port}",
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=secret,
        PORT=str(own),
    ):
        yield f"http://localhost:{own}"


@pytest.mark.spec("S8")
def test_the_whole_way_from_the_outside_site_to_the_api(
    portal: str, acme: Tenant, globex: Tenant, alice: User, bob: User, gustav: User
):
    alices = Person(alice.email, f"{acme.issuer}/console/oauth")
    page = alices.follow(alices.get(f"{portal}/sign-in"))

    assert alices.seen == ["hostname", "password", "consent_method", "decision"]
    assert page.url == f"{portal}/"
    assert "Signed in as Alice" in page.text
    assert acme.issuer in page.text
    assert str(acme.pk) in page.text  # what the tenant's API says
    with scope(tenant=acme):
        connection = Connection.objects.get()
    assert (connection.approved_by, connection.consent_method) == (alice, "required")

    bobs = Person(bob.email, "acme")
    assert "Signed in as Bob" in bobs.follow(bobs.get(f"{portal}/sign-in")).text
    assert bobs.seen == ["hostname", "password", "decision"]

    gustavs = Person(gustav.email, "globex")
    page = gustavs.follow(gustavs.get(f"{portal}/sign-in"))
    assert globex.issuer in page.text


@pytest.mark.spec("RFC 6749", "6")
def test_it_refreshes_at_the_region_and_follows_what_the_tenant_allows(
    portal: str, acme: Tenant, alice: User
):
    person = Person(alice.email, "acme")
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
    person = Person(alice.email, "acme", consent_method="trusted")
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
    action, sent, _ = next(form for form in Forms(page.text).forms if "hostname" in form[2])
    return person.post(urljoin(page.url, action), [*sent, ("hostname", "acme")])


def test_somebody_who_may_not_approve_is_told_so(portal: str, acme: Tenant, bob: User):
    bobs = Person(bob.email, "acme")

    page = bobs.follow(bobs.get(f"{portal}/sign-in"), until="decision")

    assert "needs approval" in page.text
