"""A URL as client ID: who may have the document read, what comes of it, and what of a changed one (Q9)."""

import json
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from django_scopes import scope, scopes_disabled
from jwt.algorithms import ECAlgorithm

from console.http import outbound
from console.http.outbound import Failure
from console.models import (
    Actor,
    Client,
    Connection,
    ConnectionRequest,
    Event,
    MetadataDocument,
    OutsidePolicy,
)
from console.policy import metadata_documents
from tests import cast
from tests.http.documents import site
from tests.oauth.driver import (
    Application,
    answer,
    asks_for_approval,
    asks_for_consent,
    asks_to_sign_in,
    can_ask,
    later,
    sign_in,
)
from tests.oauth.internet import AGENT, Internet, document
from tests.oauth.outcomes import assert_refused
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("draft-ietf-oauth-client-id-metadata-document", "3-6")]
NATIVE = "http://127.0.0.1:49152/callback"
DAY = 24 * 3600


@pytest.fixture
def internet():
    made = Internet()
    made.says()
    with made.is_there():
        yield made


def agent(tenant, url=AGENT, redirect_uri=NATIVE):
    """The application whose document is at `url`."""
    client = SimpleNamespace(tenant=tenant, client_id=url, redirect_uris=[redirect_uri])
    return Application(client, redirect_uri=redirect_uri)  # type: ignore[arg-type]


@pytest.fixture
def app(internet, acme):
    return agent(acme)


@pytest.fixture
def alices(browser, alice):
    return browser(alice)


@pytest.fixture
def bobs(browser, bob):
    return browser(bob)


def decide(tenant, *, documents="ask", hosts=(), ceiling=metadata_documents.USUAL_SCOPES):
    with scope(tenant=tenant):
        OutsidePolicy.decide(
            tenant, by=Actor.operator(), documents=documents, allowed_hosts=hosts, ceiling=ceiling
        )


def connection_of(tenant, url=AGENT):
    with scope(tenant=tenant):
        return Connection.objects.select_related("client__tenant").get(client__client_id=url)


def connected(app, alices, **fields):
    """The application once an administrator has approved it."""
    page = app.authorize(alices)
    assert app.approve(alices, page, **fields).status_code == 303
    return app


def refused(response, *words):
    """The page that explains: nothing is sent to the application."""
    content = response.content.decode()
    assert (response.status_code, "Location" in response) == (400, False), content[:2000]
    for each in words:
        assert each in content, content
    return content


# --- The whole way ----------------------------------------------------------------------------------------------


def test_from_the_first_contact_to_a_wider_version(app, internet, alices, bobs, bob, acme, time_machine):
    internet.says(scope="openid user_default offline_access")
    asked = app.authorize(bobs, scope="openid user_default offline_access")
    assert can_ask(asked)
    assert "agent.example.com" in asked.content.decode()
    assert app.ask(bobs, asked, reason="For my editor").status_code == 303
    with scope(tenant=acme):
        [waiting] = ConnectionRequest.objects.all()

    approved = alices.post(
        f"/console/requests/{waiting.pk}/approve",
        {
            "consent_method": "required",
            "scopes": ["openid", "user_default"],
            "until": (timezone.localdate() + timedelta(days=30)).isoformat(),
            "shown": alices.get(f"/console/requests/{waiting.pk}/approve").context["shown"],
        },
    )
    assert approved.status_code in {200, 204, 303}, approved.content.decode()[:3000]
    connection = connection_of(acme)
    assert connection.scopes == ["openid", "user_default"]
    assert connection.expires_at is not None

    consent = app.authorize(bobs, scope="openid user_default offline_access")
    given = app.allow(bobs, consent)
    tokens = app.exchange(given["code"]).json()
    assert given.where == NATIVE
    assert given["iss"] == acme.issuer
    assert set(tokens["scope"].split()) == {"openid", "user_default"}
    assert decoded(tokens["access_token"])[1]["client_id"] == AGENT

    internet.says(scope="openid user_default email")
    later(time_machine, 2 * 3600)
    before = app.authorize(bobs, scope="openid email")
    assert asks_for_consent(before) or "code" in answer(before)
    assert connection_of(acme).pending_version == 2
    version = alices.get(f"/console/oauth/connections/{connection.pk}/version")
    assert "email" in version.content.decode()
    accepted = alices.post(
        f"/console/oauth/connections/{connection.pk}/version",
        {"shown": version.context["shown"], "decision": "accept"},
    )
    assert accepted.status_code in {200, 204, 303}
    after = app.answered(bobs, scope="openid email")
    assert set(app.exchange(after["code"]).json()["scope"].split()) == {"openid", "email"}


@pytest.mark.loopback
def test_the_document_is_read_over_tls_from_its_host(tmp_path, acme, alices, monkeypatch):
    with site(tmp_path, name="agent.example.com") as host:
        monkeypatch.setattr(outbound, "WORLD", host.world)
        host.says(b'{"client_id": "%s", "redirect_uris": ["http://127.0.0.1/callback"]}' % AGENT.encode())

        assert asks_for_approval(agent(acme).authorize(alices))
        assert host.asked[0].startswith(b"GET /oauth/client.json HTTP/1.1\r\n")


# --- Who has it read --------------------------------------------------------------------------------------------


def test_nothing_is_read_before_somebody_is_signed_in(app, internet, acme, stranger, bob):
    person = stranger(acme)
    asked = app.authorize(person)

    assert asks_to_sign_in(asked)
    page = person.get(asked["Location"]).content.decode()
    assert "agent.example.com" in page
    assert internet.read == []
    assert can_ask(sign_in(person, asked, bob.email))
    assert internet.read == [AGENT]


def test_nothing_is_read_silently(app, internet, acme, stranger):
    refused(app.authorize(stranger(acme), prompt="none"), "agent.example.com")
    assert internet.read == []


def test_a_document_is_not_read_again_while_it_is_fresh(app, internet, alices, bobs):
    connected(app, alices)
    app.authorize(bobs)
    app.authorize(bobs)

    assert internet.read == [AGENT]


def test_another_tenant_uses_what_was_read(app, internet, alices, globex, browser, mallory):
    connected(app, alices)

    assert asks_for_approval(agent(globex).authorize(browser(mallory)))
    assert internet.read == [AGENT]


def test_the_token_endpoint_reads_nothing(app, internet, alices, time_machine):
    connected(app, alices)
    given = app.answered(alices, scope="openid offline_access")
    tokens = app.exchange(given["code"]).json()
    later(time_machine, 3 * DAY)
    internet.at.clear()

    assert "access_token" in app.refresh(tokens["refresh_token"]).json()
    assert internet.read == [AGENT]


def test_an_unknown_url_at_the_token_endpoint_is_an_unknown_client(app, internet):
    assert_refused(app.exchange("qac_nothing"), "invalid_client", 401)
    assert internet.read == []


def test_a_person_has_few_documents_read(internet, acme, bobs, browser, alice, monkeypatch):
    monkeypatch.setattr(metadata_documents, "READS_OF_PERSON", 2)
    for number in range(3):
        internet.says(f"https://a{number}.example.com/c")
    pages = [agent(acme, f"https://a{number}.example.com/c").authorize(bobs) for number in range(3)]

    assert [can_ask(page) for page in pages] == [True, True, False]
    refused(pages[2], "15 minutes")
    assert asks_for_approval(agent(acme, "https://a2.example.com/c").authorize(browser(alice)))


def test_a_tenant_has_few_documents_read(internet, acme, bobs, alices, globex, browser, mallory, monkeypatch):
    monkeypatch.setattr(metadata_documents, "READS_OF_TENANT", 1)
    for number in range(2):
        internet.says(f"https://a{number}.example.com/c")

    assert can_ask(agent(acme, "https://a0.example.com/c").authorize(bobs))
    refused(agent(acme, "https://a1.example.com/c").authorize(alices))
    assert asks_for_approval(agent(globex, "https://a1.example.com/c").authorize(browser(mallory)))


# --- What is in the way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", list(Failure))
def test_a_page_says_why_it_cannot_be_read(app, internet, bobs, acme, failure):
    internet.at[AGENT] = failure

    refused(app.authorize(bobs), "agent.example.com")
    with scope(tenant=acme):
        event = Event.objects.latest("id")
    assert event.details["reason"] == f"document_{failure}"
    assert event.details["client_id"] == AGENT
    assert not MetadataDocument.objects.exists()


def test_a_page_says_which_rule_it_breaks(app, internet, bobs):
    internet.says(redirect_uris=["http://agent.example.com/callback"])

    refused(app.authorize(bobs), "redirect_uris:", "https://. Only localhost may use http://.")
    assert not Client.with_deleted_anywhere.filter(client_id=AGENT).exists()


@pytest.mark.parametrize("body", [b"", b"{", b'{"client_id": 1, "client_id": 2}', b"\xff", b"[]", b'"x"'])
def test_it_must_be_a_json_object(app, internet, bobs, body):
    internet.at[AGENT] = body

    refused(app.authorize(bobs))


def test_it_must_name_its_own_url(app, internet, bobs):
    internet.at[AGENT] = document("https://agent.example.com/other.json")

    refused(app.authorize(bobs), "client_id:")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/c", "https://localhost/c", "https://agent.example.com", "http://agent.example.com/c",
        "https://agent.example.com:8443/c", "https://u:p@agent.example.com/c", "https://agent.example.com/../c",
        "https://[::1]/c", "https://agent.example.com/" + "c" * 2000, "https://agent.example.com/" + "c" * 300,
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_a_client_id_is_not_read(internet, acme, bobs, url):
    refused(agent(acme, url).authorize(bobs))
    assert internet.read == []


def test_a_redirect_url_that_it_does_not_name_is_refused(app, bobs):
    refused(app.authorize(bobs, redirect_uri="https://evil.example/callback"))


def test_a_region_without_documents_knows_none(app, internet, bobs, settings):
    settings.METADATA_DOCUMENTS = False

    refused(app.authorize(bobs))
    assert internet.read == []


def test_what_is_approved_goes_on_unread_in_a_region_that_stopped_reading(
    app, internet, alices, alice, settings, time_machine
):
    connected(app, alices)
    settings.METADATA_DOCUMENTS = False
    later(time_machine, 9 * DAY)

    assert asks_for_consent(app.authorize(cast.signed_in_as(alice)))
    assert internet.read == [AGENT]


def test_a_url_that_is_too_long_is_refused_with_a_sentence(internet, acme, bobs):
    refused(agent(acme, "https://agent.example.com/" + "c" * 900).authorize(bobs), "at most 255 characters")


# --- What the tenant decides ------------------------------------------------------------------------------------


def test_a_tenant_that_takes_none_has_none_read(app, internet, bobs, acme):
    decide(acme, documents="off")

    refused(app.authorize(bobs), "agent.example.com")
    assert internet.read == []


def test_what_is_approved_goes_on_when_they_are_switched_off(app, alices, acme):
    connected(app, alices)
    decide(acme, documents="off")

    assert asks_for_consent(app.authorize(alices))


def test_a_blocked_one_is_not_read(app, internet, alices, bobs, alice, acme, time_machine):
    connected(app, alices)
    with scope(tenant=acme):
        connection_of(acme).block(by=Actor(user=alice))
    later(time_machine, 2 * DAY)

    refused(app.authorize(bobs), "has blocked")
    assert internet.read == [AGENT]


def test_a_client_of_an_allowed_host_is_connected_within_the_ceiling(app, internet, bobs, acme):
    internet.says(scope="openid offline_access user_default admin_classic")
    decide(acme, hosts=["agent.example.com"], ceiling=["openid", "user_default"])

    again = app.authorize(bobs, scope="openid user_default admin_classic")
    assert again.status_code == 303
    given = app.allow(bobs, bobs.get(again["Location"]))

    assert set(app.exchange(given["code"]).json()["scope"].split()) == {"openid", "user_default"}
    connection = connection_of(acme)
    assert (connection.approved_by, connection.consent_method) == (None, "required")
    with scope(tenant=acme):
        event = Event.objects.get(action="connection.approved")
    assert event.details["without_asking"] is True
    assert event.details["document"] == AGENT


@pytest.mark.parametrize("host", ["example.com", "other.example.com", "agent.example.com.evil.example"])
def test_no_other_host_is_allowed(app, bobs, acme, host):
    decide(acme, hosts=[host])

    assert can_ask(app.authorize(bobs))


def test_a_host_whose_client_asks_for_nothing_that_it_may_have_is_not_connected(app, internet, bobs, acme):
    internet.says(scope="admin_classic")
    decide(acme, hosts=["agent.example.com"], ceiling=["openid"])

    assert can_ask(app.authorize(bobs, scope="admin_classic"))


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_scheme_that_nobody_has_confirmed_is_not_connected_without_asking(internet, alices, bobs, acme):
    internet.says(redirect_uris=["cursor://agent/callback"])
    decide(acme, hosts=["agent.example.com"])
    app = agent(acme, redirect_uri="cursor://agent/callback")

    assert can_ask(app.authorize(bobs))
    page = app.authorize(alices)
    assert "Any program on a user’s device can receive" in page.content.decode()
    assert app.approve(alices, page).status_code == 303
    assert asks_for_consent(app.authorize(bobs))


def test_an_allowed_host_does_not_bring_back_what_has_expired(app, alices, bob, acme, time_machine):
    connected(app, alices, until=(timezone.localdate() + timedelta(days=1)).isoformat())
    decide(acme, hosts=["agent.example.com"])
    later(time_machine, 3 * DAY)

    assert can_ask(app.authorize(cast.signed_in_as(bob)))


def test_a_tenant_is_not_touched_by_another_ones_decision(app, alices, acme, globex, browser, gustav):
    decide(globex, hosts=["agent.example.com"])

    assert asks_for_approval(app.authorize(alices))
    with scope(tenant=acme):
        assert not Connection.objects.exclude(client__tenant=acme).exists()


# --- A document that has changed, or has gone ---------------------------------------------------------------------


def test_what_is_narrower_flows_through(app, internet, alices, acme, time_machine):
    connected(app, alices)
    internet.says(scope="openid", client_name="Agent 2")
    later(time_machine, 2 * 3600)

    page = app.authorize(alices, scope="openid")
    assert "Agent 2" in page.content.decode()
    assert connection_of(acme).pending_version is None


def test_a_new_host_waits_for_an_administrator(app, internet, alices, acme, time_machine):
    connected(app, alices)
    internet.says(redirect_uris=["http://127.0.0.1/callback", "https://new.example.com/callback"])
    later(time_machine, 2 * 3600)

    assert asks_for_consent(app.authorize(alices))
    refused(app.authorize(alices, redirect_uri="https://new.example.com/callback"), "has not accepted yet")
    assert connection_of(acme).pending_version == 2
    with scope(tenant=acme):
        assert Event.objects.filter(action="connection.changed_by_owner", details__version=2).exists()


@pytest.mark.parametrize("gone", [Failure.NO_CONNECTION, Failure.REDIRECT, b"{}"])
def test_a_known_client_goes_on_for_a_day(app, internet, alices, alice, time_machine, gone):
    connected(app, alices)
    internet.at[AGENT] = gone
    later(time_machine, 3600 + DAY - 60)
    alices = cast.signed_in_as(alice)
    assert asks_for_consent(app.authorize(alices))

    later(time_machine, 600)
    refused(app.authorize(alices))
    internet.says()
    assert asks_for_consent(app.authorize(alices))


def test_nobody_waits_for_a_host_that_has_just_failed(app, internet, alices, time_machine):
    connected(app, alices)
    internet.at[AGENT] = Failure.TOO_SLOW
    later(time_machine, 2 * 3600)
    app.authorize(alices)
    app.authorize(alices)

    assert internet.read == [AGENT, AGENT]


def test_it_never_becomes_another_type_of_client(app, internet, alices, acme, time_machine):
    connected(app, alices)
    internet.says(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [cast.PUBLIC_KEY]})
    later(time_machine, 2 * 3600)

    assert asks_for_consent(app.authorize(alices))  # as it was
    with scopes_disabled():
        assert MetadataDocument.objects.get().failure == "invalid"
        assert connection_of(acme).client.type == "native"


# --- Clients of other types ---------------------------------------------------------------------------------------


def test_a_client_with_a_key_proves_who_it_is(internet, acme, alices):
    key = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(ECAlgorithm.to_jwk(key.public_key())) | {"kid": "1", "alg": "ES256", "use": "sig"}
    redirect = "https://agent.example.com/callback"
    internet.says(
        redirect_uris=[redirect], token_endpoint_auth_method="private_key_jwt", jwks={"keys": [public]}
    )
    app = connected(agent(acme, redirect_uri=redirect), alices)
    now = int(timezone.now().timestamp())
    claims = {"iss": AGENT, "sub": AGENT, "aud": acme.issuer, "iat": now, "exp": now + 60}

    def proof():
        made = jwt.encode(claims | {"jti": str(uuid4())}, key, "ES256", {"kid": "1"})
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_assertion_type": kind, "client_assertion": made}

    code = app.code(alices, scope="openid")
    assert_refused(app.exchange(code), "invalid_client", 401)
    code = app.code(alices, scope="openid")
    assert "access_token" in app.exchange(code, **proof()).json()


def test_pages_of_its_redirect_host_may_fetch_tokens_once_it_is_connected(internet, acme, alices):
    redirect = "https://agent.example.com/callback"
    internet.says(redirect_uris=[redirect])
    app = agent(acme, redirect_uri=redirect)

    def allowed():
        answer = app.web.options("/oauth/token", headers={"Origin": "https://agent.example.com"})
        return answer.headers.get("Access-Control-Allow-Origin")

    page = app.authorize(alices)
    assert allowed() is None
    app.approve(alices, page)
    assert allowed() == "https://agent.example.com"


# --- Metadata ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["oauth-authorization-server", "openid-configuration"])
def test_the_metadata_says_whether_documents_are_taken(stranger, acme, globex, settings, path):
    def supported(tenant):
        return stranger(tenant).get(f"/.well-known/{path}").json()["client_id_metadata_document_supported"]

    decide(globex, documents="off")

    assert (supported(acme), supported(globex)) == (True, False)
    settings.METADATA_DOCUMENTS = False
    assert supported(acme) is False
